"""Chips never lie on one another, stay inside, and are drawn or counted; the ends of lines and axes likewise."""

from itertools import combinations, pairwise
from time import process_time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from explainer.core.layers import Boxes, Cells, Label, Points
from explainer.render import chips
from explainer.render.labels import GAP, MOST, Wish, arranged, inside, kept, spread, ticks
from explainer.render.look import look

ROOM = (10.0, 20.0, 510.0, 420.0)


def wishes(rng, count, room=ROOM, *, kind="mixed"):
    made = []
    for _ in range(count):
        size = (float(rng.uniform(20, 140)), 18.0)
        x, y = rng.uniform(room[0] - 20, room[2] + 20), rng.uniform(room[1] - 20, room[3] + 20)
        boxed = kind == "boxes" or (kind == "mixed" and rng.random() < 0.5)
        box = (x - 40.0, y - 30.0, x + 40.0, y + 30.0) if boxed else None
        made.append(Wish(size, (float(x), float(y)), 6.0, box, roams=not boxed))
    return made


def apart(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("count", [1, 5, 20, 90])
@pytest.mark.parametrize("kind", ["mixed", "boxes", "points"])
def test_chips_keep_apart_and_inside_and_none_is_lost(seed, count, kind):
    rng = np.random.default_rng(seed)
    asked = wishes(rng, count, kind=kind)
    taken = [(10.0, 20.0, 60.0, 38.0)]
    found = arranged(asked, ROOM, rng.random((16, 24)), taken)
    assert len(found.places) == count
    rects = [place.rect for place in found.places if place is not None]
    assert len(rects) + found.left_out == count
    assert (found.more is not None) == (found.left_out > 0)
    every = [*rects, *taken, *([found.more.rect] if found.more else [])]
    assert all(apart(a, b) for a, b in combinations(every, 2))
    for x0, y0, x1, y1 in every:
        assert ROOM[0] - 1e-6 <= x0 <= x1 <= ROOM[2] + 1e-6
        assert ROOM[1] - 1e-6 <= y0 <= y1 <= ROOM[3] + 1e-6
    for wish, place in zip(asked, found.places, strict=True):
        if place is not None:
            assert place.rect[2] - place.rect[0] == pytest.approx(wish.size[0])


@pytest.mark.parametrize("count", [20, 40])
def test_twenty_chips_have_a_place_each(count):
    for seed in range(5):
        assert arranged(wishes(np.random.default_rng(seed), min(count, 20)), ROOM).left_out == 0


@pytest.mark.parametrize("room", [(0.0, 0.0, 60.0, 20.0), (0.0, 0.0, 5.0, 5.0), (0.0, 0.0, 0.0, 0.0)])
def test_where_there_is_no_room_they_are_counted_or_nothing_is(room):
    found = arranged(wishes(np.random.default_rng(0), 7), room)
    assert len(found.places) == 7
    assert found.left_out >= 6
    assert found.more is None or found.more.rect[2] <= room[2]


def test_no_more_than_can_be_read_are_placed():
    found = arranged([Wish((10.0, 10.0), (5.0 * n, 100.0)) for n in range(MOST + 30)], (0.0, 0.0, 2000.0, 2000.0))
    assert found.left_out == 30


def test_a_lone_chip_stands_right_beside_its_point_and_needs_no_line():
    (place,) = arranged([Wish((60.0, 18.0), (200.0, 200.0), 6.0)], ROOM).places
    assert place.rect[0] == 200.0 + 6.0 + GAP
    assert place.leader is None


def test_a_chip_stands_on_its_box_and_within_it_at_the_upper_edge():
    (above,) = arranged([Wish((60.0, 18.0), (200.0, 200.0), box=(150.0, 150.0, 250.0, 250.0))], ROOM).places
    assert above.rect == (150.0, 132.0, 210.0, 150.0)
    (within,) = arranged([Wish((60.0, 18.0), (200.0, 60.0), box=(150.0, 20.0, 250.0, 100.0))], ROOM).places
    assert within.rect == (150.0, 20.0, 210.0, 38.0)


def test_two_boxes_around_everything_have_their_chips_in_corners():
    box = (ROOM[0] - 2, ROOM[1] - 2, ROOM[2] + 2, ROOM[3] + 2)
    for place in arranged([Wish((70.0, 18.0), (260.0, 220.0), box=box)] * 4, ROOM).places:
        x0, y0, x1, y1 = place.rect
        assert min(x0 - ROOM[0], ROOM[2] - x1) < 3
        assert min(y0 - ROOM[1], ROOM[3] - y1) < 3


def test_a_chip_goes_where_the_picture_is_silent_and_a_line_leads_back():
    busy = np.ones((16, 24))
    busy[:4, :] = 0.0
    (place,) = arranged([Wish((80.0, 18.0), (250.0, 300.0), 6.0, roams=True)], ROOM, busy).places
    assert place.rect[3] <= ROOM[1] + 0.25 * (ROOM[3] - ROOM[1]) + 1
    (sx, sy), (ex, ey) = place.leader
    assert np.hypot(sx - 250.0, sy - 300.0) == pytest.approx(6.0)
    assert place.rect[0] <= ex <= place.rect[2]
    assert place.rect[1] <= ey <= place.rect[3]


def test_no_line_cuts_the_picture_in_two_for_the_sake_of_silent_ground():
    busy = np.ones((16, 24))
    busy[-2:, -4:] = 0.0  # the only silent corner lies across the picture
    (place,) = arranged([Wish((80.0, 18.0), (120.0, 60.0), 6.0, roams=True)], ROOM, busy).places
    assert place.leader is None or np.hypot(*np.subtract(*place.leader)) < 0.3 * np.hypot(480.0, 400.0)


def test_chips_do_not_hide_what_others_name_where_there_is_room():
    asked = [Wish((60.0, 18.0), (200.0 + 40 * n, 200.0), 6.0) for n in range(4)]
    for place in arranged(asked, ROOM).places:
        x0, y0, x1, y1 = place.rect
        assert not any(x0 < wish.at[0] < x1 and y0 < wish.at[1] < y1 for wish in asked)


def test_twenty_chips_take_no_longer_than_two_hundred_bare_rounds():
    """About 1 ms; in units of work that is not ours, so that a busy machine says the same."""
    asked = wishes(np.random.default_rng(3), 20)
    busy = np.random.default_rng(3).random((16, 24))

    def spent(work, rounds):
        began = process_time()
        for _ in range(rounds):
            work()
        return (process_time() - began) / rounds

    ours = min(spent(lambda: arranged(asked, ROOM, busy), 5) for _ in range(3))
    theirs = min(spent(lambda: sorted(range(300), key=lambda n: -n), 200) for _ in range(3))
    assert ours < 200 * theirs


# Words of layers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("dog 0.87", "dog", "0.87"), ("0.44", "", "0.44"), ("95 % of the gradient", "95 % of the gradient", ""),
        ("visible 45 %", "visible", "45 %"), ("1: 328 × 200", "1: 328 × 200", ""), ("peak −3·10⁻⁴", "peak", "−3·10⁻⁴"),
        ("cat", "cat", ""), ("#3", "#3", ""),
    ],
)  # fmt: skip
def test_the_number_at_the_end_stands_apart(text, name, number):
    assert chips.parted(text) == (name, number)


def test_every_word_of_a_layer_is_a_chip(qapp):
    lk = look("light")
    boxes = Boxes("b", np.array([[0.0, 0, 9, 9], [5, 5, 20, 20]]), ("a", "b"))
    points = Points("p", np.array([[3.0, 4.0]]), ("peak 0.5",))
    got = [chip.text for layer in (boxes, points, Label("l", "word", (1.0, 1.0))) for chip in chips.chips_of(layer, lk)]
    assert got == ["a", "b", "peak 0.5", "word"]
    assert not list(chips.chips_of(Label("l", "", (1.0, 1.0)), lk))


def drawn(layers, size=(320, 240), zoom=1.0):
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    view = chips.View(QTransform.fromScale(zoom, zoom), QRectF(0, 0, *size), look("light"))
    chips.draw(painter, layers, view, None)
    painter.end()
    return [(x, y) for x in range(size[0]) for y in range(size[1]) if image.pixel(x, y) != 0xFF808080]


def test_a_word_at_the_edge_is_drawn_inside(qapp):
    inked = drawn([Label("l", "a long word at the edge", (318.0, 4.0))])
    assert min(x for x, _ in inked) > 100
    assert len(inked) > 500


def test_words_of_what_is_out_of_sight_are_not_drawn(qapp):
    assert not drawn([Points("p", np.array([[900.0, 20.0]]), ("far",)), Label("l", "word", (-50.0, 20.0))])


def test_words_keep_off_handles(qapp):
    image = QImage(320, 240, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    painter = QPainter(image)
    handle = QRectF(106, 90, 40, 24)  # right where the word would stand
    view = chips.View(QTransform(), QRectF(0, 0, 320, 240), look("light"), [handle])
    chips.draw(painter, [Points("p", np.array([[100.0, 102.0]]), ("peak",))], view, None)
    painter.end()
    inked = [(x, y) for x in range(106, 146) for y in range(90, 114) if image.pixel(x, y) != 0xFF808080]
    assert not inked


def test_tiles_too_small_for_their_words_have_none(qapp):
    cells = Cells("c", np.zeros((4, 8, 8), np.float32), 2, 0, 1, labels=("0.12", "0.34", "0.56", "0.78"))
    assert not drawn([cells], zoom=2.0)
    assert drawn([cells], zoom=8.0)


# Along a line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "levels", [[0.0, 0.0, 0.01], [1.0, 1.0, 0.99], [0.0, 0.5, 1.0], [0.5, 0.5, 0.5], [1.0, 0.0, 0.0]]
)
def test_names_stand_apart_and_stay_inside(levels):
    placed = spread(levels, 0.1, 0.05, 0.95)
    ordered = sorted(placed)
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(ordered))
    assert ordered[0] >= 0.05 - 1e-9
    assert ordered[-1] <= 0.95 + 1e-9
    assert np.argsort(placed, kind="stable").tolist() == np.argsort(levels, kind="stable").tolist()


def test_names_that_have_room_stay_where_their_lines_end():
    assert spread([0.7, 0.2], 0.1, 0.05, 0.95) == [0.7, 0.2]


@pytest.mark.parametrize("most", [1, 2, 3, 5, 9])
@pytest.mark.parametrize(
    ("lo", "hi"), [(0.0, 1.0), (0.0, 100.0), (-0.3, 0.7), (0.0, 3e-7), (12.0, 13.5), (1e6, 9e6), (0.0, 7.0)]
)
def test_ticks_are_round_and_within(lo, hi, most):
    found = ticks(lo, hi, most)
    assert 2 <= len(found) <= max(4, most)  # rather one too many than one alone
    assert all(lo - 1e-9 * (hi - lo) <= tick <= hi + 1e-9 * (hi - lo) for tick in found)
    steps = {round((b - a) / (hi - lo), 9) for a, b in pairwise(found)}
    assert len(steps) <= 1


def test_ticks_of_nothing():
    assert ticks(float("nan"), 1.0, 3) == []
    assert ticks(2.0, 2.0, 3) == [2.0]


def test_numbers_at_an_axis_that_would_touch_are_left_out_evenly():
    assert kept([0, 10, 20, 30, 40], [8] * 5, 4) == [0, 2, 4]
    assert kept([0, 20, 40], [8] * 3, 4) == [0, 1, 2]
    assert kept([], [], 4) == []
    assert inside(2.0, 10.0, 0.0, 100.0) == 0.0
    assert inside(99.0, 10.0, 0.0, 100.0) == 90.0
    assert inside(50.0, 10.0, 0.0, 100.0) == 45.0


def strips(mark, wide=200, **words):
    """Colours of one marked tile left of any word: in its head, half-way down, and in its foot."""
    cells = Cells("c", np.zeros((1, 10, 10), np.float32), 1, 0, 1, marks=(mark,), **words)
    image = QImage(wide, wide, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    zoom = wide / 10
    chips.draw(painter, [cells], chips.View(QTransform.fromScale(zoom, zoom), QRectF(0, 0, wide, wide), look()), None)
    painter.end()
    return [image.pixelColor(2, y).name() for y in (4, wide // 2, wide - 5)]


def test_the_upper_strip_of_a_marked_tile_has_the_colour_of_its_mark(qapp):
    mark, bare = look().mark_color(5).name(), "#000000"
    head, middle, foot = strips(5, labels=("bag",), below=("shirt",))
    assert (head, middle) == (mark, bare)
    assert foot == bare, "the frame there is not a strip"
    head, middle, foot = strips(5, below=("3 read as 8",))
    assert (head, middle, foot) == (bare, bare, mark)
    assert strips(-1, below=("3",))[2] not in (mark, bare)
    assert strips(5, wide=30, below=("3 read as 8",)) == [bare] * 3, "no room for the words"


def test_a_chip_leaves_an_arrow_and_its_head_alone():
    box, size = (200.0, 150.0, 230.0, 180.0), (80.0, 18.0)
    wish = Wish(size, (215.0, 165.0), 0.0, box)
    (plain,) = arranged([wish], ROOM).places
    assert plain.rect == (200.0, 132.0, 280.0, 150.0)  # above, where an arrow from above would be covered
    tail, tip = QPointF(240.0, 20.0), QPointF(215.0, 165.0)
    shaft = tuple(chips._shaft(tail, tip))
    (moved,) = arranged([wish], ROOM, lines=shaft).places
    x0, y0, x1, y1 = moved.rect
    assert not any(x0 < x < x1 and y0 < y < y1 for x, y in shaft)
    head = chips._head(tail, tip, look("light"))
    assert head.adjusted(-0.1, -0.1, 0.1, 0.1).contains(tip)
    assert head.center().y() < tip.y()
