"""Activations: what each feature map of a layer answers to this picture."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Histogram
from explainer.core.context import Context
from explainer.core.controls import AUTO, TOP_1, Auto, Choice, ClassIndex, Doc, LayerName, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Cells, Panel
from explainer.core.memo import latest, prepared
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import grey
from explainer.core.result import Result
from explainer.core.subject import Subject, subject
from explainer.demos.explained._controls import TestedMap, with_controls

STRONGEST = 8
BINS = 24


class Order(Choice):
    """Which maps come first."""

    TELLING = "telling", "Most telling first"
    ACTIVE = "active", "Most active first"
    INDEX = "index", "By number"


@dataclass(frozen=True, slots=True)
class Params:
    """Which layer, which map."""

    layer: Annotated[
        LayerName | Auto, Doc("Layer", "Early maps answer to edges and colours, late ones to parts of objects.")
    ] = AUTO
    channel: Annotated[
        int, Doc("Map", "The one drawn large. Click a tile to choose."), Range(-1, 4095, lowest="strongest")
    ] = -1
    order: Annotated[Order, Doc("Order", "Which maps come first in the mosaic.")] = Order.TELLING
    tiles: Annotated[int, Doc("Maps shown", "How many tiles the mosaic has."), Range(4, 100)] = 16
    controls: Annotated[
        bool,
        Doc("Does the class need it?", "Covers what the map marks, and compares with random and edges."),
    ] = False
    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched meanwhile."), When("controls", (True,))] = TOP_1


class Activations(Demo[Params]):
    """The feature maps of a layer as a mosaic, one of them large over the picture."""

    info = DemoInfo(
        id="activations",
        title="Activations",
        topics=(45, 1),
        sample="cat",
        summary="What every feature map of a layer answers to this picture.",
        papers=("zeiler2014",),
        cost=Cost(forwards=1),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Draw the mosaic and the chosen map."""
        from explainer.vision import seating
        from explainer.vision.attribution.views import to_pixels

        params, seats = seating.seated(params, frame, ctx, layer=seating.last)
        layer = ctx.card.layer(params.layer).name
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            with ctx.stage("model"):
                split = latest(ctx, "split", layer, lambda: net.split(ready.tensor, layer))
            about = subject(frame, ready, split.logits, params.target, ctx)
            with ctx.stage("explain"):
                maps = np.ascontiguousarray(split.activation[0].cpu().numpy(), dtype=np.float32)
                seen = _Maps(maps, np.abs(maps).mean(axis=(1, 2), dtype=np.float64))
                shown = seen.first(params.order, params.tiles)
                strongest = int(seen.ranked[0]) if params.order == Order.INDEX else shown[0]
                chosen = strongest if params.channel < 0 else min(params.channel, len(maps) - 1)
                below = to_pixels(about.x, ctx.card.mean, ctx.card.std)
            part = _parts(about, seen, chosen, _mosaic(seen, chosen, shown, below), params)
            if params.controls:
                tested = TestedMap(f"map {chosen}", np.abs(maps[chosen]), (layer, chosen))
                part = with_controls(about, part, tested, net, ctx)
            return about.result(part, resolved=seats)


@dataclass(frozen=True, slots=True, eq=False)
class _Maps:
    """Feature maps ``(C, h, w)`` and each one's activity: the mean magnitude of its cells, ``(C,)``."""

    values: NDArray[np.float32]
    activity: NDArray[np.float64]

    @property
    def ranked(self) -> NDArray[np.int64]:
        return np.argsort(-self.activity, kind="stable")

    def rank(self, channel: int) -> int:
        """Place of a map by its activity, from 1."""
        return int(np.flatnonzero(self.ranked == channel)[0]) + 1

    def first(self, order: Order, count: int) -> list[int]:
        """Numbers of the maps that are shown, in order."""
        from explainer.vision.attribution.telling import telling

        if order == Order.TELLING:
            return [int(k) for k in telling(self.values, count)]
        return [int(k) for k in (self.ranked if order == Order.ACTIVE else np.arange(len(self.values)))[:count]]

    @property
    def silent(self) -> int:
        """How many maps are zero everywhere."""
        return int(np.count_nonzero(self.activity == 0))

    @property
    def signed(self) -> bool:
        """Whether the layer's answers may be negative: no rectifier behind it."""
        return bool(self.values.min() < 0)


def _parts(about: Subject, maps: _Maps, chosen: int, mosaic: Panel, params: Params) -> Part:
    from explainer.vision.metrics.heat import upper_limit

    one = maps.values[chosen]
    enlarged = about.heat_panel("Feature map", one, f"map {chosen}, {words.cells(one.shape)}",
        limit=upper_limit(one), signed=maps.signed,
    )  # fmt: skip
    panels = (enlarged, mosaic)
    sentences = (_reading(about, maps, chosen, params),)
    return Part(
        panels, (_bars(maps, chosen), _histogram(one, chosen)), sentences, _values(about, maps, chosen),
        headline=_headline(maps, chosen),
        heroes=tuple(panel.slug for panel in panels),
    )  # fmt: skip


def _headline(maps: _Maps, chosen: int) -> str:
    count = words.thousands(len(maps.values))
    if not maps.activity[chosen]:
        return f"Map {chosen} finds nothing in this picture; other maps of the same layer answer in other places."
    if maps.silent:
        nothing = f"{words.thousands(maps.silent)} of {count} find nothing"
        return f"Each map lights up where it finds its pattern; {nothing}."
    return f"Each of this layer's {count} maps lights up where it finds its pattern."


def _mosaic(maps: _Maps, chosen: int, shown: list[int], below: NDArray[np.uint8]) -> Panel:
    from explainer.vision.metrics.heat import upper_limit

    tiles = maps.values[shown]
    limit = upper_limit(tiles)
    mosaic = Cells(
        "maps", tiles, int(np.ceil(np.sqrt(len(shown)))), -limit if maps.signed else 0.0, limit,
        colours="diverging" if maps.signed else "sequential",
        labels=tuple(str(k) if k == chosen else "" for k in shown),  # a word on every tile would hide the tiles
        sets=tuple({"channel": k} for k in shown), chosen=shown.index(chosen) if chosen in shown else -1,
        under=grey(below),
    )  # fmt: skip
    note = f"{len(shown)} of {words.thousands(len(maps.values))}, one scale for all"
    return Panel("Feature maps", mosaic.size, (mosaic,), note, frame=False)


def _bars(maps: _Maps, chosen: int) -> Bars:
    strongest = [int(k) for k in maps.ranked[:STRONGEST]]
    shown = strongest if chosen in strongest else [*strongest, chosen]
    return Bars(
        "Most active maps", tuple(f"map {k}" for k in shown), tuple(float(maps.activity[k]) for k in shown),
        hi=float(maps.activity.max()) or 1.0, chosen=shown.index(chosen), note="mean magnitude",
        sets=tuple({"channel": k} for k in shown),
    )  # fmt: skip


def _histogram(one: NDArray[np.float32], chosen: int) -> Histogram:
    counts, edges = np.histogram(one, bins=BINS)
    return Histogram(
        "Values of the map", edges.astype(np.float64), counts.astype(np.float64), "activation", f"map {chosen}"
    )


def _values(about: Subject, maps: _Maps, chosen: int) -> dict[str, float]:
    from explainer.vision.metrics.heat import peak

    one = maps.values[chosen]
    top = peak(one, about.map_to_frame(one.shape))
    return numbers(
        channel=chosen, channel_activity=maps.activity[chosen], channel_max=one.max(), channel_rank=maps.rank(chosen),
        active_share=np.mean(one > 0), map_count=len(maps.values), silent_maps=maps.silent, map_width=one.shape[1],
        map_height=one.shape[0], peak_x_px=top.x_px if top else None, peak_y_px=top.y_px if top else None,
    )  # fmt: skip


def _reading(about: Subject, maps: _Maps, chosen: int, params: Params) -> str:
    from explainer.vision.metrics.heat import peak

    count, one = len(maps.values), maps.values[chosen]
    top = peak(one, about.map_to_frame(one.shape))
    silent = f"{words.thousands(maps.silent)} of {words.thousands(count)} maps are silent on this picture."
    beyond = (
        f"This layer has {words.thousands(count)} maps, so the last one is shown. " if params.channel >= count else ""
    )
    if top is None:
        return f"{beyond}Map {chosen} is zero everywhere and has no peak; {silent}"
    rank = maps.rank(chosen)
    place = "answers most of all" if rank == 1 else f"is number {words.thousands(rank)} in activity"
    return (
        f"{beyond}Map {chosen} {place} (mean {maps.activity[chosen]:.2g}), strongest "
        f"{about.where(top.x_px, top.y_px)}; {silent}"
    )
