"""Figures that walk past one another, whose boxes and identities are known; and a detector that can be simulated.

The figures are cut out of sample photos (`explainer.vision.detection.cutouts`) and walk to and fro at their own
pace over the picture, out of focus and upside down. Who stands lower in the picture is nearer and hides the others.
A wall may hide them too.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.vision.detection import cutouts
from explainer.vision.tracking.many import Seen
from explainer.vision.tracking.report import Box

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIDE = 640  # longer side of the picture that is drawn
SOFT_PX = 24  # longer side of the copy that the ground is enlarged from
CAST: tuple[cutouts.Name, ...] = ("woman", "man", "dog")
SEEN_FROM = 0.25  # visible share from which a figure counts as there to be found
WALL = np.array((118, 122, 128), np.uint8)
_GOLDEN = 0.6180339887  # spreads starts and paces evenly, whatever the number of figures

# A simulated detector: what it misses, invents and mislays.
MISSED, INVENTED, JITTER = 0.04, 0.15, 0.025


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """One picture of the walk.

    Parameters
    ----------
    boxes
        ``(N, 4)`` of whole figures, cut at the picture's edge; figure *i* has identity *i + 1*.
    visible
        ``(N,)``: share that neither a nearer figure nor the wall hides; of a wall, the share of the box.
    class_id
        ``(N,)``, of COCO.
    """

    pixels: Pixels
    boxes: Floats
    visible: Floats
    class_id: NDArray[np.int64]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which figures count as visible, ``(N,)``."""
        return np.asarray(self.visible >= SEEN_FROM)


def ground(pixels: Pixels) -> Pixels:
    """The picture out of focus and upside down, `SIDE` on its longer side: nothing in it is to be detected."""
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = (max(1, round(width * SOFT_PX / max(height, width))), max(1, round(height * SOFT_PX / max(height, width))))
    soft = cv2.resize(pixels[::-1, ::-1], small, interpolation=cv2.INTER_AREA)
    out = cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(out, np.uint8).reshape(size[1], size[0], 3)


def places(count: int, index: int, size: tuple[int, int]) -> tuple[cutouts.Placed, ...]:
    """Where `count` figures are in picture `index`, the farthest first.

    Parameters
    ----------
    size
        Width and height of the picture.
    """
    width, height = size
    found = []
    for i in range(count):
        start, pace = (i * _GOLDEN) % 1, 0.006 + 0.006 * ((i * _GOLDEN * 3) % 1)
        near = i / max(1, count - 1)
        tall = (0.32 + 0.14 * near) * height * (0.8 if CAST[i % 3] == "dog" else 1)
        sign = 1 if i % 2 == 0 else -1
        turn = (2 * start + sign * pace * index * 2) % 2
        across = turn if turn <= 1 else 2 - turn  # to and fro
        walks_right = (turn <= 1) == (sign > 0)
        x = (0.08 + 0.84 * across) * width
        y = height * (0.44 + 0.54 * near) - tall / 2 + 0.01 * height * np.sin(0.6 * index + i)
        found.append(cutouts.Placed(CAST[i % 3], x, float(y), tall, walks_right))
    return tuple(found)


def ways(count: int, index: int, ahead: int, size: tuple[int, int]) -> Floats:
    """Middles of `count` figures from picture `index` to `ahead` pictures after it, ``(count, ahead + 1, 2)``."""
    moments = [places(count, n, size) for n in range(index, index + ahead + 1)]
    return np.array([[(one.x, one.y) for one in moment] for moment in moments]).swapaxes(0, 1)


def walk(pixels: Pixels, count: int, index: int, wall: Box | None) -> Crowd:
    """Draw picture `index` of the walk over a picture ``(H, W, 3) uint8 RGB``.

    Parameters
    ----------
    wall
        x0, y0, x1, y1 as shares of the picture; painted over all figures.
    """
    under = ground(pixels)
    size = (under.shape[1], under.shape[0])
    scene = cutouts.compose(under, places(count, index, size))
    covered = np.zeros(len(scene.boxes))
    drawn = scene.pixels
    if wall is not None:
        drawn = hidden(drawn, wall)
        block = np.array(wall) * (*size, *size)
        sides = np.minimum(scene.boxes[:, 2:], block[2:]) - np.maximum(scene.boxes[:, :2], block[:2])
        area = np.prod(scene.boxes[:, 2:] - scene.boxes[:, :2], axis=1)
        covered = np.prod(np.clip(sides, 0, None), axis=1) / np.maximum(area, 1)
    return Crowd(drawn, scene.boxes, scene.visible * (1 - covered), scene.class_id)


def hidden(pixels: Pixels, wall: Box) -> Pixels:
    """Paint a wall, given in shares of the picture, over a copy of it."""
    height, width = pixels.shape[:2]
    x0, x1 = (round(v * width) for v in (wall[0], wall[2]))
    y0, y1 = (round(v * height) for v in (wall[1], wall[3]))
    out = pixels.copy()
    out[y0:y1, x0:x1] = WALL
    out[y0 : y1 : max(8, height // 24), x0:x1] = WALL - 22  # courses of bricks, so that one sees what it is
    return out


def simulated(crowd: Crowd, rng: np.random.Generator) -> Seen:
    """Detections as a detector might give them, from the truth: no pixel is looked at.

    Scores fall with what can be seen, boxes are off by a few per cent, some figures are missed, some boxes
    invented.
    """
    visible = crowd.visible
    found = (visible > 0.12) & (rng.random(len(visible)) > MISSED)
    boxes = crowd.boxes[found]
    tall = (boxes[:, 3] - boxes[:, 1])[:, None]
    boxes = boxes + rng.normal(0, JITTER, boxes.shape) * tall
    scores = np.clip(0.15 + 0.75 * visible[found] + rng.normal(0, 0.05, int(found.sum())), 0.05, 0.99)
    classes = crowd.class_id[found]
    if rng.random() < INVENTED:
        height, width = crowd.pixels.shape[:2]
        x, y = rng.uniform(0, 0.8, 2) * (width, height)
        extra = np.array([[x, y, x + 0.12 * width, y + 0.3 * height]])
        boxes, scores = np.concatenate([boxes, extra]), np.append(scores, rng.uniform(0.3, 0.6))
        classes = np.append(classes, 0)
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 2)
    return Seen(boxes, scores, classes)
