"""Real people and a dog, cut out of sample pictures, to be laid over one another on any background.

What is laid down later hides what lay there before. The truth is known: the box of each whole figure, as far as
it lies in the picture, and the share of it that can still be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.paths import resource, samples
from explainer.core.problem import ExplainerError
from explainer.vision.detection import coco

FILE = "cutout-masks.npz"
BLUR, PALE, PAPER = 0.03, 0.4, 220  # of the longer side; how far towards which grey a background fades
Name = str  # woman, man, dog
PICTURES: dict[Name, str] = {"woman": "astronaut.jpg", "man": "cameraman.jpg", "dog": "dog.jpg"}
CLASSES: dict[Name, int] = {"woman": coco.PERSON, "man": coco.PERSON, "dog": coco.NAMES.index("dog")}


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """Pixels ``(h, w, 3) uint8 RGB`` and their opacity ``(h, w) float32`` in 0…1, cropped to the figure."""

    pixels: NDArray[np.uint8]
    opacity: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Placed:
    """A figure in a picture: its centre in pixels, its height in pixels, and whether it looks the other way."""

    name: Name
    x: float
    y: float
    height: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture with figures, and the truth about them.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    boxes
        ``(N, 4) float64``: box of each whole figure, cut at the picture's edge; no area if it lies outside.
    visible
        ``(N,)``: share of each figure's pixels within the picture that no later figure hides; 0 if there is none.
    class_id
        ``(N,)``, of COCO.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    visible: NDArray[np.float64]
    class_id: NDArray[np.int64]


@cache
def cut_out(name: Name) -> CutOut:
    """Read one of the figures.

    Raises
    ------
    ExplainerError
        If its picture or its mask is not there.
    """
    try:
        with np.load(resource("data", FILE), allow_pickle=False) as stored:
            height, width = (int(n) for n in stored[f"{name}_shape"])
            mask = np.unpackbits(stored[name], count=height * width).reshape(height, width)
        picture = cv2.imread(str(samples() / PICTURES[name]))
        if picture is None or picture.shape[:2] != mask.shape:
            raise ValueError(f"{PICTURES[name]} does not fit its mask")
    except (OSError, KeyError, ValueError) as error:
        what = f"The cut-out “{name}” cannot be read."
        raise ExplainerError(what, "Install Explainer again.", str(error)) from error
    y, x = np.nonzero(mask)
    box = np.s_[y.min() : y.max() + 1, x.min() : x.max() + 1]
    return CutOut(np.ascontiguousarray(picture[box][..., ::-1]), mask[box].astype(np.float32))


def faded(background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blur a background and make it paler, so that nothing but the figures is to be found in it."""
    out_of_focus = cv2.GaussianBlur(background, (0, 0), max(background.shape[:2]) * BLUR)
    return np.asarray(np.rint(PALE * PAPER + (1 - PALE) * out_of_focus), np.uint8)


def compose(background: NDArray[np.uint8], figures: Sequence[Placed]) -> Scene:
    """Lay figures over a background ``(H, W, 3) uint8 RGB``, the first at the bottom."""
    pixels = background.copy()
    boxes, layers = [], []
    for one in figures:
        box, opacity = _lay(pixels, one)
        boxes.append(box)
        layers.append((box, opacity))
    visible = [_share(layers, k, background.shape[:2]) for k in range(len(layers))]
    classes = np.array([CLASSES[one.name] for one in figures], np.int64)
    return Scene(pixels, np.array(boxes, np.float64).reshape(-1, 4), np.array(visible), classes)


def _lay(pixels: NDArray[np.uint8], one: Placed) -> tuple[tuple[int, int, int, int], NDArray[np.float32]]:
    """Blend a figure in; return its box in the picture and its opacity there."""
    figure = cut_out(one.name)
    height = max(1, round(one.height))
    width = max(1, round(figure.opacity.shape[1] * height / figure.opacity.shape[0]))
    how = cv2.INTER_AREA if height < figure.opacity.shape[0] else cv2.INTER_LINEAR
    shade = np.asarray(cv2.resize(figure.pixels, (width, height), interpolation=how), np.float32)
    opacity = np.asarray(cv2.resize(figure.opacity, (width, height), interpolation=how), np.float32)
    if one.mirrored:
        shade, opacity = shade[:, ::-1], opacity[:, ::-1]
    left, top = round(one.x - width / 2), round(one.y - height / 2)
    x0, y0 = min(max(left, 0), pixels.shape[1]), min(max(top, 0), pixels.shape[0])
    x1, y1 = (max(low, min(at, end)) for low, at, end in (
        (x0, left + width, pixels.shape[1]), (y0, top + height, pixels.shape[0])
    ))  # fmt: skip
    seen = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    a, under = opacity[seen], pixels[y0:y1, x0:x1]
    under[:] = np.rint(a[..., None] * shade[seen] + (1 - a[..., None]) * under).astype(np.uint8)
    return (x0, y0, x1, y1), a


def _share(
    layers: Sequence[tuple[tuple[int, int, int, int], NDArray[np.float32]]], k: int, shape: tuple[int, ...]
) -> float:
    """Share of figure `k` that later ones leave."""
    (x0, y0, x1, y1), opacity = layers[k]
    solid = opacity > 0.5
    if not solid.any():
        return 0.0
    hidden = np.zeros(shape, bool)
    for (a0, b0, a1, b1), other in layers[k + 1 :]:
        hidden[b0:b1, a0:a1] |= other > 0.5
    return float((solid & ~hidden[y0:y1, x0:x1]).sum() / solid.sum())
