"""Boxes, masks and points move with the picture and stay right at its border."""

import numpy as np
import pytest
from augment_fakes import nothing, photo, plan_of, step
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.geometry import PointXY, Stroke
from explainer.vision.augment.labels import labels, left, tight_box
from explainer.vision.augment.outlines import ellipse, in_box, outlines, painted
from explainer.vision.augment.sheet import based, larger, sheet, shrunk, tensor

H, W = 120, 160
BOX = (40.0, 30.0, 110.0, 90.0)
POINTS = np.array([[45.0, 35.0], [100.0, 80.0]])


def filled(box, size=(H, W)):
    mask = np.zeros(size, bool)
    mask[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])] = True
    return mask


def moved(*steps, box=BOX, count=6, seed=0):
    marks = labels(box, filled(box), POINTS, (H, W))
    return [one.left for one in sheet(tensor(photo(H, W)), [], plan_of(*steps), seed, count, marks, nothing).samples]


@pytest.mark.parametrize(
    ("steps", "tolerance_px"),
    [
        ([step("flip-horizontal")], 0.01),
        ([step("flip-vertical")], 0.01),
        ([step("rotate", degrees=30.0)], 1.6),
        ([step("affine", degrees=15.0, shift=10.0, zoom=20.0, shear=8.0)], 1.6),
        ([step("perspective", distortion=0.4)], 1.6),
        ([step("elastic", alpha=40.0, sigma=5.0)], 4.0),  # torchvision inverts the field to first order only
        ([step("crop", size=80, padding=8)], 1.1),
        ([step("zoom-crop", size=96, least=40.0)], 1.6),
        ([step("resize", size=60)], 1.1),
        ([step("jitter"), step("erase", chance=1.0), step("noise"), step("jpeg")], 0.01),
        ([step("flip-horizontal"), step("resize", size=90), step("crop", size=72)], 1.6),
    ],
    ids=lambda value: "-".join(one.kind for one in value) if isinstance(value, list) else "",
)
def test_a_box_is_the_bounding_box_of_the_mask_that_fills_it(steps, tolerance_px):
    seen = 0
    for one in moved(*steps):
        if one.box is None or one.mask_box is None or min(one.box[2] - one.box[0], one.box[3] - one.box[1]) < 4:
            continue
        assert np.abs(np.subtract(one.box, one.mask_box)).max() <= tolerance_px
        seen += 1
    assert seen >= 3


@pytest.mark.parametrize("kind", ["rotate", "affine", "perspective", "zoom-crop"])
def test_points_go_where_the_pixels_under_them_go(kind):
    picture = np.zeros((H, W, 3), np.uint8)
    for x, y in POINTS.astype(int):
        picture[y - 3 : y + 3, x - 3 : x + 3] = 255
    marks = labels(BOX, filled(BOX), POINTS, (H, W))
    made = sheet(tensor(picture), [], plan_of(kind), 1, 6, marks, nothing).samples
    looked_at = 0
    for one in made:
        for x, y in one.left.points:
            row, column = min(int(y), one.pixels.shape[0] - 1), min(int(x), one.pixels.shape[1] - 1)
            assert one.pixels[row, column].mean() > 100
            looked_at += 1
    assert looked_at >= 6


def test_labels_do_not_change_the_samples():
    steps = [step("affine"), step("crop", size=96), step("jitter"), step("erase", chance=1.0)]
    marks = labels(BOX, filled(BOX), POINTS, (H, W))
    plain = sheet(tensor(photo(H, W)), [], plan_of(*steps), 0, 3, None, nothing)
    marked = sheet(tensor(photo(H, W)), [], plan_of(*steps), 0, 3, marks, nothing)
    for one, other in zip(plain.samples, marked.samples, strict=True):
        assert np.array_equal(one.pixels, other.pixels)


# The border -------------------------------------------------------------------------------------------------


def test_a_box_at_the_border_is_cut_and_one_outside_is_gone():
    corner = (120.0, 90.0, 160.0, 120.0)
    found = moved(step("crop", size=64), box=corner, count=30)
    gone = [one for one in found if one.box is None]
    cut = [one for one in found if one.box is not None]
    assert gone
    assert cut
    assert all(not one.mask.any() for one in gone)
    assert all(0 <= one.box[0] < one.box[2] <= 64 and 0 <= one.box[1] < one.box[3] <= 64 for one in cut)


def test_a_point_that_was_cropped_away_does_not_come_back_by_a_later_card():
    steps = [step("crop", size=40), step("affine", degrees=0.0, shift=50.0, zoom=0.0)]
    cropped = moved(step("crop", size=40), count=40)
    after = moved(*steps, count=40)
    assert any(len(one.points) < 2 for one in cropped)
    assert all(len(late.points) <= len(early.points) for late, early in zip(after, cropped, strict=True))


@given(
    st.tuples(*[st.floats(-50, 220)] * 4).filter(lambda b: b[2] > b[0] and b[3] > b[1]),
)
@settings(max_examples=60, deadline=None)
def test_any_box_is_cut_to_the_picture_or_refused(box):
    try:
        made = left(labels(box, np.zeros((H, W), bool), POINTS, (H, W)))
    except ValueError as error:
        assert "outside" in str(error)
        assert min(box[2], W) <= max(box[0], 0) or min(box[3], H) <= max(box[1], 0)
        return
    if made.box is not None:
        assert 0 <= made.box[0] < made.box[2] <= W
        assert 0 <= made.box[1] < made.box[3] <= H


def test_a_mask_of_another_size_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"The mask is 10 × 20 px and the picture 160 × 120; they must be alike"):
        labels(BOX, np.zeros((20, 10), bool), POINTS, (H, W))


def test_policies_take_no_labels():
    assert moved(step("randaugment"), count=1) == [None]


# Masks to begin with ----------------------------------------------------------------------------------------


def test_an_ellipse_touches_the_sides_of_its_box_and_has_its_area():
    mask = ellipse((H, W), BOX)
    assert np.abs(np.subtract(tight_box(mask), BOX)).max() <= 1.0
    assert mask.sum() == pytest.approx(np.pi / 4 * 70 * 60, rel=0.02)


def test_cutting_out_finds_the_object_in_the_box():
    picture = np.full((H, W, 3), (40, 90, 40), np.uint8)
    picture += np.random.default_rng(0).integers(0, 12, picture.shape, np.uint8)
    truth = ellipse((H, W), (60.0, 45.0, 95.0, 80.0))
    picture[truth] = (220, 60, 60)
    found = in_box(picture, BOX, "cut")
    assert (found & truth).sum() / (found | truth).sum() > 0.85


@pytest.mark.parametrize("box", [(0.0, 0.0, 3.0, 3.0), (0.0, 0.0, 160.0, 120.0), BOX])
def test_where_nothing_can_be_cut_out_there_is_the_ellipse(box):
    flat = np.full((H, W, 3), 128, np.uint8)
    assert np.array_equal(in_box(flat, box, "cut"), in_box(flat, box, "ellipse"))


def test_a_stroke_is_as_wide_as_its_brush():
    mask = painted((Stroke((PointXY(0.25, 0.5), PointXY(0.75, 0.5)), 0.05),), (H, W))
    assert mask[:, W // 2].sum() == pytest.approx(2 * 0.05 * W, abs=2)
    assert np.abs(np.subtract(tight_box(mask), (32, 52, 128, 68))).max() <= 2


def test_outlines_go_round_the_mask():
    (path,) = outlines(filled(BOX))
    assert path.min(0) == pytest.approx((40.5, 30.5))
    assert path.max(0) == pytest.approx((109.5, 89.5))
    assert outlines(np.zeros((9, 9), bool)) == []


def test_labels_are_brought_to_another_size():
    marks = labels(BOX, filled(BOX), POINTS, (H, W))
    large = shrunk(based(photo(2 * H, 2 * W), None).image, 1000)
    grown = left(larger(marks, (H, W), large))
    assert grown.box == pytest.approx([2 * v for v in BOX])
    assert grown.mask_box == pytest.approx([2 * v for v in BOX])
    assert grown.points == pytest.approx(2 * POINTS)
