"""A probe put in the place of its backbone's last layer: a classifier for every demo that looks at one."""

from dataclasses import replace

import numpy as np

from explainer.core.layers import slug
from explainer.core.model_card import ModelCard
from explainer.core.networks import TrainedNetwork
from explainer.core.problem import ExplainerError
from explainer.vision.reuse.features import side_of
from explainer.vision.reuse.taught import Taught
from explainer.vision.zoo.architectures import base_card
from explainer.vision.zoo.classifier import Classifier
from explainer.vision.zoo.kept import name_of
from explainer.vision.zoo.layers import offered
from explainer.vision.zoo.split import last_linear


def network_of(lent: Classifier, taught: Taught) -> TrainedNetwork:
    """Make a classifier of backbone and probe; classes without shots are left out.

    Raises
    ------
    ExplainerError
        While there are shots of fewer than two classes, or if the program cannot build the backbone anew.
    """
    if taught.probe is None:
        raise ExplainerError("There is no network to keep yet.", "Take shots of two classes first.")
    stock, there = lent.network(stock=True), np.flatnonzero(taught.counts)
    linear, side = last_linear(stock), side_of(stock, lent.card)
    assert linear is not None
    path = next(name for name, module in stock.named_modules() if module is linear)
    weights = {name: tensor.detach().cpu().numpy().copy() for name, tensor in stock.state_dict().items()}
    weights[f"{path}.weight"] = taught.probe.weights[there].astype(np.float32)
    weights[f"{path}.bias"] = taught.probe.bias[there].astype(np.float32)
    names = tuple(taught.names[k] for k in there)
    return TrainedNetwork(_card(lent.card, names, len(taught.labels), side, stock), _known(lent.card), weights)


def _known(card: ModelCard) -> str:
    try:
        base_card(card.name)
    except ExplainerError as error:
        what = f"A network on top of {card.title} cannot be kept, because that one is itself of your making."
        raise ExplainerError(what, "Choose a model that came with the program.") from error
    return card.name


def _card(card: ModelCard, names: tuple[str, ...], shots: int, side: int, stock: object) -> ModelCard:
    title = f"{' or '.join(names[:3])}{' …' if len(names) > 3 else ''}, {shots} shots"
    layers = offered(stock, side) if side != card.input_px else card.layers  # type: ignore[arg-type]
    return replace(
        card, name=name_of("trained", slug(title)), title=title, tier="trained", labels=names, layers=layers,
        trained_on=f"{shots} shots on top of {card.title}, whose features are frozen",
        resize_px=side, input_px=side, source="Trained in this program by “Teachable camera”",
        licence=f"The shots are the user's own; {card.title}: {card.licence}",
    )  # fmt: skip
