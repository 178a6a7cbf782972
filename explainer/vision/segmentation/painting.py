"""From brush strokes to a mask, and from a large picture to a copy small enough to work on."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import Stroke

DARK = 0.45  # of the light that is left outside what is lit
SHIFT = 4  # bits after the point in OpenCV's drawing coordinates
Mask = NDArray[np.bool_]


def painted(strokes: Sequence[Stroke], height: int, width: int) -> Mask:
    """Draw strokes with round ends.

    Parameters
    ----------
    strokes
        Points as fractions of the picture, radius as a fraction of its width.
    height, width
        Of the mask, in pixels.

    Returns
    -------
    NDArray
        ``(height, width) bool``. A stroke is never thinner than a pixel.
    """
    mask = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        radius = max(0.5, stroke.radius * width)
        places = np.array([(p.x * width, p.y * height) for p in stroke.points], float).reshape(-1, 2) - 0.5
        exact = np.round(places * (1 << SHIFT)).astype(np.int32)
        for x, y in exact.tolist():
            cv2.circle(mask, (x, y), round(radius * (1 << SHIFT)), 1, cv2.FILLED, cv2.LINE_8, SHIFT)
        if len(exact) > 1:
            thickness = max(1, min(round(2 * radius), 2 * max(height, width), 32767))
            cv2.polylines(mask, [exact.reshape(-1, 1, 2)], False, 1, thickness, cv2.LINE_8, SHIFT)
    return mask > 0


def rosette(height: int, width: int) -> Mask:
    """A disc and five round it, with gaps of a twentieth of the shorter side: six things that nearly touch.

    Returns
    -------
    NDArray
        ``(height, width) bool``, the rosette in the middle.
    """
    side, mask = min(height, width), np.zeros((height, width), np.uint8)
    angles = np.arange(5) * 2 * np.pi / 5 + 0.3  # the five stay apart: closed, a ring would be filled
    middle, outer = 0.16, np.array([0.13, 0.11, 0.125, 0.115, 0.13])
    away = middle + outer + 0.05
    discs = [(0.0, 0.0, middle), *zip(away * np.cos(angles), away * np.sin(angles), outer, strict=True)]
    for x, y, radius in discs:
        centre = (width / 2 + x * side - 0.5, height / 2 + y * side - 0.5)
        exact = [round(float(v) * (1 << SHIFT)) for v in (*centre, radius * side)]
        cv2.circle(mask, (exact[0], exact[1]), exact[2], 1, cv2.FILLED, cv2.LINE_8, SHIFT)
    return mask > 0


def small(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Copy whose longer side has at most `longest` pixels, averaged; sides keep at least one pixel."""
    height, width = pixels.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def fitted(mask: NDArray[np.generic], height: int, width: int) -> Mask:
    """Resize a mask, each pixel taking the nearest value: ``(height, width) bool``."""
    out = cv2.resize(np.ascontiguousarray(mask, np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(out) > 0


def lit(pixels: NDArray[np.uint8], mask: Mask) -> NDArray[np.uint8]:
    """Picture ``(H, W, 3)`` that is grey and dark outside a mask, whatever the mask's size."""
    inside = fitted(mask, *pixels.shape[:2])
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None] * np.float32(DARK)
    return np.where(inside[..., None], pixels, grey).astype(np.uint8)


def contours(mask: Mask) -> tuple[NDArray[np.float64], ...]:
    """Outlines of a mask, each ``(N, 2)``, x and y in the mask's pixels, closed; the longest first, 200 at most."""
    padded = np.ascontiguousarray(mask, np.uint8)
    found, _ = cv2.findContours(padded, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    paths = [one.reshape(-1, 2).astype(float) + 0.5 for one in found if len(one) > 2]
    return tuple(sorted(paths, key=len, reverse=True)[:200])


def borders(labels: NDArray[np.integer]) -> Mask:
    """Pixels whose right or lower neighbour has another label: ``(H, W) bool``."""
    edge = np.zeros(labels.shape, bool)
    edge[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edge[:-1] |= labels[:-1] != labels[1:]
    return edge


def moved(mask: Mask, right: float, down: float) -> Mask:
    """Move a mask by whole pixels (rounded); what leaves is lost, and nothing comes in."""
    dx, dy = round(right), round(down)
    out = np.zeros_like(mask)
    height, width = mask.shape
    if abs(dx) < width and abs(dy) < height:
        part = mask[max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)]
        out[max(dy, 0) : max(dy, 0) + part.shape[0], max(dx, 0) : max(dx, 0) + part.shape[1]] = part
    return out


def runs(path: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[NDArray[np.float64], bool]]:
    """Cut a closed outline of `contours` where `right` ``(H, W)`` changes along it: pieces, and what each is."""
    around = _every_pixel(path)
    marks = right[around[:, 1].astype(int), around[:, 0].astype(int)]
    cuts = np.flatnonzero(marks[1:] != marks[:-1]) + 1
    pairs = zip(np.r_[0, cuts], np.r_[cuts, len(marks)], strict=True)
    pieces = [(around[start : end + 1], bool(marks[start])) for start, end in pairs]
    return [(piece, mark) for piece, mark in pieces if len(piece) > 1]


def _every_pixel(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill in the pixels between the corners of a closed outline, whose pieces run straight or diagonally."""
    ends = np.roll(path, -1, axis=0)
    lengths = np.abs(ends - path).max(1).astype(int)
    pieces = [a + (b - a) * np.arange(n)[:, None] / n for a, b, n in zip(path, ends, lengths, strict=True) if n]
    return np.concatenate([*pieces, path[:1]])
