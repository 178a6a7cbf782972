"""What the backpropagation stepper shows and says at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart, Curve, Series, Table
from explainer.core.layers import CELL_PITCH, Cells, Label, Panel
from explainer.core.plays import Play
from explainer.demos.learning import _stepper_drawing as drawing
from explainer.demos.learning import _stepper_words as spoken
from explainer.demos.learning._stepper_scene import Checked, Place, Scene

if TYPE_CHECKING:
    from explainer.vision.training.backprop import Array

__all__ = ["Checked", "Place", "Scene", "badges", "charts", "headline", "panels", "play", "reading", "values"]

badges, headline, reading, values = spoken.badges, spoken.headline, spoken.reading, spoken.values
ROOM = 0.27  # place beside a mosaic for the names of its rows, as a share of its width
FEW = 7  # layers of a net of which half the maps are drawn, twice as large
SMALLEST_LOG = -16.0  # where a gradient of 0 is drawn


def panels(scene: Scene) -> tuple[Panel, ...]:
    """The net forwards, the net backwards, and the layer that the gradient has just come through."""
    return (_net(scene, back=False), _net(scene, back=True), _present(scene))


def play(scene: Scene) -> Play:
    """The way back, from the loss to the optimiser's step."""
    at, last = scene.at, scene.at.recipe.depth + 2
    where = {
        "loss": "at the loss",
        "linear": "through the linear layer",
        "pool": "through the pool",
        "update": "the optimiser's step",
    }
    to = f"conv {at.layer}" if at.layer else "the digit"
    note = where.get(at.kind, f"through conv {at.layer + 1} to {to}")
    return Play("step", 0.0, float(last), float(at.done), counted=f"step {at.done} of {last}", note=note)


def charts(scene: Scene) -> tuple[Chart, ...]:
    """Sizes of the gradient; the answer, or one weight three ways."""
    answers = scene.at.kind in ("loss", "update")
    return (_sizes(scene), _answer(scene) if answers else _one_weight(scene))


# Pictures -----------------------------------------------------------------------------------------------


def _net(scene: Scene, *, back: bool) -> Panel:
    """Digit and layers from left to right: what they put out, or the gradient there as far as it has come."""
    from explainer.vision.training.backprop import enlarged

    run, way, at = scene.run, scene.back, scene.at
    shown = _most_active(scene)
    if back:
        whole = [way.convs[0].handed_on[:1], *(c.arrived for c in way.convs), enlarged(way.pooled)]
    else:
        whole = [scene.image[None], *(conv.y for conv in run.convs), enlarged(run.pooled)]
    maps = [one[picked] for one, picked in zip(whole, shown, strict=True)]  # (k, 8, 8) each
    came = [len(maps) - n <= at.done for n in range(len(maps))]  # whether the gradient has come so far
    limit = _limit(np.concatenate([m for m, c in zip(maps, came, strict=True) if c or not back or not at.done]))
    if back:
        maps = [m if c else np.zeros_like(m) for m, c in zip(maps, came, strict=True)]
    names = ("digit", *(f"conv {n + 1}" for n in range(len(run.convs))), "pool")
    which = f"{len(shown[-1])} of 8 maps a layer"
    note = (f"∂L/∂y, {which}" if at.done else "not begun") if back else f"of a {scene.label}; {which}"
    signed = back or min(float(m.min()) for m in maps) < 0
    drawn = drawing.Net(maps, names, came, at.row, -limit if signed else 0.0, limit)
    return drawing.panel("Backward" if back else "Forward", drawn, note, back=back)


def _most_active(scene: Scene) -> list[NDArray[np.int64]]:
    """Numbers of the maps of each layer that are drawn: in a deep net all, else those that answer most."""
    count = 8 if scene.at.recipe.depth > FEW else 4
    activity = [np.abs(y).mean(axis=(1, 2)) for y in (*(conv.y for conv in scene.run.convs), scene.run.pooled)]
    return [np.zeros(1, np.int64), *(np.sort(np.argsort(-a, kind="stable")[:count]) for a in activity)]


def _present(scene: Scene) -> Panel:
    """What happens in the layer that the gradient has just come through."""
    at, way, run = scene.at, scene.back, scene.run
    if at.kind == "loss":
        return _scores(scene)
    if at.kind == "linear":
        return _own("In the linear layer", [run.pooled, way.pooled], ("x", "∂L/∂x"))
    if at.kind == "pool":
        from explainer.vision.training.backprop import enlarged

        parts = [enlarged(way.pooled), run.routes.astype(float), way.convs[-1].arrived]
        return _own("In the pool", parts, ("arrives", "winners", "passed"))
    if at.kind == "update":
        parts = [scene.weights[0][:, 0], way.weights[0][:, 0], scene.after[0][:, 0]]
        return _own("In the optimiser", parts, ("w", "g", "w − ηg"), "conv 1, rows scaled")
    conv = way.convs[at.layer]
    parts, names = [conv.arrived, conv.gate, conv.passed], ["arrives", "gate f′", "passed"]
    if at.layer:
        parts, names = [*parts, conv.handed_on], [*names, "∂L/∂x"]
    return _own(f"In conv {at.layer + 1}", parts, tuple(names))


def _own(title: str, parts: list[Array], names: tuple[str, ...], note: str = "each row scaled by itself") -> Panel:
    maps = np.stack([part / _limit(part) for part in parts])
    return _rows(title, "parts", maps, names, note, limit=1.0, signed=True)


def _scores(scene: Scene) -> Panel:
    p = scene.run.probabilities
    truth = np.eye(len(p))[scene.label]
    strips = np.stack([p, truth, p - truth])[:, None, :].repeat(2, axis=1)  # (3, 10) → (3, 2, 10)
    cells = Cells("parts", strips.astype(np.float32), 1, -1.0, 1.0, "diverging")
    labels = [
        Label(name, name, (cells.size[0] + 0.3, (n + 0.75) * 2 * CELL_PITCH), -1 if n == 2 else -2)
        for n, name in enumerate(("p", "y", "p − y"))
    ]
    size = (cells.size[0] + 4.0, cells.size[1])
    return Panel("At the loss", size, (cells, *labels), "a column for each digit 0 … 9", frame=False)


def _rows(
    title: str, name: str, maps: Array, names: tuple[str, ...], note: str, *,
    limit: float, signed: bool,
) -> Panel:  # fmt: skip
    """Mosaic of ``(R, 8, h, w)`` with the name of each row beside it."""
    rows, columns, height, width = maps.shape
    cells = Cells(
        name, maps.reshape(rows * columns, height, width).astype(np.float32), columns,
        -limit if signed else 0.0, limit, "diverging" if signed else "sequential",
    )  # fmt: skip
    wide, pitch = cells.size[0], height * CELL_PITCH
    room = wide * ROOM
    labels = [Label(text, text, (wide + 0.04 * room, (n + 0.85) * pitch), -2) for n, text in enumerate(names)]
    return Panel(title, (wide + room, cells.size[1]), (cells, *labels), note, frame=False)


def _limit(values: Array) -> float:
    """End of the colours, never zero and never too small for float32."""
    return max(float(np.abs(values).max()), 1e-30)


# Charts -------------------------------------------------------------------------------------------------


def _sizes(scene: Scene) -> Curve:
    """Length of the gradient at each layer, as a power of ten: the way that is done, and the rest of it."""
    outputs, weights = (_log(norms) for norms in (scene.back.output_norms, scene.back.weight_norms))
    layers = np.arange(1, len(outputs) + 1, dtype=np.float64)
    first = next(n for n in range(len(outputs)) if scene.at.reached(n))
    everything = np.concatenate([outputs, weights])
    low, high = float(np.floor(everything.min() - 0.01)), float(np.ceil(everything.max() + 0.01))
    here = float(first + 1)
    series = (
        Series("", layers, outputs, "dashed", -2),
        Series("at outputs", layers[first:], outputs[first:], "solid", -1),
        Series("of weights", layers, weights, "dotted", 1),
        Series("", np.array([here, here]), np.array([low, high]), "dotted", -2),
    )
    return Curve(
        "Size of the gradient", series, "layer", "log₁₀ of its length", (low, high), (1.0, float(len(layers)) + 0.5)
    )


def _log(norms: Array) -> Array:
    return np.asarray(np.log10(np.maximum(norms, 10.0**SMALLEST_LOG)))


def _one_weight(scene: Scene) -> Table:
    at, checked = scene.at, scene.checked
    told = float(checked.autograd[at.layer].flat[at.index])
    now, then = (float(w[at.layer].flat[at.index]) for w in (scene.weights, scene.after))
    rows = (
        ("backprop", spoken.exact(scene.slope)),
        ("torch.autograd", spoken.exact(told)),
        ("weight moved ±", spoken.exact(checked.difference)),
        ("weight w", spoken.exact(now)),
        ("w − η ∂L/∂w", spoken.exact(then)),
    )
    return Table(f"Weight {at.index} of {at.layer_name}", ("∂L/∂w by", "value"), rows)


def _answer(scene: Scene) -> Bars:
    updated = scene.at.kind == "update"
    p = (scene.then if updated else scene.run).probabilities
    return Bars(
        "Answer", tuple(str(n) for n in range(len(p))), tuple(float(v) for v in p), chosen=scene.label,
        note="after the optimiser's step" if updated else "before any step",
    )  # fmt: skip
