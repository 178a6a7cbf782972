"""A similarity matrix whose rows and columns bear the pictures that they stand for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import scale_shift
from explainer.core.layers import Image, Lines, Panel
from explainer.core.picture import heat

GAP = 1  # cells between the pictures and the matrix


def likeness(title: str, similar: NDArray[np.floating], pictures: Sequence[NDArray[np.uint8]], note: str) -> Panel:
    """Cosines of every two of ``N`` things, in blocks of equal length, a picture of each block along both edges.

    Parameters
    ----------
    similar
        ``(N, N)``, −1…1.
    pictures
        One grey square ``(S, S)`` uint8 for each block; ``N`` is a multiple of their number.
    """
    count, each = len(similar), len(similar) // len(pictures)
    start = each + GAP
    end = start + count
    apart = [np.pad(one, 1) for one in pictures]  # so that they do not touch
    scale = each / len(apart[0])
    down, across = (np.concatenate(apart, axis)[..., None].repeat(3, 2) for axis in (0, 1))
    edges = range(start + each, end, each)
    lines = [np.array([[start, at], [end, at]], float) for at in edges]
    lines += [np.array([[at, start], [at, end]], float) for at in edges]
    layers = (
        Image("pictures down", down, scale_shift(scale, scale, 0, start), smooth=False),
        Image("pictures across", across, scale_shift(scale, scale, start, 0), smooth=False),
        heat(
            similar.astype(np.float32), scale_shift(1, 1, start, start), name="cosine", limit=1.0, signed=True,
            over=False, smooth=False,
        ),
        Lines("blocks", tuple(lines), (-2,) * len(lines), width_px=0.8),
    )  # fmt: skip
    return Panel(title, (end, end), layers, note, frame=False)
