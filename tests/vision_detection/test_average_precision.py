"""Average precision by hand, and against COCO's own evaluation (figures made with pycocotools, see below)."""

import numpy as np
import pytest

from explainer.vision.detection import average_precision as ap
from explainer.vision.detection.overlap import iou


def picture(overlap, labels, scores, truth):
    return ap.Picture(
        np.array(overlap, np.float64).reshape(len(labels), len(truth)), np.array(labels, np.int64),
        np.array(scores, np.float64), np.array(truth, np.int64),
    )  # fmt: skip


def test_perfect_and_nothing():
    perfect = picture(np.eye(2), [1, 2], [0.9, 0.8], [1, 2])
    assert ap.mean_average_precision([perfect]) == 1.0
    empty = picture(np.empty((0, 2)), [], [], [1, 2])
    assert ap.mean_average_precision([empty]) == 0.0
    with pytest.raises(ValueError, match="no true object"):
        ap.mean_average_precision([picture(np.empty((1, 0)), [1], [0.5], [])])


def test_by_hand():
    """Right, wrong, right of three true ones: precision 1 up to recall 1/3, then 2/3 up to 2/3, then 0."""
    one = picture([[0.9, 0, 0], [0.2, 0, 0], [0, 0.8, 0]], [1, 1, 1], [0.9, 0.8, 0.7], [1, 1, 1])
    expected = (34 * 1.0 + 33 * 2 / 3) / 101  # recalls 0 … 0.33, then 0.34 … 0.66
    assert ap.average_precision([one], 1, 0.5) == pytest.approx(expected)
    assert ap.average_precision([one], 1, 0.85) == pytest.approx(34 / 101)
    assert ap.average_precision([one], 2, 0.5) is None


def test_a_second_box_on_the_same_object_is_false():
    one = picture([[0.9], [0.95]], [1, 1], [0.9, 0.8], [1])
    assert ap.average_precision([one], 1, 0.5) == 1.0
    swapped = picture([[0.4], [0.95]], [1, 1], [0.9, 0.8], [1])
    assert ap.average_precision([swapped], 1, 0.5) == 0.5


def test_pictures_share_one_ranking():
    good = picture([[0.9]], [1], [0.3], [1])
    bad = picture([[0.1]], [1], [0.9], [1])
    assert ap.average_precision([good, bad], 1, 0.5) == pytest.approx(51 * 0.5 / 101)


def test_mask_overlap():
    masks = np.zeros((3, 4, 4), bool)
    masks[0, :2], masks[1, 1:3] = True, True
    np.testing.assert_allclose(ap.mask_overlap(masks[:2], masks), [[1, 1 / 3, 0], [1 / 3, 1, 0]])
    assert ap.mask_overlap(masks[:0], masks).shape == (0, 3)


def noisy_pictures():
    """Forty pictures whose boxes are moved at random, some doubled, some with a wrong class."""
    rng = np.random.default_rng(7)
    out = []
    for _ in range(40):
        corner, size = rng.uniform(0, 150, (6, 2)), rng.uniform(20, 80, (6, 2))
        truth = np.concatenate([corner, corner + size], 1)
        labels = rng.integers(1, 4, 6)
        found = np.concatenate([truth, truth[:3]]) + rng.normal(0, 6, (9, 4))
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        told = np.concatenate([labels, labels[:3]])
        told = np.where(rng.random(9) < 0.15, rng.integers(1, 4, 9), told)
        out.append((truth, labels, found, told, rng.random(9)))
    return out


def test_against_cocos_own_evaluation():
    rows = noisy_pictures()
    pictures = [ap.Picture(iou(found, truth), told, score, labels) for truth, labels, found, told, score in rows]
    # pycocotools 2.0.10 on the same boxes: COCOeval "bbox", all areas, 100 detections.
    assert ap.mean_average_precision(pictures) == pytest.approx(0.25504016475807073, abs=1e-9)
    assert ap.mean_average_precision(pictures, (0.5,)) == pytest.approx(0.6842933051956059, abs=1e-9)
    assert ap.mean_average_precision(pictures, (0.75,)) == pytest.approx(0.1171321209919335, abs=1e-9)
