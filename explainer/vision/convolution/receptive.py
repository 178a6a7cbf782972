"""Which input pixels a unit can see at all: its theoretical receptive field.

Along each axis, unit i of a layer reads the pixels from ``start + i · jump`` on, `size` of them. A convolution
or pooling with kernel k, stride s, dilation d and padding p before makes of that (Araujo, Norris and Sim 2019)::

    size' = size + d (k − 1) jump      jump' = s jump      start' = start − p jump

where branches meet, the field is the smallest interval that holds all of theirs. The network is run once
while every tensor operation is watched, so additions, concatenations and padding count like modules do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

ATEN = torch.ops.aten


@dataclass(frozen=True, slots=True)
class Reach:
    """Field of the units of a map along one axis, in input pixels.

    Parameters
    ----------
    start
        First pixel of unit 0; below 0 where it reads padding.
    """

    size: float = 1.0
    jump: float = 1.0
    start: float = 0.0

    def through(self, kernel: int, stride: int, padding: int, dilation: int = 1) -> "Reach":
        """Field behind a convolution or pooling."""
        grown = self.size + dilation * (kernel - 1) * self.jump
        return Reach(grown, self.jump * stride, self.start - padding * self.jump)

    def with_other(self, other: "Reach") -> "Reach":
        """Smallest interval that holds both; of two strides the larger, which a unit's place goes by."""
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return Reach(end - start, max(self.jump, other.jump), start)

    def interval(self, index: int) -> tuple[float, float]:
        """First pixel and one past the last of unit `index`."""
        first = self.start + index * self.jump
        return first, first + self.size


@dataclass(frozen=True, slots=True)
class Field:
    """Field of the units of a layer: along rows and along columns.

    Parameters
    ----------
    whole
        Whether an operation behind which every unit sees everything came before (a global pooling,
        attention, a gate on whole maps): then `rows` and `columns` say nothing.
    """

    rows: Reach
    columns: Reach
    whole: bool = False

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in input pixels of what unit (row, column) sees; may leave the input."""
        (x0, x1), (y0, y1) = self.columns.interval(column), self.rows.interval(row)
        return x0, y0, x1, y1


START = Field(Reach(), Reach())
EVERYTHING = Field(Reach(), Reach(), whole=True)


def receptive_fields(net: nn.Module, x: Tensor, layers: Sequence[str]) -> dict[str, Field]:
    """Field of each of `layers` whose output has height and width; the network is run once.

    Parameters
    ----------
    x
        ``(1, 3, H, W)``; its numbers do not matter, its size does where padding depends on it.
    layers
        Module paths of `net`.
    """
    found: dict[str, Field] = {}
    with torch.no_grad(), _Watch() as watch:
        leaf = x.detach().clone()
        watch.tell(leaf, START)
        handles = [_noting(net.get_submodule(name), name, found, watch) for name in layers]
        try:
            net(leaf)
        finally:
            for handle in handles:
                handle.remove()
    return found


def _noting(module: nn.Module, name: str, found: dict[str, Field], watch: "_Watch") -> Any:
    def note(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4:
            found[name] = watch.field(output) or EVERYTHING

    return module.register_forward_hook(note)


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Carries the field of every tensor along; tensors are held, so that no two share an id."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._fields: dict[int, Field] = {}
        self._alive: list[Tensor] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; the shield against it would import a compiler, which takes seconds."""
        return False

    def tell(self, tensor: Tensor, field: Field) -> None:
        self._fields[id(tensor)] = field
        self._alive.append(tensor)

    def field(self, tensor: Tensor) -> Field | None:
        """Field of a tensor; ``None`` for what does not come from the input, such as a weight."""
        return self._fields.get(id(tensor))

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        sources = [t for t in _tensors(args) if self.field(t) is not None]
        if sources:
            rule = RULES.get(func.overloadpacket, _same_place)
            fields = [f for f in (self.field(t) for t in sources) if f is not None]
            result = _everywhere(fields) if any(f.whole for f in fields) else rule(sources, fields, args, out)
            for tensor in _tensors((out,)):
                self.tell(tensor, result)
        return out


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


# What each operation does to a field --------------------------------------------------------------------

Rule = Callable[[list[Tensor], list[Field], tuple[Any, ...], Any], Field]


def _everywhere(_fields: list[Field]) -> Field:
    return EVERYTHING


def _same_place(sources: list[Tensor], fields: list[Field], _args: tuple[Any, ...], out: Any) -> Field:
    """Unit by unit, as additions and activations do; what changes height or width otherwise mixes everything."""
    first = next(iter(_tensors((out,))), None)
    if first is None or first.dim() != 4 or any(t.dim() != 4 or t.shape[2:] != first.shape[2:] for t in sources):
        return EVERYTHING
    union = fields[0]
    for other in fields[1:]:
        rows, columns = union.rows.with_other(other.rows), union.columns.with_other(other.columns)
        union = replace(union, rows=rows, columns=columns)
    return union


def _moved(field: Field, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Field:
    (k, m), (s, t), (p, q), (d, e) = (_pair(value) for value in (kernel, stride, padding, dilation))
    return replace(field, rows=field.rows.through(k, s, p, d), columns=field.columns.through(m, t, q, e))


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    items = [int(item) for item in value]
    return (items[0], items[-1])


def _convolution(_sources: list[Tensor], fields: list[Field], args: tuple[Any, ...], _out: Any) -> Field:
    weight, _bias, stride, padding, dilation, transposed = args[1:7]
    if transposed:
        return EVERYTHING
    return _moved(fields[0], weight.shape[2:], stride, padding, dilation)


def _pooling(_sources: list[Tensor], fields: list[Field], args: tuple[Any, ...], _out: Any) -> Field:
    kernel = args[1]
    stride = args[2] if len(args) > 2 and args[2] else kernel
    padding = args[3] if len(args) > 3 else 0
    return _moved(fields[0], kernel, stride, padding, args[4] if len(args) > 4 else 1)


def _average_pooling(sources: list[Tensor], fields: list[Field], args: tuple[Any, ...], out: Any) -> Field:
    return _pooling(sources, fields, args[:4], out)  # its fifth argument is no dilation


def _adaptive(sources: list[Tensor], fields: list[Field], _args: tuple[Any, ...], out: Tensor) -> Field:
    """Even windows are a pooling; of others or of one single window nothing simple can be said."""
    (height, width), (rows, columns) = sources[0].shape[2:], out.shape[2:]
    if height % rows or width % columns or (rows, columns) == (1, 1) != (height, width):
        return EVERYTHING
    window = (height // rows, width // columns)
    return _moved(fields[0], window, window, 0, 1)


def _padding(_sources: list[Tensor], fields: list[Field], args: tuple[Any, ...], _out: Any) -> Field:
    left, _right, top, _bottom = (*args[1], 0, 0, 0, 0)[:4]
    return _moved(fields[0], 1, 1, (top, left), 1)


RULES: Mapping[Any, Rule] = {
    ATEN.convolution: _convolution,
    ATEN.max_pool2d_with_indices: _pooling,
    ATEN.max_pool2d: _pooling,
    ATEN.avg_pool2d: _average_pooling,
    ATEN._adaptive_avg_pool2d: _adaptive,
    ATEN.adaptive_max_pool2d: _adaptive,
    ATEN.constant_pad_nd: _padding,
    ATEN.reflection_pad2d: _padding,
    ATEN.replication_pad2d: _padding,
}
