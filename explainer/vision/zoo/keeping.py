"""What a network looks like when nobody is using it, and how it is put back to that.

A demo hooks, flips flags and asks for gradients; the next one must not notice. The picture of a clean network
is taken once, and comparing with it costs a fraction of a millisecond, which is why the tables of all modules
lie in flat lists here.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn


class Clean:
    """The state of a frozen network, to be restored after it was lent.

    Parameters
    ----------
    net
        A network in the state in which it shall always be found.
    """

    def __init__(self, net: nn.Module) -> None:
        tables = [table for module in net.modules() for table in _tables(module)]
        self._empty = [table for table in tables if not table]
        self._filled = [(table, _ids(table), table.copy()) for table in tables if table]
        self._tensors = [*net.parameters(), *net.buffers()]
        self._identities = list(map(_identity, self._tensors))

    def restore(self) -> bool:
        """Put hooks, flags, attributes, children and gradients back.

        Returns
        -------
        bool
            False if numbers were written into parameters or buffers: those are not kept twice, and the
            network has to be read from its file again.
        """
        for table, ids, before in self._filled:
            if _ids(table) != ids:
                _refill(table, before)
        if any(map(len, self._empty)):
            for table in self._empty:
                table.clear()
        for tensor in self._tensors:
            _calm(tensor)
        return list(map(_identity, self._tensors)) == self._identities


def _tables(module: nn.Module) -> Iterator[Any]:
    """Yield a module's attributes first, then what lies in them: hooks, children, parameters, own lists."""
    yield module.__dict__
    yield from (value for value in module.__dict__.values() if isinstance(value, dict | set | list))


def _ids(table: Any) -> list[object]:
    """Which objects a table holds, and under which names; never compares tensors by value."""
    if isinstance(table, dict):
        return [*table, *map(id, table.values())]
    return list(map(id, table))


def _refill(table: Any, before: Any) -> None:
    table.clear()
    if isinstance(table, list):
        table.extend(before)
    else:
        table.update(before)


def _calm(tensor: Tensor) -> None:
    if tensor.requires_grad:
        tensor.requires_grad_(False)
    if tensor.grad is not None:
        tensor.grad = None
    if tensor._backward_hooks:
        tensor._backward_hooks = None


def _identity(tensor: Tensor) -> tuple[int, int]:
    """Change when someone writes into the tensor or swaps its memory."""
    return tensor._version, tensor.data_ptr()
