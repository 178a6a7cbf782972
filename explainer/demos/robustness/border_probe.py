"""Border probe: a picture of one colour goes through padded convolutions, and comes out with a frame."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from explainer.core.context import Context
from explainer.core.controls import LAST, Doc, LayerName, Options
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import memo_name, prepared
from explainer.core.result import Result
from explainer.demos.robustness import _border_view as view

Colour = Literal["mean", "zero", "black", "white"]
COLOURS = Options(
    {
        "mean": "Mean colour of the picture",
        "zero": "The network's zero",
        "black": "Black",
        "white": "White",
    }
)
Other = Literal["reflect", "replicate", "circular"]
OTHERS = Options({"reflect": "Mirrored", "replicate": "Outermost cell repeated", "circular": "The other side"})


@dataclass(frozen=True, slots=True)
class Params:
    """Where to look, and what lies beyond the edge instead of zeros."""

    layer: Annotated[LayerName, Doc("Layer", "The deeper, the further in the border reaches.")] = LAST
    colour: Annotated[Colour, Doc("Constant picture", "One colour everywhere."), COLOURS] = "mean"
    other: Annotated[Other, Doc("Compare zeros with", "What a convolution reads beyond the edge."), OTHERS] = (
        "replicate"
    )


class BorderProbe(Demo[Params]):
    """How far zero padding shows in the maps of a constant picture, and in those of this one."""

    info = DemoInfo(
        id="border-probe",
        title="Border probe",
        topics=(49,),
        summary="A picture of one colour comes out with a frame: padded zeros are not ignored.",
        papers=("islam2020", "kayhan2020"),
        cost=Cost(forwards=4),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Two passes each, with zeros and without, for the constant picture and for this one."""
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
            layer = ctx.card.layer(params.layer).name
            colour = _colour(params.colour, frame, ctx.card)
            flat = _flat(colour, ready, ctx)

            def look(x: Any, padding: Any, key: Any) -> Any:
                from explainer.vision.stress.borders import activations

                ctx.checkpoint()
                full = ("pass", *memo_name(ctx), padding, key)
                with ctx.stage("model"):
                    return ctx.memo(full, lambda: activations(net.network(stock=True), x, layers, padding))

            found = view.Found(
                frame, ctx, ready, layer, params.other, colour,
                look(flat, "zeros", colour), look(flat, params.other, colour),
                look(ready.tensor, "zeros", "picture"), look(ready.tensor, params.other, "picture"),
            )  # fmt: skip
        return found.result()


def _colour(name: Colour, frame: Frame, card: Any) -> tuple[float, float, float]:
    if name == "mean":
        red, green, blue = (float(v) / 255.0 for v in frame.pixels.reshape(-1, 3).mean(axis=0))
        return red, green, blue
    fixed: dict[str, tuple[float, float, float]] = {
        "zero": card.mean, "black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0),
    }  # fmt: skip
    return fixed[name]


def _flat(colour: tuple[float, float, float], ready: Any, ctx: Context) -> Any:
    from explainer.vision.stress.borders import constant_picture

    return constant_picture(colour, ready.tensor, ctx.card.mean, ctx.card.std)
