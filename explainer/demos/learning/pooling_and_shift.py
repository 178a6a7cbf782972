"""Pool a picture, move it by fractions of a pixel, and see what does not move along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.memo import memo_name
from explainer.core.plays import Plays
from explainer.core.result import Result
from explainer.demos.learning import _pooling_view as view

if TYPE_CHECKING:
    from explainer.vision.convolution.shift import Movable

WINDOWED, STRIDED = ("max", "average", "max-blur"), ("max", "average", "stride", "blur-3", "blur-5", "max-blur")
FARTHEST = 8  # px of the network's input
SCORED = 4  # px that it is moved each way before the network
SHIFTS = np.arange(0, FARTHEST + 0.25, 0.5)  # px: points of the curve of changes
BATCH = 3


class Kind(Choice):
    """What a window becomes."""

    MAX = "max", "Maximum"
    AVERAGE = "average", "Average"
    STRIDE = "stride", "Every n-th pixel"
    BLUR_3 = "blur-3", "BlurPool, 3 taps"
    BLUR_5 = "blur-5", "BlurPool, 5 taps"
    MAX_BLUR = "max-blur", "Maximum, then BlurPool"
    ADAPTIVE = "adaptive", "Adaptive average"
    GLOBAL = "global", "Global average"


@dataclass(frozen=True, slots=True)
class Params:
    """How to pool, how far to move, which cell to follow."""

    pooling: Annotated[Kind, Doc("Pooling", "How many pixels become one.")] = Kind.MAX
    window: Annotated[
        int, Doc("Window", "Side of what one cell reads."), Range(2, 8, unit="px"), When("pooling", WINDOWED)
    ] = 2
    stride: Annotated[
        int, Doc("Stride", "Less than the window: windows overlap."), Range(2, 8, unit="px"), When("pooling", STRIDED)
    ] = 2
    cells: Annotated[
        int, Doc("Cells", "Side of the output, whatever the input's."), Range(2, 32),
        When("pooling", (Kind.ADAPTIVE,)),
    ] = 7  # fmt: skip
    shift_x: Annotated[
        float, Doc("Move right", "By whole strides nothing is lost."), Range(0, FARTHEST, 0.25, unit="px"),
        Plays(8.0, "Move the picture below the windows"),
    ] = 1.0  # fmt: skip
    shift_y: Annotated[float, Doc("Move down"), Range(0, FARTHEST, 0.25, unit="px")] = 0.0
    cell: Annotated[
        PointXY | Auto, OnPicture("pooled-after-the-move"), Doc("Cell", "Drag the ring: it is seen from near.")
    ] = AUTO
    scores: Annotated[bool, Doc("Watch the class", "Moves the picture before the network, pixel by pixel.")] = True


class PoolingAndShift(Demo[Params]):
    """What pooling keeps when the picture moves, and where its gradient goes."""

    info = DemoInfo(
        id="pooling-and-shift", title="Pooling and shift", topics=(16,), sample="cat",
        summary="Move the picture by fractions of a pixel and see what does not move along.",
        papers=("zhang2019", "azulay2019"),
        cost=Cost(forwards=2 * SCORED + 1),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Pool before and after a move, and follow one cell's gradient."""
        from explainer.vision.convolution.pooling import Pooling, by_kind, by_shift, change, counted, route
        from explainer.vision.convolution.shift import middle

        pooling = Pooling(params.pooling, params.window, params.stride, params.cells)
        side = ctx.card.input_px
        with ctx.stage("prepare"):
            wide, grey = ctx.memo(("wide", *memo_name(ctx)), lambda: _wide(frame, ctx))
        with ctx.stage("explain"):
            moved = (params.shift_x, params.shift_y)
            now = change(pooling, grey, side, *moved)
            rows, columns = now.after.shape
            place = params.cell if isinstance(params.cell, PointXY) else _seat(grey, side, ctx)
            cell = (min(int(place.y * rows), rows - 1), min(int(place.x * columns), columns - 1))
            picture = middle(grey.moved(*moved), side)
            followed = route(pooling, picture, cell)
            seen = view.Seen(
                params.pooling, params.pooling.label, pooling, moved, np.ascontiguousarray(picture[0, 0].numpy()),
                now, cell, followed, counted(pooling, picture),
                by_kind(STRIDED, pooling, grey, side, moved, ctx.checkpoint),
                ctx.memo(("curve", pooling), lambda: by_shift(pooling, grey, side, SHIFTS, ctx.checkpoint)),
            )  # fmt: skip
        resolved = {} if place is params.cell else {"cell": place}
        if not params.scores:
            return view.shown(seen).result(resolved=resolved)
        kept: dict[object, NDArray[np.float64]] = ctx.memo(("scores", *memo_name(ctx)), dict)
        if not {"all", moved} <= kept.keys():
            ctx.publish(view.shown(seen).result(resolved=resolved, partial=True))
        across = [float(d) for d in range(-SCORED, SCORED + 1)]
        for key, shifts, down in (("all", across, 0.0), (moved, [moved[0]], moved[1])):
            if key not in kept:
                kept[key] = _scores(wide, side, shifts, down, ctx)
        return view.shown(seen, view.wobble(kept["all"], kept[moved][0], ctx.card)).result(resolved=resolved)


def _wide(frame: Frame, ctx: Context) -> tuple[Movable, Movable]:
    from explainer.vision.convolution.moving import with_margin

    return with_margin(frame, ctx.card, ctx.settings.fit, FARTHEST + 1)


def _seat(grey: Movable, side: int, ctx: Context) -> PointXY:
    """Place of the strongest edge of the picture in place: there windows differ within themselves."""
    from explainer.vision.convolution.shift import middle
    from explainer.vision.seating import strongest_edge

    def make() -> PointXY:
        still = middle(grey.moved(0.0, 0.0), side)[0, 0].numpy()
        return strongest_edge(view.grey_picture(still))

    return ctx.memo(("cell", *memo_name(ctx)), make)


def _scores(wide: Movable, side: int, shifts: list[float], down: float, ctx: Context) -> NDArray[np.float64]:
    """Probabilities ``(N, K)`` of the picture moved across by `shifts` and `down`, in px of the network's input."""
    from explainer.vision.convolution.moving import scores_by_shift

    rows: list[NDArray[np.float64]] = []
    with ctx.model() as net, ctx.stage("model"):
        for part in scores_by_shift(net, wide, side, shifts, BATCH, down):
            ctx.checkpoint()
            rows.append(part)
            done = sum(map(len, rows))
            ctx.progress(done / len(shifts), f"{done} of {len(shifts)} places")
    return np.asarray(np.concatenate(rows))
