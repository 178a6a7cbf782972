"""A track's doubt grows by each prediction and falls by each detection; unseen it only grows."""

import numpy as np
import pytest

from explainer.core.frame import Frame
from explainer.vision.tracking import doubt, kalman, many
from explainer.vision.tracking.memory import Memory, gone_on, paced
from explainer.vision.tracking.track_history import TrackHistory

BOX = np.array([[10.0, 20.0, 50.0, 120.0]])
SETTINGS = many.Settings(max_age=3, min_hits=1)


def followed(seen: list[bool]) -> dict[int, doubt.Notes]:
    tracks, book = many.nothing(), {}
    for there in seen:
        boxes = BOX[: int(there)]
        found = many.Seen(boxes, np.full(len(boxes), 0.9), np.zeros(len(boxes), np.int64))
        tracks, step = many.follow(tracks, found, SETTINGS)
        book = doubt.noted(book, tracks, step)
    return book


def test_sigma_is_that_of_the_covariance() -> None:
    belief = kalman.begin(BOX)
    assert doubt.sigma(belief) == pytest.approx(np.sqrt((belief.cov[:, 0, 0] + belief.cov[:, 1, 1]) / 2))


def test_a_saw_while_it_is_seen_and_a_ramp_while_it_is_not() -> None:
    notes = np.array(followed([True] * 6 + [False] * 3)[1])
    assert notes[:, 0].tolist() == list(range(1, 10))
    assert notes[0, 1] == notes[0, 2]  # nobody predicted it
    assert (notes[1:6, 1] > notes[:5, 2]).all()
    assert (notes[1:6, 2] < notes[1:6, 1]).all()
    assert (notes[6:, 1] == notes[6:, 2]).all()
    assert (np.diff(notes[5:, 2]) > 0).all()


def test_what_has_ended_is_forgotten_and_what_lives_long_is_cut() -> None:
    assert followed([True] * 3 + [False] * 5) == {}
    assert len(followed([True] * (doubt.KEPT + 9))[1]) == doubt.KEPT


def test_another_size_begins_anew_and_the_same_goes_on() -> None:
    memory = Memory((60, 40), None, TrackHistory())
    assert gone_on(memory, Frame(np.zeros((40, 60, 3), np.uint8))) is memory
    assert gone_on(memory, Frame(np.zeros((40, 61, 3), np.uint8))).restarted
    assert not gone_on(None, Frame(np.zeros((40, 60, 3), np.uint8))).restarted


def test_a_late_picture_counts_for_as_many_as_fit_into_its_gap() -> None:
    memory = Memory((6, 4), None, TrackHistory())
    for index in range(5):
        step, memory = paced(memory, Frame(np.zeros((4, 6, 3), np.uint8), "", index, index / 10), by_time=True)
        assert step == 1.0
    late = Frame(np.zeros((4, 6, 3), np.uint8), "", 5, 0.4 + 0.3)
    assert paced(memory, late, by_time=True)[0] == 3.0
    assert paced(memory, late, by_time=False)[0] == 1.0


@pytest.mark.parametrize(
    ("source", "filmed"),
    [
        ("video-3", True),
        ("camera-1", True),
        ("synthetic-2", False),
        ("image-1", False),
        ("folder-4", False),
        ("", False),
    ],
)
def test_films_and_cameras_move_by_themselves(source: str, filmed: bool) -> None:
    assert Frame(np.zeros((4, 6, 3), np.uint8), source).filmed is filmed
