"""What the correlation tracker shows and says, from the numbers of one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Curve, Series
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Heat, Image, Layer, Lines, Panel, Points
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.words import place

if TYPE_CHECKING:
    from explainer.demos.tracking.correlation_tracker import Memory
    from explainer.vision.tracking.mosse import Settings, Sighting

SMALL_PX = 8.0  # sides below this hold too few pixels to say what is being followed
TARGET, WINDOW, LOST = 0, 1, 3  # class colours


def corners(centre: tuple[float, float], size: tuple[float, float]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box given by centre and size."""
    (x, y), (w, h) = centre, size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


# Pictures -----------------------------------------------------------------------------------------------


def input_panel(frame: Frame, settings: Settings, seen: Sighting, now: Memory) -> Panel:
    """The picture with target, search window and the way so far."""
    from explainer.vision.tracking.mosse import ring

    track, shape = now.track, now.track.geometry
    places = [seen.window_centre, *(ring(track) if settings.look_around else ())]
    windows = np.array([corners(place, shape.window_px) for place in places])
    target = np.array([corners(track.centre, shape.box_px)])
    label = "lost" if track.lost else f"PSR {seen.psr:.1f}"
    layers: tuple[Layer, ...] = (
        Image("picture", frame.pixels),
        Boxes("search window", windows, colours=(WINDOW,) * len(windows), dashed=True),
        Lines("trail", (np.array(now.trail),), colours=(TARGET,)),
        Boxes("target", target, (label,), (LOST if track.lost else TARGET,), dashed=track.lost),
    )
    return Panel("Input", (frame.width, frame.height), layers)


def window_panel(seen: Sighting) -> Panel:
    """The window as the filter sees it."""
    height, width = seen.patch.shape
    note = f"log, mean 0, energy 1, cosine window; {width} × {height} cells"
    picture = Image("window", _grey(seen.patch), smooth=False)
    return Panel("Search window", (width, height), (picture,), note, frame=False)


def _grey(patch: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Signed values as grey, 0 at mid-grey."""
    top = float(np.abs(patch).max()) or 1.0
    return np.repeat(np.rint(127.5 + 127.5 * patch / top).astype(np.uint8)[..., None], 3, axis=2)


def filter_panel(kernel: NDArray[np.float32]) -> Panel:
    """The filter as a picture; correlated with the window it gives the response."""
    height, width = kernel.shape
    top = float(np.abs(kernel).max()) or 1.0
    heat = Heat("filter", kernel, -top, top, colours="diverging", over=False, smooth=False)
    return Panel("Filter", (width, height), (heat,), "after this picture, origin in the middle", frame=False)


def response_panel(seen: Sighting) -> Panel:
    """The response, with the way from the middle to its peak."""
    height, width = seen.response.shape
    lo, hi = min(0.0, float(seen.response.min())), max(1.0, float(seen.response.max()))
    peak = np.array([[seen.peak[0] + 0.5, seen.peak[1] + 0.5]])
    start = np.array([[width // 2 + 0.5, height // 2 + 0.5]])
    layers = (
        Heat("response", seen.response, lo, hi, over=False, smooth=False),
        Lines("shift", (np.vstack([start, peak]),), colours=(WINDOW,)),
        Points("peak", peak, (f"{seen.response.max():.2f}",), (TARGET,)),
    )
    return Panel("Response", (width, height), layers, "1 = the peak the filter was trained for", frame=False)


def psr_chart(settings: Settings, now: Memory) -> Curve:
    """Peak to sidelobe ratio of the pictures so far, and where lost begins."""
    last = now.count
    x = np.arange(last - len(now.psrs) + 1, last + 1, dtype=np.float64)
    span = (float(x[0]), float(max(last, x[0] + 29)))
    line = Series("lost below", np.array(span), np.full(2, settings.psr_threshold), style="dashed", colour=-2)
    y = np.array(now.psrs)
    top = 1.1 * max(float(y.max()), settings.psr_threshold, 10.0)
    return Curve(
        "Peak to sidelobe ratio", (Series("PSR", x, y), line), "picture", "PSR",
        (min(0.0, float(y.min())), top), span,
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def values(settings: Settings, seen: Sighting, now: Memory) -> dict[str, float]:
    """The numbers of this picture."""
    from explainer.vision.tracking.mosse import sidelobe

    mean, spread = sidelobe(seen.response)
    return {
        "psr": seen.psr,
        "psr_threshold": settings.psr_threshold,
        "response_peak": float(seen.response.max()),
        "sidelobe_mean": mean,
        "sidelobe_std": spread,
        "x_px": now.track.centre[0],
        "y_px": now.track.centre[1],
        "shift_px": _moved_px(now),
        "lost": float(now.track.lost),
        "pictures": float(now.count),
        "window_px": now.track.geometry.window_px[0],
        "grid_columns": float(seen.patch.shape[1]),
        "grid_rows": float(seen.patch.shape[0]),
        "learning_percent": 100 * settings.learning_rate,
    }


def _moved_px(now: Memory) -> float:
    """Distance from where the target was, in frame pixels; 0 while it is lost."""
    (x0, y0), (x1, y1) = now.came_from, now.track.centre
    return float(np.hypot(x1 - x0, y1 - y0))


def reading(frame: Frame, settings: Settings, seen: Sighting, now: Memory) -> str:
    """What this picture shows, in words."""
    (x, y), (width, height) = now.track.centre, now.track.geometry.box_px
    where = f"{place(x / frame.width, y / frame.height)}, at ({x:.0f}, {y:.0f})"
    if now.track.lost:
        why = "the window is flat" if seen.flat else f"PSR {seen.psr:.1f} is under {settings.psr_threshold:g}"
        text = f"**Lost**: {why}. Nothing is learned, and the search goes on {where}."
    else:
        start = "the middle of its box" if now.count == 1 else "where it was"
        text = (
            f"The target is **{where}**, {_moved_px(now):.1f} px from {start}. "
            f"PSR {seen.psr:.1f}: the peak stands that many standard deviations above the rest of the response"
            f"; lost would be under {settings.psr_threshold:g}."
        )
    if now.count == 1:
        text = "First picture: the filter learned the window and 8 slightly warped copies of it. " + text
    return text + _remark(width, height)


def _remark(width: float, height: float) -> str:
    if min(width, height) >= SMALL_PX:
        return ""
    return f" The box is only {width:.0f} × {height:.0f} px: what surrounds it is followed as well."


def flat_result(frame: Frame, box: tuple[tuple[float, float], tuple[float, float]], error: ExplainerError) -> Result:
    """Without texture there is no filter; the next picture tries again."""
    drawn = Boxes("target", np.array([corners(*box)]), ("flat",), (LOST,), dashed=True)
    panel = Panel("Input", (frame.width, frame.height), (Image("picture", frame.pixels), drawn))
    values = {"lost": 1.0, "x_px": box[0][0], "y_px": box[0][1]}
    return Result(error.problem.sentence + _remark(*box[1]), values, (panel,))
