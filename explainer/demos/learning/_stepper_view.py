"""What the backpropagation stepper shows and says at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explainer.core.charts import Bars, Chart, Curve, Matrix, Series, Table
from explainer.core.layers import CELL_PITCH, Boxes, Cells, Label, Layer, Panel
from explainer.core.plays import Play
from explainer.demos.learning import _stepper_words as spoken
from explainer.demos.learning._stepper_scene import Checked, Place, Scene

if TYPE_CHECKING:
    from explainer.vision.training.backprop import Array

__all__ = ["Checked", "Place", "Scene", "badges", "charts", "headline", "panels", "play", "reading", "values"]

badges, headline, reading, values = spoken.badges, spoken.headline, spoken.reading, spoken.values
ROOM = 0.27  # place beside a mosaic for the names of its rows, as a share of its width
NAMED = 8  # so many rows have room for a name each
SMALLEST_LOG = -16.0  # where a gradient of 0 is drawn


def panels(scene: Scene) -> tuple[Panel, ...]:
    """The net backwards, the present layer, the net forwards, the present layer's weights."""
    return (_net(scene, back=True), _present(scene), _net(scene, back=False), _weights(scene))


def play(scene: Scene) -> Play:
    """The way back, from the loss to the optimiser's step."""
    at, last = scene.at, scene.at.recipe.depth + 2
    where = {
        "loss": "at the loss",
        "linear": "through the linear layer",
        "pool": "through the pool",
        "update": "the optimiser's step",
    }
    note = where.get(at.kind, f"through conv {at.layer + 1}")
    return Play("step", 0.0, float(last), float(at.done), counted=f"step {at.done} of {last}", note=note)


def charts(scene: Scene) -> tuple[Chart, ...]:
    """Sizes of the gradient, one kernel in numbers or the answer, one weight three ways."""
    answers = scene.at.kind in ("loss", "update")
    return (_sizes(scene), _answer(scene) if answers else _kernel(scene), _one_weight(scene))


# Pictures -----------------------------------------------------------------------------------------------


def _net(scene: Scene, *, back: bool) -> Panel:
    """Input and all layers, one to a row: what they put out, or the gradient there as far as it has come."""
    from explainer.vision.training.backprop import enlarged

    run, way, at = scene.run, scene.back, scene.at
    if back:
        maps = np.stack([_alone(way.convs[0].handed_on[0]), *(c.arrived for c in way.convs), enlarged(way.pooled)])
    else:
        maps = np.stack([_alone(scene.image), *(conv.y for conv in run.convs), enlarged(run.pooled)])
    came = len(maps) - np.arange(len(maps)) <= at.done  # row by row: whether the gradient has come so far
    limit = _limit(maps[came] if back and at.done else maps)
    if back:
        maps = np.where(came[:, None, None, None], maps, 0.0)
    names = ("digit", *(f"conv {n + 1}" for n in range(len(run.convs))), "pool")
    title, name = ("Backward", "gradients") if back else ("Forward", "outputs")
    note = ("∂L/∂y, one scale" if at.done else "not begun") if back else f"y, for a {scene.label}"
    return _rows(title, name, maps, names, note, limit=limit, signed=back or maps.min() < 0, chosen=at.row)


def _alone(one: Array) -> Array:
    """A single map with seven empty ones, for a row of eight."""
    return np.concatenate([one[None], np.zeros((7, *one.shape))])


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
    limit: float, signed: bool, chosen: int = -1,
) -> Panel:  # fmt: skip
    """Mosaic of ``(R, 8, h, w)`` with the name of each row beside it; of many rows only the chosen one's."""
    rows, columns, height, width = maps.shape
    cells = Cells(
        name, maps.reshape(rows * columns, height, width).astype(np.float32), columns,
        -limit if signed else 0.0, limit, "diverging" if signed else "sequential",
    )  # fmt: skip
    wide, pitch = cells.size[0], height * CELL_PITCH
    room, layers = wide * ROOM, [cells]
    more: list[Layer] = [
        Label(text, text, (wide + 0.04 * room, (n + 0.85) * pitch), -1 if n == chosen else -2)
        for n, text in enumerate(names)
        if rows <= NAMED or n == chosen
    ]
    if chosen >= 0:
        more.append(Boxes("here", np.array([[0.0, chosen * pitch, wide, (chosen + 1) * pitch]]), colours=(-1,)))
    return Panel(title, (wide + room, cells.size[1]), (*layers, *more), note, frame=False)


def _weights(scene: Scene) -> Panel:
    """Gradient of every kernel of the layer; a click on one takes its middle weight."""
    at, gradient = scene.at, scene.gradient
    outs, ins, height, width = gradient.shape
    tiles = gradient.reshape(outs * ins, height, width).astype(np.float32)
    limit, size = _limit(gradient), height * width
    middle = size // 2 if height % 2 else (height // 2) * width + width // 2
    cells = Cells(
        "kernels", tiles, 8 if height == 3 else 16, -limit, limit, "diverging",
        sets=tuple({"weight": n * size + middle} for n in range(outs * ins)), chosen=at.index // size,
    )  # fmt: skip
    return Panel("Weight gradients", cells.size, (cells,), at.layer_name, frame=False)


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
        "One kernel", grid, names, tuple(str(n + 1) for n in range(width)),
        format=".1e", note=f"map {come + 1} → {to + 1}; row {row + 1}, column {column + 1}",
        colours="diverging", sets=tuple({"weight": number * size + n} for n in range(size)),
    )  # fmt: skip


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
