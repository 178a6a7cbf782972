"""Trained segmenters kept coarse: bilinear interpolation of their logits is what torchvision returns."""

import numpy as np
import pytest
import torch

from explainer.commands import bootstrap
from explainer.contract.runs import photo
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.params import changed
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.runtime.engine import Job
from explainer.runtime.events import Finished
from explainer.runtime.token import JobToken
from explainer.vision.segmentation import instance_masks, semantic, upsample
from explainer.vision.zoo import task_cards, task_models

NAME = "lraspp_mobilenet_v3_large"


@pytest.fixture
def random_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = task_models.build(NAME).eval().requires_grad_(False)
    monkeypatch.setattr(task_models, "load_segmenter", lambda _name, _device: net)
    monkeypatch.setattr(task_cards, "here", lambda name: name == NAME)


@pytest.mark.parametrize("name", [NAME, "deeplabv3_mobilenet_v3_large"])
def test_coarse_logits_interpolated_are_torchvisions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = task_models.build(name).eval()
    monkeypatch.setattr(task_models, "load_segmenter", lambda _name, _device: net)
    found = semantic.segmenter(name)
    x = torch.randn(1, 3, 96, 64)
    coarse = found.logits(x)
    assert coarse.shape == (1, 21, 96 // found.stride, 64 // found.stride)
    with torch.no_grad():
        wanted = net(x)["out"][0].numpy()
    np.testing.assert_allclose(upsample.upsampled(coarse[0].numpy(), found.stride, "bilinear"), wanted, atol=1e-5)


def test_strides_are_those_of_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in task_cards.names("segmentation"):
        with torch.device("meta"):  # shapes without numbers
            net = task_models.build(name).eval()
            x = torch.empty(1, 3, 160, 96)
        monkeypatch.setattr(task_models, "load_segmenter", lambda _name, _device, net=net: net)
        found = semantic.segmenter(name)
        assert found.logits(x).shape == (1, 21, 160 // found.stride, 96 // found.stride)


def test_what_is_not_here_says_how_to_get_it() -> None:
    assert not task_cards.here(NAME)
    with pytest.raises(ExplainerError, match="not on this machine") as raised:
        semantic.segmenter(NAME)
    assert "explainer models fetch" in raised.value.problem.todo


def test_pixels_are_normalised_as_torchvision_does() -> None:
    grey = Frame(np.full((64, 96, 3), 128, np.uint8))
    seen = semantic.prepare(grey, 96)
    wanted = (128 / 255 - torch.tensor(task_models.MEAN)) / torch.tensor(task_models.STD)
    torch.testing.assert_close(seen.tensor[0, :, 10, 10], wanted)
    assert seen.tensor.shape == (1, 3, 64, 96)


@pytest.mark.usefixtures("random_weights")
def test_the_demo_shows_a_segmenter_that_is_here() -> None:
    result = _run(NAME)
    assert result.values["segmenter_missing"] == 0
    assert result.values["stride_px"] == 8
    assert 1 <= result.values["class_index"] <= 20
    assert "LR-ASPP" in result.badges[0]


def test_the_demo_goes_on_without_one_that_is_not() -> None:
    result = _run(NAME)
    assert result.values["segmenter_missing"] == 1
    assert "not on this machine" in result.reading
    assert "the classifier answers" in result.reading


def _run(network: str) -> Result:
    settings, engine = Settings(threads=1), bootstrap.engine()
    demo = bootstrap.demos().demo("dense-prediction")
    card = bootstrap.zoo().card(settings.model)
    params = changed(demo.defaults(), card, network=network, longest=224)
    done = engine.run(Job(1, demo, params, photo("cat"), settings), JobToken(), lambda _event: None)
    assert isinstance(done, Finished), done
    return done.result


# Instances ----------------------------------------------------------------------------------------------


class TwoObjects(torch.nn.Module):
    """Finds a square on the left, surer, and one over it on the right; and a third that nobody believes."""

    def __init__(self) -> None:
        super().__init__()
        self.transform = torch.nn.Identity()

    def forward(self, pictures: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        height, width = pictures[0].shape[1:]
        masks = torch.zeros(3, 1, height, width)
        masks[0, 0, 5:20, 20:40], masks[1, 0, 5:20, 5:25], masks[2] = 0.9, 0.8, 1.0
        return [{"scores": torch.tensor([0.6, 0.95, 0.3]), "masks": masks}]


def test_the_surer_object_keeps_the_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    net = TwoObjects()
    monkeypatch.setattr(task_models, "load_detector", lambda _name, _device: net)
    quick = instance_masks.detector()
    assert isinstance(net.transform, torch.nn.Identity)  # the other owner's is as it was
    assert quick.transform.min_size == (instance_masks.SHORT_PX,)
    labels = instance_masks.instance_labels(quick, np.zeros((30, 50, 3), np.uint8))
    assert labels.max() == 2
    assert (labels[5:20, 5:25] == 1).all()
    assert (labels[5:20, 25:40] == 2).all()
    assert (labels > 0).sum() == 15 * 35


@pytest.mark.usefixtures("random_weights")
def test_scores_add_up_at_every_pixel() -> None:
    net = semantic.segmenter(NAME)
    scores = semantic.scores_for(net, photo("cat").pixels[::4, ::4])
    assert scores.shape == (21, 75, 113)
    np.testing.assert_allclose(scores.sum(0), 1, atol=1e-5)
