"""Border probe: a picture of one colour goes through padded convolutions, and comes out with a frame."""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, LayerName
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import identity, resized
from explainer.core.layers import Cells, Image, Panel
from explainer.core.memo import memo_name, prepared
from explainer.core.model_card import ModelCard
from explainer.core.numbers import numbers
from explainer.core.picture import heat, panel
from explainer.core.result import Result

HALFWAY = 0.5  # of the cells
FULL = 0.6  # deviation that is brightest on the wall of layers
RGB = tuple[float, float, float]


class Colour(Choice):
    """Of the constant picture."""

    MEAN = "mean", "Mean colour of the picture"
    ZERO = "zero", "The network's zero"
    BLACK = "black", "Black"
    WHITE = "white", "White"


class Beyond(Choice):
    """What a convolution reads beyond the edge, where it does not read zeros."""

    REFLECT = "reflect", "Mirrored"
    REPLICATE = "replicate", "Outermost cell repeated"
    CIRCULAR = "circular", "The other side"


DONE = {Beyond.REFLECT: "mirrored", Beyond.REPLICATE: "repeated", Beyond.CIRCULAR: "wrapped"}  # with the edge


@dataclass(frozen=True, slots=True)
class Params:
    """Where to look, and what lies beyond the edge instead of zeros."""

    layer: Annotated[
        LayerName | Auto, Doc("Layer", "The deeper, the further in the border reaches. Auto: a clear frame.")
    ] = AUTO
    colour: Annotated[Colour, Doc("Constant picture", "One colour everywhere.")] = Colour.MEAN
    other: Annotated[Beyond, Doc("Compare zeros with", "What a convolution reads beyond the edge.")] = Beyond.REPLICATE


class Pass(NamedTuple):
    """Maps of all layers, and the answer ``(K,)``."""

    maps: dict[str, NDArray[np.float32]]
    scores: NDArray[np.float64]


class BorderProbe(Demo[Params]):
    """How far zero padding shows in the maps of a constant picture, and in those of this one."""

    info = DemoInfo(
        id="border-probe",
        title="Border probe",
        topics=(49,),
        sample="cat",
        summary="A picture of one colour comes out with a frame: padded zeros are not ignored.",
        papers=("islam2020", "kayhan2020"),
        cost=Cost(forwards=4),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Two passes each, with zeros and without, for the constant picture and for this one."""
        from explainer.vision.stress.borders import constant_picture, deviation, difference

        card, other = ctx.card, params.other
        colour = _colour(params.colour, frame, card)
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            flat = constant_picture(colour, ready.tensor, card.mean, card.std)
            one_colour = [_pass(net, flat, padding, colour, ctx) for padding in ("zeros", other)]
            here = [_pass(net, ready.tensor, padding, "picture", ctx) for padding in ("zeros", other)]
        layer = _framed(one_colour[0]) if params.layer == AUTO else card.layer(params.layer).name
        shown = deviation(one_colour[0].maps[layer])
        changed = difference(here[0].maps[layer], here[1].maps[layer])
        panels = _panels(frame, ready, colour, shown, changed, other)
        values = _values(shown, deviation(one_colour[1].maps[layer]), changed, one_colour, here)
        return Result(
            _reading(values, one_colour, here, card), values, (*panels, _wall(one_colour[0], layer)),
            (_depth(one_colour, other), _across(shown), _bars(here, other, card)),
            input=np.ascontiguousarray(ready.tensor.cpu().numpy(), np.float32),
            headline=_headline(values, list(one_colour[0].maps).index(layer) + 1),
            heroes=("layer-by-layer",), resolved={"layer": layer},
        )  # fmt: skip


def _framed(one: Pass) -> str:
    """Name of the deepest layer that the border has reached less than halfway."""
    from explainer.vision.stress.borders import deviation, touched_share

    framed = [name for name, maps in one.maps.items() if touched_share(deviation(maps)) < HALFWAY]
    return framed[-1] if framed else next(iter(one.maps))


def _colour(name: Colour, frame: Frame, card: ModelCard) -> RGB:
    if name == Colour.MEAN:
        red, green, blue = (float(v) / 255.0 for v in frame.pixels.reshape(-1, 3).mean(axis=0))
        return red, green, blue
    return {Colour.ZERO: card.mean, Colour.BLACK: (0.0, 0.0, 0.0), Colour.WHITE: (1.0, 1.0, 1.0)}[name]


def _pass(net: Any, x: Any, padding: str, key: Any, ctx: Context) -> Pass:
    from explainer.vision.stress.borders import activations

    ctx.checkpoint()
    layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
    with ctx.stage("model"):
        full = ("pass", *memo_name(ctx), padding, key)
        return ctx.memo(full, lambda: Pass(*activations(net.network(stock=True), x, layers, padding)))


def _panels(frame: Frame, ready: Any, colour: RGB, shown: Any, changed: Any, other: Beyond) -> tuple[Panel, ...]:
    place = resized(ready.to_frame, tuple(ready.tensor.shape[2:]), shown.shape)
    over_flat, over = (
        heat(values, place, unit=unit, smooth=False)
        for values, unit in ((shown, "of the middle"), (changed, "of the mean"))
    )
    pixels = np.full((2, 2, 3), np.rint(np.array(colour) * 255.0), np.uint8)
    everywhere = resized(identity(), (frame.height, frame.width), (2, 2))
    flat = Image("picture", pixels, everywhere, focus=ready.focus)
    return (
        panel(frame, "Input", focus=ready.focus),
        Panel("Constant picture", (frame.width, frame.height), (flat, over_flat), f"{words.cells(shown.shape)} cells"),
        panel(frame, "This picture", over, note=f"change with the edge {DONE[other]}", focus=ready.focus),
    )


def _wall(one: Pass, chosen: str) -> Panel:
    """Deviation map of every layer, from the first to the last: the frame grows inwards."""
    from explainer.vision.stress.borders import deviation

    maps = [deviation(maps) for maps in one.maps.values()]
    side = max(max(found.shape) for found in maps)
    tiles = np.stack([found[np.ix_(*(np.arange(side) * n // side for n in found.shape))] for found in maps])
    names, columns = tuple(one.maps), -(-len(tiles) // max(1, round((len(tiles) / 2) ** 0.5)))
    cells = Cells(
        "layers", tiles, columns, 0.0, FULL, labels=tuple(map(str, range(1, len(tiles) + 1))),
        sets=tuple({"layer": name} for name in names), chosen=names.index(chosen),
    )  # fmt: skip
    note = "one colour went in; bright: differs from the middle"
    return Panel("Layer by layer", cells.size, (cells,), note, frame=False)


def _depth(passes: list[Pass], other: Beyond) -> Curve:
    from explainer.vision.stress.borders import deviation, touched_share

    lines = tuple(
        Series(
            name,
            np.arange(1.0, len(one.maps) + 1),
            np.array([100 * touched_share(deviation(maps)) for maps in one.maps.values()]),
            colour=colour,
        )
        for name, one, colour in zip(("zeros", other), passes, (-1, -2), strict=True)
    )
    return Curve("Touched by the border", lines, "layer", "% of cells", (0.0, 100.0), None, "constant picture")


def _across(shown: NDArray[np.float32]) -> Curve:
    row = shown[shown.shape[0] // 2].astype(np.float64)
    across = 100.0 * (np.arange(len(row)) + 0.5) / len(row)
    if len(row) == 1:
        across, row = np.array([0.0, 100.0]), row.repeat(2)
    line = Series("deviation", across, row)
    return Curve("Across the middle row", (line,), "% of the width", "deviation", None, (0.0, 100.0))


def _bars(here: list[Pass], other: Beyond, card: ModelCard) -> Bars:
    index = int(here[0].scores.argmax())
    scores = tuple(float(one.scores[index]) for one in here)
    return Bars("Score", ("zeros", other), scores, note=f"“{card.label(index)}”")


def _values(
    shown: NDArray[np.float32], without: NDArray[np.float32], changed: NDArray[np.float32],
    one_colour: list[Pass], here: list[Pass],
) -> dict[str, float]:  # fmt: skip
    from explainer.vision.stress.borders import touched_share

    index, (flat, flat_other) = int(here[0].scores.argmax()), (one.scores for one in one_colour)
    return numbers(
        touched_share=touched_share(shown), deviation_corner=shown[0, 0],
        deviation_edge=shown[0, shown.shape[1] // 2], deviation_other_max=without.max(),
        picture_change_mean=changed.mean(), picture_change_max=changed.max(),
        score_zeros=here[0].scores[index], score_other=here[1].scores[index], flat_top_score=flat.max(),
        flat_answer_changed=flat.argmax() != flat_other.argmax(),
    )  # fmt: skip


def _headline(values: dict[str, float], number: int) -> str:
    share = words.percent(values["touched_share"])
    if not values["touched_share"]:
        return "One colour goes in, and no frame comes out: at this layer the zeros beyond the edge leave no trace."
    return f"One colour goes in, and a frame grows from layer to layer: at layer {number} it covers {share}."


def _reading(values: dict[str, float], one_colour: list[Pass], here: list[Pass], card: ModelCard) -> str:
    (name, score), (other_name, other_score) = (
        (card.label(int(one.scores.argmax())), words.score(float(one.scores.max()))) for one in one_colour
    )
    return (
        f"The picture has one colour, yet {words.percent(values['touched_share'])} of the cells of this layer "
        f"differ from the middle one by more than 1 %, the corner by {words.percent(values['deviation_corner'])}. "
        f"With zeros beyond the edge the network calls it “{name}” ({score}), otherwise “{other_name}” "
        f"({other_score}). "
        f"On this picture “{card.label(int(here[0].scores.argmax()))}” has {words.score(values['score_zeros'])} "
        f"with zeros and {words.score(values['score_other'])} without."
    )
