"""MOSSE: one filter learns a target from its first picture and finds it again in every next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Doc, OnPicture, Range, Resets
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, identity
from explainer.core.layers import Boxes, Heat, Image, Layer, Lines, Panel, Points
from explainer.core.numbers import numbers
from explainer.core.picture import box_in_pixels, heat, panel
from explainer.core.problem import ExplainerError
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.tracking.mosse import Settings, Sighting, Track

TRAIL = 240  # pictures whose places and ratios are kept
SMALL_PX = 8.0  # sides below this hold too few pixels to say what is being followed
TARGET, WINDOW, LOST = 0, 1, 3  # class colours


@dataclass(frozen=True, slots=True)
class Params:
    """Target and filter."""

    box: Annotated[BoxXYXY | Auto, OnPicture("input"), Resets(), Doc("Target", "Draw it round the target.")] = AUTO
    learning_rate: Annotated[
        float,
        Range(0.0, 1.0, 0.005),
        Doc("Learning rate", "High follows a changing look; too high and the filter drifts off the target."),
    ] = 0.125
    psr_threshold: Annotated[float, Range(0.0, 40.0, 0.5), Doc("Lost below PSR", "Below it nothing is learned.")] = 7.0
    padding: Annotated[
        float,
        Range(1.0, 3.0, 0.1, unit="×"),
        Resets(),
        Doc("Window size", "Wider reaches faster targets, and learns more of the background."),
    ] = 1.5
    sigma: Annotated[
        float,
        Range(0.5, 6.0, 0.1, unit="cells"),
        Resets(),
        Doc("Width of the wanted peak", "A narrow peak locates better, a broad one forgives more."),
    ] = 2.0
    look_around: Annotated[
        bool, Doc("Look around when lost", "Also searches the eight windows round the last place.")
    ] = False


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What one picture leaves to the next: `count` pictures so far, their ratios and places, the `first` answer."""

    frame_size: tuple[int, int]
    track: Track
    count: int
    psrs: tuple[float, ...]
    trail: tuple[tuple[float, float], ...]
    came_from: tuple[float, float]
    first: Sighting
    was_lost: bool  # in the picture before


class CorrelationTracker(Demo[Params]):
    """Follows one drawn box by correlation in the Fourier domain."""

    info = DemoInfo(
        id="correlation-tracker", title="Correlation tracker", topics=(6, 22), sample="drift",
        summary="Draw a box; a filter learned from it finds the target again in each next picture.",
        papers=("bolme2010",),
        temporal=True,
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Find the target in this picture and learn from it."""
        from explainer.vision import seating
        from explainer.vision.tracking import mosse

        how, seats = seating.seated(params, frame, ctx, box=seating.target)
        settings = mosse.Settings(
            params.learning_rate, params.psr_threshold, params.padding, params.sigma, params.look_around
        )
        memory: Memory | None = ctx.state
        if memory is not None and memory.frame_size != (frame.width, frame.height):
            memory = None  # a picture of another size starts anew
        box = box_in_pixels(frame, how.box)
        with ctx.stage("explain"):
            try:
                track = memory.track if memory else mosse.begin(frame.pixels, tuple(box.tolist()), settings, ctx.rng)
            except ExplainerError as error:
                return replace(_flat(frame, box, error), resolved=seats)
            track, seen = mosse.step(frame.pixels, track, settings)
        now = _remember(memory, frame, track, seen)
        panels = (
            _input(frame, settings, seen, now),
            _window(seen.patch),
            _filter(mosse.spatial_filter(track)),
            _response(seen),
            _landscape(seen, now),
        )
        charts = (_psr_chart(settings.psr_threshold, now),)
        return Result(
            _reading(frame, settings, seen, now), _values(settings, seen, now), panels, charts, state=now,
            headline=_headline(seen, now), heroes=("input", "response-as-a-landscape"), resolved=seats,
        )  # fmt: skip


# State --------------------------------------------------------------------------------------------------


def _remember(memory: Memory | None, frame: Frame, track: Track, seen: Sighting) -> Memory:
    return Memory(
        frame_size=(frame.width, frame.height),
        track=track,
        count=memory.count + 1 if memory else 1,
        psrs=(*(memory.psrs if memory else ()), seen.psr)[-TRAIL:],
        trail=(*(memory.trail if memory else ()), track.centre)[-TRAIL:],
        came_from=memory.track.centre if memory else seen.window_centre,
        first=memory.first if memory else seen,
        was_lost=memory is not None and memory.track.lost,
    )


def _corners(centre: tuple[float, float], size: tuple[float, float]) -> tuple[float, float, float, float]:
    (x, y), (w, h) = centre, size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


# Pictures -----------------------------------------------------------------------------------------------


def _input(frame: Frame, settings: Settings, seen: Sighting, now: Memory) -> Panel:
    """The picture with target, search window and the way so far."""
    from explainer.vision.tracking.mosse import ring

    track, shape = now.track, now.track.geometry
    places = [seen.window_centre, *(ring(track) if settings.look_around else ())]
    windows = np.array([_corners(place, shape.window_px) for place in places])
    target = np.array([_corners(track.centre, shape.box_px)])
    label = "lost" if track.lost else "target"
    return panel(
        frame, "Input",
        Boxes("search window", windows, colours=(WINDOW,) * len(windows), dashed=True),
        Lines("trail", (np.array(now.trail),), colours=(TARGET,)),
        Boxes("target", target, (label,), (LOST if track.lost else TARGET,), dashed=track.lost),
    )  # fmt: skip


def _own(title: str, shape: tuple[int, ...], layers: tuple[Layer, ...], note: str) -> Panel:
    return Panel(title, (shape[1], shape[0]), layers, note, frame=False)


def _window(patch: NDArray[np.float32]) -> Panel:
    """The window as the filter sees it: signed values as grey, 0 at mid-grey."""
    top = float(np.abs(patch).max()) or 1.0
    grey = np.repeat(np.rint(127.5 + 127.5 * patch / top).astype(np.uint8)[..., None], 3, axis=2)
    note = f"log, mean 0, energy 1, cosine window; {words.cells(patch.shape)} cells"
    return _own("Search window", patch.shape, (Image("window", grey, smooth=False),), note)


def _filter(kernel: NDArray[np.float32]) -> Panel:
    """The filter as a picture; correlated with the window it gives the response."""
    drawn = heat(kernel, identity(), name="filter", signed=True, over=False, smooth=False)
    return _own("Filter", kernel.shape, (drawn,), "after this picture, origin in the middle")


def _response(seen: Sighting) -> Panel:
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
    return _own("Response", seen.response.shape, layers, "1 = the peak the filter was trained for")


def _landscape(seen: Sighting, now: Memory) -> Panel:
    """The response as a landscape, over the spread of its rest: how high the peak stands, and stood at first."""
    from explainer.vision.tracking.landscape import landscape, peak_place
    from explainer.vision.tracking.mosse import sidelobe

    mean, spread = sidelobe(seen.response)
    top = max(seen.psr, now.first.psr, 1.0)
    picture = landscape((seen.response - mean) / (spread or 1.0), top)
    row, column = map(int, np.unravel_index(int(seen.response.argmax()), seen.response.shape))
    peaks = [peak_place(seen.response.shape, int(row), int(column), one.psr / top) for one in (seen, now.first)]
    labels, colours = (f"PSR now {seen.psr:.0f}", f"first picture {now.first.psr:.0f}"), (TARGET, WINDOW)
    marks = Points("peak", np.array(peaks[: now.count]), labels[: now.count], colours[: now.count])
    return _own("Response as a landscape", picture.shape, (Image("landscape", picture), marks), "height: PSR")


def _psr_chart(least: float, now: Memory) -> Curve:
    """Peak to sidelobe ratio of the pictures so far, and where lost begins."""
    last = now.count
    x, y = np.arange(last - len(now.psrs) + 1, last + 1, dtype=np.float64), np.array(now.psrs)
    span = (float(x[0]), float(max(last, x[0] + 29)))
    line = Series("lost below", np.array(span), np.full(2, least), style="dashed", colour=-2)
    top = 1.1 * max(float(y.max()), least, 10.0)
    return Curve(
        "Peak to sidelobe ratio", (Series("PSR", x, y), line), "picture", "PSR",
        (min(0.0, float(y.min())), top), span,
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def _values(settings: Settings, seen: Sighting, now: Memory) -> dict[str, float]:
    from explainer.vision.tracking.mosse import sidelobe

    (mean, spread), (x, y), (rows, columns) = sidelobe(seen.response), now.track.centre, seen.patch.shape
    return numbers(
        psr=seen.psr, psr_threshold=settings.psr_threshold, response_peak=seen.response.max(), sidelobe_mean=mean,
        sidelobe_std=spread, x_px=x, y_px=y, shift_px=_moved_px(now), lost=now.track.lost, pictures=now.count,
        window_px=now.track.geometry.window_px[0], grid_columns=columns, grid_rows=rows,
        learning_percent=100 * settings.learning_rate,
    )  # fmt: skip


def _moved_px(now: Memory) -> float:
    """Distance from where the target was, in frame pixels; 0 while it is lost."""
    (x0, y0), (x1, y1) = now.came_from, now.track.centre
    return float(np.hypot(x1 - x0, y1 - y0))


def _headline(seen: Sighting, now: Memory) -> str:
    if now.track.lost:
        return "The target is lost: no peak stands out of the filter's answer."
    if now.count == 1:
        return "The filter knows nothing but this box, and answers with one sharp peak: there is the target."
    how = "Found again: the" if now.was_lost else "The"
    than = ("as high as", "higher than", "lower than")[int(np.sign(round(seen.psr) - round(now.first.psr)))]
    return f"{how} peak is {than} in the first picture: PSR {seen.psr:.0f} against {now.first.psr:.0f}."


def _reading(frame: Frame, settings: Settings, seen: Sighting, now: Memory) -> str:
    x, y = now.track.centre
    where = f"{words.place(x / frame.width, y / frame.height)}, at ({x:.0f}, {y:.0f})"
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
    return text + _remark(*now.track.geometry.box_px)


def _remark(width: float, height: float) -> str:
    if min(width, height) >= SMALL_PX:
        return ""
    return f" The box is only {width:.0f} × {height:.0f} px: what surrounds it is followed as well."


def _flat(frame: Frame, box: NDArray[np.float64], error: ExplainerError) -> Result:
    """Without texture there is no filter; the next picture tries again."""
    (x, y), size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    drawn = Boxes("target", box[None], ("flat",), (LOST,), dashed=True)
    reading = error.problem.sentence + _remark(*size)
    return Result(reading, numbers(lost=1, x_px=x, y_px=y), (panel(frame, "Input", drawn),))
