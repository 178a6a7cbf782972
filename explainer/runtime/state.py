"""What demos carry from one run to the next, and when it is forgotten.

A temporal demo hands back its next state with each result; it counts only once ``run`` has returned and the job was
still wanted; what a lasting one has collected outlives source and model. A training demo may also leave one with each
partial result: the point at which it goes on when one comes back to it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.frame import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """A run's claim on the state: what it starts from, and for what its outcome would hold."""

    demo_id: str
    source_id: str
    index: int
    scope: Hashable
    before: Any
    epoch: int
    lasting: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Committed:
    ticket: Ticket
    after: Any


class States:
    """Committed states, one for each demo. `drop` may be called from another thread than the runs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_demo: dict[str, _Committed] = {}
        self._epoch = 0

    def begin(self, demo: Demo[Any], params: Any, frame: Frame, settings: Settings) -> Ticket:
        """Return what a run on `frame` starts from; forget what no longer holds."""
        source_id = frame.source_id if demo.info.uses_frame else ""
        scope = _scope(demo, params, settings)
        with self._lock:
            if demo.info.uses_frame:
                self._forget_other_sources(source_id)
            before = self._before(demo, source_id, frame.index, scope)
            return Ticket(demo.info.id, source_id, frame.index, scope, before, self._epoch, demo.info.lasting)

    def commit(self, ticket: Ticket, after: Any) -> None:
        """Keep `after`, unless states were dropped since the run began."""
        with self._lock:
            if ticket.epoch == self._epoch:
                self._by_demo[ticket.demo_id] = _Committed(ticket, after)

    def drop(self) -> None:
        """Forget all states; a run that is under way will leave none either."""
        with self._lock:
            self._epoch += 1
            self._by_demo.clear()

    def _before(self, demo: Demo[Any], source_id: str, index: int, scope: Hashable) -> Any:
        last = self._by_demo.get(demo.info.id)
        if last is not None and demo.info.lasting and last.ticket.scope == scope:
            again = (last.ticket.source_id, last.ticket.index) == (source_id, index)
            return last.ticket.before if again else last.after
        if last is None or (last.ticket.source_id, last.ticket.scope) != (source_id, scope):
            self._by_demo.pop(demo.info.id, None)
            return None
        if not demo.info.uses_frame or index > last.ticket.index:
            return last.after
        if index == last.ticket.index:
            # The same picture again with another control: it starts from what it started from before, so
            # that the same picture is never counted twice and a moved slider does not lose every track.
            return last.ticket.before
        self._by_demo.pop(demo.info.id)
        return None

    def _forget_other_sources(self, source_id: str) -> None:
        here = ("", source_id)
        for name, one in list(self._by_demo.items()):
            if one.ticket.source_id not in here and not one.ticket.lasting:
                del self._by_demo[name]


def keeps_state(demo: Demo[Any]) -> bool:
    """Whether `demo` carries anything from one run to the next."""
    return demo.info.temporal or not demo.info.uses_frame


def _scope(demo: Demo[Any], params: Any, settings: Settings) -> Hashable:
    """What must not change for a state to hold: params that reset, and unless it lasts, model, device and seed."""
    resets = tuple(repr(getattr(params, one.name)) for one in demo.controls() if one.resets)
    if demo.info.lasting:
        return resets
    of_model = (settings.model, settings.fit) if demo.info.uses_model else ()
    return (of_model, settings.device, settings.seed, resets)
