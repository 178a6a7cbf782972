"""Gradients, optimisers and runs of the small net against independent references."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from explainer.vision.training import digits, small_net, small_net_report
from explainer.vision.training.small_net import Recipe

TRAIN, TEST = digits.split()


def run(recipe, epochs, train=TRAIN, snapshot=None):
    first = snapshot or small_net.start(recipe, train, TEST)
    return [first, *small_net.train_on(first, train, TEST, epochs, lambda _done: None)][-1]


def reference(weights, activation):
    """The same net out of torch's own modules."""
    act = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[activation]
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), act(), nn.Conv2d(8, 16, 3, padding=1), act(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 32), act(), nn.Linear(32, 10),
    )  # fmt: skip
    with torch.no_grad():
        for p, w in zip(net.parameters(), weights, strict=True):
            p.copy_(torch.from_numpy(w))
    return net


def same(one, two):
    pairs = [(one.weights, two.weights), (one.means, two.means), (one.squares, two.squares)]
    arrays = all(np.array_equal(a, b) for g, h in pairs for a, b in zip(g, h, strict=True))
    return arrays and one.history == two.history and np.array_equal(one.batch_losses, two.batch_losses)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_scores_and_gradients_are_those_of_torchs_modules(activation):
    weights = small_net.starting_weights(Recipe(seed=3))
    net = reference(weights, activation)
    images, labels = small_net.tensors(TRAIN.first(40))
    loss = nn.CrossEntropyLoss()(net(images), labels)
    loss.backward()
    ours, gradients = small_net.loss_and_gradients([torch.from_numpy(w) for w in weights], images, labels, activation)
    assert ours == pytest.approx(loss.item(), rel=1e-6)
    for g, p in zip(gradients, net.parameters(), strict=True):
        torch.testing.assert_close(g, p.grad)
    assert small_net.count(weights) == sum(p.numel() for p in net.parameters()) == 9802


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_slope_of_a_weight_agrees_with_moving_it(activation):
    snapshot = small_net.start(Recipe(activation=activation), TRAIN, TEST)
    check = small_net_report.check_slope(snapshot, TRAIN)
    assert check.backward != 0
    assert check.relative_error < 1e-5
    net = reference(snapshot.weights, activation).double()
    images, labels = small_net.tensors(TRAIN.first(64), torch.float64)
    loss = nn.CrossEntropyLoss()(net(images), labels)
    (gradient,) = torch.autograd.grad(loss, [net[0].weight])
    assert check.backward == pytest.approx(gradient.flatten()[gradient.abs().argmax()].item(), rel=1e-9)


def test_a_dead_net_has_no_slope_to_check():
    snapshot = small_net.start(Recipe(), TRAIN, TEST)
    dead = [w.copy() for w in snapshot.weights]
    dead[1][:] = -100  # biases that no ReLU gets over
    assert small_net_report.check_slope(replace(snapshot, weights=tuple(dead)), TRAIN).relative_error is None


@pytest.mark.parametrize(("optimiser", "rate"), [("sgd", 0.1), ("adam", 0.01)])
def test_steps_are_those_of_torchs_optimisers(optimiser, rate):
    recipe = Recipe(optimiser=optimiser, learning_rate=rate, momentum=0.8)
    rng = np.random.default_rng(0)
    weights = [torch.from_numpy(rng.normal(size=s).astype(np.float32)) for s in ((4, 3), (5,))]
    theirs = [w.clone().requires_grad_() for w in weights]
    make = {"sgd": lambda p: torch.optim.SGD(p, rate, momentum=0.8), "adam": lambda p: torch.optim.Adam(p, rate)}
    other = make[optimiser](theirs)
    means, squares = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    for step in range(1, 8):
        gradients = [torch.from_numpy(rng.normal(size=tuple(w.shape)).astype(np.float32)) for w in weights]
        small_net.move(recipe, weights, means, squares, gradients, step)
        for p, g in zip(theirs, gradients, strict=True):
            p.grad = g.clone()
        other.step()
        for w, p in zip(weights, theirs, strict=True):
            torch.testing.assert_close(w, p.detach(), rtol=1e-6, atol=1e-7)


def test_the_first_loss_is_that_of_guessing():
    for seed in range(3):
        first = small_net.start(Recipe(seed=seed), TRAIN, TEST).history[0]
        assert first.loss_test == pytest.approx(np.log(10), abs=0.05)
        assert first.accuracy_test < 0.3


def test_starting_weights_have_hes_spread():
    one, two = (small_net.starting_weights(Recipe(init_scale=s)) for s in (1.0, 3.0))
    for w, wide, fan_in in zip(one[::2], two[::2], (9, 72, 256, 32), strict=True):
        np.testing.assert_allclose(wide, 3 * w, rtol=1e-6)
        expected = np.sqrt(2 / fan_in) * (0.1 if fan_in == 32 else 1.0)
        assert w.std() == pytest.approx(expected, rel=4 / np.sqrt(2 * w.size))
    assert all(not b.any() for b in one[1::2])


def test_it_learns():
    assert run(Recipe(), 5).history[-1].accuracy_test > 0.85


def test_seeds_repeat():
    one, two, other = (run(Recipe(seed=seed, train_size=300), 2) for seed in (0, 0, 1))
    assert same(one, two)
    assert not same(one, other)


def test_it_learns_32_digits_by_heart():
    snapshot = run(Recipe(train_size=32, learning_rate=0.05), 50)
    assert snapshot.history[-1].accuracy_train == 1.0
    assert snapshot.history[-1].loss_train < 0.02
    assert snapshot.history[-1].accuracy_test < 0.95


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_resumed_run_ends_on_the_same_bits(optimiser):
    recipe = Recipe(optimiser=optimiser, learning_rate=0.01, train_size=200)
    through = run(recipe, 5)
    stopped = run(recipe, 2)
    assert stopped.epoch == 2
    assert same(run(recipe, 5, snapshot=stopped), through)


def test_a_run_that_is_stopped_inside_an_epoch_leaves_its_snapshot_alone():
    recipe = Recipe(train_size=200)
    snapshot = run(recipe, 1)
    copy = [w.copy() for w in (*snapshot.weights, *snapshot.means)]
    calls = []

    class Stop(Exception):
        pass

    def on_step(done):
        calls.append(done)
        if len(calls) == 3:
            raise Stop

    with pytest.raises(Stop):
        next(small_net.train_on(snapshot, TRAIN, TEST, 3, on_step))
    assert all(np.array_equal(a, b) for a, b in zip(copy, (*snapshot.weights, *snapshot.means), strict=True))
    assert calls == pytest.approx([(1 + 0) / 3, (1 + 32 / 200) / 3, (1 + 64 / 200) / 3])


def test_each_epoch_uses_every_digit_once():
    recipe = Recipe(train_size=100, batch_size=30)
    snapshot = run(recipe, 2, snapshot=None)
    assert snapshot.steps == len(snapshot.batch_losses) == 2 * 4
    first = small_net.start(recipe, TRAIN, TEST)
    order = np.random.default_rng([recipe.seed, 2, 0]).permutation(100)
    assert sorted(order) == list(range(100))
    images, labels = small_net.tensors(TRAIN.first(100))
    net = reference(first.weights, "relu")
    batch = torch.from_numpy(order[:30])
    loss = nn.CrossEntropyLoss()(net(images[batch]), labels[batch]).item()
    assert snapshot.batch_losses[0] == pytest.approx(loss, rel=1e-6)


def test_numbers_out_of_range_end_the_run_on_its_last_good_weights():
    recipe = Recipe(init_scale=10.0, train_size=64, learning_rate=3.0, batch_size=8)
    start = small_net.start(recipe, TRAIN, TEST)
    start = replace(start, weights=tuple((w * 1e6).astype(np.float32) for w in start.weights))
    after = run(recipe, 5, snapshot=start)
    assert after.diverged
    assert after.epoch < 5
    assert all(np.isfinite(w).all() for w in after.weights)
    assert all(np.isfinite(e.loss_test) for e in after.history)
    assert run(recipe, 9, snapshot=after) is after


def test_sigmoids_and_small_weights_make_the_gradient_vanish():
    ratio = {}
    for name, recipe in {
        "relu": Recipe(),
        "sigmoid": Recipe(activation="sigmoid"),
    }.items():
        sizes = small_net.start(recipe, TRAIN, TEST).history[0].gradients
        ratio[name] = sizes[0] / sizes[-1]
    assert ratio["sigmoid"] < 0.1 * ratio["relu"]
    small = small_net.start(Recipe(init_scale=0.1), TRAIN, TEST).history[0].gradients
    usual = small_net.start(Recipe(), TRAIN, TEST).history[0].gradients
    assert small[0] < 0.01 * usual[0]


def test_the_confusion_matrix_adds_up():
    snapshot = run(Recipe(train_size=300), 3)
    answers = small_net_report.answers(snapshot, TEST)
    np.testing.assert_array_equal(answers.confusion.sum(1), np.bincount(TEST.labels, minlength=10))
    assert np.trace(answers.confusion) / 500 == pytest.approx(snapshot.history[-1].accuracy_test)
    np.testing.assert_allclose(answers.probabilities.sum(1), 1.0)
    true, said, times = answers.top_confusion
    assert times == np.sum((TEST.labels == true) & (answers.said == said))
    assert true != said
    own = answers.probabilities[np.arange(500), TEST.labels]
    assert own[answers.hardest[0]] == own.min()
    assert (np.diff(own[answers.hardest]) >= 0).all()


def test_threads_are_as_before_also_when_the_run_is_stopped():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(KeyboardInterrupt), small_net.one_thread():
            assert torch.get_num_threads() == 1
            raise KeyboardInterrupt
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
