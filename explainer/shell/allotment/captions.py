"""Room for the words above thumbs: a box of the film is widened where charts or blank room beside it can give."""

from collections.abc import Mapping
from dataclasses import replace

from explainer.shell.allotment.measures import GRID, SIDE, on_grid
from explainer.shell.allotment.shapes import Allotment, Placed

MOST = 96  # px at type scale 1 that a box gains; longer words take two lines


def widened(one: Allotment, needs: Mapping[int, int], narrow: int, k: float) -> Allotment:
    """Widen the boxes of the film for their captions, as far as there is room; pictures keep their size.

    Parameters
    ----------
    needs
        Width in px that the caption of each picture of the film takes, by its index there.
    narrow
        Width in px that charts keep.
    k
        Type scale.
    """
    film = one.of("film")
    rows = [[box for box in film if box.y == y] for y in sorted({box.y for box in film})]
    wanted = _gains(rows, needs, int(MOST * k))
    if not any(wanted):
        return one
    boxes = {id(box): box for box in one.boxes}
    for row in rows:
        gains, beside = _given(one, row, wanted, narrow, on_grid(SIDE * k))
        shifted = 0
        for box, gain in zip(row, gains, strict=False):
            boxes[id(box)] = replace(box, x=box.x + shifted, w=box.w + gain)
            shifted += gain
        for box in beside:
            taken = max(0, shifted - _between(row, box, k), boxes[id(box)].x - box.x)  # rows share what is beside them
            boxes[id(box)] = replace(box, x=box.x + taken, w=box.w - taken)
    return replace(one, boxes=[boxes[id(box)] for box in one.boxes])


def _gains(rows: list[list[Placed]], needs: Mapping[int, int], most: int) -> list[int]:
    """What the boxes of each column of the film want to gain, in px on the grid."""
    columns = range(max(map(len, rows), default=0))
    lacks = [[max(0, needs.get(row[n].index, 0) - row[n].w) for row in rows if n < len(row)] for n in columns]
    return [min(on_grid(max(lack) + GRID - 1), most) for lack in lacks]


def _between(row: list[Placed], box: Placed, k: float) -> int:
    """What lies between a row and a chart beside it, beyond the pad that stays."""
    return max(0, box.x - max(one.x + one.w for one in row) - on_grid(SIDE * k))


def _given(
    one: Allotment, row: list[Placed], wanted: list[int], narrow: int, pad: int
) -> tuple[list[int], list[Placed]]:
    """What each box of a row gains of the room at its right, the first ones first; and the charts that give it."""
    end, top, foot = max(box.x + box.w for box in row), row[0].y, max(box.y + box.h for box in row)
    right = [box for box in one.boxes if box.x >= end and box.y < foot and box.y + box.h > top]
    nearest = min((box.x for box in right), default=one.width)
    yielding = all(box.role in ("chart", "tabs") for box in right if box.x == nearest)
    first = [box for box in one.boxes if box.x == nearest and box.role in ("chart", "tabs")] if yielding else []
    room = nearest - end - pad + min((box.w - narrow for box in first), default=0)
    gains = []
    for gain in wanted[: len(row)]:
        gains.append(gain if gain <= room else 0)
        room -= gains[-1]
    return gains, first
