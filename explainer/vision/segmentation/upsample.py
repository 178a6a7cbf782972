"""Coarse maps to fine ones: nearest, bilinear, by transposed convolution, and along the picture's edges."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor

from explainer.vision.zoo.cancelling import ask

Floats = NDArray[np.float32]


def tent(factor: int) -> Tensor:
    """Kernel ``(1, 1, 2f, 2f)`` with which a transposed convolution of stride f interpolates bilinearly."""
    places = torch.arange(2 * factor, dtype=torch.float32) + 0.5
    line = 1 - (places - factor).abs() / factor
    return (line[:, None] * line[None, :])[None, None]


def transposed(maps: Tensor, kernel: Tensor, factor: int) -> Tensor:
    """Stamp `kernel` (1, 1, k, k) at every cell of ``(C, 1, h, w)``, `factor` pixels apart, and add it all up.

    Returns
    -------
    Tensor
        ``(C, 1, h f, w f)``; what hangs over the edge is cut off evenly.
    """
    over = kernel.shape[-1] - factor
    out = F.conv_transpose2d(maps, kernel.to(maps), stride=factor)
    top = over // 2
    return out[..., top : top + maps.shape[-2] * factor, top : top + maps.shape[-1] * factor]


def uneven(factor: int) -> Tensor:
    """Box kernel half as wide again as the stride: stamps overlap here and not there, which leaves a checkerboard."""
    side = factor + factor // 2
    return torch.full((1, 1, side, side), (factor / side) ** 2)


def upsampled(maps: NDArray[np.float32], factor: int, how: str, guide: NDArray[np.uint8] | None = None) -> Floats:
    """Bring maps ``(C, h, w)`` to ``(C, h f, w f)``.

    Parameters
    ----------
    factor
        Whole number f.
    guide
        For ``"guided"``: the picture ``(h f, w f, 3) uint8``. Bilinear first, then a guided filter (He, Sun and
        Tang 2013): close to each pixel the map becomes a linear function of the picture's colours.
    """
    x = torch.from_numpy(np.ascontiguousarray(maps, np.float32))[:, None]
    if how == "nearest":
        out = F.interpolate(x, scale_factor=factor, mode="nearest")
    elif how == "transposed":
        out = transposed(x, tent(factor), factor)
    elif how == "uneven":
        out = transposed(x, uneven(factor), factor)
    else:
        out = F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
    found = np.asarray(out[:, 0].numpy(), np.float32)
    if how == "guided" and guide is not None:
        found = np.stack([guided(one, guide, max(2, factor // 2)) for one in found])
    return found


def guided(values: Floats, picture: NDArray[np.uint8], radius: int, softness: float = 1e-3) -> Floats:
    """Guided filter of a map ``(H, W)`` by a picture ``(H, W, 3) uint8``.

    Parameters
    ----------
    radius
        Of the window, in pixels.
    softness
        ε: how much contrast (as a variance, white is 1) is needed to count as an edge.
    """
    ask()
    image = np.ascontiguousarray(picture, np.float32)  # OpenCV loses the slope of colours in 0…1
    out = cv2.ximgproc.guidedFilter(image, np.ascontiguousarray(values), radius, softness * 255**2)
    return np.asarray(out, np.float32)


def sampled(maps: Tensor, x: float, y: float) -> NDArray[np.float64]:
    """Value of maps ``(1, C, h, w)`` at a point, between cells by bilinear interpolation: ``(C,)``.

    Parameters
    ----------
    x, y
        In cells: the middle of the first one is (0.5, 0.5). Outside the middles the edge is continued.
    """
    place = torch.tensor([[[[2 * x / maps.shape[3] - 1, 2 * y / maps.shape[2] - 1]]]], dtype=maps.dtype)
    found = F.grid_sample(maps, place.to(maps.device), "bilinear", "border", align_corners=False)
    return np.asarray(found[0, :, 0, 0].double().cpu().numpy())
