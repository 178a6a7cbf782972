"""One way to lay out the stage: a form, heroes beside or above one another, and how much the rest gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from explainer.shell.allotment.charts import fit, kept_for, put_charts, width_kept_for
from explainer.shell.allotment.measures import GRID, Measures, on_grid
from explainer.shell.allotment.shapes import FREE, Allotment, Form, Placed

SMALL = 80  # px at type scale 1; a smaller picture says little
LEAST_THUMB = 48
HOLE = 0.08
"""Share of the stage from which on empty room in one place is a hole, and is shared out."""


Keep = Literal["tabs", "least", "most", "under"]


@dataclass(frozen=True, slots=True)
class Way:
    """What is tried.

    Parameters
    ----------
    stack
        Whether two heroes stand above one another.
    rest
        Width, or in the form *row* the height, that film and charts get.
    charts
        What height of a column is kept for charts: room for one behind tabs, what all need, what all can use, or
        none, because they stand under the heroes. Of a row's width that of one, or with *most* that of all.
    """

    form: Form
    stack: bool = False
    rest: int = 0
    charts: Keep = "least"


def laid(m: Measures, way: Way, least: int = 0, *, settle: bool = True) -> Allotment | None:
    """Lay out one way; ``None`` where the heroes would become smaller than `least` px.

    With `settle` what is left over is dealt out, too, which changes no sizes.
    """
    one = Allotment(m.width, m.height, way.form, strip=m.strip_as)
    head = 0 if way.form == "label" else m.head(m.inner)
    foot = m.height - m.top - (m.strip + m.gap if m.strip and way.form != "label" else 0)
    top = m.top + head
    beside = way.rest if way.form != "row" else 0
    below = way.rest if way.form == "row" else 0
    room_w = m.inner - (beside + m.pad if beside else 0)
    room_h = foot - top - m.cap - m.player - (below + m.gap if below else 0)
    sizes = _hero_sizes(m, way.stack, room_w, room_h)
    if min((min(size) for size in sizes), default=0) < (least or m.q(120)):
        return None
    right, bottom = _put_heroes(one, m, sizes, way, top)
    if way.form != "label":
        one.put("headline", 0, (m.pad, m.top), (m.inner, head), head - m.details)
        if m.strip:
            one.put("strip", 0, (m.pad, m.height - m.top - m.strip), (m.inner, m.strip))
    if below:
        _put_row(one, m, way, bottom + m.gap, foot - bottom - m.gap)
    elif beside:
        _put_column(one, m, way, right + m.pad, top, foot, bottom)
    else:
        one.hidden = len(m.wanted.film) + len(m.wanted.charts)
    if settle:
        _settle(one, m, right + m.pad if beside else m.width, top, foot)
    return one


def _settle(one: Allotment, m: Measures, column: int, top: int, foot: int) -> None:
    """Deal out what is left over: above and below, in the column from `column` px on, then left and right."""
    strip = one.of("strip")
    if not (strip and one.form == "label"):
        _lower(one, foot, 0 if strip else m.top)
    foot = strip[0].y - m.gap if strip else foot
    _spread(one, column, top, foot)
    _halve_below_heroes(one, column, foot)
    _centre_film(one, column, m.pad + m.inner)
    _centre(one, m)


def _halve_below_heroes(one: Allotment, column: int, foot: int) -> None:
    """Where the column is much longer than the heroes, have what stands left of it in the middle of its height."""
    if one.form != "column":
        return
    left = [box for box in one.boxes if box.x < column and box.role not in ("headline", "strip")]
    spare = foot - max(box.y + box.h for box in left)
    if spare * column > HOLE * one.width * one.height:
        moved = {id(box) for box in left}
        one.boxes = [replace(box, y=box.y + on_grid(spare / 2)) if id(box) in moved else box for box in one.boxes]


def _centre_film(one: Allotment, column: int, right: int) -> None:
    """Have rows of the film that are much narrower than their column in the middle of it."""
    film = [box for box in one.of("film") if box.x >= column]
    spare = {box.y: right - max(other.x + other.w for other in film if other.y == box.y) for box in film}
    highs = {box.y: box.h for box in film}
    if sum(spare[y] * highs[y] for y in spare) > HOLE * one.width * one.height:
        moved = {id(box): on_grid(spare[box.y] / 2) for box in film}
        one.boxes = [replace(box, x=box.x + moved.get(id(box), 0)) for box in one.boxes]


def _centre(one: Allotment, m: Measures) -> None:
    """Move all but the lines that take the whole width to the middle between left and right."""
    whole = {"headline", "strip"} if one.form != "label" else set()
    moved = [box for box in one.boxes if box.role not in whole]
    left, right = min(box.x for box in moved) - m.pad, m.pad + m.inner - max(box.x + box.w for box in moved)
    spare = on_grid((right - left) / 2)
    if spare > 0:
        one.boxes = [box if box.role in whole else replace(box, x=box.x + spare) for box in one.boxes]


def _lower(one: Allotment, foot: int, below: int) -> None:
    """Move what stands under the headline to the middle of what is left over, `below` px under `foot` counted too."""
    fixed = {"headline", "strip"} if one.form != "label" else {"strip"}
    free = foot - max((box.y + box.h for box in one.boxes if box.role not in fixed), default=foot)
    spare = on_grid(min(free, (free + below) / 2))
    if spare > 0:
        one.boxes = [box if box.role in fixed else replace(box, y=box.y + spare) for box in one.boxes]


# Heroes -------------------------------------------------------------------------------------------------


def _hero_sizes(m: Measures, stack: bool, room_w: int, room_h: int) -> list[tuple[int, int]]:
    """Sizes of the heroes: side by side equally high, stacked equally wide."""
    aspects, gaps = m.wanted.heroes, len(m.wanted.heroes) - 1
    if FREE in aspects:
        return [(on_grid(room_w), on_grid(room_h))]
    if stack:
        free = room_h - gaps * (m.gap + m.cap)
        wide = min(room_w, free / sum(1 / aspect for aspect in aspects))
        return [(on_grid(wide), on_grid(wide / aspect)) for aspect in aspects]
    high = min(room_h, (room_w - gaps * m.gap) / sum(aspects))
    return [(on_grid(high * aspect), on_grid(high)) for aspect in aspects]


def _put_heroes(one: Allotment, m: Measures, sizes: Sequence[tuple[int, int]], way: Way, top: int) -> tuple[int, int]:
    """Place heroes and what plays in them; return the right and the lower end of it all."""
    gaps = len(sizes) - 1
    wide = max(w for w, _ in sizes) if way.stack else sum(w for w, _ in sizes) + gaps * m.gap
    x = m.pad if way.rest and way.form != "row" else m.pad + on_grid((m.inner - wide) / 2)
    left, right, y = x, x + wide, top
    bottom = y
    for index, (w, h) in enumerate(sizes):
        one.put("hero", index, (x, y), (w, h + m.cap), m.cap)
        bottom = max(bottom, y + m.cap + h)
        if way.stack:
            y += m.cap + h + m.gap
        else:
            x += w + m.gap
    if m.wanted.player:
        one.put("player", 0, (left, bottom + m.q(6)), (wide, m.player - m.q(6)))
    return right, bottom + m.player


# The rest -----------------------------------------------------------------------------------------------


def _put_column(one: Allotment, m: Measures, way: Way, x: int, top: int, foot: int, under: int) -> None:
    """Film at the head of the column, charts below it or below the heroes; in the form *label* all the rest too."""
    wide, y = m.pad + m.inner - x, top
    if way.form == "label":
        head = m.head(wide, most=4)
        one.put("headline", 0, (x, y), (wide, head), head - m.details)
        y += head + m.gap
        if m.strip:
            high = m.strip if m.strip_as == "line" else 2 * m.strip + m.q(4)
            one.put("strip", 0, (x, foot - high), (wide, high))
            foot -= high + m.gap
    left = one.of("hero")[0].x
    room = x - m.pad - left, foot - under - m.gap
    charts_under = way.charts == "under" and fit(m, *room)
    keep = kept_for(m, way.charts) + m.gap if m.wanted.charts and not charts_under else 0
    y = _put_film(one, m, x, y, wide, foot - y - keep)
    if charts_under:
        put_charts(one, m, left, under + m.gap, *room)
    elif m.wanted.charts:
        put_charts(one, m, x, y, wide, foot - y)


def _spread(one: Allotment, x: int, top: int, foot: int) -> None:
    """Deal out what a column has left over: film and charts move apart, one block alone stands in the middle."""
    column = [box for box in one.boxes if box.x >= x and box.role in ("film", "chart", "tabs")]
    blocks = sorted({_block(one, box) for box in column})
    spare = foot - max((box.y + box.h for box in column), default=foot)
    if len(blocks) == 1:
        begin = min(box.y for box in column)
        top = begin if one.form == "label" else top  # the headline is above it there
        moved = {blocks[0]: on_grid((top + spare + begin) / 2) - begin}
    else:
        hole = spare * (one.width - x) > len(blocks) * HOLE * one.width * one.height
        gaps = len(blocks) + (1 if hole else 0)  # what is much stands above the first block, too
        moved = {block: on_grid(spare / max(1, gaps)) * (i + hole) for i, block in enumerate(blocks)}
    if spare >= GRID * max(1, len(blocks)):
        apart = {id(box): moved[_block(one, box)] for box in column}
        one.boxes = [replace(box, y=box.y + apart.get(id(box), 0)) for box in one.boxes]


def _block(one: Allotment, box: Placed) -> int:
    """Number of what moves as one: the film, each chart of its own, charts behind tabs."""
    return 0 if box.role == "film" else 1 if one.tabbed or box.role == "tabs" else 1 + box.index


def _put_film(one: Allotment, m: Measures, x: int, y: int, wide: int, room: int) -> int:
    """Place the film in the rows that make its pictures largest; return where what comes next may begin."""
    film = m.wanted.film
    if not film:
        return y
    best = max(_film_rows(m, film, wide, room), default=None, key=lambda found: found[0])
    if best is None:
        one.hidden += len(film)
        return y
    index, gap = 0, m.q(8)
    for row, high in best[1]:
        at_x = x
        for aspect in row:
            thumb = on_grid(high * aspect)
            one.put("film", index, (at_x, y), (thumb, m.film_cap + high), m.film_cap)
            one.small += min(thumb, high) < m.q(SMALL)
            at_x += thumb + gap
            index += 1
        y += m.film_cap + high + gap
    return y - gap + m.gap


Rows = list[tuple[tuple[float, ...], int]]  # widths over heights of a row's pictures, and their height


def _film_rows(m: Measures, film: Sequence[float], wide: int, room: int) -> Iterator[tuple[float, Rows]]:
    """Yield area of the pictures, and the rows: pictures of one row are equally high."""
    gap = m.q(8)
    for per in range(1, min(4, len(film)) + 1):
        rows = [tuple(film[i : i + per]) for i in range(0, len(film), per)]
        share = (room + gap) / len(rows) - m.film_cap - gap
        widest = max(sum(row) for row in rows)  # one height for all rows, so that they stand in columns
        high = on_grid(min(share, *((wide - (len(row) - 1) * gap) / sum(row) for row in rows if sum(row) == widest)))
        if min(high, min(film) * high) >= m.q(LEAST_THUMB):
            yield sum(film) * high * high, [(row, high) for row in rows]


def _put_row(one: Allotment, m: Measures, way: Way, y: int, high: int) -> None:
    """Film from the left, charts take the rest of the row."""
    x, gap, film, before = m.pad, m.q(8), m.wanted.film, len(one.boxes)
    kept = width_kept_for(m, way.charts) + m.pad if m.wanted.charts else 0
    tall = on_grid(high - m.film_cap)
    if film:
        fitting = (m.inner - kept - (len(film) - 1) * gap) / sum(film)
        tall = on_grid(min(tall, fitting))
    if film and min(tall, tall * min(film)) < m.q(LEAST_THUMB):
        one.hidden += len(film)
    else:
        for index, aspect in enumerate(film):
            thumb = on_grid(tall * aspect)
            one.put("film", index, (x, y), (thumb, m.film_cap + tall), m.film_cap)
            one.small += min(thumb, tall) < m.q(SMALL)
            x += thumb + gap
        x += m.pad - gap if film else 0
    if m.wanted.charts:
        put_charts(one, m, x, y, m.pad + m.inner - x, high)
    row = one.boxes[before:]
    spare = on_grid((m.pad + m.inner - max((box.x + box.w for box in row), default=m.pad + m.inner)) / 2)
    one.boxes[before:] = [replace(box, x=box.x + spare) for box in row]
