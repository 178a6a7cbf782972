"""torchvision's classifiers without their weights: built, fitted, folded, and read from a fetched file."""

import pytest
import torch
import torchvision
from torch import nn

from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards, naming, torchvision_models
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.layers import MOST, offered
from explainer.vision.zoo.split import is_linear_head, split
from explainer.vision.zoo.zoo import Zoo

ONE = Settings(threads=1)
# All behind the last layer is pooling and one linear map; for the others something bends it.
LINEAR = {
    "resnet18": True, "mobilenet_v2": True, "efficientnet_b0": True, "regnet_x_400mf": True,
    "shufflenet_v2_x0_5": True, "mnasnet0_5": True, "googlenet": True,
    "mobilenet_v3_small": False, "densenet121": False, "squeezenet1_1": False,
}  # fmt: skip


def lively(name):
    """A network whose batch norms do something, so that folding them has something to get wrong."""
    torch.manual_seed(1)
    card = cards.catalogue()[name].card
    net = torchvision_models.build(name, card.input_px)
    net = net.eval().requires_grad_(False)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.uniform_(0.7, 1.3)
            module.bias.normal_(0, 0.1)
    return card, net


@pytest.mark.parametrize("name", LINEAR)
def test_folding_layers_and_linear_heads(name):
    card, net = lively(name)
    fast = folded(net)
    x = torch.randn(1, 3, card.input_px, card.input_px)
    with torch.no_grad():
        logits = net(x)
    scale = float(logits.abs().max())
    assert scale > 0
    last = card.layer("last").name
    for one in {card.layers[0].name, card.layers[len(card.layers) // 2].name, last}:
        stock, quick = split(net, x, one, name), split(fast, x, one, name)
        assert tuple(stock.activation.shape[1:]) == card.layer(one).shape
        torch.testing.assert_close(quick.activation, stock.activation, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(stock.logits, logits, rtol=1e-4, atol=1e-5 * scale)
        torch.testing.assert_close(quick.logits, logits, rtol=1e-3, atol=1e-4 * scale)
    assert is_linear_head(net, x, last, name) is LINEAR[name]
    assert is_linear_head(fast, x, last, name) is LINEAR[name]


@pytest.mark.parametrize("name", ["resnet18", "swin_t", "vit_b_16", "vgg11", "maxvit_t", "regnet_y_400mf", "resnet152"])
def test_catalogue_tells_what_a_run_shows(name):
    card = cards.catalogue()[name].card
    layers = offered(torchvision_models.on_meta(name, card.input_px), card.input_px, "meta")
    assert layers == card.layers
    assert len(layers) <= MOST


def test_catalogue_has_every_classifier_of_this_torchvision_at_its_own_preprocessing():
    assert set(torchvision_models.names()) <= set(cards.catalogue())
    for name in torchvision_models.names():
        weights = torchvision.models.get_model_weights(name).DEFAULT
        offer, seen = cards.catalogue()[name], weights.transforms()
        assert offer.url == weights.url
        assert (offer.card.resize_px, offer.card.input_px) == (seen.resize_size[0], seen.crop_size[0])
        assert (offer.card.mean, offer.card.std) == (tuple(seen.mean), tuple(seen.std))
        assert offer.card.interpolation == seen.interpolation.value


def test_names_of_layers_in_a_residual_network():
    names = [layer.name for layer in cards.catalogue()["resnet18"].card.layers]
    blocks = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    assert names == ["relu", *blocks]  # the blocks' own ReLUs run twice each and mean nothing by name


def test_densenets_old_names_are_put_right():
    old = {"features.denseblock1.denselayer1.norm.1.weight": 1, "features.conv0.weight": 2, "a.norm.1.weight": 3}
    assert list(naming.modern_keys("densenet121", old)) == [
        "features.denseblock1.denselayer1.norm1.weight", "features.conv0.weight", "a.norm.1.weight",
    ]  # fmt: skip
    assert naming.modern_keys("resnet18", old) == old


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))


def test_fetched_file_is_read_and_lent(home):
    torch.manual_seed(5)
    published = torchvision.models.squeezenet1_1().eval()
    torch.save(published.state_dict(), cards.catalogue()["squeezenet1_1"].path)
    x = torch.randn(1, 3, 224, 224)
    with Zoo().lease("squeezenet1_1", ONE) as net, torch.no_grad():
        assert net.card.tier == "fetched"
        assert net.card.labels[282] == "tiger cat"
        torch.testing.assert_close(net.logits(x, stock=True), published(x))


def test_side_classifiers_are_read_and_dropped(home):
    torch.manual_seed(5)
    published = torchvision.models.googlenet(transform_input=True, aux_logits=True, init_weights=False).eval()
    torch.save(published.state_dict(), cards.catalogue()["googlenet"].path)
    x = torch.randn(1, 3, 224, 224)
    with Zoo().lease("googlenet", ONE) as net, torch.no_grad():
        torch.testing.assert_close(net.logits(x, stock=True), published(x))
        assert net.network(stock=True).aux1 is None
        torch.testing.assert_close(net.logits(x), published(x), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["mnasnet0_5", "resnet18"])
def test_old_files_without_counters_are_read(home, name):
    torch.manual_seed(5)
    published = torchvision.models.get_model(name).eval()
    state = {k: t for k, t in published.state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(state, cards.catalogue()[name].path)
    x = torch.randn(1, 3, 224, 224)
    with Zoo().lease(name, ONE) as net, torch.no_grad():
        torch.testing.assert_close(net.logits(x, stock=True), published(x))


def test_fetched_file_that_is_damaged_is_one_sentence(home):
    cards.catalogue()["resnet18"].path.write_bytes(b"not weights")
    with pytest.raises(ExplainerError, match="cut off or no file of weights"), Zoo().lease("resnet18", ONE):
        pass
