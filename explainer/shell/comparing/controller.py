"""When a comparison begins, what it follows, and how it ends."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from explainer.render.look import Look
from explainer.runtime.events import Finished
from explainer.shell.comparing.board import CompareBoard
from explainer.shell.comparing.sheet import CompareSheet
from explainer.shell.comparing.sides import Side
from explainer.shell.conductor import Conductor
from explainer.shell.panes import Panes


class Comparing(QObject):
    """Keeps the present result as A while B goes on; nothing of it exists before the first comparison.

    Signals
    -------
    changed(bool)
        Whether two are compared from now on.
    """

    changed = Signal(bool)

    def __init__(self, conductor: Conductor, panes: Panes, parent: QObject) -> None:
        super().__init__(parent)
        self._conductor, self._panes = conductor, panes
        self.a: Side | None = None
        self.board: CompareBoard | None = None
        self.sheet: CompareSheet | None = None
        conductor.delivered.connect(self._follow)

    @property
    def on(self) -> bool:
        """Whether two are compared."""
        return self.a is not None

    def toggle(self) -> None:
        """Begin with what is shown as A, or end."""
        if self.on:
            self.end()
            return
        self.a = self._present()
        if self.a is None:
            self.changed.emit(False)
            return
        if self.board is None:
            self._make()
        assert self.board is not None
        assert self.sheet is not None
        self._panes.right.show_instead(self.sheet)
        self._panes.open("right")
        self.board.fill()
        self.board.show()
        self._show()
        self.board.setFocus()
        self.changed.emit(True)

    def end(self) -> None:
        """Leave A and show the stage again."""
        was, self.a = self.on, None
        if was and self.board is not None and self.sheet is not None:
            self.board.hide()
            self._panes.right.show_instead(None)
            self._panes.network.mark("", "")
            self.board.choose(self.board.mode)  # what blinks stops
            self._panes.stage.setFocus()
            self.changed.emit(False)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        if self.board is not None and self.sheet is not None:
            self.board.set_look(look)
            self.sheet.set_look(look)

    def _make(self) -> None:
        self.board, self.sheet = CompareBoard(self._panes.look, self._panes.stage), CompareSheet(self._panes.look)
        self.board.set_look(self._panes.look)
        self.sheet.asked.connect(self._act)

    def _present(self) -> Side | None:
        c, result = self._conductor, self._panes.stage.result
        if result is None or result.partial:
            return None
        frame = c.frame if c.demo.info.uses_frame else None
        side = Side(c.demo.info.id, c.demo.info.title, c.card, c.params, result, frame)
        return side if side.hero is not None else None

    def _follow(self, event: Any) -> None:
        if self.on and isinstance(event, Finished):
            self._show()

    def _show(self) -> None:
        b = self._present()
        if self.a is None or b is None or self.board is None or self.sheet is None:
            return
        self.board.show_sides(self.a, b)
        self.sheet.show_sides(self.a, b, b.frame.name if b.frame is not None else "")
        layers = [str(side.settings.get("layer", "")) for side in (self.a, b)]
        self._panes.network.mark(*(layers if layers[0] != layers[1] else ("", "")))

    def _act(self, name: str) -> None:
        kept = self.a
        if name == "swap":
            self.a = self._present() or kept
        else:
            self.end()
        if kept is not None and name in ("swap", "keep-a"):
            self._apply(kept)

    def _apply(self, side: Side) -> None:
        c = self._conductor
        if c.card.name != side.card.name:
            c.choose_model(side.card.name)
        if c.demo.info.id != side.demo:
            c.choose_demo(side.demo, side.settings)
        else:
            c.set_params(side.settings)
