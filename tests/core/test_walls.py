"""Walls of small pictures: labels, light, and room for the labels."""

import numpy as np

from explainer.core.layers import Boxes, Cells
from explainer.core.walls import (
    BAND,
    DIM,
    FOOT,
    framed,
    outlines,
    squares,
    stairs,
    wall,
    wall_of_answers,
    wall_of_sets,
    wall_of_words,
)

IMAGES = np.ones((3, 8, 8), np.float32)
TRUE, SAID = np.array([3, 1, 0]), np.array([8, 1, 2])


def test_labels_say_what_is_taken_for_what():
    (cells,) = wall("A", IMAGES, TRUE, SAID, columns=2).layers
    assert cells.labels == ("3→8", "1", "0→2")
    names = tuple("abcdefghi")
    (cells,) = wall("A", IMAGES, TRUE, SAID, columns=2, names=names).layers
    assert cells.labels == ("d→i", "b", "a→c")


def test_what_is_not_lit_is_dim_and_labels_have_a_band():
    panel = wall("A", IMAGES, TRUE, SAID, columns=2, lit=np.array([True, False, True]), note="two")
    (cells,) = panel.layers
    band = round(8 * BAND)
    assert cells.values.shape == (3, 8 + band, 8)
    assert not cells.values[:, :band].any()
    assert [float(one[band:].max()) for one in cells.values] == [1.0, np.float32(DIM), 1.0]
    assert panel.note == "two"
    assert panel.size == cells.size
    assert IMAGES.max() == 1.0, "the pictures themselves stay"


def test_a_picture_with_several_labels_is_lit_where_all_are_right():
    true, said = np.zeros((4, 10), bool), np.zeros((4, 10), bool)
    true[[0, 0, 1, 1, 2, 2], [3, 8, 3, 8, 3, 8]] = True
    said[[0, 0, 1, 3, 3], [3, 8, 3, 4, 5]] = True
    (cells,) = wall_of_sets("A", np.ones((4, 12, 12), np.float32), true, said, columns=2).layers
    assert cells.labels == ("3+8", "3+8→3", "3+8→–", "–→4+5")
    assert cells.values.max((1, 2)).tolist() == [1.0, np.float32(DIM), np.float32(DIM), np.float32(DIM)]
    (cells,) = wall_of_sets("A", np.ones((4, 12, 12), np.float32), true, ~said, columns=2).layers
    assert cells.labels == ("8 labels", "9 labels", "10 labels", "8 labels")


def test_a_cut_wall_and_its_frames():
    cells = Cells("c", np.zeros((6, 10, 10), np.float32), 3, 0.0, 1.0)
    pitch = cells.size[0] / 3
    np.testing.assert_allclose(stairs(cells, 4) / pitch, [[0, 2], [1, 2], [1, 1], [3, 1]])
    np.testing.assert_allclose(stairs(cells, 3) / pitch, [[0, 1], [3, 1]])
    np.testing.assert_allclose(stairs(cells, 6) / pitch, [[0, 2], [3, 2]])
    (frame,) = squares(cells, np.arange(6) == 4) / pitch
    assert 1 < frame[0] < frame[2] < 2
    assert 1 < frame[1] < frame[3] < 2


def test_a_wall_of_words_is_bright_and_frames_lie_round_the_pictures_that_are_meant():
    images = np.ones((5, 8, 8), np.float32)
    panel = wall_of_words("Angles", images, ("+1°", "0°", "−2°", "a", "b"), columns=3, note="five")
    (cells,) = panel.layers
    assert isinstance(cells, Cells)
    assert cells.labels == ("+1°", "0°", "−2°", "a", "b")
    assert cells.values.max() == 1.0
    which = np.array([False, True, False, False, True])
    kept, boxes = framed(panel, which).layers
    assert kept is cells
    assert isinstance(boxes, Boxes)
    np.testing.assert_array_equal(boxes.xyxy, squares(cells, which))
    assert boxes.colours == (5, 5)


def test_an_outline_goes_round_one_cell_of_the_second_picture():
    cells = Cells("a", np.zeros((2, 4, 4), np.float32), 2, 0.0, 1.0)
    inside = np.zeros((2, 4, 4), bool)
    inside[1, 1, 2] = True  # row 1, column 2: from (2, 1) to (3, 2)
    left = 4 * 1.08
    found = {tuple(map(tuple, np.round(one - (left, 0), 6).tolist())) for one in outlines(cells, inside)}
    assert found == {((2, 1), (3, 1)), ((2, 2), (3, 2)), ((2, 1), (2, 2)), ((3, 1), (3, 2))}


def test_a_wall_of_answers_frames_what_is_misread_and_says_what_it_was_taken_for():
    panel = wall_of_answers("A", IMAGES, TRUE, SAID, columns=2, note="two")
    (cells,) = panel.layers
    assert isinstance(cells, Cells)
    assert cells.below == ("3 read as 8", "1", "0 read as 2")
    assert cells.marks == (5, -1, 5)
    foot = round(8 * FOOT)
    assert cells.values.shape == (3, 8 + foot, 8)
    assert not cells.values[:, 8:].any()
    assert cells.values[:, :8].min() == 1.0, "at full contrast, read or not"
    assert (panel.size, panel.note) == (cells.size, "two")
    (own,) = wall_of_answers("A", IMAGES, TRUE, SAID, wrong=np.array([False, True, False])).layers
    assert own.marks == (-1, 5, -1)
