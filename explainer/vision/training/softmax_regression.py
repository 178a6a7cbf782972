"""Logistic regression for several classes: a linear map and a softmax, with a penalty on its weights.

It minimises ``mean CE(y, softmax(W x + b)) + λ/2 · ‖W‖²``; the biases b are free. The minimum is unique but for a
constant added to all biases, and found by L-BFGS. scikit-learn's ``LogisticRegression(C=1 / (λ n))`` solves the same
problem, but cannot be asked to stop on the way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.core.numbers import softmax

PENALTY = 5.0  # for columns of spread 1; strong, so that no single wrong label bends the answer
ITERATIONS = 200

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxRegression:
    """A fitted map.

    Parameters
    ----------
    mean, spread
        Of the columns it was fitted on, ``(D,)``; vectors are brought to mean 0 and spread 1 by them.
    weights, biases
        ``(D, K)`` and ``(K,)``.
    """

    mean: Floats
    spread: Floats
    weights: Floats
    biases: Floats

    def probabilities(self, vectors: NDArray[np.floating]) -> Floats:
        """Probability of each class, ``(N, K)``, for ``(N, D)``."""
        return np.asarray(softmax((vectors - self.mean) / self.spread @ self.weights + self.biases))


def fitted(
    vectors: NDArray[np.floating],
    labels: NDArray[np.int64],
    classes: int,
    penalty: float = PENALTY,
    asked: Callable[[], None] = lambda: None,
    *,
    scaled: bool = False,
) -> SoftmaxRegression:
    """Fit vectors ``(N, D)`` to labels ``(N,)`` in 0…K − 1.

    Parameters
    ----------
    penalty
        λ, more than 0.
    asked
        Called at each step; may raise to stop.
    scaled
        Whether vectors are used as they are. Without this the columns are brought to mean 0 and spread 1.
    """
    from scipy.optimize import minimize  # loads half a second of scipy

    mean, spread = vectors.mean(0, dtype=np.float64), vectors.std(0, dtype=np.float64) + 1e-6
    mean, spread = (np.zeros_like(mean), np.ones_like(spread)) if scaled else (mean, spread)
    x = torch.from_numpy((vectors - mean) / spread)  # torch's products keep to the threads that the job may use
    rows, given, width = torch.arange(len(x)), torch.from_numpy(labels), x.shape[1]

    def loss(flat: Floats) -> tuple[float, Floats]:
        asked()
        every = torch.from_numpy(flat.copy()).view(width + 1, classes)
        logs = torch.log_softmax(x @ every[:-1] + every[-1], 1)
        error = logs.exp()
        error[rows, given] -= 1
        error /= len(x)
        slope = torch.cat([x.T @ error + penalty * every[:-1], error.sum(0, keepdim=True)])
        found = -logs[rows, given].mean() + penalty / 2 * (every[:-1] ** 2).sum()
        return float(found), slope.view(-1).numpy()

    best = minimize(
        loss, np.zeros((width + 1) * classes), jac=True, method="L-BFGS-B",
        options={"maxiter": ITERATIONS, "ftol": 1e-10, "gtol": 1e-6},
    ).x.reshape(width + 1, classes)  # fmt: skip
    return SoftmaxRegression(mean, spread, best[:-1], best[-1])
