"""What the pooling demo shows and says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.layers import Boxes, Heat, Image, Panel, Points
from explainer.core.model_card import ModelCard
from explainer.core.plays import Play
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.convolution.pooling import Change, Pooling, Route

SHORT = {
    "max": "maximum", "average": "average", "stride": "every n-th", "blur-3": "BlurPool 3",
    "blur-5": "BlurPool 5", "max-blur": "max + blur",
}  # fmt: skip
MARGIN_PX = 3  # around the window in its close-up


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One pooling of one moved picture.

    Parameters
    ----------
    moved
        Right and down, in pixels of the network's input.
    picture
        ``(S, S)`` grey, 0…1, after the move.
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


def result(seen: Seen, watched: Wobble | None = None) -> Result:
    """Panels, charts and words; the class's curve comes when the network has been asked."""
    panels = (_picture_panel(seen), _pooled_panel(seen), _change_panel(seen), _window_panel(seen))
    charts: tuple[Chart, ...] = (_bars(seen), _change_chart(seen))
    values, reading = _values(seen), _reading(seen)
    if watched is not None:
        charts += (_score_chart(watched),)
        values |= {
            "score": float(watched.scores[len(watched.scores) // 2]),
            "score_min": float(watched.scores.min()),
            "score_max": float(watched.scores.max()),
            "score_step": float(np.abs(np.diff(watched.scores)).mean()),
            "other_class_places": float(watched.others),
        }
        reading += (
            f" Moved by −8 to 8 px before the network, the score of “{watched.name}” runs from "
            f"{watched.scores.min():.2f} to {watched.scores.max():.2f}; another class wins at "
            f"{watched.others} of {len(watched.scores)} places."
        )
    badge = "gradient by hand equals autograd" if seen.followed.error < 1e-6 else ""
    return Result(
        reading, values, panels, charts, badges=(badge,) if badge else (), headline=_headline(values),
        heroes=(panels[1].slug, panels[2].slug), play=_play(seen),
    )  # fmt: skip


def _play(seen: Seen) -> Play:
    """How far the picture has moved across; the curve is what that changes."""
    last, x = float(seen.curve[-1, 0]), float(seen.moved[0])
    return Play("shift_x", 0.0, last, x, seen.curve[:, 1], f"{x:g} of {last:g} px", note="curve: what is new")


def _headline(values: dict[str, float]) -> str:
    if "change_aligned" not in values:
        return "What is left of each map is flat or one number: nothing could move along."
    moved = "one pixel" if values["moved_px"] == 1 else f"{values['moved_px']:.3g} px"
    changed = values["change_aligned"]
    if changed < 0.5:
        return f"Moved by {moved}, the pooled map moves along: nothing in it is new."
    return f"Moved by {moved}, the pooled map does not just move along: {changed:.0f} % of its spread is new."


# Pictures -----------------------------------------------------------------------------------------------


def _picture_panel(seen: Seen) -> Panel:
    side = len(seen.picture)
    box = Boxes("window", np.array([seen.followed.box], np.float64))
    x, y = seen.moved
    note = f"{side} × {side}, by {x:g}, {y:g} px"
    return Panel("Moved picture", (side, side), (Image("picture", _grey(seen.picture)), box), note, frame=False)


def _pooled_panel(seen: Seen) -> Panel:
    after = seen.now.after
    rows, columns = after.shape
    picture = Image("pooled", _grey(after), smooth=False)
    return Panel("Pooled map", (columns, rows), (picture,), f"{seen.label.lower()}, {columns} × {rows}", frame=False)


def _change_panel(seen: Seen) -> Panel:
    difference = seen.now.difference
    limit = float(np.abs(difference).max())
    limit = limit if limit > 1e-6 else 1.0
    heat = Heat("difference", difference, -limit, limit, colours="diverging", over=False, smooth=False)
    size = (difference.shape[1], difference.shape[0])
    return Panel("Not moved along", size, (heat,), "after − before", frame=False)


def _window_panel(seen: Seen) -> Panel:
    """The window from near, and how the gradient of the cell is shared out among its pixels."""
    x0, y0, x1, y1 = seen.followed.box
    side = len(seen.picture)
    left, top = max(x0 - MARGIN_PX, 0), max(y0 - MARGIN_PX, 0)
    right, bottom = min(x1 + MARGIN_PX, side), min(y1 + MARGIN_PX, side)
    picture = _grey(seen.picture[top:bottom, left:right])
    shares = seen.followed.rule[top:bottom, left:right]
    row, column = seen.followed.source
    mark = np.array([[column + 0.5 - left, row + 0.5 - top]])
    text = f"{seen.followed.rule.max():.2g}"
    layers = (
        Image("pixels", picture, smooth=False),
        Heat("gradient", shares, 0.0, float(shares.max()), smooth=False),
        Boxes("window", np.array([[x0 - left, y0 - top, x1 - left, y1 - top]], np.float64)),
        Points("largest share", mark, (text,)),
    )
    note = f"to {words.thousands(seen.followed.receivers)} px"
    return Panel("Gradient route", (right - left, bottom - top), layers, note, frame=False)


def _grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
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
    values = {
        "out_width": float(columns),
        "out_height": float(rows),
        "in_width": float(len(seen.picture)),
        "moved_px": float(np.hypot(*seen.moved)),
        "cell_value": float(seen.now.after[seen.cell]),
        "cell_value_before": float(seen.now.before[seen.cell]),
        "receivers": float(seen.followed.receivers),
        "largest_share": float(seen.followed.rule.max()),
        "source_x": float(seen.followed.source[1]),
        "source_y": float(seen.followed.source[0]),
        "route_error": seen.followed.error,
        "step_px": float(seen.pooling.step(len(seen.picture))),
    }
    for kind, number in seen.others:
        values["change_" + kind.replace("-", "_")] = 100 * number
    if seen.now.relative is not None and seen.now.raw is not None:
        values |= {"change_aligned": 100 * seen.now.relative, "change_raw": 100 * seen.now.raw}
    return values


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
