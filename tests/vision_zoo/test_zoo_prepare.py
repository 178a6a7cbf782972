"""Frames become the tensors that torchvision would make, and pixels find their way back."""

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from zoo_photos import photo

from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.vision.zoo.cards import catalogue, shipped
from explainer.vision.zoo.prepare import prepare

CPU = torch.device("cpu")
LITE0 = shipped()[0]
RESNET = catalogue()["resnet50"].card  # bilinear, 232 → 224


def reference(frame, card):
    """Resize, crop and normalise through Pillow."""
    mode = tv.InterpolationMode(card.interpolation)
    picture = tv.resize(Image.fromarray(frame.pixels), [card.resize_px], interpolation=mode)
    pixels = np.array(tv.center_crop(picture, [card.input_px, card.input_px]))
    x = (pixels / 255 - np.array(card.mean)) / np.array(card.std)
    return x.transpose(2, 0, 1)[None]


@pytest.mark.parametrize("card", [LITE0, RESNET], ids=lambda c: c.name)
@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "astronaut"])
def test_equals_torchvision_on_pillow_to_a_grey_level(card, name):
    got = prepare(photo(name), card, "crop", CPU).tensor
    levels = np.abs(got.numpy() - reference(photo(name), card)) * np.array(card.std)[:, None, None] * 255
    assert got.shape == (1, 3, card.input_px, card.input_px)
    assert levels.max() < 1.01
    assert levels.mean() < 0.02


def test_small_picture_is_enlarged_as_torchvision_does():
    frame = Frame(photo("chelsea").pixels[100:160, 100:200].copy())
    levels = np.abs(prepare(frame, LITE0, "crop", CPU).tensor.numpy() - reference(frame, LITE0)) * 128
    assert levels.max() < 1.01


def test_large_picture_is_averaged_first_and_stays_close():
    small = photo("coffee").pixels
    frame = Frame(np.array(Image.fromarray(small).resize((2400, 1600), Image.Resampling.BICUBIC)))
    levels = np.abs(prepare(frame, LITE0, "crop", CPU).tensor.numpy() - reference(frame, LITE0)) * 128
    assert levels.mean() < 1.0


def test_layout_and_type():
    tensor = prepare(photo("chelsea"), LITE0, "crop", CPU).tensor
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous(memory_format=torch.channels_last)
    assert not tensor.requires_grad


def test_focus_of_a_crop_is_the_centre_square_that_is_seen():
    got = prepare(Frame(np.zeros((512, 1024, 3), np.uint8)), LITE0, "crop", CPU)
    # 512 → 256, so an input pixel is 2 frame pixels: 224 of them around the centre.
    np.testing.assert_allclose(got.focus, (512 - 224, 256 - 224, 512 + 224, 256 + 224))
    np.testing.assert_allclose(got.to_frame, [[2, 0, 288], [0, 2, 32]])


def test_whole_picture_is_seen_between_bands_of_the_mean_colour():
    frame = Frame(np.full((100, 200, 3), 255, np.uint8))
    got = prepare(frame, LITE0, "whole", CPU)
    assert got.focus == (0, 0, 200, 100)
    assert float(got.tensor[0, :, :56].abs().max()) < 0.01
    assert float(got.tensor[0, :, -56:].abs().max()) < 0.01
    np.testing.assert_allclose(got.tensor[0, :, 56:168].numpy(), 1.0)
    corners = apply(got.to_frame, np.array([[0.0, 56.0], [224.0, 168.0]]))
    np.testing.assert_allclose(corners, [[0, 0], [200, 100]], atol=1e-9)


@given(
    size=st.tuples(st.integers(1, 900), st.integers(1, 900)),
    fit=st.sampled_from(["crop", "whole"]),
)
def test_any_picture_gives_a_full_square_and_a_focus_inside_the_frame(size, fit):
    height, width = size
    got = prepare(Frame(np.full((height, width, 3), 127, np.uint8)), LITE0, fit, CPU)
    assert got.tensor.shape == (1, 3, 224, 224)
    assert float(got.tensor.abs().max()) < 0.01  # a picture of the mean colour is 0 everywhere
    x0, y0, x1, y1 = got.focus
    assert -1e-6 <= x0 < x1 <= width + 1e-6
    assert -1e-6 <= y0 < y1 <= height + 1e-6


@pytest.mark.parametrize("shape", [(1, 30000), (30000, 1), (2000, 3000), (1100, 1100)])
@pytest.mark.parametrize("fit", ["crop", "whole"])
def test_long_and_large_pictures_keep_their_middle(shape, fit):
    pixels = np.zeros((*shape, 3), np.uint8)
    got = prepare(Frame(pixels), LITE0, fit, CPU)
    centre = apply(got.to_frame, np.array([[112.0, 112.0]]))[0]
    np.testing.assert_allclose(centre, [shape[1] / 2, shape[0] / 2], atol=max(1, max(shape) / 400))


@pytest.mark.parametrize("fit", ["crop", "whole"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("shape", [(360, 500), (700, 500), (1200, 1800)])
def test_a_bright_spot_is_found_again_where_it_is(fit, mirrored, shape):
    height, width = shape
    side, x, y = height // 12, width * 5 // 8, height * 3 // 8
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[y : y + side, x : x + side] = 255
    x = width - x - side if mirrored else x
    pixels = np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels
    got = prepare(Frame(pixels), LITE0, fit, CPU)
    seen = (got.tensor[0, 0].numpy() - 0.02).clip(0)  # bands of the mean colour are 0
    rows, columns = np.mgrid[0:224, 0:224] + 0.5
    centre = np.array([[(columns * seen).sum() / seen.sum(), (rows * seen).sum() / seen.sum()]])
    found = apply(got.to_frame, centre)[0]
    pixel = got.to_frame[0, 0]  # frame pixels to an input pixel
    np.testing.assert_allclose(found, [x + side / 2, y + side / 2], atol=0.2 * pixel)
