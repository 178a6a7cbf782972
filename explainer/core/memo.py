"""What a run may find ready: names of what a pass depends on, and a memo with room for one."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from explainer.core.context import Context
from explainer.core.frame import Frame

T = TypeVar("T")


def memo_name(ctx: Context) -> tuple[str, str, str]:
    """What a memoised pass through the session's network depends on beside frame and layer."""
    return (ctx.card.name, ctx.device, ctx.settings.fit)


def latest(ctx: Context, slot: Hashable, key: Hashable, make: Callable[[], T]) -> T:
    """Memo with room for one: what is large is not held for every setting that was tried.

    Parameters
    ----------
    slot
        Names the room; another `slot` holds another value.
    key
        What the value was made for; another key lets go of it before the next is made.
    """
    held: dict[Hashable, T] = _room(ctx, slot)
    if key not in held:
        held.clear()  # first, so that both are never held at once
        held[key] = make()
    return held[key]


def is_latest(ctx: Context, slot: Hashable, key: Hashable) -> bool:
    """Whether the value for `key` stands ready, so that nothing need be shown meanwhile."""
    return key in _room(ctx, slot)


def _room(ctx: Context, slot: Hashable) -> dict[Hashable, Any]:
    return ctx.memo(("latest", slot), dict)  # the memo itself forgets with the frame, the model, its fit and device


def prepared(frame: Frame, net: Any, ctx: Context) -> Any:
    """Return the network's input for this frame, made once."""
    with ctx.stage("prepare"):
        return ctx.memo(("prepared", *memo_name(ctx)), lambda: net.prepare(frame))
