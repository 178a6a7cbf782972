"""The picture as a panel, and arrays of a working copy as layers over it, each at its own resolution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.geometry import Affine, BoxXYXY, PointXY, apply, identity, resized, scale_shift
from explainer.core.layers import ColourMap, Heat, Image, Label, Layer, Lines, Mask, Panel, Points

BLUE = 0.3  # of a map's lower end: what is paler is hardly seen
Focus = tuple[float, float, float, float]


def in_pixels(frame: Frame, *points: PointXY) -> NDArray[np.float64]:
    """Points of params in frame pixels, ``(N, 2)``."""
    return np.array(points, np.float64).reshape(-1, 2) * [frame.width, frame.height]


def box_in_pixels(frame: Frame, box: BoxXYXY) -> NDArray[np.float64]:
    """Box of params in frame pixels: left, top, right, bottom in order, cut off where the frame ends."""
    corners = np.sort(np.clip(np.reshape(box, (2, 2)), 0.0, 1.0), axis=0)
    return in_pixels(frame, *(PointXY(*corner) for corner in corners)).ravel()


def panel(frame: Frame, title: str, *layers: Layer, note: str = "", focus: Focus | None = None) -> Panel:
    """Panel with the frame below, dimmed outside `focus`, and layers above it, in frame pixels."""
    picture = Image("picture", frame.pixels, focus=focus)
    return Panel(title, (frame.width, frame.height), (picture, *layers), note)


def heat(
    values: NDArray[np.float32],
    place: Affine,
    *,
    name: str = "map",
    limit: float = 0.0,
    signed: bool = False,
    **look: Any,
) -> Heat:
    """Map in colour: from 0, or from −limit where it is `signed`, to `limit`, which follows the map by default."""
    hi = limit or float(np.abs(values).max()) or 1.0
    colours: ColourMap = "diverging" if signed else "sequential"
    return Heat(name, values, -hi if signed else 0.0, hi, place, **{"colours": colours} | look)


def bluest(shown: Panel, text: str) -> tuple[Label, ...]:
    """What blue means, at the lowest place of a panel's signed map; nothing where no blue is to be seen."""
    maps = [one for one in shown.layers if isinstance(one, Heat) and one.values.min() < BLUE * one.lo < 0]
    if not maps:
        return ()
    row, column = np.argwhere(maps[-1].values == maps[-1].values.min()).mean(axis=0)
    x, y = apply(maps[-1].to_panel, np.array([[column + 0.5, row + 0.5]]))[0]
    return (Label("blue", text, (float(x), float(y))),)


def grey(pixels: NDArray[np.uint8], contrast: float = 1.0) -> NDArray[np.uint8]:
    """Picture ``(H, W, 3)`` without its colours, so that all colour is that of what lies over it."""
    return np.asarray(128 + contrast * (pixels.mean(2, keepdims=True) - 128), np.uint8).repeat(3, axis=2)


def dark(pixels: NDArray[np.uint8], light: float = 0.6) -> NDArray[np.uint8]:
    """Picture ``(H, W, 3)`` in grey with `light` of its brightness, before which colours glow."""
    return np.asarray(light * grey(pixels), np.uint8)


FAINT, WEB, LINE, PER_BOX = 0.3, (86, 180, 233), 1 / 800, 0.16  # light left; colour, width and light of an outline


def spotlit(pixels: NDArray[np.uint8], lit: NDArray[np.float64], web: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Picture that is dimmed outside the `lit` boxes, and there overlaid with the outlines of the boxes `web`.

    The outlines add up like light, so that a web is brightest where most agree; what is lit stays clear of it.

    Parameters
    ----------
    pixels
        ``(H, W, 3)``.
    lit, web
        ``(N, 4)`` and ``(M, 4)``, x0, y0, x1, y1 in pixels; what lies outside the picture is cut off.
    """
    wide = max(1, round(pixels.shape[1] * LINE))
    light = np.zeros(pixels.shape[:2], np.float32)
    for x0, y0, x1, y1 in np.rint(web).astype(int).clip(0).tolist():
        for strip in (np.s_[y0 : y0 + wide, x0:x1], np.s_[y1 : y1 + wide, x0:x1],
                      np.s_[y0:y1, x0 : x0 + wide], np.s_[y0:y1, x1 : x1 + wide]):  # fmt: skip
            light[strip] += PER_BOX
    shown: NDArray[np.uint8] = np.rint(np.arange(256) * FAINT).astype(np.uint8)[pixels]
    share = light[light > 0][:, None].clip(0, 1)
    shown[light > 0] = np.rint(shown[light > 0] * (1 - share) + np.array(WEB) * share)
    for x0, y0, x1, y1 in np.rint(lit).astype(int).clip(0).tolist():
        shown[y0:y1, x0:x1] = pixels[y0:y1, x0:x1]
    return shown


def ruled(rows: int, columns: int, most: int = 28) -> tuple[Lines, ...]:
    """Lines between the cells of a map on a panel in cells; none where there are more than `most` a side, or one."""
    across = [np.array([[0.0, y], [columns, y]]) for y in range(1, rows)]
    down = [np.array([[x, 0.0], [x, rows]]) for x in range(1, columns)]
    paths = (*across, *down) if max(rows, columns) <= most else ()
    return (Lines("cells", paths, (-2,) * len(paths), width_px=0.8),) if paths else ()


def on_cells(
    shape: tuple[int, int], title: str, pixels: NDArray[np.uint8], layers: Sequence[Layer], note: str = ""
) -> Panel:
    """Panel in cells of a map ``(h, w)`` of that shape: what the network sees, stretched over it, and layers above."""
    below = Image("picture", pixels, resized(identity(), shape, pixels.shape[:2]))
    return Panel(title, (float(shape[1]), float(shape[0])), (below, *layers), note, frame=False)


def filled(name: str, box: NDArray[np.float64], colour: int, share: float = 0.6) -> tuple[Mask, ...]:
    """A box ``(4,)`` in panel pixels, filled so that the picture shows through; nothing where it has no area."""
    (x0, y0), (w, h) = box[:2], box[2:] - box[:2]
    place = scale_shift(float(w), float(h), float(x0), float(y0))
    return (Mask(name, np.full((1, 1), share, np.float32), place, colour),) if min(w, h) > 0 else ()


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A working copy of the whole frame, smaller or as large: its arrays become layers over the frame.

    Parameters
    ----------
    shape
        Height and width of the copy, or of a map over it; what follows is left out.
    """

    frame: Frame
    shape: tuple[int, ...]

    @property
    def to_frame(self) -> Affine:
        """Map from pixels of the copy to the frame's."""
        return scale_shift(self.frame.width / self.shape[1], self.frame.height / self.shape[0])

    @property
    def scale(self) -> float:
        """Frame pixels in the width of one pixel of the copy."""
        return self.frame.width / self.shape[1]

    def panel(self, title: str, *layers: Layer, note: str = "", under: NDArray[np.uint8] | None = None) -> Panel:
        """Panel with the frame below, or another picture of it at its own resolution, and layers above."""
        if under is None:
            return panel(self.frame, title, *layers, note=note)
        below = Image("picture", under, Copy(self.frame, under.shape).to_frame, smooth=False)
        return Panel(title, (self.frame.width, self.frame.height), (below, *layers), note)

    def heat(self, name: str, values: NDArray[np.float32], **look: Any) -> Heat:
        """Map in colour, as `heat` takes it."""
        return heat(values, Copy(self.frame, values.shape).to_frame, name=name, **look)

    def mask(self, name: str, values: NDArray[Any], colour: int) -> Mask:
        """Region, filled."""
        return Mask(name, values, Copy(self.frame, values.shape).to_frame, colour)

    def outline(self, name: str, paths: Sequence[NDArray[np.float64]], colour: int) -> tuple[Lines, ...]:
        """Closed lines through points of the copy; nothing where there is none."""
        found = tuple(apply(self.to_frame, path) for path in paths)
        return (Lines(name, found, (colour,) * len(found), closed=True),) if found else ()

    def points(self, name: str, cells: NDArray[np.int64], colour: int, size_px: float = 9.0) -> tuple[Points, ...]:
        """Centres of the copy's pixels ``(N, 2)``, row and column; nothing where there is none."""
        xy = apply(self.to_frame, cells[:, ::-1].astype(np.float64) + 0.5)
        return (Points(name, xy, colours=(colour,) * len(xy), size_px=size_px),) if len(xy) else ()
