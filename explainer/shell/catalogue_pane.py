"""Left pane: chapters and topics, with a search field above."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from explainer.lessons.catalogue import Library, TopicEntry
from explainer.lessons.search import SearchIndex
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.background_tasks import BackgroundTasks
from explainer.shell.plain import tip

LESSON = Qt.ItemDataRole.UserRole
CHAPTER = Qt.ItemDataRole.UserRole + 1
LOOK_AGAIN_MS = 150


class CataloguePane(QWidget):
    """Emits the id of the chosen lesson; topics without one stand greyed."""

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
        self.search = QLineEdit(placeholderText="Search")
        self.search.setAccessibleName("Search topics and demos")
        self.search.setClearButtonEnabled(True)
        self._glass = QAction(self)
        self.search.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(0)
        self.tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.tree.setAccessibleName("Chapters and topics")
        self.tree.itemActivated.connect(self._activated)
        self.tree.itemClicked.connect(self._activated)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.px(12), look.px(12), look.px(8), look.px(8))
        layout.setSpacing(look.px(8))
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        self._current = ""
        self.set_look(look)

    def prepare(self) -> None:
        """Read all lessons and demos in the background, for a search in their texts; the first time only."""
        if not self._prepared:
            self._prepared = True
            self._tasks.ask(*[self._index.prepare] * len(self._library.heads))

    def rest(self) -> None:
        """End what goes on in the background; called before the window goes."""
        self._again.stop()
        self._tasks.close()

    def set_look(self, look: Look) -> None:
        self.look = look
        self._glass.setIcon(icon("search", look, "muted"))
        self._fill(self.search.text())

    def show_current(self, lesson_id: str) -> None:
        """Mark a lesson as the open one."""
        self._current = lesson_id
        found = [item for item in self._items() if lesson_id and item.data(0, LESSON) == lesson_id]
        if not found:
            self.tree.clearSelection()
            return
        # A lesson may stand in several chapters; the one that it names is its home.
        home = next((head.chapter for head in self._library.heads if head.id == lesson_id), 0)
        item = next((i for i in found if i.data(0, CHAPTER) == home), found[0])
        self.tree.setCurrentItem(item)
        self.tree.scrollToItem(item, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _fill(self, query: str = "") -> None:
        self.tree.clear()
        if query.strip():
            self.prepare()
            if self._tasks.busy:  # titles at once, texts when they have been read
                self._again.start()
            for hit in self._index.find(query):
                self._row(hit.title, hit.id if hit.kind == "lesson" else "")
            if not self.tree.topLevelItemCount():
                self._row("Nothing found", "")
        else:
            self._fill_book()
        self.show_current(self._current)

    def _fill_book(self) -> None:
        for entry in self._library.menu():
            head = self._row(f"{entry.chapter.number}  {entry.chapter.title}", "")
            head.setSizeHint(0, QSize(10, self.look.px(34)))
            head.setTextAlignment(0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
            head.setFont(0, self.look.font("small", bold=True))
            head.setForeground(0, self.look.theme.color("muted"))
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            seen: set[str] = set()
            for topic in entry.topics:
                self._topic(topic, seen)

    def _topic(self, entry: TopicEntry, seen: set[str]) -> None:
        for lesson in entry.lessons:
            if lesson.id not in seen:
                seen.add(lesson.id)
                self._row(lesson.title, lesson.id).setData(0, CHAPTER, entry.topic.chapter)
        if not entry.lessons:
            row = self._row(entry.topic.title, "")
            row.setToolTip(0, tip(f"{entry.topic.title}: this topic has no lesson yet"))

    def _row(self, text: str, lesson_id: str) -> QTreeWidgetItem:
        row = QTreeWidgetItem([text])
        row.setData(0, LESSON, lesson_id)
        row.setToolTip(0, tip(text))
        row.setFont(0, self.look.font())
        if not lesson_id:
            row.setForeground(0, self.look.theme.color("faint"))
            row.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.tree.addTopLevelItem(row)
        return row

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount())]

    def _activated(self, item: QTreeWidgetItem) -> None:
        lesson_id = item.data(0, LESSON)
        if lesson_id:
            self.chosen.emit(lesson_id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            return self._search_key(event)
        return super().eventFilter(watched, event)

    def _search_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for item in self._items():
                if item.data(0, LESSON):
                    self._activated(item)
                    break
            return True
        if event.key() == Qt.Key.Key_Down:
            self.tree.setFocus()
            return True
        return False
