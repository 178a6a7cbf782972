"""Qt without a screen."""

import os
import sys

from PySide6.QtCore import QCoreApplication, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

import explainer.render.lean_imports  # noqa: F401 - before more is imported

EXPECTED = ("This plugin does not support",)


def without_screen() -> None:
    """Use the offscreen platform where there is no display, and drop what it is known to grumble about."""
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        qInstallMessageHandler(_handle)


def application() -> QCoreApplication:
    """Return the Qt application, made offscreen where there is none."""
    existing = QApplication.instance()
    if existing is not None:
        return existing
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    without_screen()
    return QApplication(sys.argv[:1])


def _handle(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    if not text.startswith(EXPECTED):
        print(text, file=sys.stderr)
