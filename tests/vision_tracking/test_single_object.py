"""Trackers of one target: made motion with its truth, deep correlation, OpenCV's, and what they say of themselves."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from torch import nn

from explainer.core.problem import ExplainerError
from explainer.demos.tracking.single_object_trackers import Difficulty
from explainer.vision.metrics import overlap as metrics
from explainer.vision.tracking import features, lineup, mosse, motion, native, siamese

DISK = cv2.resize(data.astronaut(), (320, 240), interpolation=cv2.INTER_AREA)
BOX = (120.0, 60.0, 180.0, 130.0)
MADE = motion.cast(DISK, BOX)
DIFFICULTIES = tuple(str(one) for one in Difficulty)


def pixels_as_features(pictures):
    """No network: pixels of a reduced window are features, so that correlation itself is tested."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    return nn.functional.avg_pool2d(x, 8)


# Made motion --------------------------------------------------------------------------------------------


def test_the_way_ahead_runs_through_the_middles_of_the_true_boxes():
    way = motion.way(MADE, 3, 5, ("rotation", "speed"), 0.5)
    boxes = np.array([motion.picture(MADE, n, ("rotation", "speed"), 0.5).box for n in range(3, 9)])
    np.testing.assert_allclose(way, (boxes[:, :2] + boxes[:, 2:]) / 2, atol=1e-6)


def test_the_true_box_holds_what_was_moved():
    """Where the picture differs from the ground lies the true box, to a pixel of the soft edge."""
    for index in (0, 5, 20, 40):
        made = motion.picture(MADE, index, ("scale", "rotation"), 0.6)
        changed = np.abs(made.pixels.astype(int) - MADE.ground).max(2) > 12
        ys, xs = np.nonzero(changed)
        x0, y0, x1, y1 = made.box
        assert xs.min() >= x0 - 1.5
        assert xs.max() + 1 <= x1 + 1.5
        assert ys.min() >= y0 - 1.5
        assert ys.max() + 1 <= y1 + 1.5
        assert xs.max() + 1 - xs.min() >= 0.85 * (x1 - x0)
        assert ys.max() + 1 - ys.min() >= 0.85 * (y1 - y0)


def test_it_starts_where_it_was_cut_and_comes_back():
    first, again = (motion.picture(MADE, i, (), 0.5) for i in (0, motion.PERIOD))
    assert first.box == pytest.approx(BOX)
    assert again.box == pytest.approx(BOX, abs=1e-6)
    np.testing.assert_allclose(first.pixels[95, 150], DISK[95, 150], atol=2)
    assert first.visible == pytest.approx(1, abs=0.02)


def test_each_difficulty_does_what_it_says():
    def at(index, *what):
        return motion.picture(MADE, index, what, 0.8)

    plain = at(8)
    assert at(8, "light").pixels.mean() < 0.7 * plain.pixels.mean()
    assert cv2.Laplacian(at(8, "blur").pixels, cv2.CV_64F).var() < 0.5 * cv2.Laplacian(plain.pixels, cv2.CV_64F).var()
    assert min(at(i, "occlusion").visible for i in range(16)) < 0.3
    assert min(at(i).visible for i in range(60)) > 0.7
    assert at(15, "leaves").visible < 0.3
    assert at(15, "scale").box[2] - at(15, "scale").box[0] == pytest.approx(1.8 * 60, rel=0.02)
    assert abs(at(2, "speed").box[0] - BOX[0]) > 2 * abs(at(2).box[0] - BOX[0])
    clutter = np.abs(at(0, "clutter").pixels.astype(int) - MADE.ground).mean()
    assert clutter > 2 * np.abs(at(0).pixels.astype(int) - MADE.ground).mean()
    twin = np.abs(at(12, "twin").pixels.astype(int) - plain.pixels).max()
    assert twin > 30


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 200), st.floats(0, 1), st.sets(st.sampled_from(DIFFICULTIES)))
def test_any_made_picture_is_a_picture(index, strength, what):
    made = motion.picture(MADE, index, tuple(what), strength)
    assert made.pixels.shape == DISK.shape
    assert made.pixels.dtype == np.uint8
    assert 0 <= made.visible <= 1
    assert made.box[0] < made.box[2]
    assert made.box[1] < made.box[3]


# The Siamese tracker ------------------------------------------------------------------------------------


def test_correlation_is_the_cosine_at_every_place():
    """Against a loop over all places."""
    gen = torch.Generator().manual_seed(0)
    z, x = torch.randn(5, 3, 3, generator=gen), torch.randn(2, 5, 7, 7, generator=gen)
    got = siamese.correlate(z, x)
    assert got.shape == (2, 5, 5)
    for n, i, j in ((0, 0, 0), (1, 4, 2), (0, 2, 3)):
        part = x[n, :, i : i + 3, j : j + 3]
        expected = nn.functional.cosine_similarity(z.flatten(), part.flatten(), dim=0)
        assert got[n, i, j] == pytest.approx(float(expected), abs=1e-5)
    assert float(siamese.correlate(x[0, :, 2:5, 3:6], x)[0].argmax()) == 2 * 5 + 3


def test_a_crop_keeps_places():
    """A bright pixel at a known place appears where the affine map says."""
    picture = np.zeros((100, 120, 3), np.uint8)
    picture[40:42, 70:72] = 255
    window = siamese.crop(picture, (71.0, 41.0), 40.0, 80)
    y, x = np.unravel_index(window[..., 0].astype(int).argmax(), window.shape[:2])
    assert (x, y) == (pytest.approx(40, abs=1.5), pytest.approx(40, abs=1.5))
    centre = np.average(np.argwhere(window[..., 0] > 100), axis=0) + 0.5
    assert centre == pytest.approx([40, 40], abs=0.6)


def test_it_follows_a_pan_and_says_when_the_target_is_gone():
    asked = siamese.Settings(follow_size=False)
    track = siamese.begin(DISK, BOX, asked, pixels_as_features)
    for step in range(1, 7):
        moved = np.roll(DISK, (2 * step, 4 * step), (0, 1))
        track, seen = siamese.step(moved, track, asked, pixels_as_features)
        assert track.centre == pytest.approx((150 + 4 * step, 95 + 2 * step), abs=3)
        assert not track.lost
        assert seen.score > 0.8
    noise = np.random.default_rng(0).integers(0, 255, DISK.shape, dtype=np.uint8)
    gone, seen = siamese.step(noise, track, asked, pixels_as_features)
    assert gone.lost
    assert gone.centre == track.centre
    assert seen.score < asked.lost_below


def test_size_is_followed_only_when_asked_for():
    sizes = {}
    for follow in (True, False):
        asked = siamese.Settings(follow_size=follow)
        track = siamese.begin(DISK, BOX, asked, pixels_as_features)
        for step in range(1, 9):
            scale = 1.04**step
            turn = cv2.getRotationMatrix2D((150, 95), 0, scale)
            track, _ = siamese.step(cv2.warpAffine(DISK, turn, (320, 240)), track, asked, pixels_as_features)
        sizes[follow] = track.size[0]
    assert sizes[False] == 60
    assert sizes[True] > 66


def test_the_exemplar_changes_at_its_rate():
    still = siamese.begin(DISK, BOX, siamese.Settings(), pixels_as_features)
    moved = np.roll(DISK, 6, 1)
    kept, _ = siamese.step(moved, still, siamese.Settings(update_rate=0), pixels_as_features)
    mixed, _ = siamese.step(moved, still, siamese.Settings(update_rate=0.5), pixels_as_features)
    assert torch.equal(kept.exemplar, still.exemplar)
    assert not torch.equal(mixed.exemplar, still.exemplar)


@pytest.mark.parametrize("depth", ["4", "8", "16", "32"])
def test_features_stop_at_the_layer_and_are_those_of_the_whole_network(depth):
    extract = features.of_mobilenet(depth, "cpu")
    pictures = DISK[None, :192, :192]
    found = extract(pictures)
    assert found.shape[-1] == 192 // int(depth)
    net = features.appearance.load("cpu")
    with torch.no_grad():
        whole = net[: int(features.LAYERS["mobilenetv2"][depth]) + 1](features.appearance.normalised(pictures))
    torch.testing.assert_close(found, whole, atol=1e-4, rtol=1e-4)
    assert not any(module._forward_hooks for module in net.modules())


# OpenCV's ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["kcf", "csrt", "mil"])
def test_the_same_picture_is_counted_once_and_two_runs_agree(kind):
    pictures = [np.roll(DISK, 3 * i, 1) for i in range(4)]
    runs = []
    for _ in range(2):
        tracker = native.Native(kind, pictures[0], BOX)
        said = [tracker.update(i, picture) for i, picture in enumerate(pictures)]
        assert tracker.update(3, pictures[0]) is said[-1]
        runs.append(said)
    assert runs[0] == runs[1]
    assert metrics.overlap(runs[0][-1].box, (129, 60, 189, 130)) > 0.6


def test_mosse_beside_opencvs_on_a_pan():
    """Our MOSSE and OpenCV's own stay within a few pixels of each other and of the truth."""
    pictures = [np.roll(DISK, (2 * i, 3 * i), (0, 1)) for i in range(15)]
    theirs = cv2.legacy.TrackerMOSSE_create()
    theirs.init(pictures[0][..., ::-1].copy(), (120, 60, 60, 70))
    ours = mosse.begin(pictures[0], BOX, mosse.Settings(), np.random.default_rng(0))
    for i, picture in enumerate(pictures[1:], 1):
        found, (x, y, width, height) = theirs.update(picture[..., ::-1].copy())
        ours, _ = mosse.step(picture, ours, mosse.Settings())
        assert found
        assert ours.centre == pytest.approx((150 + 3 * i, 95 + 2 * i), abs=1.5)
        assert ours.centre == pytest.approx((x + width / 2, y + height / 2), abs=4)


# All together -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "box",
    [(0, 0, 2, 2), (-50, -50, 10, 10), (318, 238, 320, 240), (0, 0, 320, 240), (500, 500, 700, 700), (9, 9, 9, 9)],
)
def test_any_box_can_be_followed_by_all(box):
    good = lineup.usable(box, (320, 240))
    assert min(good[2] - good[0], good[3] - good[1]) >= native.LEAST_PX
    assert good[0] >= 0
    assert good[1] >= 0
    assert good[2] <= 320
    assert good[3] <= 240
    names = ("mosse", "kcf", "csrt", "mil", "siamese")
    asked = lineup.Settings()
    line = lineup.begin(names, DISK, good, asked, pixels_as_features, np.random.default_rng(0))
    line, reports = lineup.step(line, 1, DISK, asked, pixels_as_features)
    assert set(reports) | set(line.refused) == set(names)
    assert all(np.isfinite(report.box).all() for report in reports.values())


def test_a_picture_that_is_too_small_is_refused_in_words():
    with pytest.raises(ExplainerError, match="5 × 5 px is too small"):
        lineup.usable((0, 0, 5, 5), (5, 5))


def test_success_and_honesty_by_hand():
    values, lost, seen = [0.9, 0.5, 0.1, 0.0, 0.8], [False, True, True, False, False], [True, True, True, True, False]
    told = metrics.lost_reports(values, lost, seen)
    assert (told.off, told.told, told.false_alarms, told.on) == (3, 1, 1, 2)
    curve = metrics.success(values)
    assert curve[0] == pytest.approx(0.8)  # one of five does not overlap at all
    assert curve[10] == pytest.approx(0.4)  # above 0.5: two
    assert curve[-1] == 0
    assert metrics.area_under([]) is None
    assert metrics.area_under(values) == pytest.approx(curve.mean())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_the_success_curve_falls_and_its_area_is_near_the_mean(values):
    curve = metrics.success(values)
    assert (np.diff(curve) <= 0).all()
    assert metrics.area_under(values) == pytest.approx(np.mean(values), abs=0.051)


def test_overlap_is_that_of_many():
    import torch
    from torchvision.ops import box_iou

    rng = np.random.default_rng(0)
    boxes = rng.uniform(0, 50, (20, 2))
    boxes = np.concatenate([boxes, boxes + rng.uniform(0, 40, (20, 2))], axis=1)
    expected = box_iou(*[torch.from_numpy(boxes)] * 2).numpy()
    assert [[metrics.overlap(tuple(a), tuple(b)) for b in boxes] for a in boxes] == pytest.approx(expected)
