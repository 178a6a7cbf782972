"""Ties the symbols of a lesson's formula to what they name: captions of the stage, and labels of controls."""

from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from explainer.core.charts import chart_slug
from explainer.core.heroes import main_views
from explainer.core.result import Result
from explainer.lessons.lesson import HERO, Symbol
from explainer.render.symbol_chip import Chip
from explainer.shell.controls_pane import ControlsPane
from explainer.shell.lesson_page import LessonPage
from explainer.shell.stage import Stage


class Ties(QObject):
    """One colour for a symbol in formula, table, caption and control; what is lit in one is lit in all."""

    def __init__(self, lesson: LessonPage, stage: Stage, controls: ControlsPane) -> None:
        super().__init__(lesson)
        self._lesson, self._stage, self._controls = lesson, stage, controls
        self._lit: str | None = None
        self._views: dict[QWidget, Symbol] = {}
        lesson.symbol_hovered.connect(self.light)
        lesson.symbol_chosen.connect(self.go_to)

    @property
    def _symbols(self) -> Sequence[Symbol]:
        return self._lesson.lesson.symbols if self._lesson.lesson is not None else ()

    def attach(self) -> None:
        """Give each caption of the present result the chip of its symbol."""
        result, board = self._stage.result, self._stage.board
        tied = dict(_tied(result, self._symbols)) if result is not None else {}
        self._views = {}
        for kind, views in (("panel", board.panels), ("chart", board.charts)):
            for index, view in enumerate(views):
                symbol = tied.get((kind, index))
                view.set_symbol(_chip(symbol), lit=symbol is not None and symbol.tex == self._lit)
                if symbol is not None:
                    self._views[view] = symbol
                    self._watch(view)
        self._stage.fit_captions()

    def _watch(self, view: QWidget) -> None:
        if not view.property("tied"):
            view.setProperty("tied", True)
            view.setMouseTracking(True)
            view.installEventFilter(self)

    def light(self, key: str | None) -> None:
        """Stress one symbol, by its LaTeX, wherever it stands; ``None`` for none."""
        if key == self._lit:
            return
        self._lit = key
        self._lesson.light(key)
        for view, symbol in self._views.items():
            view.set_symbol(_chip(symbol), lit=symbol.tex == key)  # type: ignore[attr-defined]
        found = next((one for one in self._symbols if one.tex == key), None)
        kind, name = found.place if found is not None else ("", "")
        colour = self._lesson.look.symbol_color(found.colour).name() if found is not None else ""
        self._controls.stress(name if kind == "control" else "", colour)

    def go_to(self, symbol: Symbol) -> None:
        """Bring what a symbol names into sight: a picture of the film to the front, a control to the keys."""
        kind, name = symbol.place
        if kind == "control":
            self._controls.go_to(name)
        elif kind == "panel" and self._stage.result is not None:
            found = dict(_tied(self._stage.result, [symbol]))
            large = main_views(self._stage.result).panels
            for _, index in found:
                if index not in large:
                    self._stage.choose(index)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Light a symbol while the mouse is on its chip."""
        symbol = self._views.get(watched) if isinstance(watched, QWidget) else None
        if symbol is not None and event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            on = watched.symbol_rect().contains(event.position())  # type: ignore[attr-defined]
            if on or self._lit == symbol.tex:
                self.light(symbol.tex if on else None)
        elif symbol is not None and event.type() == QEvent.Type.Leave and self._lit == symbol.tex:
            self.light(None)
        return False


def _tied(result: Result, symbols: Sequence[Symbol]) -> Iterator[tuple[tuple[str, int], Symbol]]:
    """Which panel or chart of a result each symbol names."""
    heroes = main_views(result).panels
    names: dict[str, list[Any]] = {
        "panel": [panel.slug for panel in result.panels],
        "chart": [chart_slug(chart) for chart in result.charts],
    }
    for symbol in symbols:
        kind, name = symbol.place
        if kind == "panel" and name == HERO and heroes:
            yield (kind, heroes[0]), symbol
        elif name in names.get(kind, ()):
            yield (kind, names[kind].index(name)), symbol


def _chip(symbol: Symbol | None) -> Chip | None:
    return None if symbol is None else Chip(symbol.tex, symbol.colour)
