"""From a model's name to a frozen network, whatever tier it is of."""

from pathlib import Path

import torch
from torch import nn

from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards, record
from explainer.vision.zoo.architectures import BUILDERS, base_card
from explainer.vision.zoo.fitting import fitted, most_bytes
from explainer.vision.zoo.weights_file import read_states


def weights_file(name: str) -> Path:
    """Return the file a model's weights lie in.

    Raises
    ------
    ExplainerError
        If no such model can be used on this machine; the sentence says how to get it.
    """
    if name in cards.SHIPPED and cards.is_here(cards.shipped_weights(name)):
        return cards.shipped_weights(name)
    offer = cards.catalogue().get(name)
    if offer is not None and cards.is_here(offer.path):
        return offer.path
    return cards.own(name).path


def load(name: str, device: torch.device) -> tuple[ModelCard, nn.Module]:
    """Read a network in eval mode, frozen, on `device`.

    Raises
    ------
    ExplainerError
        If the model is unknown, or its file is damaged or does not fit.
    """
    file = weights_file(name)
    card, net = _read(name, file)
    return card, net.eval().requires_grad_(False).to(device)


def _read(name: str, file: Path) -> tuple[ModelCard, nn.Module]:
    if name in cards.SHIPPED:
        return base_card(name), _shipped(name, file)
    offer = cards.catalogue().get(name)
    if offer is not None and offer.path == file:
        record.check(offer)
        return offer.card, _fitted(name, offer.card, file)
    own = cards.own(name)
    return own.card, _fitted(own.architecture, own.card, file)


def _fitted(architecture: str, card: ModelCard, file: Path) -> nn.Module:
    return fitted(architecture, card, *read_states(file, most_bytes(architecture, card)))


def _shipped(name: str, file: Path) -> nn.Module:
    """Take the file's tensors as they are: the program's own files need no looking through."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with torch.device("meta"):
        net = BUILDERS[name](len(base_card(name).labels))
    try:
        net.load_state_dict(load_file(file), assign=True)
    except (SafetensorError, OSError, RuntimeError) as error:
        what = f"The weights of {name} that came with the program are damaged."
        raise ExplainerError(what, "Install the program again.", str(error)) from error
    return net
