"""Where ``auto`` stands in a picture: on the best object, else where it differs most, else in the middle.

A detector pass over a small copy costs 40 ms, an edge or a salient place 2 ms: demos that are quicker than a frame
of film ask for an edge. What was seated in one picture of a film stays there in those that follow it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import AUTO, LAST
from explainer.core.frame import Frame
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY

MIDDLE = BoxXYXY(0.38, 0.35, 0.62, 0.65)
COPY_PX = 160  # longer side of the copy that is searched
DETECTOR_PX = 320  # longer side of what the detector sees: half of its usual work
LEAST_SCORE = 0.35
LEAST_SHARE, MOST_SHARE = 0.01, 0.6  # of the picture: what fills it is no place in it
ALMOST_ALL = 0.97
PERSON = "person"
WORN = ("backpack", "handbag", "tie")  # what belongs to a person is no object of its own
LEAST_THING = 0.04  # of the picture: a tie is no person
SALIENT_SIDE, THING_SIDE = 0.34, 0.5  # of a salient box, as a share of the picture's sides
ROOMY = 0.26  # of a side: nearly four cells of a map of 14
FREE, LEAST_IN = 0.25, 0.3  # of what is seen: free round a box that lies well inside, and its least side
MARGIN = 0.08  # share of the sides where nothing is seated
NOTHING = 3.0  # levels of 255; smaller differences are noise
ROUGH = 16.0  # levels; a rougher place is no more of a thing
MOST_KEPT = 64

T = TypeVar("T")
Seats = Mapping[str, Any]


def box(wanted: BoxXYXY | str, frame: Frame, ctx: Context) -> BoxXYXY:
    """Return `wanted`, or where it is ``auto`` the detector's best object, else what stands out of the picture."""
    if isinstance(wanted, BoxXYXY):
        return wanted
    return once("box", frame, ctx, lambda: _found(frame, ctx) or salient_box(frame.pixels))


def roomy(wanted: BoxXYXY | str, frame: Frame, ctx: Context) -> BoxXYXY:
    """Return `wanted`, or where it is ``auto`` the best object, with what is around it where it is small."""
    x0, y0, x1, y1 = box(wanted, frame, ctx)
    if isinstance(wanted, BoxXYXY):
        return wanted
    (left, right), (top, bottom) = _wide(x0, x1), _wide(y0, y1)
    return BoxXYXY(left, top, right, bottom)


def well_inside(wanted: BoxXYXY | str, frame: Frame, ctx: Context) -> BoxXYXY:
    """Return `wanted`, or where it is ``auto`` the best object, as far as it lies well inside the square that is seen.

    At the border of a map what is rounded outwards would be cut off, and nothing seen of it.
    """
    if isinstance(wanted, BoxXYXY):
        return wanted
    square, (x0, y0, x1, y1) = min(frame.width, frame.height), box(AUTO, frame, ctx)
    (left, right), (top, bottom) = _kept_in(x0, x1, square / frame.width), _kept_in(y0, y1, square / frame.height)
    return BoxXYXY(left, top, right, bottom)


def _kept_in(start: float, end: float, seen: float) -> tuple[float, float]:
    """Shares of a side, kept away from the border of the middle part `seen` of it; a small object gets room."""
    border = 0.5 - seen * (0.5 - FREE)
    low, high = (min(max(one, border), 1 - border) for one in (start, end))
    half = max(high - low, LEAST_IN * seen) / 2
    middle = min(max((low + high) / 2, border + half), 1 - border - half)
    return middle - half, middle + half


def _wide(start: float, end: float) -> tuple[float, float]:
    half = max(end - start, ROOMY) / 2
    middle = min(max((start + end) / 2, half), 1 - half)
    return middle - half, middle + half


def subject(frame: Frame, ctx: Context) -> BoxXYXY:
    """Return the best object though it fill most of the picture, else what stands out of it: what is to be cut out."""
    return once("subject", frame, ctx, lambda: _found(frame, ctx, ALMOST_ALL) or salient_box(frame.pixels))


def target(wanted: BoxXYXY | str, frame: Frame, ctx: Context) -> BoxXYXY:
    """Return `wanted`, or where it is ``auto`` the best object; what is no object may not move: else the middle."""
    if isinstance(wanted, BoxXYXY):
        return wanted
    return once("target", frame, ctx, lambda: _found(frame, ctx) or MIDDLE)


def thing(wanted: BoxXYXY | str, frame: Frame, ctx: Context) -> BoxXYXY:
    """Return `wanted`, or where it is ``auto`` the best object that is no detail, else a salient place as large.

    Of an object that fills most of the picture it is the middle.
    """
    if isinstance(wanted, BoxXYXY):
        return wanted

    def make() -> BoxXYXY:
        best = _found(frame, ctx, ALMOST_ALL, LEAST_THING)
        return inner(best) if best else salient_box(frame.pixels, THING_SIDE)

    return once("thing", frame, ctx, make)


def point(wanted: PointXY | str, frame: Frame, ctx: Context) -> PointXY:
    """Return `wanted`, or where it is ``auto`` the middle of that box."""
    if isinstance(wanted, PointXY):
        return wanted
    x0, y0, x1, y1 = box(AUTO, frame, ctx)
    return PointXY((x0 + x1) / 2, (y0 + y1) / 2)


def edge(wanted: PointXY | str, frame: Frame, ctx: Context) -> PointXY:
    """Return `wanted`, or where it is ``auto`` the place of the strongest upright edge."""
    return wanted if isinstance(wanted, PointXY) else once("edge", frame, ctx, lambda: strongest_edge(frame.pixels))


def layer(wanted: str, frame: Frame, ctx: Context) -> str:
    """Return `wanted`, or where it is ``auto`` the layer in the middle of those that have maps."""
    del frame
    maps = [one.name for one in ctx.card.layers if len(one.shape) == 3]
    return wanted if wanted != AUTO else maps[len(maps) // 2] if maps else LAST


def last(wanted: str, frame: Frame, ctx: Context) -> str:
    """Return `wanted`, or where it is ``auto`` the last layer that has maps."""
    del frame
    return ctx.card.layer(LAST).name if wanted == AUTO else wanted


def seated(params: Any, frame: Frame, ctx: Context, **how: Callable[[Any, Frame, Context], Any]) -> tuple[Any, Seats]:
    """Seat the params that are ``auto``: ``params, seats = seated(params, frame, ctx, spot=edge)``.

    Returns
    -------
    params
        With a value of its own type in each of them.
    seats
        These values, for `Result.resolved`.
    """
    auto = {name: seat for name, seat in how.items() if isinstance(getattr(params, name), str)}
    seats = {name: seat(AUTO, frame, ctx) for name, seat in auto.items() if getattr(params, name) == AUTO}
    return replace(params, **seats), seats


def once(kind: str, frame: Frame, ctx: Context, make: Callable[[], T]) -> T:
    """Seat once for a picture; in the pictures of a film that follow, where it was seated before."""
    kept: dict[Any, T] = ctx.memo("seats", dict, keep=True)
    key = (kind, frame.source_id)
    if frame.source_id and frame.time_s > 0 and key in kept:
        return kept[key]
    found = ctx.memo(("seat", kind), make)
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = found
    return found


# Objects ------------------------------------------------------------------------------------------------


def person(frame: Frame, ctx: Context) -> bool:
    """Whether `subject` is a person."""

    def make() -> bool:
        return _found(frame, ctx, ALMOST_ALL, only=PERSON) == subject(frame, ctx)

    return once("person", frame, ctx, make)


def _found(
    frame: Frame, ctx: Context, most: float = MOST_SHARE, least: float = LEAST_SHARE, only: str = ""
) -> BoxXYXY | None:
    from explainer.vision.detection import coco, gfl, nanodet

    net = ctx.memo(("nanodet", ctx.device), lambda: nanodet.load(ctx.device), keep=True)
    found = gfl.boxes(nanodet.look(net, frame.pixels, DETECTOR_PX), LEAST_SCORE)
    names = [coco.name(int(k)) for k in found.class_id]
    own = np.array([name not in WORN and only in ("", name) for name in names], np.bool_)
    return best_object(found.xyxy[own], found.score[own], frame.width, frame.height, most, least)


def best_object(
    xyxy: NDArray[Any],
    score: NDArray[Any],
    width: int,
    height: int,
    most: float = MOST_SHARE,
    least: float = LEAST_SHARE,
) -> BoxXYXY | None:
    """Return the box with the best score that is a place in the picture: neither a speck, nor all of it."""
    sides = np.array([width, height] * 2, np.float64)
    boxes = np.clip(np.asarray(xyxy, np.float64).reshape(-1, 4) / sides, 0.0, 1.0)
    share = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    fits = (share >= least) & (share <= most)
    if not fits.any():
        return None
    return BoxXYXY(*(float(v) for v in boxes[int(np.where(fits, score, -1.0).argmax())]))


def inner(box: BoxXYXY) -> BoxXYXY:
    """Return a box, or its middle of `THING_SIDE` where it covers more than `MOST_SHARE` of the picture."""
    x0, y0, x1, y1 = box
    if (x1 - x0) * (y1 - y0) <= MOST_SHARE:
        return box
    x, y = (min(max(one, THING_SIDE / 2), 1 - THING_SIDE / 2) for one in ((x0 + x1) / 2, (y0 + y1) / 2))
    return BoxXYXY(x - THING_SIDE / 2, y - THING_SIDE / 2, x + THING_SIDE / 2, y + THING_SIDE / 2)


# Without a network --------------------------------------------------------------------------------------


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = min(1.0, COPY_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def salient_box(pixels: NDArray[np.uint8], share: float = SALIENT_SIDE) -> BoxXYXY:
    """Return the box whose colours differ most from the picture's mean, after Achanta et al. (2009).

    Its sides are a `share` of the picture's. Places without any texture count little: a plain sky is far from the
    mean, and no thing.
    """
    lab = cv2.cvtColor(_small(pixels), cv2.COLOR_RGB2LAB).astype(np.float32)
    off = np.linalg.norm(cv2.GaussianBlur(lab, (5, 5), 0) - lab.mean((0, 1)), axis=2)
    if float(off.max()) < NOTHING:
        return MIDDLE
    rough = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (9, 9), 0))
    off = off * cv2.GaussianBlur(np.minimum(rough, ROUGH), (9, 9), 0)
    rows, columns = (max(1, round(share * side)) for side in off.shape)
    total = np.pad(off.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    sums = total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
    y, x = np.unravel_index(int(np.round(sums, 6).argmax()), sums.shape)
    height, width = off.shape
    return BoxXYXY(float(x / width), float(y / height), float((x + columns) / width), float((y + rows) / height))


def strongest_edge(pixels: NDArray[np.uint8]) -> PointXY:
    """Return where light and dark stand side by side most sharply, near no border of the picture."""
    grey = cv2.cvtColor(_small(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    across = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) / 4
    top, left = (int(MARGIN * side) + 1 for side in grey.shape)
    inner = across[top:-top, left:-left]
    if not inner.size or float(inner.max()) < NOTHING:
        return CENTRE
    y, x = np.unravel_index(int(inner.argmax()), inner.shape)
    return PointXY(float((x + left + 0.5) / grey.shape[1]), float((y + top + 0.5) / grey.shape[0]))
