"""Small networks whose answers are known or quickly computed, as a lease lends them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explainer.core.frame import Frame
from explainer.core.geometry import Affine, scale_shift
from explainer.core.model_card import LayerCard, ModelCard
from explainer.vision.zoo.split import Split, split

SIDE = 32


def tiny_card(layers: tuple[LayerCard, ...], classes: int) -> ModelCard:
    """Card of a network that looks at 32 × 32 px and calls its classes "thing 0" and so on."""
    labels = tuple(f"thing {k}" for k in range(classes))
    zero, one = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return ModelCard("tiny", "Tiny", "own", "nothing", SIDE, SIDE, zero, one, "bilinear", layers, labels)


class TinyNet(nn.Module):
    """Three convolutions, pooling and a linear layer; random weights."""

    def __init__(self, classes: int = 7, seed: int = 0) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(8, 12, 3, stride=2, padding=1), nn.ReLU())
        self.head = nn.Sequential(nn.Conv2d(12, 16, 3, padding=1), nn.ReLU())
        self.classifier = nn.Linear(16, classes)
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 25
            parameter.data = torch.randn(parameter.shape, generator=generator) / fan_in**0.5
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes)``."""
        features = self.head(self.body(self.stem(x)))
        logits: Tensor = self.classifier(features.mean(dim=(2, 3)))
        return logits


TINY_LAYERS = (
    LayerCard("stem", "stem", (8, 16, 16)),
    LayerCard("body", "body", (12, 8, 8)),
    LayerCard("head", "head", (16, 8, 8)),
)


class BrightNet(nn.Module):
    """Weights set by hand: class 1 is the mean brightness of 4 × 4 blocks above grey, class 0 its opposite."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 2, 4, stride=4), nn.ReLU())
        self.classifier = nn.Linear(2, 2)
        weight = torch.full((2, 3, 4, 4), 1.0 / 48)
        weight[1] *= -1
        self.features[0].weight.data = weight
        self.features[0].bias.data = torch.tensor([-0.5, 0.5])
        self.classifier.weight.data = torch.tensor([[-40.0, 0.0], [40.0, 0.0]])
        self.classifier.bias.data.zero_()
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, 2)``."""
        logits: Tensor = self.classifier(self.features(x).mean(dim=(2, 3)))
        return logits


BRIGHT_LAYERS = (LayerCard("features", "blocks", (2, 8, 8)),)


@dataclass(frozen=True, slots=True)
class Ready:
    """A prepared frame: ``(1, 3, 32, 32)``, the map to the frame, the square that is seen."""

    tensor: Tensor
    to_frame: Affine
    focus: tuple[float, float, float, float]


@dataclass
class FakeClassifier:
    """A classifier as a lease yields it, which counts its passes."""

    net: nn.Module
    card: ModelCard
    device: str = "cpu"
    splits: int = 0
    prepares: int = 0

    def prepare(self, frame: Frame) -> Ready:
        """Crop the middle square and average it to 32 × 32 px."""
        self.prepares += 1
        side = min(frame.height, frame.width)
        x0, y0 = (frame.width - side) / 2, (frame.height - side) / 2
        square = frame.pixels[int(y0) : int(y0) + side, int(x0) : int(x0) + side]
        pixels = torch.from_numpy(square.astype(np.float32) / 255).permute(2, 0, 1)[None]
        x = nn.functional.interpolate(pixels, (SIDE, SIDE), mode="area")
        scale = side / SIDE
        to_frame = scale_shift(scale, scale, x0, y0)
        return Ready(x.contiguous(memory_format=torch.channels_last), to_frame, (x0, y0, x0 + side, y0 + side))

    def network(self, *, stock: bool = False) -> nn.Module:
        """Return the module itself."""
        del stock
        return self.net

    def logits(self, x: Tensor, *, stock: bool = False) -> Tensor:
        """Run it."""
        del stock
        found: Tensor = self.net(x)
        return found

    def split(self, x: Tensor, layer: str, *, stock: bool = False) -> Split:
        """Run it and cut it at a layer."""
        del stock
        self.splits += 1
        return split(self.net, x, layer, self.card.title)
