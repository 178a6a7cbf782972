"""Scenes hold the truth about themselves, and the shipped net and demos do what their pages say."""

import numpy as np
import pytest

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY
from explainer.core.layers import Boxes
from explainer.core.problem import ExplainerError
from explainer.demos.detection import anchor_explorer, detector_stages
from explainer.runtime.context import JobContext
from explainer.runtime.memo import Memo
from explainer.runtime.token import JobToken
from explainer.testing import sample
from explainer.vision.detection import composed_scenes as scenes
from explainer.vision.detection import two_stage
from explainer.vision.training import digits
from explainer.vision.zoo.zoo import Zoo

GROUND = np.full((120, 160, 3), 100, np.uint8)
DISC = scenes.CutOut(np.ones((10, 20), np.float32), np.ones((10, 20), np.float32), 3)
WHITE = (255.0, 255.0, 255.0)


def test_a_rectangle_lies_where_it_was_put():
    scene = scenes.compose(GROUND, [scenes.Placed(DISC, 80, 60, 40, 0, WHITE)])
    np.testing.assert_allclose(scene.boxes, [[60, 50, 100, 70]], atol=1.01)
    assert scene.masks[0].sum() == pytest.approx(800, rel=0.06)
    assert (scene.pixels[scene.masks[0]] > 170).all()
    assert (GROUND == 100).all()
    assert scene.labels.tolist() == [3]


def test_what_comes_later_covers_what_was_there():
    below, above = scenes.Placed(DISC, 70, 60, 40, 0, WHITE), scenes.Placed(DISC, 90, 60, 40, 0, (0, 0, 0))
    scene = scenes.compose(GROUND, [below, above])
    assert not (scene.masks[0] & scene.masks[1]).any()
    np.testing.assert_allclose(scene.boxes[0], [50, 50, 70, 70], atol=1.01)
    gone = scenes.compose(GROUND, [below, scenes.Placed(DISC, 70, 60, 80, 0, WHITE)])
    assert len(gone) == 1


@pytest.mark.parametrize(("x", "y"), [(-500, 60), (0, 0), (160, 120)])
def test_at_the_rim_and_outside(x, y):
    scene = scenes.compose(GROUND, [scenes.Placed(DISC, x, y, 40, 30, WHITE)])
    assert len(scene) == (x != -500)
    assert scene.masks.shape == (len(scene), 120, 160)
    assert (scene.boxes[:, 2:] <= [160, 120]).all()


def test_boxes_are_tight_and_scenes_can_be_made_again():
    items = scenes.varied(np.random.default_rng(0), 40)
    one, two = (scenes.drawn_scene(GROUND, items, np.random.default_rng(4), 8) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, two.pixels)
    assert len(one) >= 4
    for box, mask in zip(one.boxes, one.masks, strict=True):
        rows, columns = np.nonzero(mask)
        np.testing.assert_array_equal(box, [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def test_held_out_items_are_of_every_class_and_no_training_digit():
    items = scenes.held_out_items()
    assert {one.label for one in items} == set(range(1, 19))
    assert sum(one.label <= 10 for one in items) == len(digits.split()[1])
    assert all(np.isfinite(one.opacity).all() and one.shade.min() >= 0 and one.shade.max() <= 1 for one in items)


def test_damaged_files_are_said(tmp_path):
    bad = tmp_path / "items.npz"
    bad.write_bytes(b"nothing")
    with pytest.raises(ExplainerError, match=r"cut-outs in items\.npz cannot be read"):
        scenes.stored_coins(bad)
    with pytest.raises(ExplainerError, match="weights of the two-stage detector"):
        two_stage.load(bad)


# The demos ----------------------------------------------------------------------------------------------


def run(demo, pixels, params, memo=None):
    ctx = JobContext(demo, Settings(device="cpu", threads=1), Zoo(), memo or Memo(), JobToken())
    return demo.run(Frame(pixels, "test", 0), params, ctx)


@pytest.fixture(scope="module")
def photo():
    ramp = np.linspace(60, 190, 300).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (220, 300, 3)))


def test_the_shipped_net_finds_most_of_what_was_laid(photo):
    right = laid = 0
    for scene in (1, 2, 3):
        result = run(detector_stages.DetectorStages(), photo, detector_stages.Params(scene=scene, count=6))
        right, laid = right + result.values["right"], laid + result.values["laid"]
        assert "digits" in result.badges[0]
    assert right >= 0.5 * laid


def test_a_photo_of_what_it_knows_is_left_as_it_is_and_any_other_is_blurred(photo):
    coins = sample("coins").pixels
    result = run(detector_stages.DetectorStages(), coins, detector_stages.Params())
    assert "laid" not in result.values
    assert result.values["objects"] >= 20  # of 24
    assert (result.panels[0].layers[0].pixels == coins).all()
    noisy = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    laid = run(detector_stages.DetectorStages(), noisy, detector_stages.Params())
    assert laid.values["laid"] == 6
    bare = run(detector_stages.DetectorStages(), noisy, detector_stages.Params(items=False))
    assert "laid" not in bare.values


def test_stricter_scores_leave_fewer_objects(photo):
    demo, memo = detector_stages.DetectorStages(), Memo()
    counts = [
        run(demo, photo, detector_stages.Params(stage="classes", score=score), memo).values["objects"]
        for score in (0.1, 0.5, 0.9)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2]


def test_an_absent_detector_says_how_to_get_it(photo, tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    result = run(detector_stages.DetectorStages(), photo, detector_stages.Params(net="maskrcnn_resnet50_fpn"))
    assert "explainer models fetch maskrcnn_resnet50_fpn" in result.reading


@pytest.mark.parametrize("shape", [(1, 1), (12, 900), (40, 30)])
def test_odd_pictures_are_shown(shape):
    pixels = np.full((*shape, 3), 120, np.uint8)
    for stage in ("maps", "proposals", "roialign", "masks"):
        assert run(detector_stages.DetectorStages(), pixels, detector_stages.Params(stage=stage)).reading
    assert run(anchor_explorer.AnchorExplorer(), pixels, anchor_explorer.Params()).values["anchors"] > 0


def test_no_true_box_and_a_flat_one(photo):
    demo = anchor_explorer.AnchorExplorer()
    flat = BoxXYXY(0.2, 0.2, 0.2, 0.8)
    for boxes in ((), (flat,)):
        result = run(demo, photo, anchor_explorer.Params(box=flat, boxes=boxes))
        assert result.values["positive"] == 0
        assert "No true box" in result.reading


def test_left_open_the_best_fit_is_looked_at(photo):
    demo, box = anchor_explorer.AnchorExplorer(), BoxXYXY(0.3, 0.3, 0.6, 0.7)
    best = run(demo, photo, anchor_explorer.Params(box=box))
    assert best.values["anchor_iou"] == best.values["best_iou"]
    other = run(demo, photo, anchor_explorer.Params(box=box, spot=PointXY(0.1, 0.1)))
    assert other.values["anchor_iou"] < best.values["best_iou"]
    finest = run(demo, photo, anchor_explorer.Params(box=box, spot=best.resolved["spot"], level=1))
    assert finest.values["anchor_iou"] < best.values["best_iou"]


def test_encoded_offsets_move_the_anchor_onto_the_box(photo):
    demo = anchor_explorer.AnchorExplorer()
    coded = run(demo, photo, anchor_explorer.Params(box=BoxXYXY(0.3, 0.3, 0.6, 0.7)))
    moved = {key: round(coded.values[key], 2) for key in ("dx", "dy", "dw", "dh")}
    params = anchor_explorer.Params(box=BoxXYXY(0.3, 0.3, 0.6, 0.7), code="decode", **moved)
    panel = {p.title: p for p in run(demo, photo, params).panels}["Chosen cell"]
    box = next(one for one in panel.layers if isinstance(one, Boxes) and one.name == "moved")
    np.testing.assert_allclose(box.xyxy[0], [90, 66, 180, 154], atol=2.0)


def test_crisp_cut_outs_have_narrow_edges_and_the_same_form():
    item = scenes.held_out_items()[0]
    sharp = scenes.crisp(item)
    assert sharp.opacity.shape == tuple(4 * n for n in item.opacity.shape)
    grey = ((sharp.opacity > 0.05) & (sharp.opacity < 0.95)).mean()
    assert grey < 0.5 * ((item.opacity > 0.05) & (item.opacity < 0.95)).mean()
    assert (sharp.opacity > 0.5).mean() == pytest.approx((item.opacity > 0.5).mean(), abs=0.05)


def test_objects_that_must_be_seen_whole_do_not_overlap():
    rng = np.random.default_rng(0)
    items = scenes.varied(rng, 12)
    ground = np.full((200, 300, 3), 90, np.uint8)
    scene = scenes.drawn_scene(ground, items, rng, 6, (0.2, 0.4), visible=1.0)
    apart = [scenes.tight_box(mask) for mask in scene.masks]
    np.testing.assert_allclose(apart, scene.boxes)
    assert len(scene) == 6
    assert scene.masks.sum(axis=0).max() == 1
