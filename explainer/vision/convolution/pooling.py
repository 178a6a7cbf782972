"""Ways to make a map smaller, what a shift of the picture does to them, and where their gradients go."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor

from explainer.vision.convolution.shift import Movable, middle, rms, shifted

Check = Callable[[], None]
Kind = str  # max, average, stride, blur-3, blur-5, max-blur, adaptive, global
FLAT = 1e-6  # standard deviation below which a map has nothing to compare
BINOMIAL: Mapping[int, tuple[float, ...]] = {3: (1.0, 2.0, 1.0), 5: (1.0, 4.0, 6.0, 4.0, 1.0)}


@dataclass(frozen=True, slots=True)
class Pooling:
    """How a map is made smaller.

    Parameters
    ----------
    window, stride
        In pixels; adaptive and global pooling follow from the size alone, subsampling has no window.
    cells
        Side of the output of adaptive pooling.
    """

    kind: Kind
    window: int = 2
    stride: int = 2
    cells: int = 7

    def __call__(self, x: Tensor) -> Tensor:
        """Map ``(B, 1, S, S)`` to ``(B, 1, h, w)``."""
        match self.kind:
            case "max":
                return F.max_pool2d(x, self.window, self.stride)
            case "average":
                return F.avg_pool2d(x, self.window, self.stride)
            case "stride":
                return x[..., :: self.stride, :: self.stride]
            case "blur-3" | "blur-5":
                return blur_pool(x, int(self.kind[-1]), self.stride)
            case "max-blur":
                return blur_pool(F.max_pool2d(x, self.window, 1), 3, self.stride)
            case "adaptive":
                return F.adaptive_avg_pool2d(x, self.cells)
            case _:  # global
                return x.mean(dim=(-2, -1), keepdim=True)

    def step(self, side: int) -> float:
        """Pixels of the input from one output cell to the next, for an input of `side`."""
        return {"adaptive": side / self.cells, "global": float(side)}.get(self.kind, float(self.stride))


def blur_pool(x: Tensor, taps: int, stride: int) -> Tensor:
    """BlurPool (Zhang 2019): a binomial low-pass of 3 or 5 taps, then every `stride`-th pixel, ``(B, C, H, W)``."""
    row = torch.tensor(BINOMIAL[taps], dtype=x.dtype, device=x.device)
    kernel = (row[:, None] * row[None, :] / row.sum() ** 2).expand(x.shape[1], 1, taps, taps)
    edges = (taps // 2,) * 4
    return F.conv2d(F.pad(x, edges, mode="reflect"), kernel.contiguous(), stride=stride, groups=x.shape[1])


# What a shift changes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Pooled map of the picture in place and of the moved one, and what does not agree.

    Parameters
    ----------
    before, after
        ``(h, w)``: pooled in place; pooled after the move.
    aligned
        `before`, moved as far as the picture was: what `after` would be if pooling moved along.
    raw, relative
        RMS of ``after − before``, and of ``after − aligned`` away from the edges, over the standard deviation of
        `before`; ``None`` where that is 0 or there is one cell only.
    """

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    aligned: NDArray[np.float32]
    raw: float | None
    relative: float | None

    @property
    def difference(self) -> NDArray[np.float32]:
        """``after − aligned``, ``(h, w)``."""
        return self.after - self.aligned


def change(pooling: Pooling, wide: Movable, side: int, dx_px: float, dy_px: float) -> Change:
    """Pool the middle of a picture before and after a move.

    Parameters
    ----------
    wide
        ``(1, 1, H, W)``, wider than `side` by more than the move on every edge, so that real pixels come in.
    side
        Side of the square that is pooled.
    """
    still, moving = (middle(wide.moved(*by), side) for by in ((0.0, 0.0), (dx_px, dy_px)))
    return change_between(pooling, still, moving, dx_px, dy_px)


def change_between(pooling: Pooling, still: Tensor, moving: Tensor, dx_px: float, dy_px: float) -> Change:
    """Compare the pooled maps of ``(1, 1, S, S)`` in place and moved; see `change`."""
    before, after = pooling(still), pooling(moving)
    step = pooling.step(still.shape[-1])
    aligned = before if before.shape[-1] == 1 else shifted(before, dx_px / step, dy_px / step)
    one, two, three = (np.ascontiguousarray(t[0, 0].cpu().numpy(), np.float32) for t in (before, after, aligned))
    rim = _rim(len(one), step, max(abs(dx_px), abs(dy_px)))
    inner = (slice(rim, len(one) - rim),) * 2
    spread = float(one.astype(np.float64).std())
    if spread < FLAT:
        return Change(one, two, three, None, None)
    return Change(one, two, three, rms(two - one) / spread, rms((two - three)[inner]) / spread)


def by_kind(
    kinds: Sequence[Kind], pooling: Pooling, wide: Movable, side: int, move_px: tuple[float, float], checkpoint: Check
) -> tuple[tuple[Kind, float], ...]:
    """What the same move changes under each kind of pooling with this window and stride: `Change.relative`."""
    still, moving = (middle(wide.moved(*by), side) for by in ((0.0, 0.0), move_px))
    found = []
    for kind in kinds:
        checkpoint()
        found.append((kind, change_between(replace(pooling, kind=kind), still, moving, *move_px).relative or 0.0))
    return tuple(found)


def by_shift(
    pooling: Pooling, wide: Movable, side: int, shifts_px: NDArray[np.float64], checkpoint: Check
) -> NDArray[np.float64]:
    """Each shift across, and what it changes (`Change.relative`), ``(N, 2)``."""
    still, rows = middle(wide.moved(0.0, 0.0), side), []
    for shift in shifts_px.tolist():
        checkpoint()
        moving = middle(wide.moved(shift, 0.0), side)
        rows.append((shift, change_between(pooling, still, moving, shift, 0.0).relative or 0.0))
    return np.array(rows)


def _rim(cells: int, step: float, move_px: float) -> int:
    """Cells at each edge that the mirrored border may have touched; a few are always left in the middle."""
    return min(math.ceil(move_px / step) + 2, max((cells - 3) // 2, 0))


# Where gradients go -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """What one pooled cell reads, and how its gradient is shared out.

    Parameters
    ----------
    box
        Left, top, right, bottom of what it reads, in pixels of the picture, cut at its edge.
    rule
        Gradient by hand over the whole picture, ``(S, S)``: it sums to 1.
    autograd
        The same from automatic differentiation.
    source
        Row and column of the pixel that gets most.
    """

    box: tuple[int, int, int, int]
    rule: NDArray[np.float32]
    autograd: NDArray[np.float32]
    source: tuple[int, int]

    @property
    def error(self) -> float:
        """Largest difference between the two."""
        return float(np.abs(self.rule - self.autograd).max())

    @property
    def receivers(self) -> int:
        """Pixels that get any of it."""
        return int(np.count_nonzero(self.rule))


def counted(pooling: Pooling, x: Tensor) -> NDArray[np.float32]:
    """How much each pixel of ``x (1, 1, S, S)`` counts in the pooled map, ``(S, S)``: slope of the sum of all cells.

    For the maximum it is 1 where a pixel wins its window, 2 where it wins two that overlap, and 0 where it is lost.
    """
    leaf = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(pooling(leaf).sum(), leaf)
    return np.ascontiguousarray(gradient[0, 0].cpu().numpy(), np.float32)


def route(pooling: Pooling, x: Tensor, cell: tuple[int, int]) -> Route:
    """Follow the gradient of one cell of the pooled ``x (1, 1, S, S)`` back to the picture."""
    leaf = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(pooling(leaf)[0, 0, cell[0], cell[1]], leaf)
    auto = np.ascontiguousarray(gradient[0, 0].cpu().numpy(), np.float32)
    rule = _by_hand(pooling, np.asarray(x[0, 0].cpu().numpy()), cell)
    rows, columns = (np.flatnonzero(rule.any(axis=axis)) for axis in (1, 0))
    box = _window(pooling, len(rule), cell)
    if pooling.kind == "max-blur":
        box = (int(columns[0]), int(rows[0]), int(columns[-1] + 1), int(rows[-1] + 1))
    row, column = np.unravel_index(int(rule.argmax()), rule.shape)
    return Route(box, rule, auto, (int(row), int(column)))


def _window(pooling: Pooling, side: int, cell: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what a cell reads, cut at the edge."""
    (top, bottom), (left, right) = (_reach(pooling, side, index) for index in cell)
    return left, top, right, bottom


def _reach(pooling: Pooling, side: int, index: int) -> tuple[int, int]:
    match pooling.kind:
        case "global":
            return 0, side
        case "adaptive":
            return side * index // pooling.cells, -(-side * (index + 1) // pooling.cells)
        case "stride":
            return index * pooling.stride, index * pooling.stride + 1
        case "blur-3" | "blur-5":
            arm = int(pooling.kind[-1]) // 2
            return max(index * pooling.stride - arm, 0), min(index * pooling.stride + arm + 1, side)
        case _:
            return index * pooling.stride, index * pooling.stride + pooling.window


def _by_hand(pooling: Pooling, x: NDArray[np.float32], cell: tuple[int, int]) -> NDArray[np.float32]:
    """Share out a gradient of 1: all to the maximum, evenly, or by the weights of the blur."""
    found = np.zeros_like(x)
    if pooling.kind in ("blur-3", "blur-5", "max-blur"):
        taps = 5 if pooling.kind == "blur-5" else 3
        count = len(x) - pooling.window + 1 if pooling.kind == "max-blur" else len(x)
        for row, down in _blur_taps(cell[0] * pooling.stride, taps, count):
            for column, across in _blur_taps(cell[1] * pooling.stride, taps, count):
                place = (row, column)
                if pooling.kind == "max-blur":
                    place = _largest(x, row, column, pooling.window)
                found[place] += down * across
        return found
    left, top, right, bottom = _window(pooling, len(x), cell)
    if pooling.kind == "max":
        found[_largest(x, top, left, pooling.window)] = 1.0
    else:
        found[top:bottom, left:right] = 1.0 / ((bottom - top) * (right - left))
    return found


def _blur_taps(centre: int, taps: int, count: int) -> list[tuple[int, float]]:
    """Index and weight of each tap; beyond the edge the map is mirrored."""
    weights = BINOMIAL[taps]
    places = [abs(centre + k - taps // 2) for k in range(taps)]
    return [(min(i, 2 * (count - 1) - i), w / sum(weights)) for i, w in zip(places, weights, strict=True)]


def _largest(x: NDArray[np.float32], top: int, left: int, window: int) -> tuple[int, int]:
    """Place of the first maximum of a window, row by row, as torch picks it."""
    row, column = np.unravel_index(int(x[top : top + window, left : left + window].argmax()), (window, window))
    return top + int(row), left + int(column)
