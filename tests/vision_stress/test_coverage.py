"""Coverage curves on nets whose answer is known, and on the shipped one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from explainer.commands import bootstrap
from explainer.contract.runs import photo
from explainer.core.context import Settings
from explainer.vision.stress.coverage import (
    ORDERS,
    centre_out_order,
    coverage_curve,
    coverage_curves,
    map_order,
    mean_coverage,
    orders_of,
    random_order,
)

SIDE = 28


class Evidence(nn.Module):
    """Two classes; the logit of the first is the weighted sum of the red pixels less `threshold`, of the second 0."""

    def __init__(self, weights: Tensor, threshold: float = 0.0) -> None:
        super().__init__()
        self.weights, self.threshold = weights, threshold

    def forward(self, x: Tensor) -> Tensor:
        first = (x[:, 0] * self.weights).sum(dim=(1, 2)) - self.threshold
        return torch.stack([first, torch.zeros_like(first)], dim=1)


def pair() -> tuple[Tensor, Tensor]:
    return torch.ones(1, 3, SIDE, SIDE), torch.zeros(1, 3, SIDE, SIDE)


def logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


@pytest.mark.parametrize("order", [random_order(SIDE, 1), centre_out_order(SIDE)])
def test_even_evidence_goes_at_one_pace_whatever_the_order(order: Tensor) -> None:
    x, bare = pair()
    curve = coverage_curve(Evidence(torch.full((SIDE, SIDE), 6.0 / SIDE**2), 2.0), x, bare, order, 0, steps=8)
    assert logit(curve.scores) == pytest.approx(6 * (1 - curve.shares) - 2.0, abs=6.0 / SIDE**2 + 1e-5)
    assert curve.flip_share == 0.75  # 6 (1 − s) < 2 from s > 2/3 on
    assert curve.kept.tolist() == [1] * 6 + [0] * 3
    assert curve.best.tolist() == [0] * 6 + [1] * 3


def test_most_first_falls_soonest_and_least_first_latest() -> None:
    x, bare = pair()
    heat = np.random.default_rng(0).random((7, 7), dtype=np.float32)
    weights = torch.from_numpy(heat).repeat_interleave(4, 0).repeat_interleave(4, 1) * 8 / SIDE**2
    net = Evidence(weights, 2.0)
    most, least = (
        coverage_curve(net, x, bare, map_order(heat, x, 0, least_first=flip), 0, steps=7) for flip in (False, True)
    )
    chance = mean_coverage([coverage_curve(net, x, bare, random_order(SIDE, n), 0, steps=7) for n in range(4)])
    assert (most.scores[1:-1] < chance.scores[1:-1]).all()
    assert (chance.scores[1:-1] < least.scores[1:-1]).all()
    assert most.area < chance.area < least.area


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_covering_what_speaks_for_it_never_helps(seed: int) -> None:
    weights = torch.rand((SIDE, SIDE), generator=torch.Generator().manual_seed(seed)) / 50
    x, bare = pair()
    for order in (random_order(SIDE, seed), centre_out_order(SIDE)):
        assert (np.diff(coverage_curve(Evidence(weights, 3.0), x, bare, order, 0, steps=6).scores) <= 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(7, 60), st.integers(0, 99))
def test_an_order_numbers_every_pixel_once(side: int, seed: int) -> None:
    for order in (random_order(side, seed), centre_out_order(side)):
        numbers = np.sort(order.numpy().ravel()) * side * side
        assert numbers == pytest.approx(np.arange(side * side), abs=1e-2)


def test_the_middle_goes_first_and_corners_last() -> None:
    order = centre_out_order(31)
    assert int(order.argmin()) == 15 * 31 + 15
    assert order.flatten()[-4:].max() > 0.99
    covered = order < 0.3
    assert bool((covered == covered.flip(0)).float().mean() > 0.99)


def test_random_blocks_go_as_a_whole() -> None:
    blocks = (random_order(28, 3) < 49 / 196).view(14, 2, 14, 2).permute(0, 2, 1, 3).reshape(196, 4).sum(dim=1)
    assert sorted(blocks.tolist()) == [0] * 147 + [4] * 49


def test_no_map_no_guided_order() -> None:
    with pytest.raises(ValueError, match="needs a map"):
        orders_of("most-first", pair()[0], None)


def test_the_ends_are_the_picture_and_its_stand_in() -> None:
    settings_ = Settings(device="cpu", threads=1)
    frame = photo("dog")
    with bootstrap.zoo().lease("efficientnet-lite0", settings_) as net:
        curves = dict(coverage_curves(net, frame, steps=4, draws=1))
        whole = net.logits(net.prepare(frame).tensor)[0].double().softmax(0)
    assert tuple(curves) == ORDERS
    best = int(whole.argmax())
    for curve in curves.values():
        assert curve.shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
        assert curve.scores[0] == pytest.approx(float(whole[best]), abs=1e-4)
        assert curve.scores[-1] == curves["random"].scores[-1] < 0.01
        assert curve.best[0] == best
    assert curves["most-first"].area < curves["random"].area < curves["least-first"].area
