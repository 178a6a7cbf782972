"""Which feature maps of a layer tell something: strong in a few places, near the middle, and each in its own."""

import numpy as np
from numpy.typing import NDArray

HOT = 0.1  # share of the cells that count as a map's own places
ALIKE = 0.5  # correlation from which two maps say the same
AT_THE_EDGE = 0.4  # weight of a cell at the border: people put into the middle what a photo is about


def telling(maps: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the numbers of up to `count` maps, the most telling first.

    A map's worth is how far the mean of its hottest tenth of cells lies above the mean of all its cells, with cells
    near the border counting less. A map that correlates with one already taken by more than `ALIKE` has to wait
    until those that differ are taken.

    Parameters
    ----------
    maps
        ``(C, h, w)``; of signed maps only what is above zero counts.
    """
    cells = np.maximum(maps, 0).reshape(len(maps), -1).astype(np.float64)
    order = np.argsort(-_worth(cells, maps.shape[1:]), kind="stable")
    centred = cells - cells.mean(1, keepdims=True)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    taken: list[int] = []
    alike = np.zeros(len(maps), np.bool_)
    for number in order.tolist():
        if len(taken) == count:
            break
        if not alike[number]:
            taken.append(number)
            alike |= unit @ unit[number] > ALIKE
    late = [number for number in order.tolist() if number not in set(taken)]
    return np.array([*taken, *late[: max(0, count - len(taken))]], np.int64)


def _worth(cells: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = (np.sin(np.pi * (np.arange(n) + 0.5) / n) for n in shape)
    weight = AT_THE_EDGE + (1 - AT_THE_EDGE) * np.outer(rows, columns).ravel()
    hot = max(1, round(HOT * cells.shape[1]))
    strongest = np.partition(cells * weight, -hot, axis=1)[:, -hot:]
    return np.asarray(strongest.mean(1) - (cells * weight).mean(1))
