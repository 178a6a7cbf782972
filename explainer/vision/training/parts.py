"""Parts that most recipes are made of: losses, optimisers, schedules, orders, dropout and the usual measures."""

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training.examples import Examples, Split, tensors
from explainer.vision.training.recipe import Batches, Loss, Measure, Optimiser, Schedule

CHUNK_PX = 131_072  # pixels that are asked about at once: 2,048 digits of 8 × 8

# Losses and optimisers ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Mean cross-entropy in nats.

    Parameters
    ----------
    smoothing
        Share of the probability that is spread over all classes (Szegedy 2016).
    weights
        Factor of each class; none: 1.
    """

    smoothing: float = 0.0
    weights: tuple[float, ...] = ()

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        del rng
        weight = torch.tensor(self.weights, dtype=images.dtype).to(images.device) if self.weights else None
        return F.cross_entropy(net(images), labels, weight, label_smoothing=self.smoothing)


@dataclass(frozen=True)
class Sgd(Optimiser):
    """``m ← μ m + g``, ``w ← w − η m``."""

    rate: float = 0.05
    momentum: float = 0.9
    decay: float = 0.0

    def over(self, parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        """Torch's SGD."""
        made = without_compiler(torch.optim.SGD)
        return made(parameters, lr=self.rate, momentum=self.momentum, weight_decay=self.decay, foreach=False)


@dataclass(frozen=True)
class Adam(Optimiser):
    """Adam (Kingma, Ba 2015); with `decay`, AdamW (Loshchilov, Hutter 2019)."""

    rate: float = 0.003
    decay: float = 0.0

    def over(self, parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        """Torch's Adam or AdamW, one tensor after the other: the same rounding on every device."""
        made = without_compiler(torch.optim.AdamW if self.decay else torch.optim.Adam)
        return made(parameters, lr=self.rate, weight_decay=self.decay, foreach=False)


@cache
def without_compiler(kind: type[torch.optim.Optimizer]) -> Callable[..., torch.optim.Optimizer]:
    """Torch's optimiser without the marks that it carries for torch's compiler.

    Each marked call loads the compiler when it is first met: a thousand modules, seconds of the first training run,
    and 160 MB. What is called is torch's own code all the same.
    """
    marked = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    plain = {name: inspect.unwrap(getattr(kind, name)) for name in marked}
    step = torch.no_grad()(inspect.unwrap(kind.step))
    step.hooked = True  # torch wraps it anew otherwise, for its profiler
    return type(kind.__name__, (kind,), {**plain, "step": step})


@dataclass(frozen=True)
class Cosine(Schedule):
    """From 1 down to 0 along half a cosine, after a linear rise.

    Parameters
    ----------
    warm_up
        Steps of the rise.
    by_epoch
        Whether the factor stays the same within an epoch.
    """

    endless = False
    warm_up: int = 0
    by_epoch: bool = False

    def factor(self, step: int, steps: int, per_epoch: int) -> float:
        """``(1 + cos π t) / 2`` with ``t`` from 0 to 1."""
        if step < self.warm_up:
            return (step + 1) / (self.warm_up + 1)
        at = step // per_epoch * per_epoch if self.by_epoch else step
        return (1 + math.cos(math.pi * (at - self.warm_up) / max(1, steps - self.warm_up))) / 2


@dataclass(frozen=True)
class OneStream(Batches):
    """The orders of all epochs come from one generator, seeded with the run's seed and `salt`."""

    salt: int = 0

    def epochs(self, labels: NDArray[Any], seed: int, first: int) -> Iterator[NDArray[np.int64]]:
        """Draw and pass over what comes before `first`."""
        rng = np.random.default_rng([seed, self.salt])
        for _ in range(first):
            rng.permutation(self.length(labels))
        while True:
            yield rng.permutation(self.length(labels))


# Layers -------------------------------------------------------------------------------------------------


class Dropout(nn.Module):
    """Sets a share of its input to 0 and scales the rest up; what it draws belongs to the run.

    Torch's own draws from one generator for the whole process, so two runs side by side would disturb each other.
    """

    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        self.share = share
        self.rng: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Leave `x` alone in eval mode; for dropout at test time set `rng` and call ``train()`` on this layer."""
        if not self.training or not self.share:
            return x
        if self.rng is None:
            raise ValueError("this dropout was given no generator")
        kept = torch.rand(x.shape, generator=self.rng) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share)).to(x.device)


# Measures -----------------------------------------------------------------------------------------------


def scores_of(net: nn.Module, examples: Examples) -> Tensor:
    """Scores of a net ``(N, K)`` for all examples, without a graph, on the net's device; the net is left as it is."""
    at = next(net.parameters())
    images, _ = tensors(examples, dtype=at.dtype)
    size = max(1, CHUNK_PX // (images.shape[2] * images.shape[3]))
    with torch.no_grad():
        return torch.cat([net(some.to(at.device)) for some in torch.split(images, size)])


@dataclass(frozen=True)
class LossAndAccuracy(Measure):
    """``loss_train``, ``loss_test`` in nats and ``accuracy_train``, ``accuracy_test``, 0…1."""

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, float]:
        """Ask about all examples."""
        found: dict[str, float] = {}
        for name, part in (("train", data.train), ("test", data.test)):
            scores = scores_of(net, part).cpu()
            labels = torch.from_numpy(part.labels)
            found[f"loss_{name}"] = float(F.cross_entropy(scores, labels))
            found[f"accuracy_{name}"] = float((scores.argmax(1) == labels).float().mean())
        return found


@dataclass(frozen=True)
class Accuracy(Measure):
    """``accuracy_train`` and ``accuracy_test``, 0…1."""

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, float]:
        """Ask about all examples."""
        return {f"accuracy_{name}": accuracy(net, part) for name, part in (("train", data.train), ("test", data.test))}


def accuracy(net: nn.Module, examples: Examples) -> float:
    """Share of examples that a net gets right."""
    right = scores_of(net, examples).argmax(1).cpu() == torch.from_numpy(examples.labels)
    return float(right.double().mean())


@dataclass(frozen=True)
class GradientSizes(Measure):
    """``gradients (L,)``: root mean square of the loss gradient over each layer's weights.

    Parameters
    ----------
    count
        Training examples that it is measured on.
    """

    count: int = 256

    def __call__(self, net: nn.Module, data: Split) -> Mapping[str, NDArray[np.float64]]:
        """One pass forward and back; biases and norms are left out."""
        weights = [one for one in net.parameters() if one.dim() > 1 and one.requires_grad]
        images, labels = tensors(data.train.first(self.count), weights[0].device)
        with torch.enable_grad():
            found = torch.autograd.grad(F.cross_entropy(net(images), labels), weights)
        return {"gradients": np.array([float(g.square().mean().sqrt()) for g in found])}
