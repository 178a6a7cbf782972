"""What a small change of the picture costs a network: early layers see it in a small part of the plane only.

A window of 32 px reaches 13 of the 56 cells along a side of EfficientNet-Lite's third block, and the layers up to
there take half of a forward pass. So they are run on a crop around the window, and the cells that can have
changed are put into the unchanged picture's activation. The result is that of the whole pass, up to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explainer.vision.zoo.lite0 import EfficientNetLite

EARLY_STRIDE = 4  # layers up to this many input pixels per cell: later cells see too much of the picture

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """A convolution along one axis: output i reads inputs ``i · stride − before`` to ``… + kernel − 1``."""

    kernel: int
    stride: int
    before: int

    def reached(self, lo: int, hi: int) -> tuple[int, int]:
        """Outputs, half open, that read any input of ``[lo, hi)``."""
        return -(-(lo + self.before - self.kernel + 1) // self.stride), (hi - 1 + self.before) // self.stride + 1

    def read(self, lo: int, hi: int) -> tuple[int, int]:
        """Inputs, half open, that outputs ``[lo, hi)`` read."""
        return lo * self.stride - self.before, (hi - 1) * self.stride - self.before + self.kernel


class LocalChange:
    """Runs an EfficientNet-Lite on copies of a picture that differ from it in one window each.

    Parameters
    ----------
    net
        Stock or folded; its input side is a multiple of `EARLY_STRIDE`.
    x
        The unchanged picture ``(1, 3, S, S)``.
    window
        Largest side of a changed window in pixels.
    """

    def __init__(self, net: EfficientNetLite, x: Tensor, window: int) -> None:
        self._net, self._side = net, int(x.shape[-1])
        self._early = _early_blocks(net)
        self._steps = _steps(net, self._early)
        with torch.no_grad():
            self._clean = self._run_early(x)
        self._crop = self._crop_side(window)

    @property
    def worth_it(self) -> bool:
        """Whether the crop is so much smaller than the picture that two more copies pay off."""
        return self._crop <= 0.75 * self._side

    def logits(self, pictures: Tensor, boxes: Sequence[Box]) -> Tensor:
        """Logits ``(B, K)`` of pictures ``(B, 3, S, S)``, each changed within its box (x0, y0, x1, y1) only."""
        crops = [(self._start(x0, x1), self._start(y0, y1)) for x0, y0, x1, y1 in boxes]
        side = self._crop
        small = torch.stack(
            [p[:, top : top + side, left : left + side] for p, (left, top) in zip(pictures, crops, strict=True)]
        )
        changed = self._run_early(small.contiguous(memory_format=torch.channels_last))
        whole = self._clean.repeat(len(boxes), 1, 1, 1).contiguous(memory_format=torch.channels_last)
        for into, part, box, (left, top) in zip(whole, changed, boxes, crops, strict=True):
            c0, c1 = self._cells(box[0], box[2])
            r0, r1 = self._cells(box[1], box[3])
            dx, dy = left // EARLY_STRIDE, top // EARLY_STRIDE
            into[:, r0:r1, c0:c1] = part[:, r0 - dy : r1 - dy, c0 - dx : c1 - dx]
        return self._run_late(whole)

    def _run_early(self, x: Tensor) -> Tensor:
        y: Tensor = self._net.stem(x)
        for block in self._net.blocks[: self._early]:
            y = block(y)
        return y

    def _run_late(self, y: Tensor) -> Tensor:
        net = self._net
        for block in net.blocks[self._early :]:
            y = block(y)
        logits: Tensor = net.classifier(net.dropout(torch.flatten(net.pool(net.head(y)), 1)))
        return logits

    def _cells(self, lo: int, hi: int) -> tuple[int, int]:
        """Cells along an axis that pixels ``[lo, hi)`` can change."""
        for step in self._steps:
            lo, hi = step.reached(lo, hi)
        return max(lo, 0), min(hi, self._side // EARLY_STRIDE)

    def _pixels(self, lo: int, hi: int) -> tuple[int, int]:
        """Pixels that the cells changed by ``[lo, hi)`` read."""
        lo, hi = self._cells(lo, hi)
        for step in reversed(self._steps):
            lo, hi = step.read(lo, hi)
        return max(lo, 0), min(hi, self._side)

    def _start(self, lo: int, hi: int) -> int:
        """Where the crop for ``[lo, hi)`` begins: at a whole cell, and inside the picture."""
        first = self._pixels(lo, hi)[0] // EARLY_STRIDE * EARLY_STRIDE
        return min(first, self._side - self._crop)

    def _crop_side(self, window: int) -> int:
        """Side that holds what any window of this size needs, wherever it stands."""
        starts = range(max(1, self._side - window + 1))
        spans = (self._pixels(at, min(at + window, self._side)) for at in starts)
        need = max(hi - lo // EARLY_STRIDE * EARLY_STRIDE for lo, hi in spans)
        return min(-(-need // EARLY_STRIDE) * EARLY_STRIDE, self._side)


def local_change(net: nn.Module, x: Tensor, window: int) -> LocalChange | None:
    """Return a `LocalChange` where the network allows it and it saves work, else ``None``."""
    if not isinstance(net, EfficientNetLite) or x.shape[-1] % (2 * EARLY_STRIDE) or x.shape[-1] != x.shape[-2]:
        return None
    found = LocalChange(net, x, window)
    return found if found.worth_it else None


def _early_blocks(net: EfficientNetLite) -> int:
    """Number of blocks before the pixels per cell exceed `EARLY_STRIDE`."""
    stride = _convolutions(net.stem)[0].stride[0]
    for number, block in enumerate(net.blocks):
        for conv in _convolutions(block):
            stride *= conv.stride[0]
        if stride > EARLY_STRIDE:
            return number
    return len(net.blocks)


def _steps(net: EfficientNetLite, early: int) -> list[Step]:
    convolutions = [*_convolutions(net.stem), *(c for block in net.blocks[:early] for c in _convolutions(block))]
    return [_step(conv) for conv in convolutions]


def _step(conv: nn.Conv2d) -> Step:
    """With TensorFlow's padding a stride of 2 on an even side leaves ``kernel − 2`` to share, the odd one after."""
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    return Step(kernel, stride, kernel // 2 if stride == 1 else (kernel - stride) // 2)


def _convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [one for one in module.modules() if isinstance(one, nn.Conv2d)]
