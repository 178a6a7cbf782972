"""What is known of every model without loading torch: plain JSON under ``resources/cards``.

Labels are kept once, in ``imagenet.json``; a card names that list instead of repeating it.
"""

import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from explainer.core.model_card import ModelCard, card_from_json
from explainer.core.paths import resource, user_data
from explainer.core.problem import ExplainerError

SHIPPED = ("efficientnet-lite0", "efficientnet-lite1")  # the first is the default


class Published:
    """What fetching needs to know of published weights; `Offer` and the nets for other tasks have it in common."""

    __slots__ = ()
    url: str
    megabytes: float

    @property
    def title(self) -> str:
        """Name to show."""
        raise NotImplementedError

    @property
    def file(self) -> str:
        """Name of the file on disk."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def sha256_prefix(self) -> str:
        """First hexadecimal digits of the file's sha256: ``resnet18-f37072fd.pth`` → ``"f37072fd"``."""
        return self.file.removesuffix(".pth").rsplit("-", 1)[-1]

    @property
    def most_bytes(self) -> int:
        """Published size, rounded up: it is published in thousandths of 2²⁰ bytes."""
        return math.ceil((self.megabytes + 0.0005) * 2**20)

    @property
    def least_bytes(self) -> int:
        """Published size, rounded down."""
        return math.floor((self.megabytes - 0.0005) * 2**20)

    @property
    def path(self) -> Path:
        """Where the file lies once it was fetched."""
        return weights_folder() / self.file


@dataclass(frozen=True, slots=True)
class Offer(Published):
    """A classifier whose weights can be fetched.

    Parameters
    ----------
    url
        Address of the ``.pth``; its file name carries the first digits of its sha256.
    megabytes
        Size to tell the user; 1 MB is 2²⁰ bytes, rounded.
    top1_percent
        Accuracy on ImageNet's validation set as published with the weights.
    """

    card: ModelCard
    url: str
    megabytes: float
    top1_percent: float

    @property
    def title(self) -> str:
        """Name to show."""
        return self.card.title


@dataclass(frozen=True, slots=True)
class Own:
    """Weights in the user's folder for a named architecture: their own, or trained in the program (the card's tier)."""

    card: ModelCard
    architecture: str
    path: Path


def weights_folder() -> Path:
    """Folder of fetched weights; made when first asked for."""
    return made(user_data() / "weights")


def own_folder() -> Path:
    """Folder of the user's own weights; made when first asked for."""
    return made(user_data() / "weights" / "own")


def shipped_weights(name: str) -> Path:
    """File of a shipped model."""
    return resource("weights", f"{name}.safetensors")


def shipped() -> tuple[ModelCard, ...]:
    """Cards of the models that come with the program, the default first."""
    return tuple(_shipped(name) for name in SHIPPED if is_here(shipped_weights(name)))


@cache
def catalogue() -> Mapping[str, Offer]:
    """All torchvision classifiers by name, fetched or not."""
    rows = json.loads(resource("cards", "torchvision.json").read_text(encoding="utf-8"))
    return {row["card"]["name"]: _offer(row) for row in rows}


def fetched() -> tuple[ModelCard, ...]:
    """Cards of torchvision models whose weights are on this machine."""
    return tuple(offer.card for offer in catalogue().values() if is_here(offer.path))


def owned() -> tuple[Own, ...]:
    """Models in the user's folder, their own and those trained here; a card that cannot be read is passed over."""
    try:
        paths = sorted(own_folder().glob("*.json"))
    except OSError:
        return ()
    found = (_owned(path) for path in paths)
    return tuple(own for own in found if own is not None)


def own(name: str) -> Own:
    """Return one of the user's own models, or of those trained here.

    Raises
    ------
    ExplainerError
        If there is none of that name; the sentence says how to get it.
    """
    for found in owned():
        if found.card.name == name:
            return found
    raise unknown(name)


def is_here(path: Path) -> bool:
    """Whether a file is there; one that may not even be looked at is not."""
    return os.path.isfile(path)  # noqa: PTH113 (the method raises where a folder may not be entered)


def available() -> tuple[ModelCard, ...]:
    """Models that can be used right now, the default first."""
    return (*shipped(), *fetched(), *(own.card for own in owned()))


def find(name: str) -> ModelCard | None:
    """Card of a model that can be used right now. Live demos ask for each frame, so only its own file is looked at."""
    if name in SHIPPED:
        return _shipped(name) if is_here(shipped_weights(name)) else None
    offer = catalogue().get(name)
    if offer is not None and is_here(offer.path):
        return offer.card
    return next((own.card for own in owned() if own.card.name == name), None)


def read_card(data: Mapping[str, Any]) -> ModelCard:
    """Build a card whose ``labels`` may be the name of a list under ``resources/cards``."""
    named = data["labels"]
    labels = _labels(named) if isinstance(named, str) else tuple(named)
    return replace(card_from_json({**data, "labels": []}), labels=labels)


def write_card(card: ModelCard) -> dict[str, Any]:
    """Turn a card into JSON that `read_card` reads back; ImageNet's labels become their name."""
    fields = {name: getattr(card, name) for name in ModelCard.__dataclass_fields__}
    layers = [{"name": la.name, "label": la.label, "shape": la.shape} for la in card.layers]
    labels = "imagenet" if card.labels == _labels("imagenet") else card.labels
    return {**fields, "layers": layers, "labels": labels}


def unknown(name: str) -> ExplainerError:
    """Say that no model has that name, and whether it could be fetched."""
    if name in catalogue():
        title = catalogue()[name].card.title
        return ExplainerError(f"{title} is not on this machine.", f"Fetch it: explainer models fetch {name}")
    known = ", ".join(card.name for card in available())
    return ExplainerError(f"There is no model called {name}.", f"Choose one of {known}.")


@cache
def _labels(name: str) -> tuple[str, ...]:
    return tuple(json.loads(resource("cards", f"{name}.json").read_text(encoding="utf-8")))


@cache
def _shipped(name: str) -> ModelCard:
    return read_card(json.loads(resource("cards", f"{name}.json").read_text(encoding="utf-8")))


def _offer(row: Mapping[str, Any]) -> Offer:
    return Offer(read_card(row["card"]), row["url"], row["megabytes"], row["top1_percent"])


def _owned(path: Path) -> Own | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        weights = path.with_suffix(".safetensors")
        return Own(read_card(data["card"]), str(data["architecture"]), weights) if is_here(weights) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def made(folder: Path) -> Path:
    """Make a folder if that can be done; what is then written into it says so if not."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder
