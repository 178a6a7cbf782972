"""What opens sources and hands their pictures on: plain Python, called from the window's and the player's thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.runtime import events as ev
from explainer.runtime.frames import SourceFrames
from explainer.runtime.player import Player
from explainer.runtime.scheduler import Scheduler
from explainer.sources.opening import is_video, open_source, path_of, without_stretch
from explainer.sources.synthetic import pan

DEFAULT_SOURCE = "sample:cat"
Opener = Callable[[], Source | Problem]


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """A source as it was asked for.

    Parameters
    ----------
    spec
        What ``open_source`` takes; "" for what has no name to be reopened by.
    still, panned
        Whether it is a single picture, and whether it is shown as a slow pan over it.
    """

    spec: str
    opener: Opener
    still: bool
    panned: bool = False


class Feed:
    """Opens one source at a time; its pictures go straight to the scheduler, its news to `post`.

    Parameters
    ----------
    first
        Spec of the source that `begin` opens.
    post
        May be called from any thread.
    """

    def __init__(self, first: str, scheduler: Scheduler, post: Callable[[object], None]) -> None:
        self._scheduler, self._post = scheduler, post
        self._lock = Lock()
        # Guarded by the lock: the player's thread reads and writes these too.
        self._open = self._wanted = named(first or DEFAULT_SOURCE)
        self._openings: dict[str, Wish] = {}  # by source id
        self._frames: Sequence[Frame] = ()
        self._waits = False
        self.player = Player(self._from_player)

    # In the window's thread -----------------------------------------------------------------------------

    @property
    def spec(self) -> str:
        """What is shown, as ``open_source`` takes it; "" for what has no such name."""
        with self._lock:
            return self._open.spec

    @property
    def frames(self) -> Sequence[Frame]:
        """All pictures of the source that was opened last, for demos that compare several."""
        with self._lock:
            return self._frames

    def begin(self, *, temporal: bool) -> None:
        """Open the first source."""
        self.open(self._wanted, temporal=temporal)

    def open(self, wish: Wish, *, temporal: bool) -> None:
        """Open another source; the present one stays if that fails.

        Parameters
        ----------
        temporal
            The demo needs motion: a still is shown as a pan, and a film waits for the first result, since a
            demo that starts while everything is still loading would miss the first pictures.
        """
        wish = replace(wish, panned=temporal and wish.still)
        with self._lock:
            self._wanted, self._waits = wish, temporal
        self.player.open(partial(self._opened_as, wish), held=temporal)

    def match(self, *, temporal: bool) -> None:
        """For a demo that needs motion turn a still into a pan over itself, and back for one that does not."""
        wanted = self._wanted
        if (temporal and wanted.still) != wanted.panned:
            self.open(wanted, temporal=temporal)

    def shown(self, source_id: str) -> None:
        """Note that the window shows this source from now on."""
        with self._lock:
            self._open = self._openings.pop(source_id, self._open)

    def refused(self) -> None:
        """Note that what was wanted could not be opened."""
        with self._lock:
            self._wanted = self._open

    def go_on(self) -> None:
        """Let a film that waited for the first result play."""
        with self._lock:
            waited, self._waits = self._waits, False
        if waited:
            self.player.play()

    def close(self) -> None:
        """Let go of the source and join the player's thread."""
        self.player.close()

    # In the player's thread -----------------------------------------------------------------------------

    def _opened_as(self, wish: Wish) -> Source | Problem:
        """Open, and note under the source's id what it was asked for as."""
        source = _panned(wish.opener) if wish.panned else wish.opener()
        if not isinstance(source, Problem):
            # A camera has no end to look through, and must not be opened a second time.
            frames = () if source.kind == "camera" else SourceFrames(wish.opener)
            with self._lock:
                self._openings[source.id] = wish
                self._frames = frames
        return source

    def _from_player(self, event: ev.SourceEvent) -> None:
        if isinstance(event, ev.FrameArrived):
            self._scheduler.feed(event.frame, lossless=event.stepped)
        elif isinstance(event, ev.SourceOpened):
            self._scheduler.source_changed(self.frames)
        self._post(event)


def named(spec: str) -> Wish:
    """What a person names: a file, a folder, ``camera:N``, ``sample:NAME``."""
    path = path_of(spec)
    still = path is not None and path.is_file() and not is_video(path)
    how = spec[len(without_stretch(spec)[0]) :]
    lasting = spec if path is None or spec.startswith("sample:") else f"{_absolute(path)}{how}"
    return Wish(lasting, partial(open_source, lasting), still)


def _absolute(path: Path) -> Path:
    """The same path from wherever it is read again; links are kept as they were named."""
    return path.absolute()


def _panned(opener: Opener) -> Source | Problem:
    """Open a still and return a slow pan over it."""
    source = opener()
    if isinstance(source, Problem):
        return source
    frame = source.at(0)
    source.close()
    return frame if isinstance(frame, Problem) else pan(frame)
