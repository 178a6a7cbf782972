"""A U-Net of any depth and width, with or without its skips, padded or not.

References
----------
Ronneberger, Fischer, Brox. *U-Net: convolutional networks for biomedical image segmentation.* MICCAI 2015.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training.recipe import Net


class UNetModule(nn.Module):
    """Two 3 × 3 convolutions to a level, 2 × 2 maxima down, 2 × 2 up-convolutions up, and a 1 × 1 convolution.

    Without skips each up-convolution makes as many channels as are joined with them, so the net is no smaller.
    Levels in `muted`, 0 being the finest, send zeros through their skip.
    """

    def __init__(self, base: int, depth: int, *, skips: bool, valid: bool) -> None:
        super().__init__()
        self.skips, self.muted = skips, frozenset[int]()
        wide, pad = [base * 2**level for level in range(depth + 1)], 0 if valid else 1
        self.down = nn.ModuleList(_two(1 if not n else wide[n - 1], wide[n], pad) for n in range(depth + 1))
        rising = range(depth - 1, -1, -1)
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(wide[n + 1], wide[n] if skips else 2 * wide[n], 2, stride=2) for n in rising
        )
        self.up = nn.ModuleList(_two(2 * wide[n], wide[n], pad) for n in rising)
        self.last = nn.Conv2d(base, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(B, 1, h, w)`` of the foreground for pictures ``(B, 1, H, W)``."""
        held: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if not level else F.max_pool2d(x, 2))
            held.append(x)
        for step, (grow, block) in enumerate(zip(self.grow, self.up, strict=True)):
            level, x = len(self.up) - 1 - step, grow(x)
            if self.skips:
                skip = cropped(held[level], x.shape[2], x.shape[3])
                x = torch.cat([skip * (level not in self.muted), x], 1)
            x = block(x)
        return self.last(x)  # type: ignore[no-any-return]


def _two(before: int, after: int, pad: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=pad), nn.ReLU(), nn.Conv2d(after, after, 3, padding=pad), nn.ReLU()
    )


def cropped(x: Tensor, height: int, width: int) -> Tensor:
    """Centre of maps ``(B, C, H, W)``."""
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]


@dataclass(frozen=True)
class UNet(Net):
    """A U-Net of grey pictures: `base` channels at the finest level, twice as many at each below it."""

    base: int = 8
    depth: int = 3
    skips: bool = True
    valid: bool = False

    def module(self) -> nn.Module:
        """Build it."""
        return UNetModule(self.base, self.depth, skips=self.skips, valid=self.valid)
