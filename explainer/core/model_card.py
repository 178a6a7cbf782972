"""What is known of a model before torch is loaded: plain data beside the weights."""

from dataclasses import dataclass
from typing import Any, Literal

Tier = Literal["shipped", "trained", "fetched", "own"]


@dataclass(frozen=True, slots=True)
class LayerCard:
    """A layer offered to the user: the output of a block or an activation.

    Parameters
    ----------
    name
        Module path in the stock network (``"_blocks.10"``).
    label
        What a person calls it (``"block 10"``).
    shape
        Channels, height, width for one input of the card's size; ``(C,)`` where there is no space left.
    """

    name: str
    label: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Name, input and layers of a classifier.

    Parameters
    ----------
    resize_px, input_px
        The shorter side is resized to `resize_px`, then the centre `input_px` square is cropped.
    mean, std
        Per channel, on the scale 0…1.
    """

    name: str
    title: str
    tier: Tier
    trained_on: str
    resize_px: int
    input_px: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic"]
    layers: tuple[LayerCard, ...]
    labels: tuple[str, ...]
    licence: str = ""
    source: str = ""

    def layer(self, name: str) -> LayerCard:
        """Resolve a layer name; ``"last"`` is the last one that still has space.

        Raises
        ------
        KeyError
            If the model offers no such layer.
        """
        if name == "last":
            return [layer for layer in self.layers if len(layer.shape) == 3][-1]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def has_layer(self, name: str) -> bool:
        """Whether `name` is symbolic or one of the layers."""
        return name == "last" or any(layer.name == name for layer in self.layers)

    def label(self, index: int) -> str:
        """Name of class `index`, from 0."""
        return self.labels[index] if index < len(self.labels) else f"class {index}"


def card_from_json(data: dict[str, Any]) -> ModelCard:
    """Build a card from its JSON form (lists become tuples)."""
    layers = tuple(LayerCard(la["name"], la["label"], tuple(la["shape"])) for la in data["layers"])
    rest: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k != "layers"}
    return ModelCard(layers=layers, **rest)
