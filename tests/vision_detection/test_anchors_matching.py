"""Anchors, matching and box coding hold against torchvision's own generators, matchers and coders."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.detection import _utils, fcos_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import box_iou

from explainer.vision.detection import anchors, box_coding, matching, two_stage

SIZES = [(640, 480), (481, 640), (1280, 720), (63, 60), (6000, 12), (1, 1)]


def torchvision_generator(name):
    setting = anchors.SETTINGS[name]
    if name == "ssd300":
        return DefaultBoxGenerator(
            [[2], [2, 3], [2, 3], [2, 3], [2], [2]],
            scales=[0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05], steps=[8, 16, 32, 64, 100, 300])  # fmt: skip
    if name == "ssdlite320":
        return DefaultBoxGenerator([[2, 3] for _ in range(6)], min_ratio=0.2, max_ratio=0.95)
    return AnchorGenerator(setting.sizes, setting.ratios)


def theirs(name, width, height):
    found = anchors.layout(anchors.SETTINGS[name], width, height)
    images = ImageList(torch.zeros(1, 3, found.padded[1], found.padded[0]), [found.padded[::-1]])
    maps = [torch.zeros(1, 1, *level.grid) for level in found.levels]
    return found, torchvision_generator(name)(images, maps)[0].numpy()


@pytest.mark.parametrize("name", anchors.SETTINGS)
@pytest.mark.parametrize("size", SIZES[:4])
def test_layout_equals_torchvision(name, size):
    found, expected = theirs(name, *size)
    np.testing.assert_array_equal(found.boxes, expected)
    assert found.starts[-1] == len(expected)


@pytest.mark.parametrize(
    ("name", "count"), [("faster-rcnn", 217_413), ("ssd300", 8_732), ("retinanet", 163_206), ("ssdlite320", 3_234)]
)
def test_known_numbers_of_anchors(name, count):
    assert anchors.layout(anchors.SETTINGS[name], 640, 480).starts[-1] == count


@pytest.mark.parametrize("size", SIZES)
def test_input_size_equals_torchvisions_transform(size):
    width, height = size
    if width == 6000:
        width = 1500
    for name in ("faster-rcnn", "scenes"):
        setting = anchors.SETTINGS[name]
        transform = GeneralizedRCNNTransform(setting.short_px, setting.long_px, [0.0] * 3, [1.0] * 3)
        images, _ = transform([torch.zeros(3, height, width)])
        resized, padded = anchors.input_size(setting, width, height)
        assert (images.image_sizes[0][1], images.image_sizes[0][0]) == resized
        assert (images.tensors.shape[3], images.tensors.shape[2]) == padded


def test_grids_are_those_of_the_real_networks():
    net = two_stage.build().eval()
    _, padded = anchors.input_size(anchors.SETTINGS["scenes"], 300, 200)
    with torch.no_grad():
        maps = net.backbone(torch.zeros(1, 3, padded[1], padded[0]))
    found = anchors.layout(anchors.SETTINGS["scenes"], 300, 200)
    assert [tuple(m.shape[2:]) for m in maps.values()] == [level.grid for level in found.levels]
    images = ImageList(torch.zeros(1, 3, padded[1], padded[0]), [padded[::-1]])
    made = net.rpn.anchor_generator(images, list(maps.values()))
    np.testing.assert_array_equal(found.boxes, made[0].numpy())


def test_cell_slices_hold_the_anchors_round_the_cell():
    level = anchors.layout(anchors.SETTINGS["retinanet"], 640, 480).levels[2]
    mine = level.boxes[level.at(3, 5)]
    centres = (mine[:, :2] + mine[:, 2:]) / 2
    np.testing.assert_allclose(centres, np.tile([5 * level.stride[1], 3 * level.stride[0]], (9, 1)), atol=0.5)


boxes_of = st.lists(st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 260)] * 2), min_size=1, max_size=5)


def as_boxes(rows):
    table = np.array(rows, np.float32)
    return np.concatenate([table[:, :2], table[:, :2] + table[:, 2:]], 1)


@settings(max_examples=15, deadline=None)
@given(boxes_of, st.sampled_from([(0.7, 0.3), (0.5, 0.4), (0.5, 0.5), (0.2, 0.1)]))
def test_matching_equals_torchvision(rows, thresholds):
    truth = as_boxes(rows)
    boxes = anchors.layout(anchors.SETTINGS["scenes"], 320, 240).boxes
    table = matching.iou_table(truth, boxes)
    expected = box_iou(torch.from_numpy(truth), torch.from_numpy(boxes))
    np.testing.assert_allclose(table, expected.numpy(), rtol=1e-6, atol=1e-7)
    exact = torch.from_numpy(table)
    high, low = thresholds
    for rule, matcher in (
        ("best-ties", _utils.Matcher(high, low, allow_low_quality_matches=True)),
        ("none", _utils.Matcher(high, low)),
    ):
        np.testing.assert_array_equal(matching.match(table, high, low, rule).codes, matcher(exact.clone()).numpy())
    ssd = matching.match(table, high, high, "best-one")
    np.testing.assert_array_equal(ssd.codes, _utils.SSDMatcher(high)(exact.clone()).numpy())


def test_force_rule_saves_a_box_that_no_anchor_fits():
    boxes = anchors.layout(anchors.SETTINGS["faster-rcnn"], 640, 480).boxes
    thin = np.array([[100, 100, 700, 112]], np.float32)
    table = matching.iou_table(thin, boxes)
    assert not matching.match(table, 0.7, 0.3, "none").positive.any()
    saved = matching.match(table, 0.7, 0.3, "best-ties")
    assert saved.positive.sum() >= 1
    np.testing.assert_array_equal(saved.forced, saved.positive)
    assert saved.best[saved.positive].max() == table.max()


def test_no_box_and_a_box_without_area():
    boxes = anchors.layout(anchors.SETTINGS["scenes"], 100, 80).boxes
    none = matching.match(matching.iou_table(np.empty((0, 4), np.float32), boxes), 0.7, 0.3, "best-ties")
    assert (none.codes == matching.NEGATIVE).all()
    flat = matching.iou_table(np.array([[5, 5, 5, 30]], np.float32), boxes)
    assert (flat == 0).all()
    with pytest.raises(ValueError, match="exceeds"):
        matching.match(flat, 0.3, 0.7, "none")


@pytest.fixture(scope="module")
def fcos():
    return fcos_resnet50_fpn(weights=None, weights_backbone=None, num_classes=3)


@pytest.mark.parametrize("seed", range(3))
def test_places_equal_torchvisions_fcos(seed, fcos, monkeypatch):
    rng = np.random.default_rng(seed)
    found = anchors.layout(anchors.SETTINGS["fcos"], 320, 240)
    truth = as_boxes(np.concatenate([rng.integers(0, 500, (6, 2)), rng.integers(4, 600, (6, 2))], 1))
    held = {}
    net = fcos
    monkeypatch.setattr(net.head, "compute_loss", lambda _t, _o, _a, matched: held.update(found=matched[0]))
    counts = [len(level.boxes) for level in found.levels]
    targets = [{"boxes": torch.from_numpy(truth), "labels": torch.ones(6, dtype=torch.int64)}]
    net.compute_loss(targets, {}, [torch.from_numpy(found.boxes)], counts)
    mine = matching.match_places(found, truth, net.center_sampling_radius)
    np.testing.assert_array_equal(mine.codes, held["found"].numpy())
    assert mine.positive.any()
    assert mine.best[mine.positive].min() > 0
    assert mine.best.max() <= 1


def test_centreness_by_hand():
    sides = np.array([[10, 2], [10, 5], [10, 8], [10, 5]], np.float32)
    np.testing.assert_allclose(matching.centreness(sides), [1.0, 0.5])


@settings(max_examples=40, deadline=None)
@given(boxes_of, boxes_of, st.sampled_from([box_coding.PLAIN, box_coding.SECOND]))
def test_coding_equals_torchvision_and_comes_back(some, others, weights):
    count = min(len(some), len(others))
    boxes, bases = as_boxes(some)[:count], as_boxes(others)[:count]
    coder = _utils.BoxCoder(weights)
    code = box_coding.encode(boxes, bases, weights)
    expected = coder.encode_single(torch.from_numpy(boxes).double(), torch.from_numpy(bases).double()).numpy()
    np.testing.assert_allclose(code, expected, rtol=1e-9, atol=1e-9)
    back = box_coding.decode(code, bases, weights)
    their_back = coder.decode_single(torch.from_numpy(expected), torch.from_numpy(bases).double()).numpy()
    np.testing.assert_allclose(back, their_back, rtol=1e-9, atol=1e-7)
    fits = np.abs(code[:, 2:] / np.asarray(weights)[2:]).max(1) < box_coding.CUT
    np.testing.assert_allclose(back[fits], boxes[fits], atol=1e-6)


def test_growth_is_cut():
    big = box_coding.decode(np.array([[0.0, 0.0, 50.0, 0.0]]), np.array([[0.0, 0.0, 16.0, 16.0]]))
    np.testing.assert_allclose(big[0, 2] - big[0, 0], 1000.0)


def test_a_change_of_thresholds_or_box_is_quick():
    """Two boxes before 217,413 anchors; of this process's own time."""
    boxes = anchors.layout(anchors.SETTINGS["faster-rcnn"], 640, 480).boxes
    truth = np.array([[100, 100, 400, 500], [500, 300, 700, 420]], np.float32)
    spent = []
    for _ in range(5):
        start = time.process_time()
        matching.match(matching.iou_table(truth, boxes), 0.7, 0.3, "best-ties")
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


def test_a_true_box_is_found_once() -> None:
    table = np.array([[0.9, 0.8, 0.0], [0.0, 0.6, 0.4]], np.float32)
    assert matching.hits(table, 0.5) == 2
    assert matching.hits(table[:1], 0.5) == 1  # its second box is a mistake
    assert matching.hits(table[:0], 0.5) == 0
    assert table[0, 0] == np.float32(0.9)


def test_counts_by_level_add_up() -> None:
    codes = np.array([0, -1, -2, 1, -1])
    found = matching.Matching(codes, codes > 9, np.zeros(5, np.float32))
    assert found.counts((0, 2, 5)).tolist() == [[2, 1, 0, 1], [3, 1, 1, 1]]


def test_an_anchor_aims_at_what_it_overlaps_most_else_at_the_nearest() -> None:
    truth = np.array([[0, 0, 10, 10], [8, 8, 30, 30]], np.float32)
    assert matching.nearest(truth, np.array([6, 6, 12, 12], np.float32)) == 0  # 16 of 120, not 16 of 504
    assert matching.nearest(truth, np.array([90, 90, 99, 99], np.float32)) == 1
    assert matching.nearest(truth[:0], truth[0]) == -1


def test_distances_are_in_cells() -> None:
    box, place = np.array([2, 0, 20, 40], np.float32), np.array([8, 8, 12, 12], np.float32)
    assert matching.distances(box, place, (5.0, 2.0)).tolist() == [4, 2, 5, 6]
