"""One convolution by hand: windows, products, sums, and the formula of the output's size.

What deep learning calls a convolution is a cross-correlation (Goodfellow, Bengio and Courville 2016, eq. 9.6):
the kernel ``w (C, k, k)`` is laid on the picture ``x (C, H, W)`` as it is, not flipped,
``y_ij = b + Σ_c Σ_uv w_cuv x_c,(si + du − p),(sj + dv − p)`` with stride s, dilation d and padding p.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray

PadMode = str  # zeros, reflect, replicate, circular
NUMPY_MODES: Mapping[PadMode, Any] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
Pair = tuple[int, int]
TIE = 1e-6  # a place between two cells belongs to the later one, whatever rounding did to it


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel moves over a picture. Pairs are (rows, columns).

    Parameters
    ----------
    kernel
        Taps along each axis.
    before, after
        Padding above and left, below and right.
    mode
        What the padding holds.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)
    dilation: Pair = (1, 1)
    mode: PadMode = "zeros"

    @property
    def span(self) -> Pair:
        """Pixels from the first to the last tap, both included: ``d (k − 1) + 1``."""
        (a, b), (da, db) = self.kernel, self.dilation
        return da * (a - 1) + 1, db * (b - 1) + 1

    def output(self, size: Pair) -> Pair:
        """Rows and columns of the output: ``⌊(n + p₁ + p₂ − d (k − 1) − 1) / s⌋ + 1``; 0 where none fits."""
        rows, columns = (
            (n + p + q - span) // s + 1 if n + p + q >= span else 0
            for n, p, q, span, s in zip(size, self.before, self.after, self.span, self.stride, strict=True)
        )
        return rows, columns

    def taps(self, at: Pair) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the picture that output cell `at` reads; beyond the edge they are padding."""
        rows, columns = (
            s * i - p + d * np.arange(k)
            for i, k, s, p, d in zip(at, self.kernel, self.stride, self.before, self.dilation, strict=True)
        )
        return rows, columns

    def box(self, at: Pair) -> tuple[float, float, float, float]:
        """Outline of what cell `at` reads: left, top, right, bottom in pixels of the picture."""
        rows, columns = self.taps(at)
        return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)

    def cell_over(self, row: float, column: float, size: Pair) -> Pair:
        """Output cell whose window is centred nearest to a place of the picture, in pixels."""
        found = [
            min(max(math.floor((place + p - (span - 1) / 2 - 0.5) / s + 0.5 + TIE), 0), count - 1)
            for place, p, span, s, count in zip(
                (row, column), self.before, self.span, self.stride, self.output(size), strict=True
            )
        ]
        return found[0], found[1]


@dataclass(frozen=True, slots=True, eq=False)
class Tap:
    """What goes into one number of the output.

    Parameters
    ----------
    at
        Row and column of the output cell.
    patch, kernel
        ``(C, k, k)``: what was read, and what it is multiplied with.
    bias
        Added to the sum.
    library
        The same number as ``torch.nn.functional.conv2d`` gives it.
    """

    at: Pair
    patch: NDArray[np.float64]
    kernel: NDArray[np.float64]
    bias: float
    library: float

    @property
    def products(self) -> NDArray[np.float64]:
        """``(C, k, k)``: number by number."""
        return self.patch * self.kernel

    @property
    def by_channel(self) -> NDArray[np.float64]:
        """``(C,)``: what each input channel adds."""
        return np.asarray(self.products.sum(axis=(1, 2)))

    @property
    def total(self) -> float:
        """Sum of all products, without the bias."""
        return float(self.products.sum())

    @property
    def value(self) -> float:
        """Sum and bias: the output."""
        return self.total + self.bias

    @property
    def ranked(self) -> NDArray[np.int64]:
        """Input channels, the one that moves the sum most first."""
        return np.argsort(-np.abs(self.by_channel), kind="stable")


def index_in(places: NDArray[np.int64], count: int, mode: PadMode) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where a padded coordinate reads from, 0…count − 1, and whether it reads anything."""
    if mode == "zeros":
        return np.clip(places, 0, count - 1), (places >= 0) & (places < count)
    if mode == "replicate":
        inside = np.clip(places, 0, count - 1)
    elif mode == "circular":
        inside = places % count
    else:
        period = max(2 * (count - 1), 1)
        there = places % period
        inside = np.minimum(there, period - there) if count > 1 else np.zeros_like(places)
    return inside, np.ones(places.shape, bool)


def patch_at(x: NDArray[np.float32], window: Window, at: Pair) -> NDArray[np.float64]:
    """Read the patch ``(C, k, k)`` of output cell `at` from ``x (C, H, W)``, tap by tap."""
    rows, columns = window.taps(at)
    down, real_down = index_in(rows, x.shape[1], window.mode)
    across, real_across = index_in(columns, x.shape[2], window.mode)
    read = x[:, down[:, None], across[None, :]].astype(np.float64)
    return read * (real_down[:, None] & real_across[None, :])


def convolve(
    x: NDArray[np.float32], kernel: NDArray[np.float32], window: Window, bias: float = 0.0
) -> NDArray[np.float32]:
    """One output channel over all of ``x (C, H, W)`` by ``torch.nn.functional.conv2d``, ``(h, w)``.

    Raises
    ------
    ValueError
        If the kernel is larger than the padded picture.
    """
    if 0 in window.output((x.shape[1], x.shape[2])):
        raise ValueError(f"a kernel of {window.span} does not fit into {x.shape[1:]}")
    edges = tuple(zip(window.before, window.after, strict=True))
    if any(p for edge in edges for p in edge):
        x = np.pad(x, ((0, 0), *edges), mode=NUMPY_MODES[window.mode])
    out = F.conv2d(
        torch.from_numpy(np.ascontiguousarray(x))[None],
        torch.from_numpy(np.ascontiguousarray(kernel, dtype=np.float32))[None],
        torch.tensor([bias], dtype=torch.float32),
        stride=window.stride,
        dilation=window.dilation,
    )
    return np.asarray(out[0, 0].numpy())


def tap_of(
    x: NDArray[np.float32], kernel: NDArray[np.float32], window: Window, at: Pair, output: NDArray[np.float32],
    bias: float = 0.0,
) -> Tap:  # fmt: skip
    """Take apart cell `at` of `output`, which `convolve` or a network has made from `x`."""
    return Tap(at, patch_at(x, window, at), kernel.astype(np.float64), bias, float(output[at]))


def same_padding(kernel: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    """Padding before and after that keeps the size at stride 1; the odd one of an even kernel goes after."""
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return (total[0] // 2, total[1] // 2), (total[0] - total[0] // 2, total[1] - total[1] // 2)


def macs(window: Window, size: Pair, channels: int, outputs: int = 1) -> int:
    """Multiply-adds for `outputs` maps from `channels` maps of `size` each."""
    rows, columns = window.output(size)
    return rows * columns * window.kernel[0] * window.kernel[1] * channels * outputs


def cell_at(place: NDArray[np.float64], shape: tuple[int, ...]) -> Pair:
    """Row and column of the cell of a map ``(C, h, w)`` over a place of the input, x and y in shares of its side.

    Beyond the input it is the nearest one.
    """
    column, row = np.clip(place * [shape[2], shape[1]] + TIE, 0, [shape[2] - 1, shape[1] - 1])
    return int(row), int(column)
