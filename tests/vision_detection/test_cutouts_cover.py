"""Figures laid over pictures, covers, and what the truth says of boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.geometry import BoxXYXY
from explainer.vision.detection import centreness, coco, cover, cutouts, truth
from explainer.vision.detection.cutouts import Placed
from explainer.vision.detection.detections import Detections

GROUND = np.full((200, 300, 3), 90, np.uint8)


# Cut-outs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["woman", "man", "dog"])
def test_a_cut_out_is_cropped_to_its_figure(name: cutouts.Name) -> None:
    figure = cutouts.cut_out(name)
    assert figure.pixels.shape[:2] == figure.opacity.shape
    assert set(np.unique(figure.opacity)) == {0.0, 1.0}
    for edge in (figure.opacity[0], figure.opacity[-1], figure.opacity[:, 0], figure.opacity[:, -1]):
        assert edge.max() == 1


def test_a_scene_changes_only_the_figures_boxes_and_says_where_they_are() -> None:
    scene = cutouts.compose(GROUND, [Placed("woman", 80, 100, 120), Placed("dog", 220, 120, 90)])
    changed = (scene.pixels != GROUND).any(2)
    for x0, y0, x1, y1 in scene.boxes.astype(int):
        assert changed[y0:y1, x0:x1].mean() > 0.4
        changed[y0:y1, x0:x1] = False
    assert not changed.any()
    assert scene.class_id.tolist() == [coco.PERSON, coco.NAMES.index("dog")]
    assert scene.visible.tolist() == [1, 1]
    assert GROUND.max() == 90


def test_the_front_figure_hides_the_other_wholly_or_in_part() -> None:
    same = Placed("man", 150, 100, 150)
    assert cutouts.compose(GROUND, [same, same]).visible.tolist() == [0, 1]
    half = cutouts.compose(GROUND, [same, Placed("man", 190, 100, 150)]).visible
    assert 0.2 < half[0] < 0.9


def test_mirrored_twice_is_the_same() -> None:
    one = cutouts.compose(GROUND, [Placed("woman", 150, 100, 150)]).pixels
    other = cutouts.compose(GROUND[:, ::-1], [Placed("woman", 150, 100, 150, mirrored=True)]).pixels[:, ::-1]
    assert (one != GROUND).any()
    shifted = np.abs(one.astype(int) - np.roll(other, (0, 0), (0, 1)).astype(int)).mean()
    assert shifted < 2  # an odd width may move it by one pixel


@settings(deadline=None, max_examples=30)
@given(x=st.floats(-300, 600), y=st.floats(-300, 500), height=st.floats(0.1, 400))
def test_figures_may_lie_anywhere(*, x: float, y: float, height: float) -> None:
    scene = cutouts.compose(GROUND, [Placed("dog", x, y, height)])
    x0, y0, x1, y1 = scene.boxes[0]
    assert 0 <= x0 <= x1 <= 300
    assert 0 <= y0 <= y1 <= 200
    assert scene.visible[0] in (0.0, 1.0)


def test_a_picture_of_one_pixel_takes_a_figure() -> None:
    assert cutouts.compose(np.zeros((1, 1, 3), np.uint8), [Placed("man", 0.5, 0.5, 0.7)]).pixels.shape == (1, 1, 3)


# Covers -------------------------------------------------------------------------------------------------

RAMP = np.tile(np.arange(100, dtype=np.uint8)[None, :, None], (60, 1, 3))


@pytest.mark.parametrize("fill", ["grey", "noise", "blur", "picture"])
def test_a_cover_changes_its_box_alone(fill: str) -> None:
    out = cover.covered(RAMP, (10, 5, 40, 50), fill)
    inside = np.zeros((60, 100), bool)
    inside[5:50, 10:40] = True
    assert (out[~inside] == RAMP[~inside]).all()
    assert (out[inside] != RAMP[inside]).any()
    assert (cover.covered(RAMP, (10, 5, 10, 50), fill) == RAMP).all()
    assert cover.covered(RAMP, (0, 0, 100, 60), fill).shape == RAMP.shape
    assert cover.covered(RAMP, (99, 59, 100, 60), fill).shape == RAMP.shape


def test_another_part_is_the_farthest_of_that_size() -> None:
    out = cover.covered(RAMP, (10, 5, 40, 50), "picture")
    assert (out[5:50, 10:40] == RAMP[15:60, 70:100]).all()


def test_pixels_of_a_box_are_turned_the_right_way_round_and_cut() -> None:
    assert cover.in_pixels(BoxXYXY(0.9, -1, 0.1, 0.5), 100, 60) == (10, 0, 90, 30)


TARGET = np.array([20.0, 10.0, 60.0, 50.0])


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_cover_from_one_side_leaves_the_rest(side: str) -> None:
    part = cover.from_side(TARGET, side, 0.25)
    assert cover.visible_share(TARGET, part) == pytest.approx(0.75)
    left = cover.visible_part(TARGET, part)
    want = {"left": [30, 10, 60, 50], "right": [20, 10, 50, 50], "top": [20, 20, 60, 50], "bottom": [20, 10, 60, 40]}
    assert left.tolist() == want[side]
    assert cover.visible_share(TARGET, cover.from_side(TARGET, side, 1.0)) == 0
    assert np.prod(np.diff(cover.visible_part(TARGET, cover.from_side(TARGET, side, 1.0)).reshape(2, 2), axis=0)) == 0


def test_what_a_bar_in_the_middle_or_a_corner_leaves_has_the_same_box() -> None:
    assert cover.visible_part(TARGET, (35, 0, 45, 60)).tolist() == TARGET.tolist()
    assert cover.visible_part(TARGET, (0, 0, 30, 20)).tolist() == TARGET.tolist()
    assert cover.visible_share(TARGET, (35, 0, 45, 60)) == pytest.approx(0.75)
    assert cover.visible_share(TARGET, (70, 0, 90, 60)) == 1
    assert cover.visible_share(np.array([5.0, 5.0, 5.0, 9.0]), (0, 0, 9, 9)) == 1


def test_a_cover_of_whole_pixels_still_reaches_the_end_of_a_box() -> None:
    odd = np.array([20.3, 10.4, 60.4, 50.4])
    assert cover.visible_part(odd, cover.from_side(odd, "left", 0.5))[0] == 40


# Truth --------------------------------------------------------------------------------------------------

KNOWN = np.array([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
CLASSES = np.array([0, 16])


def test_each_object_gets_its_best_box_of_its_class() -> None:
    boxes = np.array([[0, 0, 10, 9], [0, 0, 10, 10], [20, 0, 30, 10], [21, 0, 31, 10], [0, 0, 4, 10]], np.float32)
    found = Detections(boxes, np.array([0.5, 0.7, 0.9, 0.4, 0.95], np.float32), np.array([0, 0, 0, 16, 0]))
    score, row = truth.best_for(found, KNOWN, CLASSES)
    assert score == pytest.approx([0.7, 0.4], abs=1e-6)
    assert row.tolist() == [1, 3]
    score, row = truth.best_for(found, KNOWN, CLASSES, np.array([0.5, 0.0, 0.9, 0.0, 0.95]))
    assert score == pytest.approx([0.5, 0.0])
    assert row.tolist() == [0, -1]


def test_one_box_speaks_for_one_object_only() -> None:
    two = np.array([[0.0, 0.0, 10.0, 10.0], [1.0, 0.0, 11.0, 10.0]])
    found = Detections(two[:1].astype(np.float32), np.array([0.8], np.float32), np.array([0]))
    score, _ = truth.best_for(found, two, np.array([0, 0]))
    assert score == pytest.approx([0.8, 0])
    between = Detections(np.array([[0.5, 0, 10.5, 10]], np.float32), np.array([0.8], np.float32), np.array([0]))
    assert truth.best_for(between, two, np.array([0, 0]))[0].tolist() == [0, 0]  # it fits both alike
    assert truth.over_several(between, two, np.array([0, 0])).tolist() == [True]
    assert truth.over_several(between, two, np.array([0, 1])).tolist() == [False]  # of another class
    assert truth.best_for(between, two, np.array([0, 1]))[0] == pytest.approx([0.8, 0])
    assert truth.best_for(found[:0], two, np.array([0, 0]))[1].tolist() == [-1, -1]


# Centre-ness --------------------------------------------------------------------------------------------


def test_centreness_by_hand() -> None:
    box = np.array([0.0, 0.0, 80.0, 40.0])
    centres = np.array([[40.0, 20.0], [20.0, 20.0], [20.0, 10.0], [80.0, 20.0], [90.0, 20.0]])
    want = [1, np.sqrt(1 / 3), np.sqrt(1 / 3 * 1 / 3), 0, 0]
    assert centreness.centreness(centres, box) == pytest.approx(want)
    assert centreness.centreness(centres, np.array([5.0, 5.0, 5.0, 5.0])).tolist() == [0] * 5


def test_cells_learn_what_suits_their_level() -> None:
    box, centres = np.array([0.0, 0.0, 80.0, 40.0]), np.array([[40.0, 20.0], [8.0, 20.0], [90.0, 20.0]])
    assert centreness.taught(centres, box, (0, 64)).tolist() == [True, False, False]  # the furthest side: 40, 72
    assert centreness.taught(centres, box, (64, 128)).tolist() == [False, True, False]
