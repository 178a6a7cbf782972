"""A box, a mask and points that are moved with the picture, and what is left of them at its border."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision import tv_tensors

LEAST_PX = 1.0  # a box that is thinner has left the picture (as torchvision's SanitizeBoundingBoxes holds it)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels of one picture as torchvision's own types.

    Parameters
    ----------
    box
        ``(1, 4) float32`` x0, y0, x1, y1 in pixels.
    mask
        ``(1, H, W) uint8``, 1 inside.
    points
        ``(N, 2) float32`` x, y in pixels, or ``None`` where torchvision (before 0.23) has no such type.
    alive
        ``(N,) bool``: points that never left the picture. One that comes back shows what was filled in.
    """

    box: Tensor
    mask: Tensor
    points: Tensor | None
    alive: Tensor

    def parts(self) -> tuple[Tensor, ...]:
        """What goes through a transform beside the picture."""
        return (self.box, self.mask) if self.points is None else (self.box, self.mask, self.points)

    def moved(self, parts: tuple[Any, ...], size: tuple[int, int]) -> "Labels":
        """Labels after a transform; `size` is the picture's height and width then."""
        box, mask = parts[0], parts[1]
        if self.points is None:
            return replace(self, box=box, mask=mask)
        return Labels(box, mask, parts[2], self.alive & inside(parts[2], size))


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What is left of the labels in a sample, in plain values.

    Parameters
    ----------
    box
        x0, y0, x1, y1 in pixels, inside the picture; ``None`` when it has left it.
    mask_box
        The tightest box around the mask's pixels; ``None`` when none is left.
    mask
        ``(H, W) bool``.
    points
        ``(N, 2) float64`` of those that are still in the picture.
    """

    box: tuple[float, float, float, float] | None
    mask_box: tuple[float, float, float, float] | None
    mask: NDArray[np.bool_]
    points: NDArray[np.float64]

    @property
    def mask_share(self) -> float:
        """Share of the picture that the mask covers."""
        return float(self.mask.mean())


def labels(box: tuple[float, ...], mask: NDArray[Any], points: NDArray[Any], size: tuple[int, int]) -> Labels:
    """Wrap labels of a picture.

    Parameters
    ----------
    box
        x0, y0, x1, y1 in pixels; what lies outside is cut off.
    mask
        ``(H, W)``, true inside.
    points
        ``(N, 2)`` x, y in pixels.
    size
        Height and width of the picture.

    Raises
    ------
    ValueError
        When the mask has another size than the picture, or the box has no area inside it.
    """
    height, width = size
    if mask.shape != size:
        raise ValueError(
            f"The mask is {mask.shape[1]} × {mask.shape[0]} px and the picture {width} × {height}; they must be alike."
        )
    x0, y0, x1, y1 = (min(max(v, 0.0), end) for v, end in zip(box, (width, height) * 2, strict=True))
    if x1 - x0 <= 0 or y1 - y0 <= 0:
        raise ValueError("The box lies outside the picture.")
    xy = np.asarray(points, np.float32).reshape(-1, 2)
    return Labels(
        tv_tensors.BoundingBoxes([[x0, y0, x1, y1]], format="XYXY", canvas_size=size, dtype=torch.float32),
        tv_tensors.Mask(torch.from_numpy(np.ascontiguousarray(mask, np.uint8))[None]),
        tv_tensors.KeyPoints(torch.from_numpy(xy), canvas_size=size) if hasattr(tv_tensors, "KeyPoints") else None,
        inside(torch.from_numpy(xy), size),
    )


def inside(points: Tensor, size: tuple[int, int]) -> Tensor:
    """Which points ``(N, 2)`` lie in a picture of this height and width, ``(N,) bool``."""
    xy = points.as_subclass(Tensor)
    return (xy[:, 0] >= 0) & (xy[:, 0] <= size[1]) & (xy[:, 1] >= 0) & (xy[:, 1] <= size[0])


def left(moved: Labels) -> Left:
    """Turn moved labels into plain values; a box that left the picture and points outside are dropped."""
    mask = moved.mask.as_subclass(Tensor)[0].numpy() > 0
    x0, y0, x1, y1 = (float(v) for v in moved.box.as_subclass(Tensor)[0])
    x0, y0 = max(x0, 0.0), max(y0, 0.0)
    x1, y1 = min(x1, float(mask.shape[1])), min(y1, float(mask.shape[0]))
    gone = x1 - x0 < LEAST_PX or y1 - y0 < LEAST_PX
    points = np.zeros((0, 2))
    if moved.points is not None:
        points = moved.points.as_subclass(Tensor)[moved.alive].numpy().astype(np.float64)
    return Left(None if gone else (x0, y0, x1, y1), tight_box(mask), mask, points)


def tight_box(mask: NDArray[np.bool_]) -> tuple[float, float, float, float] | None:
    """The smallest box around a mask ``(H, W)``, edges of pixels included; ``None`` for an empty one."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
