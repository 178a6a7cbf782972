"""A network is handed back as it was, however the block ends."""

import pytest
import torch
from zoo_photos import photo

from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.vision.zoo.zoo import Zoo

ONE = Settings(threads=1)
NAME = "efficientnet-lite0"


@pytest.fixture(scope="module")
def zoo():
    return Zoo()


def state(net):
    """Everything a later borrower could notice, written out independently of the zoo's own bookkeeping."""
    out = {}
    for path, module in net.named_modules():
        hooks = {k: len(v) for k, v in vars(module).items() if "hook" in k and hasattr(v, "__len__")}
        own = {k: id(v) for k, v in vars(module).items() if not k.startswith("_")}
        children = [(name, id(child)) for name, child in module.named_children()]
        out[path] = (hooks, own, module.training, children)
    for path, p in (*net.named_parameters(), *net.named_buffers()):
        out[f"{path}!"] = (p.requires_grad, p.grad is None, float(p.detach().double().sum()), p._backward_hooks)
    return out


def states(net):
    return state(net.network()), state(net.network(stock=True))


def misuse(net):
    """What captum, a careless demo or a training step may do to a network."""
    for module in (net.network(), net.network(stock=True)):
        module.train()
        module.requires_grad_(True)
        module.blocks[3].register_forward_hook(lambda m, i, o: o * 2)
        module.blocks[3].register_forward_pre_hook(lambda m, i: None)
        module.head.register_full_backward_hook(lambda m, i, o: None)
        module.head.conv.weight.grad = torch.ones_like(module.head.conv.weight)
        module.head.conv.weight.register_hook(lambda g: g)
        module.note = "mine"
        module.blocks[0].extra = torch.nn.Identity()
        module.dropout.p = 0.9
        del module.pool


def test_misuse_leaves_nothing_behind(zoo):
    with zoo.lease(NAME, ONE) as net:
        before = states(net)
        misuse(net)
        assert states_differ(before, net)
    with zoo.lease(NAME, ONE) as again:
        assert again.network(stock=True) is net.network(stock=True)
        assert states(again) == before


def states_differ(before, net):
    """The independent picture must see the misuse, or it proves nothing."""
    after = states(net)
    return all(b != a for b, a in zip(before, after, strict=True))


def test_body_that_raises_leaves_nothing_behind(zoo):
    with zoo.lease(NAME, ONE) as net:
        before = states(net)
    with pytest.raises(RuntimeError, match="mine"), zoo.lease(NAME, ONE) as net:
        misuse(net)
        raise RuntimeError("mine")
    with zoo.lease(NAME, ONE) as again:
        assert states(again) == before


@pytest.mark.parametrize("layer", ["pool", "blocks.99", "classifier"])
def test_wrong_layer_leaves_nothing_behind(zoo, layer):
    with zoo.lease(NAME, ONE) as net:
        before = states(net)
    with pytest.raises(ExplainerError), zoo.lease(NAME, ONE) as net:
        net.split(net.prepare(photo("chelsea")).tensor, layer)
    with zoo.lease(NAME, ONE) as again:
        assert states(again) == before


def test_split_leaves_nothing_even_inside_the_lease(zoo):
    with zoo.lease(NAME, ONE) as net:
        before = states(net)
        x = net.prepare(photo("chelsea")).tensor
        for layer in ("head", "blocks.3"):
            net.split(x, layer).gradient(5)
        with pytest.raises(ExplainerError):
            net.split(x, "pool")
        assert states(net) == before


def test_numbers_that_were_written_are_read_again_from_the_file(zoo):
    with zoo.lease(NAME, ONE) as net:
        before = states(net)
        x = net.prepare(photo("chelsea")).tensor
        logits = net.logits(x)
        with torch.no_grad():
            net.network().classifier.weight.zero_()
    with zoo.lease(NAME, ONE) as again:
        torch.testing.assert_close(again.logits(x), logits)
        weights = states(again)
    assert [v[2] for k, v in weights[0].items() if k.endswith("!")] == [
        v[2] for k, v in before[0].items() if k.endswith("!")
    ]


def test_running_means_that_training_moved_are_read_again(zoo):
    x = torch.randn(2, 3, 64, 64)
    with zoo.lease(NAME, ONE) as net:
        logits = net.logits(x, stock=True)
        net.network(stock=True).train()(x)
    with zoo.lease(NAME, ONE) as again:
        assert torch.equal(again.logits(x, stock=True), logits)


def test_a_lease_within_a_lease_keeps_what_the_outer_one_did(zoo):
    runs = []
    with zoo.lease(NAME, ONE) as outer:
        before = states(outer)
        outer.network().head.register_forward_hook(lambda m, i, o: runs.append("outer"))
        with zoo.lease(NAME, ONE) as inner:
            inner.network().head.register_forward_hook(lambda m, i, o: runs.append("inner"))
        outer.logits(torch.zeros(1, 3, 64, 64))
        assert runs == ["outer"]
    with zoo.lease(NAME, ONE) as again:
        assert states(again) == before


def test_networks_are_kept_and_the_oldest_goes(zoo, monkeypatch):
    monkeypatch.setattr("explainer.vision.zoo.zoo.KEPT", 1)
    with zoo.lease(NAME, ONE) as net:
        first = net.network(stock=True)
    with zoo.lease(NAME, ONE) as net:
        assert net.network(stock=True) is first
    with zoo.lease("efficientnet-lite1", ONE):
        pass
    with zoo.lease(NAME, ONE) as net:
        assert net.network(stock=True) is not first


def test_threads_and_fit_are_the_sessions(zoo):
    before = torch.get_num_threads()
    try:
        with zoo.lease(NAME, Settings(threads=2, fit="whole")) as net:
            assert torch.get_num_threads() == 2
            assert net.prepare(photo("chelsea")).focus == (0, 0, 451, 300)
        with zoo.lease(NAME, Settings(threads=1)) as net:
            assert torch.get_num_threads() == 1
            assert net.prepare(photo("chelsea")).focus[0] > 0
    finally:
        torch.set_num_threads(before)


def test_unknown_model_is_one_sentence(zoo):
    with pytest.raises(ExplainerError, match="no model called nothing"), zoo.lease("nothing", ONE):
        pass
