"""Randomised smoothing against published numbers, exact tails and a net whose smoothed version is known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm
from torch import Tensor, nn

from explainer.vision.perturb.attacks import Victim
from explainer.vision.perturb.smoothing import (
    Ballots,
    certify,
    examples,
    largest_radius,
    lower_bound,
    noise_length,
    patch_side,
    seeds,
)

ZERO, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


class HalfSpace(nn.Module):
    """Class 0 where the first red value exceeds ½: the smoothed net and its exact radius are known."""

    def forward(self, x: Tensor) -> Tensor:
        level = x[:, 0, 0, 0] - 0.5
        return torch.stack([level, -level, torch.full_like(level, -9.0)], dim=1)


@pytest.mark.parametrize(
    ("count", "trials", "alpha", "expected"),
    [
        (10, 10, 0.05, 0.05**0.1),  # all of them: α^(1/n)
        (0, 10, 0.05, 0.0),
        (1, 10, 0.05, 1 - 0.95**0.1),  # P[at least one] = α
        (8, 10, 0.025, 0.44390),  # tables of the two-sided 95 % interval: 0.4439 to 0.9748
        (15, 20, 0.025, 0.50895),
        (50, 100, 0.025, 0.39832),
    ],
)
def test_the_bound_is_the_tables(count: int, trials: int, alpha: float, expected: float) -> None:
    assert lower_bound(count, trials, alpha) == pytest.approx(expected, abs=2e-5)


@given(st.integers(1, 400), st.data(), st.floats(1e-5, 0.4))
def test_the_bound_inverts_the_binomial_tail(trials: int, data: st.DataObject, alpha: float) -> None:
    count = data.draw(st.integers(1, trials))
    p = lower_bound(count, trials, alpha)
    assert binom.sf(count - 1, trials, p) == pytest.approx(alpha, rel=1e-6)
    assert p < count / trials or count == trials
    assert p == pytest.approx(binomtest(count, trials, alternative="greater").proportion_ci(1 - alpha).low, abs=1e-9)


@pytest.mark.parametrize(
    ("count", "trials", "alpha"), [(-1, 3, 0.1), (4, 3, 0.1), (0, 0, 0.1), (1, 2, 0.0), (1, 2, 1.0)]
)
def test_nonsense_is_refused(count: int, trials: int, alpha: float) -> None:
    with pytest.raises(ValueError, match="no bound"):
        lower_bound(count, trials, alpha)


def test_cohens_largest_radius() -> None:
    """100,000 unanimous votes at α = 0.001 prove about 3.8 σ (Cohen et al. 2019, section 3.2.2)."""
    assert largest_radius(100_000, 0.001, 1.0) == pytest.approx(3.8, abs=0.02)
    assert largest_radius(100_000, 0.001, 0.25) == pytest.approx(3.8 * 0.25, abs=0.005)
    assert largest_radius(1, 0.5, 1.0) == 0.0


def test_radius_and_abstention() -> None:
    found = certify(99, 100, 0.001, 0.5)
    assert found.radius == pytest.approx(0.5 * norm.ppf(found.p_lower))
    assert found.share == 0.99
    assert certify(55, 100, 0.001, 0.5).radius is None
    assert certify(0, 100, 0.001, 0.5).radius is None
    assert certify(9, 9, 0.001, 0.5).radius is None  # 0.001^(1/9) = 0.464: nine votes cannot prove a majority
    assert certify(10, 10, 0.001, 0.5).radius is not None


def test_the_certificate_holds_where_the_truth_is_known() -> None:
    """For a half-space the smoothed net's exact radius is the distance to the border, whatever σ."""
    victim, sigma, distance = Victim(HalfSpace(), ZERO, ONE), 0.2, 0.25
    x = torch.full((1, 3, 4, 4), 255 * (0.5 + distance))
    counts = cast(victim, x, 255 * sigma, 4000, seed=1).poll(4000, 0).counts
    assert counts.sum() == 4000
    assert counts[0] / 4000 == pytest.approx(norm.cdf(distance / sigma), abs=4 * math.sqrt(0.25 / 4000))
    radius = certify(int(counts[0]), 4000, 0.001, sigma).radius
    assert radius is not None
    assert 0.85 * distance < radius <= distance


def test_the_bound_is_wrong_about_as_seldom_as_it_says() -> None:
    truth, alpha, rounds = 0.7, 0.1, 4000
    draws = np.random.default_rng(0).binomial(60, truth, rounds)
    wrong = np.mean([lower_bound(int(k), 60, alpha) > truth for k in draws])
    assert 0 < wrong <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / rounds)


def cast(victim: Victim, x: Tensor, sigma: float, trials: int, seed: int) -> Ballots:
    held = Ballots(victim, x, sigma, seed, side=2)
    list(held.grow(trials))
    return held


def test_votes_grow_and_the_first_stay_what_they_were() -> None:
    victim, x = Victim(HalfSpace(), ZERO, ONE), torch.full((1, 3, 4, 4), 140.0)
    slow, whole = Ballots(victim, x, 40.0, seed=3), cast(victim, x, 40.0, 40, seed=3)
    assert list(slow.grow(21)) == [8, 16, 21]
    early = slow.poll(21)
    assert list(slow.grow(21)) == []
    assert list(slow.grow(40)) == [32, 40]
    np.testing.assert_array_equal(slow.answers, whole.answers)
    np.testing.assert_array_equal(early.answers, whole.answers[:21])
    assert set(whole.answers) <= {0, 1}


def test_a_vote_that_is_stopped_is_cast_again() -> None:
    class Stops(HalfSpace):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            if self.calls == 2:
                raise KeyboardInterrupt
            return super().forward(x)

    x = torch.full((1, 3, 4, 4), 140.0)
    held = Ballots(Victim(Stops(), ZERO, ONE), x, 40.0, seed=3)
    with pytest.raises(KeyboardInterrupt):
        list(held.grow(24))
    list(held.grow(24))
    np.testing.assert_array_equal(held.answers, cast(Victim(HalfSpace(), ZERO, ONE), x, 40.0, 24, 3).answers)


def test_a_poll_counts_by_hand() -> None:
    held = cast(Victim(HalfSpace(), ZERO, ONE), torch.full((1, 3, 4, 4), 140.0), 40.0, 16, seed=3)
    held.answers = np.array([2, 0, 2, 5, 2, 0, 1, 1])
    poll = held.poll(6)
    assert (poll.done, poll.winner, poll.count, poll.proves) == (6, 2, 3, False)
    assert list(poll.against) == [1, 3, 5]
    assert poll.leaders(2) == [2, 0]
    other = held.poll(6, 7)
    assert (other.winner, other.count, other.proves) == (7, 0, True)
    assert other.leaders(2) == [2, 7]
    share, proved = poll.bounds(np.array([1, 6, 8]), 0.1)
    np.testing.assert_allclose(share, [1, 3 / 6, 3 / 8])
    np.testing.assert_allclose(proved, [lower_bound(1, 1, 0.1), lower_bound(3, 6, 0.1), lower_bound(3, 8, 0.1)])


def test_the_patch_is_as_long_as_the_radius_allows() -> None:
    for radius in (1.7, 1.8, 6.2, 20.66, 100.0):
        side = patch_side(radius, 1.0)
        for n in (side, side + 1):
            change = np.zeros((64, 64, 3))
            change[:n, :n] = 1.0
            assert (np.linalg.norm(change) < radius) == (n == side)


def test_noise_is_as_long_as_noise() -> None:
    drawn = np.random.default_rng(0).normal(0, 12.75, (224, 224, 3))
    assert noise_length(12.75, drawn.size) == pytest.approx(float(np.linalg.norm(drawn)), rel=0.01)


def test_a_copy_that_is_shown_is_the_one_that_voted() -> None:
    victim, x = Victim(HalfSpace(), ZERO, ONE), torch.full((1, 3, 4, 4), 140.0)
    answers = cast(victim, x, 40.0, 24, seed=3).answers
    chosen = [int(np.flatnonzero(answers == k)[-1]) for k in set(answers)]
    assert len(chosen) > 1
    for n, shown in zip(chosen, examples(x, 40.0, 3, chosen), strict=True):
        again = torch.from_numpy(shown).permute(2, 0, 1)[None].float()
        assert int(victim.logits(again).argmax()) == answers[n]


def test_noise_is_not_clipped_before_the_network_but_is_when_shown() -> None:
    seen: list[Tensor] = []

    class Look(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x)
            return torch.zeros(len(x), 2)

    x = torch.full((1, 3, 16, 16), 250.0)
    held = Ballots(Victim(Look(), ZERO, ONE), x, 30.0, seed=7, side=16)
    list(held.grow(2))
    assert float(seen[0].max()) > 1.05
    assert float((seen[0] * 255 - 250).std()) == pytest.approx(30.0, rel=0.1)
    (shown,) = examples(x, 30.0, 7, [0])
    assert shown.shape == (16, 16, 3)
    first = (seen[0][0] * 255).clamp(0, 255).round().permute(1, 2, 0).numpy()
    np.testing.assert_allclose(shown, first, atol=1)
    np.testing.assert_array_equal(held.small[0], shown)


def test_the_two_samplings_differ() -> None:
    assert len({*seeds(0), *seeds(1), *seeds(2)}) == 6
