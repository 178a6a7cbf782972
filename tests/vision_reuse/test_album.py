"""Shots are taken as the buttons were pressed: one a picture, kept in order, their features computed once."""

import numpy as np

from explainer.core.frame import Frame
from explainer.vision.reuse.album import Presses, gone_on

NAMES = ("a", "b", "c")


def frame(grey, index=0):
    return Frame(np.full((20, 30, 3), grey, np.uint8), "camera-0", index)


def pressed(*shots, forget=0):
    return Presses((*shots, *(0,) * (3 - len(shots))), forget, 0, 0)


class Eyes:
    """Features are the grey of a square; counts how many it was asked for."""

    def __init__(self):
        self.asked = 0

    def __call__(self, squares):
        self.asked += len(squares)
        return squares[:, 0, 0, :2].astype(np.float32)


def walk(*steps, model="net", eyes=None):
    album, eyes = None, eyes or Eyes()
    for grey, presses in steps:
        album = gone_on(album, frame(grey), presses, NAMES, model, eyes)
    return album, eyes


def test_a_press_takes_what_is_seen_and_its_features_are_computed_once():
    album, eyes = walk((0, pressed()), (10, pressed(1)), (20, pressed(1)), (200, pressed(1, 1)), (210, pressed(1, 2)))
    assert album.taught.labels.tolist() == [0, 1, 1]
    assert album.taught.features[:, 0].tolist() == [10, 200, 210]
    assert eyes.asked == 3
    assert album.taught.probe.answers(np.array([[15.0, 15.0], [220.0, 220.0]])).tolist() == [0, 1]


def test_presses_of_a_session_that_was_left_take_nothing():
    album, _ = walk((10, pressed(7, 3)), (20, pressed(7, 3)))
    assert not len(album.taught.labels)


def test_a_reset_of_the_controls_takes_nothing_and_loses_nothing():
    album, _ = walk((0, pressed()), (10, pressed(1)), (20, pressed(0)), (30, pressed(1)))
    assert album.taught.labels.tolist() == [0, 0]


def test_shots_are_forgotten_when_that_is_asked():
    album, _ = walk((0, pressed()), (10, pressed(1)), (20, pressed(1, forget=1)), (30, pressed(1, 1, forget=1)))
    assert album.taught.labels.tolist() == [1]


def test_another_network_sees_all_shots_anew():
    album, eyes = walk((0, pressed()), (10, pressed(1)), (200, pressed(1, 1)))
    other = gone_on(album, frame(5), pressed(1, 1), NAMES, "other", eyes)
    assert eyes.asked == 4
    assert other.model == "other"
    assert other.taught.labels.tolist() == [0, 1]


def test_shots_are_examined_once_no_new_one_comes():
    steps = ((0, pressed()), (10, pressed(1)), (200, pressed(1, 1)), (12, pressed(2, 1)), (210, pressed(2, 2)))
    fresh, _ = walk(*steps)
    assert fresh.taught.left is None
    later, _ = walk(*steps, (100, pressed(2, 2)))
    assert later.taught.left.said.tolist() == [0, 1, 0, 1]
