"""What is known of torchvision's detectors and segmenters without loading torch.

They are no classifiers: the session cannot choose one, and `cards.catalogue` does not list them. Demos that need one
ask `explainer.vision.zoo.task_models` for it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.zoo.cards import Published

Task = Literal["detection", "instances", "keypoints", "segmentation"]


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A detector or segmenter before torch is loaded.

    Parameters
    ----------
    task
        ``"detection"`` gives boxes, ``"instances"`` boxes and masks, ``"keypoints"`` boxes and body points,
        ``"segmentation"`` a class for each pixel.
    labels
        By class number, the background (or a word that says there is none such) first.
    short_px, long_px
        To which the picture's shorter side is resized, unless its longer side would exceed the second; both are the
        side of the square to which SSD resizes. A segmenter's second is 0: it has no limit.
    metric, score
        What torchvision publishes of it, in percent.
    """

    name: str
    title: str
    task: Task
    labels: tuple[str, ...]
    short_px: int
    long_px: int
    metric: str
    score: float
    trained_on: str
    licence: str
    source: str
    tier: str = "fetched"


@dataclass(frozen=True, slots=True)
class TaskOffer(Published):
    """A detector or segmenter whose weights can be fetched."""

    card: TaskCard
    url: str
    megabytes: float

    @property
    def title(self) -> str:
        """Name to show."""
        return self.card.title


@cache
def catalogue() -> Mapping[str, TaskOffer]:
    """All of torchvision's detectors and segmenters by name, fetched or not."""
    rows = json.loads(resource("cards", "tasks.json").read_text(encoding="utf-8"))
    return {row["card"]["name"]: TaskOffer(_card(row["card"]), row["url"], row["megabytes"]) for row in rows}


def names(*tasks: Task) -> tuple[str, ...]:
    """Names of those for some tasks; of all if none is named."""
    return tuple(name for name, offer in catalogue().items() if not tasks or offer.card.task in tasks)


def here(name: str) -> bool:
    """Whether the weights are on this machine."""
    return name in catalogue() and catalogue()[name].path.exists()


def offer(name: str) -> TaskOffer:
    """Return the row of one network.

    Raises
    ------
    ExplainerError
        If torchvision has no such detector or segmenter.
    """
    if name not in catalogue():
        known = ", ".join(catalogue())
        raise ExplainerError(f"There is no detector or segmenter called {name}.", f"Choose one of {known}.")
    return catalogue()[name]


def absent(name: str) -> ExplainerError:
    """Say that the weights are not here, and how to get them."""
    found = offer(name)
    todo = f"Fetch it ({found.megabytes:.0f} MB) with Ctrl+M or: explainer models fetch {name}"
    return ExplainerError(f"{found.title} is not on this machine.", todo)


def _card(data: Mapping[str, Any]) -> TaskCard:
    return TaskCard(**{**data, "labels": _labels(data["labels"])})


@cache
def _labels(name: str) -> tuple[str, ...]:
    return tuple(json.loads(resource("cards", f"{name}.json").read_text(encoding="utf-8")))
