"""Suppression on its way: who is judged when, and what is left after each."""

import numpy as np
import pytest

from explainer.core.layers import Boxes
from explainer.core.result import Result
from explainer.demos.detection.nms_lab import NmsLab
from explainer.testing import run_demo, sample


def boxes(result: Result, name: str) -> np.ndarray:
    (found,) = [la for la in result.panels[0].layers if isinstance(la, Boxes) and la.name == name]
    return found.xyxy


@pytest.fixture(scope="module")
def frame():
    return sample("coffee")


def played(frame, judged: int, **more) -> Result:
    return run_demo(NmsLab(), frame, sweep=False, judged=judged, **more)


def test_boxes_die_one_by_one_until_those_are_left_that_are_kept(frame) -> None:
    whole = played(frame, 2000)
    assert whole.play is not None
    count = int(whole.play.last)
    assert whole.play.curve is not None
    assert (whole.play.curve[0], whole.play.curve[-1]) == (count, whole.values["boxes_after"])
    assert set(np.diff(whole.play.curve)) <= {0.0, -1.0}
    kept = []
    for judged in range(count):
        now = played(frame, judged)
        assert len(boxes(now, "waiting")) == count - judged
        kept.append(len(boxes(now, "kept")))
        assert len(boxes(now, "waiting")) + kept[-1] == now.play.curve[judged]
        assert len(boxes(now, "dying")) == int(judged > 0 and kept[-1] == kept[-2])
    assert kept[0] == 0
    assert kept[1] == 1  # the best one is never dropped
    assert kept == sorted(kept)
    np.testing.assert_array_equal(boxes(played(frame, count), "kept"), boxes(whole, "kept"))


@pytest.mark.parametrize("method", ["agnostic", "diou", "linear", "gaussian"])
def test_every_box_is_judged_once_in_every_way(frame, method: str) -> None:
    whole = played(frame, 2000, method=method, score=0.2)
    half = played(frame, int(whole.play.last) // 2, method=method, score=0.2)
    assert half.play.at == int(whole.play.last) // 2
    assert whole.play.curve[-1] == whole.values["boxes_after"]
