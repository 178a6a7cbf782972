"""The network as a row of its layers, and the maps of one of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Graph, Node
from explainer.core.frame import Frame
from explainer.core.layers import Cells, Image, Panel
from explainer.core.model_card import ModelCard
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.convolution.inside import Part, Survey

TILES = 24
MILLION = 1e6


def result(
    frame: Frame, focus: tuple[float, float, float, float], card: ModelCard, survey: Survey, layer: str,
    maps: NDArray[np.float32],
) -> Result:  # fmt: skip
    """Graph of the layers; a click on a box shows its maps, a click on a map opens the microscope on it."""
    picture = Image("picture", frame.pixels, focus=focus)
    panels = (Panel("Input", (frame.width, frame.height), (picture,)), _mosaic(maps, layer))
    part = next(one for one in survey.parts if one.name == layer)
    inside = [one for one in survey.operations if one.name in part.operations]
    own = "; ".join(f"{one.about} → {words.thousands(one.shape[0])} maps, {_work(one.macs)}" for one in inside)
    convs = len(survey.convolutions)
    reading = (
        f"**{card.title}** has {words.thousands(survey.parameters)} numbers that were learnt and spends "
        f"{_work(survey.macs)} multiply-adds on one picture, in {convs} convolutions and "
        f"{len(survey.operations) - convs} linear layer. The chosen part, {_label(card, layer)}: "
        f"{own or 'no convolution of its own'}. Click a box for its maps, and a map for the microscope."
    )
    values = {
        "network_parameters": float(survey.parameters),
        "network_multiply_adds": float(survey.macs),
        "network_convolutions": float(convs),
        "part_parameters": float(part.parameters),
        "part_multiply_adds": float(part.macs),
        "part_share": part.macs / survey.macs if survey.macs else 0.0,
        "map_count": float(len(maps)),
        "map_mean": float(np.abs(maps).mean(dtype=np.float64)),
    }
    share = words.percent(values["part_share"])
    headline = f"Where the work is done: the chosen part takes {share} of the network's multiply-adds."
    return Result(
        reading, values, panels, (_graph(card, survey, layer),), headline=headline, heroes=(panels[1].slug,)
    )  # fmt: skip


def _mosaic(maps: NDArray[np.float32], layer: str) -> Panel:
    activity = np.abs(maps).mean(axis=(1, 2), dtype=np.float64)
    shown = [int(k) for k in np.argsort(-activity, kind="stable")[:TILES]]
    tiles = maps[shown]
    limit = float(np.abs(tiles).max()) or 1.0
    signed = bool(tiles.min() < 0)
    cells = Cells(
        "maps", tiles, 6, -limit if signed else 0.0, limit, "diverging" if signed else "sequential",
        tuple(str(k) for k in shown),
        tuple({"where": "network", "layer": layer, "back": 0, "channel": k} for k in shown),
    )  # fmt: skip
    note = f"the {len(shown)} most active of {words.thousands(len(maps))}"
    return Panel("Maps of the layer", cells.size, (cells,), note, frame=False)


def _graph(card: ModelCard, survey: Survey, layer: str) -> Graph:
    from explainer.vision.convolution.inside import grouped

    parts = grouped(survey.parts)
    nodes = tuple(
        Node(part.name or "rest", _group_label(card, part), f"{_shape(part.shape)}\n{_work(part.macs)}",
             {"layer": part.name} if part.name else None)
        for part in parts
    )  # fmt: skip
    names = [node.name for node in nodes]
    chosen = next(part.name for part in parts if layer in part.layers)
    note = "maps × height², multiply-adds"
    return Graph("Layers", nodes, tuple(pairwise(names)), chosen, note)


def _group_label(card: ModelCard, part: Part) -> str:
    if not part.name:
        return "classes"
    first, last = (_label(card, name) for name in (part.layers[0], part.layers[-1]))
    if first == last:
        return last
    stem, _, number = last.rpartition(" ")
    return f"{first}–{number}" if stem and first.startswith(f"{stem} ") else last


def _label(card: ModelCard, name: str) -> str:
    return card.layer(name).label.split(" · ")[0]


def _shape(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[1] == shape[2]:
        return f"{shape[0]} × {shape[1]}²"
    return " × ".join(str(n) for n in shape)


def _work(macs: int) -> str:
    return f"{macs / MILLION:.0f} M" if macs >= MILLION else f"{macs / 1000:.0f} k"
