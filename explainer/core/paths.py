"""Where the program's own files lie, and where the user's may be written.

In a checkout the folders stand beside the package; in a bundle beside the executable; in a wheel
under ``explainer/_data``. The checkout comes first because an editable install copies ``_data`` too
and that copy goes stale unseen.
"""

import os
import sys
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
    """Folder for fetched weights; made when first asked for, if that can be. ``EXPLAINER_HOME`` overrides it."""
    return _made("data", Path(platformdirs.user_data_dir("explainer", appauthor=False)))


def user_config() -> Path:
    """Folder for settings and the last session; made when first asked for, if that can be."""
    return _made("config", Path(platformdirs.user_config_dir("explainer", appauthor=False)))


def _made(kind: str, default: Path) -> Path:
    home = os.environ.get("EXPLAINER_HOME")
    folder = Path(home) / kind if home else default
    with suppress(OSError):  # what is then written there says so in a sentence; reading goes on without
        folder.mkdir(parents=True, exist_ok=True)
    return folder
