"""What lies beyond the edge of a picture, and that a network notices it.

A convolution near the border reads cells that do not exist. Zeros there are not skipped: they are values like any
others, so sums at the border have fewer terms and a constant picture gives maps that are not constant.

References
----------
Islam, Jia, Bruce. *How much position information do convolutional neural networks encode?* ICLR 2020.
Kayhan, van Gemert. *On translation invariance in CNNs: convolutional layers can exploit absolute spatial location.*
CVPR 2020.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.convolution.inside import window_of

Floats = NDArray[np.float32]
TOUCHED = 0.01  # a cell that differs by more than this share of the middle's length is touched by the border


@contextmanager
def padded_with(net: nn.Module, padding: str) -> Iterator[None]:
    """Let every convolution of `net` meet something other than zeros beyond the edge of its maps.

    ``"reflect"`` mirrors, ``"replicate"`` repeats the outermost cell, ``"circular"`` goes on at the other side.
    Where a map is too small to mirror that much its outermost cell is repeated. The network is left as it was.

    Parameters
    ----------
    net
        As published: padding may be the convolution's own or, as in EfficientNet-Lite, be done around it.
    """
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d) and max(m.kernel_size) > 1]
    hooks = [] if padding == "zeros" else [conv.register_forward_hook(_again(padding)) for conv in convs]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _again(padding: str) -> Callable[..., Tensor]:
    def convolved(conv: Any, inputs: tuple[Any, ...], _out: Any) -> Tensor:
        x: Tensor = inputs[0]
        window = window_of(conv, (int(x.shape[2]), int(x.shape[3])))
        (top, left), (bottom, right) = window.before, window.after
        small = max(top, bottom) >= x.shape[2] or max(left, right) >= x.shape[3]
        around = F.pad(x, (left, right, top, bottom), mode="replicate" if small else padding)
        out: Tensor = F.conv2d(around, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups)
        return out

    return convolved


def activations(
    net: nn.Module, x: Tensor, layers: Sequence[str], padding: str = "zeros"
) -> tuple[dict[str, Floats], NDArray[np.float64]]:
    """Run one pass and keep the maps of several layers.

    Parameters
    ----------
    x
        ``(1, 3, S, S)``.
    layers
        Module paths whose outputs are ``(1, C, h, w)``.

    Returns
    -------
    maps, answers
        For each layer ``(C, h, w)``, and the probabilities ``(K,)``.
    """
    kept: dict[str, Floats] = {}

    def keep(name: str) -> Callable[..., None]:
        def look(_module: Any, _inputs: Any, out: Any) -> None:
            kept[name] = np.ascontiguousarray(out[0].float().cpu().numpy())

        return look

    with padded_with(net, padding), torch.no_grad():
        hooks = [net.get_submodule(name).register_forward_hook(keep(name)) for name in layers]
        try:
            logits = net(x.contiguous())
        finally:
            for hook in hooks:
                hook.remove()
    return kept, np.asarray(logits[0].double().softmax(dim=0).cpu().numpy())


def deviation(maps: Floats) -> Floats:
    """How far each cell is from the middle one, ``(h, w)``: ``‖a(y, x) − a_mid‖ / ‖a_mid‖`` over the channels.

    Of a constant picture it is 0 wherever the border is out of reach. 0 everywhere if the middle is all zero.
    """
    middle = maps[:, maps.shape[1] // 2, maps.shape[2] // 2]
    length = float(np.linalg.norm(middle))
    if length == 0:
        return np.zeros(maps.shape[1:], np.float32)
    return np.asarray(np.linalg.norm(maps - middle[:, None, None], axis=0) / length, np.float32)


def difference(one: Floats, other: Floats) -> Floats:
    """Length of the difference of two activations ``(C, h, w)`` in each cell, over the mean length of `one`."""
    scale = float(np.linalg.norm(one, axis=0).mean())
    return np.asarray(np.linalg.norm(one - other, axis=0) / (scale or 1.0), np.float32)


def touched_share(map_: Floats) -> float:
    """Share of the cells of a deviation map ``(h, w)`` that the border has changed, 0…1."""
    return float((map_ > TOUCHED).mean())


def constant_picture(colour: tuple[float, float, float], like: Tensor, mean: Any, std: Any) -> Tensor:
    """Return a picture of one colour (0…1 each channel), normalised, of the shape and layout of `like`."""
    centred = [(c - m) / s for c, m, s in zip(colour, mean, std, strict=True)]
    flat = torch.tensor(centred, dtype=like.dtype, device=like.device).view(1, 3, 1, 1)
    return torch.empty_like(like).copy_(flat)
