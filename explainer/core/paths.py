"""Where the program's own files lie, and where the user's may be written.

In a checkout the folders stand beside the package; in a bundle beside the executable; in a wheel
under ``explainer/_data``. The checkout comes first because an editable install copies ``_data`` too
and that copy goes stale unseen.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def _root() -> Path:
    bundle = getattr(sys, "_MEIPASS", None)
    candidates = [_PACKAGE.parent, *([Path(bundle)] if bundle else []), _PACKAGE / "_data"]
    for candidate in candidates:
        if (candidate / "resources" / "lessons").is_dir():
            return candidate
    return candidates[0]


def resource(*parts: str) -> Path:
    """Path below ``resources/``."""
    return _root().joinpath("resources", *parts)


def samples() -> Path:
    """Return the folder of sample pictures and videos."""
    return _root() / "sample_images"


def user_data() -> Path:
    """Folder for fetched weights; made when first asked for, if that can be done. ``EXPLAINER_HOME`` overrides it."""
    return _made("data", platformdirs.user_data_dir)


def user_config() -> Path:
    """Folder for settings and the last session; made when first asked for, if that can be done."""
    return _made("config", platformdirs.user_config_dir)


def user_cache() -> Path:
    """Folder for what can be made again, such as runs of training; made when first asked for, if that can be done."""
    return _made("cache", platformdirs.user_cache_dir)


def is_there(path: Path) -> bool:
    """Whether something lies there; not where one may not even look."""
    with suppress(OSError):
        return path.exists()
    return False


@cache
def scratch() -> Path:
    """Folder for what must lie in a file and need not outlive the process."""
    folder = Path(tempfile.mkdtemp(prefix="explainer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _made(kind: str, default: Callable[..., str]) -> Path:
    """Folder as it is to be: readers find nothing in one that cannot be made, and writers say why."""
    home = os.environ.get("EXPLAINER_HOME")
    folder = Path(home).absolute() / kind if home else Path(default("explainer", appauthor=False))
    if not folder.is_absolute():  # a user without a home
        folder = scratch() / kind
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder
