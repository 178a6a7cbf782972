"""Every architecture that is offered takes weights of its own, keeps them, and is read again.

A number that is said once and repeated by strides stands for each tensor, so that a file of half a billion numbers
is a few hundred kilobytes. Only the writing of the kept file is another for the large ones; all else is what a
user's file goes through.
"""

import json

import pytest
import torch

from explainer.core.paths import resource
from explainer.vision.zoo import cards, kept, likeness
from explainer.vision.zoo.architectures import base_card, empty, outline
from explainer.vision.zoo.loading import load
from explainer.vision.zoo.naming import COUNTER
from explainer.vision.zoo.own_weights import adopt

OFFERED = (*cards.SHIPPED, *sorted(cards.catalogue()))
SMALL = 3_000_000  # numbers; up to here the kept file is written as for a user
CLASSES = 7


def save_small(tensors, part):
    torch.save(dict(tensors), part)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("architecture", OFFERED)
def test_adopted_kept_and_read_again(tmp_path, monkeypatch, architecture):
    base = base_card(architecture)
    wanted = {
        key: t for key, t in outline(architecture, base.input_px, len(base.labels)).items() if not key.endswith(COUNTER)
    }
    last = list(wanted)[-1].rpartition(".")[0]
    wanted |= {key: t[:CLASSES] for key, t in wanted.items() if key.startswith(f"{last}.")}
    state = {
        key: torch.full((), 1 + number % 251, dtype=tensor.dtype).expand(tensor.shape)
        if tensor.is_floating_point()
        else torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
        for number, (key, tensor) in enumerate(wanted.items())
    }
    torch.save({"state_dict": {f"model.{key}": tensor for key, tensor in state.items()}}, tmp_path / "mine.ckpt")
    if sum(tensor.numel() for tensor in state.values()) > SMALL:
        monkeypatch.setattr(kept, "_save", save_small)
    card = adopt(tmp_path / "mine.ckpt", architecture)
    assert card.labels == tuple(f"class {k}" for k in range(CLASSES))
    read_card, again = load(card.name, torch.device("cpu"))
    assert read_card == card
    assert not any(tensor.is_meta for tensor in (*again.parameters(), *again.buffers()))
    found = {key: t for key, t in again.state_dict().items() if not key.endswith(COUNTER)}
    assert {key: (t.shape, t.flatten()[:1]) for key, t in found.items()} == {
        key: (t.shape, t.flatten()[:1]) for key, t in state.items()
    }


def test_likenesses_are_those_of_the_architectures():
    rows = json.loads(resource("cards", "likeness.json").read_text())
    assert [name for name, *_ in rows] == [*cards.SHIPPED, *sorted(cards.catalogue())]
    assert len({digits for *_, digits in rows}) == len(rows)
    for name, *row in rows[::9]:
        assert row == likeness.row_of(empty(name, base_card(name).input_px, CLASSES).state_dict())
