"""Qt without a screen."""

import os
import sys

from PySide6.QtCore import QCoreApplication, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from explainer.commands import display
from explainer.render import source_reading

source_reading.switch_off()  # before more is imported

# What sets how many pixels a length is: sizes that were asked for are in pixels.
SCALES = (
    "QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS", "QT_FONT_DPI", "QT_AUTO_SCREEN_SCALE_FACTOR", "QT_USE_PHYSICAL_DPI",
    "QT_ENABLE_HIGHDPI_SCALING", "QT_SCALE_FACTOR_ROUNDING_POLICY", "QT_DEVICE_PIXEL_RATIO", "QT_DPI_ADJUSTMENT_POLICY",
)  # fmt: skip
EXPECTED = ("This plugin does not support", "Detected locale")


def without_screen() -> None:
    """Use the offscreen platform where there is no display that answers, and drop what it is known to grumble about."""
    if display.missing() is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    for name in SCALES:
        os.environ.pop(name, None)
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
