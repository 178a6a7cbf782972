"""A GPU made in Python alone, on a machine that has none.

Its tensors say that they lie on another device. They hold the data of a CPU tensor, refuse to meet CPU tensors in one
operation, and refuse to become NumPy arrays, as CUDA's do. Values, gradients, optimisers and torchvision's operators
are the CPU's own, so a run must give the CPU's values; where code forgets a ``.to(device)`` or a ``.cpu()`` it fails.

PyTorch reserves one backend, "private use one", for devices from outside; `install` names it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Self

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "pretend"
MEETS_THE_CPU = ("_to_copy", "copy_", "index", "_index")  # operations to which CUDA admits a tensor of the CPU too


class TwoDevicesError(RuntimeError):
    """Tensors of two devices met in one operation."""


@cache
def install() -> None:
    """Name the backend, once for the process."""
    _setup_privateuseone_for_python_backend(NAME)


class On(Tensor):
    """A tensor that says it lies on the pretend device; `data_` holds its numbers."""

    data_: Tensor

    @staticmethod
    def __new__(cls, data: Tensor) -> Self:
        made = torch.Tensor._make_wrapper_subclass(
            cls, data.size(), strides=data.stride(), storage_offset=data.storage_offset(), dtype=data.dtype,
            layout=data.layout, device=f"{NAME}:0", requires_grad=False,
        )  # fmt: skip
        made.data_ = data
        return made

    def __repr__(self) -> str:
        return f"On({self.data_!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _is_here(device: Any) -> bool:
    return device is not None and torch.device(device).type == NAME


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    here = [one for one in tensors if isinstance(one, On)]
    away = [one for one in tensors if not isinstance(one, On) and one.dim() > 0]
    name = func.__name__
    if here and away and not name.startswith(MEETS_THE_CPU):
        shapes = [tuple(one.shape) for one in (*here, *away)]
        raise TwoDevicesError(f"{name}: Expected all tensors to be on the same device, but found two: {shapes}")
    out = func(*tree_map(_bare, args), **_of_the_cpu(kwargs))
    if func is torch.ops.aten._local_scalar_dense.default:
        return out
    if _in_place(name) and isinstance(args[0], On):
        return args[0]
    comes_here = _is_here(kwargs["device"]) if kwargs.get("device") is not None else bool(here)
    if name.startswith("copy_"):
        comes_here = isinstance(args[0], On)
    return tree_map(lambda one: On(one) if comes_here and isinstance(one, Tensor) else one, out)


def _bare(value: Any) -> Any:
    return value.data_ if isinstance(value, On) else value


def _of_the_cpu(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the operation that the CPU does in its stead."""
    bare: dict[str, Any] = tree_map(_bare, kwargs)
    if _is_here(kwargs.get("device")):
        bare["device"] = "cpu"
    return bare | ({"pin_memory": False} if "pin_memory" in bare else {})


def _in_place(name: str) -> bool:
    base = name.partition(".")[0]
    return base.endswith("_") and not base.endswith("__")


class _Operations(TorchDispatchMode):
    """Sees what makes tensors on the device out of none."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Calls(TorchFunctionMode):
    """Sees the few calls that do their work below the dispatcher."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (torch.tensor, torch.as_tensor, torch.asarray) and _is_here(kwargs.get("device")):
            rest = dict(kwargs)
            device = rest.pop("device")
            return func(*args, **rest).to(device)
        if args and isinstance(args[0], On):
            if func is Tensor.new_tensor and kwargs.get("device") is None:
                return torch.tensor(args[1], dtype=kwargs.get("dtype") or args[0].dtype).to(args[0].device)
            if func is Tensor.tolist:
                return args[0].data_.tolist()  # CUDA allows it, and waits
        return func(*args, **kwargs)


@contextmanager
def pretending() -> Iterator[str]:
    """Have the device inside the block, in this thread; gives its name."""
    install()
    with _Calls(), _Operations():
        yield NAME
