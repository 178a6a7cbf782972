"""Panels of a result side by side in one picture."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from explainer.commands.offscreen import application
from explainer.core.controls import Control
from explainer.core.heroes import aspect
from explainer.core.layers import Panel
from explainer.core.plays import Play
from explainer.render import headless, play_line
from explainer.render.look import Look, look
from explainer.render.measures import HEADER
from explainer.render.panel_view import PanelView

PANEL_WIDTH = 480
GAP = 12


class HasPanels(Protocol):
    """A result, or what stands for one."""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """In the order in which they are shown."""
        ...


class Sheet:
    """Draws panels in rows, on the ground of the stage. The widgets are kept from picture to picture.

    Parameters
    ----------
    size
        Width and height of one panel; by default each is `width` wide and as tall as it needs.
    """

    def __init__(self, theme: str, size: tuple[int, int] | None, width: int = PANEL_WIDTH) -> None:
        application()
        self._size, self._width = size, width
        self._look: Look = look(theme)
        self._views: list[PanelView] = []

    def picture(self, result: HasPanels) -> NDArray[np.uint8]:
        """Return all panels, ``(H, W, 3) uint8 RGB``; sides are even, as video codecs want."""
        return self._canvas([self._tile(i, panel) for i, panel in enumerate(result.panels)])

    def with_line(self, canvas: NDArray[np.uint8], one: Control, play: Play) -> NDArray[np.uint8]:
        """Return the picture with the line of a play below it."""
        line = to_array(play_line.strip(self._look, canvas.shape[1], one, play))
        return np.concatenate([canvas, line])

    def _tile(self, index: int, panel: Panel) -> NDArray[np.uint8]:
        while len(self._views) <= index:
            self._views.append(PanelView(self._look))
        view = self._views[index]
        height = round(self._width / aspect(panel)) + HEADER
        view.resize(*(self._size or (self._width, min(2 * self._width, max(80, height)))))
        view.show_panel(panel)
        return to_array(headless.grabbed(view))

    def _canvas(self, tiles: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        columns = math.ceil(math.sqrt(len(tiles)))
        rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
        heights = [max(t.shape[0] for t in row) for row in rows]
        widths = [sum(t.shape[1] + GAP for t in row) for row in rows]
        height, width = sum(heights) + GAP * (len(rows) + 1), max(widths) + GAP
        stage = self._look.theme.color("stage")
        canvas = np.empty((height + height % 2, width + width % 2, 3), np.uint8)
        canvas[:] = (stage.red(), stage.green(), stage.blue())
        top = GAP
        for row, tall in zip(rows, heights, strict=True):
            left = GAP
            for tile in row:
                canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
                left += tile.shape[1] + GAP
            top += tall + GAP
        return canvas


def to_array(image: QImage) -> NDArray[np.uint8]:
    """Pixels ``(H, W, 3) uint8 RGB`` of an RGB888 picture."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
