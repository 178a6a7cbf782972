"""What a network made of one picture on its way through: of each layer the strongest map, and the best class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class StripThumb:
    """The strongest map of one layer.

    Strongest is the channel with the largest ``mean |A| · std A`` over its cells: it answers much, and not the
    same everywhere.

    Parameters
    ----------
    layer
        Name of the layer, as the model card has it.
    values
        ``(h, w) float32``, 0…1 from the map's least to its largest value; all 0 where it is flat.
    lo, hi
        What 0 and 1 stand for.
    channel
        Which of the layer's channels it is, from 0.
    """

    layer: str
    values: NDArray[np.float32]
    lo: float
    hi: float
    channel: int


@dataclass(frozen=True, slots=True, eq=False)
class NetworkStrip:
    """One picture before one network, layer by layer.

    Parameters
    ----------
    model
        Name of the network's card.
    input
        What the network sees of the picture, ``(h, w, 3) uint8 RGB``, small.
    thumbs
        One for each layer that has height and width, from the input on.
    label, score
        Best class and its probability.
    """

    model: str
    input: NDArray[np.uint8]
    thumbs: tuple[StripThumb, ...]
    label: str
    score: float


def spread(count: int, most: int, needed: Sequence[int] = ()) -> list[int]:
    """Choose at most `most` of `count` things evenly, the first and the last among them.

    Each of the `needed` takes the place of the nearest chosen one, so that the others stay where they are.
    """
    most = max(1, most, len(set(needed)))
    if count <= most:
        return list(range(count))
    steps = max(1, most - 1)
    chosen = {round(i * (count - 1) / steps) for i in range(most)} if most > 1 else {count - 1}
    for one in needed:
        if one not in chosen:
            chosen.remove(min(chosen - set(needed), key=lambda other: abs(other - one)))
            chosen.add(one)
    return sorted(chosen)
