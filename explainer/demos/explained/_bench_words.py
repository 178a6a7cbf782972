"""What the attribution bench says of its maps, in sentences and values."""

from collections.abc import Mapping, Sequence

import numpy as np

from explainer.core import words
from explainer.demos.explained._bench_tests import NAMES, Board, Map, agreement, two_places
from explainer.demos.explained._forgetting import SAME


def told(
    label: str, maps: Mapping[str, Map], board: Board, refused: Sequence[str], forgot: int
) -> tuple[tuple[str, ...], dict[str, float]]:
    """Sentences and values; `refused` tells of methods that this network does not allow."""
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


def headline(
    label: str, maps: Mapping[str, Map], board: Board, forgot: int, partial: bool
) -> tuple[str, tuple[str, ...]]:
    """What is most worth knowing, and the maps that show it; a single one stands beside its randomised twin."""
    names = list(maps)
    kept = {n: r.forgotten for n, r in board.rows.items() if n in maps and r.forgotten is not None}
    if kept and (not partial or len(kept) == len(names) or max(kept.values()) >= SAME):
        most = max(kept, key=lambda name: kept[name])
        layers = "last layer forgets" if forgot == 1 else f"last {forgot} layers forget"
        if kept[most] >= SAME:
            return (f"{NAMES[most]} hardly changes when the {layers} everything: it cannot explain {label}."), (most,)
        return f"Every map changes when the {layers} everything; {NAMES[most]} changes least.", (most,)
    if len(maps) < 2:
        what = "the next one is being drawn" if partial else "choose a second method and see whether the two agree"
        return f"One map for {label}: {what}.", tuple(names)
    table = agreement(maps)
    rows, columns = np.triu_indices(len(names), 1)
    least = int(table[rows, columns].argmin())
    pair = names[rows[least]], names[columns[least]]
    one, other = (NAMES[name] for name in pair)
    found = two_places(table[rows, columns][least])
    return f"Asked why {label}, {one} and {other} mark different places (rank correlation {found}).", pair


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
    return f"By rank correlation, {pair(most)} are most alike and {pair(least)} least.", values


def _kept(kept: Mapping[str, float], count: int) -> str:
    most, least = max(kept, key=lambda m: kept[m]), min(kept, key=lambda m: kept[m])
    layers = "last layer" if count == 1 else f"last {count} layers"
    text = f"With the {layers} drawn anew {NAMES[most]} stays most like itself ({two_places(kept[most])})"
    return f"{text}." if most == least else f"{text}, {NAMES[least]} least ({two_places(kept[least])})."


def _best(gaps: Mapping[str, float]) -> str:
    first = max(gaps, key=lambda m: gaps[m])
    number = two_places(gaps[first])
    if first in NAMES:
        return f"Insertion minus deletion is largest for {NAMES[first]} ({number}), so it does best."
    kind, side = first.rsplit("-", 1)
    rival = f"{kind.capitalize()} at {side} × {side} cells"
    return f"**{rival} knows no network, yet its insertion minus deletion is largest ({number})**."
