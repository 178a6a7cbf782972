"""A recipe: all that decides how a training run goes, as one frozen value. Another recipe is another run.

Its parts are small frozen dataclasses too, so that a recipe can be compared, hashed and written down. Whoever needs
another net, loss or augmentation writes a frozen dataclass with the one method that its base class asks for.
"""

import hashlib
import json
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer import __version__
from explainer.vision.training.examples import Examples, Split

FORMAT = 1  # goes up when old snapshots can no longer be carried on
_DRAWING = threading.Lock()  # torch's own starting weights come from one generator for the whole process

Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Net(ABC):
    """Which network, as an ordinary module."""

    @abstractmethod
    def module(self) -> nn.Module:
        """Build it; its numbers may be anything."""

    def begun(self, seed: int) -> nn.Module:
        """Build it with starting weights from a seed: torch's own, unless a subclass draws others."""
        with _DRAWING, torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return self.module()

    def loaded(
        self, weights: Weights, device: str | torch.device = "cpu", dtype: torch.dtype | None = None
    ) -> nn.Module:
        """Build it with given parameters and buffers, in eval mode; numbers with a fraction become `dtype`."""
        with torch.device("meta"):
            net = self.module()
        state = {name: torch.from_numpy(np.array(array)).to(device) for name, array in weights.items()}
        net.load_state_dict(state, assign=True)
        return net.to(dtype=dtype).eval()


@dataclass(frozen=True)
class Loss(ABC):
    """What is made small."""

    @abstractmethod
    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Return one number with its graph.

        Parameters
        ----------
        net
            In train mode. It may be asked more than once (an attack, two views), or for parts of itself.
        images, labels
            ``(B, C, H, W)`` and ``(B,)`` or ``(B, K)``, on the device of the net.
        rng
            Of the CPU; move what it draws to ``images.device``, so that all devices see the same numbers.
        """


@dataclass(frozen=True)
class Optimiser(ABC):
    """How gradients become steps."""

    rate: float = 1e-3

    @abstractmethod
    def over(self, parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        """Return torch's own optimiser over the parameters, with the learning rate `rate`."""


@dataclass(frozen=True)
class Schedule:
    """Factor on the learning rate at each step. `endless` ones do not look at the end, so a run can be made longer."""

    endless = True

    def factor(self, step: int, steps: int, per_epoch: int) -> float:
        """Return the factor for step number `step`, from 0, of `steps`, with `per_epoch` steps in an epoch."""
        del step, steps, per_epoch
        return 1.0


@dataclass(frozen=True)
class Augment:
    """How examples are changed while they are learned from; this one leaves them alone."""

    def renewed(self, train: Examples, seed: int, epoch: int) -> Examples:
        """Return what epoch number `epoch` learns from. Must depend on nothing but what is given."""
        del seed, epoch
        return train

    def batch(self, images: Tensor, labels: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Change one batch, on the CPU; labels may become shares, ``(B, K)``."""
        del rng
        return images, labels


@dataclass(frozen=True)
class Batches:
    """In what order examples are shown: each once an epoch, shuffled anew.

    Parameters
    ----------
    size
        Examples in a step.
    whole
        Leave out the rest of an epoch that fills no batch.
    """

    size: int = 64
    whole: bool = False

    def epochs(self, labels: NDArray[Any], seed: int, first: int) -> Iterator[NDArray[np.int64]]:
        """Rows of each epoch from number `first` on, without end; all epochs have equally many."""
        for epoch in count(first):
            yield np.random.default_rng([seed, 2, epoch]).permutation(self.length(labels))

    def length(self, labels: NDArray[Any]) -> int:
        """How many rows an epoch has."""
        return len(labels)

    def per_epoch(self, labels: NDArray[Any]) -> int:
        """How many steps an epoch has."""
        share = self.length(labels) / self.size
        return max(1, math.floor(share) if self.whole else math.ceil(share))


@dataclass(frozen=True)
class Measure(ABC):
    """What is noted of a run at each mark."""

    @abstractmethod
    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64] | float]:
        """Return finite numbers, or arrays of the same shape at each mark, by name.

        Parameters
        ----------
        net
            In eval mode, on any device; the graph is off unless the measure turns it on.
        data
            What the epoch learned from, and the test examples.
        """


@dataclass(frozen=True)
class Recipe:
    """All that decides how a run goes.

    Parameters
    ----------
    steps
        Steps of the optimiser. With an endless schedule more of them go on where fewer ended.
    every
        Steps between marks, at which the run is measured and can be left; 0: at the end of each epoch.
    """

    data: Split
    net: Net
    loss: Loss
    optimiser: Optimiser
    steps: int
    schedule: Schedule = Schedule()
    augment: Augment = Augment()
    batches: Batches = Batches()
    measures: tuple[Measure, ...] = ()
    seed: int = 0
    every: int = 0

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return self.batches.per_epoch(self.data.train.labels)

    @property
    def run(self) -> "Recipe":
        """The recipe without its length where that does not change the way: what a longer one goes on with."""
        return replace(self, steps=0) if self.schedule.endless else self

    def key(self, device: str = "cpu") -> str:
        """Name of the run on disk: a fingerprint of recipe and device, then one of program and torch.

        Runs that ship with the program are found by the first of the two (`explainer.core.runs.of_recipe`).
        """
        return key_of(self.run, device)


def key_of(what: Any, device: str = "cpu") -> str:
    """Name on disk of what was computed from `what`, which `described` can tell: see `Recipe.key`."""
    return _print([FORMAT, device, described(what)])[:24] + _print([__version__, torch.__version__])[:8]


def _print(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class Told(ABC):
    """A part of a recipe that is told by something else than its fields: a teacher by the recipe that made it."""

    @abstractmethod
    def told(self) -> Any:
        """Return what tells it."""


def described(value: Any) -> Any:
    """A recipe, or a part of one, as JSON: names of classes with their fields, arrays by their fingerprints.

    Raises
    ------
    TypeError
        For what has no lasting name, such as a function.
    """
    match value:
        case str():
            return repr(str(value))  # a `Choice` names the run that its value names
        case None | bool() | int() | float():
            return repr(value)
        case Examples():
            return value.digest
        case Told():
            return [type(value).__qualname__, described(value.told())]
        case np.ndarray():
            return hashlib.sha256(f"{value.shape}{value.dtype}".encode() + value.tobytes()).hexdigest()
        case Mapping():
            return {str(name): described(one) for name, one in value.items()}
        case tuple() | list():
            return [described(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        return [name, {one.name: described(getattr(value, one.name)) for one in fields(value)}]
    raise TypeError(f"a recipe cannot hold a {type(value).__name__}")
