"""A list of cards as transforms that are ready to run, one picture at a time.

Each sample has its own seed, so that one of them can be made again without the others.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import v2

from explainer.vision.augment.calls import Call
from explainer.vision.augment.kinds import GEOMETRY, MIXES, POLICIES, call_of
from explainer.vision.augment.labels import Labels

SEEDS = 1000  # between one seed of a sheet and the next; a sheet has fewer samples
FAILURES = (ValueError, RuntimeError, TypeError, ZeroDivisionError)  # what torchvision says of what it cannot do


@dataclass(frozen=True, slots=True)
class Step:
    """One card as plain values."""

    kind: str
    title: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A card with its transform."""

    step: Step
    call: Call
    transform: v2.Transform

    @property
    def leaf(self) -> Any:
        """The transform that draws the parameters, without a chance around it."""
        return self.transform.transforms[0] if isinstance(self.transform, v2.RandomApply) else self.transform


class CardError(Exception):
    """A card cannot be applied to the picture as it comes to it."""

    def __init__(self, placed: Placed, size: tuple[int, int], reason: str) -> None:
        self.step = placed.step
        height, width = size
        super().__init__(
            f"“{placed.step.title}” was left out: the picture that comes to it is {width} × {height} px ({reason})."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Transforms of one picture in order, and mixes of a batch, which always come last."""

    placed: tuple[Placed, ...]
    mixes: tuple[Placed, ...]

    @property
    def moves_labels(self) -> bool:
        """Whether boxes, masks and points can follow: torchvision's policies refuse them."""
        return not any(one.step.kind in POLICIES for one in self.placed)

    def without(self, step: Step) -> "Plan":
        """Return the same plan without one card."""
        return Plan(
            tuple(one for one in self.placed if one.step is not step),
            tuple(one for one in self.mixes if one.step is not step),
        )


def planned(steps: Sequence[Step]) -> Plan:
    """Make the transforms of cards."""
    calls = [(step, call_of(step.kind, step.values)) for step in steps]
    placed = [Placed(step, call, call.make()) for step, call in calls]
    return Plan(
        tuple(one for one in placed if one.step.kind not in MIXES),
        tuple(one for one in placed if one.step.kind in MIXES),
    )


def size_of(image: Tensor) -> tuple[int, int]:
    """Height and width of ``(…, H, W)``."""
    return int(image.shape[-2]), int(image.shape[-1])


def applied(
    placed: Sequence[Placed],
    image: Tensor,
    labels: Labels | None,
    around: Callable[[int, Placed, Tensor], None] | None = None,
) -> tuple[Tensor, Labels | None]:
    """Run cards in order on a picture ``(3, H, W) uint8`` and its labels.

    Parameters
    ----------
    around
        Called before each card with its number, itself and the picture that comes to it.

    Raises
    ------
    CardError
        When a card cannot be applied to what comes to it, or would leave no picture.
    """
    for number, one in enumerate(placed):
        if around is not None:
            around(number, one, image)
        before = size_of(image)
        try:
            image, labels = _one(one, image, labels)
        except FAILURES as error:
            raise CardError(one, before, _first_sentence(error)) from error
        if min(size_of(image)) < 1:
            raise CardError(one, before, "nothing would be left of it")
    return image, labels


def _one(one: Placed, image: Tensor, labels: Labels | None) -> tuple[Tensor, Labels | None]:
    if labels is None or one.step.kind not in GEOMETRY:  # colours leave labels where they are
        return one.transform(image), labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        moved = one.transform(image, *labels.parts())
    return moved[0], labels.moved(moved[1:], size_of(moved[0]))


def _first_sentence(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(".")[:160] if text else type(error).__name__


def seed_of(seed: int, number: int) -> int:
    """Seed of one sample of a sheet."""
    return SEEDS * seed + number


def seeded(seed: int, number: int) -> None:
    """Set torch's generator for one sample, as the copied code does."""
    torch.manual_seed(seed_of(seed, number))
