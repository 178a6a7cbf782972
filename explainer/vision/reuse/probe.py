"""A linear probe: logistic regression on frozen features, refitted without each of its examples.

It minimises ``‖W‖² / 2 + C Σ cross-entropy``, as scikit-learn's does; biases are free. The optimum lies in the span of
the examples, so it is sought there: ``N`` numbers for each example in place of a thousand, and the same answer.

References
----------
G. Alain, Y. Bengio. Understanding intermediate layers using linear classifier probes. ICLR workshop 2017.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRENGTH = 0.1  # C: features are some 25 long, so that even this holds the weights hardly back
STEPS = 300
DRAWS = 5  # of a learning curve
AT = (1, 2, 3, 5, 10, 20, 50)  # shots of each class at which it is looked at

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Weights ``(K, D)`` and biases ``(K,)``; a class that had no example has a bias of −∞."""

    weights: Floats
    bias: Floats

    def scores(self, features: NDArray[np.floating]) -> Floats:
        """Map features ``(N, D)`` to probabilities ``(N, K)``."""
        logits = features.astype(np.float64) @ self.weights.T + self.bias
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(odds / odds.sum(1, keepdims=True))

    def answers(self, features: NDArray[np.floating]) -> Labels:
        """Best class of each, ``(N,)``."""
        return np.asarray(self.scores(features).argmax(1), np.int64)


def fit(features: NDArray[np.floating], labels: Labels, classes: int, strength: float = STRENGTH) -> Probe:
    """Fit a probe.

    Parameters
    ----------
    features, labels
        ``(N, D)`` and ``(N,)``, of two classes at least.
    classes
        How many there are, with or without examples.
    strength
        ``C`` of the regression: the larger, the less the weights are held back.
    """
    span = Span.of(features)
    return span.back(span.fitted(np.arange(len(labels)), labels, classes, strength))


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Examples in coordinates of their own span: ``coordinates (N, R)`` along the rows of ``axes (R, D)``."""

    coordinates: Floats
    axes: Floats

    @staticmethod
    def of(features: NDArray[np.floating]) -> "Span":
        """Turn features ``(N, D)``; ``R ≤ min(N, D)``."""
        left, sizes, axes = np.linalg.svd(features.astype(np.float64), full_matrices=False)
        held = sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1e-30)
        return Span(left[:, held] * sizes[held], axes[held])

    def back(self, probe: Probe) -> Probe:
        """Turn a probe of the coordinates into one of the features."""
        return Probe(probe.weights @ self.axes, probe.bias)

    def fitted(
        self,
        rows: NDArray[np.int64],
        labels: Labels,
        classes: int,
        strength: float = STRENGTH,
        near: Probe | None = None,
    ) -> Probe:
        """Fit a probe of the coordinates to some of the examples, from `near` on where one is known."""
        from scipy.optimize import minimize

        there = np.unique(labels[rows])
        x, truth = self.coordinates[rows], np.searchsorted(there, labels[rows])
        shape = len(there), x.shape[1] + 1

        def cost(flat: Floats) -> tuple[float, Floats]:
            held = flat.reshape(shape)
            logits = x @ held[:, :-1].T + held[:, -1]
            logits = logits - logits.max(1, keepdims=True)
            odds = np.exp(logits)
            total = odds.sum(1, keepdims=True)
            every = np.arange(len(x))
            loss = float((np.log(total[:, 0]) - logits[every, truth]).sum())
            pull = odds / total
            pull[every, truth] -= 1.0
            slope = np.concatenate([strength * pull.T @ x + held[:, :-1], strength * pull.sum(0)[:, None]], 1)
            return strength * loss + 0.5 * float((held[:, :-1] ** 2).sum()), slope.ravel()

        begin = np.zeros(shape) if near is None else np.column_stack([near.weights, near.bias])[there]
        found = minimize(cost, begin.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "gtol": 1e-5})
        weights, bias = np.zeros((classes, x.shape[1])), np.full(classes, -np.inf)
        weights[there], bias[there] = found.x.reshape(shape)[:, :-1], found.x.reshape(shape)[:, -1]
        return Probe(weights, bias)


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """A probe for each example, fitted without it.

    Parameters
    ----------
    asked
        Examples whose class had others, ``(M,)``.
    weights, bias
        Of those probes, in coordinates of the span: ``(M, K, R)`` and ``(M, K)``.
    said
        What each such probe takes the example for that it never saw, ``(M,)``.
    """

    span: Span
    asked: NDArray[np.int64]
    weights: Floats
    bias: Floats
    said: Labels

    def scores(self, features: NDArray[np.floating]) -> Floats:
        """Probabilities ``(M, K)`` that the probes give one picture's features ``(D,)``."""
        logits = self.weights @ (self.span.axes @ features.astype(np.float64)) + self.bias
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(odds / odds.sum(1, keepdims=True))


def without_each(features: NDArray[np.floating], labels: Labels, classes: int) -> LeftOut:
    """Leave out one example after the other and fit the rest; the only one of its class is not left out."""
    span, rows = Span.of(features), np.arange(len(labels))
    asked = np.flatnonzero(np.bincount(labels, minlength=classes)[labels] > 1)
    whole = span.fitted(rows, labels, classes)
    probes = [span.fitted(np.delete(rows, one), labels, classes, near=whole) for one in asked]
    weights = np.array([one.weights for one in probes]).reshape(len(asked), *whole.weights.shape)
    bias = np.array([one.bias for one in probes]).reshape(len(asked), classes)
    said = [one.answers(span.coordinates[[row]])[0] for one, row in zip(probes, asked, strict=True)]
    return LeftOut(span, asked, weights, bias, np.array(said, np.int64))


def learning_curve(
    features: NDArray[np.floating],
    labels: Labels,
    classes: int,
    test: tuple[NDArray[np.floating], Labels] | None = None,
    seed: int = 0,
) -> tuple[tuple[int, ...], Floats]:
    """Accuracy against the number of shots of each class.

    Parameters
    ----------
    test
        Features and labels to be examined on; without them the examples that were not drawn.

    Returns
    -------
    shots, right
        Shots of each class, and the share that was right, ``(DRAWS, len(shots))``.
    """
    span, counts = Span.of(features), np.bincount(labels, minlength=classes)
    least = int(counts[counts > 0].min()) - (test is None)
    shots = tuple(n for n in AT if n <= least)
    right = [[_drawn(span, labels, classes, n, test, [seed, n, draw]) for n in shots] for draw in range(DRAWS)]
    return shots, np.array(right).reshape(DRAWS, len(shots))


def _drawn(
    span: Span,
    labels: Labels,
    classes: int,
    shots: int,
    test: tuple[NDArray[np.floating], Labels] | None,
    seed: list[int],
) -> float:
    rows = drawn(labels, shots, seed)
    probe = span.fitted(rows, labels, classes)
    if test is None:
        others = np.delete(np.arange(len(labels)), rows)
        return float((probe.answers(span.coordinates[others]) == labels[others]).mean())
    return float((span.back(probe).answers(test[0]) == test[1]).mean())


def drawn(labels: Labels, shots: int, seed: int | list[int]) -> NDArray[np.int64]:
    """Draw `shots` examples of each class that has any; rows in order."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(np.flatnonzero(labels == one), shots, replace=False) for one in np.unique(labels)]
    return np.sort(np.concatenate(rows)).astype(np.int64)
