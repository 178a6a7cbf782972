"""What differs, as a sheet in the lesson's place, with the ways out of a comparison."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from explainer.render.look import Look
from explainer.shell.comparing import sides
from explainer.shell.comparing.rows import Heads, RowLine
from explainer.shell.comparing.sides import Row, Side
from explainer.shell.plain import Words

BUTTONS = (("swap", "Swap"), ("keep-a", "Keep A"), ("keep-b", "Keep B"), ("end", "End"))


class CompareSheet(QWidget):
    """Settings and numbers of A and B, and four buttons.

    Signals
    -------
    asked(str)
        ``swap``, ``keep-a``, ``keep-b`` or ``end``.
    """

    asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look, self.rows = look, list[Row]()
        title, self.about = Words("A against B"), Words(wordWrap=True)
        title.setProperty("role", "title")
        self.about.setProperty("role", "muted")
        self._page = QScrollArea(widgetResizable=True)
        self._page.setProperty("role", "page")
        self._page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page.setAccessibleName("What differs")
        row = QHBoxLayout()
        row.setSpacing(6)
        self.buttons = {}
        for name, label in BUTTONS:
            button = QPushButton(label)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            row.addWidget(button, 1)
            self.buttons[name] = button
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        for part in (title, self.about):
            column.addWidget(part)
        column.addWidget(self._page, 1)
        column.addLayout(row)

    def show_sides(self, a: Side, b: Side, name: str) -> None:
        """Show two sides on the picture `name`."""
        self._shown = (a, b)
        title = a.title if a.demo == b.demo else f"{a.title} and {b.title}"
        self.about.setText(
            f"{title}, {name}. The controls below change B." if name else f"{title}. The controls below change B."
        )
        self._fill()

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        if self.rows:
            self._fill()

    def _fill(self) -> None:
        at = self._page.verticalScrollBar().value()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, self.look.px(10), 0)
        column.setSpacing(self.look.px(2))
        for part in self._parts():
            column.addWidget(part)
        column.addStretch(1)
        self._page.setWidget(page)
        self._page.verticalScrollBar().setValue(at)

    def _parts(self) -> Iterator[QWidget]:
        (set_to, rest), (measured, left) = sides.settings(*self._shown), sides.numbers(*self._shown)
        self.rows = [*set_to, *measured]
        yield Heads("Settings", self.look, change=False)
        yield from (RowLine(row, self.look, change=False) for row in set_to)
        yield _quiet(rest)
        if measured:
            yield Heads("Numbers", self.look, change=True)
            yield from (RowLine(row, self.look, change=True) for row in measured)
            if left:
                yield _quiet(left)

    @property
    def words(self) -> str:
        """All that is written, line by line."""
        return "\n".join(part.accessibleName() for part in self._page.widget().findChildren(QWidget))


def _quiet(text: str) -> Words:
    words = Words(text, wordWrap=True)
    words.setProperty("role", "muted")
    words.setAccessibleName(text)
    return words
