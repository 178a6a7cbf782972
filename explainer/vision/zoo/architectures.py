"""What can be built by name: the architectures that fetched, trained and own weights are for.

A network that is trained in the program and kept becomes a model by a row in `BUILDERS` and a call of
`explainer.vision.zoo.kept.keep` with a card of tier ``"trained"``.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType

import torch
from torch import Tensor, nn

from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.zoo import cards, torchvision_models
from explainer.vision.zoo.digits_net import PaperNet
from explainer.vision.zoo.lite0 import lite0, lite1

Builder = Callable[[int], nn.Module]  # from the number of classes


BUILDERS: Mapping[str, Builder] = {
    "efficientnet-lite0": lite0,
    "efficientnet-lite1": lite1,
    "digits-net-relu": partial(PaperNet, "relu"),
    "digits-net-tanh": partial(PaperNet, "tanh"),
    "digits-net-sigmoid": partial(PaperNet, "sigmoid"),
}


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


def empty(architecture: str, input_px: int, classes: int) -> nn.Module:
    """Build an architecture on ``meta``: shapes without numbers, to be assigned from a state dict.

    Raises
    ------
    ExplainerError
        If the architecture is not known.
    """
    if architecture in BUILDERS:
        with torch.device("meta"):
            return BUILDERS[architecture](classes)
    base_card(architecture)
    return torchvision_models.on_meta(architecture, input_px, classes)


@lru_cache(maxsize=4)
def outline(architecture: str, input_px: int, classes: int) -> Mapping[str, Tensor]:
    """Return the state dict of an architecture, on ``meta``; for reading alone.

    Raises
    ------
    ExplainerError
        If the architecture is not known.
    """
    return MappingProxyType(empty(architecture, input_px, classes).state_dict())
