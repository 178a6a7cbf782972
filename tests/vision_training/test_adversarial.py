"""Training on attacks: the attack against captum and by hand, the ball it must not leave, and what is counted."""

import numpy as np
import pytest
import torch
from captum.robust import FGSM, PGD
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from explainer.vision.training import adversarial, digits, fit, small_net
from explainer.vision.training.examples import tensors
from explainer.vision.training.parts import CrossEntropy

RNG = torch.Generator()
SLACK = 2.0**-22  # rounding of x ± ε in float32


def net_and_digits(seed=0, count=20):
    net = small_net.SmallNet().begun(seed).eval()
    return net, *tensors(digits.split().test.first(count))


def test_one_step_is_captums_fgsm():
    net, images, labels = net_and_digits()
    loss = nn.CrossEntropyLoss(reduction="none")
    theirs = FGSM(net, loss, lower_bound=0.0, upper_bound=1.0).perturb(images.clone().requires_grad_(), 0.15, labels)
    torch.testing.assert_close(adversarial.attacked(net, images, labels, 0.15, 1), theirs, atol=SLACK, rtol=0)


@pytest.mark.filterwarnings("ignore:Input Tensor:UserWarning")
def test_several_steps_are_captums_pgd():
    net, images, labels = net_and_digits(3)
    attack = PGD(net, nn.CrossEntropyLoss(reduction="none"), lower_bound=0.0, upper_bound=1.0)
    theirs = attack.perturb(
        images.clone().requires_grad_(), radius=0.2, step_size=2.5 * 0.2 / 5, step_num=5, target=labels
    )
    torch.testing.assert_close(adversarial.attacked(net, images, labels, 0.2, 5), theirs, atol=1e-5, rtol=0)


def test_a_linear_net_by_hand():
    """With logits (0, w · x) the loss of class 1 rises against w, so each pixel goes to −ε sign w, or to its end."""
    weight = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, -2.0, 0.5, -3.0]])
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    with torch.no_grad():
        net[1].weight.copy_(weight)
    images, labels = torch.tensor([[[[0.5, 0.5], [0.1, 0.95]]]]), torch.tensor([1])
    expected = torch.tensor([[[[0.25, 0.75], [0.0, 1.0]]]])
    for steps in (1, 5):
        torch.testing.assert_close(adversarial.attacked(net, images, labels, 0.25, steps), expected)
    p = float(torch.sigmoid(weight[1] @ images.flatten()))
    slope = adversarial.gradient(net, images, labels).flatten()
    torch.testing.assert_close(slope, -(1 - p) * weight[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.sampled_from([0.01, 0.15, 0.3, 2.0]), st.integers(0, 6))
def test_no_pixel_leaves_the_ball_or_the_range(seed, eps, steps):
    net, images, labels = net_and_digits(seed, 6)
    for moved in (adversarial.attacked(net, images, labels, eps, steps), adversarial.noisy(images, eps)):
        assert float((moved - images).abs().max()) <= eps + SLACK
        assert 0.0 <= float(moved.min()) <= float(moved.max()) <= 1.0
    if steps == 0:
        assert torch.equal(adversarial.attacked(net, images, labels, eps, 0), images)


def test_noise_is_as_large_as_an_attack_may_be_and_goes_both_ways():
    grey = torch.full((200, 1, 8, 8), 0.5)
    moved = adversarial.noisy(grey, 0.25) - grey
    assert torch.equal(moved.abs(), torch.full_like(moved, 0.25))
    assert abs(float(moved.mean())) < 0.01


def test_more_steps_find_a_larger_loss():
    run = fit.trained(short("usual"))
    net, (images, labels) = run.module(), tensors(digits.split().test.first(100))
    losses = [
        F.cross_entropy(net(adversarial.attacked(net, images, labels, 0.15, steps)), labels).item()
        for steps in (0, 1, 10)
    ]
    assert losses == sorted(losses)
    assert losses[2] > losses[1] + 0.1 > losses[0] + 0.2


def test_what_the_net_does_not_read_is_left_alone():
    """The loss is that of the attack where the net is right, and of the digit itself where it is wrong."""
    net, images, labels = net_and_digits(0, 200)
    read = net(images).argmax(1) == labels
    assert 0 < int(read.sum()) < 200
    loss = adversarial.OnAttacks(0.2, 5)
    for which, seen in ((read, adversarial.attacked(net, images, labels, 0.2, 5)), (~read, images)):
        expected = F.cross_entropy(net(seen[which]), labels[which])
        torch.testing.assert_close(loss(net, images[which], labels[which], RNG), expected)
    plain = adversarial.OnAttacks(0.2, 0)(net, images, labels, RNG)
    assert torch.equal(plain, CrossEntropy()(net, images, labels, RNG))


def short(net, eps=0.15, epochs=4):
    from dataclasses import replace

    made = adversarial.recipe(net, eps, 0)
    return replace(made, steps=epochs * made.per_epoch, every=2 * made.per_epoch)


@pytest.fixture(scope="module")
def robust():
    return fit.trained(short("pgd"))


def test_all_nets_begin_alike_and_differ_in_their_loss_alone():
    usual, one, pgd = (adversarial.recipe(name, 0.15, 0) for name in adversarial.NETS)
    assert (usual.loss.steps, one.loss.steps, pgd.loss.steps) == (0, 1, 5)
    assert usual.data == one.data == pgd.data
    assert usual.per_epoch == 21
    assert usual.steps == 30 * 21
    assert len({one.key() for one in (usual, one, pgd, adversarial.recipe("pgd", 0.3, 0))}) == 4


def test_a_run_is_counted_as_its_net_says(robust):
    seen = adversarial.learnt(robust, 0.15, 30)
    assert seen.epochs.tolist() == [0, 2, 4]
    assert adversarial.learnt(robust, 0.15, 3).at == 1
    net, (images, labels) = robust.module(), tensors(seen.examined)
    assert len(images) == 300
    shown = slice(0, 24)
    for attack, steps, eps in (("clean", 0, 0.15), ("fgsm", 1, 0.15), ("pgd", 10, 0.15), ("double", 10, 0.3)):
        moved = adversarial.attacked(net, images, labels, eps, steps)
        said = net(moved).argmax(1).numpy()
        assert np.array_equal(seen.said(attack), said)
        assert seen.now(attack) == pytest.approx(100 * (said == labels.numpy()).mean())
        if attack != "double":
            np.testing.assert_allclose(seen.pictures(attack), moved[shown, 0].numpy(), atol=1e-6)
    noise = adversarial.noisy(images, 0.15)
    assert np.array_equal(seen.said("noise"), net(noise).argmax(1).numpy())
    assert np.array_equal(seen.pictures("noise"), adversarial.noisy(images[shown], 0.15)[:, 0].numpy())
    assert np.array_equal(seen.ink, images[shown, 0].numpy() >= 0.25)
    slope = adversarial.gradient(net, images[shown], labels[shown])[:, 0].numpy()
    np.testing.assert_allclose(seen.slopes, slope, atol=1e-6)


def test_a_gradient_on_ink_by_hand():
    images = np.array([[[False, True], [True, False]]])
    assert adversarial.on_ink(np.array([[[1.0, -2.0], [0.5, -0.5]]]), images) == pytest.approx(100 * 2.5 / 4)
    assert adversarial.on_ink(np.zeros((1, 2, 2)), images) == 0.0


def test_training_on_attacks_makes_robust_and_its_gradient_lies_on_the_digit(robust):
    usual, seen = (adversarial.learnt(one, 0.15, 30) for one in (fit.trained(short("usual")), robust))
    assert seen.now("pgd") > usual.now("pgd") + 15
    assert seen.on_ink > usual.on_ink + 5
