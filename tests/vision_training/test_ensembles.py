"""Ensembles: where members come from, the exact split of the error, and what refusing is worth."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from torch.optim.swa_utils import AveragedModel

from explainer.vision.training import digits, drawn, ensembles, fit
from explainer.vision.training.parts import scores_of

LABELS = digits.split().test.labels


def some(seed=0, members=4, count=30):
    rng = np.random.default_rng(seed)
    p = rng.random((members, count, 10)) ** 3
    return p / p.sum(2, keepdims=True), rng.integers(0, 10, count)


def test_the_error_splits_exactly():
    p, labels = some()
    found = ensembles.errors(p, labels)
    single = np.mean([[((p[k, n] - np.eye(10)[labels[n]]) ** 2).sum() for n in range(30)] for k in range(4)])
    assert found.single == pytest.approx(single)
    assert found.single == pytest.approx(found.average + found.spread)
    same = ensembles.errors(np.repeat(p[:1], 3, 0), labels)
    assert same.spread == pytest.approx(0.0)
    assert same.average == pytest.approx(same.single)


def test_starts_and_bagging_train_ten_nets_and_the_others_one():
    counts = {kind: len(ensembles.recipes(kind, 60, 0)) for kind in ("starts", "bagging", "dropout", "shifts")}
    assert counts == {"starts": 10, "bagging": 10, "dropout": 1, "shifts": 1}
    starts, bags = ensembles.recipes("starts", 60, 0), ensembles.recipes("bagging", 60, 0)
    assert len({one.seed for one in starts}) == 10
    assert all(one.data == starts[0].data for one in starts)
    assert len({one.data.train.digest for one in bags}) == 10
    given = {one.tobytes() for one in starts[0].data.train.images}
    for one in bags:
        assert len(one.data.train) == 60
        drawn = {picture.tobytes() for picture in one.data.train.images}
        assert drawn < given, "drawn with replacement: some are missing, none is new"
    assert set(ensembles.recipes("starts", 60, 1)).isdisjoint(starts)


def test_members_are_what_they_are_called():
    (run,) = [fit.start(one) for one in ensembles.recipes("shifts", 60, 0)]
    p = ensembles.answers("shifts", [run])
    assert p.shape == (9, len(LABELS), 10)
    np.testing.assert_allclose(p.sum(2), 1.0)
    plain = F.softmax(scores_of(run.module(), digits.split().test).double(), 1).numpy()
    np.testing.assert_allclose(p[0], plain)
    (run,) = [fit.start(one) for one in ensembles.recipes("dropout", 60, 0)]
    p = ensembles.answers("dropout", [run])
    assert len(p) == 10
    plain = F.softmax(scores_of(run.module(), digits.split().test).double(), 1).numpy()
    np.testing.assert_allclose(p[0], plain)
    assert len({one.tobytes() for one in p}) == 10
    np.testing.assert_array_equal(p, ensembles.answers("dropout", [run]))


def test_digits_move_as_roll_does_but_for_the_border():
    test = digits.split().test.first(5)
    for right, down in ensembles.MOVES:
        moved = ensembles.moved(test, right, down).images
        rolled = np.roll(test.images, (down, right), (1, 2))
        np.testing.assert_array_equal(moved[:, 1:-1, 1:-1], rolled[:, 1:-1, 1:-1])
    assert not ensembles.moved(test, 1, 0).images[:, :, 0].any()
    assert not ensembles.moved(test, 0, -1).images[:, -1].any()


def test_the_usual_member_comes_first_and_none_is_lost():
    p, labels = some(members=5, count=200)
    first = ensembles.usual_first(p, labels)
    wrong = (p.argmax(2) != labels).sum(1)
    assert abs((first[0].argmax(1) != labels).sum() - wrong.mean()) == np.abs(wrong - wrong.mean()).min()
    assert {one.tobytes() for one in first} == {one.tobytes() for one in p}


def test_refusing_the_doubtful_by_hand():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.45, 0.55]])
    labels = np.array([0, 1, 1, 0])  # right, wrong, right, wrong; the last is the least certain
    np.testing.assert_allclose(ensembles.kept_right(p, labels, np.array([0.0, 0.25, 0.5])), [0.5, 2 / 3, 1.0])


def test_all_members_have_one_accuracy_and_fewer_have_the_mean_of_theirs():
    p, labels = some(members=3, count=100)
    mean, spread = ensembles.by_members(p, labels)
    assert mean[-1] == pytest.approx(ensembles.right(p, labels))
    assert spread[-1] == pytest.approx(0.0)
    singles = [ensembles.right(p[k : k + 1], labels) for k in range(3)]
    assert min(singles) <= mean[0] <= max(singles)


def test_members_are_asked_about_any_digits():
    (run,) = [fit.start(one) for one in ensembles.recipes("shifts", 60, 0)]
    test = digits.split().test
    some_digits = test.take(np.array([3, 4]))
    asked = ensembles.answers("shifts", [run], asked=some_digits)
    np.testing.assert_allclose(asked, ensembles.answers("shifts", [run])[:, [3, 4]], rtol=1e-5)


def test_a_drawn_digit_is_read_by_every_member():
    from explainer.demos.explained import ensembles as demo

    runs = [fit.start(one) for one in ensembles.recipes("starts", 60, 0)]
    part = demo.own(runs, demo.Params(members=4))
    p = ensembles.answers("starts", runs, asked=drawn.read_as(drawn.as_digit(drawn.ink_of(demo.DRAWN))))[:4, 0]
    assert part.panels[0].slug == next(one.panel for one in demo.Ensembles().controls() if one.name == "drawn")
    assert part.values["own_digit"] == p.mean(0).argmax()
    assert part.values["agree_count"] == (p.argmax(1) == p.mean(0).argmax()).sum()
    assert part.panels[1].layers[0].below == tuple(str(one) for one in p.argmax(1))
    assert "Draw a digit" in demo.own(runs, demo.Params(drawn=())).headline


@pytest.fixture(scope="module")
def swa_run():
    (recipe,) = ensembles.recipes("swa", 60, 0)
    return fit.trained(recipe)


def test_moments_are_the_last_marks_and_begin_with_the_end(swa_run):
    held = ensembles.moments(swa_run)
    assert len(held) == ensembles.MEMBERS
    for name, array in swa_run.weights.items():
        np.testing.assert_array_equal(held[0][name], array)
    shorter = fit.trained(replace(swa_run.recipe, steps=ensembles.STEPS - ensembles.SWA_EVERY))
    for name, array in shorter.weights.items():
        np.testing.assert_array_equal(held[1][name], array)


def test_averaged_weights_are_those_of_torch(swa_run):
    held = ensembles.moments(swa_run)
    nets = [swa_run.recipe.net.loaded(one) for one in held]
    theirs = AveragedModel(nets[0])
    for net in nets:
        theirs.update_parameters(net)
    ours = ensembles.averaged(held)
    for name, tensor in theirs.module.state_dict().items():
        np.testing.assert_allclose(ours[name], tensor.numpy(), rtol=1e-5, atol=1e-7)
    assert not any(isinstance(one, nn.modules.batchnorm._BatchNorm) for one in nets[0].modules())
    p = ensembles.answers("swa", [swa_run])
    joint = ensembles.together("swa", [swa_run], p)
    test = digits.split().test
    expected = F.softmax(scores_of(theirs.module.eval(), test).double(), 1).numpy()
    np.testing.assert_allclose(joint[-1], expected, atol=1e-5)
    np.testing.assert_array_equal(joint[0], p[0])
    assert np.abs(joint[-1] - p.mean(0)).max() > 1e-3, "one net of mean weights, not the mean of ten answers"


def test_the_rate_of_snapshots_falls_as_with_torch():
    (recipe,) = ensembles.recipes("snapshots", 60, 0)
    weight = nn.Parameter(torch.zeros(1))
    theirs = torch.optim.SGD([weight], lr=1.0)
    going = CosineAnnealingWarmRestarts(theirs, ensembles.CYCLE)
    for step in range(2 * ensembles.CYCLE + 3):
        assert recipe.schedule.factor(step, recipe.steps, recipe.per_epoch) == pytest.approx(going.get_last_lr()[0])
        weight.grad = torch.zeros(1)
        theirs.step()
        going.step()
    assert recipe.every == ensembles.CYCLE, "a moment is noted where the rate is lowest"


def test_what_it_costs():
    cost = ensembles.cost
    assert cost("starts", 4) == cost("bagging", 4) == ensembles.Cost(4 * ensembles.STEPS, 4)
    assert cost("snapshots", 10) == ensembles.Cost(ensembles.STEPS, 10)
    assert cost("swa", 10) == ensembles.Cost(ensembles.STEPS, 1)


def test_the_first_together_are_the_mean_of_their_probabilities():
    p, _ = some(members=4)
    joint = ensembles.together("starts", [], p)
    np.testing.assert_allclose(joint[2], (p[0] + p[1] + p[2]) / 3)
