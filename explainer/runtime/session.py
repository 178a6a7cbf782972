"""The session file: what was open last time.

JSON in the user's configuration folder. Whatever is wrong with it, the program starts: with what could be
read, the defaults for the rest, and a `Problem` that says so.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from explainer.core.context import Fit, Settings
from explainer.core.paths import user_config
from explainer.core.problem import ExplainerError, Problem
from explainer.core.writing import write_bytes

VERSION = 1
RECENT_MOST, PLACES_MOST = 12, 3
FILE_NAME = "session.json"
THEMES = ("system", "light", "dark")
DEVICES = ("auto", "cpu", "cuda", "mps")
MOST_THREADS = 4096
MOST_BYTES = 64 << 20
"""More is no session of ours, and is not read into memory."""

Plain = Mapping[str, Any]
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Session:
    """What is remembered from one start to the next.

    Parameters
    ----------
    geometry
        The window's size, place and docks, in base64; opaque here.
    demo
        Id of the demo that was open; empty for the first one.
    params
        Demo id → its params as ``core.params.to_plain`` gives them; read back with ``from_plain``.
    source
        What ``open_source`` takes; empty for the default picture.
    recent
        Such sources, the newest first, at most 12.
    theme
        ``"light"``, ``"dark"`` or ``"system"``.
    view
        How things are drawn (opacity, colour map, mirror, font scale); plain values, opaque here.
    walked
        Lessons of the way for newcomers that were opened, the last one at the end.
    places
        Lesson and source where one was, the newest first, at most 3.
    """

    geometry: str = ""
    demo: str = ""
    params: Mapping[str, Plain] = field(default_factory=dict)
    source: str = ""
    recent: tuple[str, ...] = ()
    theme: str = "system"
    view: Plain = field(default_factory=dict)
    settings: Settings = Settings()  # noqa: RUF009 - frozen
    walked: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def with_recent(self, source: str) -> "Session":
        """Return a copy with `source` at the head of the recent ones, each named once."""
        others = [one for one in self.recent if one != source]
        return replace(self, recent=(source, *others)[:RECENT_MOST])

    def with_params(self, demo_id: str, plain: Plain) -> "Session":
        """Return a copy with one demo's params replaced."""
        return replace(self, params={**self.params, demo_id: dict(plain)})

    def held_back(self) -> "Session":
        """Return a copy without what was running: demo and its params, source, settings may be what went wrong."""
        others = {demo_id: plain for demo_id, plain in self.params.items() if demo_id != self.demo}
        return replace(self, demo="", source="", settings=Settings(), params=others)


def default_path() -> Path:
    """Where the session file lies.

    Raises
    ------
    OSError
        When the configuration folder cannot be made.
    """
    return user_config() / FILE_NAME


def load(path: Path | None = None) -> tuple[Session, Problem | None]:
    """Read the last session.

    Returns
    -------
    session, problem
        Defaults stand in for what is missing or wrong. No file at all is no problem: it is the first start.
    """
    try:
        text = _read(path or default_path())
    except FileNotFoundError:
        return Session(), None
    except (OSError, ValueError) as error:
        return Session(), _unreadable(error)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Session(), _unreadable(error)
    return _from_json(data)


def save(session: Session, path: Path | None = None) -> Problem | None:
    """Write the session; either the whole new file is there afterwards or the old one is.

    Returns
    -------
    Problem or None
        When the disk is full or the folder may not be written.
    """
    todo = "Check that the disk has room and that the settings folder may be written."
    try:
        data = {"version": VERSION, **asdict(session)}
        # In ASCII: a file's name may hold bytes that no character stands for, and they come back.
        text = json.dumps(data, indent=1, allow_nan=False)
        file = path or default_path()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, text.encode("ascii"))
    except ExplainerError as error:
        return Problem(f"The session could not be saved: {error.problem.what}", todo, error.problem.details)
    except (OSError, TypeError, ValueError, RecursionError) as error:
        return Problem("The session could not be saved.", todo, str(error))
    return None


# Reading back -------------------------------------------------------------------------------------------


def _read(path: Path) -> str:
    """Read the file, and no more of it than a session can be."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    return data.decode("utf-8")


def _unreadable(error: Exception) -> Problem:
    what = "The last session could not be read, so the defaults are used."
    return Problem(what, "Nothing has to be done; it is written anew.", str(error))


def _from_json(data: Any) -> tuple[Session, Problem | None]:
    if not isinstance(data, dict) or data.get("version") != VERSION:
        version = data.get("version") if isinstance(data, dict) else None
        return Session(), _unreadable(ValueError(f"version {version!r}, expected {VERSION}"))
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, read in _READ.items():
        if name not in data:
            continue
        try:
            values[name] = read(data[name])
        except (TypeError, ValueError, RecursionError):
            wrong.append(name)
    return Session(**values), _partly(wrong)


def _partly(wrong: list[str]) -> Problem | None:
    if not wrong:
        return None
    todo = "Nothing has to be done; they are written anew."
    return Problem(f"Parts of the last session went back to their defaults: {', '.join(wrong)}.", todo)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_text(one) for one in value[:RECENT_MOST])


def _places(value: Any) -> tuple[Place, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    pairs = [_texts(one) for one in value[:PLACES_MOST]]
    return tuple((lesson, source) for lesson, source in pairs)


def _theme(value: Any) -> str:
    if value not in THEMES:
        raise ValueError(value)
    return str(value)


def _plain(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not _finite(value):
        raise TypeError(value)
    return value


def _finite(value: Any) -> bool:
    """Whether all numbers of a JSON value are: Python reads ``NaN`` and ``1e999`` without a word."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_finite(one) for one in value.values())
    return all(_finite(one) for one in value) if isinstance(value, list) else True


def _params(value: Any) -> dict[str, Plain]:
    return {demo_id: _plain(plain) for demo_id, plain in _plain(value).items()}


def _settings(value: Any) -> Settings:
    plain = _plain(value)
    known = {f.name: type(f.default) for f in fields(Settings) if f.name in plain}
    for name, kind in known.items():
        if type(plain[name]) is not kind:
            raise TypeError(name)
    settings = Settings(**{name: plain[name] for name in known})
    known_words = settings.fit in get_args(Fit) and settings.device in DEVICES
    if not known_words or not 0 <= settings.threads <= MOST_THREADS or not 0 <= settings.seed < 2**63:
        raise ValueError(settings)
    return settings


_READ: Mapping[str, Callable[[Any], Any]] = {
    "geometry": _text,
    "demo": _text,
    "params": _params,
    "source": _text,
    "recent": _texts,
    "theme": _theme,
    "view": _plain,
    "settings": _settings,
    "walked": _texts,
    "places": _places,
}
