"""A wall of small pictures with what a net says of each: how training demos show what was learnt, and what was not."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import scale_shift
from explainer.core.layers import CELL_PITCH, Boxes, Cells, Image, Label, Panel

BAND = 3 / 8  # of a picture's height, above it: room for its label
DIM = 0.45  # of the ink of a picture that is not lit
ERROR = 5  # colour of a frame
ABREAST, ACROSS = 9, 3  # pictures of each of two walls side by side that a hall can read, and columns of them
STRIP = 0.17  # of a photo's height, above and below it: room for its words
FOOT = 1 / 4  # of a picture's height, below it: room for its words
SHOT_PX, LEAD = 80, 1.6  # side of a small colour picture, and room for the name before a row of them, in sides
SPELT = 2  # labels of one picture that have room; more are counted


def wall(
    title: str,
    images: NDArray[np.float32],
    true: NDArray[np.integer],
    said: NDArray[np.integer],
    *,
    columns: int,
    lit: NDArray[np.bool_] | None = None,
    names: tuple[str, ...] = (),
    note: str = "",
) -> Panel:
    """Panel of pictures, each labelled ``3``, or ``3→8`` where a net takes a 3 for an 8.

    Parameters
    ----------
    images
        ``(N, h, w)`` in 0…1.
    true, said
        What each is, and what the net says, ``(N,)``: numbers of classes.
    lit
        Which of them are bright, ``(N,)``; without it all are.
    names
        Of the classes; without them their numbers.
    """
    labels = tuple(
        _name(t, names) if t == s else f"{_name(t, names)}→{_name(s, names)}"
        for t, s in zip(true.tolist(), said.tolist(), strict=True)
    )
    return _labelled(title, images, labels, columns, lit, note)


def wall_of_answers(
    title: str,
    images: NDArray[np.float32],
    true: NDArray[np.integer],
    said: NDArray[np.integer],
    *,
    columns: int = ACROSS,
    wrong: NDArray[np.bool_] | None = None,
    note: str = "",
) -> Panel:
    """Panel of a few large pictures at full contrast, ``3`` below each; a misread one is framed: ``3 read as 8``.

    Parameters
    ----------
    images
        ``(N, h, w)`` in 0…1.
    true, said
        What each is, and what the net says, ``(N,)``: numbers of classes.
    wrong
        Which are framed, ``(N,)``; without it those that are misread.
    """
    below = tuple(str(t) if t == s else f"{t} read as {s}" for t, s in zip(true.tolist(), said.tolist(), strict=True))
    return wall_with_marks(title, images, below, said != true if wrong is None else wrong, columns=columns, note=note)


def wall_with_marks(
    title: str,
    images: NDArray[np.float32],
    below: tuple[str, ...],
    wrong: NDArray[np.bool_],
    *,
    columns: int = ACROSS,
    note: str = "",
) -> Panel:
    """Panel of pictures ``(N, h, w)`` in 0…1 with words below each; those that are `wrong` ``(N,)`` are framed."""
    foot = round(FOOT * images.shape[1])
    cells = Cells(
        "digits", np.pad(images.astype(np.float32), ((0, 0), (0, foot), (0, 0))), columns, 0.0, 1.0, "grey",
        below=below, marks=_marks(wrong),
    )  # fmt: skip
    return Panel(title, cells.size, (cells,), note, frame=False)


def _marks(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(ERROR if one else -1 for one in wrong.tolist())


def wall_of_sets(
    title: str,
    images: NDArray[np.float32],
    true: NDArray[np.bool_],
    said: NDArray[np.bool_],
    *,
    columns: int,
    note: str = "",
) -> Panel:
    """Panel of pictures that may have several labels: ``3+8`` and bright where all are right, else ``3+8→3`` and dim.

    Parameters
    ----------
    images
        ``(N, h, w)`` in 0…1.
    true, said
        Which labels each has, and which a net says, ``(N, K)``; more than `SPELT` of them are only counted.
    """
    right = (true == said).all(1)
    labels = tuple(_set(t) if same else _taken(t, s) for t, s, same in zip(true, said, right, strict=True))
    return _labelled(title, images, labels, columns, right, note)


def _taken(true: NDArray[np.bool_], said: NDArray[np.bool_]) -> str:
    return f"{_set(true)}→{_set(said)}" if said.sum() <= SPELT else f"{said.sum()} labels"


def _set(which: NDArray[np.bool_]) -> str:
    return "+".join(map(str, np.flatnonzero(which))) or "–"


def _labelled(
    title: str,
    images: NDArray[np.float32],
    labels: tuple[str, ...],
    columns: int,
    lit: NDArray[np.bool_] | None,
    note: str,
) -> Panel:
    ink = images if lit is None else images * np.where(lit, 1.0, DIM)[:, None, None]
    band = round(BAND * images.shape[1])
    cells = Cells(
        "digits", np.pad(ink.astype(np.float32), ((0, 0), (band, 0), (0, 0))), columns, 0.0, 1.0, "grey", labels
    )
    return Panel(title, cells.size, (cells,), note, frame=False)


def wall_of_words(
    title: str, images: NDArray[np.float32], labels: tuple[str, ...], *, columns: int, note: str = ""
) -> Panel:
    """Panel of pictures ``(N, h, w)`` in 0…1, each with a word of its own."""
    return _labelled(title, images, labels, columns, None, note)


def wall_of_photos(
    title: str,
    pictures: NDArray[np.uint8],
    labels: tuple[str, ...],
    below: tuple[str, ...],
    *,
    columns: int,
    lit: NDArray[np.bool_],
    smooth: bool = True,
    note: str = "",
    wrong: NDArray[np.bool_] | None = None,
) -> Panel:
    """Panel of photos ``(N, h, w, 3) uint8``, each with a word above and one below; bright where they are `lit`.

    With `wrong` ``(N,)`` the words have strips of their own, which leave the picture free, and wrong ones are framed.
    """
    count, height, width = pictures.shape[:3]
    band = 0 if wrong is None else round(STRIP * height)
    cells = Cells(
        "words", np.zeros((count, height + 2 * band, width), np.float32), columns, 0.0, 1.0,
        "categorical" if wrong is None else "grey", labels, below=below, marks=() if wrong is None else _marks(wrong),
    )  # fmt: skip
    dimmed = np.rint(pictures * np.where(lit, 1.0, DIM)[:, None, None, None]).astype(np.uint8)
    high = (height + 2 * band) * CELL_PITCH
    corners = [(n % columns * width * CELL_PITCH, n // columns * high + band) for n in range(count)]
    images = tuple(
        Image(f"picture {n + 1}", one, scale_shift(1, 1, *corner), smooth=smooth)
        for n, (one, corner) in enumerate(zip(dimmed, corners, strict=True))
    )
    return Panel(title, cells.size, (cells, *images), note, frame=False)


def named_wall(
    title: str,
    images: NDArray[np.float32],
    true: NDArray[np.integer],
    said: NDArray[np.integer],
    names: tuple[str, ...],
    *,
    columns: int,
    rows: int,
) -> Panel:
    """Panel of the first pictures with the name that a net gives each, wrong ones framed; the note has its accuracy.

    Parameters
    ----------
    images
        ``(N, h, w)`` grey or ``(N, h, w, 3)``, in 0…1.
    true, said
        Numbers of classes, ``(N,)``.
    """
    few = images[: columns * rows]
    grey = few if few.ndim == 3 else few.mean(3)
    wrong, labels = said != true, tuple(names[k] for k in said[: len(few)])
    note = f"{100 * float(1 - wrong.mean()):.0f} % right"
    return framed(wall_of_words(title, grey, labels, columns=columns, note=note), wrong[: len(few)])


def wall_of_classes(
    title: str,
    pictures: NDArray[np.uint8],
    labels: NDArray[np.integer],
    names: tuple[str, ...],
    *,
    mistaken: Mapping[int, int] = {},
    in_use: int = 0,
    columns: int = 8,
) -> Panel:
    """Panel with a row of colour pictures for each class that has some, and its name in front.

    Parameters
    ----------
    pictures
        ``(N, S, S, 3) uint8``; the newest `columns` of each class are shown.
    labels
        Number of the class of each, ``(N,)``.
    mistaken
        Pictures that are taken for another class, number → class: they come first, framed, with its name.
    in_use
        So many of the classes have a row even without pictures.
    """
    step = max(1, pictures.shape[1] // SHOT_PX)
    side = pictures.shape[1] // step
    pitch, lead = side * CELL_PITCH, side * LEAD
    counts = np.bincount(labels, minlength=len(names))
    classes = [k for k, count in enumerate(counts) if k < in_use or count]
    layers: list[Image | Boxes | Label] = []
    boxes, words, most = [], [], 3
    for down, k in enumerate(classes):
        mine = sorted(np.flatnonzero(labels == k).tolist(), key=lambda one: (one not in mistaken, -one))[:columns]
        most = max(most, len(mine))
        for across, one in enumerate(mine):
            x, y = lead + across * pitch, down * pitch
            small = np.ascontiguousarray(pictures[one, ::step, ::step])
            layers.append(Image(f"{names[k]} {one + 1}", small, scale_shift(1, 1, x, y)))
            if one in mistaken:
                boxes.append([x, y, x + side, y + side])
                words.append(f"→ {names[mistaken[one]]}")
        layers.append(Label(f"class {k}", f"{names[k]} · {counts[k]}", (side / 12, (down + 0.35) * pitch), k))
    frames = Boxes("mistaken", np.array(boxes, float).reshape(-1, 4), tuple(words), (ERROR,) * len(boxes))
    return Panel(title, (lead + most * pitch, max(1, len(classes)) * pitch), (*layers, frames), frame=False)


def framed(panel: Panel, which: NDArray[np.bool_]) -> Panel:
    """Return a wall with frames in the colour of errors round those of its pictures, ``(N,)``."""
    (cells,) = (layer for layer in panel.layers if isinstance(layer, Cells))
    boxes = squares(cells, which)
    return replace(panel, layers=(*panel.layers, Boxes("framed", boxes, colours=(ERROR,) * len(boxes))))


def outlines(cells: Cells, inside: NDArray[np.bool_]) -> tuple[NDArray[np.float64], ...]:
    """Lines ``(2, 2)`` in panel pixels round those pixels of a wall's pictures, ``(N, h, w)``, that are inside."""
    found = []
    _, height, width = cells.values.shape
    for number, one in enumerate(np.pad(inside, ((0, 0), (1, 1), (1, 1)))):
        row, column = divmod(number, cells.columns)
        corner = np.array([column * width * CELL_PITCH, row * height * CELL_PITCH])
        for axis, along in ((0, (1, 0)), (1, (0, 1))):
            for at in np.argwhere(np.diff(one, axis=axis)):
                begin = at[::-1] - (np.array([1, 0]) if axis == 0 else np.array([0, 1]))
                found.append(corner + np.stack([begin, begin + along]))
    return tuple(found)


def stairs(cells: Cells, count: int) -> NDArray[np.float64]:
    """Line between the first `count` pictures of a wall and the others, ``(2 or 4, 2)`` in panel pixels."""
    n, height, width = cells.values.shape
    row, column = divmod(min(count, n), cells.columns)
    steps = np.array([[0, row + 1], [column, row + 1], [column, row], [cells.columns, row]], float)
    if not column:
        steps = np.array([[0, row], [cells.columns, row]], float)
    return np.asarray(steps * (width * CELL_PITCH, height * CELL_PITCH))


def squares(cells: Cells, which: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Frames of those pictures of a wall, ``(M, 4)`` in panel pixels, a little inside their edges."""
    rows, columns = np.divmod(np.flatnonzero(which), cells.columns)
    _, height, width = cells.values.shape
    corners = np.stack([columns + 0.05, rows + 0.05, columns + 0.92, rows + 0.92], 1)
    return np.asarray(corners * CELL_PITCH * (width, height, width, height))


def _name(number: int, names: tuple[str, ...]) -> str:
    return names[number] if names else str(number)
