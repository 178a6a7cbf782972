"""Linear CKA against the form over features that Kornblith and others give, and what must leave it alone."""

import numpy as np
import pytest

from explainer.vision.reuse.cka import alike, gram

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 7)), RNG.normal(size=(20, 11))


def over_features(x, y):
    """``‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖)`` of centred features: no Gram matrix is made."""
    x, y = x - x.mean(0), y - y.mean(0)
    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def test_it_is_the_form_over_features():
    assert alike(gram(X), gram(Y)) == pytest.approx(over_features(X, Y), rel=1e-12)


def test_rotation_scale_and_shift_leave_it_at_one():
    turned, _ = np.linalg.qr(RNG.normal(size=(7, 7)))
    assert alike(gram(X), gram(3 * X @ turned + 5)) == pytest.approx(1)


def test_what_is_constant_is_like_nothing():
    assert alike(gram(X), gram(np.ones((20, 3)))) == pytest.approx(0, abs=1e-6)
