"""Pictures whose truth is known, and motion where there is only a still."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.geometry import Affine, compose, scale_shift
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.sources.identity import new_id

_FPS = 30.0
_PAN_SIDE = 1280


@lru_cache(maxsize=4)
def textured_ground(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return a smooth random texture ``(H, W, 3) uint8``, 60…160: enough structure to track, darker than 200."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cell in (64, 16, 5):
        coarse = rng.standard_normal((height // cell + 2, width // cell + 2, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    total -= total.min()
    ground = (60 + 100 * total / max(float(total.max()), 1e-6)).astype(np.uint8)
    ground.flags.writeable = False  # shared by all who ask again
    return ground


class _Synthetic:
    """The part of a source that is the same for all drawn ones. `count` ``None`` means endless."""

    kind: SourceKind = "synthetic"

    def __init__(self, title: str, count: int | None, notes: tuple[str, ...] = ()) -> None:
        self.id = new_id("synthetic")
        self.title = title
        self.count = count
        self.fps = _FPS
        self._notes = notes
        self._next = 0
        self._last: Frame | None = None
        self._closed = False

    def read(self) -> Frame | Problem | None:
        """Return the next frame; ``None`` at the end and after `close`."""
        if self._closed or (self.count is not None and self._next >= self.count):
            return None
        return self.at(self._next)

    def at(self, index: int) -> Frame | Problem:
        """Return frame number `index`; ``read`` continues after it."""
        if index < 0 or (self.count is not None and index >= self.count):
            todo = f"It has frames 0 to {self.count - 1}." if self.count else "Ask for 0 or more."
            return Problem(f"{self.title} has no frame {index}.", todo)
        self._next = index + 1
        if self._last is None or self._last.index != index:
            self._last = Frame(self._draw(index), self.id, index, index / self.fps, self.title, self._notes)
        return self._last

    def close(self) -> None:
        """Let go of the last picture."""
        self._closed = True
        self._last = None

    def _draw(self, index: int) -> NDArray[np.uint8]:
        raise TypeError(f"{type(self).__name__} draws no picture {index}")


class MovingSquare(_Synthetic):
    """A bright square that bounces over textured ground; `truth` says where it is.

    Parameters
    ----------
    size
        Width and height of the frame in pixels, each larger than `side`.
    side
        Side of the square in pixels.
    velocity
        Pixels per frame in x and y, whole numbers, so that the truth is exact.
    count
        Number of frames.
    """

    def __init__(
        self,
        size: tuple[int, int] = (640, 480),
        side: int = 48,
        velocity: tuple[int, int] = (5, 3),
        count: int = 240,
    ) -> None:
        super().__init__("Moving square", count)
        self._size, self._side, self._velocity = size, side, velocity

    def truth(self, index: int) -> tuple[int, int, int, int]:
        """Box ``x0, y0, x1, y1`` of the square in frame `index`, in pixels, outer edges."""
        x, y = (
            _bounced(offset + v * index, size - self._side)
            for offset, v, size in zip((40, 60), self._velocity, self._size, strict=True)
        )
        return x, y, x + self._side, y + self._side

    def _draw(self, index: int) -> NDArray[np.uint8]:
        width, height = self._size
        pixels = textured_ground(height, width).copy()
        x0, y0, x1, y1 = self.truth(index)
        pixels[y0:y1, x0:x1] = (250, 240, 220)
        return pixels


class PanSource(_Synthetic):
    """A slow pan and zoom over a still, so that what needs motion can be shown on a photo.

    At frame *i* of *n*, with φ = 2π i / n, the photo is magnified by ``1.2 + 0.04 sin φ`` and the centre of the
    view goes once round an ellipse of 0.06 of the width and the height: no standstill, no jump, and the end
    joins the beginning. A photo with a side of more than 1280 pixels is reduced first.
    """

    def __init__(self, frame: Frame, count: int = 60) -> None:
        longer = max(frame.width, frame.height)
        scale = min(1.0, _PAN_SIDE / longer)
        self._size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
        self._photo = frame.pixels if scale == 1 else _shrunk(frame.pixels, self._size)
        self._full = (frame.width, frame.height)
        note = ("A slow pan over a still picture: the motion is made, not filmed.",)
        super().__init__(frame.name or "Pan", max(1, count), (*frame.notes, *note))

    def to_photo(self, index: int) -> Affine:
        """Map from pixels of frame `index` to pixels of the photo: the truth of the motion."""
        assert self.count is not None
        phi = 2 * np.pi * index / self.count
        zoom = 1.2 + 0.04 * np.sin(phi)  # at least 1.16, which leaves 0.069 of the size on each side
        width, height = self._size
        left = width * ((1 - 1 / zoom) / 2 + 0.06 * np.cos(phi))
        top = height * ((1 - 1 / zoom) / 2 + 0.06 * np.sin(phi))
        view = scale_shift(1 / zoom, 1 / zoom, float(left), float(top))
        return compose(scale_shift(self._full[0] / width, self._full[1] / height), view)

    def _draw(self, index: int) -> NDArray[np.uint8]:
        width, height = self._size
        to_small = compose(scale_shift(width / self._full[0], height / self._full[1]), self.to_photo(index))
        # OpenCV's integer coordinates are pixel centres, ours lie half a pixel further.
        centres = compose(compose(scale_shift(1, 1, -0.5, -0.5), to_small), scale_shift(1, 1, 0.5, 0.5))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        out = cv2.warpAffine(self._photo, centres, self._size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.uint8).reshape(height, width, 3)


class EndlessSource(_Synthetic):
    """Distinct 1280 × 720 frames without end and without the cost of taking them, for the bench.

    Parameters
    ----------
    photo
        ``(H, W, 3) uint8 RGB`` to move over the frame; a texture where there is none.
    size
        Width and height in pixels.
    distinct
        So many pictures are made when it opens, and shown in turn.
    """

    def __init__(
        self,
        photo: NDArray[np.uint8] | None = None,
        size: tuple[int, int] = (1280, 720),
        distinct: int = 8,
    ) -> None:
        super().__init__("Endless", None)
        ground = textured_ground(size[1], size[0]) if photo is None else _shrunk(photo, size)
        # A shift by a few pixels each: neighbours differ as in a film, and no two are equal.
        self._ring = tuple(np.roll(ground, (3 * i, 7 * i), (0, 1)) for i in range(distinct))

    def _draw(self, index: int) -> NDArray[np.uint8]:
        return self._ring[index % len(self._ring)]


def pan(frame: Frame, count: int = 60) -> PanSource:
    """Make `count` frames of slow motion from one picture."""
    return PanSource(frame, count)


def _bounced(position: int, limit: int) -> int:
    """Reflect a growing position at 0 and at `limit`."""
    folded = position % (2 * limit)
    return folded if folded <= limit else 2 * limit - folded


def _shrunk(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8).reshape(size[1], size[0], 3)
