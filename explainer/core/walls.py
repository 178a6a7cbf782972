"""A wall of small pictures with what a net says of each: how training demos show what was learnt, and what was not."""

import numpy as np
from numpy.typing import NDArray

from explainer.core.layers import Cells, Panel

BAND = 3 / 8  # of a picture's height, above it: room for its label
DIM = 0.3  # of the ink of a picture that is not lit


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
    ink = images if lit is None else images * np.where(lit, 1.0, DIM)[:, None, None]
    band = round(BAND * images.shape[1])
    cells = Cells(
        "digits", np.pad(ink.astype(np.float32), ((0, 0), (band, 0), (0, 0))), columns, 0.0, 1.0, "grey", labels
    )
    return Panel(title, cells.size, (cells,), note, frame=False)


def _name(number: int, names: tuple[str, ...]) -> str:
    return names[number] if names else str(number)
