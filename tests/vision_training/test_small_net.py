"""Gradients and runs of the small net against independent references."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from explainer.vision.training import digits, fit, small_net, small_net_report
from explainer.vision.training.examples import Split, tensors
from explainer.vision.training.parts import Adam, Sgd
from explainer.vision.training.small_net import SmallNet

TRAIN, TEST = digits.split()


def recipe(epochs, kind="sgd", rate=0.05, **given):
    return small_net.recipe(small_net.optimiser(kind, rate, 0.9), epochs=epochs, **given)


def reference(weights, activation):
    """The same net out of torch's own modules."""
    act = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[activation]
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), act(), nn.Conv2d(8, 16, 3, padding=1), act(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 32), act(), nn.Linear(32, 10),
    )  # fmt: skip
    with torch.no_grad():
        for p, w in zip(net.parameters(), weights.values(), strict=True):
            p.copy_(torch.as_tensor(w))
    return net


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_scores_and_gradients_are_those_of_torchs_modules(activation):
    module = SmallNet(activation).begun(3)
    net = reference(module.state_dict(), activation)
    images, labels = tensors(TRAIN.first(40))
    loss = nn.CrossEntropyLoss()(net(images), labels)
    loss.backward()
    ours, gradients = small_net.loss_and_gradients(module, dict(module.named_parameters()), images, labels)
    assert ours == pytest.approx(loss.item(), rel=1e-6)
    for g, p in zip(gradients, net.parameters(), strict=True):
        torch.testing.assert_close(g, p.grad)
    assert small_net.count(SmallNet(activation)) == sum(p.numel() for p in net.parameters()) == 9802


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_slope_of_a_weight_agrees_with_moving_it(activation):
    snapshot = fit.start(small_net.recipe(net=SmallNet(activation)))
    check = small_net_report.check_slope(snapshot, TRAIN)
    assert check.backward != 0
    assert check.relative_error < 1e-5
    net = reference(snapshot.weights, activation).double()
    images, labels = tensors(TRAIN.first(64), dtype=torch.float64)
    loss = nn.CrossEntropyLoss()(net(images), labels)
    (gradient,) = torch.autograd.grad(loss, [net[0].weight])
    assert check.backward == pytest.approx(gradient.flatten()[gradient.abs().argmax()].item(), rel=1e-9)


def test_a_dead_net_has_no_slope_to_check():
    snapshot = fit.start(recipe(1))
    dead = {**snapshot.weights, "conv1.bias": np.full(8, -100, np.float32)}  # biases that no ReLU gets over
    assert small_net_report.check_slope(replace(snapshot, weights=dead), TRAIN).relative_error is None


@pytest.mark.parametrize(("kind", "rate"), [("sgd", 0.03), ("adam", 0.003)])
def test_an_epoch_is_that_of_a_bare_loop(kind, rate):
    ours = fit.trained(recipe(1, kind, rate, train_size=200))
    net = reference(dict(SmallNet().begun(0).state_dict()), "relu")
    make = {"sgd": lambda p: torch.optim.SGD(p, rate, momentum=0.9), "adam": lambda p: torch.optim.Adam(p, rate)}
    optimiser = make[kind](net.parameters())
    images, labels = tensors(TRAIN.first(200))
    losses = []
    for batch in torch.from_numpy(np.random.default_rng([0, 2, 0]).permutation(200)).split(32):
        loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.array_equal(ours.losses, losses)
    for ours_, theirs in zip(ours.weights.values(), net.parameters(), strict=True):
        np.testing.assert_array_equal(ours_, theirs.detach().numpy())


def test_the_first_loss_is_that_of_guessing():
    for seed in range(3):
        first = fit.start(recipe(0, seed=seed)).history
        assert first["loss_test"][0] == pytest.approx(np.log(10), abs=0.05)
        assert first["accuracy_test"][0] < 0.3


def test_starting_weights_have_hes_spread():
    one, two = (dict(SmallNet(init_scale=s).begun(0).state_dict()) for s in (1.0, 3.0))
    for name, fan_in in (("conv1", 9), ("conv2", 72), ("linear1", 256), ("linear2", 32)):
        w, wide = (net[f"{name}.weight"].numpy() for net in (one, two))
        np.testing.assert_allclose(wide, 3 * w, rtol=1e-6)
        expected = np.sqrt(2 / fan_in) * (0.1 if fan_in == 32 else 1.0)
        assert w.std() == pytest.approx(expected, rel=4 / np.sqrt(2 * w.size))
        assert not one[f"{name}.bias"].any()


def test_it_learns_32_digits_by_heart():
    history = fit.trained(recipe(50, train_size=32)).history
    assert history["accuracy_train"][-1] == 1.0
    assert history["loss_train"][-1] < 0.02
    assert history["accuracy_test"][-1] < 0.95


def test_it_learns():
    assert fit.trained(recipe(5)).history["accuracy_test"][-1] > 0.85


def test_numbers_out_of_range_end_the_run_on_its_last_good_weights():
    wild = recipe(5, rate=3.0, train_size=64, batch_size=8, net=SmallNet(init_scale=10.0))
    begun = fit.start(wild)
    begun = replace(begun, weights={name: (w * 1e6).astype(np.float32) for name, w in begun.weights.items()})
    *_, after = fit.fit(begun)
    assert after.diverged
    assert after.done
    assert after.epoch < 5
    assert all(np.isfinite(w).all() for w in after.weights.values())
    assert np.isfinite(after.history["loss_test"]).all()
    assert list(fit.fit(replace(after, recipe=replace(wild, steps=100)))) == []


def test_sigmoids_and_small_weights_make_the_gradient_vanish():
    def ratio(net):
        sizes = fit.start(small_net.recipe(net=net)).history["gradients"][0]
        return sizes[0] / sizes[-1], sizes[0]

    assert ratio(SmallNet("sigmoid"))[0] < 0.1 * ratio(SmallNet())[0]
    assert ratio(SmallNet(init_scale=0.1))[1] < 0.01 * ratio(SmallNet())[1]


def test_the_confusion_matrix_is_scikit_learns():
    from sklearn.metrics import confusion_matrix

    snapshot = fit.trained(recipe(3, train_size=300))
    answers = small_net_report.answers(snapshot, TEST)
    np.testing.assert_array_equal(answers.confusion, confusion_matrix(TEST.labels, answers.said))
    assert np.trace(answers.confusion) / 500 == pytest.approx(snapshot.history["accuracy_test"][-1])
    np.testing.assert_allclose(answers.probabilities.sum(1), 1.0)
    true, said, times = answers.top_confusion
    assert times == np.sum((TEST.labels == true) & (answers.said == said))
    assert true != said
    own = answers.probabilities[np.arange(500), TEST.labels]
    assert own[answers.hardest[0]] == own.min()
    assert (np.diff(own[answers.hardest]) >= 0).all()


def test_the_optimisers_are_those_that_were_asked_for():
    assert small_net.optimiser("sgd", 0.1, 0.5) == Sgd(0.1, 0.5)
    assert small_net.optimiser("adam", 0.1, 0.5) == Adam(0.1)
    assert isinstance(recipe(1).data, Split)
