"""Deletion, insertion and the controls, on scores that can be worked out by hand."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.filters import sobel

from explainer.testing.networks import TinyNet
from explainer.vision.attribution.controls import (
    class_score,
    compare_with_controls,
    edge_map,
    random_map,
    stand_in,
)
from explainer.vision.metrics.curves import (
    area,
    enlarged,
    faithfulness_curves,
    fractions,
    mean_curves,
    removal_ranks,
)


def picture(seed: int = 0, side: int = 32) -> torch.Tensor:
    return torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(seed))


def mean_of(batch: torch.Tensor) -> torch.Tensor:
    """A score that is a sum over pixels."""
    return batch.mean(dim=(1, 2, 3))


def test_area_by_hand() -> None:
    x = np.array([0.0, 0.25, 1.0])
    assert area(x, np.array([1.0, 0.5, 0.0])) == pytest.approx(0.25 * 0.75 + 0.75 * 0.25)
    assert area(10 * x, np.array([1.0, 0.5, 0.0])) == pytest.approx(0.375)
    assert area(fractions(4), np.full(5, 0.3)) == pytest.approx(0.3)


def test_ranks_go_from_hot_to_cold_each_pixel_once() -> None:
    ranks = removal_ranks(torch.tensor([[0.1, 0.9], [0.5, -2.0]]))
    np.testing.assert_allclose(ranks, [[0.5, 0.0], [0.25, 0.75]])
    many = removal_ranks(picture()[0, 0])
    np.testing.assert_allclose(np.sort(many.flatten()), np.arange(1024) / 1024)


def test_ties_follow_the_second_field_and_only_ties() -> None:
    heat = torch.tensor([[0.0, 0.0, 7.0, 0.0]])
    tie_break = torch.tensor([[0.2, 0.8, 0.0, 0.5]])
    np.testing.assert_allclose(removal_ranks(heat, tie_break), [[0.75, 0.25, 0.0, 0.5]])


def curves(heat: torch.Tensor, x: torch.Tensor, **more: object):
    base = torch.zeros_like(x)
    ends = (float(mean_of(x)), float(mean_of(base)))
    return faithfulness_curves(mean_of, x, base, removal_ranks(heat), ends=ends, **more)


def test_curves_by_hand() -> None:
    x = torch.tensor([4.0, 3.0, 2.0, 1.0]).view(1, 1, 2, 2).expand(1, 3, 2, 2)
    found = curves(x[0, 0], x, steps=4)
    np.testing.assert_allclose(found.fractions, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found.deletion, np.array([10, 6, 3, 1, 0]) / 4)
    np.testing.assert_allclose(found.insertion, np.array([0, 4, 7, 9, 10]) / 4)
    assert found.deletion_auc == pytest.approx((5 + 6 + 3 + 1) / 16)
    assert found.gap == pytest.approx(found.insertion_auc - found.deletion_auc)


def test_deletion_starts_at_the_picture_and_ends_at_the_stand_in_and_insertion_the_other_way() -> None:
    net, x = TinyNet(), picture()
    score, base = class_score(net, 2), stand_in(x, "blur")
    ends = tuple(float(score(t)) for t in (x, base))
    found = faithfulness_curves(score, x, base, removal_ranks(x[0, 0]), ends=ends, steps=6)
    assert (found.deletion[0], found.deletion[-1]) == ends
    assert (found.insertion[0], found.insertion[-1]) == ends[::-1]
    half = removal_ranks(x[0, 0]) < 0.5
    np.testing.assert_allclose(found.deletion[3], float(score(torch.where(half, base, x))), atol=1e-6)
    np.testing.assert_allclose(found.insertion[3], float(score(torch.where(half, x, base))), atol=1e-6)


def test_for_a_sum_over_pixels_the_two_curves_mirror_each_other() -> None:
    x = picture(1)
    found = curves(picture(2)[0, 0], x)
    np.testing.assert_allclose(found.deletion + found.insertion, float(mean_of(x)), atol=1e-6)


def test_the_right_order_beats_a_random_one_and_that_the_reverse() -> None:
    x = picture(3)
    heat = x[0].mean(dim=0)
    right, random, wrong = (curves(h, x).gap for h in (heat, picture(4)[0, 0], -heat))
    assert right > random > wrong
    assert right == pytest.approx(-wrong, abs=1e-3)


@pytest.mark.parametrize(("batch", "checks"), [(1, 14), (4, 4), (100, 1)])
def test_batches_change_nothing_and_each_is_a_checkpoint(batch: int, checks: int) -> None:
    seen: list[int] = []
    x = picture(5)
    one = curves(x[0, 1], x, steps=8)
    other = curves(x[0, 1], x, steps=8, batch=batch, checkpoint=lambda: seen.append(1))
    np.testing.assert_allclose(one.deletion, other.deletion, atol=1e-6)
    np.testing.assert_allclose(one.insertion, other.insertion, atol=1e-6)
    assert len(seen) == checks


def test_mean_of_curves() -> None:
    x = picture(6)
    a, b = curves(x[0, 0], x, steps=4), curves(x[0, 1], x, steps=4)
    np.testing.assert_allclose(mean_curves([a, b]).deletion, (a.deletion + b.deletion) / 2)
    assert mean_curves([a, b]).gap == pytest.approx((a.gap + b.gap) / 2)


def test_enlarging_keeps_the_place() -> None:
    small = np.zeros((4, 8), np.float32)
    small[1, 6] = 1
    big = enlarged(small, (40, 80)).numpy()
    row, column = np.unravel_index(big.argmax(), big.shape)
    assert 10 <= row < 20
    assert 60 <= column < 70
    np.testing.assert_array_equal(enlarged(small, (4, 8)), small)


def test_random_map_has_the_maps_resolution_and_its_seed() -> None:
    assert random_map((7, 5), 3).shape == (7, 5)
    np.testing.assert_array_equal(random_map((7, 5), 3), random_map((7, 5), 3))
    assert not np.array_equal(random_map((7, 5), 3), random_map((7, 5), 4))
    assert 0.45 < random_map((100, 100), 0).mean() < 0.55


def test_edge_map_is_scikit_images_sobel_averaged_over_cells() -> None:
    x = picture(7)
    theirs = sobel(x[0].mean(dim=0).numpy().astype(np.float64)) * 4 * np.sqrt(2)  # theirs is scaled
    np.testing.assert_allclose(edge_map(x, (32, 32))[1:-1, 1:-1], theirs[1:-1, 1:-1], atol=1e-4)
    fine = edge_map(x, (32, 32))
    np.testing.assert_allclose(edge_map(x, (8, 4)), fine.reshape(8, 4, 4, 8).mean(axis=(1, 3)), atol=1e-5)


def test_an_even_picture_has_no_edges() -> None:
    assert not edge_map(torch.full((1, 3, 16, 16), 0.3), (4, 4)).any()


def test_stand_ins() -> None:
    x = picture(8, side=64).contiguous(memory_format=torch.channels_last)
    mean = stand_in(x, "mean")
    np.testing.assert_allclose(mean, x.mean(dim=(2, 3), keepdim=True).expand_as(x))
    assert mean.is_contiguous(memory_format=torch.channels_last)
    blurred = stand_in(x, "blur")
    theirs = gaussian_filter(x[0].numpy().astype(np.float64), (0, 64 / 22.4, 64 / 22.4), mode="mirror")
    np.testing.assert_allclose(blurred[0], theirs, atol=2e-3)
    assert blurred.shape == x.shape
    assert blurred.is_contiguous(memory_format=torch.channels_last)


def test_score_is_the_softmax_probability_without_a_graph() -> None:
    net, x = TinyNet(), picture(9)
    score = class_score(net, 4)(x)
    assert not score.requires_grad
    assert float(score) == pytest.approx(float(torch.softmax(net(x), 1)[0, 4]))


def test_comparison_shares_ends_and_averages_its_draws() -> None:
    net, x = TinyNet(), picture(10)
    heat = random_map((8, 8), 77)
    done: list[float] = []
    checks: list[int] = []
    found = compare_with_controls(
        net, x, 1, heat, draws=3, steps=6, seed=5, checkpoint=lambda: checks.append(1), progress=done.append
    )
    assert len(set(found.random_gaps)) == 3
    assert found.random.gap == pytest.approx(np.mean(found.random_gaps))
    for curve in (found.method, found.edges, found.random):
        assert curve.deletion[0] == pytest.approx(found.whole)
        assert curve.deletion[-1] == pytest.approx(found.bare)
    assert done == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert len(checks) == 5 * 2  # ten pictures a map, in sevens


def test_the_random_map_against_itself_ties() -> None:
    net, x = TinyNet(), picture(11)
    found = compare_with_controls(net, x, 1, random_map((8, 8), 5), seed=5, steps=6)
    np.testing.assert_array_equal(found.method.deletion, found.random.deletion)
    assert found.method.gap == found.random_gaps[0]


def test_the_stand_in_matters() -> None:
    net, x = TinyNet(), picture(12)
    blur, mean = (compare_with_controls(net, x, 1, random_map((8, 8), 5), removal=r, steps=4) for r in ("blur", "mean"))
    assert blur.whole == pytest.approx(mean.whole)
    assert abs(blur.bare - mean.bare) > 1e-6
