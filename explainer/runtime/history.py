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


@dataclass(frozen=True, slots=True)
class History:
    """Changes in force, the last one at the end, and those that were taken back, the next one at the end."""

    done: tuple[Change, ...] = ()
    taken_back: tuple[Change, ...] = ()
    most: int = MOST

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self.taken_back)

    def pushed(self, change: Change) -> "History":
        """Return a history with one change more; what was taken back before it cannot be made again.

        The steps of a drag (same gesture, same demo, same controls, each beginning where the last ended)
        become one change, and a drag that ends where it began becomes none.
        """
        if change.before == change.after:
            return self
        done = self.done
        if done and _one_drag(done[-1], change):
            done, change = done[:-1], replace(done[-1], after=change.after)
        if change.before != change.after:
            done = (*done, change)
        return replace(self, done=done[-self.most :], taken_back=())

    def carried(self, demo_id: str, name: str, value: Any) -> "History":
        """Let the newest change hold with another value of a param that is being played.

        Playing is no change to be taken back, and a drag that goes on meanwhile is still one drag.
        """
        if not self.done or self.done[-1].demo_id != demo_id or name in self.done[-1].moved:
            return self
        last = self.done[-1]
        before, after = (replace(one, **{name: value}) for one in (last.before, last.after))
        return replace(self, done=(*self.done[:-1], replace(last, before=before, after=after)))

    def undone(self) -> "tuple[History, Change | None]":
        """Take the last change back: its ``before`` holds now; ``None`` when there is none."""
        if not self.done:
            return self, None
        change = self.done[-1]
        return replace(self, done=self.done[:-1], taken_back=(*self.taken_back, change)), change

    def redone(self) -> "tuple[History, Change | None]":
        """Make it again: its ``after`` holds now; ``None`` when there is none."""
        if not self.taken_back:
            return self, None
        change = self.taken_back[-1]
        return replace(self, done=(*self.done, change), taken_back=self.taken_back[:-1]), change


def _one_drag(last: Change, new: Change) -> bool:
    if new.gesture is None or (last.demo_id, last.gesture) != (new.demo_id, new.gesture):
        return False
    return bool(last.after == new.before) and last.moved == new.moved
