"""Where words stand: chips on a picture, names at the ends of lines, numbers at an axis. Free of Qt.

Chips keep apart, stay inside and leave alone what they name; one that had to move away is led back by a line. Those
that are attached to nothing in particular go where the picture is silent. What finds no place is counted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Rect = tuple[float, float, float, float]
Floats = NDArray[np.float64]

MOST = 60  # chips on one picture
GAP = 3.0  # px between two chips
BESIDE = 8  # places right beside what is named
COLUMNS, ROWS = 9, 13  # places that are tried all over the picture
TRIED = 8  # of those that are free, the cheapest
# What a place costs: far from what it names, on busy ground, on what another chip names or its line, past a chip.
FAR, BUSY, ON_OTHERS, CROSSING = 4.0, 3.0, 5.0, 4.0
LONG, CUTS = 0.3, 20.0  # share of the diagonal beyond which a line cuts the picture in two, and what that costs
_SHARES = np.stack(np.meshgrid(np.linspace(0.0, 1.0, COLUMNS), np.linspace(0.0, 1.0, ROWS)), -1).reshape(1, -1, 2)


@dataclass(frozen=True, slots=True)
class Wish:
    """A chip that is to stand near something; all in screen pixels.

    Parameters
    ----------
    at, reach
        What it names: a place, and the radius around it that stays free.
    box
        What it names, where that is a box: the chip then stands at a corner of it, outside or inside.
    roams
        Whether silent ground is looked for; otherwise the nearest place is the best.
    """

    size: Point
    at: Point
    reach: float = 0.0
    box: Rect | None = None
    roams: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chip stands, and the ends of the line that leads to it, if it needs one."""

    rect: Rect
    leader: tuple[Point, Point] | None = None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A place for each wish, ``None`` for those that are only counted; and the place of the count."""

    places: tuple[Place | None, ...]
    more: Place | None = None

    @property
    def left_out(self) -> int:
        """How many have no place."""
        return sum(place is None for place in self.places)


def arranged(
    wishes: Sequence[Wish],
    room: Rect,
    busy: Floats | None = None,
    taken: Sequence[Rect] = (),
    more: Point = (28.0, 18.0),
    lines: Sequence[Point] = (),
) -> Arrangement:
    """Find a place for each chip, the first ones first.

    Parameters
    ----------
    busy
        ``(h, w)`` in 0…1, spread over `room`: how much there is to be seen at each place.
    taken
        Where no chip may stand.
    more
        Size of the chip that counts those without a place.
    lines
        Points along lines of the picture that had better not be covered.
    """
    if not wishes:
        return Arrangement(())
    few = list(wishes[:MOST])
    ground = _Ground(few, room, taken, lines)
    corners = np.concatenate([_beside(few), _everywhere(few, room)], axis=1)
    order, costs = _ranked(few, corners, room, busy)
    places = [ground.place(n, corners[n][order[n]].tolist(), costs[n]) for n in range(len(few))]
    places += [None] * (len(wishes) - len(few))
    return Arrangement(tuple(places)) if None not in places else _counted(places, ground, more)


def _counted(places: list[Place | None], ground: "_Ground", more: Point) -> Arrangement:
    """Make room for the chip that counts: it is worth more than the last of the others."""
    counted = ground.corner(more)
    while counted is None and any(places):
        ground.chips.pop()
        places[max(number for number, place in enumerate(places) if place is not None)] = None
        counted = ground.corner(more)
    return Arrangement(tuple(places), counted)


def _beside(wishes: Sequence[Wish]) -> Floats:
    """Upper left corners ``(N, BESIDE, 2)`` right beside what is named, the best one first."""
    return np.array([_round_box(*wish.size, wish.box) if wish.box else _round_point(wish) for wish in wishes])


def _round_box(w: float, h: float, box: Rect) -> list[Point]:
    x0, y0, x1, y1 = box
    outside = [(x0, y0 - h), (x1 - w, y0 - h), (x0, y1), (x1 - w, y1)]
    within = [(x0, y0), (x1 - w, y0), (x0, y1 - h), (x1 - w, y1 - h)]
    return [outside[0], within[0], *outside[1:], *within[1:]]


def _round_point(wish: Wish) -> list[Point]:
    (w, h), (x, y), d = wish.size, wish.at, wish.reach + GAP
    right, left, middle = x + d, x - d - w, x - w / 2
    level, above, below = y - h / 2, y - d - h, y + d
    first = [(right, level), (right, above), (left, level), (right, below)]
    return [*first, (left, above), (left, below), (middle, above), (middle, below)]


def _everywhere(wishes: Sequence[Wish], room: Rect) -> Floats:
    """Upper left corners ``(N, COLUMNS · ROWS, 2)`` all over the room."""
    sizes = np.array([wish.size for wish in wishes])[:, None, :]
    return np.asarray((room[0], room[1]) + _SHARES * ((room[2] - room[0], room[3] - room[1]) - sizes))


def _ranked(
    wishes: Sequence[Wish], corners: Floats, room: Rect, busy: Floats | None
) -> tuple[NDArray[np.intp], list[list[float]]]:
    """For each chip its places from the cheapest on, and what they cost: the way there, and what it would hide."""
    sizes = np.array([wish.size for wish in wishes])[:, None, :]
    corners[...] = np.maximum(np.minimum(corners, (room[2], room[3]) - sizes), (room[0], room[1]))
    named = np.array([wish.box or (*wish.at, *wish.at) for wish in wishes])[:, None, :]
    away = np.maximum(np.maximum(named[..., :2] - corners - sizes, corners - named[..., 2:]), 0.0)
    far = np.sqrt((away * away).sum(-1)) / max(1.0, math.hypot(room[2] - room[0], room[3] - room[1]))
    cost = FAR * far + CUTS * np.maximum(0.0, far - LONG)
    cost[:, :BESIDE] += 0.15 * np.arange(BESIDE)  # the first of the places beside it is the best
    cost[:, BESIDE:] += 1.0
    roams = np.array([wish.roams for wish in wishes])
    if busy is not None and roams.any():
        cost[roams] += BUSY * _hidden(busy, corners[roams], sizes[roams], room)
    order = np.argsort(cost, axis=1, kind="stable")
    return order, np.take_along_axis(cost, order, 1).tolist()


def _hidden(busy: Floats, corners: Floats, sizes: Floats, room: Rect) -> Floats:
    """Mean of the busy ground under each chip."""
    sums = np.pad(busy, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    most = np.array(busy.shape[::-1])
    scale = most / np.maximum((room[2] - room[0], room[3] - room[1]), 1e-9)
    first = np.clip(((corners - (room[0], room[1])) * scale).astype(int), 0, most - 1)
    last = np.clip(np.ceil((corners + sizes - (room[0], room[1])) * scale).astype(int), first + 1, most)
    (a, b), (c, d) = np.moveaxis(first, -1, 0), np.moveaxis(last, -1, 0)
    return np.asarray((sums[d, c] - sums[b, c] - sums[d, a] + sums[b, a]) / ((c - a) * (d - b)))


class _Ground:
    """The picture while chips are laid on it one by one."""

    def __init__(self, wishes: Sequence[Wish], room: Rect, taken: Sequence[Rect], lines: Sequence[Point]) -> None:
        self.wishes, self.room = wishes, room
        self.chips: list[Rect] = list(taken)
        self.named = [(*wish.at, wish.reach) for wish in wishes]
        self.lines: list[Point] = list(lines)

    def place(self, number: int, corners: list[list[float]], costs: list[float]) -> Place | None:
        """Of the cheapest few that are free, the one that hides least and that a line leads to past all chips."""
        wish = self.wishes[number]
        w, h = wish.size
        best: Place | None = None
        least, found = math.inf, 0
        if w > self.room[2] - self.room[0] or h > self.room[3] - self.room[1]:
            return None
        for (x, y), cost in zip(corners, costs, strict=True):
            if found == TRIED or cost >= least:
                break  # what follows is dearer still
            rect = (x, y, x + w, y + h)
            if not self._free(rect):
                continue
            found += 1
            place = _placed(rect, wish)
            whole = cost + ON_OTHERS * self._covers(rect, number) + (CROSSING if self._crosses(place) else 0.0)
            if whole < least:
                best, least = place, whole
        if best is not None:
            self.chips.append(best.rect)
            self.lines += _along(best.leader) if best.leader else []
        return best

    def corner(self, size: Point) -> Place | None:
        """A place for the count: the lower right corner, or the next one that is free."""
        (x0, y0, x1, y1), (w, h) = self.room, size
        if w > x1 - x0 or h > y1 - y0:
            return None
        ends = [[x1 - w, y1 - h], [x0, y1 - h], [x1 - w, y0], [x0, y0]]
        for x, y in ends + _everywhere([Wish(size, (0.0, 0.0))], self.room)[0].tolist():
            if self._free((x, y, x + w, y + h)):
                return Place((x, y, x + w, y + h))
        return None

    def _free(self, rect: Rect) -> bool:
        x0, y0, x1, y1 = rect[0] - GAP, rect[1] - GAP, rect[2] + GAP, rect[3] + GAP
        return not any(x0 < c and a < x1 and y0 < d and b < y1 for a, b, c, d in self.chips)

    def _covers(self, rect: Rect, number: int) -> int:
        """How many places that are named, or that a line passes, a chip would lie on; its own box it may."""
        x0, y0, x1, y1 = rect
        boxed = self.wishes[number].box is not None
        count = sum(x0 < x < x1 and y0 < y < y1 for x, y in self.lines)
        for other, (x, y, r) in enumerate(self.named):
            if x0 - r < x < x1 + r and y0 - r < y < y1 + r and not (boxed and other == number):
                count += 1
        return count

    def _crosses(self, place: Place) -> bool:
        if place.leader is None:
            return False
        points = _along(place.leader)
        return any(a < x < c and b < y < d for a, b, c, d in self.chips for x, y in points)


def _placed(rect: Rect, wish: Wish) -> Place:
    if wish.box is not None and _touch(rect, wish.box):
        return Place(rect)
    x, y = wish.at if wish.box is None else _nearest(wish.box, _middle(rect))
    end = _nearest(rect, (x, y))
    length = math.hypot(end[0] - x, end[1] - y)
    if length <= wish.reach + 2 * GAP:
        return Place(rect)
    start = (x + (end[0] - x) * wish.reach / length, y + (end[1] - y) * wish.reach / length)
    return Place(rect, (start, end))


def _along(line: tuple[Point, Point]) -> list[Point]:
    """Points on a line, close enough together that no chip fits between them."""
    (ax, ay), (bx, by) = line
    count = max(2, math.ceil(math.hypot(bx - ax, by - ay) / 14.0))
    return [(ax + (bx - ax) * k / count, ay + (by - ay) * k / count) for k in range(count + 1)]


def _touch(one: Rect, other: Rect) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _middle(rect: Rect) -> Point:
    return (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2


def _nearest(rect: Rect, at: Point) -> Point:
    return min(max(at[0], rect[0]), rect[2]), min(max(at[1], rect[1]), rect[3])


# Along a line ---------------------------------------------------------------------------------------------


def spread(levels: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Levels at least `gap` apart, moved as little as needed, within `low` and `high` where they fit."""
    placed = list(levels)
    upwards = [int(i) for i in np.argsort(placed, kind="stable")]
    floor = low - gap
    for i in upwards:
        placed[i] = floor = max(placed[i], floor + gap)
    ceiling = high
    for i in reversed(upwards):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    return placed


def ticks(lo: float, hi: float, most: int) -> list[float]:
    """Round numbers from `lo` to `hi`: at most `most` of them, but two at least."""
    if not (np.isfinite([lo, hi]).all() and hi > lo):
        return [float(lo)] if np.isfinite(lo) else []
    found: list[float] = []
    for step in _steps(hi - lo):
        finer = _multiples(lo, hi, step)
        if len(finer) > max(2, most) and len(found) >= 2:
            break
        found = finer
        if len(found) > max(2, most):
            break
    return found


def _multiples(lo: float, hi: float, step: float) -> list[float]:
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    return [round(k * step, 12 - math.floor(math.log10(step))) for k in range(first, last + 1)]


def _steps(most: float) -> list[float]:
    """10, 5, 2, 1, … times a power of ten, from ten times `most` on down to a hundredth."""
    power = 10.0 ** math.floor(math.log10(most))
    return [step * power for step in (10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)]


def kept(middles: Sequence[float], widths: Sequence[float], gap: float) -> list[int]:
    """Every how-manieth word can stand so that none touches the next: the numbers of those that stay."""
    for every in range(1, len(middles) + 1):
        stay = list(range(0, len(middles), every))
        apart = (middles[b] - middles[a] - (widths[a] + widths[b]) / 2 for a, b in pairwise(stay))
        if all(room >= gap for room in apart):
            return stay
    return []


def inside(middle: float, width: float, low: float, high: float) -> float:
    """The left edge of a word around `middle` that is cut off at neither end."""
    return min(max(middle - width / 2, low), max(low, high - width))
