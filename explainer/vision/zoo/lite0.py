"""EfficientNet-Lite: the classifier that is shipped.

An inverted-residual network without squeeze-and-excitation and with ReLU6 throughout, so that it runs on
anything. Module paths are short and stable because layers are offered by them: ``stem``, ``blocks.0`` …
``blocks.15``, ``head``, ``classifier``. Every activation is a module of its own, so each can be hooked and
replaced by itself.

References
----------
M. Tan, Q. V. Le. EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML 2019.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from torch import Tensor, nn

BN_EPS = 1e-3
BN_MOMENTUM = 0.01
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks of one width: only the first one strides.

    Parameters
    ----------
    repeats, kernel, stride, expand, channels
        Number of blocks, kernel side in pixels, stride of the first block, how many times wider the inside
        of a block is than its input, output channels.
    """

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding before and after, so that ``ceil(size / stride)`` outputs come out; the odd one goes after."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def same_padding(x: Tensor, kernel: int, stride: int) -> tuple[int, int, int, int]:
    """Return left, right, top, bottom for a tensor ``(…, H, W)``, as ``F.pad`` takes them."""
    return (*_same(x.shape[-1], kernel, stride), *_same(x.shape[-2], kernel, stride))


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding, which is lopsided where the stride is 2.

    For stride 1 the padding is even on both sides and the convolution does it itself.
    """

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            cin, cout, kernel, stride, padding=kernel // 2 if stride == 1 else 0, groups=groups, bias=False
        )

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in nn.Conv2d)
        """Map ``(B, C, H, W)`` to ``(B, C', ceil(H / stride), ceil(W / stride))``."""
        if self.stride[0] > 1:
            input = F.pad(input, same_padding(input, self.kernel_size[0], self.stride[0]))  # noqa: A001
        return super().forward(input)


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless `act` is false, ReLU6."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> None:
        super().__init__()
        self.add_module("conv", SameConv2d(cin, cout, kernel, stride, groups))
        self.add_module("norm", nn.BatchNorm2d(cout, eps=BN_EPS, momentum=BN_MOMENTUM))
        if act:
            self.add_module("act", nn.ReLU6())


class Block(nn.Module):
    """Inverted residual: widen, filter each channel by itself, narrow; added to its input where sizes agree."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = cin * expand
        self.expand = ConvNorm(cin, wide, 1) if expand > 1 else nn.Identity()
        self.depthwise = ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.project = ConvNorm(wide, cout, 1, act=False)
        self.residual = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, cin, H, W)`` to ``(B, cout, ceil(H / stride), ceil(W / stride))``."""
        out: Tensor = self.project(self.depthwise(self.expand(x)))
        return out + x if self.residual else out


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite with `num_classes` logits.

    Parameters
    ----------
    depth
        Depth coefficient: repeats of the inner stages are multiplied by it and rounded up.
    dropout
        Chance that a pooled feature is dropped while training.
    """

    def __init__(self, depth: float = 1.0, num_classes: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, stride=2)
        self.blocks = nn.Sequential(*_blocks(depth))
        self.head = ConvNorm(STAGES[-1].channels, HEAD_CHANNELS, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(HEAD_CHANNELS, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures ``(B, 3, H, W)`` to logits ``(B, num_classes)``."""
        return self.classify(self.head(self.blocks(self.stem(x))))

    def classify(self, features: Tensor) -> Tensor:
        """Map what the last layer puts out, ``(B, 1280, h, w)``, to logits ``(B, num_classes)``."""
        pooled = torch.flatten(self.pool(features), 1)  # (B, 1280, 1, 1) → (B, 1280)
        logits: Tensor = self.classifier(self.dropout(pooled))
        return logits

    def steps(self) -> list[tuple[str, nn.Module]]:
        """Paths and modules that follow one another without a branch, up to the pooling."""
        blocks = [(f"blocks.{number}", block) for number, block in enumerate(self.blocks)]
        return [("stem", self.stem), *blocks, ("head", self.head)]


def _blocks(depth: float) -> list[Block]:
    blocks, cin = [], STEM_CHANNELS
    for number, stage in enumerate(STAGES):
        fixed = number in (0, len(STAGES) - 1)  # the Lite family scales neither the first nor the last stage
        repeats = stage.repeats if fixed else math.ceil(depth * stage.repeats)
        for repeat in range(repeats):
            stride = stage.stride if repeat == 0 else 1
            blocks.append(Block(cin, stage.channels, stage.kernel, stride, stage.expand))
            cin = stage.channels
    return blocks


def lite0(num_classes: int = 1000) -> EfficientNetLite:
    """EfficientNet-Lite0, for 224 × 224 pixels."""
    return EfficientNetLite(1.0, num_classes)


def lite1(num_classes: int = 1000) -> EfficientNetLite:
    """EfficientNet-Lite1, for 240 × 240 pixels."""
    return EfficientNetLite(1.1, num_classes)
