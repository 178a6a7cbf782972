"""The user's own weights: taken when they fit, refused in one sentence when not."""

import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file
from zoo_photos import photo

from explainer.core.context import Settings
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards
from explainer.vision.zoo.lite0 import lite0
from explainer.vision.zoo.own_weights import adopt, read_state
from explainer.vision.zoo.zoo import Zoo

ONE = Settings(threads=1)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def state():
    return load_file(cards.shipped_weights("efficientnet-lite0"))


def refused(path, architecture="efficientnet-lite0"):
    with pytest.raises(ExplainerError) as raised:
        adopt(path, architecture)
    problem = raised.value.problem
    assert problem.what.count(". ") == 0
    assert problem.what.endswith(".")
    assert problem.todo.endswith(".")
    assert cards.owned() == ()
    return problem.what


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_weights_become_a_model_that_can_be_borrowed(tmp_path, state, suffix):
    path = tmp_path / f"My cats{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    card = adopt(path, "efficientnet-lite0")
    assert (card.name, card.tier) == ("own-my-cats", "own")
    zoo = Zoo()
    assert [c.name for c in zoo.cards()][-1] == "own-my-cats"
    assert zoo.card("own-my-cats") == card
    with zoo.lease("own-my-cats", ONE) as own, zoo.lease("efficientnet-lite0", ONE) as shipped:
        x = shipped.prepare(photo("chelsea")).tensor
        assert torch.equal(own.logits(x, stock=True), shipped.logits(x, stock=True))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"model": {f"module.{k}": t for k, t in s.items()}},
        lambda s: {f"_orig_mod.{k}": t for k, t in s.items()},
    ],
)
def test_what_trainers_put_around_is_taken_off(tmp_path, state, wrap):
    torch.save(wrap(state), tmp_path / "mine.pth")
    assert read_state(tmp_path / "mine.pth").keys() == state.keys()


def test_another_number_of_classes_is_taken(tmp_path):
    save_file(lite0(7).state_dict(), tmp_path / "seven.safetensors")
    card = adopt(tmp_path / "seven.safetensors", "efficientnet-lite0")
    assert card.labels == tuple(f"class {k}" for k in range(7))
    with Zoo().lease(card.name, ONE) as net:
        assert net.logits(torch.zeros(1, 3, 224, 224)).shape == (1, 7)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated_file(tmp_path, state, suffix, share):
    path = tmp_path / f"cut{suffix}"
    small = {k: t for k, t in state.items() if k.startswith("classifier")}
    save_file(small, path) if suffix == ".safetensors" else torch.save(small, path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert refused(path) == f"cut{suffix} is cut off or no file of weights."


@pytest.mark.parametrize("name", ["picture.pth", "picture.safetensors"])
def test_some_other_file(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    assert refused(tmp_path / name) == f"{name} is cut off or no file of weights."


def test_wrong_architecture_says_how_much_fits(tmp_path, state):
    changed = dict(state)
    changed["stem.conv.weight"] = torch.zeros(8, 3, 3, 3)
    del changed["head.conv.weight"]
    save_file(changed, tmp_path / "other.safetensors")
    count = sum(not key.endswith("num_batches_tracked") for key in state)
    assert refused(tmp_path / "other.safetensors") == (
        f"These weights are not of EfficientNet-Lite0: {count - 2} of {count} tensors match."
    )


def test_tensors_too_many_do_not_fit_either(tmp_path, state):
    save_file(dict(state) | {"extra": torch.zeros(3)}, tmp_path / "more.safetensors")
    assert "not of EfficientNet-Lite0" in refused(tmp_path / "more.safetensors")


def test_unknown_architecture(tmp_path, state):
    save_file(state, tmp_path / "x.safetensors")
    assert refused(tmp_path / "x.safetensors", "resnet19") == "There is no architecture called resnet19."


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, legacy):
    trace, path = tmp_path / "was-run", tmp_path / "evil.pth"
    if legacy:
        path.write_bytes(pickle.dumps({"a": Evil(trace)}))
    else:
        torch.save({"a": Evil(trace)}, path)
    assert refused(path) == "evil.pth holds more than weights and was not opened."
    assert not trace.exists()
    torch.load(path, weights_only=False) if not legacy else pickle.loads(path.read_bytes())
    assert trace.exists()  # the file was as bad as it was meant to be


def test_a_whole_network_is_not_a_list_of_tensors(tmp_path):
    torch.save({"epoch": 3, "loss": 0.5}, tmp_path / "run.pth")
    assert refused(tmp_path / "run.pth") == "run.pth holds no list of named tensors."
    torch.save(torch.nn.Linear(2, 2), tmp_path / "net.pth")
    assert refused(tmp_path / "net.pth") == "net.pth holds more than weights and was not opened."


def test_missing_file(tmp_path):
    assert refused(tmp_path / "gone.pth") == "gone.pth could not be opened."
    assert refused(tmp_path / "gone.safetensors") == "gone.safetensors could not be opened."


def test_folder_that_cannot_be_written(tmp_path, state, monkeypatch):
    save_file(state, tmp_path / "mine.safetensors")
    folder = tmp_path / "file-in-the-way"
    folder.write_text("")
    monkeypatch.setattr(cards, "own_folder", lambda: folder)
    with pytest.raises(ExplainerError, match="could not be kept"):
        adopt(tmp_path / "mine.safetensors", "efficientnet-lite0")
