"""Input gradients against captum and finite differences; SmoothGrad against its sum by hand."""

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient
from captum.attr import Saliency as CaptumSaliency

from explainer.testing.networks import TinyNet
from explainer.vision.attribution.gradients import (
    REDUCTIONS,
    InputGraph,
    batch_gradient,
    gradient_x_input,
    smooth_grad,
    to_map,
)


def picture(seed: int = 0) -> torch.Tensor:
    return torch.rand((1, 3, 32, 32), generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("target", [0, 6])
def test_gradient_is_captums(target: int) -> None:
    net, x = TinyNet(), picture()
    theirs = CaptumSaliency(net).attribute(x.clone().requires_grad_(), target, abs=False)
    assert float(theirs.abs().max()) > 0
    np.testing.assert_allclose(InputGraph(net, x).gradient(target), theirs, atol=1e-6)
    np.testing.assert_allclose(batch_gradient(net, x, target), theirs, atol=1e-6)


def test_gradient_x_input_is_captums() -> None:
    net, x = TinyNet(), picture(1)
    theirs = InputXGradient(net).attribute(x.clone().requires_grad_(), 3).detach()
    np.testing.assert_allclose(gradient_x_input(x, InputGraph(net, x).gradient(3)), theirs, atol=1e-6)


def test_gradient_is_the_slope() -> None:
    net, x = TinyNet().double(), picture(2).double()
    gradient = InputGraph(net, x).gradient(1)
    for channel, row, column in ((0, 5, 9), (1, 16, 16), (2, 30, 2)):
        step = torch.zeros_like(x)
        step[0, channel, row, column] = 1e-6
        slope = (net(x + step) - net(x - step))[0, 1] / 2e-6
        assert float(gradient[0, channel, row, column]) == pytest.approx(float(slope), rel=1e-5, abs=1e-9)


def test_another_class_runs_no_forward_pass_and_leaves_nothing_on_input_or_net() -> None:
    net, x = TinyNet(), picture(3)
    calls = []
    net.register_forward_hook(lambda *_: calls.append(1))
    graph = InputGraph(net, x)
    first, second, again = graph.gradient(0), graph.gradient(1), graph.gradient(0)
    assert len(calls) == 1
    assert not torch.equal(first, second)
    assert torch.equal(first, again)
    assert not x.requires_grad
    assert all(p.grad is None and not p.requires_grad for p in net.parameters())
    assert not graph.logits.requires_grad
    assert not graph.x.requires_grad


def test_each_picture_of_a_batch_gets_its_own_gradient() -> None:
    net = TinyNet()
    together = batch_gradient(net, torch.cat([picture(4), picture(5)]), 2)
    for n, seed in enumerate((4, 5)):
        np.testing.assert_allclose(together[n : n + 1], batch_gradient(net, picture(seed), 2), atol=1e-6)


def test_smooth_grad_is_the_mean_over_noisy_copies() -> None:
    net, x = TinyNet(), picture(6)
    generator = torch.Generator().manual_seed(9)
    sigma = 0.2 * float(x.max() - x.min())
    captum = CaptumSaliency(net)
    maps = []
    for _ in range(5):
        noisy = x + sigma * torch.randn(x.shape, generator=generator)
        maps.append(captum.attribute(noisy.requires_grad_(), 3, abs=False))
    *_, (done, mean) = smooth_grad(net, x, 3, samples=5, noise=0.2, seed=9, batch=2)
    assert done == 5
    np.testing.assert_allclose(mean, torch.stack(maps).mean(dim=0), atol=1e-6)


def test_smooth_grad_gives_a_running_mean_and_can_be_stopped_between_batches() -> None:
    checks: list[int] = []
    steps = list(
        smooth_grad(
            TinyNet(), picture(7), 0, samples=7, noise=0.1, seed=0, batch=3, checkpoint=lambda: checks.append(1)
        )
    )
    assert [done for done, _ in steps] == [3, 6, 7]
    assert len(checks) == 3
    *_, (_, single) = smooth_grad(TinyNet(), picture(7), 0, samples=3, noise=0.1, seed=0, batch=1)
    np.testing.assert_allclose(steps[0][1], single, atol=1e-6)


def test_smooth_grad_without_noise_is_the_gradient() -> None:
    net, x = TinyNet(), picture(8)
    *_, (_, mean) = smooth_grad(net, x, 4, samples=3, noise=0.0, seed=1)
    np.testing.assert_allclose(mean, batch_gradient(net, x, 4), atol=1e-6)


def test_another_seed_is_other_noise() -> None:
    (_, a), (_, b) = (next(smooth_grad(TinyNet(), picture(8), 4, samples=2, noise=0.2, seed=s)) for s in (1, 2))
    assert not torch.allclose(a, b)


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [("max", 12.0), ("sum", -5.0), ("mean", 19.0 / 3.0), ("l2", 13.0)],
)
def test_reductions_by_hand(reduction: str, expected: float) -> None:
    gradient = torch.tensor([3.0, 4.0, -12.0]).view(1, 3, 1, 1)
    assert to_map(gradient, reduction).item() == pytest.approx(expected)
    assert set(REDUCTIONS) == {"max", "sum", "mean", "l2"}
