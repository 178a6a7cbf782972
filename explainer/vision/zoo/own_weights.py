"""The user's own weights for a named architecture."""

from dataclasses import replace
from pathlib import Path

from explainer.core.model_card import ModelCard
from explainer.core.words import one_line
from explainer.vision.zoo.architectures import base_card
from explainer.vision.zoo.fitting import fitted, most_bytes
from explainer.vision.zoo.kept import keep, name_of
from explainer.vision.zoo.naming import head_of
from explainer.vision.zoo.weights_file import read_states


def adopt(path: Path, architecture: str, title: str = "") -> ModelCard:
    """Check the user's weights and keep a copy of them, from then on one of the models.

    Parameters
    ----------
    path
        Safetensors, or what ``torch.save`` writes, under any suffix; a whole checkpoint or a state dict.
    architecture
        A torchvision classifier's name, ``"efficientnet-lite0"`` or ``"efficientnet-lite1"``.

    Raises
    ------
    ExplainerError
        If the file cannot be read, is refused, or does not fit the architecture.
    """
    base = base_card(architecture)
    tensors = fitted(architecture, base, *read_states(path, most_bytes(architecture, base))).state_dict()
    classes = head_of(tensors).shape[0]
    labels = base.labels if classes == len(base.labels) else unnamed(classes)
    stem = one_line(path.stem)
    title = title or f"{stem} ({base.title})"
    card = replace(
        base,
        name=name_of("own", stem),
        title=title,
        tier="own",
        labels=labels,
        trained_on="Not said",
        licence="The user's own",
        source=title,
    )
    return keep(card, architecture, tensors)


def unnamed(classes: int) -> tuple[str, ...]:
    """Labels for classes that nobody named: ``"class 0"``, ``"class 1"``, …."""
    return tuple(f"class {number}" for number in range(classes))
