"""LaTeX → SVG → picture, without a web engine.

Setting a formula takes ziamath tens of milliseconds of pure Python; drawing what it set takes one. So `svg` may
be asked from any thread ahead of time, and `is_set` says whether `picture` will be quick.
"""

import warnings
from collections import OrderedDict
from functools import cache, lru_cache
from threading import Lock
from typing import Any

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HELD = 512
_Key = tuple[str, float, str]
_set: OrderedDict[_Key, bytes] = OrderedDict()  # formulas that are set, the one used longest ago first
_lock = Lock()


def svg(latex: str, size_px: float, colour: str) -> bytes:
    """SVG of a formula; may be called from any thread.

    Raises
    ------
    ValueError
        If the formula cannot be set.
    """
    key = (latex, size_px, colour)
    with _lock:
        if key in _set:
            _set.move_to_end(key)
            return _set[key]
    made = _made(*key)
    with _lock:
        _set[key] = made
        while len(_set) > HELD:
            _set.popitem(last=False)
    return made


def is_set(latex: str, size_px: float, colour: str) -> bool:
    """Whether `svg` knows this one already."""
    with _lock:
        return (latex, size_px, colour) in _set


def _made(latex: str, size_px: float, colour: str) -> bytes:
    ziamath = library()
    try:
        text: str = ziamath.Latex(latex, size=size_px, color=colour).svg()
    except Exception as error:  # ziamath raises whatever its parser meets
        raise ValueError(f"this formula cannot be set: {latex}") from error
    return text.encode()


@cache
def library() -> Any:
    """Load ziamath, which takes 0.1 s the first time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it asks for its fonts in a way that Python has given up
        import ziamath
    # The default, SVG 2 with shared symbols, draws nothing in Qt.
    ziamath.config.svg2 = False
    return ziamath


@lru_cache(maxsize=256)
def picture(latex: str, size_px: float, colour: str, ratio: float = 1.0, room_px: float = 0.0) -> QImage:
    """Draw a formula on a transparent ground at device pixel ratio `ratio`.

    Parameters
    ----------
    room_px
        A wider formula is shrunk to this width, to half its size at most; 0 for no limit.
    """
    renderer = QSvgRenderer(QByteArray(svg(latex, size_px, colour)))
    box = renderer.viewBoxF()
    scale = ratio * (max(0.5, room_px / box.width()) if 0 < room_px < box.width() else 1.0)
    image = QImage(
        max(1, round(box.width() * scale)),
        max(1, round(box.height() * scale)),
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def height(latex: str, size_px: float = 16.0) -> float:
    """Height of a formula in px; ``check`` refuses formulas that run away."""
    return float(QSvgRenderer(QByteArray(svg(latex, size_px, "#000000"))).viewBoxF().height())
