"""Whether Qt can open a window here. Where it cannot, it ends the process by itself; so it is asked beforehand.

On Linux this is done with the very libraries that Qt then loads, and takes some ten milliseconds.
"""

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from explainer.core.problem import ExplainerError

WITHOUT = ("offscreen", "minimal")
PLUGIN_FILES = ("libq{}.so", "libq{}.dylib", "q{}.dll")
TRIAL_S = 20  # for a platform to start
TODO = "“explainer render” and “explainer shot” need none."


def require() -> None:
    """Return when a window can be opened.

    Raises
    ------
    ExplainerError
        If not, with what is missing.
    """
    if (why := missing()) is not None:
        raise ExplainerError(why, TODO)


def missing() -> str | None:
    """Return why no window can be opened, in a sentence; ``None`` when one can."""
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    names = [part.split(":")[0] for part in asked.split(";") if part] or list(_by_default())
    reasons = [_missing(name) for name in names]
    if not names:
        return "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    return None if None in reasons else reasons[-1]


def _by_default() -> Iterator[str]:
    """Platforms that Qt tries by itself, in its order."""
    if not sys.platform.startswith("linux"):
        yield "cocoa" if sys.platform == "darwin" else "windows"
        return
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
        yield "wayland"
    if os.environ.get("DISPLAY"):
        yield "xcb"


def _missing(name: str) -> str | None:
    name = "wayland" if name.startswith("wayland-") else name  # kinds of one plug-in
    file = _plugin(name)
    if file is None:
        return f"Qt has no platform called “{name}” here (QT_QPA_PLATFORM)."
    if name in WITHOUT or not sys.platform.startswith("linux"):
        return None
    try:
        ctypes.CDLL(str(file), mode=os.RTLD_LAZY)
    except OSError as error:
        return f"A library of the system that windows need is missing ({str(error).partition(': cannot')[0]})."
    connects = {"xcb": _x_answers, "wayland": _wayland_answers}.get(name)
    if connects() if connects is not None else _starts():
        return None
    if connects is None:
        return f"Qt cannot open a window with the platform “{name}” here (QT_QPA_PLATFORM)."
    display = os.environ.get("WAYLAND_DISPLAY" if name == "wayland" else "DISPLAY", "")
    return f"The display “{display}” does not answer." if display else "There is no display to open a window on."


def _plugin(name: str) -> Path | None:
    from PySide6.QtCore import QLibraryInfo

    if not re.fullmatch(r"[\w-]+", name):
        return None
    lists = (os.environ.get("QT_PLUGIN_PATH", ""), QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    folders = [Path(one) / "platforms" for each in lists for one in each.split(os.pathsep) if one]
    folders += [
        Path(os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH") or os.devnull),
        Path(sys.executable).parent / "platforms",
    ]
    files = (folder / pattern.format(name) for folder in folders for pattern in PLUGIN_FILES)
    return next((file for file in files if file.is_file()), None)


def _x_answers() -> bool:
    """Connect, and stay so: some servers start anew when their last client leaves, and Qt would come in the middle."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    if not xcb.xcb_connection_has_error(connection):
        return True
    xcb.xcb_disconnect(connection)
    return False


def _wayland_answers() -> bool:
    wayland = ctypes.CDLL("libwayland-client.so.0")
    wayland.wl_display_connect.restype = ctypes.c_void_p
    connection = wayland.wl_display_connect(None)
    if connection:
        wayland.wl_display_disconnect(ctypes.c_void_p(connection))
    return bool(connection)


def _starts() -> bool:
    """Try a platform that is seldom used (``eglfs``, ``linuxfb``) in a process of its own, which it may end."""
    window = "from PySide6 import QtGui; app = QtGui.QGuiApplication([]); QtGui.QRasterWindow().show()"
    trial = [sys.executable, "-c", f"{window}; app.processEvents()"]
    try:
        return subprocess.run(trial, capture_output=True, timeout=TRIAL_S, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
