"""What did not change is not computed again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from explainer.core.frame import Frame

T = TypeVar("T")
KEPT = 12


class Memo:
    """Results by key: some as long as the frame stays, a few as long as the session lasts.

    Used by one thread at a time. A `make` that raises, `Cancelled` included, leaves nothing behind.

    Parameters
    ----------
    kept
        How many session-long entries are held; the one that was not used for longest goes first.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._limit = kept
        self._frame: Frame | None = None
        self._setting: Hashable = None
        self._of_frame: dict[Hashable, Any] = {}
        self._of_session: OrderedDict[Hashable, Any] = OrderedDict()

    def enter(self, frame: Frame, setting: Hashable) -> None:
        """Forget what belongs to another frame or another `setting` (model, fit, device).

        The frame itself is held: its key rests on ``id(pixels)``, which Python would give to another
        array as soon as this one is gone.
        """
        if self._frame is None or frame.key != self._frame.key or setting != self._setting:
            self._of_frame.clear()
        self._frame, self._setting = frame, setting

    def get(self, key: Hashable, make: Callable[[], T], *, keep: bool = False) -> T:
        """Return what `make` gave for `key`, calling it when it is not known yet."""
        return self._kept(key, make) if keep else self._framed(key, make)

    def clear(self) -> None:
        """Forget everything, session-long entries too."""
        self._frame = None
        self._of_frame.clear()
        self._of_session.clear()

    def _framed(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._of_frame:
            self._of_frame[key] = make()
        value: T = self._of_frame[key]
        return value

    def _kept(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._of_session:
            self._of_session[key] = make()
        self._of_session.move_to_end(key)
        value: T = self._of_session[key]
        while len(self._of_session) > self._limit:
            self._of_session.popitem(last=False)
        return value
