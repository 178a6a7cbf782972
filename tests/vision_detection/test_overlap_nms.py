"""Overlap and suppression against torchvision and by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from torchvision import ops

from explainer.vision.detection import nms, overlap

UNIT = np.array([[0.0, 0.0, 2.0, 2.0]])


def boxes_of(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right way round."""
    return np.concatenate([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], 1)


@st.composite
def some_boxes(draw: st.DrawFn, most: int = 8, *, area: bool = False) -> NDArray[np.float64]:
    n = draw(st.integers(1, most))
    corners = draw(arrays(np.float64, (n, 4), elements=st.integers(0, 60).map(float)))
    found = boxes_of(corners)
    found[:, 2:] += 1.0 if area else 0.0
    return found


def crowd(seed: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int64]]:
    """Boxes in heaps, so that suppression has work to do."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(20, 180, (12, 2))[rng.integers(0, 12, n)] + rng.normal(0, 6, (n, 2))
    size = rng.uniform(10, 50, (n, 2))
    found = np.concatenate([centre - size / 2, centre + size / 2], 1)
    return found, rng.random(n).astype(np.float32), rng.integers(0, 3, n)


# Overlap ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iou", "giou", "diou"])
def test_overlap_is_that_of_torchvision(name: str) -> None:
    theirs = {"iou": ops.box_iou, "giou": ops.generalized_box_iou, "diou": ops.distance_box_iou}[name]
    a, b = crowd(0, 40)[0], crowd(1, 30)[0]
    want = theirs(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    assert getattr(overlap, name)(a, b) == pytest.approx(want, abs=1e-6)  # theirs adds 1e-7 below the line


def test_overlap_by_hand() -> None:
    half = np.array([[1.0, 0.0, 3.0, 2.0]])  # I = 2, U = 6, C = 6, centres 1 apart, diagonal² = 13
    assert overlap.iou(UNIT, half)[0, 0] == pytest.approx(1 / 3)
    assert overlap.giou(UNIT, half)[0, 0] == pytest.approx(1 / 3)
    assert overlap.diou(UNIT, half)[0, 0] == pytest.approx(1 / 3 - 1 / 13)
    far = np.array([[4.0, 0.0, 6.0, 2.0]])  # I = 0, U = 8, C = 12
    assert overlap.iou(UNIT, far)[0, 0] == 0
    assert overlap.giou(UNIT, far)[0, 0] == pytest.approx(-4 / 12)
    assert overlap.diou(UNIT, far)[0, 0] == pytest.approx(-16 / 40)


@settings(deadline=None)
@given(some_boxes(), some_boxes())
def test_overlap_is_symmetric_and_bounded(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    i, g, d = overlap.iou(a, b), overlap.giou(a, b), overlap.diou(a, b)
    for table, again in ((i, overlap.iou), (g, overlap.giou), (d, overlap.diou)):
        assert np.isfinite(table).all()
        assert table == pytest.approx(again(b, a).T)
    assert ((i >= 0) & (i <= 1 + 1e-12)).all()
    assert (g <= i + 1e-12).all()
    assert (d <= i + 1e-12).all()
    assert (g >= -1).all()
    assert (d >= -1).all()


@settings(deadline=None)
@given(some_boxes(area=True), st.floats(0.1, 40), st.floats(-100, 100))
def test_overlap_knows_neither_scale_nor_place(boxes: NDArray[np.float64], scale: float, shift: float) -> None:
    for measure in (overlap.iou, overlap.giou, overlap.diou):
        assert np.diag(measure(boxes, boxes)) == pytest.approx(np.ones(len(boxes)))
        moved = boxes * scale + shift
        assert measure(moved, moved) == pytest.approx(measure(boxes, boxes), abs=1e-9)


def test_boxes_without_area_overlap_nothing() -> None:
    flat = np.array([[5.0, 5.0, 5.0, 9.0], [1.0, 1.0, 1.0, 1.0]])
    for other in (flat, UNIT):
        assert overlap.iou(flat, other).max() == 0
        assert np.isfinite(overlap.giou(flat, other)).all()
        assert np.isfinite(overlap.diou(flat, other)).all()
    assert overlap.iou(np.empty((0, 4)), UNIT).shape == (0, 1)


# Suppression --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 5, 100, 700])
@pytest.mark.parametrize("iou", [0.2, 0.5, 0.8])
def test_greedy_is_torchvisions(n: int, iou: float) -> None:
    boxes, scores, classes = crowd(n, n)
    b, s = torch.from_numpy(boxes), torch.from_numpy(scores)
    assert nms.greedy(boxes, scores, iou).tolist() == ops.nms(b, s.double(), iou).tolist()
    want = ops.batched_nms(b, s.double(), torch.from_numpy(classes), iou).tolist()
    assert nms.greedy(boxes, scores, iou, classes=classes).tolist() == want


@pytest.mark.parametrize("method", ["greedy", "diou"])
@pytest.mark.parametrize("aware", [True, False])
def test_suppress_keeps_what_greedy_keeps(method: nms.Method, *, aware: bool) -> None:
    boxes, scores, classes = crowd(3, 120)
    of = classes if aware else None
    kept = nms.greedy(boxes, scores, 0.4, classes=of, distance=method == "diou")
    done = nms.suppress(boxes, scores, method, 0.4, classes=of)
    assert done.kept.tolist() == kept.tolist()
    gone = np.setdiff1d(np.arange(len(boxes)), kept)
    assert (done.score[gone] == 0).all()
    assert done.score[kept] == pytest.approx(scores[kept])
    assert np.isin(done.by[gone], kept).all()  # only what is kept speaks against others
    assert (done.overlap[gone] > 0.4).all()


ROW = np.array([[0.0, 0.0, 10.0, 10.0], [2.0, 0.0, 12.0, 10.0], [40.0, 0.0, 50.0, 10.0]])
SCORES = np.array([0.9, 0.8, 0.3], np.float32)  # IoU of the first two is 80 / 120


def test_soft_scores_by_hand() -> None:
    linear = nms.suppress(ROW, SCORES, "linear", 0.5)
    assert linear.score == pytest.approx([0.9, 0.8 / 3, 0.3], abs=1e-6)
    assert linear.kept.tolist() == [0, 2, 1]  # what was second comes last
    assert linear.by.tolist() == [-1, 0, -1]
    assert linear.overlap == pytest.approx([0, 2 / 3, 0])
    gauss = nms.suppress(ROW, SCORES, "gaussian", sigma=0.5)
    assert gauss.score == pytest.approx([0.9, 0.8 * np.exp(-(4 / 9) / 0.5), 0.3], abs=1e-6)
    assert nms.suppress(ROW, SCORES, "linear", 0.7).score == pytest.approx(SCORES, abs=1e-6)
    assert nms.suppress(ROW, SCORES, "linear", 0.5, least=0.28).kept.tolist() == [0, 2]


def test_diou_spares_a_neighbour_that_iou_drops() -> None:
    assert nms.greedy(ROW, SCORES, 0.66).tolist() == [0, 2]
    assert nms.greedy(ROW, SCORES, 0.66, distance=True).tolist() == [0, 1, 2]  # 0.667 − 4 / 244 = 0.650


def test_classes_let_each_other_be() -> None:
    assert nms.greedy(ROW, SCORES, 0.5, classes=np.array([1, 2, 1])).tolist() == [0, 1, 2]
    assert nms.greedy(ROW, SCORES, 0.5, classes=np.array([1, 1, 1])).tolist() == [0, 2]


@pytest.mark.parametrize("method", ["greedy", "diou", "linear", "gaussian"])
def test_suppression_of_nothing_and_of_points(method: nms.Method) -> None:
    assert len(nms.suppress(np.empty((0, 4)), np.empty(0, np.float32), method).kept) == 0
    points = np.array([[3.0, 3.0, 3.0, 3.0]] * 2)
    assert nms.suppress(points, np.array([0.5, 0.5], np.float32), method).kept.tolist() == [0, 1]
    assert len(nms.greedy(np.empty((0, 4)), np.empty(0, np.float32), 0.5)) == 0


@settings(deadline=None)
@given(some_boxes(12), st.floats(0.1, 0.9), st.sampled_from(["greedy", "diou", "linear", "gaussian"]))
def test_suppression_only_lowers_and_the_best_stays(boxes: NDArray[np.float64], iou: float, method: nms.Method) -> None:
    scores = np.linspace(0.9, 0.2, len(boxes)).astype(np.float32)
    done = nms.suppress(boxes, scores, method, iou)
    assert (done.score <= scores + 1e-7).all()
    assert done.kept[0] == 0
    assert (np.diff(done.score[done.kept]) <= 1e-12).all()
