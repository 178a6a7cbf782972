"""A net that was trained in the program becomes a model: its card, its input, and that it says the same as before."""

import numpy as np
import pytest
import torch

from explainer.commands.bootstrap import ZooNetworks
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.demos.learning.train_small_net import Params, TrainSmallNet
from explainer.runtime.engine import Engine, Job
from explainer.runtime.token import JobToken
from explainer.vision.training import digits, fit, small_net
from explainer.vision.training.paper_net import network_of
from explainer.vision.training.parts import scores_of
from explainer.vision.zoo.digits_net import PaperNet
from explainer.vision.zoo.zoo import Zoo

TEST = digits.split().test


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))


def paper(image, cell_px=8):
    """A digit as somebody would photograph it: ink is dark."""
    grey = np.round(255 * (1 - image)).astype(np.uint8).repeat(cell_px, 0).repeat(cell_px, 1)
    return np.stack([grey] * 3, axis=-1)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_it_reads_dark_ink_on_paper_as_the_small_net_reads_ink(activation):
    snapshot = fit.trained(small_net.recipe(epochs=2, net=small_net.SmallNet(activation), train_size=300))
    card = ZooNetworks(at_once=True).keep(network_of(snapshot))
    assert card.tier == "trained"
    assert card.labels == tuple("0123456789")
    assert [layer.shape for layer in card.layers] == [(8, 8, 8), (16, 8, 8)]
    zoo = Zoo()
    assert card.name in [one.name for one in zoo.cards()]
    expected = scores_of(snapshot.module(), TEST.first(5))
    with zoo.lease(card.name, Settings(model=card.name, device="cpu")) as net:
        for image, wanted in zip(TEST.images[:5], expected, strict=True):
            for cell_px in (8, 50):
                prepared = net.prepare(Frame(paper(image, cell_px)))
                got = net.logits(prepared.tensor)[0]
                assert int(got.argmax()) == int(wanted.argmax())
                if cell_px == 8:
                    torch.testing.assert_close(got, wanted, atol=0.05, rtol=0.05)  # grey has 256 levels here
        cut = net.split(net.prepare(Frame(paper(TEST.images[0]))).tensor, "last")
        assert cut.gradient(3).shape == (1, 16, 8, 8)


def test_colour_counts_by_its_brightness():
    net = PaperNet().eval()
    seen = []
    net.conv1.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    for colour in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        net(torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 64, 64))
    assert [round(float(one.mean()), 3) for one in seen] == [0.0, 1.0, 0.413]
    assert seen[0].shape == (1, 1, 8, 8)


def run(engine, **given):
    params = Params(epochs=1, train_size=60, **given)
    return engine.run(Job(0, TrainSmallNet(), params, Frame(paper(TEST.images[0])), Settings()), JobToken(), print)


def kept():
    return [one.name for one in Zoo().cards() if one.tier == "trained"]


def said(finished):
    return [text for text in finished.result.badges if text.startswith("kept as")]


def test_in_a_window_only_a_new_press_keeps_it():
    engine = Engine(Zoo(), networks=ZooNetworks(at_once=False))
    assert not said(run(engine, keep=1))  # a session that was left after a press
    assert kept() == []
    assert said(run(engine, keep=2))
    assert len(kept()) == 1
    assert not said(run(engine, keep=2))
    run(engine, keep=2, learning_rate=0.01)
    assert len(kept()) == 1
    run(engine, keep=3, learning_rate=0.01)
    assert len(kept()) == 2


def test_a_script_keeps_it_at_once_and_the_same_net_once():
    for _ in range(2):
        finished = run(Engine(Zoo(), networks=ZooNetworks(at_once=True)), keep=1)
        (text,) = said(finished)
        assert text.endswith(": choose it in the menu of models")
    assert len(kept()) == 1


def test_nothing_is_kept_where_nobody_asked():
    assert not said(run(Engine(Zoo(), networks=ZooNetworks(at_once=True))))
    assert not said(run(Engine(Zoo()), keep=1))
    assert kept() == []
