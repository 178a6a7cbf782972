"""What the pooling demo shows and says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.layers import Boxes, Heat, Image, Lines, Panel
from explainer.core.model_card import ModelCard
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play

if TYPE_CHECKING:
    from explainer.vision.convolution.pooling import Change, Pooling, Route

SHORT = {
    "max": "maximum", "average": "average", "stride": "every n-th", "blur-3": "BlurPool 3",
    "blur-5": "BlurPool 5", "max-blur": "max + blur",
}  # fmt: skip
NEAR = 10  # cells of the map, each way, that are seen from near


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One pooling of one moved picture.

    Parameters
    ----------
    moved
        Right and down, in pixels of the network's input.
    picture
        ``(S, S)`` grey, 0…1, after the move.
    counts
        How much each pixel counts in the pooled map, ``(S, S)``.
    others
        Kind and change of every pooling that has a stride, for the same move.
    curve
        Shift across and change, ``(N, 2)``.
    """

    kind: str
    label: str
    pooling: Pooling
    moved: tuple[float, float]
    picture: NDArray[np.float32]
    now: Change
    cell: tuple[int, int]
    followed: Route
    counts: NDArray[np.float32]
    others: tuple[tuple[str, float], ...]
    curve: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Wobble:
    """Probability of the class that the picture in place gets, for each shift across."""

    name: str
    shifts: NDArray[np.float64]
    scores: NDArray[np.float64]
    others: int


def wobble(probabilities: NDArray[np.float64], card: ModelCard) -> Wobble:
    """Follow the class of the picture in place over all shifts ``(2n + 1, K)``."""
    reach = len(probabilities) // 2
    best = probabilities.argmax(axis=1)
    index = int(best[reach])
    shifts = np.arange(-reach, reach + 1, dtype=np.float64)
    return Wobble(card.label(index), shifts, probabilities[:, index], int(np.count_nonzero(best != index)))


def shown(seen: Seen, watched: Wobble | None = None) -> Part:
    """Panels, charts and words; the class's curve comes when the network has been asked."""
    panels = (*_near_panels(seen), _picture_panel(seen), _pooled_panel(seen), _change_panel(seen))
    values = _values(seen)
    badges = ("gradient by hand equals autograd",) if seen.followed.error < 1e-6 else ()
    part = Part(
        panels, (_bars(seen), _change_chart(seen)), (_reading(seen),), values, badges, headline=_headline(seen, values),
        heroes=(panels[0].slug, panels[1].slug), play=_play(seen),
    )  # fmt: skip
    return part if watched is None else part + _watched(watched)


def _watched(watched: Wobble) -> Part:
    """What becomes of the class where the picture is moved before the network."""
    scores, reach = watched.scores, len(watched.scores) // 2
    sentence = (
        f"Moved by −{reach} to {reach} px before the network, the score of “{watched.name}” runs from "
        f"{scores.min():.2f} to {scores.max():.2f}. Another class wins at {watched.others} of {len(scores)} places."
    )
    values = numbers(
        score=scores[reach], score_min=scores.min(), score_max=scores.max(), score_step=np.abs(np.diff(scores)).mean(),
        other_class_places=watched.others,
    )  # fmt: skip
    return Part((), (_score_chart(watched),), (sentence,), values)


def _play(seen: Seen) -> Play:
    """How far the picture has moved across; the curve is what that changes."""
    last, x = float(seen.curve[-1, 0]), float(seen.moved[0])
    return Play("shift_x", 0.0, last, x, seen.curve[:, 1], f"{x:g} of {last:g} px", note="curve: what is new")


def _headline(seen: Seen, values: dict[str, float]) -> str:
    if "change_aligned" not in values:
        return "What is left of each map is flat or one number: nothing could move along."
    moved = "one pixel" if values["moved_px"] == 1 else f"{values['moved_px']:.3g} px"
    changed = values["change_aligned"]
    if changed < 0.5:
        return f"Moved by {moved}, the pooled map moves along: nothing in it is new."
    why = "other pixels win" if seen.kind in ("max", "max-blur") else "windows hold other pixels"
    return f"Moved by {moved}, {why}: {changed:.0f} % of the map's spread is new."


# Pictures -----------------------------------------------------------------------------------------------


def _picture_panel(seen: Seen) -> Panel:
    side = len(seen.picture)
    _, box = _near(seen)
    x, y = seen.moved
    layers = (Image("picture", grey_picture(seen.picture)), Boxes("seen from near", np.array([box], np.float64)))
    return Panel("Picture", (side, side), layers, f"{side} × {side}, by {x:g}, {y:g} px", frame=False)


def _pooled_panel(seen: Seen) -> Panel:
    after = seen.now.after
    rows, columns = after.shape
    picture = Image("pooled", grey_picture(after), smooth=False)
    return Panel("Pooled map", (columns, rows), (picture,), f"{seen.label.lower()}, {columns} × {rows}", frame=False)


def _change_panel(seen: Seen) -> Panel:
    difference = seen.now.difference
    limit = float(np.abs(difference).max())
    limit = limit if limit > 1e-6 else 1.0
    heat = Heat("difference", difference, -limit, limit, colours="diverging", over=False, smooth=False)
    size = (difference.shape[1], difference.shape[0])
    return Panel("Not moved along", size, (heat,), "after − before", frame=False)


def _near(seen: Seen) -> tuple[tuple[int, int, int], tuple[int, int, int, int]]:
    """First row and column of the cells seen from near, and how many each way; left, top, right, bottom in pixels."""
    rows, columns = seen.now.after.shape
    count, step = min(NEAR, rows, columns), seen.pooling.step(len(seen.picture))
    top, left = (
        min(max(at - count // 2, 0), most - count) for at, most in zip(seen.cell, (rows, columns), strict=True)
    )
    x0, y0, x1, y1 = (round(place * step) for place in (left, top, left + count, top + count))
    return (top, left, count), (x0, y0, x1, y1)


def _near_panels(seen: Seen) -> tuple[Panel, Panel]:
    """Pixels under their windows, those that count in colour; and beside them what each window becomes."""
    (first, across, count), (left, top, right, bottom) = _near(seen)
    crop = slice(top, bottom), slice(left, right)
    wide, high = right - left, bottom - top
    x = np.linspace(0, wide, count + 1)
    grid = [np.array([[at, 0.0], [at, high]]) for at in x] + [np.array([[0.0, at], [wide, at]]) for at in x]
    low, span = float(seen.picture[crop].min()), float(np.ptp(seen.picture[crop])) or 1.0
    counting, which = _counting(seen.counts[crop])
    shift = np.array([left, top, left, top], np.float64)
    marked = np.clip(np.array([seen.followed.box]) - shift, 0, [wide, high, wide, high])
    layers = (
        Image("pixels", grey_picture((seen.picture[crop] - low) / span), smooth=False),
        Lines("windows", tuple(grid), (-2,) * len(grid)), *counting, Boxes("window", marked),
    )  # fmt: skip
    pixels = Panel("Windows", (wide, high), layers, f"{wide} × {high} px; {which}", frame=False)
    near = seen.now.after[first : first + count, across : across + count]
    row, column = seen.cell[0] - first, seen.cell[1] - across
    cell = Boxes("cell", np.array([[column, row, column + 1, row + 1]], np.float64))
    pooled = (Image("cells", grey_picture((near - low) / span), smooth=False), cell)
    note = f"{seen.label.lower()}: {count} × {count} cells, contrast raised"
    return pixels, Panel("Pooled", (count, count), pooled, note, frame=False)


def _counting(counts: NDArray[np.float32]) -> tuple[tuple[Boxes | Heat, ...], str]:
    """Frames around the few pixels that are all that counts; where many share, how much each does; and in words."""
    rows, columns = np.nonzero(counts >= 1 - 1e-6)
    if np.isclose(counts[rows, columns].sum(), counts.sum()):
        xy = np.stack([columns, rows], 1) + 0.08
        return (Boxes("winners", np.concatenate([xy, xy + 0.84], 1), colours=(1,) * len(rows)),), "framed: what is kept"
    if np.ptp(counts) < 1e-6:
        return (), "all pixels count alike"
    return (Heat("counts", counts, 0.0, float(counts.max()), smooth=False),), "brighter: what counts more"


def grey_picture(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """``(h, w)`` in 0…1 as grey ``(h, w, 3)``."""
    grey = np.rint(255 * np.clip(values, 0.0, 1.0)).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))


# Charts -------------------------------------------------------------------------------------------------


def _bars(seen: Seen) -> Bars:
    numbers = tuple(100 * value for _, value in seen.others)
    kinds = [kind for kind, _ in seen.others]
    return Bars(
        "Change, aligned", tuple(SHORT[kind] for kind in kinds), numbers, hi=max(*numbers, 1.0), format=".1f",
        chosen=kinds.index(seen.kind) if seen.kind in kinds else -1, note="% of the map's spread",
        sets=tuple({"pooling": kind} for kind in kinds),
    )  # fmt: skip


def _change_chart(seen: Seen) -> Curve:
    x, y = seen.curve.T
    top = max(1.1 * 100 * float(y.max()), 1.0)
    here = Series("here", np.full(2, seen.moved[0]), np.array([0.0, top]), "dotted", -2)
    lines = (Series(seen.kind, x, 100 * y), here)
    return Curve("Change by shift", lines, "moved right, px", "%", (0.0, top), (0.0, float(x[-1])))


def _score_chart(watched: Wobble) -> Curve:
    line = Series("score", watched.shifts, watched.scores)
    still = np.full(2, watched.scores[len(watched.scores) // 2])
    level = Series("in place", np.array([watched.shifts[0], watched.shifts[-1]]), still, "dashed", -2)
    top = float(min(1.0, 1.15 * watched.scores.max()))
    return Curve(
        "Score by shift", (line, level), "moved right, px", "score", (0.0, top),
        (float(watched.shifts[0]), float(watched.shifts[-1])), f"“{watched.name}”",
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def _values(seen: Seen) -> dict[str, float]:
    rows, columns = seen.now.after.shape
    followed, now = seen.followed, seen.now
    aligned, raw = (None if share is None or now.raw is None else 100 * share for share in (now.relative, now.raw))
    return numbers(
        out_width=columns, out_height=rows, in_width=len(seen.picture), moved_px=np.hypot(*seen.moved),
        cell_value=now.after[seen.cell], cell_value_before=now.before[seen.cell], receivers=followed.receivers,
        largest_share=followed.rule.max(), source_x=followed.source[1], source_y=followed.source[0],
        route_error=followed.error, step_px=seen.pooling.step(len(seen.picture)),
        **{"change_" + kind.replace("-", "_"): 100 * number for kind, number in seen.others},
        change_aligned=aligned, change_raw=raw if aligned is not None else None,
    )  # fmt: skip


def _reading(seen: Seen) -> str:
    rows, columns = seen.now.after.shape
    x, y = seen.moved
    text = f"{seen.label} makes {columns} × {rows} of {len(seen.picture)} × {len(seen.picture)}"
    if seen.now.relative is None or seen.now.raw is None:
        gap = abs(float(seen.now.after[seen.cell]) - float(seen.now.before[seen.cell]))
        text += f"; the move by ({x:g}, {y:g}) px changes its value by {gap:.2g}."
    else:
        text += (
            f". After a move by ({x:g}, {y:g}) px, **{100 * seen.now.relative:.1f} %** of the map's spread did not "
            f"move along (unaligned: {100 * seen.now.raw:.1f} %)."
        )
    row, column = seen.followed.source
    if seen.followed.receivers == 1:
        return f"{text} The marked cell's gradient goes to one pixel, ({column}, {row})."
    return (
        f"{text} The marked cell's gradient is spread over {words.thousands(seen.followed.receivers)} pixels, "
        f"at most {seen.followed.rule.max():.2g} each."
    )
