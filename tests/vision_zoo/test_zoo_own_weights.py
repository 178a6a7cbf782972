"""The user's own weights: taken when they fit, whatever a trainer put around them, refused in one sentence when not."""

import argparse
import sys
from collections import OrderedDict, defaultdict
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn
from zoo_photos import photo

from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards, kept
from explainer.vision.zoo.lite0 import lite0
from explainer.vision.zoo.loading import load
from explainer.vision.zoo.own_weights import adopt
from explainer.vision.zoo.zoo import Zoo

ONE = Settings(threads=1)
CPU = torch.device("cpu")
FIRST = "features.0.weight"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def state():
    return load_file(cards.shipped_weights("efficientnet-lite0"))


@pytest.fixture(scope="module")
def squeeze():
    """A small network's weights for five classes."""
    torch.manual_seed(0)
    return torchvision.models.squeezenet1_1(num_classes=5).state_dict()


def refused(path, architecture="squeezenet1_1"):
    with pytest.raises(ExplainerError) as raised:
        adopt(path, architecture)
    problem = raised.value.problem
    assert problem.what.count(". ") == 0
    assert problem.what.endswith(".")
    assert problem.todo.endswith(".")
    assert "\n" not in problem.sentence
    assert cards.owned() == ()
    return problem.sentence


def adopted(tmp_path, checkpoint, architecture="squeezenet1_1"):
    """Adopt what torch.save makes of `checkpoint`, and read it again: the tensors."""
    torch.save(checkpoint, tmp_path / "mine.pth")
    card, net = load(adopt(tmp_path / "mine.pth", architecture).name, CPU)
    assert card.labels == tuple(f"class {k}" for k in range(len(card.labels)))
    return net.state_dict()


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    for key, tensor in wanted.items():
        torch.testing.assert_close(found[key], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("suffix", [".safetensors", ".SAFETENSORS", ".pth", ".PT", ".ckpt", ".bin", ""])
@pytest.mark.parametrize("safe", [True, False])
def test_bytes_decide_and_not_the_suffix(tmp_path, squeeze, suffix, safe):
    path = tmp_path / f"My cats{suffix}"
    save_file(squeeze, path) if safe else torch.save(squeeze, path)
    assert adopt(path, "squeezenet1_1").name == "own-my-cats"


def test_weights_become_a_model_that_can_be_borrowed(tmp_path, state):
    torch.save(state, tmp_path / "My cats.pth")
    card = adopt(tmp_path / "My cats.pth", "efficientnet-lite0")
    assert (card.name, card.tier) == ("own-my-cats", "own")
    zoo = Zoo()
    assert [c.name for c in zoo.cards()][-1] == "own-my-cats"
    assert zoo.card("own-my-cats") == card
    with zoo.lease("own-my-cats", ONE) as own, zoo.lease("efficientnet-lite0", ONE) as shipped:
        x = shipped.prepare(photo("chelsea")).tensor
        assert torch.equal(own.logits(x, stock=True), shipped.logits(x, stock=True))


# What trainers put around -------------------------------------------------------------------------------

PREFIXES = (
    "module.", "model.", "net.", "backbone.", "model.module.", "_orig_mod.", "encoder.", "module._orig_mod.model.",
    "my_net.",
)  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_that_all_share_is_dropped(tmp_path, squeeze, prefix):
    assert_same(adopted(tmp_path, {f"{prefix}{key}": t for key, t in squeeze.items()}), squeeze)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {"state_dict": s, "epoch": 3, "best": torch.tensor(0.9)},
        lambda s: {"state_dict_ema": s},
        lambda s: {"model_ema": {"n_averaged": torch.tensor(3), **{f"module.{k}": t for k, t in s.items()}}},
        lambda s: {"model_state_dict": s, "optimizer_state_dict": {"state": {0: {"exp_avg": torch.zeros(3)}}}},
        lambda s: {"net": s, "acc": 71.3, "epoch": 3},
        lambda s: {"ema": {"shadow": s}},
        lambda s: {"model": s, "args": argparse.Namespace(lr=0.1, out="runs"), "epoch": 1},
        lambda s: {"state_dict": s, "best_acc1": np.float64(71.3)},
        lambda s: {
            "pytorch-lightning_version": "2.5.0",
            "hyper_parameters": {"lr": 0.1},
            "state_dict": {f"model.{k}": t for k, t in s.items()} | {"criterion.weight": torch.ones(5)},
        },
        lambda s: {"state_dict": s, "confusion": np.zeros((5, 5)), "rng": np.random.get_state()},  # noqa: NPY002
        lambda s: {"state_dict": s, "torch": torch.__version__, "when": datetime(2026, 1, 2, tzinfo=UTC)},
        lambda s: {"state_dict": s, "log": defaultdict(list, loss=[1.0]), "args": SimpleNamespace(lr=0.1)},
        lambda s: OrderedDict((k, nn.Parameter(t) if t.is_floating_point() else t) for k, t in s.items()),
        lambda s: s | {"features.0.total_ops": torch.zeros(1), "n_averaged": torch.tensor(1)},
    ],
)
def test_what_trainers_put_around_is_taken_off(tmp_path, squeeze, wrap):
    assert_same(adopted(tmp_path, wrap(squeeze)), squeeze)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("lightning.fabric.utilities.data.AttributeDict", dict),
        ("yacs.config.CfgNode", dict),
        ("omegaconf.dictconfig.DictConfig", object),
    ],
)
def test_settings_of_libraries_that_are_not_here_are_passed_over(tmp_path, squeeze, monkeypatch, name, base):
    room, _, kind = name.rpartition(".")
    rooms = [room[:at] for at in range(1, len(room) + 1) if room[at : at + 1] in (".", "")]
    for one in rooms:
        monkeypatch.setitem(sys.modules, one, ModuleType(one))
    made = type(kind, (base,), {"__module__": room})
    setattr(sys.modules[room], kind, made)
    settings = made()
    settings.__dict__["frozen"] = True
    if base is dict:
        settings["lr"] = 0.1
    state = {f"model.{key}": tensor for key, tensor in squeeze.items()}
    torch.save({"state_dict": state, "hyper_parameters": settings}, tmp_path / "c.ckpt")
    for one in rooms:
        monkeypatch.delitem(sys.modules, one)
    assert_same(load(adopt(tmp_path / "c.ckpt", "squeezenet1_1").name, CPU)[1].state_dict(), squeeze)


def test_averaged_weights_come_first(tmp_path, squeeze):
    other = {key: tensor + 1 for key, tensor in squeeze.items()}
    assert_same(adopted(tmp_path, {"state_dict": other, "state_dict_ema": squeeze}), squeeze)


def test_old_format_of_torch_is_read(tmp_path, squeeze):
    torch.save(squeeze, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert_same(load(adopt(tmp_path / "old.pth", "squeezenet1_1").name, CPU)[1].state_dict(), squeeze)


def test_two_networks_in_a_file_are_not_guessed_between(tmp_path, squeeze):
    torch.save({f"{who}.{k}": t for who in ("left", "right") for k, t in squeeze.items()}, tmp_path / "two.pth")
    assert refused(tmp_path / "two.pth").startswith("Two such networks lie in the file: left and right.")


# Kinds of numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.to(memory_format=torch.channels_last) if t.dim() == 4 else t,
        lambda t: torch.cat([t[None], t[None] + 1])[0],
        lambda t: torch.stack([t, t], dim=-1)[..., 0],
        lambda t: t.double(),
        lambda t: t.clone().requires_grad_(),
    ],
)
def test_layouts_and_views_keep_their_numbers(tmp_path, squeeze, change):
    assert_same(adopted(tmp_path, {key: change(tensor) for key, tensor in squeeze.items()}), squeeze)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_single(tmp_path, squeeze, kind):
    found = adopted(tmp_path, {key: tensor.to(kind) for key, tensor in squeeze.items()})
    assert_same(found, {key: tensor.to(kind).float() for key, tensor in squeeze.items()})


def test_tied_tensors_get_memory_of_their_own(tmp_path, squeeze):
    twins = [key for key, t in squeeze.items() if t.shape == (64, 16, 1, 1)]
    assert len(twins) > 1
    tied = squeeze | dict.fromkeys(twins, squeeze[twins[0]])
    found = adopted(tmp_path, tied)
    assert_same(found, tied)
    assert len({found[key].data_ptr() for key in twins}) == len(twins)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda t: t.index_fill(0, torch.tensor([0]), float("nan")), "are not finite"),
        (lambda t: t.index_fill(0, torch.tensor([0]), float("inf")), "are not finite"),
        (lambda t: t.double() * 1e300, "are not finite"),
        (lambda t: t.to_sparse(), "is sparse"),
        (lambda t: t.to(torch.complex64), "is complex"),
        (lambda t: t.to("meta"), "is without numbers"),
        (lambda t: (t * 100).to(torch.int8), "is stored as int8"),
    ],
)
def test_what_is_no_plain_number_is_refused_by_name(tmp_path, squeeze, make, said):
    torch.save(squeeze | {FIRST: make(squeeze[FIRST])}, tmp_path / "odd.pth")
    assert f"{FIRST} {said}" in refused(tmp_path / "odd.pth")


@pytest.mark.filterwarnings("ignore")
def test_quantised_is_refused_by_name(tmp_path, squeeze):
    odd = torch.quantize_per_tensor(squeeze[FIRST], 0.1, 0, torch.qint8)
    torch.save(squeeze | {FIRST: odd}, tmp_path / "odd.pth")
    assert "quantised" in refused(tmp_path / "odd.pth")


def test_negative_variance_is_refused(tmp_path):
    net = torchvision.models.resnet18(num_classes=2).state_dict()
    net["bn1.running_var"][3] = -1
    torch.save(net, tmp_path / "bad.pth")
    assert "bn1.running_var are negative" in refused(tmp_path / "bad.pth", "resnet18")


def test_index_outside_its_table_is_refused(tmp_path):
    net = torchvision.models.swin_t(num_classes=2).state_dict()
    net["features.1.0.attn.relative_position_index"][0] = 10**6
    torch.save(net, tmp_path / "bad.pth")
    assert "points outside its table" in refused(tmp_path / "bad.pth", "swin_t")


# Last layers, side heads, other names -------------------------------------------------------------------


def test_another_number_of_classes_is_taken(tmp_path):
    save_file(lite0(7).state_dict(), tmp_path / "seven.safetensors")
    card = adopt(tmp_path / "seven.safetensors", "efficientnet-lite0")
    assert card.labels == tuple(f"class {k}" for k in range(7))
    with Zoo().lease(card.name, ONE) as net:
        assert net.logits(torch.zeros(1, 3, 224, 224)).shape == (1, 7)


@pytest.mark.parametrize(
    "head",
    [
        nn.Sequential(nn.Dropout(0.2), nn.Linear(512, 3)),
        nn.Sequential(OrderedDict(drop=nn.Dropout(), out=nn.Linear(512, 3))),
        nn.Linear(512, 3, bias=False),
    ],
)
def test_a_replaced_last_layer_computes_the_same(tmp_path, head):
    torch.manual_seed(0)
    net = torchvision.models.resnet18().eval()
    net.fc = head.eval()
    torch.save(net.state_dict(), tmp_path / "mine.pth")
    card = adopt(tmp_path / "mine.pth", "resnet18")
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(load(card.name, CPU)[1](x), net(x))


def test_two_new_layers_are_refused(tmp_path):
    net = torchvision.models.resnet18()
    net.fc = nn.Sequential(nn.Linear(512, 8), nn.ReLU(), nn.Linear(8, 3))
    torch.save(net.state_dict(), tmp_path / "mine.pth")
    assert "fc.weight is missing" in refused(tmp_path / "mine.pth", "resnet18")


@pytest.mark.parametrize("side", [True, False])
@pytest.mark.parametrize("classes", [1000, 4])
def test_side_classifiers_may_be_there_or_not(tmp_path, side, classes):
    net = torchvision.models.googlenet(num_classes=classes, aux_logits=side, init_weights=False).eval()
    net.transform_input = True  # as published
    torch.save(net.state_dict(), tmp_path / "mine.pth")
    card = adopt(tmp_path / "mine.pth", "googlenet")
    assert len(card.labels) == classes
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(load(card.name, CPU)[1](x), net(x))


def test_timms_vision_transformer_is_torchvisions_under_other_names(tmp_path):
    net = torchvision.models.vit_b_32(num_classes=3, image_size=224)
    theirs = {}
    for key, tensor in net.state_dict().items():
        for ours, name in (
            ("class_token", "cls_token"), ("encoder.pos_embedding", "pos_embed"), ("conv_proj", "patch_embed.proj"),
            ("encoder.layers.encoder_layer_", "blocks."), ("ln_", "norm"), ("self_attention.in_proj_", "attn.qkv."),
            ("self_attention.out_proj", "attn.proj"), ("mlp.0", "mlp.fc1"), ("mlp.3", "mlp.fc2"),
            ("encoder.ln", "norm"), ("heads.head", "head"),
        ):  # fmt: skip
            key = key.replace(ours, name)
        theirs[key] = tensor
    assert "blocks.0.attn.qkv.weight" in theirs
    assert "blocks.11.norm2.bias" in theirs
    assert "norm.weight" in theirs
    found = adopted(tmp_path, {"model": theirs}, "vit_b_32")
    assert_same(found, net.state_dict())


# What does not fit --------------------------------------------------------------------------------------


def test_wrong_architecture_says_how_much_fits_and_what_does_not(tmp_path, squeeze):
    changed = squeeze | {FIRST: torch.zeros(8, 3, 3, 3)}
    del changed["features.3.squeeze.bias"]
    save_file(changed, tmp_path / "other.safetensors")
    assert refused(tmp_path / "other.safetensors").startswith(
        f"These weights are not of SqueezeNet1.1: {len(squeeze) - 2} of {len(squeeze)} tensors match; "
        f"{FIRST} is 8 × 3 × 3 × 3 instead of 64 × 3 × 3 × 3."
    )


def test_tensors_too_many_do_not_fit_either(tmp_path, squeeze):
    save_file(dict(squeeze) | {"extra": torch.zeros(3)}, tmp_path / "more.safetensors")
    assert "extra has no place in it" in refused(tmp_path / "more.safetensors")


@pytest.mark.parametrize("prefix", ["", "module.model."])
@pytest.mark.parametrize(("theirs", "title"), [("resnet34", "ResNet34"), ("mobilenet_v2", "MobileNet V2")])
def test_another_architecture_is_recognised(tmp_path, prefix, theirs, title):
    net = torchvision.models.get_model(theirs, num_classes=4).state_dict()
    torch.save({f"{prefix}{key}": tensor for key, tensor in net.items()}, tmp_path / "x.pth")
    assert f"They seem to be of {title}: choose that." in refused(tmp_path / "x.pth")


def test_the_architecture_that_was_chosen_is_not_recommended(tmp_path, squeeze):
    save_file(dict(squeeze) | {"classifier.1.bias": torch.zeros(7)}, tmp_path / "x.safetensors")
    said = refused(tmp_path / "x.safetensors")
    assert "classifier.1.bias is 7 instead of 5" in said
    assert "choose that" not in said


def test_shipped_architecture_is_recognised(tmp_path, state):
    save_file(state, tmp_path / "x.safetensors")
    assert "They seem to be of EfficientNet-Lite0: choose that." in refused(tmp_path / "x.safetensors")


def test_unknown_architecture(tmp_path, squeeze):
    save_file(squeeze, tmp_path / "x.safetensors")
    assert refused(tmp_path / "x.safetensors", "resnet19").startswith("There is no architecture called resnet19.")


def test_absurd_number_of_classes_builds_nothing(tmp_path, squeeze):
    head = torch.zeros(()).expand(2**40, 512, 1, 1)
    torch.save(squeeze | {"classifier.1.weight": head}, tmp_path / "many.pth")
    assert "for 1,099,511,627,776 classes" in refused(tmp_path / "many.pth")


# Keeping ------------------------------------------------------------------------------------------------


def test_other_weights_of_the_same_name_do_not_replace_the_first(tmp_path, squeeze):
    torch.save(squeeze, tmp_path / "best.pth")
    other = {key: tensor + 1 for key, tensor in squeeze.items()}
    (tmp_path / "run2").mkdir()
    torch.save(other, tmp_path / "run2" / "best.pth")
    names = [adopt(tmp_path / folder / "best.pth", "squeezenet1_1").name for folder in ("", "run2", "", "run2")]
    assert names == ["own-best", "own-best-2", "own-best", "own-best-2"]
    assert_same(load("own-best", CPU)[1].state_dict(), squeeze)
    assert_same(load("own-best-2", CPU)[1].state_dict(), other)


@pytest.mark.parametrize("stem", ["x" * 200, "été ∂ 猫", "..", "a\nb", "con"])
def test_any_name_of_a_file_can_be_kept(tmp_path, squeeze, stem):
    path = tmp_path / f"{stem}.pth"
    torch.save(squeeze, tmp_path / "plain.pth")
    (tmp_path / "plain.pth").rename(path)
    assert load(adopt(path, "squeezenet1_1").name, CPU)[0].tier == "own"


def test_folder_that_cannot_be_written(tmp_path, squeeze, monkeypatch):
    save_file(squeeze, tmp_path / "mine.safetensors")
    folder = tmp_path / "file-in-the-way"
    folder.write_text("")
    monkeypatch.setattr(cards, "own_folder", lambda: folder)
    with pytest.raises(ExplainerError, match="could not be made: a file of that name is in the way"):
        adopt(tmp_path / "mine.safetensors", "squeezenet1_1")


def test_full_disk_leaves_nothing_behind(tmp_path, squeeze, monkeypatch):
    def full(tensors, part):
        part.write_bytes(b"half")
        raise kept.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(kept, "save_file", full)
    save_file(squeeze, tmp_path / "mine.safetensors")
    assert "the disk is full" in refused(tmp_path / "mine.safetensors")
    assert list(cards.own_folder().iterdir()) == []


def test_a_network_trained_here_is_kept_with_its_tier_and_lent(monkeypatch):
    from explainer.core.model_card import LayerCard
    from explainer.vision.zoo import architectures

    def built(classes):
        return nn.Sequential(
            OrderedDict(conv=nn.Conv2d(3, 4, 3), act=nn.ReLU(), flat=nn.Flatten(), out=nn.Linear(4 * 30 * 30, classes))
        )

    monkeypatch.setattr(architectures, "BUILDERS", {**architectures.BUILDERS, "toy": built})
    layers = (LayerCard("act", "act", (4, 30, 30)),)
    base = architectures.base_card("squeezenet1_1")
    card = kept.replace(
        base, name="trained-toys", tier="trained", labels=tuple("abcde"), layers=layers, resize_px=32, input_px=32
    )
    torch.manual_seed(0)
    net = built(5)
    assert kept.keep(card, "toy", net.state_dict()) == card
    with Zoo().lease("trained-toys", ONE) as lent:
        assert (lent.card.tier, lent.card.labels) == ("trained", tuple("abcde"))
        x = lent.prepare(photo("chelsea")).tensor
        torch.testing.assert_close(lent.logits(x, stock=True), net(x).detach())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"card": 3}', '{"card": {"labels": [[]]}}', "[" * 100_000])
def test_a_broken_card_is_passed_over(tmp_path, squeeze, text):
    torch.save(squeeze, tmp_path / "mine.pth")
    name = adopt(tmp_path / "mine.pth", "squeezenet1_1").name
    (cards.own_folder() / f"{name}.json").write_text(text)
    assert cards.owned() == ()
