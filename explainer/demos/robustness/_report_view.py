"""What the stress report shows on the stage while it runs and at the end."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Matrix, Series
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.layers import Image, Panel
from explainer.core.result import Result
from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness._corruption_view import LABELS
from explainer.demos.robustness._report_run import SHOWN_WORST, Found, Photo
from explainer.demos.robustness._tiles import OTHER, SAME, sheet

TILE, SHOWN = 176, 24


def result(found: Found, params: Any, frame: Frame, ctx: Context, *, partial: bool = False) -> Result:
    """Put stage and documents together; the documents come with the last result."""
    several = len(found.photos) > 1
    panels = [_worst(found)] if found.worst else []
    if several or not panels:
        panels.append(_photos(found) if found.photos else _waiting(frame))
    documents = {} if partial or not found.photos else _documents(found, params, ctx)
    return Result(
        _reading(found, partial), numbers.values(found), tuple(panels), _charts(found), documents, partial=partial,
        headline=_headline(found, partial), heroes=(panels[0].slug,),
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
    colours = [SAME if _kept(photo) >= 0.5 else OTHER for photo in shown]
    more = len(found.photos) - len(shown)
    note = "share of trials that keep the answer" + (f"; {more} more in the report" if more > 0 else "")
    return sheet("Photos", tiles, labels, colours, note)


def _worst(found: Found) -> Panel:
    """Changed answers; where there is one photo only, it stands before them as it is."""
    card, cases = found.cards[0], found.worst
    tiles = [one.pixels for one in cases]
    labels = [f"{card.label(one.answer)} {words.score(one.score)}" for one in cases]
    below = [f"{LABELS[one.corruption]}, {one.severity}" for one in cases]
    colours = [OTHER] * len(cases)
    if len(found.photos) == 1:
        exam = found.photos[0].exams[0]
        shown = SHOWN_WORST - 1
        tiles, below = [cases[0].clean, *tiles[:shown]], ["The photo as it is", *below[:shown]]
        labels = [f"{card.label(exam.answer)} {words.score(exam.score)}", *labels[:shown]]
        colours = [SAME, *colours[:shown]]
    note = "with score; below what was done, and its severity"
    return sheet("Surest changed answers", tiles, labels, colours, note, columns=5, feet=below)


def tiled(thumb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of a thumbnail as a square tile; what is smaller is set on grey."""
    tile = np.full((TILE, TILE, 3), 96, np.uint8)
    height, width = min(TILE, thumb.shape[0]), min(TILE, thumb.shape[1])
    top, left = (TILE - height) // 2, (TILE - width) // 2
    tile[top : top + height, left : left + width] = thumb[:height, :width]
    return tile


def _kept(photo: Photo) -> float:
    """Share of all trials of the first network that leave its answer."""
    tried = numbers.trials(photo.exams[0])
    return float(tried.mean()) if tried.size else 1.0


# Charts and words ---------------------------------------------------------------------------------------


def _charts(found: Found) -> tuple[Chart, ...]:
    if not found.photos:
        return ()
    bars, note = {name: 100 * share for name, share in numbers.survived(found).items()}, "answers kept, %"
    charts: list[Chart] = []
    if bars:
        shares = tuple(bars.values())
        charts.append(Bars("What survives", tuple(bars), shares, hi=100.0, format=".0f", chosen=-1, note=note))
    curves = _coverage(found)
    if curves is not None:
        charts.append(curves)
    table = numbers.corruption_table(found)
    if table is not None:
        title, note = "Answers kept, %", "by severity"
        if len(found.photos) == 1:  # kept or not says little of a single photo
            exam = found.photos[0].exams[0]
            table, title = exam.scores, "Score of the answer, %"
            note = f"{words.percent(exam.score)} on the clean photo"
        columns = tuple(str(s) for s in found.plan.severities)
        charts.append(Matrix(title, 100 * table, tuple(LABELS.values()), columns, "severity", note=note))
    return tuple(charts)


def _coverage(found: Found) -> Chart | None:
    """Share of answers kept, of a single photo the answer's score."""
    single, series = len(found.photos) == 1, []
    for colour, (order, name) in enumerate(numbers.ORDERS.items()):
        curve = numbers.coverage(found, order)
        if curve is not None:
            series.append(Series(name, 100 * curve[0], curve[2 if single else 1], "solid", colour))
    if len(found.cards) > 1 and (second := numbers.coverage(found, "random", 1)) is not None:
        second_name = f"random, {found.cards[1].title}"
        series.append(Series(second_name, 100 * second[0], second[2 if single else 1], "dashed", 0))
    if not series:
        return None
    title, what = ("Score while covered", "score of the answer") if single else ("Kept while covered", "share kept")
    return Curve(title, tuple(series), "% covered", "", (0.0, 1.0), (0.0, 100.0), what)


def _headline(found: Found, partial: bool) -> str:
    if partial or not found.photos:
        return f"{len(found.photos)} of {found.wanted} photos are examined."
    return numbers.summed_up(found) if found.plan.parts else "Nothing is tried: tick a part."


def _reading(found: Found, partial: bool) -> str:
    count, skipped = len(found.photos), ""
    if found.skipped:
        were = "was" if len(found.skipped) == 1 else "were"
        skipped = f" {len(found.skipped)} could not be read and {were} skipped: {numbers.listed(found.skipped, 2)}"
    if not count:
        return (
            f"{words.count(found.wanted, 'photo')} to examine." if partial else "No photo could be examined."
        ) + skipped
    if partial:
        return f"{count} of {found.wanted} photos examined.{skipped}"
    photos = f"{count} of {found.total} photos" if found.total > found.wanted else words.count(count, "photo")
    each = "by each network" if len(found.cards) > 1 else "each"
    head = f"{photos} examined, {found.plan.forwards} passes {each}; the page is ready to be saved."
    return " ".join([head + skipped, *numbers.conclusions(found)[:3]])
