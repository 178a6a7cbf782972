"""Move a picture by fractions of a pixel, and measure what that changes.

The shift theorem: ``F{x(t − d)} = F{x} e^(−2πi f d)``. The picture is mirrored first, so that its opposite edges
meet without a jump and do not ring. A shift by whole pixels moves the numbers and alters none.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Movable:
    """A picture whose spectrum is kept, so that each further move costs one inverse transform.

    Parameters
    ----------
    x
        ``(…, H, W)``.
    """

    def __init__(self, x: Tensor) -> None:
        self._height, self._width = int(x.shape[-2]), int(x.shape[-1])
        self._dtype = x.dtype
        doubled = torch.cat([x, x.flip(-1)], dim=-1)
        doubled = torch.cat([doubled, doubled.flip(-2)], dim=-2)  # (…, 2H, 2W)
        self._spectrum = torch.fft.rfft2(doubled)

    def moved(self, dx_px: float, dy_px: float) -> Tensor:
        """Move right by `dx_px` and down by `dy_px`; what enters is the mirrored picture."""
        size = (2 * self._height, 2 * self._width)
        turned = self._spectrum * _turn(*size, dx_px, dy_px).to(self._spectrum.device)
        back = torch.fft.irfft2(turned, s=size)
        out: Tensor = back[..., : self._height, : self._width].to(self._dtype)
        return out


def shifted(x: Tensor, dx_px: float, dy_px: float) -> Tensor:
    """Move ``(…, H, W)`` right by `dx_px` and down by `dy_px`; see `Movable`."""
    return Movable(x).moved(dx_px, dy_px)


def _turn(height: int, width: int, dx_px: float, dy_px: float) -> Tensor:
    """Phase of each frequency; at the highest of an even side only its real part has a meaning."""
    down = torch.exp(-2j * torch.pi * torch.fft.fftfreq(height, dtype=torch.float64) * dy_px)
    across = torch.exp(-2j * torch.pi * torch.fft.rfftfreq(width, dtype=torch.float64) * dx_px)
    down[height // 2], across[-1] = down[height // 2].real + 0j, across[-1].real + 0j
    return (down[:, None] * across[None, :]).to(torch.complex64)


def middle(x: Tensor, side: int) -> Tensor:
    """Middle `side` × `side` of ``(…, H, W)``."""
    top, left = (x.shape[-2] - side) // 2, (x.shape[-1] - side) // 2
    return x[..., top : top + side, left : left + side]


def rms(values: NDArray[np.float32]) -> float:
    """Root mean square, in float64."""
    return float(np.sqrt(np.mean(values.astype(np.float64) ** 2)))
