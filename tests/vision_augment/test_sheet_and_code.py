"""The sheet, the program that makes it again, one sample at full size, and what cannot be done."""

import runpy

import numpy as np
import pytest
from augment_fakes import RECORDS, nothing, photo, plan_of, step
from PIL import Image

from explainer.vision.augment import code, kinds
from explainer.vision.augment.asking import spread
from explainer.vision.augment.replay import enlarged
from explainer.vision.augment.sheet import based, sheet, tensor


def made(*steps, base=None, seed=0, count=3, partners=()):
    return sheet(tensor(photo()) if base is None else base, partners, plan_of(*steps), seed, count, None, nothing)


def same(one, other):
    return [np.array_equal(a.pixels, b.pixels) for a, b in zip(one.samples, other.samples, strict=True)]


# Seeds ------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_sheet_and_another_another():
    steps = ["flip-horizontal", "affine", "jitter", "noise", "erase", "randaugment"]
    assert all(same(made(*steps), made(*steps)))
    assert not any(same(made(*steps), made(*steps, seed=1)))


def test_more_samples_leave_the_first_as_they_were():
    few, many = made("affine", "noise", count=2), made("affine", "noise", count=5)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(few.samples, many.samples, strict=False))


def test_a_sheet_leaves_torchs_generator_alone():
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    made("affine", "mixup")
    assert torch.equal(torch.rand(3), expected)


def test_a_check_stops_a_sheet():
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    with pytest.raises(Stop):
        sheet(tensor(photo()), [], plan_of("noise"), 0, 4, None, stop)


# Copied code ------------------------------------------------------------------------------------------------


def ran(tmp_path, picture, plan, seed, count, partners=(), cut=None):
    """Write the program beside its pictures and run it; return its samples as arrays."""
    Image.fromarray(picture).save(tmp_path / "mine.png")
    names = []
    for number, other in enumerate(partners):
        names.append(f"other-{number}.png")
        Image.fromarray(other).save(tmp_path / names[-1])
    text = code.program(plan, seed, count, "mine.png", cut, names, code.version())
    (tmp_path / "augmentation.py").write_text(text, encoding="utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        found = runpy.run_path("augmentation.py", run_name="copied")
    return text, [one.permute(1, 2, 0).numpy() for one in found["samples"]]


ALONE = [kind for kind in RECORDS if kind not in kinds.MIXES]


@pytest.mark.parametrize("kind", ALONE)
def test_the_copied_code_of_each_card_gives_the_same_pixels(tmp_path, kind):
    fields = {"elastic": {"sigma": 2.0}}.get(kind, {})
    picture, plan = photo(70, 100), plan_of(step(kind, **fields))
    base = based(picture)
    ours = sheet(base.image, [], plan, 4, 2, None, nothing)
    text, theirs = ran(tmp_path, picture, plan, 4, 2)
    assert all(np.array_equal(a.pixels, b) for a, b in zip(ours.samples, theirs, strict=True))
    lines = text[text.index("pipeline = ") :].splitlines()
    assert lines[1].strip() == "v2.Resize(256, antialias=True),"


@pytest.mark.parametrize("others", [0, 2])
def test_the_copied_code_of_a_whole_pipeline_with_both_mixes_gives_the_same_pixels(tmp_path, others):
    picture = photo(90, 120)
    partners = [photo(50, 90, seed=n + 1) for n in range(others)]
    plan = plan_of(
        "flip-horizontal", step("affine", shear=5.0, fill=128), "jitter", "gamma", step("noise", chance=0.5),
        step("crop", size=200, padding=4), "erase", step("jpeg", chance=0.7), "mixup", "cutmix",
    )  # fmt: skip
    ours = sheet(based(picture).image, [tensor(p) for p in partners], plan, 7, 5, None, nothing)
    _, theirs = ran(tmp_path, picture, plan, 7, 5, partners)
    assert ours.refused == ()
    assert all(np.array_equal(a.pixels, b) for a, b in zip(ours.samples, theirs, strict=True))


def test_the_copied_code_of_a_very_long_picture_takes_its_middle(tmp_path):
    picture = photo(20, 400)
    base = based(picture)
    assert base.cut == (20, 80)
    ours = sheet(base.image, [], plan_of("rotate"), 0, 2, None, nothing)
    _, theirs = ran(tmp_path, picture, plan_of("rotate"), 0, 2, cut=base.cut)
    assert all(np.array_equal(a.pixels, b) for a, b in zip(ours.samples, theirs, strict=True))


def test_the_copied_program_saves_its_samples(tmp_path):
    Image.fromarray(photo()).save(tmp_path / "mine.png")
    (tmp_path / "a.py").write_text(code.program(plan_of("invert"), 0, 2, "mine.png", None, (), "0"), encoding="utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        runpy.run_path("a.py", run_name="__main__")
    with Image.open(tmp_path / "sample-02.png") as saved:
        assert saved.size == (341, 256)


# Full size --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        ["rotate"], ["affine"], ["perspective"], [step("elastic", sigma=4.0)], [step("crop", size=160, padding=10)],
        ["zoom-crop"], [step("resize", size=64)], ["blur"], [step("erase", chance=1.0)], ["jitter"], ["gamma"],
        ["autoaugment"], ["randaugment"], ["trivialaugment"], ["augmix"], ["mixup"], ["cutmix"],
        ["flip-horizontal", step("zoom-crop", size=200), "perspective", "jitter", step("erase", chance=1.0), "cutmix"],
    ],
    ids=lambda steps: "-".join(one if isinstance(one, str) else one.kind for one in steps),
)  # fmt: skip
def test_a_sample_at_full_size_is_the_same_sample(steps):
    rough = any(getattr(one, "kind", one) in (*kinds.POLICIES, "resize") for one in steps)
    whole, other = photo(512, 680, seed=2), tensor(photo(300, 400, seed=9))
    base = based(whole).image
    plan = plan_of(*steps)
    small = sheet(base, [other], plan, 3, 4, None, nothing).samples
    for number in range(4):
        large = enlarged(base, tensor(whole), [(other, other)], plan, 3, number, None)
        shape = small[number].pixels.shape
        assert large.pixels.shape[0] / shape[0] == pytest.approx(2.0, rel=0.02)
        again = np.asarray(Image.fromarray(large.pixels).resize((shape[1], shape[0]), Image.Resampling.BOX))
        difference = np.abs(again.astype(float) - small[number].pixels)
        # Edges of what came in from outside may lie a pixel off; thresholds and the least details differ more.
        assert difference.mean() < (8.0 if rough else 4.0)
        assert large.share == pytest.approx(small[number].share, abs=0.01)


# What cannot be done ----------------------------------------------------------------------------------------


def test_a_crop_larger_than_the_picture_is_left_out_and_named():
    got = made("invert", step("crop", size=512), "noise", base=tensor(photo(64, 64)))
    assert [one.step.kind for one in got.plan.placed] == ["invert", "noise"]
    (sentence,) = got.refused
    assert sentence.startswith("“crop” was left out: the picture that comes to it is 64 × 64 px")
    assert all(same(got, made("invert", "noise", base=tensor(photo(64, 64)))))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (12, 6000), (3, 2)])
def test_pictures_of_any_shape_give_a_sheet(size):
    base = based(photo(*size)[: size[0], : size[1]])
    assert min(base.image.shape[1:]) == 256
    assert max(base.image.shape[1:]) <= 4 * 256
    got = made(
        "affine", "crop", "zoom-crop", "elastic" if size == (3, 2) else "jitter", "erase", base=base.image, count=1
    )
    assert got.samples[0].pixels.size


def test_grey_pictures_stay_grey_under_geometry():
    grey = np.repeat(photo()[..., :1], 3, 2)
    for one in made("affine", "perspective", "blur", base=tensor(grey)).samples:
        assert (one.pixels == one.pixels[..., :1]).all()


def test_without_cards_every_sample_is_the_picture():
    assert all(np.array_equal(one.pixels, photo()) for one in made().samples)


# Answers ----------------------------------------------------------------------------------------------------


def test_spread_against_a_hand_calculation():
    clean = np.array([0.6, 0.3, 0.1])
    samples = np.array([[0.5, 0.4, 0.1], [0.2, 0.7, 0.1], [0.8, 0.1, 0.1]])
    got = spread(clean, samples, 2)
    assert got.classes == (0, 1)
    assert got.mean == pytest.approx([0.5, 0.4])
    assert got.deviation == pytest.approx([np.sqrt(0.06), np.sqrt(0.06)])
    assert got.wins == (2, 1)
    assert got.flips.tolist() == [False, True, False]
