"""Tiny networks and a context that records, for the tests of attribution and of its demos."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, scale_shift
from explainer.core.model_card import LayerCard, ModelCard
from explainer.core.result import Result
from explainer.vision.zoo.split import Split, split

SIDE = 32


def tiny_card(layers: tuple[LayerCard, ...], classes: int) -> ModelCard:
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
        features = self.head(self.body(self.stem(x)))
        return self.classifier(features.mean(dim=(2, 3)))


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
        return self.classifier(self.features(x).mean(dim=(2, 3)))


BRIGHT_LAYERS = (LayerCard("features", "blocks", (2, 8, 8)),)


@dataclass(frozen=True, slots=True)
class Ready:
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
        return self.net

    def logits(self, x: Tensor, *, stock: bool = False) -> Tensor:
        return self.net(x)

    def split(self, x: Tensor, layer: str, *, stock: bool = False) -> Split:
        self.splits += 1
        return split(self.net, x, layer, self.card.title)


@dataclass
class FakeContext:
    """A context with a memo, that keeps what was published and checked."""

    net: FakeClassifier
    seed: int = 0
    settings: Settings = field(default_factory=Settings)
    device: str = "cpu"
    state: Any = None
    frames: tuple[Frame, ...] = ()
    published: list[Result] = field(default_factory=list)
    checkpoints: int = 0
    stages: list[str] = field(default_factory=list)
    kept: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def card(self) -> ModelCard:
        return self.net.card

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def checkpoint(self) -> None:
        self.checkpoints += 1

    def progress(self, fraction: float, text: str = "") -> None:
        assert 0.0 <= fraction <= 1.0

    def publish(self, partial: Result) -> None:
        assert partial.partial
        self.published.append(partial)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.stages.append(name)
        yield

    @contextmanager
    def model(self, name: str | None = None) -> Iterator[FakeClassifier]:
        yield self.net

    def memo(self, key: Hashable, make: Callable[[], Any], *, keep: bool = False) -> Any:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]


def tiny() -> FakeContext:
    return FakeContext(FakeClassifier(TinyNet(), tiny_card(TINY_LAYERS, 7)))


def bright() -> FakeContext:
    return FakeContext(FakeClassifier(BrightNet(), tiny_card(BRIGHT_LAYERS, 2)))


def photo(height: int = 48, width: int = 64, seed: int = 3) -> Frame:
    """Coarse random blocks, so that there are edges and even regions."""
    blocks = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Frame(np.kron(blocks, np.ones((8, 8, 1), np.uint8)), "test", seed)


def planted(height: int, width: int, x: int, y: int, side: int) -> Frame:
    """A dark picture with one bright square whose top left corner is at (x, y) px."""
    pixels = np.full((height, width, 3), 30, np.uint8)
    pixels[y : y + side, x : x + side] = 240
    return Frame(pixels, "planted")
