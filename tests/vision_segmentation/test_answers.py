"""What is read off a map of logits: which class leads, and where it is surest."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, scale_shift
from explainer.core.numbers import softmax
from explainer.vision.segmentation.answers import Answers

STRIDE, OFFSET = 8, 1.0


def answers(logits: np.ndarray, trained: str = "") -> Answers:
    """Answers of a frame twice as large as what the network saw."""
    height, width = (STRIDE * n for n in logits.shape[1:])
    frame = Frame(np.zeros((2 * height, 2 * width, 3), np.uint8))
    seen: Any = SimpleNamespace(pixels=frame.pixels[::2, ::2], to_frame=scale_shift(2.0, 2.0))
    net: Any = SimpleNamespace(stride=STRIDE, offset=OFFSET)
    tensor = torch.from_numpy(logits[None])
    return Answers(frame, net, seen, tensor, tensor, tuple(map(str, range(len(logits)))), trained)


def scores() -> np.ndarray:
    """Class 1 wins three of six places narrowly, class 2 two of them by far, class 0 one."""
    won = np.full((3, 2, 3), 0.1, np.float32)
    won[1, 0], won[2, 1, :2], won[0, 1, 2] = 0.4, 0.9, 0.5
    return won


def test_the_class_that_wins_most_places_comes_first_though_another_scores_higher_on_average() -> None:
    found = scores()
    assert found[2].mean() > found[1].mean()
    ranked = np.argsort(-answers(found).ranking(found))
    assert ranked.tolist() == [1, 2, 0]
    assert [index for index, _ in Answers.winners(found)] == ranked.tolist()


def test_of_classes_that_win_nowhere_the_mean_decides_and_a_background_comes_last() -> None:
    found = np.concatenate([scores(), np.full((2, 2, 3), [[[0.02]], [[0.03]]], np.float32)])
    assert np.argsort(-answers(found).ranking(found)).tolist() == [1, 2, 0, 4, 3]
    found[0] = 0.95  # wins everywhere
    assert int(answers(found, "a segmenter").ranking(found).argmax()) != 0


@pytest.mark.parametrize("cell", [(0, 0), (1, 2), (0, 1)])
def test_the_surest_place_is_the_middle_of_its_cell(cell: tuple[int, int]) -> None:
    row, column = cell
    logits = np.zeros((3, 2, 3), np.float32)
    logits[1, row, column] = 5.0
    at = answers(logits)
    place = at.surest(softmax(logits.transpose(1, 2, 0)).transpose(2, 0, 1)[1].astype(np.float32))
    assert place == pytest.approx((((column + 0.5) * STRIDE + OFFSET) / 24, ((row + 0.5) * STRIDE + OFFSET) / 16))
    assert at.at_pixel(place)[1] == pytest.approx(softmax(logits[:, row, column])[1])


def test_a_surest_place_stays_in_the_picture() -> None:
    at = answers(np.zeros((3, 2, 3), np.float32))
    moved = Answers(at.frame, SimpleNamespace(stride=STRIDE, offset=30.0), at.seen, at.logits, at.windowed, at.labels)  # type: ignore[arg-type]
    assert moved.surest(np.eye(2, 3, dtype=np.float32)) == PointXY(1.0, 1.0)
