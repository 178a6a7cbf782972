"""From a model's name to a frozen network, whatever tier it is of."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards, torchvision_models
from explainer.vision.zoo.lite0 import lite0, lite1

LITE = {"efficientnet-lite0": lite0, "efficientnet-lite1": lite1}


def weights_file(name: str) -> Path:
    """Return the file a model's weights lie in.

    Raises
    ------
    ExplainerError
        If no such model can be used on this machine; the sentence says how to get it.
    """
    if name in cards.SHIPPED and cards.shipped_weights(name).exists():
        return cards.shipped_weights(name)
    offer = cards.catalogue().get(name)
    if offer is not None and offer.path.exists():
        return offer.path
    for own in cards.owned():
        if own.card.name == name:
            return own.path
    raise cards.unknown(name)


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
    from explainer.vision.zoo.own_weights import fitted, read_state

    if name in LITE:
        net = _quick(name, file)
        return next(card for card in cards.shipped() if card.name == name), net
    offer = cards.catalogue().get(name)
    if offer is not None and offer.path == file:
        return offer.card, fitted(name, offer.card, read_state(file))
    own = next(own for own in cards.owned() if own.card.name == name)
    return own.card, fitted(own.architecture, own.card, read_state(file))


def _quick(name: str, file: Path) -> nn.Module:
    """Take the file's tensors as they are instead of filling random ones."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    with torch.device("meta"):
        net = LITE[name]()
    try:
        net.load_state_dict(load_file(file), assign=True)
    except (SafetensorError, OSError, RuntimeError) as error:
        what = f"The weights of {name} that came with the program are damaged."
        raise ExplainerError(what, "Install the program again.", str(error)) from error
    return net


def base_card(architecture: str) -> ModelCard:
    """Return the card of an architecture, whether or not its published weights are here.

    Raises
    ------
    ExplainerError
        If the architecture is not known.
    """
    for card in cards.shipped():
        if card.name == architecture:
            return card
    if architecture in cards.catalogue():
        return cards.catalogue()[architecture].card
    what = f"There is no architecture called {architecture}."
    raise ExplainerError(what, "Choose a torchvision classifier such as resnet18.")


def empty(architecture: str, card: ModelCard, classes: int) -> nn.Module:
    """Build an architecture for `classes` classes; its numbers are random."""
    if architecture in LITE:
        return LITE[architecture](classes)
    return torchvision_models.build(architecture, card.input_px, classes)


def renamed(card: ModelCard, name: str, title: str, labels: tuple[str, ...]) -> ModelCard:
    """Return a card like `card` for someone's own weights."""
    return replace(
        card,
        name=name,
        title=title,
        tier="own",
        labels=labels,
        trained_on="Not said",
        licence="The user's own",
        source=title,
    )
