"""Pictures and charts of learning without labels: views, their similarities, the path, the spectrum, few labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart, Curve, Series
from explainer.core.layers import Panel
from explainer.core.likeness import likeness
from explainer.core.spread import spread_bars, spread_curve, spread_table
from explainer.core.walls import wall_of_words

if TYPE_CHECKING:
    from explainer.vision.training.fit import Snapshot

VIEWS, EACH = 4, 2  # of a picture, and pictures of a class, in the batch that is shown
WALL_ROWS = 6
CURVE = "Right by number of labels"
LIMIT = 0.7  # of a standard deviation, on the axis of the spectrum
Floats = NDArray[np.float64]


def matrix_panel(similar: Floats, views: NDArray[np.float32], note: str) -> Panel:
    """Cosines of every two views, with a picture of each class along both edges."""
    firsts = np.rint(255 * views[:: VIEWS * EACH]).astype(np.uint8)
    return likeness("Similarity of views", similar, list(firsts), note)


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
    at = next((n for n, name in enumerate(found) if name == learnt), 0)
    percent = {name: 100 * table for name, table in found.items()}
    rows = [(name, table[:, chosen]) for name, table in percent.items()]
    bars = spread_bars(f"Right with {many} of each class", rows, note="%, and its spread over draws of the labels")
    curve = spread_curve(
        CURVE, percent, np.log10(counts), "labels of each class, log₁₀ (1, 10, 100)", "% right", (0.0, 100.0),
        chosen=at, note="band: one standard deviation over draws of the labels",
    )  # fmt: skip
    table = spread_table("With spread", percent, "% right", [f"{count} a class" for count in counts])
    return replace(bars, chosen=at), curve, table
