"""Line icons (Lucide, ISC), coloured from the palette."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from explainer.core import paths
from explainer.render.look import Look


@cache
def icon(name: str, look: Look, role: str = "text", size_px: int = 16) -> QIcon:
    """Icon in a palette role; its disabled state is faint."""
    size_px = look.px(size_px)
    made = QIcon()
    made.addPixmap(pixmap(name, look.theme.color(role).name(), size_px), QIcon.Mode.Normal)
    made.addPixmap(pixmap(name, look.theme.color("faint").name(), size_px), QIcon.Mode.Disabled)
    return made


@cache
def pixmap(name: str, colour: str, size_px: int) -> QPixmap:
    """Draw an icon at twice its size, for sharp edges on any screen.

    Raises
    ------
    FileNotFoundError
        If no icon has that name.
    """
    source = paths.resource("icons", f"{name}.svg").read_text(encoding="utf8")
    source = source.replace("currentColor", colour).replace('stroke-width="2"', 'stroke-width="1.75"')
    renderer = QSvgRenderer(QByteArray(source.encode()))
    drawn = QPixmap(QSize(size_px, size_px) * 2)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    renderer.render(painter, QRectF(drawn.rect()))
    painter.end()
    drawn.setDevicePixelRatio(2.0)
    return drawn
