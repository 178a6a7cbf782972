"""The user's own weights for a named architecture.

A ``.pth`` is a pickle, and a pickle can run anything. It is read with ``weights_only=True``, which builds
tensors and nothing else; a file that asks for more is refused without having been run.
"""

import json
import os
import pickle
import re
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from explainer.core.layers import slug
from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards, loading, torchvision_models

State = dict[str, Tensor]
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")  # what trainers put around a state dict
DAMAGE = (SafetensorError, pickle.UnpicklingError, EOFError, OSError, RuntimeError, LookupError, ValueError)
COUNTER = ".num_batches_tracked"
PREFIX = re.compile(r"^(module\.|_orig_mod\.)+")  # left by DataParallel and torch.compile


def adopt(path: Path, architecture: str, title: str = "") -> ModelCard:
    """Check the user's weights and keep a copy of them, from then on one of the models.

    Parameters
    ----------
    path
        ``.safetensors``, ``.pth`` or ``.pt``.
    architecture
        A torchvision classifier's name, ``"efficientnet-lite0"`` or ``"efficientnet-lite1"``.

    Raises
    ------
    ExplainerError
        If the file cannot be read, is refused, or does not fit the architecture.
    """
    base = loading.base_card(architecture)
    net = fitted(architecture, base, read_state(path))
    classes = _classes(net, net.state_dict())
    labels = base.labels if classes == len(base.labels) else tuple(f"class {k}" for k in range(classes))
    name = f"own-{slug(path.stem) or 'weights'}"
    card = loading.renamed(base, name, title or f"{path.stem} ({base.title})", labels)
    _keep(card, architecture, net)
    return card


def read_state(path: Path) -> State:
    """Read the tensors of a file by name.

    Raises
    ------
    ExplainerError
        If it is missing, cut off, no weights at all, or holds more than tensors.
    """
    try:
        raw = load_file(path) if path.suffix == ".safetensors" else _unpickled(path)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        what = f"{path.name} could not be opened."
        raise ExplainerError(what, "Check that it exists and may be read.", str(error)) from error
    except DAMAGE as error:
        raise _unreadable(path, error) from error
    return _state(path, raw)


def fitted(architecture: str, card: ModelCard, state: State) -> nn.Module:
    """Build `architecture` and load `state`, for as many classes as the state has.

    Raises
    ------
    ExplainerError
        If it does not fit; the sentence says how many tensors do.
    """
    state = torchvision_models.modern_keys(architecture, state)
    net = loading.empty(architecture, card, len(card.labels))
    if (classes := _classes(net, state)) != len(card.labels):
        net = loading.empty(architecture, card, classes)
    want = net.state_dict()
    counters = {key: tensor for key, tensor in want.items() if key.endswith(COUNTER)}
    state = counters | state  # files from before torch 0.4.1 have none, and nothing reads them here
    matching = sum(key in state and state[key].shape == tensor.shape for key, tensor in want.items())
    if matching < len(want) or len(state) > len(want):
        fit, all_of_them = matching - len(counters), len(want) - len(counters)
        what = f"These weights are not of {card.title}: {fit} of {all_of_them} tensors match."
        raise ExplainerError(what, "Choose the architecture they were trained with.")
    for key, tensor in state.items():
        want[key] = tensor  # keeps the versions that torch wrote beside its own tensors
    net.load_state_dict(want)
    return torchvision_models.without_auxiliary(architecture, net)


def _classes(net: nn.Module, state: State) -> int:
    """Number of logits in `state`: the length of what is the last tensor in `net`, its last layer's."""
    name, own = list(net.state_dict().items())[-1]
    return int(state[name].shape[0]) if name in state and state[name].dim() == own.dim() else len(own)


def _unpickled(path: Path) -> object:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected pickle protocol")  # said of files that are refused anyway
        loaded: object = torch.load(path, map_location="cpu", weights_only=True)
    return loaded


def _state(path: Path, raw: object) -> State:
    for wrapper in WRAPPERS:
        if isinstance(raw, dict) and isinstance(raw.get(wrapper), dict):
            raw = raw[wrapper]
    if not isinstance(raw, dict) or not raw or not all(isinstance(t, Tensor) for t in raw.values()):
        what = f"{path.name} holds no list of named tensors."
        raise ExplainerError(what, "Save the network's state_dict and try again.")
    return {PREFIX.sub("", str(key)): tensor for key, tensor in raw.items()}


def _unreadable(path: Path, error: Exception) -> ExplainerError:
    text = str(error)
    if isinstance(error, pickle.UnpicklingError) and _is_pickle(path):
        what = f"{path.name} holds more than weights and was not opened."
        return ExplainerError(what, "Save only the state_dict, best as .safetensors.", text)
    if "TorchScript" in text:
        what = f"{path.name} is a TorchScript program and not a file of weights."
        return ExplainerError(what, "Save the network's state_dict and try again.", text)
    what = f"{path.name} is cut off or no file of weights."
    return ExplainerError(what, "Copy or download it again.", text)


def _is_pickle(path: Path) -> bool:
    """Whether it is what ``torch.save`` or ``pickle.dump`` writes, so that its contents were the trouble."""
    with path.open("rb") as file:
        return file.read(2).startswith((b"PK", b"\x80"))


def _keep(card: ModelCard, architecture: str, net: nn.Module) -> None:
    """Write weights and card beside each other; the card comes last, because it is what makes them count."""
    folder = cards.own_folder()
    weights, about = folder / f"{card.name}.safetensors", folder / f"{card.name}.json"
    try:
        save_file({k: t.contiguous() for k, t in net.state_dict().items()}, _part(weights))
        text = json.dumps({"card": cards.write_card(card), "architecture": architecture}, ensure_ascii=False)
        _part(about).write_text(text, encoding="utf-8")
        _part(weights).replace(weights)
        _part(about).replace(about)
    except (OSError, SafetensorError) as error:
        what = f"The weights could not be kept in {folder}."
        raise ExplainerError(what, "Make room there and try again.", str(error)) from error


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.part")
