"""Thresholds, ROC, precision and recall, costs and calibration against scikit-learn, also on resampled test sets."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from explainer.vision.metrics.binary import Scored, reliability


@pytest.fixture(params=[0, 1, 2])
def scored(request):
    """40 positives and 120 negatives, with many ties."""
    rng = np.random.default_rng(request.param)
    positive = rng.permutation(np.arange(160) < 40)
    return Scored(rng.beta(np.where(positive, 3, 1), 3).round(2), positive)


def resampled(scored, negatives):
    """The same positives, and each negative so many times."""
    times = np.where(scored.positive, 1, negatives)
    return np.repeat(scored.positive, times), np.repeat(scored.scores, times)


def test_roc_and_its_area(scored):
    false, found, cuts = metrics.roc_curve(scored.positive, scored.scores, drop_intermediate=False)
    rates = scored.rates()
    np.testing.assert_allclose(rates.alarms, false)
    np.testing.assert_allclose(rates.recall, found)
    np.testing.assert_allclose(rates.cuts, cuts)
    assert rates.auc == pytest.approx(metrics.roc_auc_score(scored.positive, scored.scores))


@pytest.mark.parametrize("negatives", [1, 3, 33])
def test_prevalence_moves_precision_as_a_resampled_test_set_does_and_leaves_roc_alone(scored, negatives):
    truth, scores = resampled(scored, negatives)
    share, rates = float(truth.mean()), scored.rates()
    precision, recall, cuts = metrics.precision_recall_curve(truth, scores)  # rising, with an end of its own
    np.testing.assert_allclose(rates.precision(share)[1:], precision[:-1][::-1])
    np.testing.assert_allclose(rates.recall[1:], recall[:-1][::-1])
    np.testing.assert_allclose(rates.cuts[1:], cuts[::-1])
    assert rates.average_precision(share) == pytest.approx(metrics.average_precision_score(truth, scores))
    assert scored.brier(share) == pytest.approx(metrics.brier_score_loss(truth, scores))
    assert metrics.roc_auc_score(truth, scores) == pytest.approx(rates.auc)


def test_precision_by_bayes_rule(scored):
    """P(positive | alarm) = P(alarm | positive) π / P(alarm)."""
    rates = scored.rates()
    at = rates.at(0.5)
    alarm = scored.scores >= 0.5
    given, otherwise = alarm[scored.positive].mean(), alarm[~scored.positive].mean()
    for share in (0.01, 0.25, 0.5):
        bayes = given * share / (given * share + otherwise * (1 - share))
        assert rates.precision(share)[at] == pytest.approx(bayes)
    assert rates.precision(0.01)[0] == 1.0  # nothing is called positive


def test_a_threshold_calls_what_reaches_it(scored):
    rates = scored.rates()
    for threshold in (0.0, 0.305, float(scored.scores[7]), 1.0):
        called = scored.scores >= threshold
        assert rates.recall[rates.at(threshold)] == pytest.approx(called[scored.positive].mean())
        assert rates.alarms[rates.at(threshold)] == pytest.approx(called[~scored.positive].mean())
        truth, right = scored.positive, rates.accuracy(0.25)[rates.at(threshold)]
        assert right == pytest.approx(metrics.accuracy_score(truth, called))


@pytest.mark.parametrize("miss", [1, 5, 40])
def test_the_cheapest_threshold_is_no_dearer_than_any_other(scored, miss):
    def cost(threshold):
        called = scored.scores >= threshold
        (_, false), (missed, _) = metrics.confusion_matrix(scored.positive, called)
        return (miss * missed + false) / len(called)

    found = scored.rates().cheapest(0.25, miss)
    assert cost(found) == pytest.approx(min(cost(one) for one in np.linspace(0, 1.01, 1011)))
    assert cost(found) == pytest.approx(scored.rates().cost(0.25, miss).min())


def test_costly_misses_lower_the_threshold(scored):
    found = [scored.rates().cheapest(0.25, miss) for miss in (0.2, 1, 5, 40)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


@pytest.mark.parametrize("negatives", [1, 4])
def test_reliability(scored, negatives):
    apart = Scored(scored.scores + 0.003, scored.positive)  # no score on the edge of a bin
    truth, scores = resampled(apart, negatives)
    true, said = calibration_curve(truth, scores, n_bins=10)
    found = reliability(apart, float(truth.mean()))
    np.testing.assert_allclose(found.true, true)
    np.testing.assert_allclose(found.said, said)
    counts = np.histogram(scores, 10, (0, 1))[0]
    by_hand = sum(n * abs(a - b) for n, a, b in zip(counts[counts > 0], said, true, strict=True)) / len(scores)
    assert found.error == pytest.approx(by_hand)


def test_a_calibrated_forecast_has_no_error():
    scores = np.repeat([0.25, 0.75], 4)
    forecast = Scored(scores, np.array([1, 0, 0, 0, 1, 1, 1, 0], bool))
    assert reliability(forecast, 0.5).error == pytest.approx(0.0)
    assert forecast.brier(0.5) == pytest.approx(0.1875)
