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
LIT = 99.5  # percentile of what is new that is drawn brightest
NOTHING = 0.5  # % of the spread: less is rounding
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
    """Scores of the class that the picture in place gets, for each shift across; the `best` class now, its `score`."""

    name: str
    shifts: NDArray[np.float64]
    scores: NDArray[np.float64]
    others: int
    best: str
    now: float
    score: float


def wobble(probabilities: NDArray[np.float64], here: NDArray[np.float64], card: ModelCard) -> Wobble:
    """Follow the class of the picture in place over all shifts ``(2n + 1, K)``, and where it is now ``(K,)``."""
    reach = len(probabilities) // 2
    best, now = probabilities.argmax(axis=1), int(here.argmax())
    index = int(best[reach])
    shifts, others = np.arange(-reach, reach + 1, dtype=np.float64), int(np.count_nonzero(best != index))
    said = (card.label(now), float(here[index]), float(here[now]))
    return Wobble(card.label(index), shifts, probabilities[:, index], others, *said)


def shown(seen: Seen, watched: Wobble | None = None) -> Part:
    """Panels, charts and words; what the network says comes when it has been asked."""
    heroes = _before_and_after(seen, watched)
    panels = (*heroes, _near_panel(seen), _picture_panel(seen))
    values = _values(seen)
    badges = ("gradient by hand equals autograd",) if seen.followed.error < 1e-6 else ()
    part = Part(
        panels, (_bars(seen),), (_reading(seen),), values, badges, headline=_headline(values, watched),
        heroes=(heroes[0].slug, heroes[1].slug), play=_play(seen),
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
        score=scores[reach], score_moved=watched.now, score_min=scores.min(), score_max=scores.max(),
        score_step=np.abs(np.diff(scores)).mean(), other_class_places=watched.others,
    )  # fmt: skip
    return Part((), (_score_chart(watched),), (sentence,), values)


def _play(seen: Seen) -> Play:
    """How far the picture has moved across; the curve is what that changes."""
    last, x = float(seen.curve[-1, 0]), float(seen.moved[0])
    return Play("shift_x", 0.0, last, x, seen.curve[:, 1], f"{x:g} of {last:g} px", note="curve: what is new")


def _headline(values: dict[str, float], watched: Wobble | None) -> str:
    if "change_aligned" not in values:
        return "What is left of each map is flat or one number: nothing could move along."
    moved = "one pixel" if values["moved_px"] == 1 else f"{values['moved_px']:.3g} px"
    changed = values["change_aligned"]
    if changed < NOTHING:
        return f"Moved by {moved}, the pooled map moves along: nothing in it is new."
    if watched is None:
        return f"Moved by {moved}, the pooled map is new where it glows: {changed:.0f} % of its spread."
    if watched.best != watched.name:
        return f"Moved by {moved}, the map is new where it glows, and “{watched.name}” becomes “{watched.best}”."
    before, after = words.score(watched.scores[len(watched.scores) // 2]), words.score(watched.now)
    said = f"stays at {after}" if before == after else f"goes from {before} to {after}"
    return f"Moved by {moved}, the map is new where it glows; “{watched.name}” {said}."


# Pictures -----------------------------------------------------------------------------------------------


def _picture_panel(seen: Seen) -> Panel:
    side = len(seen.picture)
    _, box = _near(seen)
    x, y = seen.moved
    layers = (Image("picture", grey_picture(seen.picture)), Boxes("seen from near", np.array([box], np.float64)))
    return Panel("Picture", (side, side), layers, f"{side} × {side}, by {x:g}, {y:g} px", frame=False)


def _before_and_after(seen: Seen, watched: Wobble | None) -> tuple[Panel, Panel]:
    """The pooled map of the picture in place, and of the moved one with what is new in it lit."""
    new, size = np.abs(seen.now.difference), (seen.now.after.shape[1], seen.now.after.shape[0])
    lit = Heat("new", new, 0.0, float(np.percentile(new, LIT)) or 1.0, unit="new", smooth=False)
    before, after = (Image("pooled", grey_picture(one), smooth=False) for one in (seen.now.before, seen.now.after))
    layers = (after, lit) if (seen.now.relative or 0.0) > NOTHING / 100 else (after,)
    said = ("", "") if watched is None else (
        f"“{watched.name}” {words.score(watched.scores[len(watched.scores) // 2])}",
        f"“{watched.best}” {words.score(watched.score)}"
    )  # fmt: skip
    first = Panel("Pooled before the move", size, (before,), said[0], frame=False)
    return first, Panel("Pooled after the move", size, layers, said[1], frame=False)


def _near(seen: Seen) -> tuple[int, tuple[int, int, int, int]]:
    """How many cells each way are seen from near; left, top, right, bottom in pixels."""
    rows, columns = seen.now.after.shape
    count, step = min(NEAR, rows, columns), seen.pooling.step(len(seen.picture))
    top, left = (
        min(max(at - count // 2, 0), most - count) for at, most in zip(seen.cell, (rows, columns), strict=True)
    )
    x0, y0, x1, y1 = (round(place * step) for place in (left, top, left + count, top + count))
    return count, (x0, y0, x1, y1)


def _near_panel(seen: Seen) -> Panel:
    """Pixels under their windows, those that count in colour, contrast raised."""
    count, (left, top, right, bottom) = _near(seen)
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
    return Panel("Windows", (wide, high), layers, f"{which}; {wide} × {high} px", frame=False)


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
