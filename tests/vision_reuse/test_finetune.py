"""A tail over frozen layers is the whole network; two rates are torch's own; the zoo's network stays as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.commands import bootstrap
from explainer.core.context import Settings
from explainer.vision.reuse import finetune, sets
from explainer.vision.training.fit import trained
from explainer.vision.zoo.lite0 import lite0

SHOWN = sets.shipped("garments", 1, 0)


def data(first):
    few = sets.Shown(type(SHOWN.split)(SHOWN.split.train, SHOWN.split.test.first(4)), SHOWN.train, SHOWN.test[:4])
    return finetune.data(few, first, lambda _share: None)


def run(first, **how):
    from dataclasses import replace

    return trained(replace(finetune.recipe(data(first), first, **how), steps=2, every=2))


def test_frozen_layers_and_untrained_tail_are_the_published_network():
    split, tail = data(16), finetune.Tail(16, 10).begun(0).eval()
    with torch.no_grad():
        x = torch.from_numpy(finetune.put_out(SHOWN.test[:4], 0)).permute(0, 3, 1, 2)
        net = finetune.pretrained()
        whole = net.pool(net.head(net.blocks(net.stem(x)))).flatten(1)
        found = torch.from_numpy(split.test.images).permute(0, 3, 1, 2)
        for step in tail.steps:
            found = step(found)
    np.testing.assert_allclose(found.mean((2, 3)).numpy(), whole.numpy(), atol=1e-4)


def test_old_layers_make_the_steps_of_a_group_of_their_own():
    torch.manual_seed(0)
    ours, plain = (nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2)) for _ in range(2))
    plain.load_state_dict(ours.state_dict())
    one = finetune.TwoRates(0.1, 0.25).over(ours.parameters())
    groups = [
        {"params": plain[0].parameters(), "lr": 0.1 * 0.25},
        {"params": plain[1].parameters(), "lr": 0.1},
    ]
    other = torch.optim.SGD(groups, momentum=finetune.MOMENTUM)
    for _ in range(3):
        for net, optimiser in ((ours, one), (plain, other)):
            optimiser.zero_grad()
            net(torch.ones(4, 3)).square().mean().backward()
            optimiser.step()
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_frozen_batch_norms_keep_their_statistics_and_others_do_not():
    name = "steps.0.norm.running_mean"
    before = finetune.pretrained().head.norm.running_mean.numpy().copy()
    assert (run(17).weights[name] == before).all()
    assert not (run(17, batch_statistics=True).weights[name] == before).all()


def test_neither_the_published_nor_the_zoos_network_moves():
    settings = Settings(device="cpu")
    with bootstrap.zoo().lease("efficientnet-lite0", settings) as lent:
        zoos = lent.network(stock=True)
        before = {name: tensor.clone() for name, tensor in zoos.state_dict().items()}
        snapshot = run(16, old=1.0)
        assert finetune.drift(snapshot.module(), 16)[16:].min() > 0
        for net in (zoos, finetune.pretrained()):
            assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_what_is_frozen_has_no_drift_and_stays_the_same():
    found = finetune.moved(run(17, old=1.0).module(), 17, SHOWN.test[:6], lambda _share: None)
    assert (found.drift[:17] == 0).all()
    assert found.drift[17] > 0
    np.testing.assert_allclose(found.likeness.diagonal()[:17], 1)
    assert found.likeness[17, 17] < 1


def test_drift_is_that_of_the_weights():
    tail = finetune.Tail(17, 10).begun(0)
    with torch.no_grad():
        for one in tail.steps.parameters():
            one.mul_(1.5)
    assert finetune.drift(tail, 17)[17] == pytest.approx(0.5)


def test_the_wrong_scale_is_another_input():
    right, wrong = (finetune.put_out(SHOWN.test[:1], 0, right=one) for one in (True, False))
    assert (right.min(), wrong.min()) == (pytest.approx(-127 / 128, abs=0.02), 0)
    assert lite0(10).steps()[0][0] == "stem"


def test_the_probe_is_the_same_wherever_learning_begins():
    for first in (16, 18):
        features = [finetune._on(examples, first) for examples in data(first)]
        np.testing.assert_allclose(features[1], finetune._on(data(17).test, 17), atol=1e-4)
