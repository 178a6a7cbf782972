"""torchvision's classifiers: built by name, filled from a state dict, never from a pickle.

torchvision's own loaders unpickle what they fetch, so the networks are built without weights here and the
few that differ from their published state are put right by hand.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

AUXILIARY = ("googlenet", "inception_v3")  # can have side classifiers that only training uses
FILLING = ("normal_", "uniform_", "zero_", "fill_", "erfinv_", "mul_", "add_", "clamp_")


def names() -> list[str]:
    """Names of all classifiers of the installed torchvision."""
    import torchvision

    return list(torchvision.models.list_models(module=torchvision.models))


def build(name: str, input_px: int, classes: int = 1000) -> nn.Module:
    """Build a network with random weights, without the side classifiers that only training uses.

    Parameters
    ----------
    input_px
        Side of the input; vision transformers are built for one size.

    Raises
    ------
    ValueError
        If torchvision has no such classifier.
    """
    import torchvision

    extra: dict[str, Any] = {"num_classes": classes}
    if name in AUXILIARY:
        extra |= {"transform_input": True, "aux_logits": False, "init_weights": False}
    if name.startswith("vit_"):
        extra |= {"image_size": input_px}
    net: nn.Module = torchvision.models.get_model(name, weights=None, **extra)
    return net


class _Unfilled(TorchFunctionMode):
    """Passes over the filling with first numbers, which on ``meta`` changes nothing and takes most of the time."""

    def __torch_function__(
        self, func: Callable[..., Any], _types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if args and getattr(func, "__name__", "") in FILLING and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


def on_meta(name: str, input_px: int, classes: int = 1000) -> nn.Module:
    """Build a network without memory, to look at its shapes.

    RegNets read numbers out of tensors while they are built, which ``meta`` has not; those are made on the
    CPU meanwhile.
    """
    from torchvision.models import regnet

    original = regnet.BlockParams.from_init_params

    def on_cpu(*args: Any, **kwargs: Any) -> Any:
        with torch.device("cpu"):
            return original(*args, **kwargs)

    regnet.BlockParams.from_init_params = on_cpu
    try:
        with torch.device("meta"), _Unfilled():
            return build(name, input_px, classes)
    finally:
        regnet.BlockParams.from_init_params = original
