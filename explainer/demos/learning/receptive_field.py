"""What one unit of a layer can see of the picture, and what it really listens to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import LAST, Doc, LayerName, OnPicture, Options, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import CENTRE, PointXY, apply, invert
from explainer.core.memo import prepared
from explainer.core.result import Result
from explainer.demos.learning import _receptive_view as view

if TYPE_CHECKING:
    from explainer.vision.convolution.receptive import Field


@dataclass(frozen=True, slots=True)
class Params:
    """Which unit, and on which copies of the picture."""

    layer: Annotated[LayerName, Doc("Layer", "Each layer sees wider than the one before.")] = LAST
    spot: Annotated[PointXY, OnPicture("input"), Doc("Unit", "Drag the ring: the unit whose cell lies there.")] = CENTRE
    unit: Annotated[
        Literal["strongest", "all"],
        Doc("Map", "The unit of one feature map, or those of all maps added up."),
        Options(strongest="The one that answers most", all="All maps added up"),
    ] = "strongest"
    weights: Annotated[
        Literal["learnt", "random"],
        Doc("Weights", "With random weights only the architecture is left."),
        Options(learnt="As learnt", random="Random"),
    ] = "learnt"
    copies: Annotated[
        int,
        Doc("Averaged", "Over so many pictures: what stays belongs to the architecture and not to one of them."),
        Range(1, 16),
    ] = 1
    over: Annotated[
        Literal["noise", "frames"],
        Doc("Average over", "A camera or video brings new pictures; of a photo there are only noisy copies."),
        Options(noise="Noisy copies of this picture", frames="The last frames"),
        When("copies", tuple(range(2, 17))),
    ] = "noise"
    noise: Annotated[
        float,
        Doc("Noise", "Standard deviation, as a share of the picture's range."),
        Range(0.02, 0.5, 0.02),
        When("over", ("noise",)),
    ] = 0.2


class ReceptiveField(Demo[Params]):
    """Theoretical field by arithmetic, effective field by a gradient."""

    info = DemoInfo(
        id="receptive-field",
        title="Receptive field",
        topics=(1,),
        summary="What one unit can see of the picture, and what it really listens to.",
        papers=("luo2016", "araujo2019"),
        cost=Cost(forwards=1, backwards=1),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Outline both fields of one unit."""
        layer = ctx.card.layer(params.layer)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                fields = _fields(net, ready, ctx)
                network = net.network() if params.weights == "learnt" else _random(net, ctx)
            side = int(ready.tensor.shape[2])
            cell = _cell(params.spot, frame, ready, layer.shape, side)
            about = view.Unit(
                frame, ctx.card, ready.to_frame, ready.focus, layer, fields, cell, side, params.weights == "random"
            )
            with ctx.stage("explain"):
                if params.over == "frames" and params.copies > 1:
                    return _over_frames(about, network, ready, params, ctx)
                return _over_copies(about, network, ready, params, ctx)


def _over_copies(about: view.Unit, network: Any, ready: Any, params: Params, ctx: Context) -> Result:
    from explainer.vision.convolution.effective import effective_field

    for done, seen in effective_field(
        network, ready.tensor, about.layer.name, about.cell, params.unit,
        copies=params.copies, noise=params.noise, seed=ctx.seed, checkpoint=ctx.checkpoint,
    ):  # fmt: skip
        result = view.result(about, seen, view.Averaged(done, "copies", params.copies))
        if done < params.copies:
            ctx.publish(result)
            ctx.progress(done / params.copies, f"{done} of {params.copies} copies")
    return result


def _over_frames(about: view.Unit, network: Any, ready: Any, params: Params, ctx: Context) -> Result:
    """One backward pass for this frame; those of the frames before are remembered."""
    from explainer.vision.convolution.effective import LastFrames, effective_field

    key = ("frames", about.layer.name, about.cell, params.unit, params.weights)
    last = ctx.memo(key, LastFrames, keep=True)
    frame = about.frame
    ((_, seen),) = effective_field(
        network, ready.tensor, about.layer.name, about.cell, params.unit,
        channel=last.channel(frame.source_id, frame.index), checkpoint=ctx.checkpoint,
    )  # fmt: skip
    done, mean = last.mean(frame.source_id, frame.index, seen, params.copies)
    return view.result(about, mean, view.Averaged(done, "frames", params.copies))


def _cell(spot: PointXY, frame: Frame, ready: Any, shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Row and column of the unit over which the ring lies; beyond the network's square the nearest one."""
    from explainer.vision.convolution.arithmetic import TIE

    x, y = apply(invert(ready.to_frame), np.array([[spot.x * frame.width, spot.y * frame.height]]))[0]
    rows, columns = shape[1], shape[2]
    return (
        int(np.clip(y / side * rows + TIE, 0, rows - 1)),
        int(np.clip(x / side * columns + TIE, 0, columns - 1)),
    )


def _fields(net: Any, ready: Any, ctx: Context) -> dict[str, Field]:
    """Theoretical fields of all layers of the card, found once in a session."""
    from explainer.vision.convolution.receptive import receptive_fields

    layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
    return ctx.memo(("fields",), lambda: receptive_fields(net.network(), ready.tensor, layers), keep=True)


def _random(net: Any, ctx: Context) -> Any:
    """Return the network with every layer drawn anew; made once in a session."""
    from explainer.vision.attribution.randomise import randomised, units
    from explainer.vision.convolution.effective import calibrated

    def make() -> Any:
        stock = net.network(stock=True)
        size = ctx.card.input_px
        return calibrated(randomised(stock, len(units(stock)), ctx.seed), size, ctx.seed)

    return ctx.memo(("random",), make, keep=True)
