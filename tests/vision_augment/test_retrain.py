"""Batch augmentation against torchvision, and training runs that differ in nothing but their augmentation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from explainer.vision.augment import batches, retrain
from explainer.vision.training import digits, fit
from explainer.vision.training.parts import OneStream

TRAIN, _ = digits.split()
IMAGES = torch.from_numpy(TRAIN.images[:12])[:, None]


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def score(*run):
    return retrain.score(fit.trained(retrain.recipe(retrain.Run(*run))))


# Batches ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("degrees", "scale"), [(0.0, 1.0), (12.0, 1.0), (-30.0, 1.1), (180.0, 0.9), (77.0, 1.3)])
def test_a_batch_is_warped_as_torchvision_warps_each_picture(degrees, scale):
    count = len(IMAGES)
    ours = batches.warped(IMAGES, torch.full((count,), degrees), torch.full((count,), scale))
    theirs = F.affine(IMAGES, degrees, [0, 0], scale, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR)
    assert torch.allclose(ours, theirs, atol=2e-5)


def test_each_picture_of_a_batch_has_a_matrix_of_its_own():
    turns = torch.tensor([0.0, 90.0] * 6)
    out = batches.warped(IMAGES, turns, torch.ones(12))
    assert torch.allclose(out[::2], IMAGES[::2], atol=1e-6)
    assert torch.allclose(out[1::2], torch.rot90(IMAGES[1::2], -1, (2, 3)), atol=1e-5)  # clockwise


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, -1), (-2, 3), (0, 0)])
def test_a_shift_by_whole_pixels_is_torchvisions_translation(dx, dy):
    ours = batches.shifted(IMAGES, torch.full((12,), dx), torch.full((12,), dy))
    assert torch.equal(ours, F.affine(IMAGES, 0.0, [dx, dy], 1.0, [0.0, 0.0]))


def test_what_each_augmentation_does_to_a_batch():
    shown = {name: batches.augmented(IMAGES, (name,), rng()) for name in batches.AUGMENTS}
    for name, out in shown.items():
        assert out.shape == IMAGES.shape
        assert 0.0 <= float(out.min()) <= float(out.max()) <= 1.0 + 1e-6
        assert not torch.equal(out, IMAGES), name
    for name, axis in (("flip-vertical", 2), ("flip-horizontal", 3)):
        flipped = (shown[name] == IMAGES.flip(axis)).flatten(1).all(1)
        kept = (shown[name] == IMAGES).flatten(1).all(1)
        assert (flipped | kept).all()
    holes = (shown["cutout"] != IMAGES).flatten(1).sum(1)
    assert int(holes.max()) <= 9
    assert torch.equal(batches.augmented(IMAGES, (), rng()), IMAGES)
    assert torch.equal(batches.augmented(IMAGES, ("affine",), rng(3)), batches.augmented(IMAGES, ("affine",), rng(3)))


def test_noise_has_its_standard_deviation_away_from_black_and_white():
    grey = torch.full((200, 1, 8, 8), 0.5)
    assert float(batches.augmented(grey, ("noise",), rng()).std()) == pytest.approx(batches.NOISE, rel=0.03)


# Runs ---------------------------------------------------------------------------------------------------


def test_the_digits_of_a_seed_are_balanced_and_grow():
    few = retrain.chosen(retrain.Run((), 50, 1, 0), TRAIN)
    more = retrain.chosen(retrain.Run((), 100, 1, 0), TRAIN)
    assert np.bincount(few.labels).tolist() == [5] * 10
    assert np.array_equal(more.images[:50], few.images)
    other = retrain.chosen(retrain.Run((), 50, 1, 1), TRAIN)
    assert not np.array_equal(other.images, few.images)
    assert len(retrain.chosen(retrain.Run((), 1000, 1, 0), TRAIN)) == 1000


def test_a_run_is_the_same_again_and_augmentation_is_all_that_differs():
    plain, again = (score((), 20, 30, 2) for _ in range(2))
    assert plain == again
    assert score(("noise",), 20, 30, 2) != plain
    assert score((), 20, 30, 3) != plain


def test_a_run_without_steps_guesses():
    assert score((), 20, 0, 0).test < 0.3


def test_few_digits_are_learned_by_heart_and_free_rotation_hurts():
    """The direction of the figures in the lesson, at a quarter of their cost."""
    none = score((), 50, 150, 0)
    turned = score(("rotation",), 50, 150, 0)
    assert none.train == 1.0
    assert 0.7 < none.test < 0.95
    assert turned.test < none.test - 0.1


def test_whole_batches_are_cut_from_orders_of_one_generator():
    orders = OneStream(25, whole=True, salt=8).epochs(np.zeros(30), 4, 0)
    drawn = [next(orders) for _ in range(3)]
    rng = np.random.default_rng([4, 8])
    assert all(np.array_equal(one, rng.permutation(30)) for one in drawn)
    assert np.array_equal(next(OneStream(25, whole=True, salt=8).epochs(np.zeros(30), 4, 2)), drawn[2])
    assert OneStream(25, whole=True, salt=8).per_epoch(np.zeros(30)) == 1
    losses = fit.trained(retrain.recipe(retrain.Run((), 10, 7, 0))).losses
    assert len(losses) == 7


# Trials -------------------------------------------------------------------------------------------------


def test_a_trial_is_planned_seed_by_seed():
    trial = retrain.trial([(), ("noise",)], (10, 30), 5, range(3, 5))
    assert [(run.seed, run.digits, run.augments) for run in trial.runs[:5]] == [
        (3, 10, ()), (3, 10, ("noise",)), (3, 30, ()), (3, 30, ("noise",)), (4, 10, ()),
    ]  # fmt: skip
    assert len(trial.runs) == 8
    assert {run.steps for run in trial.runs} == {5}
    assert trial.finished == []
    assert trial.spreads(10) == {}


def test_gains_compare_within_a_seed_and_wait_for_both():
    trial = retrain.trial([(), ("noise",)], (10,), 5, range(3))
    tests = {((), 0): 0.5, (("noise",), 0): 0.7, ((), 1): 0.8, (("noise",), 1): 0.6, (("noise",), 2): 0.1}
    done = {retrain.Run(names, 10, 5, seed): retrain.Score(1.0, test) for (names, seed), test in tests.items()}
    trial = replace(trial, done=done)
    assert trial.by_seed((), 10) == {0: 0.5, 1: 0.8}
    assert trial.gains(("noise",), 10) == pytest.approx([0.2, -0.2])
    assert len(trial.gains(("noise",), 30)) == 0
    found = trial.spreads(10)
    assert list(found) == [(), ("noise",)]
    assert (found[()].mean, found[()].deviation) == pytest.approx((0.65, np.std([0.5, 0.8], ddof=1)))
    assert found[("noise",)].count == 3
