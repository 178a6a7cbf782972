"""The robustness curve: what is left of the true class's score as the budget grows."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.vision.perturb.attacks import Budget, Victim, batch_size, fgsm, pgd, random_change


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Scores of the true class at growing radii.

    Parameters
    ----------
    eps
        ``(N,)`` radii in grey levels.
    attack, random
        Score ``(N,)`` after the attack, and after noise of the same radius.
    flipped
        ``(N,) bool``: another class wins after the attack.
    """

    eps: NDArray[np.float64]
    attack: NDArray[np.float64]
    random: NDArray[np.float64]
    flipped: NDArray[np.bool_]

    @property
    def first_flip(self) -> float | None:
        """Least tried radius at which the answer changes."""
        return float(self.eps[int(np.argmax(self.flipped))]) if self.flipped.any() else None


def sweep(
    attacker: Victim,
    judge: Victim,
    x: Tensor,
    truth: int,
    label: int,
    budget: Budget,
    eps: tuple[float, ...],
    *,
    gradient: Tensor | None,
    steps: int,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
    progress: Callable[[float], None] = lambda _done: None,
) -> Sweep:
    """Attack one picture at every radius and let `judge` answer.

    Parameters
    ----------
    truth
        Class whose score is followed.
    label
        Class that the attack leaves, or goes to where it is targeted.
    gradient
        Of the loss at `x`; with it each attack is one step (FGSM), without it `steps` of PGD.
    """
    if gradient is not None:
        found = fgsm(x.expand(len(eps), -1, -1, -1), gradient, replace(budget, eps=eps))
    else:
        found = _all_pgd(attacker, x, label, budget, eps, steps, checkpoint, progress)
    answers = judge.probabilities(found, checkpoint)
    random = random_change(x, budget.norm, replace(budget, eps=eps).radii(x), seed)
    others = judge.probabilities(random, checkpoint)
    return Sweep(
        np.asarray(eps, np.float64),
        answers[:, truth].double().cpu().numpy(),
        others[:, truth].double().cpu().numpy(),
        (answers.argmax(dim=1) != truth).cpu().numpy(),
    )


def _all_pgd(
    attacker: Victim,
    x: Tensor,
    label: int,
    budget: Budget,
    eps: tuple[float, ...],
    steps: int,
    checkpoint: Callable[[], None],
    progress: Callable[[float], None],
) -> Tensor:
    size, found = batch_size(x), []
    for start in range(0, len(eps), size):
        radii = eps[start : start + size]
        labels = torch.full((len(radii),), label, device=x.device)
        now = x.expand(len(radii), -1, -1, -1)
        attack = pgd(attacker, now, labels, replace(budget, eps=radii), steps, checkpoint)
        for count, moved in enumerate(attack, 1):
            progress((start + len(radii) * count / steps) / len(eps))
            now = moved
        found.append(now)
    return torch.cat(found)
