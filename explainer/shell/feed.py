"""What opens sources and hands their pictures on: plain Python, called from the window's and the player's thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import Source
from explainer.core.words import thousands
from explainer.runtime import events as ev
from explainer.runtime.frames import SourceFrames
from explainer.runtime.player import Player
from explainer.runtime.scheduler import Scheduler
from explainer.sources.addresses import is_web, meant
from explainer.sources.identity import shown_name
from explainer.sources.neighbours import Neighbours
from explainer.sources.opening import is_video, lasting, open_source, path_of
from explainer.sources.synthetic import pan

DEFAULT_SOURCE = "sample:cat"
PASSED_MOST = 1_000
"""Files in a row that cannot be shown, after which none is looked for any more."""
Opener = Callable[[], Source | Problem]


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """A source as it was asked for.

    Parameters
    ----------
    spec
        What ``open_source`` takes; "" for what has no name to be reopened by.
    keep
        Gives such a one a name, in the player's thread: writes it to a file and returns its path, or "".
    temporal
        The demo needs motion: a still is to be shown as a slow pan over it.
    still
        Whether it is a single picture; ``None`` as long as it has not been opened.
    """

    spec: str
    opener: Opener
    keep: Callable[[], str] | None = None
    temporal: bool = False
    still: bool | None = None


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
        self._steps = 0  # to pictures beside, not yet taken
        self._asked = 0
        self._neighbours = Neighbours()  # the player's thread alone uses it
        self.player = Player(self._from_player)

    # In the window's thread -----------------------------------------------------------------------------

    @property
    def spec(self) -> str:
        """What is shown, as ``open_source`` takes it; "" for what has no such name."""
        with self._lock:
            return self._open.spec

    @property
    def wanted(self) -> str:
        """What was asked for last, shown already or not, as ``open_source`` takes it."""
        with self._lock:
            return self._wanted.spec

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
        wish = replace(wish, temporal=temporal, still=None)
        with self._lock:
            self._wanted, self._waits, self._steps = wish, temporal, 0
            self._asked += 1
        self.player.open(partial(self._opened_as, wish), held=temporal)

    def beside(self, by: int, *, temporal: bool) -> None:
        """Go `by` pictures on (or back) in the folder of the picture that is open, past what cannot be shown.

        Returns at once: folders may hold a hundred thousand names. Further steps meanwhile add up.
        """
        with self._lock:
            self._waits = temporal
            self._steps += by
            self._asked += 1
            asked = self._asked
        self.player.open(partial(self._opened_beside, asked, temporal), held=temporal)

    def match(self, *, temporal: bool) -> None:
        """For a demo that needs motion turn a still into a pan over itself, and back for one that does not."""
        with self._lock:
            wanted = self._wanted
            if wanted.still is False:
                self._wanted = replace(wanted, temporal=temporal)
        if wanted.still is not False and wanted.temporal != temporal:
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
        opened = wish.opener()
        if isinstance(opened, Problem):
            return opened
        still = opened.kind == "image"
        source = _panned(opened) if still and wish.temporal else opened
        if isinstance(source, Problem):
            return source
        spec = wish.keep() if wish.keep is not None and not wish.spec else wish.spec
        known = replace(wish, spec=spec, still=still)
        # A camera has no end to look through, and must not be opened a second time.
        frames = () if source.kind == "camera" else SourceFrames(wish.opener)
        with self._lock:
            self._openings[source.id] = known
            self._frames = frames
            if self._wanted is wish:
                self._wanted = known
        return source

    def _opened_beside(self, asked: int, temporal: bool) -> Source | Problem | None:
        """Open the first picture in the direction asked for that can be shown; ``None`` where there is none."""
        with self._lock:
            spec, by, self._steps = self._wanted.spec, self._steps, 0
            frames = self._frames
        here = path_of(spec) or (Path(spec) if spec else None)
        passed: list[str] = []
        if here is None:
            passed.append("What is shown lies in no folder.")
        for path, wrapped in self._neighbours.beside(here, by) if here is not None and by else ():
            wish = replace(named(f"sample:{path.stem}" if spec.startswith("sample:") else str(path)), temporal=temporal)
            got = self._opened_as(wish) if not is_video(path) else None
            if got is None or isinstance(got, Problem):
                passed.append(got.what if got is not None else f"{shown_name(path)} moves; open it by itself.")
                if self._asked != asked or len(passed) >= PASSED_MOST:
                    break
                continue
            with self._lock:
                if self._asked == asked:
                    self._wanted = self._openings.get(got.id, wish)
            self._remark(passed, wrapped=wrapped, by=by)
            return got
        with self._lock:
            self._frames = frames
        self._remark(passed or ["There is no other picture in this folder."], wrapped=False, by=by)
        return None

    def _remark(self, passed: list[str], *, wrapped: bool, by: int) -> None:
        said = [f"{thousands(len(passed))} files that cannot be shown were passed over."] if passed[1:] else passed
        if wrapped:
            said = [*said, f"{'From the first' if by > 0 else 'From the last'} picture of the folder again."]
        if said:
            self._post(ev.SourceSkipped(Problem(" ".join(said), details="\n".join(passed[:100]))))

    def _from_player(self, event: ev.SourceEvent) -> None:
        if isinstance(event, ev.FrameArrived):
            self._scheduler.feed(event.frame, lossless=event.stepped)
        elif isinstance(event, ev.SourceOpened):
            self._scheduler.source_changed(self.frames)
        self._post(event)


def named(spec: str) -> Wish:
    """What a person names: a file, a folder, ``camera:N``, ``sample:NAME``, ``file://…``."""
    stands_for = meant(spec)
    if isinstance(stands_for, Problem):
        problem = stands_for
        return Wish(spec, lambda: problem)
    whole = lasting(stands_for)
    return Wish(whole, partial(open_source, whole))


def web_address(spec: str) -> str:
    """Return the address of the web that `spec` is, or that the link file it names holds; "" for anything else."""
    stands_for = meant(spec)
    if isinstance(stands_for, str) and is_web(stands_for) and path_of(stands_for) is None:
        return stands_for
    return ""


def _panned(still: Source) -> Source | Problem:
    """Return a slow pan over a still."""
    frame = still.at(0)
    still.close()
    return frame if isinstance(frame, Problem) else pan(frame)
