"""``Ctrl+K``: demos, lessons and actions by a few letters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from explainer.lessons.search import words_of
from explainer.render.look import Look
from explainer.shell.actions import SPECS
from explainer.shell.conductor import Conductor
from explainer.shell.plain import Words


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the palette can do."""

    title: str
    note: str
    run: Callable[[], None]


def entries(conductor: Conductor, actions: Mapping[str, QAction]) -> list[Entry]:
    """Every lesson, every demo and every action of the window."""
    c = conductor
    lessons = [Entry(one.title, "lesson", partial(c.choose_lesson, one.id)) for one in c.library.heads]
    demos = [Entry(d.info.title, "demo", partial(c.choose_demo, d.info.id)) for d in c.catalogue.demos()]
    acts = [Entry(s.label, ", ".join(s.keys), actions[s.name].trigger) for s in SPECS]
    return [*lessons, *demos, *acts]


class PaletteDialog(QDialog):
    """A field and a list; ``Enter`` runs the chosen line, ``Esc`` closes."""

    def __init__(self, parent: QWidget, look: Look, entries: Sequence[Entry]) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Command palette")
        self._entries = entries
        self.field = QLineEdit(placeholderText="Lesson, demo or action")
        self.field.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._hint = Words("↑ ↓ choose · Enter run · Esc close")
        self._hint.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(look.px(12),) * 4)
        for part in (self.field, self.list, self._hint):
            layout.addWidget(part)
        self.resize(look.px(520), look.px(420))
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self._fill("")
        self.field.setFocus()

    def _fill(self, query: str) -> None:
        self.list.clear()
        for entry in ranked(self._entries, query):
            item = QListWidgetItem(f"{entry.title}    {entry.note}")
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.accept()
            item.data(Qt.ItemDataRole.UserRole).run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and self._key(event):
            return True
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if event.key() in steps:
            row = self.list.currentRow() + steps[event.key()]
            self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentItem())
            return True
        return False


def ranked(entries: Sequence[Entry], query: str) -> list[Entry]:
    """Entries whose words begin with, or contain, every word of the query; beginnings first."""
    wanted = words_of(query)
    scored = []
    for at, entry in enumerate(entries):
        words = words_of(f"{entry.title} {entry.note}")
        title = words_of(entry.title)
        joined = " ".join(words)
        if all(word in joined for word in wanted):
            starts = sum(any(w.startswith(word) for w in title) for word in wanted)
            scored.append((-starts, at, entry))
    return [entry for _, _, entry in sorted(scored, key=lambda row: row[:2])]
