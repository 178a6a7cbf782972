"""The panels and charts of the stage: made as they are needed, placed where the layout says, linked to one another."""

from __future__ import annotations  # names of types that are loaded later

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QWidget

from explainer.core.charts import Chart
from explainer.core.layers import Panel
from explainer.render.look import Look
from explainer.render.view_state import ViewState
from explainer.shell.allotment.shapes import Allotment, Placed
from explainer.shell.stage.views import Standing

if TYPE_CHECKING:  # pyqtgraph is loaded with the first picture, after the window is on screen
    from explainer.render.chart_view import ChartView
    from explainer.render.panel_view import PanelView


class Board(QObject):
    """Panels by their index in the result, charts by theirs.

    Signals
    -------
    picked(dict)
        Params that a clicked item sets.
    clicked(int, tuple)
        Panel and place of a click on a picture that hit nothing.
    pointed(int, tuple | None)
        Panel and place of the mouse over it; ``None`` when it has left.
    """

    picked = Signal(object)
    clicked = Signal(int, object)
    pointed = Signal(int, object)

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self._look, self._stage = look, stage
        self.panels: list[PanelView] = []
        self.charts: list[ChartView] = []
        self.shown: tuple[Panel, ...] = ()
        self.stands = Standing((), (), ())

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self._look = look
        for part in (*self.panels, *self.charts):
            part.set_look(look)

    def make(self, panels: int, charts: int) -> None:
        """Have as many widgets as there are panels and charts."""
        while len(self.panels) < panels:
            self.panels.append(self._new_panel(len(self.panels)))
        while len(self.charts) < charts:
            self.charts.append(self._new_chart())

    def _new_panel(self, index: int) -> PanelView:
        from explainer.render.panel_view import PanelView

        widget = PanelView(self._look, self._stage)
        widget.hide()
        widget.picked.connect(self.picked)
        widget.clicked.connect(lambda at: self.clicked.emit(index, at))
        widget.hovered.connect(lambda at: self._share_cursor(widget, at))
        widget.hovered.connect(lambda at: self.pointed.emit(index, at))
        widget.ranged.connect(lambda visible: self._share_range(index, visible))
        return widget

    def _new_chart(self) -> ChartView:
        from explainer.render.chart_view import ChartView

        widget = ChartView(self._look, self._stage)
        widget.hide()
        widget.picked.connect(self.picked)
        return widget

    # Where they stand -----------------------------------------------------------------------------------

    def place(self, layout: Allotment, stands: Standing, tab: int) -> None:
        """Take the places of a layout; of charts that share one only the one at `tab` is shown."""
        self.stands = stands
        heroes = dict(zip(stands.heroes, layout.of("hero"), strict=False))
        film = {stands.film[box.index]: box for box in layout.of("film")}
        charts = {stands.charts[box.index]: box for box in layout.of("chart")}
        if layout.tabbed and charts:
            chosen = stands.charts[min(tab, len(stands.charts) - 1)]
            charts = {chosen: charts[chosen]}
        if stands.hero_chart is not None:
            charts[stands.hero_chart] = layout.of("hero")[0]
        for index, panel in enumerate(self.panels):
            panel.set_bare(index in film)
            panel.setCursor(Qt.CursorShape.PointingHandCursor if index in film else Qt.CursorShape.ArrowCursor)
            _put(panel, heroes.get(index) or film.get(index))
        for index, chart in enumerate(self.charts):
            _put(chart, charts.get(index))

    def needed(self, stands: Standing) -> dict[int, int]:
        """Width in px that the caption of each picture of the film takes in one line, by its index there."""
        each = enumerate(index for index in stands.film if index < min(len(self.panels), len(self.shown)))
        return {at: self.panels[index].caption_width(self.shown[index]) for at, index in each}

    def hide(self) -> None:
        """Show none of them."""
        for part in (*self.panels, *self.charts):
            part.hide()

    def show_panels(self, panels: Sequence[Panel], view: ViewState, *, mirrored: bool, words: bool) -> list[PanelView]:
        """Show these panels where they stand; those that stand nowhere are not composed.

        Without `words` a picture of the film keeps what it shows: it waits for the next that has them, as charts
        do, and leaves the core to the network and to the heroes.

        Returns
        -------
        list of PanelView
            Those that have something new to paint.
        """
        fresh = []
        for i, (panel, widget) in enumerate(zip(panels, self.panels, strict=False)):
            widget.set_mirrored(mirrored and panel.frame)
            waits = not words and i in self.stands.film and widget.panel is not None
            if not (widget.isHidden() or waits):
                widget.show_panel(panel, view, words=words)
                fresh.append(widget)
        self.shown = tuple(panels)
        return fresh

    def show_charts(self, charts: Sequence[Chart]) -> None:
        """Show these charts."""
        for chart, widget in zip(charts, self.charts, strict=False):
            widget.show_chart(chart)

    def visible_panels(self) -> list[PanelView]:
        """Panels that stand somewhere."""
        return [widget for widget in self.panels[: len(self.shown)] if not widget.isHidden()]

    def hero_rects(self) -> list[QRect]:
        """Where the pictures of the heroes lie, or the chart that stands in their place."""
        if self.stands.hero_chart is not None:
            return [self.charts[self.stands.hero_chart].geometry()]
        return [_picture(self.panels[i]) for i in self.stands.heroes if not self.panels[i].isHidden()]

    def shortened(self) -> list[str]:
        """Titles of panels and charts that are seen and lack some of their words."""
        panels = [one.panel.title for one in self.visible_panels() if one.panel is not None and one.is_shortened]
        charts = (one for one in self.charts if not one.isHidden() and one.chart is not None and one.is_shortened)
        return panels + [one.chart.title for one in charts]

    def picture_of(self, index: int) -> QRect:
        """Where one picture lies."""
        return _picture(self.panels[index])

    def film_rects(self) -> list[QRect]:
        """Where the pictures of the film lie."""
        return [_picture(self.panels[i]) for i in self.stands.film if not self.panels[i].isHidden()]

    def each_visible(self, act: Callable[[PanelView], object]) -> None:
        """Do something to every panel that is seen."""
        for widget in self.visible_panels():
            act(widget)

    # Linked ---------------------------------------------------------------------------------------------

    def _share_cursor(self, origin: PanelView, at: tuple[float, float] | None) -> None:
        linked = origin.panel is not None and origin.panel.frame
        for widget in self.visible_panels():
            same = widget.panel is not None and widget.panel.frame and linked
            widget.set_cursor(at if widget is origin or same else None)

    def _share_range(self, index: int, visible: Any) -> None:
        """Two heroes are compared: they are zoomed together."""
        origin = self.shown[index]
        if index not in self.stands.heroes or not origin.frame:
            return
        for other in self.stands.heroes:
            panel = self.shown[other]
            if other != index and panel.frame and panel.size == origin.size:
                widget = self.panels[other]
                widget.fit_now() if visible is None else widget.set_range(visible)


def _put(widget: QWidget, box: Placed | None) -> None:
    if box is not None:
        widget.setGeometry(box.x, box.y, box.w, box.h)
    widget.setVisible(box is not None)


def _picture(widget: PanelView) -> QRect:
    return widget.picture_rect().translated(widget.pos())
