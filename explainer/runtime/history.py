"""Undo and redo of what was done to the params."""

from dataclasses import dataclass, fields, replace
from typing import Any

MOST = 200


@dataclass(frozen=True, slots=True)
class Change:
    """Params of one demo before and after.

    Parameters
    ----------
    gesture
        The same for all changes of one drag; ``None`` for a change that stands alone.
    """

    demo_id: str
    before: Any
    after: Any
    gesture: int | None = None

    @property
    def moved(self) -> frozenset[str]:
        """Names of the params that differ."""
        names = [field.name for field in fields(self.before)]
        return frozenset(n for n in names if getattr(self.before, n) != getattr(self.after, n))


class History:
    """Changes in order, and how many of them are in force."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._undone)

    def push(self, change: Change) -> None:
        """Note a change; what was taken back before it cannot be made again.

        The steps of a drag (same gesture, same demo, same controls, each beginning where the last ended)
        become one change, and a drag that ends where it began becomes none.
        """
        if change.before == change.after:
            return
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and _one_drag(last, change):
            self._done.pop()
            change = replace(last, after=change.after)
        if change.before != change.after:
            self._done.append(change)
        del self._done[: -self._most]

    def undo(self) -> Change | None:
        """Take the last change back: its ``before`` holds now; ``None`` when there is none."""
        if not self._done:
            return None
        change = self._done.pop()
        self._undone.append(change)
        return change

    def redo(self) -> Change | None:
        """Make it again: its ``after`` holds now; ``None`` when there is none."""
        if not self._undone:
            return None
        change = self._undone.pop()
        self._done.append(change)
        return change

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()


def _one_drag(last: Change, new: Change) -> bool:
    if new.gesture is None or (last.demo_id, last.gesture) != (new.demo_id, new.gesture):
        return False
    return bool(last.after == new.before) and last.moved == new.moved
