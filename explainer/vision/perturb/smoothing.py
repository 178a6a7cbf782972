"""Randomised smoothing: answer with the majority under Gaussian noise, and prove a radius (Cohen et al. 2019).

The smoothed classifier is ``g(x) = argmax_c P[f(x + η) = c]``, ``η ~ N(0, σ² I)``. If its class A has a
probability of at least ``p > 1/2``, then g answers A for every ``x + δ`` with ``‖δ‖₂ < σ Φ⁻¹(p)`` (theorem 1,
with ``p_B ≤ 1 − p``). The probability is estimated, so the statement holds with confidence ``1 − α``.
"""

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


def votes(
    victim: Victim,
    x: Tensor,
    sigma: float,
    trials: int,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Collect the answers to noisy copies, given out as they grow.

    The copies are *not* clipped to 0…255: the theorem speaks of Gaussian noise.

    Parameters
    ----------
    x
        ``(1, 3, S, S)`` grey levels.
    sigma
        Grey levels.
    seed
        The same seed gives the same noise on every device and for every batch size.

    Yields
    ------
    answers, classes
        Class that each copy so far is called, and how many classes there are.
    """
    dice = torch.Generator().manual_seed(seed)
    batch = CPU_BATCH if x.device.type == "cpu" else GPU_BATCH
    answers = np.zeros(0, np.int64)
    while len(answers) < trials:
        checkpoint()
        copies = torch.cat([noisy(x, sigma, dice) for _ in range(min(batch, trials - len(answers)))])
        with torch.no_grad():
            logits = victim.logits(copies)
        answers = np.concatenate([answers, logits.argmax(dim=1).cpu().numpy()])
        yield answers, logits.shape[1]


def noisy(x: Tensor, sigma: float, dice: torch.Generator) -> Tensor:
    """One copy ``(1, 3, S, S)`` with Gaussian noise of `sigma` grey levels, not clipped."""
    return x + sigma * torch.randn(x.shape, generator=dice).to(x)


def examples(x: Tensor, sigma: float, seed: int, chosen: Sequence[int]) -> list[NDArray[np.uint8]]:
    """Return `chosen` copies of those that are voted on with `seed`, clipped to be shown, ``(S, S, 3)`` each."""
    dice, found = torch.Generator().manual_seed(seed), {}
    for n in range(max(chosen, default=-1) + 1):
        copy = noisy(x, sigma, dice)
        if n in chosen:
            found[n] = np.ascontiguousarray(copy.clamp(0, WHITE).round().byte().cpu()[0].permute(1, 2, 0).numpy())
    return [found[n] for n in chosen]


def seeds(seed: int) -> tuple[int, int]:
    """Seeds of the two samplings: the votes that choose the class must not prove it as well."""
    first, second = np.random.SeedSequence([seed, int(WHITE)]).generate_state(2)
    return int(first), int(second)
