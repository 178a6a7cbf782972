"""MOSSE: one filter learns a target from its first picture and finds it again in every next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import Doc, OnPicture, Range, Resets
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.tracking import _correlation_view as view

if TYPE_CHECKING:
    from explainer.vision.tracking.mosse import Sighting, Track

MIDDLE = BoxXYXY(0.38, 0.35, 0.62, 0.65)
TRAIL = 240  # pictures whose places and ratios are kept


@dataclass(frozen=True, slots=True)
class Params:
    """Target and filter."""

    box: Annotated[BoxXYXY, OnPicture("input"), Resets(), Doc("Target", "Draw it round what to follow.")] = MIDDLE
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
    """What one picture leaves to the next.

    Parameters
    ----------
    count
        Pictures since the start, this one included.
    psrs, trail
        Ratio and place, x and y in frame pixels, of the newest `TRAIL` of them.
    came_from
        Place before this picture.
    """

    frame_size: tuple[int, int]
    track: Track
    count: int
    psrs: tuple[float, ...]
    trail: tuple[tuple[float, float], ...]
    came_from: tuple[float, float]


class CorrelationTracker(Demo[Params]):
    """Follows one drawn box by correlation in the Fourier domain."""

    info = DemoInfo(
        id="correlation-tracker",
        title="Correlation tracker",
        topics=(6, 22),
        summary="Draw a box; a filter learned from it finds the target again in each next picture.",
        papers=("bolme2010",),
        temporal=True,
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Find the target in this picture and learn from it."""
        from explainer.vision.tracking import mosse

        settings = mosse.Settings(
            params.learning_rate, params.psr_threshold, params.padding, params.sigma, params.look_around
        )
        memory = _before(ctx.state, frame)
        box = box_px(params.box, frame)
        with ctx.stage("explain"):
            try:
                track = memory.track if memory else mosse.begin(frame.pixels, view.corners(*box), settings, ctx.rng)
            except ExplainerError as error:
                return view.flat_result(frame, box, error)
            track, seen = mosse.step(frame.pixels, track, settings)
        now = _remember(memory, frame, track, seen)
        return Result(
            reading=view.reading(frame, settings, seen, now),
            values=view.values(settings, seen, now),
            panels=(
                view.input_panel(frame, settings, seen, now),
                view.window_panel(seen),
                view.filter_panel(mosse.spatial_filter(track)),
                view.response_panel(seen),
            ),
            charts=(view.psr_chart(settings, now),),
            state=now,
        )


# State --------------------------------------------------------------------------------------------------


def _before(state: Any, frame: Frame) -> Memory | None:
    """Return the memory to go on from; a picture of another size starts anew."""
    memory: Memory | None = state
    if memory is None or memory.frame_size != (frame.width, frame.height):
        return None
    return memory


def _remember(memory: Memory | None, frame: Frame, track: Track, seen: Sighting) -> Memory:
    return Memory(
        frame_size=(frame.width, frame.height),
        track=track,
        count=memory.count + 1 if memory else 1,
        psrs=(*(memory.psrs if memory else ()), seen.psr)[-TRAIL:],
        trail=(*(memory.trail if memory else ()), track.centre)[-TRAIL:],
        came_from=memory.track.centre if memory else seen.window_centre,
    )


def box_px(box: BoxXYXY, frame: Frame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Centre and size in frame pixels of a box in fractions; what lies outside the frame is cut off."""
    x = np.sort(np.clip([box.x0, box.x1], 0.0, 1.0)) * frame.width
    y = np.sort(np.clip([box.y0, box.y1], 0.0, 1.0)) * frame.height
    return (float(x.mean()), float(y.mean())), (float(x[1] - x[0]), float(y[1] - y[0]))
