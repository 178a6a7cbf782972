"""Several labels: pictures of two digits, the four losses by hand and by torchvision, and what is made of scores."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

from explainer.vision.metrics import labels as of_labels
from explainer.vision.training import digits, fit, overlaps

RNG = torch.Generator()
LOGITS = torch.tensor([[2.0, 0.5, -1.0], [0.1, 4.0, 0.3], [-3.0, -6.0, 0.0]], dtype=torch.float64)
LABELS = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)


class Given(nn.Module):
    """Says what it was given."""

    def forward(self, x):
        return x


def loss_of(loss, logits=LOGITS, labels=LABELS):
    return loss(Given(), logits, labels, RNG)


# Losses -------------------------------------------------------------------------------------------------


def test_binary_cross_entropy_by_hand():
    p, y = torch.sigmoid(LOGITS).numpy(), LABELS.numpy()
    by_hand = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert float(loss_of(overlaps.Binary())) == pytest.approx(by_hand)


def test_the_softmax_shares_one_probability_among_the_labels():
    logs = F.log_softmax(LOGITS, 1)
    by_hand = -((logs[0, 0] + logs[0, 2]) / 2 + logs[1, 1]) / 3
    assert float(loss_of(overlaps.Shared())) == pytest.approx(float(by_hand)), "a picture without labels adds 0"


@pytest.mark.parametrize("gamma", [0.0, 2.0, 3.5])
def test_focal_loss_is_torchvisions(gamma):
    theirs = sigmoid_focal_loss(LOGITS, LABELS, alpha=-1, gamma=gamma, reduction="mean")
    assert float(loss_of(overlaps.Focal(gamma))) == pytest.approx(float(theirs))


@pytest.mark.parametrize(("positive", "negative", "margin"), [(0.0, 4.0, 0.05), (1.0, 4.0, 0.2), (2.0, 2.0, 0.0)])
def test_asymmetric_loss_by_hand(positive, negative, margin):
    p, y = torch.sigmoid(LOGITS).numpy(), LABELS.numpy()
    low = np.maximum(p - margin, 0)
    each = np.where(y > 0, (1 - p) ** positive * np.log(p), low**negative * np.log(1 - low))
    assert float(loss_of(overlaps.Asymmetric(positive, negative, margin))) == pytest.approx(-each.mean())


def test_asymmetric_loss_comes_to_the_other_two():
    assert float(loss_of(overlaps.Asymmetric(0, 0, 0))) == pytest.approx(float(loss_of(overlaps.Binary())))
    assert float(loss_of(overlaps.Asymmetric(2, 2, 0))) == pytest.approx(float(loss_of(overlaps.Focal(2))))


def test_below_its_margin_a_label_that_does_not_hold_pulls_no_more():
    logits = torch.tensor([[-4.0, 1.0]], dtype=torch.float64, requires_grad=True)  # 0.018 and 0.73
    loss_of(overlaps.Asymmetric(), logits, torch.zeros(1, 2, dtype=torch.float64)).backward()
    assert float(logits.grad[0, 0]) == 0
    assert float(logits.grad[0, 1]) > 0


def test_what_is_certain_and_wrong_gives_finite_gradients():
    for loss in (overlaps.Binary(), overlaps.Shared(), overlaps.Focal(), overlaps.Asymmetric()):
        logits = torch.tensor([[-200.0, 200.0]], requires_grad=True)
        loss_of(loss, logits, torch.tensor([[1.0, 0.0]])).backward()
        assert torch.isfinite(logits.grad).all(), loss


# Pictures -----------------------------------------------------------------------------------------------


def test_a_picture_is_the_maximum_of_two_digits():
    source = digits.split().train.first(50)
    made = overlaps.pictures(source, np.arange(50), False, np.random.default_rng(0))
    assert made.images.shape == (50, 12, 12)
    assert (made.labels.sum(1) == 2).all()
    assert (made.labels[np.arange(50), source.labels] == 1).all()
    others = made.labels.copy()
    others[np.arange(50), source.labels] = 0
    for image, first, other in zip(made.images, source.images, others.argmax(1), strict=True):
        fields = []
        for second in source.images[source.labels == other]:
            field = np.zeros((12, 12), np.float32)
            field[:8, :8] = first
            field[4:, 4:] = np.maximum(field[4:, 4:], second)
            fields.append(field)
        assert any(np.array_equal(image, field) for field in fields)


def test_pictures_may_hold_fewer_digits():
    made = overlaps.examined(True).test
    counts = np.bincount(made.labels.sum(1).astype(int), minlength=4)
    assert counts[0] and counts[1] and counts[2] and not counts[3]
    assert np.array_equal(made.images.any((1, 2)), made.labels.any(1))


def test_each_epoch_pairs_anew_and_the_same_for_all():
    train = digits.split().train
    one, again, next_one = (overlaps.Paired().renewed(train, 0, epoch) for epoch in (0, 0, 1))
    assert one == again
    assert one != next_one
    assert len({recipe.seed for recipe in overlaps.recipes(False, 3)}) == 1


# Runs ---------------------------------------------------------------------------------------------------


def test_a_run_by_hand():
    recipe = overlaps.recipes(False, 0)[1]
    run = fit.start(recipe)
    validation, test = overlaps.examined(False)
    found = overlaps.examine(run, False)
    with torch.no_grad():
        logits = run.module()(torch.from_numpy(test.images)[:, None])
    np.testing.assert_allclose(found.scores, F.softmax(logits, 1).numpy(), atol=1e-6)
    np.testing.assert_allclose(found.scores.sum(1), 1)
    sigmoids = overlaps.examine(fit.start(overlaps.recipes(False, 0)[0]), False)
    np.testing.assert_allclose(sigmoids.scores, torch.sigmoid(logits).numpy(), atol=1e-6)
    some = overlaps.scores(run, validation)
    assert found.best == of_labels.best_one(some, validation.labels > 0, overlaps.THRESHOLDS)
    assert found.said(0.0).all()


def test_sigmoids_name_both_digits_and_a_softmax_cannot():
    true = overlaps.examined(False).test.labels > 0
    sigmoids, shared = (overlaps.examine(fit.trained(one), False) for one in overlaps.recipes(False, 1)[:2])
    at = [of_labels.found(one.said(0.5), true) for one in (sigmoids, shared)]
    assert at[0].micro > 0.9
    assert at[0].exact > 0.7
    assert at[1].exact == 0
    assert of_labels.found(shared.said(shared.best), true).micro > 0.88
