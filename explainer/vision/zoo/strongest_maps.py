"""The strongest map of every layer that a card offers, taken in one forward pass."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.frame import Frame
from explainer.core.network_strip import StripThumb
from explainer.vision.zoo.prepare import Box

INPUT_PX = 128  # side of the picture that is kept of the input


def strongest(layer: str, activation: Tensor) -> StripThumb:
    """Choose the channel with the largest ``mean |A| · std A`` of ``(1, C, h, w)``; of equals the first.

    Values that are no numbers count as 0.
    """
    maps = torch.nan_to_num(activation[0].detach().float(), nan=0.0, posinf=0.0, neginf=0.0)
    cells = maps.flatten(1)
    channel = int((cells.abs().mean(1) * cells.std(1, correction=0)).argmax())
    values = np.ascontiguousarray(maps[channel].cpu().numpy(), dtype=np.float32)
    lo, hi = float(values.min()), float(values.max())
    scaled = (values - lo) / (hi - lo) if hi > lo else np.zeros_like(values)
    return StripThumb(layer, scaled.astype(np.float32, copy=False), lo, hi, channel)


def watched(net: nn.Module, x: Tensor, layers: Iterable[str]) -> tuple[list[StripThumb], Tensor]:
    """Run `net` once without a graph and note the strongest map of each of its modules `layers`, and the logits.

    Each map is read before the network goes on, which may change it in place. A layer that puts out something
    without height and width is left out.
    """
    found: dict[str, StripThumb] = {}
    wanted = tuple(layers)
    handles = [net.get_submodule(name).register_forward_hook(_noting(name, found)) for name in wanted]
    try:
        with torch.no_grad():
            logits: Tensor = net(x)
    finally:
        for handle in handles:
            handle.remove()
    return [found[name] for name in wanted if name in found], logits


def _noting(name: str, found: dict[str, StripThumb]) -> Callable[[nn.Module, object, object], None]:
    def note(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4 and output.shape[2:] != (1, 1):
            found[name] = strongest(name, output)

    return note


def seen(frame: Frame, focus: Box) -> NDArray[np.uint8]:
    """Cut out what the network sees of a frame, at most `INPUT_PX` large: ``(h, w, 3) uint8``."""
    x0, y0 = max(0, round(focus[0])), max(0, round(focus[1]))
    part = frame.pixels[y0 : max(y0 + 1, round(focus[3])), x0 : max(x0 + 1, round(focus[2]))]
    shrink = INPUT_PX / max(part.shape[:2])
    if shrink >= 1:
        return np.ascontiguousarray(part)
    size = max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
