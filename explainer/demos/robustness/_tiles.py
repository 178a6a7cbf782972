"""A sheet of copies of a picture, each with what the network calls it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Image, Label, Layer, Panel

GAP = 10
PITCH, GROUND = 1.1, 140  # side of a small copy's place over its own, and the grey between two
TINT, TINTED = (230, 159, 0), 0.5  # colour over a copy that votes otherwise, and its share
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
        layers.append(Label(f"answer {n}", answers[n], (x + 0.05 * side, y + 0.15 * side), colours[n]))
        if n < len(feet):
            layers.append(Label(f"foot {n}", feet[n], (x + 0.05 * side, y + 0.92 * side)))
    width, height = (count * (side + GAP) - GAP for count in (min(across, len(tiles)), -(-len(tiles) // across)))
    return Panel(title, (float(width), float(height)), tuple(layers), note, frame=False)


def mosaic(
    title: str, small: NDArray[np.uint8], room: int, colours: NDArray[np.int64], names: dict[int, str], note: str
) -> Panel:
    """Lay many small copies out as a square that has room for more.

    Parameters
    ----------
    small
        ``(N, s, s, 3)``.
    room
        Places; those after the N copies are empty.
    colours
        Of the frames ``(N,)``; 0 for copies that have none. Those that have one are tinted as well.
    names
        Colour → the word at the first frame that has it.
    """
    side, across = small.shape[1], int(np.ceil(np.sqrt(room)))
    pitch = round(PITCH * side)
    corners = np.stack(np.divmod(np.arange(len(small)), across)[::-1], 1) * pitch
    pixels = np.full((-(-room // across) * pitch, across * pitch, 3), GROUND, np.uint8)
    for (x, y), tile, colour in zip(corners, small, colours, strict=True):
        shade = TINTED if colour else 0.0
        pixels[y : y + side, x : x + side] = np.rint((1 - shade) * tile + shade * np.array(TINT))
    frames = np.concatenate([corners - 1, corners + side + 1], 1).astype(float)
    layers: list[Layer] = [Image("copies", pixels)]
    for colour in np.unique(colours[colours > 0]).tolist():
        of = frames[colours == colour]
        layers.append(Boxes(f"framed {colour}", of[1:], colours=(colour,) * (len(of) - 1)))
        layers.append(Boxes(f"first {colour}", of[:1], (names.get(colour, ""),) * (colour in names), (colour,)))
    return Panel(title, (float(pixels.shape[1]), float(pixels.shape[0])), tuple(layers), note, frame=False)
