"""``Ctrl+K``: lessons, demos and actions by a few letters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from explainer.lessons.search import words_of
from explainer.render import thumbnails
from explainer.render.icons import pixmap
from explainer.render.look import Look
from explainer.shell.actions import SPECS
from explainer.shell.conductor import Conductor
from explainer.shell.home_tiles import draw_cover
from explainer.shell.plain import Words

ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the palette can do.

    Parameters
    ----------
    also
        Further words by which it is found.
    lesson
        Whose picture stands before it; "" for an action.
    icon
        What stands there for an action.
    """

    title: str
    note: str
    run: Callable[[], None]
    also: str = ""
    lesson: str = ""
    icon: str = ""


def entries(conductor: Conductor, actions: Mapping[str, QAction]) -> list[Entry]:
    """Every lesson with its demo, every demo without a lesson, and every action that can be had now."""
    c = conductor
    chapters = {chapter.number: chapter.title for chapter in c.library.outline.chapters}
    lessons = [
        Entry(
            one.title,
            chapters.get(one.chapter, ""),
            partial(c.choose_lesson, one.id),
            f"{one.demo} lesson demo",
            one.id,
        )
        for one in c.library.heads
    ]
    taught = {one.demo for one in c.library.heads}
    demos = [
        Entry(d.info.title, "demo", partial(c.choose_demo, d.info.id), d.info.id)
        for d in c.catalogue.demos()
        if d.info.id not in taught
    ]
    acts = [
        Entry(s.label, ", ".join(s.keys), actions[s.name].trigger, icon=s.icon)
        for s in SPECS
        if actions[s.name].isEnabled()
    ]
    return [*lessons, *demos, *acts]


class PaletteDialog(QDialog):
    """A field and a list; ``Enter`` runs the chosen line, ``Esc`` closes.

    Parameters
    ----------
    find
        Ids of lessons in whose text the words stand; they come after those with the words in their title.
    typed
        What was typed before it was open.
    """

    def __init__(
        self,
        parent: QWidget,
        look: Look,
        entries: Sequence[Entry],
        find: Callable[[str], Sequence[str]] = lambda _query: (),
        typed: str = "",
    ) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Command palette")
        self._entries, self._find = entries, find
        self.field = QLineEdit(placeholderText="Lesson, demo or action")
        self.field.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setItemDelegate(EntryRows(look, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._hint = Words("↑ ↓ choose · Enter run · Esc close")
        self._hint.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(look.px(12),) * 4)
        for part in (self.field, self.list, self._hint):
            layout.addWidget(part)
        self.resize(min(look.px(560), parent.width()) if parent.isVisible() else look.px(560), look.px(440))
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self._fill("")
        self.field.setFocus()
        self.field.setText(typed)

    def _fill(self, query: str) -> None:
        self.list.clear()
        found = ranked(self._entries, query)
        if query.strip():
            by_lesson = {entry.lesson: entry for entry in self._entries if entry.lesson}
            others = (by_lesson[one] for one in self._find(query) if one in by_lesson)
            found += [entry for entry in others if entry not in found]
        for entry in found:
            item = QListWidgetItem(f"{entry.title}    {entry.note}")
            item.setData(ENTRY, entry)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.accept()
            item.data(ENTRY).run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and self._key(event):
            return True
        if event.type() == QEvent.Type.FocusIn:  # Qt selects what was typed, and the next letter would take its place
            QTimer.singleShot(0, self.field, self.field.deselect)
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


class EntryRows(QStyledItemDelegate):
    """Draws a line: the lesson's picture or the action's icon, the title, and a quiet note at the right."""

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self.look = look

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self.look.px(100), self.look.px(38))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look, p, entry = self.look, self.look.px, index.data(ENTRY)
        box = QRect(option.rect)  # type: ignore[attr-defined]
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.theme.color("accent_soft"))
            painter.drawRoundedRect(box, 6, 6)
        self._paint_sign(painter, QRectF(box.left() + p(6), box.top() + p(4), p(44), p(30)), entry)
        words = box.adjusted(p(62), 0, -p(10), 0)
        painter.setFont(look.font("small"))
        painter.setPen(look.theme.color("muted"))
        note = painter.fontMetrics().horizontalAdvance(entry.note)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, entry.note)
        painter.setFont(look.font(bold=chosen))
        painter.setPen(look.theme.color("accent" if chosen else "text"))
        room = words.width() - note - p(12)
        title = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()

    def _paint_sign(self, painter: QPainter, box: QRectF, entry: Entry) -> None:
        p = self.look.px
        if entry.lesson:
            picture = thumbnails.small(entry.lesson, 2 * p(44))
            draw_cover(painter, box, picture, p(4), self.look.theme.color("stage"))
        elif entry.icon:
            sign = pixmap(entry.icon, self.look.theme.muted, p(16))
            place = QRectF(box.center().x() - p(8), box.center().y() - p(8), p(16), p(16))
            painter.drawPixmap(place, sign, QRectF(sign.rect()))


def ranked(entries: Sequence[Entry], query: str) -> list[Entry]:
    """Entries whose words begin with, or contain, every word of the query; beginnings first."""
    wanted = words_of(query)
    scored = []
    for at, entry in enumerate(entries):
        joined = " ".join(words_of(f"{entry.title} {entry.note} {entry.also}"))
        title = words_of(entry.title)
        if all(word in joined for word in wanted):
            starts = sum(any(w.startswith(word) for w in title) for word in wanted)
            first = bool(title and wanted) and title[0].startswith(wanted[0])
            scored.append((-starts, not first, at, entry))
    return [entry for *_, entry in sorted(scored, key=lambda row: row[:3])]
