"""Weights that join the user's models: their own, and networks that were trained in the program.

Weights and card lie beside each other in the user's folder; the card is written last, because it is what makes
them count.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from explainer.core.layers import slug
from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.core.writing import make_folder, write_json, written
from explainer.vision.zoo import cards
from explainer.vision.zoo.weights_file import read_state

LONGEST_NAME = 60


def keep(card: ModelCard, architecture: str, tensors: Mapping[str, Tensor]) -> ModelCard:
    """Keep weights and card, from then on one of the models.

    Parameters
    ----------
    card
        Its tier is ``"own"`` or ``"trained"``; its name is what is wished for.
    architecture
        What the tensors are for: a name that `explainer.vision.zoo.architectures` can build.
    tensors
        The whole state dict.

    Returns
    -------
    ModelCard
        The card as kept: where other weights have its name already, ``-2`` and so on stands behind it.

    Raises
    ------
    ExplainerError
        If they cannot be written; what was there before is then as it was.
    """
    folder = cards.own_folder()
    make_folder(folder)
    card = replace(card, name=_free_name(folder, card.name, architecture, tensors))
    file = folder / f"{card.name}.safetensors"
    with written(file) as part:
        _save(tensors, part)
    write_json(folder / f"{card.name}.json", {"card": cards.write_card(card), "architecture": architecture})
    return card


def name_of(tier: str, title: str) -> str:
    """Name for something called `title`: ``("own", "My cats")`` → ``"own-my-cats"``."""
    return f"{tier}-{slug(title)[:LONGEST_NAME].strip('-') or 'weights'}"


def _free_name(folder: Path, wish: str, architecture: str, tensors: Mapping[str, Tensor]) -> str:
    """Name that is free, or that these very weights have already."""
    for number in count(1):
        name = wish if number == 1 else f"{wish}-{number}"
        if not (folder / f"{name}.json").exists() or _is_same(name, architecture, tensors):
            return name
    raise AssertionError


def _is_same(name: str, architecture: str, tensors: Mapping[str, Tensor]) -> bool:
    found = next((own for own in cards.owned() if own.card.name == name), None)
    if found is None:  # a card that nobody can read is nobody's
        return True
    if found.architecture != architecture:
        return False
    try:
        before = read_state(found.path)
    except ExplainerError:
        return False
    return before.keys() == tensors.keys() and all(torch.equal(before[key], tensors[key]) for key in tensors)


def _save(tensors: Mapping[str, Tensor], part: Path) -> None:
    """Write safetensors; what the disk says comes as an `OSError`."""
    try:
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, part)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else 0, os.strerror(int(number[1])) if number else str(error)) from error
