"""Measures of sets of labels against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, hamming_loss

from explainer.vision.metrics import labels as of_labels

RNG = np.random.default_rng(4)
TRUE = RNG.random((80, 6)) < np.array([0.1, 0.3, 0.5, 0.2, 0.4, 0.9])
SCORES = np.clip(0.35 * TRUE + 0.7 * RNG.random((80, 6)), 0, 1).round(1)  # rounded: many are equal
THRESHOLDS = np.linspace(0, 1, 21)


@pytest.mark.parametrize("threshold", [0.0, 0.35, 0.6, 1.1])
def test_what_is_found_at_a_threshold(threshold):
    said = threshold <= SCORES
    at = of_labels.found(said, TRUE)
    assert at.micro == pytest.approx(f1_score(TRUE, said, average="micro", zero_division=0))
    assert at.macro == pytest.approx(f1_score(TRUE, said, average="macro", zero_division=0))
    assert at.hamming == pytest.approx(hamming_loss(TRUE, said))
    assert at.exact == pytest.approx(accuracy_score(TRUE, said))


def test_a_label_that_never_comes_counts_as_0_in_the_macro_mean():
    true = np.column_stack([TRUE, np.zeros(80, bool)])
    said = np.column_stack([TRUE, np.zeros(80, bool)])
    assert of_labels.found(said, true).macro == pytest.approx(6 / 7)
    assert of_labels.found(said, true).micro == 1


def test_f1_over_thresholds():
    by_hand = [f1_score(TRUE, t <= SCORES, average="micro", zero_division=0) for t in THRESHOLDS]
    np.testing.assert_allclose(of_labels.micro_f1(SCORES, TRUE, THRESHOLDS), by_hand)


def test_the_best_thresholds_by_trying_all():
    f1 = of_labels.micro_f1(SCORES, TRUE, THRESHOLDS)
    best = of_labels.best_one(SCORES, TRUE, THRESHOLDS)
    assert f1[np.flatnonzero(best == THRESHOLDS)[0]] == f1.max()
    for k, own in enumerate(of_labels.best_each(SCORES, TRUE, THRESHOLDS)):
        each = [f1_score(TRUE[:, k], t <= SCORES[:, k], zero_division=0) for t in THRESHOLDS]
        assert f1_score(TRUE[:, k], own <= SCORES[:, k]) == pytest.approx(max(each))


def test_of_equally_good_thresholds_the_middle_one_is_taken():
    scores, true = np.array([[0.1], [0.9]]), np.array([[False], [True]])
    assert of_labels.best_one(scores, true, np.array([0.05, 0.3, 0.5, 0.7, 0.95])) == 0.5


def test_mean_average_precision_with_equal_scores():
    ours = of_labels.mean_average_precision(SCORES, TRUE)
    assert ours == pytest.approx(average_precision_score(TRUE, SCORES, average="macro"))
    with_empty = np.column_stack([TRUE, np.zeros(80, bool)])
    assert of_labels.mean_average_precision(np.column_stack([SCORES, SCORES[:, 0]]), with_empty) == pytest.approx(ours)
