"""What the stress report shows on the stage while it runs and at the end."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Matrix, Series
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Image, Layer, Panel
from explainer.core.result import Result
from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness._corruption_view import LABELS, lower
from explainer.demos.robustness._report_run import Found, Photo

TILE, GAP, SHOWN = 176, 10, 24
SIDE = 224
STEADY, FRAIL = 0, 1  # colours of a tile's frame


def result(found: Found, params: Any, frame: Frame, ctx: Context, *, partial: bool = False) -> Result:
    """Put stage and documents together; the documents come with the last result."""
    panels = [_photos(found) if found.photos else _waiting(frame)]
    if found.worst:
        panels.append(_worst(found))
    documents = {} if partial or not found.photos else _documents(found, params, ctx)
    return Result(
        _reading(found, partial), numbers.values(found), tuple(panels), _charts(found), documents, partial=partial,
        headline=_headline(found, partial), heroes=tuple(one.slug for one in panels),
    )  # fmt: skip


def _documents(found: Found, params: Any, ctx: Context) -> dict[str, str]:
    from explainer.demos.robustness._report_json import report_json
    from explainer.demos.robustness._report_page import page

    return {
        "stress-report.html": page(found, params, ctx.seed),
        "stress-report.json": report_json(found, params, ctx.seed),
    }


# Panels -------------------------------------------------------------------------------------------------


def _waiting(frame: Frame) -> Panel:
    return Panel("Photos", (frame.width, frame.height), (Image("picture", frame.pixels),), "the first one", frame=False)


def _photos(found: Found) -> Panel:
    """Contact sheet; the frame's colour tells whether most trials leave the answer."""
    shown = found.photos[:SHOWN]
    tiles = [tiled(photo.thumb) for photo in shown]
    labels = [f"{found.cards[0].label(photo.exams[0].answer)} {words.percent(_kept(photo))}" for photo in shown]
    colours = [STEADY if _kept(photo) >= 0.5 else FRAIL for photo in shown]
    more = len(found.photos) - len(shown)
    note = "share of answers kept" + (f"; {more} more in the report" if more > 0 else "")
    return _sheet("Photos", tiles, labels, colours, note, TILE)


def _worst(found: Found) -> Panel:
    card = found.cards[0]
    labels = [f"{card.label(one.answer)} {words.score(one.score)}" for one in found.worst]
    tiles = [one.pixels for one in found.worst]
    one = found.worst[0]
    note = f"{lower(LABELS[one.corruption])}, severity {one.severity}" if len(tiles) == 1 else "under corruption"
    return _sheet("Surest wrong answers", tiles, labels, [FRAIL] * len(tiles), note, SIDE)


def _sheet(
    title: str, tiles: list[NDArray[np.uint8]], labels: list[str], colours: list[int], note: str, side: int
) -> Panel:
    columns = max(1, int(np.ceil(np.sqrt(len(tiles) * 1.2))))
    corners = [(n % columns * (side + GAP), n // columns * (side + GAP)) for n in range(len(tiles))]
    layers: list[Layer] = [
        Image(f"tile {n}", tile, scale_shift(1, 1, *corner))
        for n, (tile, corner) in enumerate(zip(tiles, corners, strict=True))
    ]
    boxes = np.array([[x, y, x + side, y + side] for x, y in corners], float)
    layers.append(Boxes("answers", boxes, tuple(labels), tuple(colours)))
    width, height = (n * (side + GAP) - GAP for n in (min(columns, len(tiles)), -(-len(tiles) // columns)))
    return Panel(title, (width, height), tuple(layers), note, frame=False)


def tiled(thumb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a thumbnail as a square tile; what is smaller is set on grey."""
    tile = np.full((TILE, TILE, 3), 96, np.uint8)
    height, width = min(TILE, thumb.shape[0]), min(TILE, thumb.shape[1])
    top, left = (TILE - height) // 2, (TILE - width) // 2
    tile[top : top + height, left : left + width] = thumb[:height, :width]
    return tile


def _kept(photo: Photo) -> float:
    """Share of all trials of the first network that leave its answer."""
    return float(np.mean(list(numbers.kept_of_photo(photo.exams[0]).values()) or [1.0]))


# Charts and words ---------------------------------------------------------------------------------------


def _charts(found: Found) -> tuple[Chart, ...]:
    if not found.photos:
        return ()
    charts: list[Chart] = []
    bars = numbers.survived(found)
    if bars:
        charts.append(Bars("What survives", tuple(bars), tuple(bars.values()), chosen=-1, note=found.cards[0].title))
    curves = _coverage(found)
    if curves is not None:
        charts.append(curves)
    table = numbers.corruption_table(found)
    if table is not None:
        columns = tuple(str(s) for s in found.plan.severities)
        charts.append(Matrix("Answers kept, %", 100 * table, tuple(LABELS.values()), columns, note="by severity"))
    return tuple(charts)


def _coverage(found: Found) -> Chart | None:
    series = []
    for colour, (order, name) in enumerate(numbers.ORDERS.items()):
        curve = numbers.coverage(found, order)
        if curve is not None:
            series.append(Series(name, 100 * curve[0], curve[1], "solid", colour))
    if len(found.cards) > 1 and (second := numbers.coverage(found, "random", 1)) is not None:
        series.append(Series(f"random, {found.cards[1].title}", 100 * second[0], second[1], "dashed", 0))
    if not series:
        return None
    return Curve("Kept while covered", tuple(series), "% covered", "", (0.0, 1.0), (0.0, 100.0), "share of answers")


def _headline(found: Found, partial: bool) -> str:
    if partial or not found.photos:
        return f"{len(found.photos)} of {found.wanted} photos are examined."
    table = numbers.corruption_table(found)
    if table is None:
        return "No corruption was tried: the bars show what survives the rest."
    return numbers.first_to_fail(table, found.plan.severities, len(found.photos))


def _reading(found: Found, partial: bool) -> str:
    count = len(found.photos)
    skipped = ""
    if found.skipped:
        were = "was" if len(found.skipped) == 1 else "were"
        skipped = f" {len(found.skipped)} could not be read and {were} skipped: {numbers.listed(found.skipped, 2)}"
    if not count:
        if partial:
            return f"{found.wanted} photo{'s' if found.wanted > 1 else ''} to examine.{skipped}"
        return f"No photo could be examined.{skipped}"
    if partial:
        return f"{count} of {found.wanted} photos examined.{skipped}"
    said = numbers.conclusions(found)
    of = f" of {found.total}" if found.total > found.wanted else ""
    plural = "s" if count > 1 else ""
    each = "by each network" if len(found.cards) > 1 else "each"
    head = f"{count}{of} photo{plural} examined, {found.plan.forwards} passes {each}; the page is ready to be saved."
    return " ".join([head + skipped, *said[:3]])
