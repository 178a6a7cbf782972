"""Pictures and charts of learning without labels: views, their similarities, the path, the spectrum, few labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart, Curve, Series, Table
from explainer.core.geometry import scale_shift
from explainer.core.layers import Image, Lines, Panel
from explainer.core.picture import heat
from explainer.core.spread import spread, spread_bars, spread_line
from explainer.core.walls import wall_of_words

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot

VIEWS, EACH = 4, 2  # of a picture, and pictures of a class, in the batch that is shown
EDGE, GAP = VIEWS * EACH, 1  # cells for a picture of each class along the edges, and between them and the matrix
WALL_ROWS = 6
CURVE = "Right by number of labels"
COLOURS = (1, 2, -1, 5)  # of pixels, a random net, what was learnt, and labels alone
LIMIT = 0.7  # of a standard deviation, on the axis of the spectrum
Floats = NDArray[np.float64]


def matrix_panel(similar: Floats, views: NDArray[np.float32], note: str) -> Panel:
    """Cosines of every two views, a picture of each class along both edges, and lines between classes."""
    count, start = len(similar), EDGE + GAP
    firsts = np.rint(255 * views[:: VIEWS * EACH]).astype(np.uint8)
    firsts = np.pad(firsts, ((0, 0), (1, 1), (1, 1)))  # so that they do not touch
    side = firsts.shape[1]
    scale = EDGE / side
    down = np.concatenate(list(firsts), 0)[..., None].repeat(3, 2)
    across = np.concatenate(list(firsts), 1)[..., None].repeat(3, 2)
    cells = heat(
        similar.astype(np.float32), scale_shift(1, 1, start, start), name="cosine", limit=1.0, signed=True, over=False,
        smooth=False,
    )  # fmt: skip
    end, pitch = start + count, VIEWS * EACH
    edges = [start + pitch * k for k in range(1, count // pitch)]
    lines = [np.array([[start, at], [end, at]], float) for at in edges]
    lines += [np.array([[at, start], [at, end]], float) for at in edges]
    layers = (
        Image("pictures down", down, scale_shift(scale, scale, 0, start), smooth=False),
        Image("pictures across", across, scale_shift(scale, scale, start, 0), smooth=False),
        cells,
        Lines("classes", tuple(lines), (-2,) * len(lines), width_px=0.8),
    )
    return Panel("Similarity of views", (end, end), layers, note, frame=False)


def views_panel(originals: NDArray[np.float32], views: NDArray[np.float32], labels: tuple[str, ...]) -> Panel:
    """A row for each picture: as it is, and the views that the loss is told belong together."""
    rows = np.linspace(0, len(originals) - 1, WALL_ROWS).astype(int)
    some = [np.stack([originals[row], *views[row * VIEWS : (row + 1) * VIEWS]]) for row in rows]
    words = [word for row in rows for word in (labels[row], *("",) * VIEWS)]
    return wall_of_words(
        "Views of a picture", np.concatenate(some), tuple(words), columns=VIEWS + 1, note="at the left as it is",
    )  # fmt: skip


def tasks_panel(title: str, pictures: NDArray[np.float32], heads: tuple[str, ...], note: str) -> Panel:
    """A row for each picture ``(R, C, S, S)``: what the task shows, and what it asks for."""
    rows, columns = pictures.shape[:2]
    words = (*heads, *("",) * (columns * (rows - 1)))
    return wall_of_words(
        title, pictures.reshape(rows * columns, *pictures.shape[2:]), words, columns=columns, note=note
    )


def path_chart(run: Snapshot, mark: int) -> Curve:
    """Where alignment and uniformity went so far, and where they go."""
    x, y = run.history["uniformity"], run.history["alignment"]
    rest = Series("to come", x[mark:], y[mark:], "dashed", colour=-2)
    lines = (Series("now", x[: mark + 1], y[: mark + 1]), *((rest,) if len(x) - mark > 1 else ()))
    return Curve(
        "Alignment and uniformity", lines, "uniformity", "alignment", (0.0, max(0.8, float(y.max()))), (-4.0, 0.0),
        note="lower is better, and further left",
    )  # fmt: skip


def spectrum_chart(sizes: Floats) -> Curve:
    """Standard deviation of the embedding along each of its own directions."""
    x = np.arange(1, len(sizes) + 1, dtype=np.float64)
    even = np.full(len(sizes), len(sizes) ** -0.5)
    lines = (Series("embedding", x, np.sqrt(sizes)), Series("evenly spread", x, even, "dashed", colour=-2))
    return Curve("Spread by direction", lines, "direction", "deviation", (0.0, LIMIT), note="flat at 0: collapse")


def label_charts(found: dict[str, Floats], chosen: int, counts: tuple[int, ...], learnt: str) -> tuple[Chart, ...]:
    """Share that is right for a number of labels, and for all numbers of them; with its spread over draws of them."""
    many = "1 label" if counts[chosen] == 1 else f"{counts[chosen]} labels"
    rows = [(name, 100 * table[:, chosen]) for name, table in found.items()]
    bars = spread_bars(f"Right with {many} of each class", rows, note="%, and its spread over draws of the labels")
    at = next((n for n, name in enumerate(found) if name == learnt), 0)
    x = np.log10(counts)
    lines = [
        spread_line(name, x, 100 * one, *(("solid", -1) if n == at else ("dashed", COLOURS[n])))
        for n, (name, one) in enumerate(found.items())
    ]
    curve = Curve(
        CURVE, tuple(lines), "labels of each class, log₁₀ (1, 10, 100)", "% right",
        (0.0, 100.0), note="band: one standard deviation over draws of the labels",
    )  # fmt: skip
    table = Table(
        "With spread", ("% right", *(f"{count} a class" for count in counts)),
        tuple((name, *(spread(100 * column).words() for column in one.T)) for name, one in found.items()),
    )  # fmt: skip
    return replace(bars, chosen=at), curve, table
