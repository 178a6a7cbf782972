"""t-SNE: a map on which each point keeps its neighbours, whatever that does to all other distances.

In the space, ``p_j|i ∝ exp(−‖x_i − x_j‖² / 2σ_i²)`` says how near j is to i; σ_i is such that each point has about as
many neighbours as the *perplexity* says, however dense it is there. On the map, ``q_ij ∝ 1 / (1 + ‖y_i − y_j‖²)``,
whose heavy tails leave room between groups. What is minimised is ``KL(P‖Q) = Σ p_ij log(p_ij / q_ij)``: it costs much
to lay neighbours apart, and little to lay strangers together.

This one is exact, of order N² for each step, so that it can be watched and stopped between any two.

References
----------
van der Maaten, Hinton. *Visualizing data using t-SNE.* JMLR 9, 2008.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics.components import laid_flat

STEPS, EVERY = 500, 10
EARLY, EXAGGERATION = 100, 12.0  # steps for which near points attract each other so much more
SLOW, FAST = 0.5, 0.8  # momentum in those, and after them
HALVINGS, EXACT = 60, 1e-7  # of the search for σ, and how well the entropy is met
LEAST_GAIN, START = 0.01, 1e-4
TINY = 1e-300
Floats = NDArray[np.float64]


def squared(points: NDArray[np.floating]) -> Floats:
    """Squared distances ``(N, N)`` of points ``(N, D)``."""
    full = np.asarray(points, np.float64)
    squares = np.einsum("nd,nd->n", full, full)
    found = squares[:, None] + squares[None] - 2 * full @ full.T
    np.fill_diagonal(found, 0.0)
    return np.asarray(np.maximum(found, 0.0))


def possible(perplexity: float, count: int) -> float:
    """The perplexity where so many points allow it, else a third of the others, at least 1."""
    return max(1.0, min(perplexity, (count - 1) / 3))


def affinities(vectors: NDArray[np.floating], perplexity: float, asked: Callable[[], None] = lambda: None) -> Floats:
    """Joint probabilities ``p_ij = (p_j|i + p_i|j) / 2N`` of vectors ``(N, D)``: ``(N, N)``, sum 1.

    Parameters
    ----------
    perplexity
        2 to the entropy of each row in bits; 1 to N − 1.
    asked
        Called often, may raise to stop.
    """
    d = squared(vectors)
    d /= max(float(d.mean()), TINY)
    np.fill_diagonal(d, np.inf)
    d -= d.min(1, keepdims=True)  # the nearest has weight 1, so that a row never underflows to nothing
    beta, low, high = np.ones(len(d)), np.zeros(len(d)), np.full(len(d), np.inf)
    for _ in range(HALVINGS):
        asked()
        entropy, p = _entropy(d, beta)
        over = entropy - np.log(perplexity)
        if np.abs(over).max() < EXACT:
            break
        low, high = np.where(over > 0, beta, low), np.where(over > 0, high, beta)
        beta = np.where(np.isinf(high), 2 * beta, (low + np.minimum(high, 1e300)) / 2)
    return (p + p.T) / (2 * len(p))


def _entropy(d: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Entropy of each row in nats, ``H = log Σ w + β Σ w d / Σ w`` with ``w = exp(−β d)``, and the row itself."""
    w = np.exp(-beta[:, None] * d)
    total = w.sum(1)
    mean = np.einsum("ij,ij->i", w, np.where(np.isinf(d), 0.0, d)) / total
    return np.log(total) + beta * mean, w / total[:, None]


def _tails(y: Floats) -> Floats:
    found = 1 / (1 + squared(y))
    np.fill_diagonal(found, 0.0)
    return found


def divergence(p: Floats, y: Floats) -> float:
    """``KL(P‖Q)`` in nats of a map ``(N, 2)``."""
    tails = _tails(y)
    ratio = np.maximum(p, TINY) / np.maximum(tails / tails.sum(), TINY)
    return float((p * np.log(ratio)).sum())


def gradient(p: Floats, y: Floats) -> Floats:
    """Of the divergence, ``4 Σ_j (p_ij − q_ij) (y_i − y_j) / (1 + ‖y_i − y_j‖²)``: ``(N, 2)``.

    `p` may sum to more than 1: that is the exaggeration.
    """
    tails = _tails(y)
    pull = (p - tails / tails.sum()) * tails
    return np.asarray(4 * (pull.sum(1)[:, None] * y - pull @ y))


def steps(p: Floats, y: Floats, count: int = STEPS) -> Iterator[Floats]:
    """Maps after each step of gradient descent from `y` ``(N, 2)``.

    With momentum, and a gain for each coordinate that grows while its gradient keeps its sign (Jacobs 1988).
    """
    y, speed, gains = y - y.mean(0), np.zeros_like(y), np.ones_like(y)
    rate = max(len(y) / EXAGGERATION / 4, 50.0)
    for n in range(count):
        slope = gradient(p * (EXAGGERATION if n < EARLY else 1.0), y)
        gains = np.maximum(np.where(slope * speed < 0, gains + 0.2, gains * 0.8), LEAST_GAIN)
        speed = (SLOW if n < EARLY else FAST) * speed - rate * gains * slope
        y = y + speed
        y = y - y.mean(0)
        yield y


def begun(vectors: NDArray[np.floating]) -> Floats:
    """Where the descent starts: the first two principal components, very small, ``(N, 2)``.

    Both are as wide, for a map that starts as a strip stays one, and leaves most of the picture empty.
    """
    flat = laid_flat(vectors)[0]
    return np.asarray(START * flat / np.maximum(flat.std(0), 1e-9))
