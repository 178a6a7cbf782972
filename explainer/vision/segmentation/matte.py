"""A small network that says of every pixel how much it belongs to a person: MediaPipe's selfie segmentation.

Encoder and decoder in one: inverted residuals (MobileNetV3, Howard et al. 2019) bring 256 × 256 pixels down to
16 × 16; a pooled gate as in LR-ASPP weighs what is there; three stages go up again, each adding what the encoder
saw at that resolution (a skip connection); a transposed convolution makes the last step. 106,401 numbers in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.zoo.shipped import read_shipped

FILE = "selfie.safetensors"
SIDE = 256  # px of the network's input, which is the whole picture squeezed into a square
SKIPS = (8, 4, 2)  # strides at which the encoder hands something over, in the order of the decoder


class Same2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: where the stride is 2 the odd pixel goes after."""

    def __init__(self, cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(cin, cout, kernel, stride, padding=kernel // 2 if stride == 1 else 0, groups=groups)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in nn.Conv2d)
        """Map ``(B, C, H, W)``, sides even, to ``(B, C', H / stride, W / stride)``."""
        if self.stride[0] > 1:
            total = self.kernel_size[0] - self.stride[0]
            input = F.pad(input, (total // 2, total - total // 2) * 2)  # noqa: A001
        return super().forward(input)


class Gate(nn.Module):
    """Squeeze and excitation: one factor for each channel, from the mean over all places."""

    def __init__(self, channels: int, inside: int) -> None:
        super().__init__()
        self.squeeze, self.excite = Same2d(channels, inside), Same2d(inside, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to factors ``(B, C, 1, 1)`` in 0…1."""
        return torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))


@dataclass(frozen=True, slots=True)
class Shape:
    """An inverted residual: channels in, inside and out, kernel, stride, size of the gate (0: none), activation."""

    cin: int
    wide: int
    cout: int
    kernel: int
    stride: int
    gate: int
    hard: bool


SHAPES = (
    Shape(16, 16, 16, 3, 2, 8, False),
    Shape(16, 72, 24, 3, 2, 0, False),
    Shape(24, 88, 24, 3, 1, 0, False),
    Shape(24, 96, 32, 5, 2, 24, True),
    Shape(32, 128, 32, 5, 1, 32, True),
    Shape(32, 128, 32, 5, 1, 32, True),
    Shape(32, 96, 32, 5, 1, 24, True),
    Shape(32, 96, 32, 5, 1, 24, True),
)


class Inverted(nn.Module):
    """Widen, filter each channel by itself, weigh channels, narrow; added to its input where sizes agree."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.widen = Same2d(shape.cin, shape.wide)
        self.depthwise = Same2d(shape.wide, shape.wide, shape.kernel, shape.stride, groups=shape.wide)
        self.gate = Gate(shape.wide, shape.gate) if shape.gate else None
        self.narrow = Same2d(shape.wide, shape.cout)
        self.act = F.hardswish if shape.hard else F.relu
        self.residual = shape.stride == 1 and shape.cin == shape.cout

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, cin, H, W)`` to ``(B, cout, H / stride, W / stride)``."""
        inside = self.act(self.depthwise(self.act(self.widen(x))))
        if self.gate is not None:
            inside = inside * self.gate(inside)
        out: Tensor = self.narrow(inside)
        return out + x if self.residual else out


class Up(nn.Module):
    """One step of the decoder: twice as fine, and what the encoder saw there is weighed and added."""

    def __init__(self, cin: int, channels: int) -> None:
        super().__init__()
        self.bring = Same2d(cin, channels)
        self.gate = Gate(channels, channels)
        self.mix = Same2d(channels, channels)
        self.depthwise = Same2d(channels, channels, 3, groups=channels)

    def forward(self, coarse: Tensor, skip: Tensor | None) -> Tensor:
        """Map ``(B, cin, H, W)`` and ``(B, channels, 2H, 2W)`` to the latter's size; without `skip` add nothing."""
        low: Tensor = self.bring(F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False))
        joined = low if skip is None else skip * self.gate(skip + low) + low
        mixed = F.relu(self.mix(joined))
        return mixed + F.relu(self.depthwise(mixed))


class Selfie(nn.Module):
    """The whole network."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Same2d(3, 16, 3, 2)
        self.blocks = nn.ModuleList(Inverted(shape) for shape in SHAPES)
        self.context, self.pooled = Same2d(32, 128), Same2d(32, 128)
        self.ups = nn.ModuleList((Up(128, 24), Up(24, 16), Up(16, 16)))
        self.last = nn.ConvTranspose2d(16, 1, 2, 2)

    def encode(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """Map ``(B, 3, 256, 256)`` in 0…1 to ``(B, 32, 16, 16)`` and what is handed over at strides 8, 4, 2."""
        fine = F.hardswish(self.stem(x))
        quarter = self.blocks[0](fine)
        eighth = self.blocks[2](self.blocks[1](quarter))
        deep = eighth
        for block in self.blocks[3:]:
            deep = block(deep)
        return deep, (eighth, quarter, fine)

    def forward(self, x: Tensor, skips: Sequence[int] = SKIPS) -> Tensor:
        """Map pictures to logits ``(B, 1, 256, 256)`` of "person".

        Parameters
        ----------
        x
            ``(B, 3, 256, 256)``, RGB in 0…1.
        skips
            Strides whose skip connection is kept; of the others nothing is added.
        """
        deep, handed = self.encode(x)
        y = F.relu(self.context(deep)) * torch.sigmoid(self.pooled(deep.mean((2, 3), keepdim=True)))
        for up, stride, skip in zip(self.ups, SKIPS, handed, strict=True):
            y = up(y, skip if stride in skips else None)
        logits: Tensor = self.last(y)
        return logits


def load(device: str = "cpu", file: Path | None = None) -> Selfie:
    """Read the shipped network, frozen, in eval mode.

    Raises
    ------
    ExplainerError
        If its file is missing or broken.
    """
    return read_shipped(Selfie, FILE, "the person matte", file).to(device)


def prepare(pixels: NDArray[Any], device: str = "cpu") -> Tensor:
    """Squeeze a picture ``(H, W, 3) uint8 RGB`` into the square: ``(1, 3, 256, 256)`` in 0…1."""
    x = torch.from_numpy(pixels.copy()).to(device).permute(2, 0, 1)[None].float() / 255
    return F.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)


def person_scores(
    net: Selfie, pixels: NDArray[np.uint8], device: str = "cpu", skips: Sequence[int] = SKIPS
) -> NDArray[np.float32]:
    """Score of "person" over the whole picture ``(H, W, 3) uint8 RGB``: ``(256, 256)`` in 0…1."""
    with torch.no_grad():
        logits = net(prepare(pixels, device), skips)
    return np.asarray(logits.sigmoid()[0, 0].cpu().numpy(), np.float32)
