"""Every kind of card against torchvision's functional at the parameters that were drawn."""

import math
from statistics import median
from time import thread_time

import numpy as np
import pytest
import torch
from augment_fakes import RECORDS, nothing, photo, plan_of, step
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from explainer.vision.augment import kinds
from explainer.vision.augment.gamma import RandomGamma
from explainer.vision.augment.plan import applied
from explainer.vision.augment.sheet import sheet, tensor

IMAGE = tensor(photo(64, 96))
SIZE = [64, 96]
BILINEAR = InterpolationMode.BILINEAR


def drawn(placed):
    """Run one card with a seed; return its picture and the parameters that its transform drew."""
    kept, leaf = [], placed.leaf
    make = leaf.make_params

    def keep(flat):
        kept.append(make(flat))
        return kept[-1]

    leaf.make_params = keep
    torch.manual_seed(4)
    return placed.transform(IMAGE).as_subclass(Tensor), (kept or [{}])[0]


# kind, fields, and what torchvision's functional makes of the drawn parameters `p`
CASES = [
    ("flip-horizontal", {"chance": 1.0}, lambda p: F.horizontal_flip(IMAGE)),
    ("flip-vertical", {"chance": 1.0}, lambda p: F.vertical_flip(IMAGE)),
    ("rotate", {"degrees": 40.0, "fill": 90},
     lambda p: F.rotate(IMAGE, p["angle"], interpolation=BILINEAR, expand=False, fill=[90.0])),
    ("affine", {"degrees": 20.0, "shift": 10.0, "zoom": 20.0, "shear": 9.0},
     lambda p: F.affine(IMAGE, p["angle"], list(p["translate"]), p["scale"], list(p["shear"]), interpolation=BILINEAR,
                        fill=[0.0])),
    ("perspective", {"distortion": 0.6},
     lambda p: F.perspective(IMAGE, None, None, coefficients=p["coefficients"], fill=[0.0])),
    ("elastic", {"alpha": 60.0, "sigma": 3.0}, lambda p: F.elastic(IMAGE, p["displacement"], fill=[0.0])),
    ("crop", {"size": 40, "padding": 6},
     lambda p: F.crop(F.pad(IMAGE, [6, 6, 6, 6]), p["top"], p["left"], 40, 40)),
    ("zoom-crop", {"size": 48, "least": 30.0},
     lambda p: F.resized_crop(IMAGE, p["top"], p["left"], p["height"], p["width"], [48, 48], antialias=True)),
    ("resize", {"size": 20}, lambda p: F.resize(IMAGE, [20, 30], antialias=True)),
    ("gamma", {"low": 0.4, "high": 3.0}, lambda p: F.adjust_gamma(IMAGE, p["gamma"])),
    ("equalize", {"chance": 1.0}, lambda p: F.equalize(IMAGE)),
    ("solarize", {"chance": 1.0, "threshold": 100.0}, lambda p: F.solarize(IMAGE, 100.0)),
    ("posterize", {"chance": 1.0, "bits": 2}, lambda p: F.posterize(IMAGE, 2)),
    ("grayscale", {"chance": 1.0}, lambda p: F.rgb_to_grayscale(IMAGE, num_output_channels=3)),
    ("invert", {"chance": 1.0}, lambda p: F.invert(IMAGE)),
    ("blur", {"sigma": 2.0}, lambda p: F.gaussian_blur(IMAGE, [13, 13], p["sigma"])),
    ("jpeg", {"worst": 30}, lambda p: F.jpeg(IMAGE, p["quality"])),
    ("erase", {"chance": 1.0, "fill": 77, "least": 10.0, "most": 30.0},
     lambda p: F.erase(IMAGE, p["i"], p["j"], p["h"], p["w"], torch.tensor(77.0)[None, None, None])),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "expected"), CASES, ids=[c[0] for c in CASES])
def test_a_card_is_torchvisions_functional_at_its_parameters(kind, fields, expected):
    found, params = drawn(plan_of(step(kind, **fields)).placed[0])
    wanted = expected(params).as_subclass(Tensor)
    assert torch.equal(found, wanted)
    assert not torch.equal(found, IMAGE.as_subclass(Tensor))


def test_colour_jitter_applies_its_four_adjustments_in_the_drawn_order():
    found, p = drawn(plan_of("jitter").placed[0])
    image = IMAGE
    for fn in p["fn_idx"]:
        how = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)[int(fn)]
        factor = (p["brightness_factor"], p["contrast_factor"], p["saturation_factor"], p["hue_factor"])[int(fn)]
        image = how(image, factor)
    assert torch.equal(found, image.as_subclass(Tensor))


@pytest.mark.parametrize("kind", ["noise", *sorted(kinds.POLICIES)])
def test_what_draws_inside_itself_is_the_same_class_with_the_same_seed(kind):
    made = {
        "noise": v2.GaussianNoise(sigma=round(12 / 255, 6)),
        "autoaugment": v2.AutoAugment(v2.AutoAugmentPolicy.IMAGENET),
        "randaugment": v2.RandAugment(num_ops=2, magnitude=9),
        "trivialaugment": v2.TrivialAugmentWide(),
        "augmix": v2.AugMix(severity=3, mixture_width=3),
    }[kind]
    found, _ = drawn(plan_of(kind).placed[0])
    torch.manual_seed(4)
    assert torch.equal(found, made(IMAGE).as_subclass(Tensor))


def test_noise_has_the_standard_deviation_it_says():
    grey = tensor(np.full((200, 200, 3), 128, np.uint8))
    (one,) = sheet(grey, [], plan_of(step("noise", sigma=20.0)), 0, 1, None, nothing).samples
    assert one.pixels.astype(float).std() == pytest.approx(20.0, rel=0.03)


def test_gamma_leaves_black_and_white_and_its_logarithm_is_even():
    ends = tensor(np.array([[[0, 0, 0], [255, 255, 255], [128, 128, 128]]], np.uint8))
    torch.manual_seed(0)
    draw = [RandomGamma(0.5, 2.0).make_params([])["gamma"] for _ in range(4000)]
    assert 0.5 <= min(draw) < 0.52
    assert 1.9 < max(draw) <= 2.0
    assert np.mean(np.log(draw)) == pytest.approx(0.0, abs=0.03)
    out = RandomGamma(3.0, 3.0)(ends).as_subclass(Tensor)[0, 0].tolist()
    assert out == [0, 255, pytest.approx(255 * (128 / 255) ** 3, abs=1)]


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_a_mix_is_torchvisions_on_a_batch_of_two(kind):
    other = tensor(photo(64, 96, seed=5))
    (one,) = sheet(IMAGE, [other], plan_of(kind), 0, 1, None, nothing).samples
    torch.manual_seed(0)
    mix = {"mixup": v2.MixUp(alpha=0.4, num_classes=2), "cutmix": v2.CutMix(alpha=1.0, num_classes=2)}[kind]
    batch = torch.stack([IMAGE.as_subclass(Tensor), other.as_subclass(Tensor)]).float() / 255
    out, shares = mix(batch, torch.tensor([0, 1]))
    assert np.array_equal(one.pixels, (255 * out[0]).round().to(torch.uint8).permute(1, 2, 0).numpy())
    assert one.share == pytest.approx(float(shares[0, 0]))
    if kind == "cutmix":  # the label is the share of pixels that stayed
        assert (one.pixels == photo(64, 96)).all(2).mean() == pytest.approx(one.share, abs=0.01)
    else:
        blend = one.share * photo(64, 96).astype(float) + (1 - one.share) * photo(64, 96, seed=5)
        assert np.abs(one.pixels - blend).max() <= 1.0


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_every_kind_gives_a_picture_at_its_defaults_and_at_both_ends(kind):
    from explainer.core.controls import controls

    defaults = RECORDS[kind]()
    numbers = [one for one in controls(RECORDS[kind]) if one.kind == "number" and one.name != "size"]
    for end in ("lo", "hi", None):
        values = {one.name: type(one.default)(getattr(one, end)) for one in numbers} if end else {}
        if hasattr(defaults, "size"):
            values["size"] = 32
        made = sheet(IMAGE, [], plan_of(step(kind, **values)), 0, 2, None, nothing)
        assert made.refused == ()
        assert all(one.pixels.dtype == np.uint8 and min(one.pixels.shape) > 0 for one in made.samples)


def test_a_chance_of_a_card_is_the_share_of_samples():
    made = sheet(IMAGE, [], plan_of(step("invert", chance=0.3)), 0, 300, None, nothing)
    changed = sum(not np.array_equal(one.pixels, photo(64, 96)) for one in made.samples)
    assert changed / 300 == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / 300))


def test_a_card_costs_what_torchvisions_call_costs():
    """At most 1.1 times in this thread's own time, interleaved; a rotation, neither the cheapest nor the dearest."""
    image, placed = tensor(photo(256, 341)), plan_of("rotate").placed
    transform = v2.RandomRotation(15, interpolation=BILINEAR)
    ours, theirs = [], []
    for _ in range(30):
        for run, times in ((lambda: applied(placed, image, None), ours), (lambda: transform(image), theirs)):
            began = thread_time()
            run()
            times.append(thread_time() - began)
    assert median(ours) <= 1.1 * median(theirs) + 1e-4


def test_fill_is_of_the_picture_and_never_of_the_mask():
    mask = tv_tensors.Mask(torch.zeros(1, 64, 96, dtype=torch.uint8))
    out, moved = plan_of(step("rotate", degrees=180.0, fill=200)).placed[0].transform(IMAGE, mask)
    assert int(moved.max()) == 0
    assert (out == 200).all(0).any()
