"""A small network with a squeeze-and-excitation block (Hu et al. 2018): feature maps pass through gates.

Squeeze: the mean ``z`` of each feature map. Excitation: ``s = σ(W₂ ReLU(W₁ z + b₁) + b₂)``, one number in 0…1 for
each map. Scale: every map is multiplied by its own number.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explainer.vision.attention.clutter import scenes as cluttered
from explainer.vision.training.examples import Examples
from explainer.vision.zoo.shipped import read_shipped

CHANNELS, SQUEEZED, LATE, CLASSES = 12, 4, 32, 10
FILE = "se-digits.safetensors"


class Gates(nn.Module):
    """Squeeze and excitation for feature maps ``(B, 12, H, W)``: gates ``(B, 12)``."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Linear(CHANNELS, SQUEEZED)
        self.up = nn.Linear(SQUEEZED, CHANNELS)

    def forward(self, maps: Tensor) -> Tensor:
        """Return one gate for each map, 0…1."""
        out: Tensor = self.up(functional.relu(self.down(maps.mean((2, 3))))).sigmoid()
        return out


class GatedNet(nn.Module):
    """Four convolutions with gates behind the second, for scenes ``(B, 1, 16, 16)``; logits ``(B, 10)``.

    Parameters
    ----------
    gated
        Whether it has the block at all; without it the maps pass as they are.
    """

    def __init__(self, *, gated: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, CHANNELS, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(CHANNELS)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(CHANNELS)
        self.gates = Gates() if gated else None
        self.conv3 = nn.Conv2d(CHANNELS, LATE, 3, padding=1, bias=False)
        self.norm3 = nn.BatchNorm2d(LATE)
        self.conv4 = nn.Conv2d(LATE, LATE, 3, padding=1, bias=False)
        self.norm4 = nn.BatchNorm2d(LATE)
        self.classifier = nn.Linear(LATE, CLASSES)
        # Each gate's mean over the training scenes, kept beside the weights.
        self.usual: Tensor
        self.register_buffer("usual", torch.ones(CHANNELS))

    def maps(self, x: Tensor) -> Tensor:
        """Feature maps ``(B, 12, 16, 16)`` before the gates."""
        return functional.relu(self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x))))))

    def rest(self, maps: Tensor) -> Tensor:
        """Logits from the maps behind the gates."""
        x = functional.relu(self.norm3(self.conv3(functional.max_pool2d(maps, 2))))  # (B, 32, 8, 8)
        x = functional.relu(self.norm4(self.conv4(x))).mean((2, 3))
        out: Tensor = self.classifier(x)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Logits; the gates are the network's own."""
        maps = self.maps(x)
        return self.rest(maps if self.gates is None else scaled(maps, self.gates(maps)))


def scaled(maps: Tensor, gates: Tensor) -> Tensor:
    """Multiply maps ``(B, C, H, W)`` by gates ``(B, C)``."""
    return maps * gates[:, :, None, None]


def load(path: Path | None = None) -> GatedNet:
    """Read the trained network.

    Raises
    ------
    ExplainerError
        If the file is missing or damaged.
    """
    return read_shipped(GatedNet, FILE, "the gated network", path)


def chosen_gates(own: Tensor, usual: Tensor, rule: str, override: tuple[int, float] | None = None) -> Tensor:
    """Return the gates that are applied, ``(B, C)``.

    Parameters
    ----------
    own
        What the network sets, ``(B, C)``.
    usual
        Each gate's mean over the training scenes, ``(C,)``.
    rule
        ``"own"``; ``"uniform"``: each scene's mean for all its maps; ``"usual"``: the same for every scene.
    override
        A map and the gate that it gets whatever the rule says.
    """
    alike = {
        "own": own,
        "uniform": own.mean(1, keepdim=True).expand_as(own),
        "usual": usual.expand_as(own),
    }[rule].clone()
    if override is not None:
        alike[:, override[0]] = override[1]
    return alike


def before_gates(net: GatedNet, scenes: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    """Return maps ``(N, 12, 16, 16)`` of scenes ``(N, 1, 16, 16)``, and the gates ``(N, 12)`` the net sets for them."""
    assert net.gates is not None
    maps = net.maps(torch.from_numpy(scenes))
    return maps, net.gates(maps)


def bench(net: GatedNet, digits: Examples, pieces: int, seed: int) -> tuple[NDArray[np.float32], Tensor, Tensor]:
    """Scenes ``(N, 1, 16, 16)`` of digits among so many pieces of others, their maps before the gates, and these."""
    found = cluttered(digits, pieces, seed)
    return (found, *before_gates(net, found))


def scores(net: GatedNet, maps: Tensor, gates: Tensor, checkpoint: Callable[[], None]) -> NDArray[np.float32]:
    """Probabilities ``(N, 10)`` of scenes whose maps ``(N, 12, 16, 16)`` pass the given gates ``(N, 12)``."""
    rows = []
    for some, theirs in zip(torch.split(maps, 100), torch.split(gates, 100), strict=True):
        checkpoint()
        rows.append(net.rest(scaled(some, theirs)).softmax(1).numpy())
    return np.concatenate(rows)
