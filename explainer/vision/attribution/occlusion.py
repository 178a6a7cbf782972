"""Occlusion sensitivity: cover a window, see how far the score falls, move on (Zeiler and Fergus 2014).

For a pixel p, ``S_p = mean over windows w ∋ p of (yᶜ(x) − yᶜ(x with w covered))``: positive where the score
needs the pixels, negative where it does better without them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.attribution.controls import stand_in
from explainer.vision.attribution.local_change import local_change

CPU_BATCH, GPU_BATCH = 8, 64
FIRST_WINDOWS = 20  # so many, spread over the picture, make the first coarse map


@dataclass(frozen=True, slots=True)
class Windows:
    """Where the window stands: rows and columns of top left corners, cut off at the picture's edge.

    Parameters
    ----------
    side, window, stride
        Of the picture, of the window, and between neighbours, in pixels.
    """

    side: int
    window: int
    stride: int

    @property
    def per_row(self) -> int:
        """Number of places along one side: the last one reaches the edge."""
        return 1 + max(0, -(-(self.side - self.window) // self.stride))

    @property
    def count(self) -> int:
        """Number of places."""
        return self.per_row**2

    def box(self, index: int, margin: int = 0) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of place `index` in pixels, widened by `margin` on each side."""
        row, column = divmod(index, self.per_row)
        left, top = column * self.stride, row * self.stride
        right, bottom = left + self.window, top + self.window
        low, high = 0, self.side
        return (
            max(left - margin, low), max(top - margin, low), min(right + margin, high), min(bottom + margin, high)
        )  # fmt: skip

    def levels(self) -> list[tuple[int, list[int]]]:
        """Places from coarse to fine, each once: ``(step, indices)`` with every `step`-th row and column.

        The first level has about `FIRST_WINDOWS` places, the last has step 1.
        """
        step = 1
        while (-(-self.per_row // step)) ** 2 > FIRST_WINDOWS:
            step *= 2
        found, seen = [], set[int]()
        while step:
            lattice = range(0, self.per_row, step)
            new = [r * self.per_row + c for r in lattice for c in lattice if r * self.per_row + c not in seen]
            seen.update(new)
            found.append((step, new))
            step //= 2
        return found


def cover(x: Tensor, fill: str, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """What a covered pixel shows, ``(1, 3, S, S)``: mid-grey, the picture's mean colour, or its blurred copy."""
    if fill != "grey":
        return stand_in(x, fill)
    centre, scale = (torch.tensor(v, dtype=x.dtype, device=x.device).view(1, 3, 1, 1) for v in (mean, std))
    return torch.empty_like(x).copy_((0.5 - centre) / scale)


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far it has come.

    Parameters
    ----------
    done
        Number of windows so far.
    values
        ``(S, S) float32``; before the end each window also speaks for the gap to its neighbours.
    drops
        ``(count,)``: fall of the logit for each place, NaN where not yet known.
    """

    done: int
    values: NDArray[np.float32]
    drops: NDArray[np.float64]


def occlusion(
    net: nn.Module,
    x: Tensor,
    instead: Tensor,
    class_index: int,
    windows: Windows,
    *,
    whole: float,
    batch: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Progress]:
    """Cover window after window, from a coarse lattice to the full one; a map after each batch.

    Parameters
    ----------
    instead
        ``(1, 3, S, S)``: what is seen where it is covered.
    whole
        Logit of the picture itself.
    batch
        Windows that go through the network together; 0 takes what was fastest on such a device.
    """
    batch = batch or (CPU_BATCH if x.device.type == "cpu" else GPU_BATCH)
    drops, local = np.full(windows.count, np.nan), local_change(net, x, windows.window)
    for step, places in windows.levels():
        for first in range(0, len(places), batch):
            checkpoint()
            group = places[first : first + batch]
            boxes = [windows.box(place) for place in group]
            pictures = _covered(x, instead, boxes)
            with torch.no_grad():
                logits = net(pictures) if local is None else local.logits(pictures, boxes)
            drops[group] = whole - logits[:, class_index].double().cpu().numpy()
        yield Progress(int(np.isfinite(drops).sum()), painted(drops, windows, step), drops)


def painted(drops: NDArray[np.float64], windows: Windows, step: int = 1) -> NDArray[np.float32]:
    """Mean drop over the windows that cover each pixel, ``(S, S)``.

    Parameters
    ----------
    step
        Spacing of the lattice of known drops; with more than 1 windows are widened until they meet.
    """
    margin = ((step - 1) * windows.stride + 1) // 2
    # Sums over boxes: +v at two corners and −v at the others, then added up along both axes.
    corners = np.zeros((2, windows.side + 1, windows.side + 1))
    for index in np.flatnonzero(np.isfinite(drops)):
        x0, y0, x1, y1 = windows.box(int(index), margin)
        value = np.array([drops[index], 1.0])
        for row, column, sign in ((y0, x0, 1), (y0, x1, -1), (y1, x0, -1), (y1, x1, 1)):
            corners[:, row, column] += sign * value
    total, count = corners.cumsum(axis=1).cumsum(axis=2)[:, :-1, :-1]
    count = np.round(count)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return np.asarray(mean, np.float32)


def _covered(x: Tensor, instead: Tensor, boxes: list[tuple[int, int, int, int]]) -> Tensor:
    copies = x.repeat(len(boxes), 1, 1, 1).contiguous(memory_format=torch.channels_last)
    for copy, (x0, y0, x1, y1) in zip(copies, boxes, strict=True):
        copy[:, y0:y1, x0:x1] = instead[0, :, y0:y1, x0:x1]
    return copies
