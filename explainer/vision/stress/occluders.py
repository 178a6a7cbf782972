"""Things that hide part of a picture: where they lie, and what is seen there instead.

Everything here works on pictures ``(H, W, 3) uint8 RGB`` of any size; places are fractions of the picture.
"""

from collections.abc import Sequence
from functools import cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.paths import samples
from explainer.core.problem import ExplainerError

Fill = Literal["grey", "black", "mean", "noise", "blur", "texture", "object"]
Pixels = NDArray[np.uint8]
Region = NDArray[np.bool_]

FILLS: tuple[Fill, ...] = ("grey", "black", "mean", "noise", "blur", "texture", "object")
GREY = 128
SEEN_PX = 224  # a network sees the shorter side at about this size: noise and blur are scaled to it
BLUR_SHARE = 1 / 22.4  # σ = 10 px on 224 px, as Fong and Vedaldi 2017 blur
PATCH_SHARE = 0.2  # side of the texture's patch, of the shorter side
MIDDLE = PointXY(0.5, 0.5)
# The cut-out: saucer, cup and spoon of the sample picture, outlined by hand; centre, axes (px), angle (degrees).
CUP_FILE, CUP_SIZE = "coffee.jpg", (400, 600)
CUP_ELLIPSES = (
    ((275.35, 220.76), (336.06, 401.46), 90.69),
    ((289.27, 113.95), (191.50, 236.16), 97.53),
)
SPOON = ((397, 72), (408, 66), (424, 72), (424, 80), (415, 105), (400, 115))


def occlude(
    pixels: Pixels,
    boxes: Sequence[BoxXYXY],
    strokes: Sequence[Stroke],
    fill: Fill,
    *,
    seed: int = 0,
    spot: PointXY = MIDDLE,
) -> tuple[Pixels, Region]:
    """Cover boxes and strokes of a picture.

    Parameters
    ----------
    pixels
        ``(H, W, 3)``; left as it is.
    boxes, strokes
        Where; they may overlap and may be empty.
    spot
        Where the patch is cut that ``"texture"`` repeats.
    seed
        Of ``"noise"``.

    Returns
    -------
    pixels, region
        The covered picture ``(H, W, 3)``, and ``(H, W) bool``: what is covered. The cut-out of ``"object"`` fills
        no box wholly: what it leaves open does not count.

    Raises
    ------
    ExplainerError
        If the cut-out's picture is missing.
    """
    size = (pixels.shape[0], pixels.shape[1])
    if fill != "object":
        region = region_of(size, boxes, strokes)
        return covered(pixels, region, stand_in(pixels, fill, seed=seed, spot=spot)), region
    painted = region_of(size, (), strokes)
    out = covered(pixels, painted, stand_in(pixels, fill)) if painted.any() else pixels.copy()
    for box in boxes:
        painted |= _paste(out, corners(box, size))
    return out, painted


def region_of(size: tuple[int, int], boxes: Sequence[BoxXYXY], strokes: Sequence[Stroke]) -> Region:
    """Pixels under boxes and strokes, ``(H, W) bool``.

    A box covers the pixels whose centres lie in it. A stroke is a band with round ends, its radius a share of the
    width; it is at least one pixel wide.

    Parameters
    ----------
    size
        Height and width in pixels.
    """
    height, width = size
    drawn = np.zeros(size, np.uint8)
    for box in boxes:
        x0, y0, x1, y1 = corners(box, size)
        drawn[y0:y1, x0:x1] = 1
    for stroke in strokes:
        radius = max(stroke.radius * width, 0.5)
        # The nearest pixel to a point (x, y) has its centre at (x - 0.5, y - 0.5) in whole numbers.
        path = np.array([[p.x * width - 0.5, p.y * height - 0.5] for p in stroke.points])
        whole = np.round(path).astype(np.int32)
        if len(whole) > 1:
            cv2.polylines(drawn, [whole.reshape(-1, 1, 2)], False, 1, max(1, round(2 * radius)))
        for x, y in (whole[0], whole[-1]):
            cv2.circle(drawn, (int(x), int(y)), max(0, round(radius - 0.5)), 1, -1)
    return drawn.astype(bool)


def corners(box: BoxXYXY, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels of a box in fractions, cut off at the picture's edge."""
    height, width = size
    x = np.round(np.sort(np.clip([box.x0, box.x1], 0.0, 1.0)) * width).astype(int)
    y = np.round(np.sort(np.clip([box.y0, box.y1], 0.0, 1.0)) * height).astype(int)
    return int(x[0]), int(y[0]), int(x[1]), int(y[1])


def covered(pixels: Pixels, region: Region, instead: Pixels) -> Pixels:
    """Show `instead` ``(H, W, 3)`` where `region` ``(H, W)`` is true."""
    return np.where(region[..., None], instead, pixels)


def stand_in(pixels: Pixels, fill: Fill, *, seed: int = 0, spot: PointXY = MIDDLE) -> Pixels:
    """Return what a covered pixel shows, as a whole picture ``(H, W, 3)``.

    Parameters
    ----------
    fill
        ``"grey"`` 128; ``"black"`` 0; ``"mean"`` the picture's mean colour; ``"noise"`` even random colours, in
        blocks that a network still sees; ``"blur"`` the picture blurred with σ = shorter side / 22.4;
        ``"texture"`` the patch at `spot`, mirrored again and again; ``"object"`` the cup on grey.
    """
    match fill:
        case "grey":
            return np.full_like(pixels, GREY)
        case "black":
            return np.zeros_like(pixels)
        case "mean":
            mean = pixels.reshape(-1, 3).mean(axis=0)
            return np.broadcast_to(np.round(mean).astype(np.uint8), pixels.shape).copy()
        case "noise":
            return _noise(pixels.shape[:2], seed)
        case "blur":
            return _blurred(pixels)
        case "texture":
            return mirrored_tiles(patch_at(pixels, spot), (pixels.shape[0], pixels.shape[1]))
        case "object":
            out = np.full_like(pixels, GREY)
            _paste(out, (0, 0, pixels.shape[1], pixels.shape[0]))
            return out


def patch_at(pixels: Pixels, spot: PointXY) -> Pixels:
    """Cut a square out round `spot`, a fifth of the shorter side wide, moved inside the picture."""
    height, width = pixels.shape[:2]
    side = max(1, round(PATCH_SHARE * min(height, width)))
    left = min(max(round(spot.x * width - side / 2), 0), width - side)
    top = min(max(round(spot.y * height - side / 2), 0), height - side)
    return pixels[top : top + side, left : left + side]


def mirrored_tiles(patch: Pixels, size: tuple[int, int]) -> Pixels:
    """Fill ``(H, W, 3)`` with a patch, each copy the mirror image of its neighbours, so that no seam shows."""
    pair = np.concatenate([patch, patch[:, ::-1]], axis=1)
    four = np.concatenate([pair, pair[::-1]], axis=0)
    rows, columns = (-(-want // have) for want, have in zip(size, four.shape[:2], strict=True))
    return np.ascontiguousarray(np.tile(four, (rows, columns, 1))[: size[0], : size[1]])


def _noise(size: tuple[int, ...], seed: int) -> Pixels:
    height, width = size
    block = max(1, round(min(size) / SEEN_PX))
    rows, columns = -(-height // block), -(-width // block)
    dice = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    return np.ascontiguousarray(dice.repeat(block, axis=0).repeat(block, axis=1)[:height, :width])


def _blurred(pixels: Pixels) -> Pixels:
    """Blur strongly. A large picture is blurred on a small copy: what is smoothed away needs no pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, SEEN_PX / min(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    copy = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    sigma = BLUR_SHARE * min(small)
    soft = cv2.GaussianBlur(copy, (0, 0), max(sigma, 0.1), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


@cache
def cutout() -> tuple[Pixels, NDArray[np.float32]]:
    """Picture ``(h, w, 3)`` and opacity ``(h, w)`` in 0…1 of another object: a cup of espresso on its saucer.

    Cut from the sample picture `coffee.jpg` (Rachel Michetti, CC0).

    Raises
    ------
    ExplainerError
        If the picture is missing or of another size.
    """
    read = cv2.imread(str(samples() / CUP_FILE), cv2.IMREAD_COLOR)
    if read is None or read.shape[:2] != CUP_SIZE:
        raise ExplainerError(f"The sample picture {CUP_FILE} cannot be read.", "Install Explainer again.")
    opacity = np.zeros(CUP_SIZE, np.uint8)
    for ellipse in CUP_ELLIPSES:
        cv2.ellipse(opacity, ellipse, 255, -1, cv2.LINE_AA)
    cv2.fillPoly(opacity, [np.array(SPOON, np.int32)], 255, cv2.LINE_AA)
    rows, columns = (np.flatnonzero(opacity.any(axis=axis)) for axis in (1, 0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    rgb = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)[window]
    return np.ascontiguousarray(rgb, np.uint8), np.asarray(opacity[window] / 255.0, np.float32)


def _paste(out: Pixels, place: tuple[int, int, int, int]) -> Region:
    """Lay the cut-out into a box of `out`, as large as it fits; return what it covers, ``(H, W)``."""
    region = np.zeros(out.shape[:2], bool)
    x0, y0, x1, y1 = place
    picture, opacity = cutout()
    scale = min((x1 - x0) / picture.shape[1], (y1 - y0) / picture.shape[0])
    width, height = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    if width < 1 or height < 1:
        return region
    left, top = x0 + (x1 - x0 - width) // 2, y0 + (y1 - y0 - height) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    seen = cv2.resize(opacity, (width, height), interpolation=how)[..., None]
    ground = out[top : top + height, left : left + width]
    mixed = seen * cv2.resize(picture, (width, height), interpolation=how) + (1 - seen) * ground
    out[top : top + height, left : left + width] = np.round(mixed)
    region[top : top + height, left : left + width] = seen[..., 0] >= 0.5
    return region
