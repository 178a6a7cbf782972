"""What the attribution bench says of its maps, in sentences and values."""

from collections.abc import Mapping, Sequence

import numpy as np

from explainer.core import words
from explainer.demos.explained._bench_tests import NAMES, Board, Map, agreement, two_places


def told(
    label: str, maps: Mapping[str, Map], board: Board, refused: Sequence[str], forgot: int
) -> tuple[tuple[str, ...], dict[str, float]]:
    """Sentences and values.

    Parameters
    ----------
    refused
        Sentences on methods that this network does not allow.
    forgot
        Number of layers that were drawn anew.
    """
    values = {"maps": float(len(maps)), **board.values()}
    sentences = [f"{len(maps)} {'map' if len(maps) == 1 else 'maps'} for {label}.", *refused]
    if len(maps) > 1:
        sentence, found = _likeness(maps)
        sentences.append(sentence)
        values |= found
    kept = {name: row.forgotten for name, row in board.rows.items() if row.forgotten is not None}
    if kept:
        sentences.append(_kept(kept, forgot))
    handed = {name: row.kept for name, row in board.rows.items() if name.startswith("lrp") and row.kept is not None}
    if handed:
        arrived = ", ".join(f"{words.percent(share)} under {NAMES[name]}" for name, share in handed.items())
        sentences.append(f"Of the logit {arrived} arrives at the pixels; biases and ε hold the rest.")
    gaps = {name: row.gap for name, row in board.rows.items() if row.gap is not None}
    if gaps:
        sentences.append(_best(gaps))
    return tuple(sentences), values


def headline(label: str, maps: Mapping[str, Map]) -> str:
    """What is most worth knowing of them."""
    if len(maps) < 2:
        return f"One map alone for {label}: choose a second method and see whether the two agree."
    names, table = list(maps), agreement(maps)
    rows, columns = np.triu_indices(len(names), 1)
    least = int(table[rows, columns].argmin())
    one, other = NAMES[names[rows[least]]], NAMES[names[columns[least]]]
    return f"{len(maps)} methods, one network, one question: {one} and {other} agree least."


def _likeness(maps: Mapping[str, Map]) -> tuple[str, dict[str, float]]:
    names, table = list(maps), agreement(maps)
    rows, columns = np.triu_indices(len(names), 1)
    pairs = table[rows, columns]
    most, least = int(pairs.argmax()), int(pairs.argmin())

    def pair(which: int) -> str:
        one, other = NAMES[names[rows[which]]], NAMES[names[columns[which]]]
        return f"{one} and {other} ({two_places(pairs[which])})"

    values = {"agreement_max": float(pairs[most]), "agreement_min": float(pairs[least])}
    if len(pairs) == 1:
        return f"The rank correlation of {pair(0)} says how far they agree.", values
    return f"By rank most alike are {pair(most)}, least {pair(least)}.", values


def _kept(kept: Mapping[str, float], count: int) -> str:
    most, least = max(kept, key=lambda m: abs(kept[m])), min(kept, key=lambda m: abs(kept[m]))
    layers = "last layer" if count == 1 else f"last {count} layers"
    text = f"With the {layers} drawn anew {NAMES[most]} stays most like itself ({two_places(kept[most])})"
    return f"{text}." if most == least else f"{text}, {NAMES[least]} least ({two_places(kept[least])})."


def _best(gaps: Mapping[str, float]) -> str:
    first = max(gaps, key=lambda m: gaps[m])
    number = two_places(gaps[first])
    if first in NAMES:
        return f"Insertion minus deletion is largest for {NAMES[first]} ({number})."
    kind, side = first.rsplit("-", 1)
    return f"**{kind.capitalize()} at {side} × {side} cells knows no network and has the best gap ({number})**."
