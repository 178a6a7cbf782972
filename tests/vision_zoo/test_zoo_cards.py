"""Cards are plain data, true to the networks, and there before torch is."""

import hashlib
import json
import subprocess
import sys

import pytest

from explainer.core.model_card import ModelCard
from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards
from explainer.vision.zoo.zoo import Zoo


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    return tmp_path


def test_cards_are_read_without_torch():
    code = (
        "import sys; from explainer.vision.zoo.zoo import Zoo; zoo = Zoo();"
        "names = [c.name for c in zoo.cards()]; zoo.card(names[0]); zoo.device('cpu');"
        "from explainer.vision.zoo import cards, fetching; cards.catalogue();"
        "print(names[0], [m for m in ('torch', 'torchvision', 'captum', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["efficientnet-lite0", "[]\n"]


def test_default_comes_first_and_offers_its_head_last():
    card = Zoo().cards()[0]
    assert card.name == "efficientnet-lite0"
    assert (card.resize_px, card.input_px, card.interpolation) == (256, 224, "bicubic")
    assert card.layer("last").name == "head"
    assert card.layer("last").shape == (1280, 7, 7)
    assert len(card.layers) == 18  # stem, 16 blocks, head
    assert card.layers[1].label == "block 1 · 16 maps, 112 × 112"


def test_normalisation_is_pixel_minus_127_over_128():
    card = Zoo().card("efficientnet-lite0")
    for pixel in (0, 127, 255):
        assert (pixel / 255 - card.mean[0]) / card.std[0] == pytest.approx((pixel - 127) / 128, abs=1e-12)


def test_labels_are_imagenets():
    card = Zoo().card("efficientnet-lite0")
    assert len(card.labels) == 1000
    # Positions known from the list of the challenge.
    assert [card.label(i) for i in (0, 281, 282, 285, 999)] == [
        "tench", "tabby", "tiger cat", "Egyptian cat", "toilet tissue",
    ]  # fmt: skip


def test_manifest_names_every_shipped_file_and_its_hash():
    rows = {row["file"]: row for row in json.loads(resource("weights", "manifest.json").read_text("utf-8"))}
    for name in cards.SHIPPED:
        row = rows[f"{name}.safetensors"]
        file = resource("weights", row["file"])
        assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"]
        assert all(row[key] for key in ("architecture", "trained_on", "licence", "source", "command"))


def test_catalogue_is_complete_and_every_row_makes_sense():
    rows = cards.catalogue()
    assert len(rows) >= 80
    for name, offer in rows.items():
        card = offer.card
        assert card.name == name
        assert int(offer.sha256_prefix, 16) > 0
        assert len(offer.sha256_prefix) >= 8
        assert offer.url.startswith("https://download.pytorch.org/")
        assert card.resize_px >= card.input_px
        assert 1 <= len(card.layers) <= 24
        assert len({layer.name for layer in card.layers}) == len(card.layers)
        assert all(len(layer.shape) == 3 and layer.shape[1] > 1 for layer in card.layers)
        assert 1 < offer.megabytes < 3000
        assert 50 < offer.top1_percent < 90


def test_nothing_is_available_that_was_not_fetched(home):
    assert [c.tier for c in Zoo().cards()] == ["shipped", "shipped"]
    cards.catalogue()["resnet18"].path.write_bytes(b"anything")
    assert [c.name for c in Zoo().cards()][2:] == ["resnet18"]


def test_unknown_and_unfetched_models_are_told_apart():
    with pytest.raises(ExplainerError) as unknown:
        Zoo().card("resnet19")
    assert unknown.value.problem.what == "There is no model called resnet19."
    assert "efficientnet-lite0" in unknown.value.problem.todo
    with pytest.raises(ExplainerError) as unfetched:
        Zoo().card("resnet18")
    assert unfetched.value.problem.todo == "Fetch it: explainer models fetch resnet18"


def test_card_survives_json():
    card = Zoo().card("efficientnet-lite0")
    data = cards.write_card(card)
    assert data["labels"] == "imagenet"
    again = cards.read_card(json.loads(json.dumps(data)))
    assert isinstance(again, ModelCard)
    assert again == card


def test_unreadable_own_card_is_passed_over(home):
    (cards.own_folder() / "own-broken.json").write_text("{", encoding="utf-8")
    assert cards.owned() == ()


def test_device_is_what_is_there(monkeypatch):
    import torch

    zoo = Zoo()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert [zoo.device(d) for d in ("auto", "cpu", "cuda", "mps")] == ["cpu"] * 4
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [zoo.device(d) for d in ("auto", "cpu", "cuda", "mps")] == ["mps", "cpu", "cpu", "mps"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [zoo.device(d) for d in ("auto", "cpu", "cuda", "mps")] == ["cuda", "cpu", "cuda", "mps"]
    with pytest.raises(ExplainerError, match="no device called tpu"):
        zoo.device("tpu")
