"""Class imbalance: the losses by hand, what is drawn how often, and what is counted by class."""

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_score, recall_score
from torch import nn
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from explainer.vision.training import digits, fit, imbalance
from explainer.vision.training.parts import CrossEntropy
from explainer.vision.training.recipe import Augment

RNG = torch.Generator()
SCORES = torch.tensor([[2.0, 0.5, -1.0], [0.1, 0.2, 0.3], [-3.0, 4.0, 0.0], [1.0, 1.0, 1.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 2, 0, 1])
PRIOR = (0.7, 0.2, 0.1)
HIGH = (5, 6, 7, 8, 9)


def loss_of(loss, scores=SCORES, labels=LABELS):
    return loss(nn.Identity(), scores, labels, RNG)


def recipe(remedy, ratio=30, rare=HIGH, seed=0):
    return imbalance.recipe(remedy, rare, ratio, seed, 2.0, Augment())


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_two_classes_give_torchvisions_focal_loss(gamma):
    """A softmax over the scores (0, x) is a sigmoid of x."""
    x, y = torch.tensor([1.5, -0.3, 0.0, 4.0]).double(), torch.tensor([1, 0, 1, 0])
    theirs = sigmoid_focal_loss(x, y.double(), alpha=-1, gamma=gamma, reduction="mean")
    ours = loss_of(imbalance.Focal(gamma), torch.stack([torch.zeros_like(x), x], 1), y)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        loss_of(imbalance.Focal(gamma, 0.25), torch.stack([torch.zeros_like(x), x], 1), y), 0.25 * theirs
    )


def test_adjusted_logits_by_hand():
    powers = np.exp(SCORES.numpy()) * np.array(PRIOR)
    by_hand = -np.log(powers[np.arange(4), LABELS.numpy()] / powers.sum(1)).mean()
    assert float(loss_of(imbalance.LogitAdjusted(PRIOR))) == pytest.approx(by_hand)
    even = imbalance.LogitAdjusted((1 / 3, 1 / 3, 1 / 3))
    assert float(loss_of(even)) == pytest.approx(float(F.cross_entropy(SCORES, LABELS)))


def test_a_net_that_says_the_prior_has_learnt_all_that_adjusted_logits_ask_of_it():
    """With equal scores the gradient, summed over examples in the shares of the prior, is zero."""
    scores = torch.zeros(10, 3, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0] * 7 + [1] * 2 + [2])
    loss_of(imbalance.LogitAdjusted(PRIOR), scores, labels).backward()
    torch.testing.assert_close(scores.grad.sum(0), torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize(("up", "each"), [(True, 7), (False, 2)])
def test_all_classes_are_drawn_as_often(up, each):
    labels = np.array([0] * 7 + [1] * 2 + [2] * 3)
    batches = imbalance.Levelled(4, up=up)
    assert batches.length(labels) == 3 * each
    orders = batches.epochs(labels, 0, 0)
    first, second = next(orders), next(orders)
    for rows in (first, second):
        assert np.bincount(labels[rows]).tolist() == [each] * 3
        drawn = np.bincount(rows, minlength=12)
        for one in range(3):
            own = drawn[labels == one]
            assert own.max() - own.min() <= 1  # nobody twice before all are drawn
    assert not np.array_equal(first, second)
    assert np.array_equal(next(batches.epochs(labels, 0, 1)), second)


def test_rare_digits_are_as_few_as_asked_and_the_test_digits_stay():
    for ratio, few in ((1, 120), (30, 4), (100, 1)):
        made = recipe("none", ratio)
        assert np.bincount(made.data.train.labels).tolist() == [120] * 5 + [few] * 5
        assert made.data.test == digits.split().test
    assert recipe("none", seed=1).data.train != recipe("none").data.train
    assert recipe("over").data.train == recipe("none").data.train
    keys = {recipe(one).key() for one in ("none", "under", "focal", "over", "weights", "adjusted")}
    assert len(keys) == 6


def test_weights_and_prior_follow_the_counts():
    weights, prior = recipe("weights").loss.weights, recipe("adjusted").loss.prior
    assert weights == pytest.approx([620 / 1200] * 5 + [620 / 40] * 5)
    assert prior == pytest.approx([120 / 620] * 5 + [4 / 620] * 5)


def test_the_pull_of_a_class_by_hand():
    """Cross-entropy pulls an example by 2 (1 - p_y) in all; being drawn twice doubles that."""
    p = F.softmax(SCORES, 1)[torch.arange(4), LABELS].numpy()
    each = np.bincount(LABELS.numpy(), 1 - p) * np.array([1.0, 1.0, 2.0])
    found = imbalance.pulls(CrossEntropy(), SCORES, LABELS, (1.0, 1.0, 2.0))
    np.testing.assert_allclose(found, each / each.sum())


def test_a_run_is_counted_as_scikit_learn_counts():
    run = fit.trained(recipe("over"))
    seen = imbalance.learnt(run, HIGH, 9999)
    assert seen.steps.tolist() == list(range(0, 301, 20))
    assert imbalance.learnt(run, HIGH, 59).at == 2
    with torch.no_grad():
        scores = run.module()(torch.from_numpy(seen.test.images)[:, None])
    said = scores.argmax(1).numpy()
    assert np.array_equal(seen.said, said)
    true = seen.test.labels
    np.testing.assert_allclose(seen.recall, recall_score(true, said, average=None))
    options = {"labels": list(HIGH), "average": "micro"}
    assert seen.rare_recall == pytest.approx(recall_score(true, said, **options))
    assert seen.rare_precision == pytest.approx(precision_score(true, said, **options))
    assert seen.frequent_recall == pytest.approx(recall_score(true, said, labels=list(range(5)), average="micro"))
    assert seen.few == 4
    above = scores - scores.mean(1, keepdim=True)
    np.testing.assert_allclose(run.history["logit"][-1], above.mean(0).numpy(), atol=1e-4)
    assert run.history["pull"][0, 5:].sum() == pytest.approx(0.5, abs=0.05)  # oversampled: half of all draws
