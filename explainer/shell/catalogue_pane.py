"""Left pane: search, the way for newcomers, chapters with their lessons, and what is still to come."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLineEdit, QTreeWidgetItem, QVBoxLayout, QWidget

from explainer.lessons.catalogue import ChapterEntry, Library
from explainer.lessons.search import SearchIndex
from explainer.lessons.walk import Walk
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.background_tasks import BackgroundTasks
from explainer.shell.book_tree import CHAPTER, LESSON, BookTree
from explainer.shell.plain import Words, tip
from explainer.shell.start_card import StartCard

LOOK_AGAIN_MS = 150
LEAST_FOR_FOOT = 420  # px of height; below, the list needs the room


class SearchField(QLineEdit):
    """A field that names the key of the palette as long as it is empty."""

    def __init__(self, look: Look, keys: str) -> None:
        super().__init__(placeholderText="Search")
        self.look, self._keys = look, keys
        self.setAccessibleName("Search topics and demos")
        self.setClearButtonEnabled(True)
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._glass.setIcon(icon("search", look, "muted"))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.text():
            return
        painter = QPainter(self)
        painter.setFont(self.look.font("small"))
        painter.setPen(self.look.theme.color("muted"))
        room = self.rect().adjusted(0, 0, -self.look.px(10), 0)
        if room.width() > self.look.px(140):
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._keys)
        painter.end()


class CataloguePane(QWidget):
    """Emits the id of the chosen lesson."""

    chosen = Signal(str)

    def __init__(self, library: Library, title_of: Callable[[str], str], look: Look) -> None:
        super().__init__()
        self.setObjectName("chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._library = library
        self._index = SearchIndex(library, title_of)
        self._tasks = BackgroundTasks("search")
        self._prepared = False
        self._again = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._again.timeout.connect(lambda: self._fill(self.search.text()))
        self.look = look
        self.search = SearchField(look, "Ctrl K")
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.card = StartCard(look)
        self.card.clicked.connect(lambda _=False: self.chosen.emit(self.card.following))
        self.tree = BookTree(look)
        self.tree.itemActivated.connect(self._activated)
        self.tree.itemClicked.connect(self._activated)
        self.tree.typed.connect(self._typed)
        self._line = QFrame()
        self._line.setProperty("role", "line")
        self.coming = Words(coming(library), wordWrap=True)
        self.coming.setProperty("role", "muted")
        self.coming.setToolTip(tip(coming_topics(library)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.px(12), look.px(12), look.px(12), look.px(12))
        layout.setSpacing(look.px(12))
        for part in (self.search, self.card, self.tree, self._line, self.coming):
            layout.addWidget(part, 1 if part is self.tree else 0)
        self._current = ""
        self._fill()
        self.set_look(look)

    def prepare(self) -> None:
        """Read all lessons and demos in the background, for a search in their texts; the first time only."""
        if not self._prepared:
            self._prepared = True
            self._tasks.ask(*[self._index.prepare] * len(self._library.heads))

    def find(self, query: str) -> list[str]:
        """Ids of lessons in whose words `query` is found, the best first."""
        return [hit.id for hit in self._index.find(query) if hit.kind == "lesson"]

    def rest(self) -> None:
        """End what goes on in the background; called before the window goes."""
        self._again.stop()
        self._tasks.close()

    def set_look(self, look: Look) -> None:
        self.look = look
        for part in (self.search, self.card, self.tree):
            part.set_look(look)
        self.coming.setFont(look.font("small"))
        self._fit_foot()

    def show_walk(self, walk: Walk, lesson_id: str) -> None:
        """Show how far one has come on the way for newcomers."""
        self.card.show_walk(walk, lesson_id)

    def show_current(self, lesson_id: str) -> None:
        """Mark a lesson as the open one, and open its chapter."""
        self._current = lesson_id
        found = [item for item in self._items() if lesson_id and item.data(0, LESSON) == lesson_id]
        if not found:
            self.tree.clearSelection()
            return
        # A lesson may stand in several chapters; the one that it names is its home.
        home = next((head.chapter for head in self._library.heads if head.id == lesson_id), 0)
        item = next((i for i in found if i.data(0, CHAPTER) == home), found[0])
        self._open_only(item.parent())
        self.tree.setCurrentItem(item)
        self.tree.scrollToItem(item, QAbstractItemView.ScrollHint.EnsureVisible)

    # The list -------------------------------------------------------------------------------------------

    def _fill(self, query: str = "") -> None:
        self.tree.clear()
        if query.strip():
            self.prepare()
            if self._tasks.busy:  # titles at once, texts when they have been read
                self._again.start()
            for hit in self._index.find(query):
                self.tree.addTopLevelItem(_row(hit.title, hit.id if hit.kind == "lesson" else ""))
            if not self.tree.topLevelItemCount():
                self.tree.addTopLevelItem(_row("Nothing found", ""))
        else:
            self.tree.addTopLevelItems([_chapter(entry) for entry in self._library.menu() if lessons_of(entry)])
        self.show_current(self._current)

    def _items(self) -> list[QTreeWidgetItem]:
        """All rows, from top to bottom."""
        tops = [self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount())]
        return [item for top in tops for item in (top, *(top.child(at) for at in range(top.childCount())))]

    def _activated(self, item: QTreeWidgetItem) -> None:
        lesson_id = item.data(0, LESSON)
        if lesson_id:
            self.chosen.emit(lesson_id)
        elif item.childCount():
            self._open_only(None if item.isExpanded() else item)

    def _open_only(self, chapter: QTreeWidgetItem | None) -> None:
        for at in range(self.tree.topLevelItemCount()):
            one = self.tree.topLevelItem(at)
            if one.isExpanded() != (one is chapter):
                one.setExpanded(one is chapter)

    # Keys and room --------------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.setText(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            return self._search_key(event)
        return super().eventFilter(watched, event)

    def _search_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            first = next((item for item in self._items() if item.data(0, LESSON)), None)
            if first is not None:
                self._activated(first)
            return True
        if event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            return True
        if event.key() == Qt.Key.Key_Down:
            self.tree.setFocus()
            return True
        return False

    def _fit_foot(self) -> None:
        shown = self.height() >= LEAST_FOR_FOOT * self.look.scale and bool(self.coming.text())
        for part in (self._line, self.coming):
            part.setVisible(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_foot()


def lessons_of(entry: ChapterEntry) -> dict[str, str]:
    """Lesson → title of a chapter's lessons, each once, in the order of the menu."""
    return {head.id: head.title for topic in entry.topics for head in topic.lessons}


def coming(library: Library) -> str:
    """Name the chapters that have no lesson yet."""
    names = [entry.chapter.title for entry in library.menu() if not lessons_of(entry)]
    return f"Still to come: {', '.join(name[0].lower() + name[1:] for name in names)}" if names else ""


def coming_topics(library: Library) -> str:
    """Name every topic that has no lesson yet, one line a chapter."""
    rows = [(entry.chapter.title, [t.topic.title for t in entry.topics if not t.lessons]) for entry in library.menu()]
    return "\n".join(f"{title}: {' · '.join(topics)}" for title, topics in rows if topics)


def _chapter(entry: ChapterEntry) -> QTreeWidgetItem:
    head = _row(entry.chapter.title, "")
    head.setData(0, CHAPTER, entry.chapter.number)
    for lesson_id, title in lessons_of(entry).items():
        row = _row(title, lesson_id)
        row.setData(0, CHAPTER, entry.chapter.number)
        head.addChild(row)
    return head


def _row(text: str, lesson_id: str) -> QTreeWidgetItem:
    row = QTreeWidgetItem([text])
    row.setData(0, LESSON, lesson_id)
    if not lesson_id:
        row.setFlags(Qt.ItemFlag.ItemIsEnabled)
    return row
