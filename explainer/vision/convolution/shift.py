"""Move a picture by fractions of a pixel, and measure what that changes.

The shift theorem: ``F{x(t − d)} = F{x} e^(−2πi f d)``. The picture is mirrored first, so that its opposite edges
meet without a jump and do not ring. A shift by whole pixels moves the numbers and alters none.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Movable:
    """A picture whose spectrum along each row is kept, so that each further move costs one inverse transform.

    Parameters
    ----------
    x
        ``(…, H, W) float32``.
    """

    def __init__(self, x: Tensor) -> None:
        self._x = x
        self._rows = _spectrum(x)

    def moved(self, dx_px: float, dy_px: float) -> Tensor:
        """Move right by `dx_px` and down by `dy_px`; what enters is the mirrored picture. 0 changes no bit."""
        across = _turned(self._rows, self._x.shape[-1], dx_px) if dx_px else self._x
        if not dy_px:
            return across
        lying = across.mT
        return _turned(_spectrum(lying), lying.shape[-1], dy_px).mT


def shifted(x: Tensor, dx_px: float, dy_px: float) -> Tensor:
    """Move ``(…, H, W)`` right by `dx_px` and down by `dy_px`; see `Movable`."""
    return Movable(x).moved(dx_px, dy_px)


def _spectrum(x: Tensor) -> Tensor:
    """Spectrum of each row and its mirror image, ``(…, H, W + 1)`` complex."""
    found: Tensor = torch.fft.rfft(torch.cat([x, x.flip(-1)], dim=-1))
    return found


def _turned(spectrum: Tensor, side: int, shift_px: float) -> Tensor:
    """Turn each frequency's phase and go back to `side` pixels; the highest has only a real part."""
    turn = torch.exp(-2j * torch.pi * torch.fft.rfftfreq(2 * side, dtype=torch.float64) * shift_px)
    turn[-1] = turn[-1].real + 0j
    back: Tensor = torch.fft.irfft(spectrum * turn.to(torch.complex64).to(spectrum.device), n=2 * side)
    return back[..., :side]


def middle(x: Tensor, side: int) -> Tensor:
    """Middle `side` × `side` of ``(…, H, W)``."""
    top, left = (x.shape[-2] - side) // 2, (x.shape[-1] - side) // 2
    return x[..., top : top + side, left : left + side]


def rms(values: NDArray[np.float32]) -> float:
    """Root mean square, in float64."""
    return float(np.sqrt(np.mean(values.astype(np.float64) ** 2)))
