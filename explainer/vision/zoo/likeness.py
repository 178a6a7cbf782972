"""Which architecture a list of tensors seems to be of, by the names and shapes of all but the last layer."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache

from torch import Tensor

from explainer.core.paths import resource
from explainer.vision.zoo import cards
from explainer.vision.zoo.naming import COUNTER, SIDE, head_of

DIGITS = 16
_ASIDE = tuple(start for starts in SIDE.values() for start in starts)


def print_of(state: Mapping[str, Tensor], head: str) -> str:
    """Hash of names and shapes without the last layer `head`; the same for any number of classes."""
    rows = sorted(
        f"{key} {list(tensor.shape)}"
        for key, tensor in state.items()
        if not key.endswith(COUNTER) and not key.startswith((f"{head}.", *_ASIDE))
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:DIGITS]


def row_of(want: Mapping[str, Tensor]) -> list[str]:
    """Name of the last layer and `print_of`: an architecture's row in ``resources/cards/likeness.json``."""
    head = head_of(want).name
    return [head, print_of(want, head)]


def architecture_of(state: Mapping[str, Tensor]) -> str | None:
    """Title of the architecture that has these tensors, under any shared prefix; `None` if none is known."""
    rows = _rows()
    heads = {head for head, _ in rows}
    while state:
        for head in heads:
            if found := rows.get((head, print_of(state, head))):
                return _title(found)
        first = {key.partition(".")[0] for key in state}
        if len(first) > 1:
            return None
        state = {key.partition(".")[2]: tensor for key, tensor in state.items() if "." in key}
    return None


@cache
def _rows() -> Mapping[tuple[str, str], str]:
    rows = json.loads(resource("cards", "likeness.json").read_text(encoding="utf-8"))
    return {(head, digits): name for name, head, digits in rows}


def _title(name: str) -> str:
    offer = cards.catalogue().get(name)
    return offer.title if offer else next((card.title for card in cards.shipped() if card.name == name), name)
