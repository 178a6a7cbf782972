"""Randomised smoothing: answer with the majority under Gaussian noise, and prove a radius (Cohen et al. 2019).

The smoothed classifier is ``g(x) = argmax_c P[f(x + η) = c]``, ``η ~ N(0, σ² I)``. If its class A has a
probability of at least ``p > 1/2``, then g answers A for every ``x + δ`` with ``‖δ‖₂ < σ Φ⁻¹(p)`` (theorem 1,
with ``p_B ≤ 1 − p``). The probability is estimated, so the statement holds with confidence ``1 − α``.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import beta, norm
from torch import Tensor

from explainer.vision.perturb.attacks import WHITE, Victim

CPU_BATCH, GPU_BATCH = 8, 64


@dataclass(frozen=True, slots=True)
class Certificate:
    """What n noisy copies prove.

    Parameters
    ----------
    count, trials
        Votes for the class, of how many.
    p_lower
        Lower confidence bound of the class's probability.
    radius
        Certified L2 radius in units of σ's; ``None`` where it abstains.
    """

    count: int
    trials: int
    p_lower: float
    radius: float | None

    @property
    def share(self) -> float:
        """Share of votes."""
        return self.count / self.trials


def lower_bound(count: int, trials: int, alpha: float) -> float:
    """One-sided Clopper–Pearson bound: the p at which ``P[Binomial(n, p) ≥ k] = α``.

    It is the α quantile of ``Beta(k, n − k + 1)``; for ``k = n`` that is ``α^(1/n)``, for ``k = 0`` it is 0.

    Raises
    ------
    ValueError
        Unless ``0 ≤ count ≤ trials``, ``trials ≥ 1`` and ``0 < alpha < 1``.
    """
    if not (0 <= count <= trials and trials >= 1 and 0.0 < alpha < 1.0):
        raise ValueError(f"no bound for {count} of {trials} at alpha {alpha}")
    return 0.0 if count == 0 else float(beta.ppf(alpha, count, trials - count + 1))


def certify(count: int, trials: int, alpha: float, sigma: float) -> Certificate:
    """Turn votes into a radius ``σ Φ⁻¹(p)``, or abstain where ``p ≤ 1/2`` (their algorithm CERTIFY)."""
    bound = lower_bound(count, trials, alpha)
    radius = sigma * float(norm.ppf(bound)) if bound > 0.5 else None
    return Certificate(count, trials, bound, radius)


def largest_radius(trials: int, alpha: float, sigma: float) -> float:
    """Radius that `trials` unanimous votes prove: no network can get more out of so few."""
    return max(0.0, sigma * float(norm.ppf(lower_bound(trials, trials, alpha))))


@dataclass(frozen=True, slots=True, eq=False)
class Poll:
    """The first votes of a ballot.

    Parameters
    ----------
    every
        What each copy is called ``(M,)``, those to come among them.
    small
        How the N copies that have voted look, ``(N, s, s, 3) uint8``.
    winner
        The class that is asked about.
    proves
        Whether other votes chose it beforehand: votes that pick a winner flatter it, and prove nothing.
    """

    every: NDArray[np.int64]
    small: NDArray[np.uint8]
    winner: int
    proves: bool

    @property
    def done(self) -> int:
        """Votes cast, N."""
        return len(self.small)

    @property
    def answers(self) -> NDArray[np.int64]:
        """What the copies that have voted are called, ``(N,)``."""
        return self.every[: self.done]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Votes for each class, up to the last that has any or wins."""
        return np.bincount(self.answers, minlength=self.winner + 1)

    @property
    def count(self) -> int:
        """Votes for the winner."""
        return int(self.counts[self.winner])

    @property
    def against(self) -> NDArray[np.int64]:
        """Places of the copies that vote otherwise."""
        return np.flatnonzero(self.answers != self.winner)

    def leaders(self, most: int) -> list[int]:
        """Classes with most votes, `most` at most, the winner always among them."""
        others = [int(k) for k in np.argsort(-self.counts, kind="stable") if k != self.winner and self.counts[k]]
        return sorted([self.winner, *others[: most - 1]], key=lambda k: -self.counts[k])

    def bounds(self, cast: NDArray[np.int64], alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Share of the winner's votes, and `lower_bound` of them, after each of the numbers `cast` ``(C,)``."""
        heard = np.cumsum(self.every == self.winner)[cast - 1]
        return heard / cast, np.array([lower_bound(int(k), int(n), alpha) for k, n in zip(heard, cast, strict=True)])


class Ballots:
    """Noisy copies of one picture that have voted; more may be added, and the first stay what they were.

    The copies are *not* clipped to 0…255: the theorem speaks of Gaussian noise. They go through the network in
    whole batches, so that n votes are to the last bit the first n of any larger poll.

    Parameters
    ----------
    x
        ``(1, 3, S, S)`` grey levels.
    sigma
        Grey levels.
    seed
        The same seed gives the same noise on every device and for every batch size.
    side
        Pixels of the small copies that are kept to be shown.
    """

    def __init__(self, victim: Victim, x: Tensor, sigma: float, seed: int, side: int = 32) -> None:
        self.victim, self.x, self.sigma = victim, x, sigma
        self.answers = np.zeros(0, np.int64)
        """Class that each copy is called, ``(N,)``."""
        self.small = np.zeros((0, side, side, 3), np.uint8)
        """Every copy, clipped, at every so manieth pixel: a mean would take its noise away; ``(N, side, side, 3)``."""
        self._state = torch.Generator().manual_seed(seed).get_state()
        self._rows = (torch.arange(side) * x.shape[-1] + x.shape[-1] // 2) // side

    def grow(self, trials: int, checkpoint: Callable[[], None] = lambda: None) -> Iterator[int]:
        """Add votes until there are `trials`; gives out after each batch how many of these are cast."""
        batch = CPU_BATCH if self.x.device.type == "cpu" else GPU_BATCH
        while len(self.answers) < trials:
            checkpoint()
            dice = torch.Generator()
            dice.set_state(self._state)
            copies = torch.cat([noisy(self.x, self.sigma, dice) for _ in range(batch)])
            with torch.no_grad():
                logits = self.victim.logits(copies)
            self._state = dice.get_state()  # not before: a pass that is stopped leaves the dice where they lay
            self.small = np.concatenate([self.small, shown(copies[:, :, self._rows][..., self._rows])])
            self.answers = np.concatenate([self.answers, logits.argmax(dim=1).cpu().numpy()])
            yield min(len(self.answers), trials)

    def poll(self, trials: int, winner: int | None = None) -> Poll:
        """Count the first `trials` votes, for a `winner` that others chose, or for their own leader."""
        leader = int(np.bincount(self.answers[:trials]).argmax())
        return Poll(self.answers, self.small[:trials], leader if winner is None else winner, winner is not None)


def noisy(x: Tensor, sigma: float, dice: torch.Generator) -> Tensor:
    """One copy ``(1, 3, S, S)`` with Gaussian noise of `sigma` grey levels, not clipped."""
    return x + sigma * torch.randn(x.shape, generator=dice).to(x)


def examples(x: Tensor, sigma: float, seed: int, chosen: Sequence[int]) -> list[NDArray[np.uint8]]:
    """Return `chosen` copies of those that are voted on with `seed`, clipped to be shown, ``(S, S, 3)`` each."""
    dice, found = torch.Generator().manual_seed(seed), {}
    for n in range(max(chosen, default=-1) + 1):
        copy = noisy(x, sigma, dice)
        if n in chosen:
            found[n] = shown(copy)[0]
    return [found[n] for n in chosen]


def shown(copies: Tensor) -> NDArray[np.uint8]:
    """Clip pictures ``(N, 3, h, w)`` of grey levels to 8 bits, ``(N, h, w, 3)``."""
    return np.ascontiguousarray(copies.clamp(0, WHITE).round().byte().permute(0, 2, 3, 1).cpu().numpy())


def patch_side(radius: float, levels: float) -> int:
    """Pixels in the side of the largest square that may be `levels` lighter in all three colours.

    Its change has the length ``levels √(3 n²)``, which must stay below `radius` (grey levels).
    """
    return math.ceil(radius / (levels * math.sqrt(3.0))) - 1


def noise_length(sigma: float, values: int) -> float:
    """Length that noise of spread `sigma` has in `values` numbers, as the root of its mean square."""
    return sigma * math.sqrt(values)


def seeds(seed: int) -> tuple[int, int]:
    """Seeds of the two samplings: the votes that choose the class must not prove it as well."""
    first, second = np.random.SeedSequence([seed, int(WHITE)]).generate_state(2)
    return int(first), int(second)
