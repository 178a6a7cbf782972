"""Walls of small pictures: labels, light, and room for the labels."""

import numpy as np

from explainer.core.walls import BAND, DIM, wall

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
