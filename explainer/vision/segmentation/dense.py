"""A classifier that answers at every place: its last layers made convolutional, its strides taken away.

Behind the last feature map a classifier pools and multiplies by a matrix. Pooling is a mean, and a mean and a
matrix change places: applied at each position the matrix gives a map of logits whose mean is the classifier's own
answer (Long, Shelhamer and Darrell 2015). Without its last strides, and with kernels spread out to make up for
them, the same weights give the map at a finer stride (à trous; Chen et al. 2015): every second value of the finer
map is one of the coarser. Nothing is trained.
"""

import copy
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.core.frame import Frame
from explainer.core.geometry import Affine, scale_shift
from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError
from explainer.vision.segmentation.painting import small
from explainer.vision.zoo.cancelling import ask
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.lite0 import SameConv2d
from explainer.vision.zoo.prepare import normalised

COARSEST = 32
CHOOSE = "Choose a convolutional network such as EfficientNet-Lite0 or a ResNet."
CLASSES_AT_ONCE = 250  # between two questions whether the job is still wanted
PROBE = 224  # px: every usual stride divides it
STRIDED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)  # of them the average alone cannot be spread


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A network with a logit map in place of logits.

    Parameters
    ----------
    body
        From the input to the last feature map.
    weight, bias
        Of the last linear map: ``(K, C)``, ``(K,)``.
    layer
        Path of the module in `body` whose output is the feature map.
    stride
        Pixels of the input between two values of the map.
    offset
        How far the middle of what a value sees lies right of and below its cell's middle, in pixels of the input.
    """

    body: nn.Module
    weight: Tensor
    bias: Tensor
    layer: str
    stride: int
    offset: float

    def logits(self, x: Tensor) -> Tensor:
        """Map a picture ``(1, 3, H, W)`` to logits ``(1, K, h, w)``; h and w are about H and W over the stride."""
        features: list[Tensor] = []
        stop = self.body.get_submodule(self.layer).register_forward_hook(lambda _m, _i, out: features.append(out))
        try:
            with torch.no_grad():
                self.body(x)
        finally:
            stop.remove()
        return F.conv2d(features[-1], self.weight[:, :, None, None], self.bias)


def dense(net: nn.Module, layer: str, stride: int, title: str) -> Dense:
    """Copy a classifier and make it answer every `stride` pixels.

    Parameters
    ----------
    net
        As published; frozen, in eval mode. Left untouched.
    layer
        The last module with height and width; all behind it has to be global pooling and one linear map.
    stride
        32, 16 or 8.

    Raises
    ------
    ExplainerError
        If the network is not built like that.
    """
    linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
    seen = _strides(net, linear[-1] if linear else None, layer, title)
    twin = copy.deepcopy(net).eval().requires_grad_(False)
    offset, counted = 0.0, set()
    for name, inside in seen.items():
        module = cast("Any", twin.get_submodule(name))
        striding = _pair(module.stride) > 1
        _spread(module, inside, stride, title)
        if striding and inside not in counted:  # branches that run beside each other stride together
            counted.add(inside)
            offset += _shift(module, min(inside, stride))
    return Dense(folded(twin), linear[-1].weight.detach(), linear[-1].bias.detach(), layer, stride, offset)


def _strides(net: nn.Module, linear: nn.Linear | None, layer: str, title: str) -> dict[str, int]:
    """Return the stride at the input of each convolution and pooling that lies before the last feature map."""
    seen: dict[str, int] = {}
    noise = torch.randn(1, 3, PROBE, PROBE, generator=torch.Generator().manual_seed(0))

    def note(name: str, x: Tensor) -> None:
        if x.dim() == 4 and x.shape[2] > 1:
            seen[name] = round(PROBE / x.shape[2])

    hooks = [
        module.register_forward_hook(lambda _m, inputs, _o, name=name: note(name, inputs[0]))
        for name, module in net.named_modules()
        if isinstance(module, STRIDED)
    ]
    last: list[Tensor] = []
    hooks.append(net.get_submodule(layer).register_forward_hook(lambda _m, _i, out: last.append(out)))
    try:
        with torch.no_grad():
            logits = net(noise.to(next(net.parameters())))
    finally:
        for hook in hooks:
            hook.remove()
    if not last or last[-1].dim() != 4 or round(PROBE / last[-1].shape[2]) != COARSEST:
        what = f"{title} does not come down to one value for each {COARSEST} pixels."
        raise ExplainerError(what, CHOOSE)
    if not _is_mean(last[-1], linear, logits):
        raise ExplainerError(f"{title} ends in more than a mean and one matrix.", CHOOSE)
    return seen


def _is_mean(features: Tensor, linear: nn.Linear | None, logits: Tensor) -> bool:
    """Whether the logits are the matrix times the mean of the features."""
    if linear is None or linear.in_features != features.shape[1]:
        return False
    return bool(torch.allclose(linear(features.mean((2, 3))), logits, rtol=1e-3, atol=1e-4))


def _pair(value: Any) -> int:
    return int(value[0]) if isinstance(value, tuple) else int(value)


def _shift(module: Any, inside: int) -> float:
    """Pixels by which what this module's outputs see lies right of and below their cells; its input's stride given."""
    kernel, stride, apart = _pair(module.kernel_size), _pair(module.stride), _pair(getattr(module, "dilation", 1))
    lopsided = isinstance(module, SameConv2d) and stride > 1
    before = (kernel - stride) // 2 if lopsided else _pair(module.padding)
    return ((kernel - 1) / 2 * apart + 0.5 - before - stride / 2) * inside


def _spread(module: Any, inside: int, wanted: int, title: str) -> None:
    """Take the stride beyond `wanted` out of a module, and spread its kernel over what was taken before it."""
    stride, now = _pair(module.stride), min(inside, wanted)
    after = min(inside * stride, wanted)
    apart, kernel = inside // now, _pair(module.kernel_size)
    if after // now == stride and apart == 1:
        return
    if isinstance(module, nn.AvgPool2d) or kernel % 2 == 0:
        raise ExplainerError(f"{title} halves its maps in a way that cannot be spread out.", "Choose stride 32.")
    padding = kernel // 2 if isinstance(module, SameConv2d) else _pair(module.padding)
    module.stride = (after // now, after // now)
    if apart > 1 or isinstance(module, SameConv2d):
        module.dilation = (apart, apart)
        module.padding = (padding * apart, padding * apart)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The whole picture as the dense network sees it.

    Parameters
    ----------
    tensor
        ``(1, 3, H, W) float32``, H and W multiples of 32.
    pixels
        The same before normalising, ``(H, W, 3) uint8``.
    to_frame
        Map from its pixels to the frame's.
    """

    tensor: Tensor
    pixels: NDArray[Any]
    to_frame: Affine


def prepare(frame: Frame, card: ModelCard, longest: int, device: torch.device) -> Seen:
    """Resize the whole picture and normalise it as the weights of `card` ask; see `resized`."""
    pixels, to_frame = resized(frame, longest)
    return Seen(normalised(pixels, card, device), pixels, to_frame)


def resized(frame: Frame, longest: int) -> tuple[NDArray[np.uint8], Affine]:
    """Resize the whole frame so that its longer side is `longest`, both sides rounded to multiples of 32.

    Returns
    -------
    pixels, to_frame
        ``(H, W, 3) uint8``, and the map from its pixels to the frame's.
    """
    scale = longest / max(frame.height, frame.width)
    height, width = (max(COARSEST, round(n * scale / COARSEST) * COARSEST) for n in (frame.height, frame.width))
    coarse = small(frame.pixels, 2 * longest)
    planes = torch.from_numpy(coarse.copy()).permute(2, 0, 1)[None]
    fine = F.interpolate(planes, (height, width), mode="bicubic", antialias=True)
    pixels = fine[0].permute(1, 2, 0).contiguous().numpy()
    return np.asarray(pixels, np.uint8), scale_shift(frame.width / width, frame.height / height)


def aligned(fine: NDArray[np.float32], offset: float) -> NDArray[np.float32]:
    """Move maps ``(C, H, W)`` in pixels of the input to where their values looked; edges are continued."""
    by = round(offset)
    if by == 0:
        return fine
    size = fine.shape[1:]
    padded = np.pad(fine, ((0, 0), (max(by, 0), max(-by, 0)), (max(by, 0), max(-by, 0))), mode="edge")
    top = max(-by, 0)
    return np.ascontiguousarray(padded[:, top : top + size[0], top : top + size[1]])


def over_windows(logits: Tensor, cells: int) -> Tensor:
    """Mean of the logits over windows of `cells` × `cells` positions, at each position: same shape.

    At the picture's edge the mean is over what lies inside.
    """
    if cells <= 1:
        return logits
    low, high = (cells - 1) // 2, cells // 2
    padded = F.pad(logits, (low, high, low, high))
    inside = F.pad(torch.ones_like(logits[:, :1]), (low, high, low, high))
    sums = []
    for some in torch.split(padded, CLASSES_AT_ONCE, dim=1):
        ask()
        sums.append(F.avg_pool2d(some, cells, 1))
    return torch.cat(sums, 1) / F.avg_pool2d(inside, cells, 1)
