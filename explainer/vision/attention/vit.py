"""A vision transformer, ViT-S/14, that can be asked for the attention of every layer.

Pictures are cut into patches of 14 × 14 px; each patch and one class token become vectors of 384 numbers that
twelve blocks of self-attention mix (Dosovitskiy et al. 2021). The weights have the form of DINOv2's small model:
positions for 37 × 37 patches, interpolated for other sizes, and a factor for each channel of a block's answer.
They give vectors and no classes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explainer.vision.zoo.shipped import read_shipped

PATCH, WIDTH, HEADS, DEPTH, HIDDEN = 14, 384, 6, 12, 1536
GRID = 37  # patches along each side of the picture that the stored positions belong to
EPS = 1e-6
FILE = "vit-s14.safetensors"


class Attention(nn.Module):
    """Multi-head self-attention: ``softmax(Q Kᵀ / √d) V`` in each head, ``d = 64`` (Vaswani et al. 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)

    def weights(self, x: Tensor) -> Tensor:
        """Attention of normalised tokens ``(B, N, 384)``: ``(B, 6, N, N)``, each row sums to one."""
        queries, keys = _split(self.query(x)), _split(self.key(x))
        out: Tensor = (queries @ keys.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5).softmax(-1)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Mix the tokens ``(B, N, 384)``."""
        mixed = self.weights(x) @ _split(self.value(x))
        out: Tensor = self.project(mixed.transpose(1, 2).flatten(2))  # (B, 6, N, 64) → (B, N, 384)
        return out


def _split(x: Tensor) -> Tensor:
    return x.reshape(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)  # (B, N, 384) → (B, 6, N, 64)


class Block(nn.Module):
    """Attention and a two-layer perceptron, each added to what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=EPS)
        self.attention = Attention()
        self.scale1 = nn.Parameter(torch.ones(WIDTH))
        self.norm2 = nn.LayerNorm(WIDTH, eps=EPS)
        self.fc1 = nn.Linear(WIDTH, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, WIDTH)
        self.scale2 = nn.Parameter(torch.ones(WIDTH))

    def weights(self, x: Tensor) -> Tensor:
        """Attention ``(B, 6, N, N)`` of this block for the tokens that come into it."""
        return self.attention.weights(self.norm1(x))

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens ``(B, N, 384)`` for the next block."""
        x = x + self.scale1 * self.attention(self.norm1(x))
        out: Tensor = x + self.scale2 * self.fc2(functional.gelu(self.fc1(self.norm2(x))))
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Tokens on their way through the network.

    Parameters
    ----------
    tokens
        What comes into each block, and last what leaves the twelfth: 13 tensors ``(1, 1 + h·w, 384)``;
        token 0 is the class token, the others are the patches row by row.
    grid
        Patches down and across, ``(h, w)``.
    """

    tokens: tuple[Tensor, ...]
    grid: tuple[int, int]


class VisionTransformer(nn.Module):
    """ViT-S/14 for pictures of any size in whole patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.class_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.class_position = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.positions = nn.Parameter(torch.zeros(1, GRID * GRID, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH, eps=EPS)

    def embed(self, x: Tensor) -> Tensor:
        """Patches and class token with their positions: ``(B, 3, 14 h, 14 w)`` to ``(B, 1 + h·w, 384)``."""
        found: Tensor = self.patches(x)
        h, w = found.shape[2:]
        places = self._places(h, w)
        tokens = found.flatten(2).transpose(1, 2) + places  # (B, 384, h, w) → (B, h·w, 384)
        first = (self.class_token + self.class_position).expand(len(x), -1, -1)
        return torch.cat([first, tokens], 1)

    def _places(self, h: int, w: int) -> Tensor:
        if (h, w) == (GRID, GRID):
            return self.positions
        grid = self.positions.reshape(1, GRID, GRID, WIDTH).permute(0, 3, 1, 2)
        resized = functional.interpolate(grid, (h, w), mode="bicubic", align_corners=False)
        return resized.flatten(2).transpose(1, 2)  # (1, 384, h, w) → (1, h·w, 384)

    def trace(self, x: Tensor) -> Trace:
        """Pass a normalised picture ``(1, 3, 14 h, 14 w)`` through all blocks and keep what lies between."""
        tokens = [self.embed(x)]
        for block in self.blocks:
            tokens.append(block(tokens[-1]))
        return Trace(tuple(tokens), (x.shape[2] // PATCH, x.shape[3] // PATCH))

    def attention(self, trace: Trace, layer: int) -> Tensor:
        """Attention ``(6, N, N)`` of block `layer`, from 1; row q says how much token q takes from each."""
        block = self.blocks[layer - 1]
        assert isinstance(block, Block)
        return block.weights(trace.tokens[layer - 1])[0]

    def features(self, trace: Trace, layer: int) -> Tensor:
        """Tokens ``(N, 384)`` behind block `layer`, normalised as the last block's are."""
        out: Tensor = self.norm(trace.tokens[layer])[0]
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Normalised tokens ``(B, N, 384)`` behind the last block."""
        tokens = self.embed(x)
        for block in self.blocks:
            tokens = block(tokens)
        out: Tensor = self.norm(tokens)
        return out


def load(device: str = "cpu", path: Path | None = None) -> VisionTransformer:
    """Read the weights, stored in 16 bits, into a network in 32 bits that takes no gradients.

    Raises
    ------
    ExplainerError
        If the file is missing or damaged.
    """
    return read_shipped(VisionTransformer, FILE, "the vision transformer", path, bare=True).to(device)


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as the weights were trained


def input_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Size in whole patches that has about ``side²`` pixels and the picture's shape.

    Parameters
    ----------
    height, width
        Of the picture, in pixels.
    side
        Of a square with as many pixels, at least 28.

    Returns
    -------
    height, width
        Multiples of 14, each at least 28.
    """
    tall = max(2, round(side * (height / width) ** 0.5 / PATCH))
    tall = min(tall, side * side // (2 * PATCH * PATCH))
    wide = max(2, round(side * side / (tall * PATCH * PATCH)))
    return tall * PATCH, wide * PATCH


def prepare(pixels: Tensor, side: int) -> Tensor:
    """Resize the whole picture and normalise it.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``.
    side
        See `input_size`.

    Returns
    -------
    Tensor
        ``(1, 3, h, w) float32`` on the device of `pixels`.
    """
    x = pixels.permute(2, 0, 1)[None].float() / 255
    size = input_size(x.shape[2], x.shape[3], side)
    x = functional.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    return (x - mean) / std


def look(net: VisionTransformer, pixels: NDArray[np.uint8], side: int) -> Trace:
    """Trace a picture ``(H, W, 3) uint8 RGB``, resized to whole patches, see `prepare`."""
    return net.trace(prepare(torch.from_numpy(pixels.copy()).to(net.positions.device), side))
