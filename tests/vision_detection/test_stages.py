"""A two-stage detector taken apart gives what it gives in one piece."""

import numpy as np
import pytest
import torch
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.ops import roi_align

from explainer.vision.detection import stages, two_stage


def lively(net):
    torch.manual_seed(0)
    for name, parameter in net.named_parameters():
        if "cls_score" in name or "cls_logits" in name:
            parameter.data.normal_(0, 0.3)
        if "bbox_pred" in name:
            parameter.data.normal_(0, 0.02)
    return net.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def ours():
    torch.manual_seed(2)
    return lively(two_stage.build())


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(1)
    return np.kron(rng.integers(0, 256, (9, 12, 3)), np.ones((16, 16, 1))).astype(np.uint8)


def whole(net, pixels):
    with torch.no_grad():
        return net([torch.from_numpy(pixels).permute(2, 0, 1).float() / 255])[0]


def compared(net, pixels):
    expected = whole(net, pixels)
    found = stages.begin(net, pixels)
    rows = found.proposals(net.rpn.nms_thresh, net.rpn.post_nms_top_n())
    objects = found.detections(
        rows, net.roi_heads.score_thresh, net.roi_heads.nms_thresh, net.roi_heads.detections_per_img
    )
    assert len(objects) == len(expected["boxes"]) > 3
    np.testing.assert_array_equal(objects.labels, expected["labels"])
    np.testing.assert_allclose(objects.scores, expected["scores"], rtol=1e-4, atol=1e-5)
    scale = np.array([pixels.shape[1] / found.size[0], pixels.shape[0] / found.size[1]] * 2)
    np.testing.assert_allclose(objects.boxes * scale, expected["boxes"], rtol=1e-4, atol=2e-2)
    return found, objects, expected


def test_our_net_in_stages_equals_it_in_one_piece(ours, picture):
    found, objects, expected = compared(ours, picture)
    logits = found.masks(objects)
    assert logits.shape == (len(objects), 28, 28)
    k = int(np.argmax((objects.boxes[:, 2:] - objects.boxes[:, :2]).min(1)))
    x0, y0, x1, y1 = expected["boxes"][k].round().int().tolist()
    pasted = expected["masks"][k, 0].numpy()[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]
    mine = stages.mask_in_box(logits[k], x1 - x0, y1 - y0)[2:-2, 2:-2]
    assert pasted.size > 20
    # torchvision pads a mask by a pixel and rounds its box outwards before it stretches it.
    assert np.abs(pasted - mine).mean() < 0.05


def test_torchvisions_faster_rcnn_in_stages_equals_it_in_one_piece(picture):
    torch.manual_seed(4)
    net = lively(fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=7))
    net.roi_heads.score_thresh = 0.2
    found, _, _ = compared(net, picture)
    assert not found.has_masks


def test_sliders_run_no_network(ours, picture, monkeypatch):
    found = stages.begin(ours, picture)
    rows = found.proposals(0.7, 100)
    found.detections(rows, 0.05, 0.5, 50)
    spent = found.passes
    monkeypatch.setattr(torch.nn.Module, "__call__", lambda *_: pytest.fail("the network ran"))
    strict = found.detections(rows, 0.4, 0.3, 50)
    loose = found.detections(rows, 0.05, 0.9, 50)
    fewer = found.proposals(0.5, 50)
    assert found.passes == spent
    assert len(strict) <= len(loose)
    assert set(fewer) <= set(found.proposals(0.5, 100))
    assert (strict.scores > 0.4).all()


def test_a_looser_suppression_runs_only_what_is_new(ours, picture):
    found = stages.begin(ours, picture)
    tight, loose = found.proposals(0.3, 40), found.proposals(0.9, 80)
    found.heads(tight)
    assert found.passes == len(tight)
    found.heads(loose)
    assert found.passes == len(set(tight) | set(loose))


def test_sample_points_are_those_of_roi_align():
    rng = np.random.default_rng(3)
    features, stride = rng.standard_normal((1, 1, 20, 24)).astype(np.float32), 8.0
    box = np.array([21.3, 33.7, 101.9, 90.2], np.float32)
    points = stages.sample_points(box, stride) / stride
    base = np.floor(points).astype(int)
    f = points - base
    m = features[0, 0]
    (x, y), (fx, fy) = base.T, f.T
    read = (m[y, x] * (1 - fx) * (1 - fy) + m[y, x + 1] * fx * (1 - fy) + m[y + 1, x] * (1 - fx) * fy
            + m[y + 1, x + 1] * fx * fy)  # fmt: skip
    expected = roi_align(torch.from_numpy(features), [torch.from_numpy(box[None])], 7, 1 / stride, 2)[0, 0].numpy()
    np.testing.assert_allclose(read.reshape(7, 7, 4).mean(2), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (6, 400), (12, 6000)])
def test_odd_pictures(ours, size):
    pixels = np.full((*size, 3), 90, np.uint8)
    found = stages.begin(ours, pixels)
    objects = found.detections(found.proposals(0.7, 100), 0.05, 0.5, 50)
    found.masks(objects)
    assert np.isfinite(found.candidates).all()


def test_nothing_found(ours, picture):
    found = stages.begin(ours, picture)
    objects = found.detections(found.proposals(0.7, 100), 1.0, 0.5, 50)
    assert len(objects) == 0
    assert found.masks(objects).shape == (0, 28, 28)
    probabilities, boxes = found.heads(np.empty(0, np.int64))
    assert probabilities.shape == (0, 19)
    assert boxes.shape == (0, 19, 4)


def test_every_stage_says_how_long_it_took(ours, picture):
    from explainer.demos.detection._stages_view import SPENT

    found = stages.begin(ours, picture)
    rows = found.proposals(0.7, 20)
    found.heads(rows)
    objects = found.detections(rows, 0.05, 0.5, 5)
    assert len(objects)
    found.masks(objects)
    assert set(found.ms) == {part for parts in SPENT.values() for part in parts}
    assert min(found.ms.values()) > 0
    before = dict(found.ms)
    found.heads(rows)  # nothing is new: what it took once still stands
    assert found.ms["box head"] == before["box head"]
