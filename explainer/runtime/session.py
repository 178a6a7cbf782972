"""The session file: what was open last time.

JSON in the user's configuration folder. Whatever is wrong with it, the program starts: with what could be
read, the defaults for the rest, and a `Problem` that says so.
"""

import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from explainer.core.context import Fit, Settings
from explainer.core.paths import user_config
from explainer.core.problem import Problem

VERSION = 1
RECENT_MOST = 12
FILE_NAME = "session.json"

Plain = Mapping[str, Any]


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
    """

    geometry: str = ""
    demo: str = ""
    params: Mapping[str, Plain] = field(default_factory=dict)
    source: str = ""
    recent: tuple[str, ...] = ()
    theme: str = "system"
    view: Plain = field(default_factory=dict)
    settings: Settings = Settings()  # noqa: RUF009 - frozen

    def with_recent(self, source: str) -> "Session":
        """Return a copy with `source` at the head of the recent ones, each named once."""
        others = [one for one in self.recent if one != source]
        return replace(self, recent=(source, *others)[:RECENT_MOST])

    def with_params(self, demo_id: str, plain: Plain) -> "Session":
        """Return a copy with one demo's params replaced."""
        return replace(self, params={**self.params, demo_id: dict(plain)})


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
        text = (path or default_path()).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Session(), None
    except (OSError, UnicodeDecodeError) as error:
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
    try:
        data = {"version": VERSION, **asdict(session)}
        text = json.dumps(data, indent=1, allow_nan=False)
        _replace(path or default_path(), text)
    except (OSError, TypeError, ValueError, RecursionError) as error:
        todo = "Check that the disk has room and that the settings folder may be written."
        return Problem("The session could not be saved.", todo, str(error))
    return None


def _replace(path: Path, text: str) -> None:
    """Write beside `path` and move over it, so that a crash leaves no half of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


# Reading back -------------------------------------------------------------------------------------------


def _unreadable(error: Exception) -> Problem:
    what = "The last session could not be read, so the defaults are used."
    return Problem(what, "Nothing has to be done; it is written anew when you close.", str(error))


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
    todo = "Nothing has to be done; they are written anew when you close."
    return Problem(f"Parts of the last session went back to their defaults: {', '.join(wrong)}.", todo)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_text(one) for one in value[:RECENT_MOST])


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
    if settings.fit not in get_args(Fit) or settings.threads < 0 or settings.seed < 0:
        raise ValueError(settings)
    return settings


_READ: Mapping[str, Callable[[Any], Any]] = {
    "geometry": _text,
    "demo": _text,
    "params": _params,
    "source": _text,
    "recent": _texts,
    "theme": _text,
    "view": _plain,
    "settings": _settings,
}
