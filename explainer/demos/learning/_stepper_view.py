"""The stepper's net drawn as a net, twice: what its layers answer, and the gradient on its way back to the digit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart, Curve, Series, Table
from explainer.core.geometry import scale_shift
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Label, Layer, Panel
from explainer.core.number_text import number
from explainer.core.parts import Part
from explainer.core.plays import Play
from explainer.demos.learning import _stepper_words as spoken
from explainer.demos.learning._stepper_scene import Scene

if TYPE_CHECKING:
    from explainer.vision.training.backprop import Array

TILE, BESIDE, ABOVE = 8.0, 2.4, 4.0  # of a map, between two layers, for their names; in pixels of a map
APART = 0.6  # between two maps of a layer
FEW, FEWER = 7, 4  # layers of a net of which fewer maps are drawn, so that they are larger
STRONG = 0.99  # share of the gradient that is within its colours: a single cell would leave all others pale
SMALLEST_LOG = -16.0  # where a gradient of 0 is drawn


def shown(scene: Scene) -> Part:
    """The net forwards, the net backwards, the layer that the gradient has just come through, and its size."""
    at, answers = scene.at, scene.at.kind in ("loss", "update")
    panels = (_net(scene, back=False), _net(scene, back=True), _inside(scene))
    charts: tuple[Chart, ...] = (_sizes(scene), _answer(scene) if answers else _one_weight(scene))
    last, done = at.recipe.depth + 1, min(at.done, at.recipe.depth + 1)
    play = Play("step", 0, last, done, counted=f"step {done} of {last}", note=f"back at the {at.columns[at.column]}")
    return Part(
        panels, charts, (spoken.reading(scene),), spoken.values(scene), spoken.badges(scene),
        headline=spoken.headline(scene), heroes=("forward", "backward"), play=play,
    )  # fmt: skip


# The net ------------------------------------------------------------------------------------------------


def _net(scene: Scene, *, back: bool) -> Panel:
    """Digit, layers and scores from left to right: what they put out, or the gradient there as far as it has come."""
    from explainer.vision.training.backprop import enlarged

    run, way, at = scene.run, scene.back, scene.at
    picked = _most_active(scene)
    if back:
        maps = [way.convs[0].handed_on[:1], *(c.arrived for c in way.convs), enlarged(way.pooled)]
    else:
        maps = [scene.image[None], *(conv.y for conv in run.convs), enlarged(run.pooled)]
    maps = [one[few] for one, few in zip(maps, picked, strict=True)]  # (k, 8, 8) each
    limit = _limit(np.concatenate(maps), STRONG if back else 1.0)
    if back:
        maps = [one if n >= at.column else np.zeros_like(one) for n, one in enumerate(maps)]
    low = -limit if back or min(float(one.min()) for one in maps) < 0 else 0.0
    tallest = max(map(len, maps))
    wide, high = (len(maps) + 1) * (TILE + BESIDE) - BESIDE, ABOVE + tallest * (TILE + APART) - APART
    corners = [[(n * (TILE + BESIDE), _top(k, len(m), tallest)) for k in range(len(m))] for n, m in enumerate(maps)]
    layers: list[Layer] = [_scores(scene, wide - TILE, high - ABOVE, back=back)]
    layers += [
        _tile(f"{name}, map {k + 1}", one, low, limit, *corner, TILE)
        for name, several, places in zip(at.columns, maps, corners, strict=False)
        for k, (one, corner) in enumerate(zip(several, places, strict=True))
    ]
    layers += [_arrows(scene, len(maps), high, back=back)]
    layers += _names(scene, [places[0] for places in corners] + [(wide - TILE, ABOVE)])
    layers += _digits(scene, wide - TILE, (high - ABOVE) / 10)
    if back and at.column < len(maps):
        (left, top), (_, last) = corners[at.column][0], corners[at.column][-1]
        layers.append(Boxes("here", np.array([[left, top, left + TILE, last + TILE]]), colours=(-1,)))
    note = "red: less would lower the loss; blue: more" if back else f"what the layers see in a {scene.label}"
    return Panel("Backward" if back else "Forward", (wide, high), tuple(layers), note, frame=False)


def _most_active(scene: Scene) -> list[NDArray[np.int64]]:
    """Numbers of the maps of each layer that are drawn: in a deep net all, else those that answer most."""
    count = 8 if scene.at.recipe.depth > FEW else 4 if scene.at.recipe.depth > FEWER else 3
    activity = [np.abs(y).mean(axis=(1, 2)) for y in (*(conv.y for conv in scene.run.convs), scene.run.pooled)]
    return [np.zeros(1, np.int64), *(np.sort(np.argsort(-a, kind="stable")[:count]) for a in activity)]


def _top(number: int, count: int, tallest: int) -> float:
    """Upper edge of one map: those of a layer with few stand in the middle."""
    return ABOVE + (number + (tallest - count) / 2) * (TILE + APART)


def _tile(name: str, values: Array, lo: float, hi: float, left: float, top: float, high: float) -> Heat:
    rows, columns = values.shape
    place = scale_shift(TILE / columns, high / rows, left, top)
    colours = "diverging" if lo < 0 else "sequential"
    return Heat(name, np.asarray(values, np.float32, order="C"), lo, hi, place, colours, over=False, smooth=False)  # type: ignore[arg-type]


def _scores(scene: Scene, left: float, high: float, *, back: bool) -> Heat:
    """Ten rows, one for each digit: its probability, or the first gradient of all, which is that minus the truth."""
    values = (scene.back.scores if back else scene.run.probabilities)[:, None]
    return _tile("scores", values, -_limit(values) if back else 0.0, _limit(values), left, ABOVE, high)


def _arrows(scene: Scene, gaps: int, high: float, *, back: bool) -> Arrows:
    """They point the way the numbers go, in colour where the gradient has been."""
    left = np.array([[n * (TILE + BESIDE) + TILE + 0.3, (ABOVE + high) / 2] for n in range(gaps)])
    right = left + np.array([BESIDE - 0.6, 0.0])
    passed = tuple(-1 if n >= scene.at.column or not back else -2 for n in range(gaps))
    return Arrows("way", right, left, passed) if back else Arrows("way", left, right, passed)


def _names(scene: Scene, corners: list[tuple[float, float]]) -> Iterator[Label]:
    ends = (0, len(corners) - 1)
    for n, (name, (left, top)) in enumerate(zip(scene.at.columns, corners, strict=True)):
        if len(corners) <= FEW + 2 or n == scene.at.column or n in ends:
            yield Label(f"name of {name}", name, (left, top - 0.4), -1 if n == scene.at.column else -2)


def _digits(scene: Scene, left: float, high: float) -> Iterator[Label]:
    """What the digit is, and what the net takes it for, beside their scores."""
    said = int(scene.run.probabilities.argmax())
    named = {said: f"said {said}"} | {scene.label: f"is {scene.label}"}
    for digit, text in named.items():
        yield Label(text, text, (left, ABOVE + (digit + 0.9) * high), -1 if digit == scene.label else -2)


# One layer ----------------------------------------------------------------------------------------------


def _inside(scene: Scene) -> Panel:
    """One map in the layer that the gradient has just come through: what arrived, what let it pass, what went on."""
    from explainer.vision.training.backprop import enlarged

    at, way, run = scene.at, scene.back, scene.run
    pooled = enlarged(way.pooled)
    if at.kind == "update":
        parts = {"w": scene.weights[0][:, 0], "g": way.weights[0][:, 0], "w − ηg": scene.after[0][:, 0]}
        where = "the optimiser"
    elif at.kind in ("loss", "linear"):
        parts, where = {"x": enlarged(run.pooled), "∂L/∂x": pooled}, "the linear layer"
    elif at.kind == "pool":
        winners = run.routes.astype(float)
        parts, where = {"arrives": pooled, "winners": winners, "passes": way.convs[-1].arrived}, "the pool"
    else:
        conv = way.convs[at.layer]
        parts = {"arrives": conv.arrived, "slope f′": conv.gate, "passes": conv.passed, "∂L/∂x": conv.handed_on}
        where = f"conv {at.layer + 1}"
    most = int(np.abs(next(iter(parts.values()))).mean((1, 2)).argmax())
    maps = [part[min(most, len(part) - 1)] for part in parts.values()]
    tiles = np.stack([one / _limit(one) for one in maps]).astype(np.float32)
    cells = Cells("parts", tiles, 2, -1.0, 1.0, "diverging", tuple(parts))
    return Panel(f"In {where}", cells.size, (cells,), f"{', '.join(parts)}; each scaled by itself", frame=False)


def _limit(values: Array, share: float = 1.0) -> float:
    """End of the colours, never zero and never too small for float32."""
    sizes = np.abs(values)
    return max(float(np.quantile(sizes, share)) or float(sizes.max()), 1e-30)


# Charts -------------------------------------------------------------------------------------------------


def _sizes(scene: Scene) -> Curve:
    """Length of the gradient at each layer, as a power of ten: the way that is done, and the rest of it."""
    logs = (
        np.log10(np.maximum(norms, 10.0**SMALLEST_LOG)) for norms in (scene.back.output_norms, scene.back.weight_norms)
    )
    outputs, weights = (np.asarray(one) for one in logs)
    layers = np.arange(1, len(outputs) + 1, dtype=np.float64)
    first = next(n for n in range(len(outputs)) if scene.at.reached(n))
    both = np.concatenate([outputs, weights])
    low, high = float(np.floor(both.min() - 0.01)), float(np.ceil(both.max() + 0.01))
    series = (
        Series("", layers, outputs, "dashed", -2),
        Series("at outputs", layers[first:], outputs[first:], "solid", -1),
        Series("of weights", layers, weights, "dotted", 1),
    )
    across = (1.0, float(len(layers)) + 0.5)
    return Curve("Size of the gradient", series, "layer", "log₁₀ of its length", (low, high), across)


def _one_weight(scene: Scene) -> Table:
    rows = {
        "backprop": scene.slope, "torch.autograd": scene.one(scene.told), "weight moved ±": scene.moved,
        "weight w": scene.one(scene.weights), "w − η ∂L/∂w": scene.one(scene.after),
    }  # fmt: skip
    table = tuple((name, number(value, ".5e")) for name, value in rows.items())
    return Table(f"Weight {scene.at.index} of {scene.at.layer_name}", ("∂L/∂w by", "value"), table)


def _answer(scene: Scene) -> Bars:
    updated = scene.at.kind == "update"
    p = (scene.then if updated else scene.run).probabilities
    note = "after the optimiser's step" if updated else "before any step"
    return Bars("Answer", tuple("0123456789"), tuple(map(float, p)), chosen=scene.label, note=note)
