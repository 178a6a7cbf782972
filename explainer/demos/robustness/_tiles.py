"""A sheet of copies of a picture, each with what the network calls it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Image, Label, Layer, Panel

GAP = 10
SAME, OTHER = 0, 1  # colours of a tile: its answer is kept, or it is another


def sheet(
    title: str,
    tiles: Sequence[NDArray[np.uint8]],
    answers: Sequence[str],
    colours: Sequence[int],
    note: str,
    *,
    columns: int = 0,
    feet: Sequence[str] = (),
) -> Panel:
    """Lay square tiles of one size out in rows.

    Parameters
    ----------
    answers, colours
        For each tile the words at its head, and the colour of its frame and of the chip that holds them.
    columns
        By default so many that the sheet is about twice as wide as high.
    feet
        Words at the foot of each tile.
    """
    side, across = tiles[0].shape[0], columns or max(1, int(np.ceil(np.sqrt(len(tiles) * 1.9))))
    corners = [(n % across * (side + GAP), n // across * (side + GAP)) for n in range(len(tiles))]
    layers: list[Layer] = [
        Image(f"tile {n}", tile, scale_shift(1, 1, *corner))
        for n, (tile, corner) in enumerate(zip(tiles, corners, strict=True))
    ]
    frames = np.array([[x + 1, y + 1, x + side - 1, y + side - 1] for x, y in corners], float)
    layers.append(Boxes("frames", frames, colours=tuple(colours)))
    for n, (x, y) in enumerate(corners):
        layers.append(Label(f"answer {n}", answers[n], (x + 0.05 * side, y + 0.08 * side), colours[n]))
        if n < len(feet):
            layers.append(Label(f"foot {n}", feet[n], (x + 0.05 * side, y + 0.92 * side)))
    width, height = (count * (side + GAP) - GAP for count in (min(across, len(tiles)), -(-len(tiles) // across)))
    return Panel(title, (float(width), float(height)), tuple(layers), note, frame=False)
