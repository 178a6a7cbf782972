"""Wrong labels: how they are made, the losses that distrust them, and what is counted as learnt by heart."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.vision.training import digits, fit, wrong_labels
from explainer.vision.training.parts import CrossEntropy

RNG = torch.Generator()
SCORES = torch.tensor([[2.0, 0.5, -1.0], [0.1, 0.2, 0.3], [-3.0, 4.0, 0.0], [1.0, 1.0, 1.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 2, 0, 1])


class Given(nn.Module):
    """Says what it was given."""

    def forward(self, x):
        return x


def loss_of(loss, scores=SCORES, labels=LABELS):
    return loss(Given(), scores, labels, RNG)


def test_generalised_cross_entropy_by_hand():
    p = np.exp(SCORES.numpy()) / np.exp(SCORES.numpy()).sum(1, keepdims=True)
    p = p[np.arange(4), LABELS.numpy()]
    for q in (0.3, 0.7, 1.0):
        assert float(loss_of(wrong_labels.GeneralisedCrossEntropy(q))) == pytest.approx(np.mean((1 - p**q) / q))
    assert float(loss_of(wrong_labels.GeneralisedCrossEntropy(1e-5))) == pytest.approx(
        float(F.cross_entropy(SCORES, LABELS)), rel=1e-3
    )


def test_its_pull_is_that_of_cross_entropy_times_p_to_the_q():
    pulls = []
    for loss in (wrong_labels.GeneralisedCrossEntropy(0.7), CrossEntropy()):
        scores = SCORES.clone().requires_grad_()
        loss_of(loss, scores).backward()
        pulls.append(scores.grad)
    p = F.softmax(SCORES, 1)[torch.arange(4), LABELS]
    torch.testing.assert_close(pulls[0], pulls[1] * (p**0.7)[:, None])


def test_an_impossible_label_gives_a_finite_gradient():
    scores = torch.tensor([[200.0, -200.0]], requires_grad=True)
    loss_of(wrong_labels.GeneralisedCrossEntropy(), scores, torch.tensor([1])).backward()
    assert torch.isfinite(scores.grad).all()


def test_small_losses_are_chosen():
    each = F.cross_entropy(SCORES, LABELS, reduction="none").sort().values
    assert float(loss_of(wrong_labels.SmallLoss(0.5))) == pytest.approx(float(each[:2].mean()))
    assert float(loss_of(wrong_labels.SmallLoss(0.0))) == pytest.approx(float(each[0]))
    assert float(loss_of(wrong_labels.SmallLoss(1.0))) == pytest.approx(float(each.mean()))


def test_labels_are_made_wrong_as_asked():
    labels = np.repeat(np.arange(10), 1000)
    random = wrong_labels.corrupted(labels, 0.4, "random", 0)
    wrong = random != labels
    assert wrong.mean() == pytest.approx(0.4, abs=0.02)
    away = np.bincount((random - labels)[wrong] % 10, minlength=10)
    assert away[0] == 0
    assert away[1:].min() > 0.8 * away[1:].max()  # each other digit is as likely
    following = wrong_labels.corrupted(labels, 0.4, "next", 0)
    assert np.array_equal(following != labels, wrong)
    assert set((following - labels)[wrong] % 10) == {1}
    assert np.array_equal(wrong_labels.corrupted(labels, 0.0, "random", 0), labels)
    assert not np.array_equal(wrong_labels.corrupted(labels, 0.4, "random", 1), random)


def test_a_run_by_hand():
    recipe = wrong_labels.recipe(CrossEntropy(), 0.4, "random", 100, 0)
    run = fit.trained(recipe)
    seen = wrong_labels.learnt(run, 60)
    assert seen.steps.tolist() == [0, 50, 100]
    assert seen.at == 1
    assert wrong_labels.learnt(run, 9999).at == 2
    net, given, test = run.module(), recipe.data.train, recipe.data.test
    with torch.no_grad():
        scores = net(torch.from_numpy(given.images)[:, None])
        answers = net(torch.from_numpy(test.images)[:, None]).argmax(1).numpy()
    true = digits.split().train.labels[: wrong_labels.TAUGHT]
    wrong = given.labels != true
    last = seen.looked(2)
    assert np.array_equal(last.wrong, wrong)
    assert np.array_equal(last.said, scores.argmax(1).numpy())
    repeated = scores.argmax(1).numpy()[wrong] == given.labels[wrong]
    assert last.by_heart[-1] == pytest.approx(repeated.mean())
    assert last.test[-1] == pytest.approx((answers == test.labels)[200:].mean())
    assert run.history["validation"][-1] == pytest.approx((answers == test.labels)[:200].mean())
    each = F.cross_entropy(scores, torch.from_numpy(given.labels), reduction="none").numpy()
    np.testing.assert_allclose(run.history["loss"][-1], each, rtol=1e-4, atol=1e-5)
