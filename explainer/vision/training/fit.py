"""Training: a recipe goes in, snapshots come out, and from each of them the run goes on to the same bits.

Everything random comes from the recipe's seed, from the number of the epoch, or from a generator whose state is part
of the snapshot. Draws are made on the CPU whatever the device is.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.training.examples import Examples, Split, tensors
from explainer.vision.training.parts import Dropout
from explainer.vision.training.recipe import Recipe

OnStep = Callable[[int], None]
Measuring = Callable[[], AbstractContextManager[None]]
Arrays = Mapping[str, NDArray[Any]]
RNG_OFFSET = 1000  # so that a run's draws are not those that other code takes from the same seed
_GROUPS = ("weights", "optimiser", "history")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run at one of its marks, in plain arrays.

    Parameters
    ----------
    step
        Steps of the optimiser that are done.
    weights
        Parameters and buffers by their names in the module.
    optimiser
        What the optimiser remembers, ``"<parameter>.<name>"``.
    history
        What was measured at each mark, one entry more than marks passed; ``"step"`` says when.
    losses
        Loss of each step's batch before the step, ``(step,) float64``.
    rng
        State of the run's generator.
    diverged
        Whether numbers that are not finite came before the next mark; all here is as it was before them.
    """

    recipe: Recipe
    step: int
    weights: Arrays
    optimiser: Arrays
    history: Arrays
    losses: NDArray[np.float64]
    rng: NDArray[np.uint8]
    diverged: bool = False

    @property
    def epoch(self) -> int:
        """Whole epochs that are done."""
        return self.step // self.recipe.per_epoch

    @property
    def done(self) -> bool:
        """Whether there is nothing left to train."""
        return self.diverged or self.step >= self.recipe.steps

    @property
    def marks(self) -> NDArray[np.int64]:
        """Steps that were done at each mark so far, ``(M,)``."""
        return np.asarray(self.history["step"], np.int64)

    def mark(self, steps: int) -> int:
        """Number of the last mark at which no more than `steps` steps were done."""
        return int(np.searchsorted(self.marks, steps, side="right")) - 1

    def module(self, device: str | torch.device = "cpu", dtype: torch.dtype | None = None) -> nn.Module:
        """The net as it is here, in eval mode."""
        return self.recipe.net.loaded(self.weights, device, dtype)

    def plain(self) -> dict[str, NDArray[Any]]:
        """All of it but the recipe as named arrays, for a file."""
        grouped = {f"{group}/{name}": array for group in _GROUPS for name, array in getattr(self, group).items()}
        counts = np.array([self.step, int(self.diverged)], np.int64)
        return {**grouped, "losses": self.losses, "rng": self.rng, "counts": counts}

    def same_bits(self, other: "Snapshot") -> bool:
        """Whether two snapshots hold the same numbers to the last bit."""
        one, two = self.plain(), other.plain()
        return one.keys() == two.keys() and all(
            one[name].dtype == two[name].dtype and one[name].tobytes() == two[name].tobytes() for name in one
        )


def from_plain(recipe: Recipe, arrays: Arrays) -> Snapshot:
    """Put a snapshot together again.

    Raises
    ------
    KeyError, ValueError
        If the arrays are not those of a snapshot of this recipe.
    """
    groups: dict[str, dict[str, NDArray[Any]]] = {group: {} for group in _GROUPS}
    for name, array in arrays.items():
        group, slash, rest = name.partition("/")
        if slash:
            groups[group][rest] = array
    step, diverged = (int(n) for n in arrays["counts"])
    if len(arrays["losses"]) != step or "step" not in groups["history"]:
        raise ValueError("the counts of this snapshot do not add up")
    wanted = {name: tuple(t.shape) for name, t in recipe.net.module().state_dict().items()}
    if wanted != {name: array.shape for name, array in groups["weights"].items()}:
        raise ValueError("the weights are of another net")
    return Snapshot(
        recipe, step, groups["weights"], groups["optimiser"], groups["history"], arrays["losses"], arrays["rng"],
        bool(diverged),
    )  # fmt: skip


def start(recipe: Recipe, device: str = "cpu", measuring: Measuring = nullcontext) -> Snapshot:
    """Return the untrained net, measured; in the context `measuring`, if there is one."""
    net = recipe.net.begun(recipe.seed).to(device)
    _check(net)
    rng = torch.Generator().manual_seed(RNG_OFFSET + recipe.seed)
    with measuring():
        history = _longer({}, _noted(recipe, net, recipe.data.train, 0))
    return Snapshot(recipe, 0, _plain(net.state_dict()), {}, history, np.zeros(0), rng.get_state().numpy())


def fit(
    snapshot: Snapshot,
    on_step: OnStep = lambda _step: None,
    device: str = "cpu",
    measuring: Measuring = nullcontext,
) -> Iterator[Snapshot]:
    """Carry a run on to the end of its recipe, and yield it at each mark.

    Parameters
    ----------
    on_step
        Called before each step with the number of steps done; may raise to stop. What was yielded last is then
        where the run can be taken up again.
    measuring
        Context in which the net is measured, such as one that makes it listen.
    """
    while not snapshot.done:
        going = _Going(snapshot, device, measuring)
        try:
            for snapshot in going.marks(on_step):
                yield snapshot
        except FloatingPointError:
            snapshot = replace(going.last, diverged=True)
            yield snapshot


def trained(recipe: Recipe, on_step: OnStep = lambda _step: None, device: str = "cpu") -> Snapshot:
    """Run a recipe from the beginning to its end."""
    begun = start(recipe, device)
    return deque(fit(begun, on_step, device), 1).pop() if not begun.done else begun


class _Going:
    """What changes while a run goes on: the module, torch's optimiser, the generator."""

    def __init__(self, snapshot: Snapshot, device: str, measuring: Measuring) -> None:
        recipe, self.measuring = snapshot.recipe, measuring
        self.last, self.recipe, self.device = snapshot, recipe, device
        self.net = recipe.net.loaded(snapshot.weights, device)
        self.optimiser = recipe.optimiser.over(self.net.parameters())
        _remember(self.optimiser, snapshot.optimiser)
        self.rng = torch.Generator()
        self.rng.set_state(torch.from_numpy(snapshot.rng.copy()))
        for one in self.net.modules():
            if isinstance(one, Dropout):
                one.rng = self.rng
        self.losses: list[Tensor] = []

    def marks(self, on_step: OnStep) -> Iterator[Snapshot]:
        recipe, step = self.recipe, self.last.step
        per_epoch = recipe.per_epoch
        every = recipe.every or per_epoch
        orders = recipe.batches.epochs(recipe.data.train.labels, recipe.seed, step // per_epoch)
        while step < recipe.steps:
            epoch, order = step // per_epoch, next(orders)
            train = recipe.augment.renewed(recipe.data.train, recipe.seed, epoch)
            images, labels = tensors(train)
            batches = torch.split(torch.from_numpy(order), recipe.batches.size)
            for batch in batches[step % per_epoch : per_epoch]:
                on_step(step)
                self._step(images[batch], labels[batch], step)
                step += 1
                if step % every == 0 or step == recipe.steps:
                    yield self._marked(train, step)
                if step == recipe.steps:
                    return

    def _step(self, images: Tensor, labels: Tensor, step: int) -> None:
        recipe = self.recipe
        factor = recipe.schedule.factor(step, recipe.steps, recipe.per_epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.optimiser.rate * factor
        self.net.train()
        with torch.enable_grad():
            images, labels = recipe.augment.batch(images, labels, self.rng)
            loss = recipe.loss(self.net, images.to(self.device), labels.to(self.device), self.rng)
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.losses.append(loss.detach())

    def _marked(self, train: Examples, step: int) -> Snapshot:
        losses = torch.stack(self.losses).double().cpu().numpy()
        self.losses = []
        weights = _plain(self.net.state_dict())
        _finite(losses, *weights.values())
        with self.measuring():
            noted = _noted(self.recipe, self.net, train, step)
        _finite(*noted.values())
        self.last = Snapshot(
            self.recipe, step, weights, _remembered(self.optimiser), _longer(self.last.history, noted),
            np.concatenate([self.last.losses, losses]), self.rng.get_state().numpy(),
        )  # fmt: skip
        return self.last


def _noted(recipe: Recipe, net: nn.Module, train: Examples, step: int) -> dict[str, NDArray[Any]]:
    """Measure the net in eval mode."""
    net.eval()
    found: dict[str, NDArray[Any]] = {"step": np.asarray(step, np.int64)}
    with torch.no_grad():
        for measure in recipe.measures:
            measured = measure(net, Split(train, recipe.data.test))
            found |= {name: np.asarray(value, np.float64) for name, value in measured.items()}
    return found


def _longer(history: Arrays, noted: Arrays) -> Arrays:
    """Put one more entry to each list of the history."""
    return {
        name: np.concatenate([history[name], value[None]]) if history else value[None] for name, value in noted.items()
    }


def _finite(*arrays: NDArray[Any]) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise FloatingPointError


def _check(net: nn.Module) -> None:
    foreign = [type(one).__name__ for one in net.modules() if isinstance(one, nn.modules.dropout._DropoutNd)]
    if foreign:
        raise TypeError(f"{foreign[0]} draws from a generator that all runs share; use training.parts.Dropout")


def _plain(state: Mapping[str, Tensor]) -> Arrays:
    return {name: one.detach().cpu().numpy().copy() for name, one in state.items()}


def _remembered(optimiser: torch.optim.Optimizer) -> Arrays:
    """What an optimiser holds of each parameter, as arrays."""
    state = optimiser.state_dict()["state"]
    return {
        f"{number}.{name}": np.asarray(value.detach().cpu().numpy()).copy()
        for number, held in state.items()
        for name, value in held.items()
        if isinstance(value, Tensor)
    }


def _remember(optimiser: torch.optim.Optimizer, arrays: Arrays) -> None:
    """Give an optimiser its memory back."""
    if not arrays:
        return
    state: dict[int, dict[str, Tensor]] = {}
    for name, array in arrays.items():
        number, _, what = name.partition(".")
        state.setdefault(int(number), {})[what] = torch.from_numpy(array.copy())
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
