"""What a search looks like: the query beside its neighbours, how good the rankings are, and what an index saves."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Matrix, Series, Style
from explainer.core.geometry import scale_shift
from explainer.core.layers import CELL_PITCH, Cells, Image, Panel, Sets
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.walls import framed, wall_of_photos
from explainer.vision.retrieval.duplicates import Pairs
from explainer.vision.retrieval.gallery import Gallery
from explainer.vision.retrieval.judging import Judged
from explainer.vision.retrieval.ranking import METRICS
from explainer.vision.retrieval.searched import Searched, Wanted

BLOCK, BESIDE = 2, 3  # the query is as wide and as high as two neighbours, and three stand beside it
LETTERS = 11  # of a word on a picture
GRAINY = 40  # side up to which single pixels are shown
LISTED = 4  # pairs of near-duplicates that are shown
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One ranking of the query's neighbours: which, what is said of each, and which are of another class."""

    title: str
    rows: Rows
    below: tuple[str, ...]
    wrong: NDArray[np.bool_]
    note: str = ""

    @property
    def by(self) -> str:
        """How a sentence says what it is ranked by."""
        return f"{self.title[0].lower()}{self.title[1:]}"

    @property
    def hits(self) -> int:
        """How many are of the query's class."""
        return len(self.rows) - int(self.wrong.sum())


def short(text: str) -> str:
    """A word as it fits on a picture: the end of a file's name, which tells it from others, without its suffix."""
    last = PurePath(text).stem or text
    return last if len(last) <= LETTERS else f"…{last[1 - LETTERS :]}"


def word(gallery: Gallery, row: int) -> str:
    """What a picture is called on the wall: its class, where there is one."""
    labels = gallery.labels
    return short(gallery.called[row] if labels is None else gallery.names[labels[row]])


def wall(one: Row, gallery: Gallery, query: int) -> Panel:
    """The query, large, and its neighbours from the nearest on; wrong ones framed; a click searches with one."""
    side, pitch, across = gallery.copy_side, gallery.copy_side * CELL_PITCH, BLOCK + min(BESIDE, len(one.rows))
    free = [n for n in range(across * across) if n // across >= BLOCK or n % across >= BLOCK]
    places = free[: len(one.rows)]
    at = {place: n for n, place in enumerate(places)}
    each = [at.get(place, -1) for place in range(max([*places, 0]) + 1)]  # −1: below the query
    sets = tuple({"query": str(one.rows[n] + 1), "box": "0,0,1,1"} if n >= 0 else None for n in each)
    label = [word(gallery, int(one.rows[n])) if n >= 0 else "" for n in each]
    label[0] = word(gallery, query)
    cells = Cells(
        "words", np.zeros((len(each), side, side), np.float32), across, 0.0, 1.0, "categorical", tuple(label), sets,
        below=tuple(one.below[n] if n >= 0 else "" for n in each),
    )  # fmt: skip
    wide, smooth = (BLOCK - 1) * CELL_PITCH + 1, side > GRAINY
    images = [Image("query", gallery.copies[query], scale_shift(wide, wide, 0.0, 0.0), smooth=smooth)]
    for n, (row, place) in enumerate(zip(one.rows.tolist(), places, strict=True), 1):
        to = scale_shift(1.0, 1.0, place % across * pitch, place // across * pitch)
        images.append(Image(f"neighbour {n}", gallery.copies[row], to, smooth=smooth))
    wrong = np.array([n >= 0 and bool(one.wrong[n]) for n in each])
    size = (cells.size[0], max(cells.size[1], BLOCK * pitch))
    return framed(Panel(one.title, size, (cells, *images), one.note, frame=False), wrong)


def quality(found: list[Judged], clicks: tuple[Sets, ...], other: str, k: int) -> Matrix:
    """Table of four measures of each way to rank, raw and at length 1, and of the other features; a click chooses."""
    rows = [f"{name}{tail}" for name in ("Euclid", "cosine", "dot") for tail in ("", ", length 1")]
    table = np.array([[one.recall_at_1, one.recall_at_k, one.precision_at_k, one.mean_ap] for one in found])
    columns: tuple[str, ...] = ("R@1", f"R@{k}", f"P@{k}", "mAP")
    kept = slice(0 if k > 1 else 1, None)  # @1 stands there once
    sets = tuple(click for click in clicks for _ in columns[kept])
    note = f"in %, over {words.count(len(found[0].rows), 'query', 'queries')}; click a row"
    return Matrix(
        "How good each ranking is",
        100 * table[:, kept],
        (*rows, other),
        columns[kept],
        format=".0f",
        note=note,
        sets=sets,
    )


def saved(ivf: tuple[Floats, Floats], pq: tuple[Floats, Floats], k: int) -> Curve:
    """Recall of the true neighbours against the share of vectors that is compared, for two indices."""
    drawn: tuple[tuple[str, tuple[Floats, Floats], Style, int], ...] = (
        ("inverted file", ivf, "solid", -1),
        ("product codes", pq, "dashed", 2),
    )
    lines = tuple(
        Series(name, 100 * compared, 100 * recall, style, colour)
        for name, (recall, compared), style, colour in drawn
    )  # fmt: skip
    everything = Series("exact", np.array([0.0, 100.0]), np.array([100.0, 100.0]), "dotted", -2)
    nearest = f"of the {k} nearest, %" if k > 1 else "of the nearest, %"
    axes = ("vectors compared, %", nearest, (0.0, 105.0), (0.0, 60.0))
    return Curve("Found against compared", (*lines, everything), *axes)


def over_all(made: Searched, one: Wanted, k: int) -> Part:
    """How good each way to rank is over many queries, where classes are known."""
    ways = [replace(one, metric=metric, normalise=on) for metric in METRICS for on in (False, True)]
    kept = [made.judged(way, k) for way in (*ways, one, replace(one, pixels=not one.pixels))]
    if kept[0] is None:
        return Part()
    *each, now, rest = [judged for judged in kept if judged is not None]
    other = "network" if one.pixels else "pixels"
    clicks = [{"metric": way.metric, "normalise": "on" if way.normalise else "off"} for way in ways]
    named = numbers(
        queries=len(now.rows), recall_at_1=now.recall_at_1, recall_at_k=now.recall_at_k, mean_ap=now.mean_ap,
        mean_hits=k * now.precision_at_k, mean_hits_other=k * rest.precision_at_k, mean_ap_other=rest.mean_ap,
        **{f"mean_ap_{w.metric}{'_length_1' * w.normalise}": j.mean_ap for w, j in zip(ways, each, strict=True)},
    )  # fmt: skip
    return Part(charts=(quality([*each, rest], (*clicks, {"features": other}), other, k),), values=named)


def twins(gallery: Gallery, pairs: Pairs, least: float) -> Part:
    """The most similar pairs, side by side; a click searches with one."""
    if not pairs.total:
        return Part(sentences=(f"No two pictures are near-duplicates: no cosine reaches {least:.2f}.",))
    rows = pairs.rows[:LISTED].ravel()
    cosines = [f"{c:.3f}" for c in pairs.cosines[:LISTED].tolist()]
    called = tuple(word(gallery, int(row)) for row in rows)
    panel = wall_of_photos(
        "Near-duplicates", np.stack([gallery.copies[row] for row in rows]), called,
        tuple(text for c in cosines for text in (c, "")), columns=min(4, len(rows)), lit=np.ones(len(rows), np.bool_),
        smooth=gallery.copy_side > GRAINY, note=words.count(pairs.total, "pair"),
    )  # fmt: skip
    clicks = tuple({"query": str(row + 1), "box": "0,0,1,1"} for row in rows)
    layers = tuple(replace(one, sets=clicks) if isinstance(one, Cells) else one for one in panel.layers)
    say = f"{words.count(pairs.total, 'pair')} of pictures {'has' if pairs.total == 1 else 'have'} a cosine of"
    return Part((replace(panel, layers=layers),), sentences=(f"{say} {least:.2f} or more.",))


def headline(ranked: Sequence[Row], many: str, shared: int, *, same: bool) -> str:
    """Say how many neighbours are right by each ranking; where no classes are known, how many they share."""
    one, other = ranked
    k = len(one.rows)
    ten = f"{NUMBERS[k]} nearest" if k > 1 else "nearest"
    if same:
        return f"{other.by[0].upper()}{other.by[1:]} the same {ten} {'come' if k > 1 else 'comes'} in the same order."
    if not many:
        few = "None" if not shared else f"Only {NUMBERS[shared]}" if 2 * shared < k else NUMBERS[shared].capitalize()
        return f"{few} of the {ten} pictures {'is' if shared == 1 else 'are'} also among the nearest {other.by}."
    if k == 1:
        is_one = [f"is {'' if row.hits else 'not '}one of the {many}" for row in ranked]
        return f"The nearest {is_one[0]}; {other.by} it {is_one[1] if one.hits != other.hits else 'is the same'}."
    beside = "all" if other.hits == k else NUMBERS[other.hits]
    only = "only " * (0 < other.hits < one.hits)
    tail = f"{other.by} it is the same number" if one.hits == other.hits else f"{other.by} {only}{beside} would be"
    every = "Both nearest" if k == 2 else f"All {ten}"
    right = f"{every} are" if one.hits == k else f"{NUMBERS[one.hits].capitalize()} of the {ten} are"
    right = f"Only one of the {ten} is among the" if one.hits == 1 else right
    return f"{right} {many}; {tail}."


def found(shared: int, k: int, compared: float) -> str:
    """Say how many of the true neighbours an index finds, and what share of the vectors it compares."""
    if compared >= 1:
        return f"Among so few pictures an index does not pay: it compares {words.percent(compared)} of the vectors."
    many = "All" if shared == k else NUMBERS[shared].capitalize()
    ten = f"of the {NUMBERS[k]} nearest are" if k > 1 else "of the nearest is"
    return f"{many} {ten} found by comparing {words.percent(compared)} of the vectors."


def reading(gallery: Gallery, row: int, *, chosen: bool, pixels: bool, values: Mapping[str, float]) -> tuple[str, ...]:
    """Say which query it is, what holds over all of them, and what of a folder was not looked at."""
    why = ", chosen because two rankings differ most for it; click any picture to search with that one"
    say = [f"The query is **{gallery.called[row]}**{why * chosen}."]
    if "mean_hits" in values:
        by, v = "the network" if pixels else "pixels", values
        over = f"{'It is not typical: over' if chosen else 'Over'} {v['queries']:,.0f} queries"
        right = f"{v['mean_hits']:.1f} of the {v['k_count']:.0f} nearest are right"
        say.append(f"{over} {right}, by {by} {v['mean_hits_other']:.1f}.")
    if gallery.unread:
        say.append(f"{words.count(gallery.unread, 'file')} could not be read.")
    if gallery.known_before:
        say.append(f"{words.count(gallery.known_before, 'picture')} need not be embedded: they are known already.")
    if gallery.store is not None and gallery.store.problem:
        say.append(f"The index is not kept: {gallery.store.problem}")
    if len(gallery.rows) < gallery.total:
        say.append(f"Of {gallery.total:,} pictures {len(gallery.rows):,} were taken, evenly.")
    return tuple(say)


def csv_of(gallery: Gallery, pairs: Pairs) -> str:
    """Near-duplicates as a file: two names and a cosine to a line."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("picture", "and", "cosine"))
    for (a, b), cosine in zip(pairs.rows.tolist(), pairs.cosines.tolist(), strict=True):
        lines.writerow((gallery.called[a], gallery.called[b], f"{cosine:.4f}"))
    return text.getvalue()
