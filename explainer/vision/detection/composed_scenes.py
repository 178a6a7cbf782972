"""Scenes with known truth: real digits, fashion items and coins laid onto a photo, with exact boxes and masks.

A cut-out is an opacity and a grey shade at its own small size. Laying it down turns it by an angle, scales it to a
longer side in pixels, gives it a colour and blends it in: ``pixel = a · colour · shade + (1 - a) · pixel``. What was
laid down later covers what lay there before; the truth keeps only what can be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.training import digits, garments

GARMENTS = ("T-shirt", "trousers", "dress", "sandal", "sneaker", "bag", "ankle boot")
CLASSES = (*"0123456789", *GARMENTS, "coin")  # class k of the net is CLASSES[k - 1]; 0 is the background
FASHION_LABELS = (0, 1, 3, 5, 7, 8, 9)  # of Fashion-MNIST, in the order of GARMENTS
EACH = 24  # garments of a class, of the test part
COIN = len(CLASSES)
FILE = "scene-items.npz"
SOLID = 0.5  # opacity from which a pixel belongs to the object
LEAST_VISIBLE = 0.4  # a cut-out is not laid where it would leave less of another
LEAST_PIXELS = 24
INK_LOW, INK_HIGH = 0.32, 0.62  # counts of ink, as shares, between which a digit's edge lies
DIGIT_SIDE = 48
CONTRAST = 70.0  # grey levels by which a digit's colour differs from what lies under it


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """One object without its surroundings.

    Parameters
    ----------
    opacity, shade
        ``(h, w) float32`` in 0…1, cropped to what is opaque.
    label
        1…18: one more than its place in `CLASSES`.
    """

    opacity: NDArray[np.float32]
    shade: NDArray[np.float32]
    label: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a cut-out lies: centre and longer side in pixels, angle in degrees, colour 0…255 RGB."""

    item: CutOut
    x: float
    y: float
    side_px: float
    angle: float
    colour: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture and its truth.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8`` RGB.
    boxes
        ``(N, 4) float32``, x0 y0 x1 y1 in pixels, around what is visible of each object.
    labels
        ``(N,) int64`` in 1…18.
    masks
        ``(N, H, W) bool``, the visible pixels of each object.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]
    masks: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)


# Cut-outs -----------------------------------------------------------------------------------------------


def cropped(opacity: NDArray[np.float32], shade: NDArray[np.float32], label: int) -> CutOut:
    """Cut away the empty margin."""
    rows, columns = (np.flatnonzero((opacity > SOLID).any(axis)) for axis in (1, 0))
    if not len(rows):
        return CutOut(opacity, shade, label)
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return CutOut(np.ascontiguousarray(opacity[part]), np.ascontiguousarray(shade[part]), label)


def digit(ink: NDArray[np.float32], label: int) -> CutOut:
    """Turn one digit ``(8, 8)`` of ink counts in 0…1 into a cut-out with a smooth edge."""
    padded = np.pad(ink, 1)
    large = cv2.resize(padded, (DIGIT_SIDE, DIGIT_SIDE), interpolation=cv2.INTER_CUBIC)
    opacity = np.clip((large - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1).astype(np.float32)
    return cropped(opacity, np.ones_like(opacity), label + 1)


def garment(image: NDArray[np.uint8], label: int) -> CutOut:
    """Cut one picture ``(28, 28)`` of Fashion-MNIST out of its black ground.

    Parameters
    ----------
    label
        Place in `GARMENTS`.
    """
    found = (image > 12).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    if count > 2:  # dust
        found = (parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    opacity = found.astype(np.float32)
    shade = (0.25 + 0.75 * image.astype(np.float32) / 255.0).astype(np.float32)
    return cropped(opacity, shade, len("0123456789") + 1 + label)


def coin(grey: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> CutOut:
    """Make a cut-out of one coin, both ``(s, s)`` in 0…255."""
    solid, shade = ((one / 255).astype(np.float32) for one in (opacity, grey))
    return cropped(solid, shade, COIN)


@cache
def held_out_items() -> tuple[CutOut, ...]:
    """Return the cut-outs that no shipped net has been trained on: test digits, garments and coins.

    Raises
    ------
    ExplainerError
        If the file of garments and coins is missing or is not what it should be.
    """
    test = digits.split()[1]
    file = resource("data", FILE)
    return (
        *(digit(ink, int(label)) for ink, label in zip(test.images, test.labels, strict=True)),
        *held_out_garments(),
        *stored_coins(file),
    )


def crisp(item: CutOut, times: int = 4) -> CutOut:
    """Enlarge a cut-out and make its edge as narrow as it was, so that it can be laid down large without a haze."""
    size = (times * item.opacity.shape[1], times * item.opacity.shape[0])
    large, shade = (cv2.resize(one, size, interpolation=cv2.INTER_CUBIC) for one in (item.opacity, item.shade))
    opacity = np.clip(times * (large - SOLID) + SOLID, 0, 1)
    return CutOut(opacity.astype(np.float32), np.clip(shade, 0, 1).astype(np.float32), item.label)


def varied(rng: np.random.Generator, count: int) -> list[CutOut]:
    """Draw `count` held-out cut-outs, every class as likely as any other."""
    items = held_out_items()
    by_class = [[one for one in items if one.label == k + 1] for k in range(len(CLASSES))]
    kinds = rng.integers(len(CLASSES), size=count)
    return [by_class[k][int(rng.integers(len(by_class[k])))] for k in kinds]


def held_out_garments() -> tuple[CutOut, ...]:
    """Cut out the first test garments of each of the seven classes."""
    images, labels = garments.stored("test")
    rows = [(place, row) for place, k in enumerate(FASHION_LABELS) for row in np.flatnonzero(labels == k)[:EACH]]
    return tuple(garment(images[row], place) for place, row in rows)


def stored_coins(file: Path) -> tuple[CutOut, ...]:
    """Coins of an archive.

    Parameters
    ----------
    file
        An ``.npz`` with ``coins (M, s, s)`` and ``coin_masks (M, s, s)``.
    """
    try:
        with np.load(file, allow_pickle=False) as held:
            coins, masks = (held[key] for key in ("coins", "coin_masks"))
    except (OSError, ValueError, KeyError, EOFError) as error:
        what = f"The cut-outs in {file.name} cannot be read."
        raise ExplainerError(what, "Install Explainer again.", str(error)) from error
    return tuple(coin(grey, mask) for grey, mask in zip(coins, masks, strict=True))


# Laying them down ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The part of a picture that a cut-out touches: rows and columns, opacity and shade there."""

    rows: slice
    columns: slice
    opacity: NDArray[np.float32]
    shade: NDArray[np.float32]

    def solid(self, width: int, height: int) -> NDArray[np.bool_]:
        """Whether a pixel of the whole picture belongs to the object, ``(H, W)``."""
        out = np.zeros((height, width), bool)
        out[self.rows, self.columns] = self.opacity > SOLID
        return out


def laid(placed: Placed, width: int, height: int) -> Laid:
    """Turn, scale and shift a cut-out; what lies outside the picture is cut off."""
    h, w = placed.item.opacity.shape
    scale = placed.side_px / max(h, w)
    turn = np.deg2rad(placed.angle)
    cos, sin = float(np.cos(turn)) * scale, float(np.sin(turn)) * scale
    reach_x, reach_y = (abs(cos) * w + abs(sin) * h) / 2 + 1, (abs(sin) * w + abs(cos) * h) / 2 + 1
    left, right = (min(max(int(np.floor(placed.x + r)), 0), width) for r in (-reach_x, reach_x + 1))
    top, bottom = (min(max(int(np.floor(placed.y + r)), 0), height) for r in (-reach_y, reach_y + 1))
    size = (max(right - left, 0), max(bottom - top, 0))
    place = slice(top, top + size[1]), slice(left, left + size[0])
    if not all(size):
        nothing = np.zeros(size[::-1], np.float32)
        return Laid(*place, nothing, nothing)
    # Centres of pixels are at half numbers here and at whole numbers in OpenCV.
    cx, cy, x, y = (w - 1) / 2, (h - 1) / 2, placed.x - left - 0.5, placed.y - top - 0.5
    matrix = np.array([[cos, -sin, x - cos * cx + sin * cy], [sin, cos, y - sin * cx - cos * cy]])
    opacity = cv2.warpAffine(placed.item.opacity, matrix, size, flags=cv2.INTER_LINEAR)
    edge = cv2.BORDER_REPLICATE
    shade = cv2.warpAffine(placed.item.shade, matrix, size, flags=cv2.INTER_LINEAR, borderMode=edge)
    return Laid(*place, np.asarray(opacity, np.float32), np.asarray(shade, np.float32))


def compose(ground: NDArray[np.uint8], placed: Sequence[Placed]) -> Scene:
    """Lay cut-outs onto a picture in their order and keep the truth.

    Parameters
    ----------
    ground
        ``(H, W, 3) uint8`` RGB; it is not changed.

    Returns
    -------
    Scene
        Without the objects of which nothing, or less than 24 pixels, can be seen.
    """
    height, width = ground.shape[:2]
    pixels = ground.copy()
    masks: list[NDArray[np.bool_]] = []
    for one in placed:
        found = laid(one, width, height)
        under = pixels[found.rows, found.columns].astype(np.float32)
        blend = found.opacity[..., None]
        mixed = blend * (found.shade[..., None] * np.asarray(one.colour, np.float32)) + (1 - blend) * under
        pixels[found.rows, found.columns] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
        solid = found.solid(width, height)
        masks = [mask & ~solid for mask in masks] + [solid]
    return _truth(pixels, masks, [one.item.label for one in placed])


def _truth(pixels: NDArray[np.uint8], masks: Sequence[NDArray[np.bool_]], labels: Sequence[int]) -> Scene:
    kept = [k for k, mask in enumerate(masks) if int(mask.sum()) >= LEAST_PIXELS]
    shape = (len(kept), *pixels.shape[:2])
    boxes = np.array([tight_box(masks[k]) for k in kept], np.float32).reshape(-1, 4)
    whole = np.stack([masks[k] for k in kept]) if kept else np.zeros(shape, bool)
    return Scene(pixels, boxes, np.array([labels[k] for k in kept], np.int64), whole)


def tight_box(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Outer edges of the pixels of a mask that has any, x0 y0 x1 y1."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def drawn_scene(
    ground: NDArray[np.uint8],
    items: Sequence[CutOut],
    rng: np.random.Generator,
    count: int,
    sides: tuple[float, float] = (0.11, 0.5),
    visible: float = LEAST_VISIBLE,
) -> Scene:
    """Lay `count` cut-outs at random places, sizes, angles and colours, some over one another.

    Parameters
    ----------
    sides
        Least and greatest longer side as shares of the picture's shorter side; drawn evenly on a log scale.
    visible
        Least share of each that others leave to be seen; with 1 none lies over another.
    """
    height, width = ground.shape[:2]
    short = min(height, width)
    placed: list[Placed] = []
    solids: list[tuple[NDArray[np.bool_], int]] = []
    for _ in range(4 * count):
        if len(placed) == count:
            break
        one = _drawn(ground, items, rng, (sides[0] * short, sides[1] * short))
        solid = laid(one, width, height).solid(width, height)
        if _covers_too_much(solid, solids, visible):
            continue
        solids = [(mask & ~solid, area) for mask, area in solids] + [(solid, int(solid.sum()))]
        placed.append(one)
    return compose(ground, placed)


def _drawn(
    ground: NDArray[np.uint8], items: Sequence[CutOut], rng: np.random.Generator, sides: tuple[float, float]
) -> Placed:
    height, width = ground.shape[:2]
    item = items[int(rng.integers(len(items)))]
    side = float(np.exp(rng.uniform(*np.log(sides))))
    reach = 0.45 * side
    x, y = (float(rng.uniform(min(reach, n / 2), max(n - reach, n / 2))) for n in (width, height))
    return Placed(item, x, y, side, float(rng.uniform(-20, 20)), _colour(ground, item, rng, x, y, side))


def _colour(
    ground: NDArray[np.uint8], item: CutOut, rng: np.random.Generator, x: float, y: float, side: float
) -> tuple[float, float, float]:
    """Choose a colour: light ones for what has shades of its own; for digits one that differs from the ground."""
    if item.label == COIN:
        tint = rng.uniform(0.85, 1.15, 3) * 255
        return float(tint[0]), float(tint[1]), float(tint[2])
    if item.label > 10:
        tint = rng.uniform(110, 255, 3)
        return float(tint[0]), float(tint[1]), float(tint[2])
    reach = side / 2
    y0, x0 = max(int(y - reach), 0), max(int(x - reach), 0)
    under = ground[y0 : int(y + reach) + 1, x0 : int(x + reach) + 1].reshape(-1, 3)
    luma = np.array([0.299, 0.587, 0.114])
    around = float((under @ luma).mean()) if len(under) else 128.0
    for _ in range(12):
        found = rng.uniform(0, 255, 3)
        if abs(float(found @ luma) - around) >= CONTRAST:
            return float(found[0]), float(found[1]), float(found[2])
    grey = 255.0 if around < 128 else 0.0
    return grey, grey, grey


def _covers_too_much(solid: NDArray[np.bool_], solids: Sequence[tuple[NDArray[np.bool_], int]], visible: float) -> bool:
    return any(int((mask & ~solid).sum()) < visible * area for mask, area in solids)
