"""A mask to begin with: cut out of a box, inscribed in it, or painted; and masks as outlines."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Stroke

Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]
How = Literal["cut", "ellipse"]
ROUNDS, WORK_PX = 2, 128  # of GrabCut, and the short side it works on: its calls cannot be stopped half-way
LEAST_SHARE = 0.03  # of the box: a smaller cut-out is none


def in_box(pixels: NDArray[np.uint8], box: Box, how: How) -> Mask:
    """Mask ``(H, W)`` of what is in a box x0, y0, x1, y1 in pixels.

    Parameters
    ----------
    how
        ``"cut"``: GrabCut (Rother et al. 2004) separates the box's content from its surroundings by colour; where it
        finds next to nothing the ellipse is returned. ``"ellipse"``: the one that touches the box's four sides.
    """
    height, width = pixels.shape[:2]
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    oval = ellipse((height, width), (x0, y0, x1, y1))
    room = x1 - x0 >= 8 and y1 - y0 >= 8 and (x1 - x0) * (y1 - y0) < 0.98 * height * width
    if how == "ellipse" or not room:
        return oval
    cut = _grab_cut(pixels, (x0, y0, x1, y1))
    return cut if cut is not None and cut.sum() >= LEAST_SHARE * (x1 - x0) * (y1 - y0) else oval


def _grab_cut(pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> Mask | None:
    height, width = pixels.shape[:2]
    scale = min(1.0, WORK_PX / min(height, width))
    h, w = max(2, round(height * scale)), max(2, round(width * scale))
    small = cv2.resize(np.ascontiguousarray(pixels[..., ::-1]), (w, h), interpolation=cv2.INTER_AREA)
    x0, y0, x1, y1 = (round(v * scale) for v in box)
    found = np.zeros((h, w), np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its colour clusters start at random
    try:
        cv2.grabCut(small, found, (x0, y0, x1 - x0, y1 - y0), *models, ROUNDS, cv2.GC_INIT_WITH_RECT)
    except cv2.error:  # one colour alone has no clusters
        return None
    inside = np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5)


def ellipse(size: tuple[int, int], box: Box) -> Mask:
    """Mask ``(H, W)`` of the ellipse inscribed in a box, of pixels whose centre lies in it."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    rx, ry = max((box[2] - box[0]) / 2, 1e-6), max((box[3] - box[1]) / 2, 1e-6)
    return np.asarray(((x - (box[0] + rx)) / rx) ** 2 + ((y - (box[1] + ry)) / ry) ** 2 <= 1.0)


def painted(strokes: Sequence[Stroke], size: tuple[int, int]) -> Mask:
    """Mask ``(H, W)`` of brush strokes; points are shares of the picture, radii of its width."""
    height, width = size
    canvas = np.zeros(size, np.uint8)
    for stroke in strokes:
        points = np.array([(p[0] * width, p[1] * height) for p in stroke.points])
        thick = max(1, round(2 * stroke.radius * width))
        path = np.round(points).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [path], isClosed=False, color=1, thickness=thick)
        for point in path.reshape(-1, 2):
            cv2.circle(canvas, (int(point[0]), int(point[1])), thick // 2, 1, -1)
    return canvas > 0


def outlines(mask: Mask) -> list[NDArray[np.float64]]:
    """Closed outlines of a mask's parts, each ``(N, 2)`` x, y in pixels; specks of under six pixels are left out."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [c.reshape(-1, 2).astype(np.float64) + 0.5 for c in found if cv2.contourArea(c) >= 6]
