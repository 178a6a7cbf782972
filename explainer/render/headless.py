"""Pictures of panels and charts without a window: the same widgets, never shown, grabbed."""

from pathlib import Path

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from explainer.core.charts import Chart
from explainer.core.layers import Panel
from explainer.core.problem import ExplainerError
from explainer.core.words import printable
from explainer.core.writing import write_bytes
from explainer.render.chart_view import ChartView
from explainer.render.look import Look
from explainer.render.panel_view import PanelView
from explainer.render.view_state import ViewState

Size = tuple[int, int]
KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
QUALITY = 95  # of what loses something; of a PNG it only says how small


def panel_image(panel: Panel, look: Look, size: Size, view: ViewState | None = None) -> QImage:
    """Picture of one panel at `size` (width, height) in pixels."""
    widget = PanelView(look)
    widget.resize(*size)
    widget.show_panel(panel, view or ViewState())
    return grabbed(widget)


def chart_image(chart: Chart, look: Look, size: Size) -> QImage:
    """Picture of one chart at `size` (width, height) in pixels."""
    widget = ChartView(look)
    widget.resize(*size)
    widget.show_chart(chart)
    return grabbed(widget)


def grabbed(widget: QWidget) -> QImage:
    """Picture of a widget at device pixel ratio 1, shown or not."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(1.0)
    return image


def exact(widget: QWidget, width: int, height: int) -> QImage:
    """Picture of a shown widget in so many pixels, whatever the screen's scale and its own least size."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(widget.palette().window().color())
    widget.render(image)
    return image.convertToFormat(QImage.Format.Format_RGB888)


def save(image: QImage, path: Path, quality: int = QUALITY) -> None:
    """Write a PNG; a JPEG or WebP where the name ends so.

    Raises
    ------
    ExplainerError
        If the file cannot be written; what was there before is still there then.
    """
    buffer = QBuffer()  # in memory: a library that writes itself says what goes wrong in words of its own
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    if not image.save(buffer, KINDS.get(path.suffix.lower(), "PNG"), quality):  # type: ignore[call-overload]
        raise ExplainerError(f"{printable(path.name)} could not be made.", "Ask for a smaller picture, or a PNG.")
    write_bytes(path, bytes(buffer.data().data()))
