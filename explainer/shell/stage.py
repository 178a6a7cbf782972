"""The stage: panels as large as they go, charts below, the reading last."""

from __future__ import annotations  # names of types that are loaded later

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from explainer.core.charts import Bars, Chart, Curve, Graph, Matrix, Table
from explainer.core.controls import Control, controls, visible
from explainer.core.heroes import aspect, shown_part
from explainer.core.layers import Cells, Heat, Panel
from explainer.core.problem import Problem
from explainer.core.result import Result
from explainer.render.look import Look
from explainer.render.measures import BAR_ROOM, CHART_HEADER, HEADER, KEYED, unbroken
from explainer.render.view_state import ViewState
from explainer.shell.cards import EmptyStage, ProblemCard
from explainer.shell.layout import Room, Shape, best_layout
from explainer.shell.plain import Words, reading_text

if TYPE_CHECKING:  # pyqtgraph is loaded with the first picture, after the window is on screen
    from explainer.render.chart_view import ChartView
    from explainer.render.panel_view import PanelView
    from explainer.shell.handles import Handle

MARGIN, GAP = 18, 16
ROW = 26


class Stage(QWidget):
    """Shows results and keeps the last good one.

    Signals
    -------
    picked(dict)
        Params that a clicked item sets.
    handled(str, object, bool)
        A handle moved: param name, value, whether the drag goes on.
    """

    picked = Signal(object)
    handled = Signal(str, object, bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.view = ViewState()
        self.result: Result | None = None
        self.pinned: tuple[Panel, ...] = ()
        self.solo = -1
        self.mirrored = False
        self.paint_ms = 0.0
        self._busy = -1.0
        self._keyed = False  # focused by a key and not by the mouse
        self._panels: list[PanelView] = []
        self._charts: list[ChartView] = []
        self._handles: dict[str, Handle] = {}
        self._homes: dict[Handle, PanelView] = {}
        self._places: tuple[tuple[Control, Any], ...] = ()  # params on the picture that have no handle yet
        self._places_shown: set[str] = set()
        self._shown: tuple[Panel, ...] = ()
        self._read: tuple[Any, int] = (None, 0)  # what the height of the reading was asked for, and the answer
        self._reading = QLabel(self, wordWrap=True)
        self._reading.setTextFormat(Qt.TextFormat.MarkdownText)
        self._reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._reading.setAccessibleName("Reading")
        self._badges = Words(self)
        self._player: QWidget | None = None
        self.problem = ProblemCard(look, self)
        self.empty = EmptyStage(look, self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Stage")
        self.setMinimumSize(120, 160)
        self.set_look(look)

    # What is shown --------------------------------------------------------------------------------------

    def set_look(self, look: Look) -> None:
        self.look = look
        self._reading.setFont(look.font())
        self._badges.setFont(look.font("small"))
        self._badges.setProperty("role", "muted")
        for part in (*self._panels, *self._charts, self.problem, self.empty):
            part.set_look(look)
        for handle in self._handles.values():
            handle.look = look
        self._arrange()
        self.update()

    def set_view(self, view: ViewState) -> None:
        """Opacity, colour map or visibility changed: compose anew, compute nothing."""
        self.view = view
        for widget in self._visible_panels():
            widget.set_view(view)

    def show_result(self, result: Result, *, charts: bool = True) -> None:
        """Show a result. Between two redraws of the charts `charts` is false."""
        began = perf_counter()
        self.result = result
        self.empty.hide()
        if charts or len(result.charts) != sum(c.isVisibleTo(self) for c in self._charts):
            self._set_charts(result.charts)
            self._reading.setText(unbroken(reading_text(result.reading)))
            self._badges.setText("   ".join(result.badges))
        self._set_panels((*result.panels, *self.pinned), words=charts)
        self._arrange_if_needed()
        for widget in self._visible_panels():
            widget.paint_now()
        self.paint_ms = 1000 * (perf_counter() - began)

    def show_problem(self, problem: Problem | None) -> None:
        """Show a card over the last good picture, or take it away."""
        if problem is None:
            self.problem.hide()
            return
        self.problem.show_problem(problem)
        self._place_cards()

    def show_empty(self) -> None:
        """Offer samples, a place to drop, and the camera."""
        if self.result is None:
            self.empty.show()
            self._place_cards()

    def show_busy(self, fraction: float | None) -> None:
        """Show a thin line of progress at the top; ``None`` takes it away, a negative one stands still."""
        busy = -1.0 if fraction is None else max(0.02, fraction)
        if busy != self._busy:
            self._busy = busy
            self.update(0, 0, self.width(), 4)

    def pin(self) -> None:
        """Keep the present last panel beside the live ones, or let the kept one go."""
        if self.pinned or self.result is None or not self.result.panels:
            self.pinned = ()
        else:
            last = self.result.panels[-1]
            self.pinned = (Panel("Kept", last.size, last.layers, f"{last.title}. {last.note}", last.frame),)
        if self.result is not None:
            self.show_result(self.result)

    def fit(self) -> None:
        """Show the whole of every panel."""
        for widget in self._visible_panels():
            widget.fit_now()

    def toggle_solo(self, index: int) -> None:
        """Give one panel the whole stage, or all of them their share."""
        if 0 <= index < len(self._shown):
            self.solo = -1 if self.solo == index else index
            self._arrange()

    def set_player(self, player: QWidget | None) -> None:
        """Give the bar of a play its place below the pictures, or take it away."""
        if self._player is not None and self._player is not player:
            self._player.hide()
        self._player = player
        if player is not None:
            player.setParent(self)
            player.show()
        self._arrange()

    def picture(self) -> Any:
        """Picture of the stage as it stands."""
        return self.grab()

    # Handles --------------------------------------------------------------------------------------------

    def set_handles(self, every: Sequence[Control], params: Any) -> None:
        """Make a handle for every param that lives on the picture."""
        for handle in self._handles.values():
            self._detach(handle)
        self._handles = {}
        self._places = tuple((c, getattr(params, c.name)) for c in every if c.panel)
        self._places_shown = {c.name for c in visible(tuple(every), params)}
        if self._panels:
            self._attach_handles()

    def show_params(self, params: Any) -> None:
        """Move handles to the present values."""
        self._places = tuple((control, getattr(params, control.name)) for control, _ in self._places)
        self._places_shown = {control.name for control in visible(controls(type(params)), params)}
        for name, handle in self._handles.items():
            handle.show_value(getattr(params, name), handle.size)
            handle.setVisible(name in self._places_shown)

    def _make_handles(self) -> None:
        from explainer.shell.handle_boxes import HANDLES

        for control, value in self._places:
            handle = HANDLES[control.kind](control, self.look)
            handle.value = value
            handle.setVisible(control.name in self._places_shown)
            handle.moved.connect(lambda value, drag, name=control.name: self.handled.emit(name, value, drag))
            self._handles[control.name] = handle
        self._places = ()

    def _attach_handles(self) -> None:
        self._make_handles()
        for handle in self._handles.values():
            for panel, widget in zip(self._shown, self._panels, strict=False):
                if panel.slug == handle.control.panel:
                    if self._homes.get(handle) is not widget:
                        self._detach(handle)
                        self._homes[handle] = widget
                        widget.add_handle(handle)
                    if handle.size != panel.size:
                        handle.show_value(handle.value, panel.size)

    def _detach(self, handle: Handle) -> None:
        home = self._homes.pop(handle, None)
        if home is not None:
            home.remove_handle(handle)

    def _clicked(self, widget: PanelView, at: tuple[float, float]) -> None:
        """Bring a point to where the picture was clicked; of several the nearest."""
        from explainer.shell.handles import PointHandle

        found = [
            handle
            for handle, home in self._homes.items()
            if home is widget and isinstance(handle, PointHandle) and handle.isVisible()
        ]
        if found:
            min(found, key=lambda handle: handle.distance(*at)).go_to(*at)

    # Panels and charts ----------------------------------------------------------------------------------

    def _set_panels(self, panels: tuple[Panel, ...], *, words: bool) -> None:
        while len(self._panels) < len(panels):
            self._panels.append(self._new_panel())
        self._shown = panels
        if self._shape() != getattr(self, "_arranged", (None,))[:-1]:
            self._arrange()  # before the pictures, so that each is composed once, at its final size
        for panel, widget in zip(panels, self._panels, strict=False):
            widget.set_mirrored(self.mirrored and panel.frame)
            widget.show_panel(panel, self.view, words=words)
        self._attach_handles()

    def _new_panel(self) -> PanelView:
        from explainer.render.panel_view import PanelView

        widget = PanelView(self.look, self)
        widget.picked.connect(self.picked)
        widget.clicked.connect(lambda at, w=widget: self._clicked(w, at))
        widget.hovered.connect(lambda at, w=widget: self._share_cursor(w, at))
        widget.ranged.connect(lambda visible, w=widget: self._share_range(w, visible))
        return widget

    def _set_charts(self, charts: Sequence[Chart]) -> None:
        from explainer.render.chart_view import ChartView

        while len(self._charts) < len(charts):
            widget = ChartView(self.look, self)
            widget.picked.connect(self.picked)
            self._charts.append(widget)
        for chart, widget in zip(charts, self._charts, strict=False):
            widget.show_chart(chart)

    def _visible_panels(self) -> list[PanelView]:
        return [widget for widget in self._panels[: len(self._shown)] if widget.isVisibleTo(self)]

    def _share_cursor(self, origin: PanelView, at: tuple[float, float] | None) -> None:
        linked = origin.panel is not None and origin.panel.frame
        for widget in self._visible_panels():
            same = widget.panel is not None and widget.panel.frame and linked
            widget.set_cursor(at if widget is origin or same else None)

    def _share_range(self, origin: PanelView, visible: Any) -> None:
        if origin.panel is None or not origin.panel.frame:
            return
        for widget in self._visible_panels():
            other = widget.panel
            if widget is not origin and other is not None and other.frame and other.size == origin.panel.size:
                widget.fit_now() if visible is None else widget.set_range(visible)

    # Layout ---------------------------------------------------------------------------------------------

    def _shape(self) -> tuple[Any, ...]:
        """What the layout depends on."""
        aspects = tuple(round(aspect(p), 3) for p in self._shown)
        charts = tuple(map(_sized, self.result.charts)) if self.result else ()
        return (self.size(), aspects, charts, self.solo, self.look.scale, bool(self._badges.text()))

    def _arrange_if_needed(self) -> None:
        key = (*self._shape(), self._reading_height())
        if key != getattr(self, "_arranged", None):
            self._arrange()

    def _reading_height(self) -> int:
        width = self.width() - 2 * self.look.px(MARGIN)
        asked = (self._reading.text(), width, self.look)
        if asked != self._read[0]:  # Qt sets the text anew for each answer
            self._read = (asked, self._reading.heightForWidth(max(50, width)) if asked[0] else 0)
        wanted = self._read[1]
        lines = self._reading.fontMetrics().lineSpacing()
        kept = math.ceil(wanted / lines) * lines if lines else wanted
        return max(kept, 2 * lines) + self.look.px(4)

    def _arrange(self) -> None:
        self._arranged = (*self._shape(), self._reading_height())
        p = self.look.px
        room = self.rect().adjusted(p(MARGIN), p(14), -p(MARGIN), -p(10))
        reading, badge = self._reading_height(), p(18) if self._badges.text() else 0
        self._line_y = room.bottom() - reading - badge - p(8)
        self._reading.setGeometry(room.left(), self._line_y + p(9), room.width(), reading)
        self._badges.setGeometry(room.left(), room.bottom() - badge, room.width(), badge)
        player = self._player.sizeHint().height() + p(8) if self._player is not None else 0
        if self._player is not None:
            self._player.setGeometry(room.left(), self._line_y - player, room.width(), player - p(8))
        upper = QRect(room.left(), room.top(), room.width(), max(60, self._line_y - player - p(8) - room.top()))
        charts = list(self.result.charts) if self.result is not None and self.solo < 0 else []
        least = self._least_chart_height(charts)
        used = self._place_panels(upper.adjusted(0, 0, 0, -(least + p(GAP)) if charts else 0))
        below = QRect(upper.left(), upper.top() + used + p(GAP), upper.width(), upper.height() - used - p(GAP))
        self._place_charts(charts, below)
        self._place_cards()

    def _least_chart_height(self, charts: Sequence[Chart]) -> int:
        if not charts:
            return 0
        share = 0.34 if any(isinstance(c, Matrix) for c in charts) else 0.27
        if all(isinstance(c, Graph) for c in charts):
            return int(min(share * self.height(), self.look.px(CHART_HEADER + ROW * 3 * max(map(_widest, charts)))))
        rows = max((len(c.values) for c in charts if isinstance(c, Bars)), default=0)
        natural = self.look.px(CHART_HEADER) + rows * self.look.px(21)
        return int(min(0.45 * self.height(), max(self.look.px(120), share * self.height(), natural)))

    def _place_panels(self, room: QRect) -> int:
        """Place panels in the grid that shows them largest; return the height they took."""
        chosen = [i for i in range(len(self._shown)) if self.solo < 0 or i == self.solo]
        for index, widget in enumerate(self._panels):
            widget.setVisible(index in chosen)
        if not chosen:
            return 0
        p = self.look.px
        parts = [shown_part(self._shown[i]) for i in chosen]
        shapes = [
            Shape(x1 - x0, y1 - y0, self._shown[i].frame) for i, (x0, y0, x1, y1) in zip(chosen, parts, strict=True)
        ]
        boxes = best_layout(shapes, Room(room.width(), room.height(), p(BAR_ROOM), p(HEADER), p(GAP)))
        for index, box in zip(chosen, boxes, strict=True):
            self._panels[index].setGeometry(box.translated(room.topLeft()))
        return max(box.bottom() + 1 for box in boxes)

    def _place_charts(self, charts: Sequence[Chart], room: QRect) -> None:
        for index, widget in enumerate(self._charts):
            widget.setVisible(index < len(charts))
        if not charts:
            return
        p = self.look.px
        weights = [_weight(chart) for chart in charts]
        free = room.width() - (len(charts) - 1) * p(GAP + 8)
        left = float(room.left())
        for chart, widget, weight in zip(charts, self._charts, weights, strict=False):
            width = free * weight / sum(weights)
            height = min(room.height(), self._greatest_chart_height(chart))
            widget.setGeometry(round(left), room.top(), round(width), max(40, height))
            left += width + p(GAP + 8)

    def _greatest_chart_height(self, chart: Chart) -> int:
        p = self.look.px
        if isinstance(chart, Bars):
            return p(CHART_HEADER) + len(chart.values) * p(ROW + 8)
        if isinstance(chart, Table):
            return p(CHART_HEADER) + (len(chart.rows) + 1) * p(ROW)
        return p(420 if isinstance(chart, Matrix) else 300)

    def _place_cards(self) -> None:
        p = self.look.px
        width = min(self.width() - p(48), p(520))
        self.problem.setFixedWidth(width)
        self.problem.adjustSize()
        top = max(p(16), self.height() - self.problem.height() - p(24))
        self.problem.move((self.width() - width) // 2, top)
        self.empty.setGeometry(self.rect())
        if self.problem.isVisible():
            self.problem.raise_()

    # Qt -------------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keyed = event.reason() in KEYED
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keyed = False
        self.update()
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        t, p = self.look.theme, self.look.px
        painter.fillRect(self.rect(), t.color("stage"))
        if self.result is not None:
            painter.setPen(t.color("stage_line"))
            painter.drawLine(p(MARGIN), self._line_y, self.width() - p(MARGIN), self._line_y)
        if self._busy >= 0:
            painter.fillRect(0, 0, int(self.width() * self._busy), 3, t.color("accent"))
        if self._keyed:
            painter.setPen(QPen(t.color("focus"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    _line_y = 0


def _shape(panel: Panel) -> Shape:
    x0, y0, x1, y1 = shown_part(panel)
    return Shape(x1 - x0, y1 - y0, panel.frame)


def _widest(chart: Graph) -> int:
    """Most nodes that stand above one another."""
    from explainer.render.chart_painted import depths

    return max(Counter(depths(chart).values()).values(), default=1)


def _sized(chart: Chart) -> tuple[type, int]:
    """What the room for a chart depends on."""
    rows = len(chart.values) if isinstance(chart, Bars) else len(chart.rows) if isinstance(chart, Table) else 0
    return type(chart), rows


def _weight(chart: Chart) -> float:
    if isinstance(chart, Curve):
        return 1.25
    return 1.0 if not isinstance(chart, Bars) else 1.05


def completed(partial: Result, before: Result | None) -> Result:
    """Fill a first picture up with what the result before it had more, so that nothing jumps meanwhile.

    Panels and charts are matched by title. A demo that grows its panels has none more before.
    """
    if before is None:
        return partial
    panels = {panel.title: panel for panel in partial.panels}
    charts = {chart.title: chart for chart in partial.charts}
    more_panels = [panel for panel in before.panels if panel.title not in panels]
    more_charts = [chart for chart in before.charts if chart.title not in charts]
    if not more_panels and not more_charts:
        return partial
    kept_panels = [panels.get(panel.title, panel) for panel in before.panels]
    kept_charts = [charts.get(chart.title, chart) for chart in before.charts]
    new_panels = [p for p in partial.panels if p.title not in {k.title for k in kept_panels}]
    new_charts = [c for c in partial.charts if c.title not in {k.title for k in kept_charts}]
    return replace(partial, panels=(*kept_panels, *new_panels), charts=(*kept_charts, *new_charts))


def maps_of(result: Result) -> tuple[bool, bool]:
    """Whether a map is blended over a picture, and whether one takes the view's choice of colours."""
    layers = [layer for panel in result.panels for layer in panel.layers if isinstance(layer, Heat | Cells)]
    blended = any(isinstance(layer, Heat) and layer.over for layer in layers)
    return blended, any(layer.colours == "sequential" for layer in layers)


def facts_of(result: Result) -> Mapping[str, str]:
    """What "top-1" and "top-2" stand for, read off the class bars."""
    for chart in result.charts:
        if isinstance(chart, Bars) and any(sets and "target" in sets for sets in chart.sets):
            best = sorted(range(len(chart.values)), key=lambda i: -chart.values[i])
            return {f"top-{rank + 1}": chart.labels[i] for rank, i in enumerate(best[:2])}
    return {}
