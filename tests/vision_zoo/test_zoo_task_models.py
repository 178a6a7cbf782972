"""torchvision's detectors and segmenters: the same as torchvision's own loading, and fetched like any weights."""

import hashlib
import http.server
import io
import threading
from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models._api import WeightsEnum
from torchvision.ops import FrozenBatchNorm2d

from explainer.core.problem import ExplainerError, Problem
from explainer.vision.zoo import cards, fetching, task_cards, task_models

SMALL = ("ssdlite320_mobilenet_v3_large", "lraspp_mobilenet_v3_large")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    task_models._loaded.cache_clear()
    return tmp_path / "data" / "weights"


def lively_state(net):
    """Random weights under which batch norms do something."""
    torch.manual_seed(3)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d | FrozenBatchNorm2d):
            module.running_mean.data.normal_(0, 0.1)
            module.running_var.data.uniform_(0.001, 1.5)  # small ones, so that epsilon matters
            module.weight.data.uniform_(0.7, 1.3)
            module.bias.data.normal_(0, 0.1)
    return net.state_dict()


def test_catalogue_names_all_of_torchvision_and_no_classifier():
    theirs = [
        n for m in ("detection", "segmentation") for n in torchvision.models.list_models(getattr(torchvision.models, m))
    ]
    assert sorted(task_cards.catalogue()) == sorted(theirs)
    assert not set(task_cards.catalogue()) & set(cards.catalogue())
    assert all(cards.find(name) is None for name in theirs)
    for name, offer in task_cards.catalogue().items():
        weights = torchvision.models.get_model_weights(name).DEFAULT
        assert offer.url == weights.url
        assert list(offer.card.labels) == weights.meta["categories"]
        assert len(offer.sha256_prefix) == 8
        assert int(offer.sha256_prefix, 16) >= 0


@pytest.mark.parametrize(
    "name",
    ["ssdlite320_mobilenet_v3_large", "fasterrcnn_mobilenet_v3_large_320_fpn", "retinanet_resnet50_fpn",
     "lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large"],
)  # fmt: skip
def test_features_equal_those_of_torchvisions_own_loading(name, monkeypatch):
    """torchvision chooses other norms and another epsilon when it loads weights; the numbers must be the same."""
    monkeypatch.setattr(WeightsEnum, "get_state_dict", lambda self, *a, **k: held["state"])
    held = {"state": None}
    builder = torchvision.models.get_model
    with torch.device("meta"):
        monkeypatch.setattr(nn.Module, "load_state_dict", lambda self, state, **k: None)
        shapes = builder(name, weights="DEFAULT", weights_backbone=None)
        monkeypatch.undo()
    monkeypatch.setattr(WeightsEnum, "get_state_dict", lambda self, *a, **k: held["state"])
    generator = torch.Generator().manual_seed(5)
    held["state"] = {
        key: torch.rand(value.shape, generator=generator) * (0.02 if "running_var" not in key else 0.5)
        if value.is_floating_point() else torch.zeros((), dtype=value.dtype)
        for key, value in shapes.state_dict().items()
    }  # fmt: skip
    theirs = builder(name, weights="DEFAULT", weights_backbone=None).eval()
    ours = task_models.build(name)
    task_models.fill(ours, held["state"], name, "")
    ours.eval()
    x = torch.rand(1, 3, 96, 128, generator=generator)
    with torch.no_grad():
        expected, found = theirs.backbone(x), ours.backbone(x)
    assert expected.keys() == found.keys()
    for key, value in expected.items():
        assert torch.isfinite(value).all()
        torch.testing.assert_close(found[key], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", SMALL)
def test_absent_says_how_to_get_it(name):
    assert not task_cards.here(name)
    with pytest.raises(ExplainerError) as error:
        task_models.load_detector(name)
    assert "is not on this machine" in error.value.problem.what
    assert f"Ctrl+M or: explainer models fetch {name}" in error.value.problem.todo


def test_unknown_name():
    with pytest.raises(ExplainerError, match="no detector or segmenter called yolo"):
        task_models.load_detector("yolo")


@pytest.fixture
def served(home, monkeypatch):
    """A local server that has one small network with random weights; yields its name and state."""
    name = "ssdlite320_mobilenet_v3_large"
    state = lively_state(task_models.build(name))
    buffer = io.BytesIO()
    torch.save(state, buffer)
    body = buffer.getvalue()
    file = f"ssdlite-{hashlib.sha256(body).hexdigest()[:8]}.pth"
    offer = replace(task_cards.catalogue()[name], url=f"https://nowhere.invalid/models/{file}")
    monkeypatch.setattr(task_cards, "catalogue", lambda: {name: offer})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("EXPLAINER_WEIGHTS_URL", f"http://127.0.0.1:{httpd.server_port}/models")
    yield name, state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_fetched_loaded_and_run(served):
    name, state = served
    path = fetching.fetch(name)
    assert not isinstance(path, Problem), path
    assert task_cards.here(name)
    net = task_models.load_detector(name, "cpu")
    assert task_models.load_detector(name, "cpu") is net
    assert not net.training
    assert not any(parameter.requires_grad for parameter in net.parameters())
    for key, value in net.state_dict().items():
        torch.testing.assert_close(value, state[key])
    with torch.no_grad():
        (found,) = net([torch.rand(3, 80, 100)])
    assert set(found) == {"boxes", "labels", "scores"}


def test_damaged_file_is_said(served):
    name, state = served
    path = task_cards.catalogue()[name].path
    torch.save({key: value for key, value in state.items() if "head.classification" not in key}, path)
    with pytest.raises(ExplainerError, match="do not fit SSDLite320") as error:
        task_models.load_detector(name)
    assert error.value.problem.todo == f"Fetch it again: explainer models fetch {name}"
