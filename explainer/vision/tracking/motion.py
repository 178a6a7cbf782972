"""A target that moves in ways that are known: cut out of a picture and led over it.

Since the motion is made, the true box of every picture is known, and with it how right a tracker is and whether it
knows when it is wrong. The ground is the same picture, turned upside down and out of focus. Difficulties are put in
one by one: size, rotation, blur, an occluder, light, clutter, a twin, speed, and leaving the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Difficulty = str  # scale, rotation, blur, occlusion, light, clutter, twin, speed, leaves

PERIOD = 60  # pictures of one round at ordinary speed
REACH = 2.0  # how far it goes from its start, at most, in widths or heights of its box
POST_AT = 0.55  # share of the way to the right-hand end at which the post stands
SOFT = 0.03  # blur of the ground, as a share of the picture's longer side


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """What a made clip is made of.

    Parameters
    ----------
    ground, sharp
        ``(H, W, 3)``: the picture upside down, out of focus and in focus.
    cut, alpha
        The target ``(h, w, 3)`` and its soft ellipse ``(h, w)`` in 0…1.
    box
        Where it was: x0, y0, x1, y1 in pixels.
    """

    ground: Pixels
    sharp: Pixels
    cut: Pixels
    alpha: Floats
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One picture of a made clip, the true box x0, y0, x1, y1, and the share of it that can be seen, 0…1."""

    pixels: Pixels
    box: tuple[float, float, float, float]
    visible: float


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the target is and how it looks in one picture."""

    x: float
    y: float
    scale: float = 1.0
    angle: float = 0.0
    blur: float = 0.0
    gain: float = 1.0


def cast(pixels: Pixels, box: tuple[float, float, float, float]) -> Cast:
    """Cut the ellipse inside a box out of a picture.

    Parameters
    ----------
    box
        Inside the picture, with at least two pixels a side.
    """
    x0, y0, x1, y1 = (round(v) for v in box)
    cut = np.ascontiguousarray(pixels[y0:y1, x0:x1])
    height, width = cut.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    radius = np.hypot((x + 0.5 - width / 2) / (width / 2), (y + 0.5 - height / 2) / (height / 2))
    alpha = np.clip((1 - radius) * min(width, height) / 4 + 0.5, 0, 1).astype(np.float32)
    sharp = np.ascontiguousarray(pixels[::-1, ::-1])
    soft = cv2.GaussianBlur(sharp, (0, 0), max(0.5, SOFT * max(pixels.shape)))
    return Cast(np.asarray(soft, np.uint8).reshape(pixels.shape), sharp, cut, alpha, (x0, y0, x1, y1))


def pose(made: Cast, index: int, what: tuple[Difficulty, ...], strength: float) -> Pose:
    """Where the target is in picture `index`, 0 being the start."""
    height, width = made.ground.shape[:2]
    x0, y0, x1, y1 = made.box
    period = PERIOD / (1 + 4 * strength) if "speed" in what else PERIOD
    phase = 2 * np.pi * index / period
    across, down = np.sin(phase), np.sin(2 * phase)
    reach_x = min(REACH * (x1 - x0), float(width - x1 if across > 0 else x0))
    reach_y = min(REACH * (y1 - y0), float(height - y1 if down > 0 else y0)) / 2
    if "leaves" in what:
        reach_x += strength * (width - x0 if across > 0 else x1)
    wave = float(np.sin(phase) ** 2)
    least = min(x1 - x0, y1 - y0)
    return Pose(
        x=(x0 + x1) / 2 + float(across) * reach_x,
        y=(y0 + y1) / 2 + float(down) * reach_y,
        scale=float((1 + strength) ** np.sin(phase)) if "scale" in what else 1.0,
        angle=float(np.pi * strength * np.sin(phase)) if "rotation" in what else 0.0,
        blur=0.2 * strength * least * wave if "blur" in what else 0.0,
        gain=1 - 0.9 * strength * wave if "light" in what else 1.0,
    )


def way(made: Cast, index: int, ahead: int, what: tuple[Difficulty, ...], strength: float) -> NDArray[np.float64]:
    """Middles of the target in picture `index` and the `ahead` pictures after it, ``(ahead + 1, 2)`` in pixels."""
    poses = [pose(made, n, what, strength) for n in range(index, index + ahead + 1)]
    return np.array([(at.x, at.y) for at in poses])


def true_box(made: Cast, at: Pose) -> tuple[float, float, float, float]:
    """The smallest upright box round the turned ellipse."""
    x0, y0, x1, y1 = made.box
    a, b = (x1 - x0) / 2 * at.scale, (y1 - y0) / 2 * at.scale
    cos, sin = np.cos(at.angle), np.sin(at.angle)
    half_x, half_y = float(np.hypot(a * cos, b * sin)), float(np.hypot(a * sin, b * cos))
    return at.x - half_x, at.y - half_y, at.x + half_x, at.y + half_y


def picture(made: Cast, index: int, what: tuple[Difficulty, ...], strength: float) -> Made:
    """Draw picture `index`.

    Parameters
    ----------
    strength
        0…1, of all difficulties alike.
    """
    at = pose(made, index, what, strength)
    pixels = _ground(made, strength if "clutter" in what else 0.0)
    if "twin" in what:  # the same thing once more, on the mirrored way, behind the target
        middle = (made.box[0] + made.box[2]) / 2
        other = Pose(2 * middle - at.x, at.y, at.scale, at.angle)
        _paste(pixels, made, other, opacity=min(1.0, 0.5 + strength))
    alpha = _paste(pixels, made, at)
    hidden = 0.0
    if "occlusion" in what:
        hidden = _post(pixels, made, alpha, strength)
    if at.blur > 0.1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), at.blur), np.uint8)
    if at.gain < 1:
        pixels = np.asarray(cv2.convertScaleAbs(pixels, alpha=at.gain), np.uint8)
    whole = float(made.alpha.sum()) * at.scale**2
    visible = (float(alpha.sum()) - hidden) / whole if whole else 0.0
    return Made(pixels, true_box(made, at), min(max(visible, 0.0), 1.0))


def _ground(made: Cast, sharpness: float) -> Pixels:
    if sharpness <= 0:
        return made.ground.copy()
    mixed = cv2.addWeighted(made.sharp, sharpness, made.ground, 1 - sharpness, 0)
    return np.asarray(mixed, np.uint8).reshape(made.ground.shape)


def _paste(pixels: Pixels, made: Cast, at: Pose, opacity: float = 1.0) -> Floats:
    """Lay the target over the picture; return its alpha over the whole picture, ``(H, W)``."""
    height, width = made.cut.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -np.degrees(at.angle), at.scale)
    turn[:, 2] += (at.x - width / 2, at.y - height / 2)
    size = (pixels.shape[1], pixels.shape[0])
    alpha = np.asarray(cv2.warpAffine(made.alpha, turn, size), np.float32)
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not len(rows):
        return alpha
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    turn[:, 2] -= (columns[0], rows[0])
    shape = (int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1))
    drawn = cv2.warpAffine(made.cut, turn, shape, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    cover = opacity * alpha[part][..., None]
    pixels[part] = np.rint(pixels[part] * (1 - cover) + drawn.reshape(*cover.shape[:2], 3) * cover).astype(np.uint8)
    return alpha


def _post(pixels: Pixels, made: Cast, alpha: Floats, strength: float) -> float:
    """Stand a post in the way; return how much of the target's alpha it hides."""
    x0, _, x1, _ = made.box
    width = pixels.shape[1]
    reach = min(REACH * (x1 - x0), float(width - x1))
    to_left = reach < (x1 - x0) / 2  # no room on the right: it stands on the left
    if to_left:
        reach = -min(REACH * (x1 - x0), float(x0))
    middle = (x0 + x1) / 2 + POST_AT * reach
    half = strength * (x1 - x0) * 0.75
    left, right = max(0, round(middle - half)), min(width, round(middle + half))
    if right <= left:
        return 0.0
    shade = 96 + 48 * np.sin(np.linspace(0, np.pi, right - left))
    pixels[:, left:right] = np.rint(shade)[None, :, None].astype(np.uint8)
    return float(alpha[:, left:right].sum())
