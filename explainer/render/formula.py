"""LaTeX → SVG → picture, without a web engine."""

import warnings
from functools import cache, lru_cache
from typing import Any

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer


@lru_cache(maxsize=512)
def svg(latex: str, size_px: float, colour: str) -> bytes:
    """SVG of a formula.

    Raises
    ------
    ValueError
        If the formula cannot be set.
    """
    ziamath = _ziamath()
    try:
        text: str = ziamath.Latex(latex, size=size_px, color=colour).svg()
    except Exception as error:  # ziamath raises whatever its parser meets
        raise ValueError(f"this formula cannot be set: {latex}") from error
    return text.encode()


@cache
def _ziamath() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it asks for its fonts in a way that Python has given up
        import ziamath
    # The default, SVG 2 with shared symbols, draws nothing in Qt.
    ziamath.config.svg2 = False
    return ziamath


@lru_cache(maxsize=256)
def picture(latex: str, size_px: float, colour: str, ratio: float = 1.0) -> QImage:
    """Draw a formula on a transparent ground at device pixel ratio `ratio`."""
    renderer = QSvgRenderer(QByteArray(svg(latex, size_px, colour)))
    box = renderer.viewBoxF()
    image = QImage(
        max(1, round(box.width() * ratio)),
        max(1, round(box.height() * ratio)),
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
