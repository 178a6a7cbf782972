"""Defences, the attacks that know of them, the patch and the sweep."""

import cv2
import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from explainer.vision.perturb.attacks import Budget, Victim, fgsm, loss_and_gradient, random_change
from explainer.vision.perturb.defences import (
    ATTACK_DRAWS,
    JUDGE_DRAWS,
    Defence,
    blur,
    defended,
    jpeg,
    quantise,
    straight_through,
    target_of,
)
from explainer.vision.perturb.patch import Square, optimise, random_patch, square_at
from explainer.vision.perturb.sweep import sweep

SIDE = 24
ZERO, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


class Bright(nn.Module):
    """Logits ``±10 (mean brightness − ½)``: class 0 is light."""

    def forward(self, x: Tensor) -> Tensor:
        level = 10 * (x.mean(dim=(1, 2, 3)) - 0.5)
        return torch.stack([level, -level], dim=1)


class Rough(nn.Module):
    """Class 0 is a picture with strong differences between neighbours."""

    def forward(self, x: Tensor) -> Tensor:
        level = 40 * ((x[..., 1:] - x[..., :-1]).abs().mean(dim=(1, 2, 3)) - 0.1)
        return torch.stack([level, -level], dim=1)


def victim(net: nn.Module | None = None) -> Victim:
    return Victim(net or Bright(), ZERO, ONE)


def grey(level: float, count: int = 1) -> Tensor:
    return torch.full((count, 3, SIDE, SIDE), level)


def noise(seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (1, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(seed)).float()


def test_quantise_by_hand() -> None:
    x = torch.tensor([0.0, 60.0, 127.0, 128.0, 200.0, 255.0]).view(1, 1, 1, 6)
    assert quantise(x, 1).flatten().tolist() == [0, 0, 0, 255, 255, 255]
    assert quantise(x, 2).flatten().tolist() == [0, 85, 85, 170, 170, 255]  # steps of 85
    assert torch.equal(quantise(x, 8), x)


def test_blur_is_scipys() -> None:
    x = noise()
    theirs = np.stack([gaussian_filter(plane, 1.3, mode="mirror", radius=4) for plane in x[0].double().numpy()])
    np.testing.assert_allclose(blur(x, 1.3)[0].numpy(), theirs, atol=2e-3)
    assert torch.equal(blur(x, 0.0), x)
    torch.testing.assert_close(blur(grey(93.0), 3.0), grey(93.0))


def test_jpeg_is_what_a_file_would_keep() -> None:
    x = noise(2)
    rgb = x[0].permute(1, 2, 0).numpy().astype(np.uint8)
    _, code = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 40])
    theirs = cv2.cvtColor(cv2.imdecode(code, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(jpeg(x, 40)[0].permute(1, 2, 0).numpy(), theirs)
    red = torch.zeros(1, 3, SIDE, SIDE)
    red[:, 0] = 200.0
    assert float((jpeg(red, 95) - red).abs().max()) <= 3
    assert float((jpeg(x, 95) - x).abs().mean()) < float((jpeg(x, 10) - x).abs().mean())


def test_straight_through_goes_forward_as_it_is_and_backward_as_nothing() -> None:
    x = noise(3).requires_grad_()
    out = straight_through(lambda v: quantise(v, 2))(x)
    torch.testing.assert_close(out, quantise(x.detach(), 2), atol=3e-5, rtol=0)
    weights = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    (slope,) = torch.autograd.grad((weights * out).sum(), x)
    assert torch.equal(slope, weights)


@pytest.mark.parametrize("kind", ["jpeg", "quantise"])
def test_without_straight_through_there_is_no_gradient(kind: str) -> None:
    """BPDA is not decoration: through the defence itself the gradient is zero, or autograd has none."""
    guard = defended(victim(), Defence(kind), 0)  # type: ignore[arg-type]
    x = (noise(4) / 4 + 120).requires_grad_()
    out = guard.logits(x)
    assert not out.requires_grad or float(torch.autograd.grad(out[:, 0].sum(), x)[0].abs().max()) == 0.0
    seen = target_of(victim(), Defence(kind), 0, adaptive=True)  # type: ignore[arg-type]
    _, slope = loss_and_gradient(seen, x.detach(), torch.tensor([0]))
    assert float(slope.abs().max()) > 0


def test_a_blind_attack_differs_from_one_that_knows() -> None:
    """A checkerboard of one pixel is the best change to the bare net, and a blur removes it."""
    base, guard = victim(Rough()), Defence("blur", sigma_px=1.5)
    x, label = noise(5) * 0.5 + 60, torch.tensor([0])
    losses = []
    for knows in (False, True):
        _, slope = loss_and_gradient(target_of(base, guard, 0, adaptive=knows), x, label)
        moved = fgsm(x, slope, Budget(eps=8.0))
        losses.append(float(loss_and_gradient(defended(base, guard, 0), moved, label)[0]))
    assert losses[1] > losses[0]


def test_masking_scales_the_judge_and_blinds_only_one_who_overlooks_it() -> None:
    base, guard = victim(), Defence("masking", scale=300.0)
    x = grey(200.0)
    assert defended(base, guard, 0).scale == 300.0
    blind, knowing = (target_of(base, guard, 0, adaptive=a) for a in (False, True))
    assert float(loss_and_gradient(blind, x, torch.tensor([0]))[1].abs().max()) == 0.0
    assert float(loss_and_gradient(knowing, x, torch.tensor([0]))[1].abs().max()) > 0.0
    assert knowing is base


def test_noise_is_averaged_with_other_dice_for_attack_and_judge() -> None:
    base, guard = victim(), Defence("noise", noise=20.0)
    judge, again = defended(base, guard, 5), defended(base, guard, 5)
    seen = target_of(base, guard, 5, adaptive=True)
    assert (judge.draws, seen.draws) == (JUDGE_DRAWS, ATTACK_DRAWS)
    x = grey(130.0)
    first = judge.answers(x)
    np.testing.assert_array_equal(first, again.answers(x))
    assert not np.array_equal(judge.logits(x)[:ATTACK_DRAWS].numpy(), seen.logits(x).numpy())
    by_hand = defended(base, guard, 5).logits(x).softmax(dim=1).mean(dim=0)
    np.testing.assert_allclose(first[0], by_hand.numpy(), atol=1e-6)


def test_no_defence_changes_nothing() -> None:
    base = victim()
    assert defended(base, Defence(), 0) is base
    assert target_of(base, Defence("jpeg"), 0, adaptive=False) is base
    assert target_of(base, Defence(), 0, adaptive=True) is base


# The patch ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "share", "expected"),
    [
        ((12.0, 12.0), 0.25, Square(9, 9, 6)),
        ((0.0, 0.0), 0.25, Square(0, 0, 6)),
        ((24.0, 30.0), 0.25, Square(18, 18, 6)),
        ((5.0, 5.0), 0.001, Square(4, 4, 1)),
        ((5.0, -9.0), 3.0, Square(0, 0, 24)),
    ],
)
def test_where_the_square_goes(point: tuple[float, float], share: float, expected: Square) -> None:
    assert square_at(*point, share, SIDE) == expected


def test_the_patch_stays_in_its_square_and_reaches_the_best_there_is() -> None:
    """To look dark, a square over a light picture must become black; no other pixel may move."""
    x, square = grey(160.0), Square(3, 5, 10)
    run = list(optimise(victim(), x, torch.tensor([0]), square, steps=12, step=0.4, targeted=False, seed=0))
    found, losses = run[-1][0], [loss for _, loss in run]
    assert losses == sorted(losses)
    assert float(square.part(found).max()) == 0.0
    outside = square.pasted(found, square.part(x))
    assert torch.equal(outside, x)


def test_a_targeted_patch_goes_the_other_way() -> None:
    x, square = grey(90.0), Square(0, 0, 8)
    run = list(optimise(victim(), x, torch.tensor([0]), square, steps=12, step=0.4, targeted=True, seed=0))
    assert float(square.part(run[-1][0]).min()) == 255.0
    assert run[-1][1] < run[0][1]


def test_a_random_patch_touches_its_square_alone() -> None:
    x, square = grey(100.0), Square(2, 4, 7)
    found = random_patch(x, square, 1)
    assert torch.equal(square.pasted(found, square.part(x)), x)
    inside = square.part(found)
    assert float(inside.std()) > 50
    assert torch.equal(inside, inside.round())
    assert torch.equal(found, random_patch(x, square, 1))


# The curve ----------------------------------------------------------------------------------------------


def test_the_curve_is_each_attack_made_alone() -> None:
    base, x, eps = victim(), noise(8) * 0.3 + 110, (0.0, 1.0, 4.0, 16.0)
    _, slope = loss_and_gradient(base, x, torch.tensor([0]))
    found = sweep(base, base, x, 0, 0, Budget(), eps, gradient=slope, steps=0, seed=2)
    for row, radius in enumerate(eps):
        budget = Budget(eps=radius)
        assert found.attack[row] == pytest.approx(base.answers(fgsm(x, slope, budget))[0, 0], abs=1e-6)
        alone = random_change(x, "linf", budget.radii(x), 2)
        assert found.random[row] == pytest.approx(base.answers(alone)[0, 0], abs=1e-6)
    assert found.attack[0] == found.random[0]
    assert list(found.attack) == sorted(found.attack, reverse=True)


def test_the_first_flip_is_where_the_decision_turns() -> None:
    """A grey picture of 132 turns dark once each value falls by more than 4.5."""
    base, x = victim(), grey(132.0)
    _, slope = loss_and_gradient(base, x, torch.tensor([0]))
    found = sweep(base, base, x, 0, 0, Budget(), (0.0, 2.0, 4.0, 6.0, 8.0), gradient=slope, steps=0, seed=0)
    assert found.first_flip == 6.0
    assert sweep(base, base, x, 0, 0, Budget(), (0.0, 2.0), gradient=slope, steps=0, seed=0).first_flip is None


def test_pgd_in_the_curve_takes_its_steps_and_says_how_far_it_is() -> None:
    told: list[float] = []
    base, x = victim(), grey(140.0)
    eps = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
    found = sweep(base, base, x, 0, 0, Budget(), eps, gradient=None, steps=4, seed=0, progress=told.append)
    by_hand = [torch.tensor([(140 - e) / 255 - 0.5]).mul(20).sigmoid().item() for e in eps]
    np.testing.assert_allclose(found.attack, by_hand, atol=1e-4)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
