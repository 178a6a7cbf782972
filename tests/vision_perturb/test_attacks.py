"""Attacks against captum, by hand on a linear net, and the ball they must not leave."""

import numpy as np
import pytest
import torch
from captum.robust import FGSM, PGD
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from explainer.vision.perturb.attacks import (
    Budget,
    LossGraph,
    Victim,
    fgsm,
    grey_levels,
    lengths,
    loss_and_gradient,
    pgd,
    project,
    random_change,
    slope_numbers,
)

MEAN, STD = (0.5, 0.4, 0.3), (0.25, 0.5, 0.2)
SIDE = 12


class Small(nn.Module):
    """Two convolutions and a linear layer, with kinks."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, stride=2), nn.ReLU())
        self.head = nn.Linear(8, 5)
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean(dim=(2, 3)))


class Straight(nn.Module):
    """Two logits, ``±½ w · x`` of the normalised input."""

    def __init__(self) -> None:
        super().__init__()
        self.w = torch.randn(3 * SIDE * SIDE, generator=torch.Generator().manual_seed(4)) / 100

    def forward(self, x: Tensor) -> Tensor:
        at = x.flatten(1) @ self.w / 2
        return torch.stack([at, -at], dim=1)


@pytest.fixture
def small() -> Victim:
    return Victim(Small(), MEAN, STD)


def picture(seed: int = 0, count: int = 1, low: int = 0, high: int = 256) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randint(low, high, (count, 3, SIDE, SIDE), generator=dice).float()


def per_picture(logits: Tensor, labels: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, labels, reduction="none")


def last(run: object) -> Tensor:
    return list(run)[-1]  # type: ignore[call-overload]


@pytest.mark.parametrize("targeted", [False, True])
def test_fgsm_is_captums(small: Victim, targeted: bool) -> None:
    x, label = picture(), torch.tensor([2])
    theirs = FGSM(small.logits, per_picture, lower_bound=0.0, upper_bound=255.0)
    theirs.zero_thresh = 0.0  # by default captum holds what is below 1e-6 for zero, and does not move there
    expected = theirs.perturb(x.clone().requires_grad_(), epsilon=3.0, target=label, targeted=targeted)
    _, gradient = loss_and_gradient(small, x, label)
    found = fgsm(x, gradient, Budget(eps=3.0, targeted=targeted))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert (found != x).any()


@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients:UserWarning")
@pytest.mark.parametrize("targeted", [False, True])
def test_pgd_is_captums(small: Victim, targeted: bool) -> None:
    x, label = picture(1), torch.tensor([1])
    theirs = PGD(small.logits, per_picture, lower_bound=0.0, upper_bound=255.0)
    theirs.fgsm.zero_thresh = 0.0
    expected = theirs.perturb(
        x.clone().requires_grad_(), radius=8.0, step_size=2.0, step_num=7, target=label, targeted=targeted
    )
    found = last(pgd(small, x, label, Budget(eps=8.0, step=0.25, targeted=targeted), 7))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_one_full_step_of_pgd_is_fgsm(small: Victim) -> None:
    x, label = picture(2), torch.tensor([0])
    _, gradient = loss_and_gradient(small, x, label)
    budget = Budget(eps=4.0, step=1.0)
    assert torch.equal(last(pgd(small, x, label, budget, 1)), fgsm(x, gradient, budget))


def test_l2_on_a_linear_net_is_the_weights_direction() -> None:
    """Far from 0 and 255 the best change of length r is r along w / std, whatever the number of steps."""
    victim, x = Victim(Straight(), MEAN, STD), picture(3, low=100, high=156)
    way = victim.net.w.view(1, 3, SIDE, SIDE) / torch.tensor(STD).view(1, 3, 1, 1)
    expected = x - 20.0 * way / way.norm()
    found = last(pgd(victim, x, torch.tensor([0]), Budget("l2", 20.0), 9))
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-3)


def test_fgsm_on_a_linear_net_lowers_the_logit_by_eps_times_the_l1_norm() -> None:
    """``w · sign w = ‖w‖₁`` (Goodfellow et al. 2015, section 3)."""
    victim, x = Victim(Straight(), (0.0,) * 3, (1.0,) * 3), picture(5, low=100, high=156)
    _, gradient = loss_and_gradient(victim, x, torch.tensor([0]))
    change = victim.logits(fgsm(x, gradient, Budget(eps=5.0))) - victim.logits(x)
    assert float(change[0, 0]) == pytest.approx(-5.0 / 255 * float(victim.net.w.abs().sum()) / 2, rel=1e-3)


@given(
    st.integers(0, 10_000),
    st.floats(0.0, 40.0, width=32),
    st.sampled_from(["linf", "l2"]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_ball_and_the_box_hold_to_the_last_bit(seed: int, eps: float, norm: str, whole: bool) -> None:
    dice = torch.Generator().manual_seed(seed)
    x = torch.rand((2, 3, 5, 5), generator=dice) * 255
    x = x.round() if whole else x
    moved = x + 60 * torch.randn(x.shape, generator=dice)
    radius = torch.full((1, 1, 1, 1), eps, dtype=torch.float64)
    found = project(moved, x, norm, radius)  # type: ignore[arg-type]
    change = found.double() - x.double()
    size = change.abs().amax() if norm == "linf" else lengths(change).amax()
    assert float(size) <= eps
    assert float(found.min()) >= 0.0
    assert float(found.max()) <= 255.0
    assert eps < 0.02 or float(size) > 0.99 * eps  # smaller ones are lost in the rounding of 32 bits near 255


def test_what_lies_inside_stays() -> None:
    x = picture(6, low=50, high=200)
    moved = x + 1.5
    for norm in ("linf", "l2"):
        radius = torch.full((1, 1, 1, 1), 1000.0, dtype=torch.float64)
        assert torch.equal(project(moved, x, norm, radius), moved)  # type: ignore[arg-type]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_every_step_of_an_attack_stays_in_the_ball(small: Victim, norm: str) -> None:
    x = picture(7)
    for now in pgd(small, x, torch.tensor([3]), Budget(norm, 2.5, 0.7), 6):  # type: ignore[arg-type]
        change = now.double() - x.double()
        size = change.abs().amax() if norm == "linf" else lengths(change)
        assert float(size) <= 2.5
        assert 0.0 <= float(now.min()) <= float(now.max()) <= 255.0


@pytest.mark.parametrize("seed", range(4))
def test_pgd_raises_the_loss_at_least_as_far_as_fgsm(seed: int) -> None:
    victim, x, label = Victim(Small(seed), MEAN, STD), picture(seed), torch.tensor([seed])
    before, gradient = loss_and_gradient(victim, x, label)
    one, _ = loss_and_gradient(victim, fgsm(x, gradient, Budget(eps=6.0)), label)
    many, _ = loss_and_gradient(victim, last(pgd(victim, x, label, Budget(eps=6.0), 20)), label)
    assert float(many) >= float(one) - 1e-6
    assert float(one) > float(before)


def test_each_picture_of_a_batch_has_its_own_radius(small: Victim) -> None:
    x, labels = picture(8).expand(3, -1, -1, -1), torch.tensor([2, 2, 2])
    together = last(pgd(small, x, labels, Budget(eps=(0.0, 2.0, 8.0)), 5))
    assert torch.equal(together[0], x[0])
    for row, eps in ((1, 2.0), (2, 8.0)):
        alone = last(pgd(small, x[:1], labels[:1], Budget(eps=eps), 5))
        torch.testing.assert_close(together[row], alone[0], rtol=0, atol=eps)
        assert float((together[row] - x[0]).abs().max()) == eps


def test_the_graph_answers_for_any_label(small: Victim) -> None:
    x = picture(9)
    graph = LossGraph(small, x)
    for label in (0, 4, 0):
        loss, gradient = graph.gradient(torch.tensor([label]))
        leaf = x.clone().requires_grad_()
        expected = -small.logits(leaf).log_softmax(dim=1)[0, label]
        (slope,) = torch.autograd.grad(expected, leaf)
        torch.testing.assert_close(gradient, slope)
        torch.testing.assert_close(loss[0], expected.detach())
    torch.testing.assert_close(graph.logits, small.logits(x))


def test_a_saturated_softmax_has_no_gradient_and_fgsm_stands_still() -> None:
    x = picture(10)
    sharp = Victim(Small(), MEAN, STD, scale=1e6)
    label = sharp.logits(x).argmax(dim=1)
    _, gradient = loss_and_gradient(sharp, x, label)
    assert slope_numbers(gradient) == (0.0, 1.0)
    assert torch.equal(fgsm(x, gradient, Budget(eps=8.0)), x)
    _, honest = loss_and_gradient(Victim(Small(), MEAN, STD), x, label)
    assert slope_numbers(honest)[0] > 0
    assert not torch.equal(fgsm(x, honest, Budget(eps=8.0)), x)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_random_change_uses_the_whole_radius(norm: str) -> None:
    x = picture(11, low=100, high=150)
    radius = torch.full((1, 1, 1, 1), 4.0, dtype=torch.float64)
    change = random_change(x, norm, radius, seed=3).double() - x.double()  # type: ignore[arg-type]
    if norm == "linf":
        assert set(change.abs().unique().tolist()) == {4.0}
        assert abs(float(change.mean())) < 1.0
    else:
        assert float(lengths(change)) == pytest.approx(4.0, rel=1e-4)
    again = random_change(x, norm, radius, seed=3).double() - x.double()  # type: ignore[arg-type]
    assert torch.equal(change, again)
    assert not torch.equal(change, random_change(x, norm, radius, seed=4).double() - x.double())  # type: ignore[arg-type]


def test_grey_levels_undo_the_normalisation_exactly() -> None:
    x = picture(12)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    assert torch.equal(grey_levels((x / 255 - mean) / std, MEAN, STD), x)
    small = Victim(nn.Identity(), MEAN, STD)
    torch.testing.assert_close(small.logits(x), (x / 255 - mean) / std, rtol=0, atol=2e-6)


def test_answers_are_probabilities_in_order(small: Victim) -> None:
    pictures = picture(13, count=11)
    rows = small.answers(pictures[:4], pictures[4:])
    assert rows.shape == (11, 5)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(rows, small.logits(pictures).softmax(dim=1).numpy(), atol=1e-6)
