"""What the backpropagation stepper shows and says at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explainer.core.charts import Bars, Chart, Curve, Matrix, Series, Table
from explainer.core.layers import CELL_PITCH, Boxes, Cells, Heat, Image, Label, Layer, Panel
from explainer.demos.learning import _stepper_words as spoken
from explainer.demos.learning._stepper_scene import Checked, Place, Scene

if TYPE_CHECKING:
    from explainer.vision.training.backprop import Array

__all__ = ["Checked", "Place", "Scene", "badges", "charts", "panels", "reading", "values"]

badges, reading, values = spoken.badges, spoken.reading, spoken.values
ROOM = 20.0  # panel pixels beside a mosaic for the names of its rows
SMALLEST_LOG = -16.0  # where a gradient of 0 is drawn


def panels(scene: Scene) -> tuple[Panel, ...]:
    """The digit, the net forwards, the net backwards, the present layer, its weights."""
    return (_digit(scene), _net(scene, back=False), _net(scene, back=True), _present(scene), _weights(scene))


def charts(scene: Scene) -> tuple[Chart, ...]:
    """Sizes of the gradient, one kernel in numbers, one weight three ways, the answer."""
    return (_sizes(scene), _kernel(scene), _one_weight(scene), _answer(scene))


# Pictures -----------------------------------------------------------------------------------------------


def _digit(scene: Scene) -> Panel:
    grey = np.repeat((255 * scene.image).round().astype(np.uint8)[:, :, None], 3, axis=2)
    layers: list[Layer] = [Image("digit", grey, smooth=False)]
    note = f"a {scene.label}"
    if scene.at.done > scene.at.recipe.depth:
        gradient = scene.back.convs[0].handed_on[0]
        limit = _limit(gradient)
        layers.append(Heat("gradient", gradient.astype(np.float32), -limit, limit, colours="diverging", smooth=False))
        note = f"a {scene.label}, and ∂L/∂x"
    return Panel("Digit", (8.0, 8.0), tuple(layers), note, frame=False)


def _net(scene: Scene, *, back: bool) -> Panel:
    """All layers, one to a row: what they put out, or the gradient there as far as it has come."""
    from explainer.vision.training.backprop import enlarged

    run, way, at = scene.run, scene.back, scene.at
    if back:
        maps = [conv.arrived if at.reached(n) else 0 * conv.arrived for n, conv in enumerate(way.convs)]
        maps.append(enlarged(way.pooled) * (at.done >= 1))
    else:
        maps = [*(conv.y for conv in run.convs), enlarged(run.pooled)]
    names = (*(f"conv {n + 1}" for n in range(len(run.convs))), "pool")
    title, name = ("Backward", "gradients") if back else ("Forward", "outputs")
    note = "∂L/∂y, one scale" if back else "y, one scale"
    if back and at.done == 0:
        note = "nothing has come back yet"
    return _rows(title, name, np.stack(maps), names, note, chosen=at.row)


def _present(scene: Scene) -> Panel:
    """What happens in the layer that the gradient has just come through."""
    at, way, run = scene.at, scene.back, scene.run
    if at.kind == "loss":
        return _scores(scene)
    if at.kind == "linear":
        return _rows("In the linear layer", "parts", np.stack([run.pooled, way.pooled]), ("x", "∂L/∂x"), _OWN, own=True)
    if at.kind == "pool":
        from explainer.vision.training.backprop import enlarged

        parts = [enlarged(way.pooled), run.routes.astype(float), way.convs[-1].arrived]
        return _rows("In the pool", "parts", np.stack(parts), ("arrives", "winners", "passed"), _OWN, own=True)
    if at.kind == "update":
        before, after = scene.weights[0], scene.after[0]
        parts = [before[:, 0], way.weights[0][:, 0], after[:, 0]]
        return _rows("In the optimiser", "parts", np.stack(parts), ("w", "g", "w − ηg"), "conv 1; " + _OWN, own=True)
    conv = way.convs[at.layer]
    parts, names = [conv.arrived, conv.gate, conv.passed], ["arrives", "gate f′", "passed"]
    if at.layer:
        parts, names = [*parts, conv.handed_on], [*names, "∂L/∂x"]
    return _rows(f"In conv {at.layer + 1}", "parts", np.stack(parts), tuple(names), _OWN, own=True)


_OWN = "each row on its own scale"


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
    title: str, name: str, maps: Array, names: tuple[str, ...], note: str, *, own: bool = False, chosen: int = -1
) -> Panel:
    """Mosaic of ``(R, 8, h, w)``, a row for each name; with `own` each row is divided by its largest value."""
    if own:
        maps = np.stack([row / _limit(row) for row in maps])
    rows, columns, height, width = maps.shape
    limit = 1.0 if own else _limit(maps)
    signed = bool(maps.min() < 0) or title == "Backward"
    cells = Cells(
        name, maps.reshape(rows * columns, height, width).astype(np.float32), columns,
        -limit if signed else 0.0, limit, "diverging" if signed else "sequential",
    )  # fmt: skip
    wide, pitch = cells.size[0], height * CELL_PITCH
    layers: list[Layer] = [cells]
    room = ROOM * height / 8
    for n, text in enumerate(names):
        here = n == chosen
        layers.append(Label(text, text, (wide + 0.05 * room, (n + 0.8) * pitch), -1 if here or chosen < 0 else -2))
        if here:
            layers.append(Boxes("here", np.array([[0.0, n * pitch, wide, (n + 1) * pitch]]), colours=(-1,)))
    return Panel(title, (wide + room, cells.size[1]), tuple(layers), note, frame=False)


def _weights(scene: Scene) -> Panel:
    """Gradient of every kernel of the layer; a click on one takes its middle weight."""
    at, gradient = scene.at, scene.gradient
    outs, ins, height, width = gradient.shape
    tiles = gradient.reshape(outs * ins, height, width).astype(np.float32)
    limit, size = _limit(gradient), height * width
    middle = size // 2 if height % 2 else (height // 2) * width + width // 2
    cells = Cells(
        "kernels", tiles, 8, -limit, limit, "diverging",
        sets=tuple({"weight": n * size + middle} for n in range(outs * ins)), chosen=at.index // size,
    )  # fmt: skip
    return Panel("Gradient of the weights", cells.size, (cells,), f"{at.layer_name}, {outs * ins} kernels", frame=False)


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


def _kernel(scene: Scene) -> Matrix:
    at, gradient = scene.at, scene.gradient
    height, width = gradient.shape[2:]
    size = height * width
    number = at.index // size
    to, come = divmod(number, gradient.shape[1])
    grid = gradient.reshape(-1, height, width)[number]
    row, column = divmod(at.index % size, width)
    names = tuple(str(n + 1) for n in range(height))
    return Matrix(
        "One kernel's gradient", grid, names, tuple(str(n + 1) for n in range(width)),
        format=".1e", note=f"{at.layer_name}, map {come + 1} to {to + 1}; row {row + 1}, column {column + 1} is checked",
        colours="diverging", sets=tuple({"weight": number * size + n} for n in range(size)),
    )  # fmt: skip


def _one_weight(scene: Scene) -> Table:
    at, checked = scene.at, scene.checked
    told = float(checked.autograd[at.layer].flat[at.index])
    now, then = (float(w[at.layer].flat[at.index]) for w in (scene.weights, scene.after))
    rows = (
        ("backpropagation", spoken.small(scene.slope)),
        ("torch.autograd", spoken.small(told)),
        ("weight moved ±", spoken.small(checked.difference)),
        ("weight w", spoken.small(now)),
        ("w − η ∂L/∂w", spoken.small(then)),
    )
    return Table(f"Weight {at.index} of {at.layer_name}", ("∂L/∂w by", "value"), rows)


def _answer(scene: Scene) -> Bars:
    updated = scene.at.kind == "update"
    p = (scene.then if updated else scene.run).probabilities
    return Bars(
        "Answer", tuple(str(n) for n in range(len(p))), tuple(float(v) for v in p), chosen=scene.label,
        note="after the optimiser's step" if updated else "before any step",
    )  # fmt: skip
