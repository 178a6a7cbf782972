"""Where things go on the stage: arithmetic on shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.shell.allotment.blank import largest_blank
from explainer.shell.allotment.captions import widened
from explainer.shell.allotment.measures import Measures
from explainer.shell.allotment.search import allot, blank_share
from explainer.shell.allotment.shapes import FREE, ChartShape, Wanted
from explainer.shell.allotment.ways import Way, laid

BARS, CURVE = ChartShape(124, 194), ChartShape(128, 420, 170)
ASPECTS = st.sampled_from([0.4, 0.67, 1.0, 1.33, 1.5, 1.78, 2.6])
CHARTS = st.lists(st.sampled_from([BARS, CURVE, ChartShape(64, 92, 200)]), max_size=4).map(tuple)
WANTED = st.builds(
    Wanted,
    st.lists(ASPECTS, min_size=1, max_size=2).map(tuple),
    st.lists(ASPECTS, max_size=7).map(tuple),
    CHARTS,
    st.integers(0, 1500),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
SIZES = st.sampled_from([(300, 420), (600, 628), (700, 628), (772, 728), (1328, 1008), (1280, 720), (1920, 1080)])
STAGES = {"1024x700": (700, 628, 1.0), "1280x800": (772, 728, 1.0), "1920x1080": (1328, 1008, 1.25)}


def overlapping(boxes):
    """Pairs of boxes that share a pixel; charts behind tabs share a place."""
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            behind = a.role == b.role == "chart"
            if not behind and a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h:
                yield a, b


@settings(max_examples=120, deadline=None)
@given(WANTED, SIZES, st.sampled_from([0.85, 1.0, 1.25, 1.8]))
def test_nothing_overlaps_and_nothing_lies_outside(wanted, size, k):
    layout = allot(wanted, *size, k)
    assert list(overlapping(layout.boxes)) == []
    for box in layout.boxes:
        assert box.w > 0
        assert box.h > 0
        assert 0 <= box.x <= box.x + box.w <= size[0]
        assert 0 <= box.y <= box.y + box.h <= size[1]


@settings(max_examples=60, deadline=None)
@given(WANTED, st.sampled_from([(700, 628), (1328, 1008)]))
def test_pictures_keep_their_shape_and_all_that_fits_is_placed(wanted, size):
    layout = allot(wanted, *size, 1.0)
    pairs = zip((*layout.of("hero"), *layout.of("film")), (*wanted.heroes, *wanted.film), strict=False)
    for box, aspect in pairs:
        assert abs(box.w - aspect * (box.h - box.caption)) <= 4 * (1 + aspect)
    assert len(layout.of("hero")) == len(wanted.heroes)
    assert len(layout.of("film")) + len(layout.of("chart")) + layout.hidden == len(wanted.film) + len(wanted.charts)


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("aspect", [1.0, 1.5])
@pytest.mark.parametrize("film", [2, 3, 4])
@pytest.mark.parametrize("charts", [(BARS,), (BARS, CURVE)])
def test_usual_demos_meet_the_targets(name, aspect, film, charts):
    width, height, k = STAGES[name]
    wanted = Wanted((aspect,), (aspect,) * film, charts, 900, strip=True, player=True)
    layout = allot(wanted, width, height, k)
    least = 0.27 if width < 720 else 0.35
    assert layout.hidden == 0
    assert layout.hero >= least
    assert layout.pictures >= least + 0.11
    assert blank_share(layout) <= (0.14 if width < 720 else 0.10)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 15)] * 2, *[st.integers(1, 9)] * 2), max_size=6))
def test_the_largest_blank_is_that_of_a_search_over_all_rectangles(boxes):
    side = 16
    boxes = [(x, y, min(w, side - x), min(h, side - y)) for x, y, w, h in boxes]
    full = np.zeros((side, side), int)
    for x, y, w, h in boxes:
        full[y : y + h, x : x + w] = 1
    sums = np.pad(full.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    best = 0
    for y0 in range(side):
        for y1 in range(y0 + 1, side + 1):
            for x0 in range(side):
                for x1 in range(x0 + 1, side + 1):
                    taken = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
                    if not taken:
                        best = max(best, (y1 - y0) * (x1 - x0))
    assert largest_blank(side, side, boxes) == best


@pytest.mark.parametrize(
    ("heroes", "film", "charts"), [((1.06, 1.06), 0, 2), ((1.06, 1.06), 3, 0), ((2.2,), 3, 0), ((2.2,), 0, 2)]
)
def test_what_does_not_fill_the_stage_stands_in_its_middle(heroes, film, charts):
    wanted = Wanted(heroes, (1.0,) * film, (ChartShape(120, 300, 300),) * charts, presenting=True)
    one = allot(wanted, 1280, 680, 1.8)
    boxes = [box for box in one.boxes if box.role != "headline"]
    left, right = min(box.x for box in boxes), one.width - max(box.x + box.w for box in boxes)
    assert left > 60, "these leave room at the sides"
    assert abs(left - right) <= 8, "a step of the grid, and what it rounds"


@pytest.mark.parametrize("charts", [(), (ChartShape(80, 80),)])
def test_what_a_column_has_left_over_is_dealt_out(charts):
    m = Measures(772, 728, 1.0, Wanted((1.0,), (1.5,), charts), "")
    one = laid(m, Way("column", rest=240))
    column = [*one.of("film"), *one.of("chart")]
    top, foot = m.top + m.head(m.inner), 728 - m.top
    ends = [top, *(edge for box in column for edge in (box.y, box.y + box.h)), foot]
    gaps = [b - a for a, b in zip(ends[::2], ends[1::2], strict=True)]
    spare = sum(gaps) - m.gap * len(charts)
    assert spare > 80, "this leaves room below"
    assert max(gaps) <= spare / 2 + m.gap + 4


def test_a_strip_that_is_far_too_much_for_the_stage_goes():
    wanted = Wanted((1.0,), (1.0,), (BARS,), 900, strip=True, player=True)
    assert allot(wanted, 772, 728, 1.0).strip == "thumbs"
    assert allot(wanted, 776, 696, 1.8).strip == ""


def test_a_chart_that_is_the_hero_takes_what_room_there_is():
    layout = allot(Wanted((FREE,)), 800, 600, 1.0)
    assert layout.hero > 0.75


def test_charts_that_do_not_fit_share_a_place_or_are_counted():
    layout = allot(Wanted((1.0,), (), (ChartShape(300, 400),) * 4), 700, 628, 1.0)
    assert layout.tabbed == 3 or layout.hidden == 4


def test_the_same_shapes_are_laid_out_once():
    wanted = Wanted((1.0,), (1.0,), (BARS,), 901)
    assert allot(wanted, 701, 600, 1.0) is allot(wanted, 701, 600, 1.0)


@pytest.mark.parametrize(
    ("width", "height", "k", "lines"), [(776, 696, 1.8, 2), (340, 407, 1.0, 3), (772, 728, 1.0, 2)]
)
def test_a_flat_stage_has_its_headline_in_two_lines_if_smaller_type_takes_no_more_room(width, height, k, lines):
    m = Measures(width, height, k, Wanted((1.0,), headline=1240), "")
    assert m.head(m.inner) - m.details == lines * m.q(26)


def test_a_row_keeps_the_width_that_its_chart_needs():
    wanted = Wanted((1.33, 1.33), (1.07,) * 3, (ChartShape(106, 374, 170),), 1020)
    one = allot(wanted, 1410, 1007, 1.25)
    assert one.hidden == 0
    assert one.hero > 0.45


@pytest.mark.parametrize(
    ("wanted", "stage"),
    [
        (Wanted((1.48, 1.33), (1.23, 1.23, 1.23), (ChartShape(106, 374, 170),), 1020), (770, 727, 1.0)),
        (Wanted((0.92,), (1.0, 1.0, 1.0, 2.6), (), 720, strip=True), (770, 727, 1.0)),
        (Wanted((1.48, 1.48), (2.27,), (ChartShape(95, 150, 208),), 660), (770, 727, 1.0)),
        (
            Wanted((1.48,), (1.0,), (ChartShape(132, 374), ChartShape(118, 374), ChartShape(95, 150, 208))),
            (1410, 1007, 1.25),
        ),
        (Wanted((1.0,), (1.0, 1.0), (ChartShape(95, 190),), 960, presenting=True), (1078, 720, 1.2)),
        (Wanted((1.48, 1.48), (), (ChartShape(106, 374),), 540, presenting=True), (1280, 590, 1.2)),
    ],
    ids=["narrow film", "narrow rows over a wide one", "short blocks", "short hero", "film beside", "heroes alone"],
)
def test_room_that_is_left_over_in_one_place_is_shared_out(wanted, stage):
    layout = allot(wanted, *stage)
    assert blank_share(layout) <= 0.081
    assert list(overlapping(layout.boxes)) == []
    heights = {box.y for box in layout.of("film")}
    lefts = {y: min(box.x for box in layout.of("film") if box.y == y) for y in heights}
    rights = {y: max(box.x + box.w for box in layout.of("film") if box.y == y) for y in heights}
    middles = {(lefts[y] + rights[y]) // 2 // 4 for y in heights}
    assert layout.form == "row" or len(middles) <= 1 or max(middles) - min(middles) <= 1, "rows share a middle"


@settings(max_examples=80, deadline=None)
@given(WANTED, SIZES)
def test_widened_films_lie_inside_and_over_nothing(wanted, size):
    plain = allot(wanted, *size, 1.0)
    narrow = max((chart.narrow for chart in wanted.charts), default=0)
    wide = widened(plain, {box.index: 40 + 37 * box.index for box in plain.of("film")}, narrow, 1.0)
    assert list(overlapping(wide.boxes)) == []
    assert all(box.x >= 0 and box.x + box.w <= size[0] for box in wide.boxes)
    pairs = zip(plain.of("film"), wide.of("film"), strict=True)
    assert all((old.w, old.h, old.y) <= (new.w, new.h, new.y) for old, new in pairs)
    assert all(new.w >= min(old.w, narrow) for old, new in zip(plain.of("chart"), wide.of("chart"), strict=True))
