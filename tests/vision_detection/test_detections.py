"""The record of what a detector found."""

from typing import Any

import numpy as np
import pytest

from explainer.vision.detection import coco
from explainer.vision.detection.detections import Detections


def three(**more: Any) -> Detections:
    boxes = np.array([[0, 0, 4, 2], [1, 1, 1, 5], [10, 10, 20, 30]], np.float32)
    return Detections(boxes, np.array([0.2, 0.9, 0.5], np.float32), np.array([0, 16, 0]), **more)


def test_rows_stay_together() -> None:
    found = three(track_id=np.array([7, 8, 9]), mask=np.zeros((3, 2, 2), bool))
    best = found[np.argsort(-found.score)]
    assert best.class_id.tolist() == [16, 0, 0]
    assert best.track_id is not None
    assert best.track_id.tolist() == [8, 9, 7]
    assert best.mask is not None
    assert best.mask.shape == (3, 2, 2)
    assert found.at_least(0.5).xyxy[:, 0].tolist() == [1, 10]
    assert len(found.of_class(0)) == 2
    assert len(found[[]]) == 0
    assert found[1:].score.tolist() == pytest.approx([0.9, 0.5])


def test_areas_centres_and_names() -> None:
    assert three().area.tolist() == [8, 0, 200]
    assert three().centre[2].tolist() == [15, 20]
    assert (len(coco.NAMES), coco.name(0), coco.name(79), coco.name(99)) == (80, "person", "toothbrush", "class 99")


def test_arrays_are_copied_and_read_only() -> None:
    boxes = np.zeros((1, 4), np.float32)
    found = Detections(boxes, np.array([0.5], np.float32), np.array([0]))
    boxes[:] = 9
    assert found.xyxy.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        found.score[0] = 1


def test_nothing_found_is_a_value() -> None:
    none = three()[:0]
    assert (len(none), none.xyxy.shape, len(none.at_least(0.0))) == (0, (0, 4), 0)


@pytest.mark.parametrize(
    ("boxes", "scores", "classes", "says"),
    [
        ([[0, 0, 1, 1]], [0.5, 0.5], [0, 0], "must be"),
        ([[0, 0, 1]], [0.5], [0], "must be"),
        ([[0, 0, 1, np.nan]], [0.5], [0], "not finite"),
        ([[3, 0, 1, 1]], [0.5], [0], "inside out"),
        ([[0, 0, 1, 1]], [1.5], [0], "outside"),
        ([[0, 0, 1, 1]], [np.nan], [0], "outside"),
        ([[0, 0, 1, 1]], [0.5], [-1], "negative"),
    ],
)
def test_what_cannot_be_is_refused(boxes: Any, scores: Any, classes: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Detections(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(classes))


def test_masks_and_tracks_must_fit() -> None:
    with pytest.raises(ValueError, match="masks"):
        three(mask=np.zeros((2, 4, 4), bool))
    with pytest.raises(ValueError, match="track ids"):
        three(track_id=np.array([1]))
