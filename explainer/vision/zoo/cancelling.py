"""Long passes through a network listen to a token: `cancel_scope` implements `core.context.CancelScope`.

A forward pass asks before every module, a backward pass whenever a gradient arrives at a module's input. Both
come from one hook, because every global hook slows every module down; it exists only while some thread has a
token armed. The token is looked up where the hook runs: a graph that is kept for later listens to the job that
uses it, not to the one that built it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.utils.hooks import RemovableHandle

from explainer.core.context import Token


class _Armed(threading.local):
    token: Token | None = None


_here = _Armed()
_everywhere: list[Token] = []  # armed tokens of all threads
_handles: list[RemovableHandle] = []
_lock = threading.Lock()


@contextmanager
def cancel_scope(token: Token) -> Iterator[None]:
    """Make forward and backward passes of this thread listen to `token` inside the block.

    What ``token.check`` raises comes out of the pass. Blocks may be nested; the innermost token counts.
    """
    outer = _here.token
    _arm(token)
    _here.token = token
    try:
        yield
    finally:
        _here.token = outer
        _disarm(token)


def ask() -> None:
    """Ask whether this thread's job is still wanted: for loops of opaque calls that no module's hook interrupts.

    Raises
    ------
    Cancelled
        When it is not. Without an armed token nothing happens.
    """
    if _here.token is not None:
        _here.token.check()


def _arm(token: Token) -> None:
    with _lock:
        _everywhere.append(token)
        if not _handles:
            _handles.append(register_module_forward_pre_hook(_before))


def _disarm(token: Token) -> None:
    with _lock:
        _everywhere.remove(token)
        while _handles and not _everywhere:
            _handles.pop().remove()


def _before(_module: nn.Module, inputs: tuple[Any, ...]) -> None:
    token = _here.token
    if token is None:
        return
    token.check()
    if torch.is_grad_enabled():
        for value in inputs:
            # A leaf is the caller's own tensor: a hook would stay on it.
            if isinstance(value, Tensor) and value.requires_grad and not value.is_leaf:
                value.register_hook(_arrived)  # type: ignore[no-untyped-call]


def _arrived(_gradient: Tensor) -> None:
    """Check the token of the thread that called ``backward``.

    On a GPU the engine calls hooks from a thread of its own, which has none armed; as long as one job runs at
    a time, the one that is armed anywhere is meant.
    """
    token = _here.token
    if token is None and len(_everywhere) == 1:
        token = _everywhere[0]
    if token is not None:
        token.check()
