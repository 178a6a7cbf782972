"""The home page: one's picture, the way for newcomers, and the chapters as pictures."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QFontMetrics, QKeyEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explainer.lessons.catalogue import ChapterEntry, Library
from explainer.lessons.walk import Walk
from explainer.render import thumbnails
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.catalogue_pane import coming_topics, lessons_of
from explainer.shell.home_layout import Measures, is_wide, picture_width, planned
from explainer.shell.home_picture import HomePicture
from explainer.shell.home_tiles import WRAP, ChapterTile, PlaceTile, StepTile, heading_font
from explainer.shell.plain import Words
from explainer.shell.source_bar import short_name

LARGE_FROM, LARGER = 1600, 1.25  # px of width from which type and tiles are larger
ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
TABBED = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
MENU = ("models", "larger", "smaller", "full-screen", "quit")


class HomeBar(QWidget):
    """Name, search and what belongs to the whole program."""

    def __init__(self, look: Look, actions: dict[str, QAction], lessons: int) -> None:
        super().__init__()
        self.setObjectName("chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.look, self._actions = look, actions
        self.name = Words("Explainer", self)
        self.search = QPushButton(f"Search {lessons} lessons", self)
        self.search.setProperty("role", "search")
        self.search.setAccessibleName("Search lessons and actions")
        self.keys = Words("Ctrl K", self.search)
        self.keys.setProperty("role", "muted")
        self.theme, self.more, self.help = (QToolButton(self) for _ in range(3))
        for button, name in ((self.theme, "theme"), (self.help, "keys")):
            button.clicked.connect(actions[name].trigger)
            button.setToolTip(actions[name].toolTip())
            button.setAccessibleName(actions[name].text())
        self.menu = QMenu(self)
        self.menu.addActions([actions[name] for name in MENU])
        self.more.clicked.connect(self._open_menu)
        self.more.setAccessibleName("Settings")
        self.more.setToolTip("Settings")
        for button in (self.theme, self.more, self.help):
            button.setProperty("role", "flat")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look
        self.name.setFont(heading_font(look, 15))
        self.search.setFont(look.font())
        self.search.setIcon(icon("search", look, "muted"))
        self.search.setIconSize(QSize(look.px(16), look.px(16)))
        self.keys.setFont(look.font("small"))
        self.keys.adjustSize()
        for button, symbol in ((self.theme, "sun"), (self.more, "settings"), (self.help, "circle-help")):
            button.setIcon(icon(symbol, look, "text"))
            button.setIconSize(QSize(look.px(16), look.px(16)))
        self.setFixedHeight(look.px(48))

    def _open_menu(self) -> None:
        self.menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def arrange(self, left: int) -> None:
        """Put the search at `left`, where the right side begins."""
        p, tall = self.look.px, self.height()
        self.name.setGeometry(p(24), 0, self.name.sizeHint().width(), tall)
        at = self.width() - p(20)
        for button in (self.help, self.more, self.theme):
            at -= p(32)
            button.setGeometry(at, (tall - p(30)) // 2, p(30), p(30))
            at -= p(4)
        start = max(left, self.name.geometry().right() + p(16))
        self.search.setGeometry(start, p(8), max(p(80), min(p(480), at - p(8) - start)), p(32))
        wide = self.search.width() > p(220)
        self.keys.setVisible(wide)
        self.keys.move(self.search.width() - self.keys.width() - p(10), (p(32) - self.keys.height()) // 2)


class HomePage(QWidget):
    """What the window shows first.

    Signals
    -------
    lesson_asked, place_asked
        A lesson is to be opened; and with it the source of the last time.
    opened
        Spec of a sample.
    search_asked
        The palette is wanted, with what was typed.
    """

    lesson_asked = Signal(str)
    place_asked = Signal(str, str)
    opened = Signal(str)
    search_asked = Signal(str)
    left = Signal()

    def __init__(self, look: Look, library: Library, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._base = self.look = look
        self._library, self._walk = library, Walk(())
        self.bar = HomeBar(look, actions, len(library.heads))
        self.bar.search.clicked.connect(partial(self.search_asked.emit, ""))
        self.page = QWidget()
        self.area = QScrollArea(widgetResizable=False)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self._last = Words("Last time", self.page)
        self._places: list[PlaceTile] = []
        self._make_picture(actions)
        self._make_start()
        self._make_chapters()
        self.area.setWidget(self.page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        line = QFrame()
        line.setProperty("role", "line")
        for part in (self.bar, line, self.area):
            column.addWidget(part)
        for part in self.findChildren(QAbstractButton):
            part.installEventFilter(self)
        self.set_look(look)

    # Parts ----------------------------------------------------------------------------------------------

    def _make_picture(self, actions: dict[str, QAction]) -> None:
        self.picture = HomePicture(self.look)
        self.picture.setParent(self.page)
        self.picture.opened.connect(self.opened)
        self.picture.asked.connect(lambda name: actions[name].trigger())

    def _make_start(self) -> None:
        self._start, self._start_note = Words("Start here", self.page), Words("", self.page)
        self.go_on = QPushButton(self.page)
        self.go_on.setProperty("role", "primary")
        self.go_on.clicked.connect(self._go_on)
        steps = self._library.outline.start
        self.steps = [self._step(at, step.lesson, step.title) for at, step in enumerate(steps)]
        if self.steps:
            self.steps[-1].last = True

    def _step(self, at: int, lesson: str, title: str) -> StepTile:
        tile = StepTile(self.look, at + 1, title, partial(thumbnails.of_lesson, lesson))
        tile.setParent(self.page)
        tile.clicked.connect(partial(self.lesson_asked.emit, lesson))
        return tile

    def _make_chapters(self) -> None:
        self._heading = Words("Chapters", self.page)
        self.chapters = [self._chapter(entry) for entry in self._library.menu() if lessons_of(entry)]
        self._to_come = Words("Still to come", self.page)
        self.coming = Words(coming_topics(self._library), self.page, wordWrap=True)
        self.coming.setProperty("role", "muted")

    def _chapter(self, entry: ChapterEntry) -> ChapterTile:
        lessons, chapter = list(lessons_of(entry)), entry.chapter
        cover = chapter.cover or lessons[0]
        picture = partial(thumbnails.of_lesson, cover)
        tile = ChapterTile(self.look, chapter.title, chapter.line, len(lessons), picture)
        tile.setParent(self.page)
        tile.clicked.connect(partial(self.lesson_asked.emit, lessons[0]))
        return tile

    # What is shown --------------------------------------------------------------------------------------

    def set_look(self, look: Look) -> None:
        """Wear a theme and size of type; on large screens all of it is larger."""
        self._base = look
        self._wear(self._fitting())

    def _fitting(self) -> Look:
        grown = LARGER if self.width() >= LARGE_FROM * self._base.scale else 1.0
        return Look(self._base.theme, self._base.scale * grown)

    def _wear(self, look: Look) -> None:
        self.look = look
        for part in (self.bar, self.picture, *self.steps, *self.chapters, *self._places):
            part.set_look(look)
        for words in (self._start, self._heading):
            words.setFont(heading_font(look, 18))
        for words in (self._start_note, self.coming, self._last):
            words.setFont(look.font("base" if words is not self.coming else "small"))
            words.setProperty("role", "muted")
        self._to_come.setFont(look.font(bold=True))
        self.go_on.setFont(look.font(bold=True))
        self.go_on.setIcon(icon("play", look, "accent_text"))
        self._arrange()

    def show_walk(self, walk: Walk) -> None:
        """Show how far one has come."""
        self._walk = walk
        for tile, mark in zip(self.steps, walk.marks, strict=False):
            tile.show_mark(mark)
        count = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six"}.get(len(walk.steps), str(len(walk.steps)))
        self._start_note.setText(f"{count} steps from a pixel to an explanation, on your picture")
        self.go_on.setText(f" Continue at {walk.here + 1}" if walk.here >= 0 else " Start")
        for part in (self._start, self._start_note, self.go_on):
            part.setVisible(bool(walk.steps))
        self._arrange()

    def show_places(self, places: Sequence[tuple[str, str]]) -> None:
        """Offer to go on where one was."""
        for tile in self._places:
            tile.deleteLater()
        titles = {head.id: head.title for head in self._library.heads}
        known = [(lesson, source) for lesson, source in places if lesson in titles and source]
        self._places = [self._place(titles[lesson], lesson, source) for lesson, source in known]
        self._last.setVisible(bool(known))
        self._arrange()

    def _place(self, title: str, lesson: str, source: str) -> PlaceTile:
        name = short_name(source).removeprefix("Sample: ")
        tile = PlaceTile(self.look, title, name, partial(thumbnails.of_lesson, lesson))
        tile.setParent(self.page)
        tile.installEventFilter(self)
        tile.clicked.connect(partial(self.place_asked.emit, lesson, source))
        tile.show()
        return tile

    def show_picture(self, picture: QPixmap) -> None:
        """Show a picture before it has been read."""
        self.picture.picture.show_picture(picture)
        self._arrange()

    def begin(self) -> None:
        """Give the focus to what one would press first."""
        first: QWidget = self._places[0] if self._places else self.go_on
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self.area.verticalScrollBar().setValue(0)

    def _go_on(self) -> None:
        self.lesson_asked.emit(self._walk.steps[max(0, self._walk.here)].lesson)

    # Where things stand ---------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wear(self._fitting())  # the style sheet, put on meanwhile, has taken the fonts of some

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting() != self.look:
            self._wear(self._fitting())
        else:
            self._arrange()

    def arrange(self) -> None:
        """Place everything anew."""
        self._arrange()

    def _arrange(self) -> None:
        look, p = self.look, self.look.px
        bar = self.area.verticalScrollBar().sizeHint().width()
        room = QSize(self.width() - bar, self.height() - self.bar.height() - 1)
        wide = is_wide(room.width(), look.scale)
        tall = self.picture.height_at(picture_width(room.width(), look.scale), wide=wide)
        size = room.width(), room.height()
        first = planned(size, tall, len(self.steps), len(self.chapters), self._measures(0, 0))
        captions = max((self._caption(tile, box.width()) for tile, box in zip(self.steps, first.steps, strict=True)),
                       default=0)  # fmt: skip
        measures = self._measures(captions, self.coming.heightForWidth(first.coming.width()) + p(24))
        plan = planned(size, tall, len(self.steps), len(self.chapters), measures)
        self.page.setGeometry(0, self.page.y(), self.width(), max(plan.height, room.height()))
        self.picture.setGeometry(plan.picture)
        for tile, box in zip((*self.steps, *self.chapters), (*plan.steps, *plan.chapters), strict=True):
            tile.setGeometry(box.adjusted(-2, -2, 2, 2) if isinstance(tile, ChapterTile) else box)
        self._heading.setGeometry(plan.heading)
        self._to_come.setGeometry(QRect(plan.coming.topLeft(), QSize(plan.coming.width(), p(20))))
        self.coming.setGeometry(plan.coming.adjusted(0, p(24), 0, 0))
        self._arrange_start(plan.start)
        self._arrange_places(plan.places)
        self.bar.arrange(plan.start.left() if wide else p(140))

    def _measures(self, captions: int, coming_px: int) -> Measures:
        return Measures(self.look.scale, captions, self.look.px(36) if self._places else 0, coming_px)

    def _caption(self, tile: StepTile, width: int) -> int:
        metrics = QFontMetrics(self.look.font(bold=True))
        return metrics.boundingRect(QRect(0, 0, width - 4, 1000), WRAP, tile._title).height() + self.look.px(2)

    def _arrange_start(self, box: QRect) -> None:
        p = self.look.px
        button = self.go_on.sizeHint().width() + p(8)
        self.go_on.setGeometry(box.right() + 1 - button, box.top(), button, p(28))
        title = self._start.sizeHint().width()
        self._start.setGeometry(box.left(), box.top(), title, box.height())
        left = box.left() + title + p(16)
        room = box.right() - button - p(12) - left
        fits = self._start_note.sizeHint().width() <= room
        self._start_note.setGeometry(left, box.top(), room if fits else 0, box.height())

    def _arrange_places(self, box: QRect) -> None:
        p = self.look.px
        left = box.left()
        self._last.setGeometry(left, box.top(), self._last.sizeHint().width(), box.height())
        left += self._last.width() + p(10)
        for at, tile in enumerate(self._places):
            wanted = tile.sizeHint().width()
            fits = not at or left + wanted <= box.right()
            tile.setVisible(fits)
            tile.setGeometry(left, box.top(), min(wanted, box.right() - left), box.height())
            left += wanted + p(6) if fits else box.width()

    # Keys -----------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, QAbstractButton):
            return self._key(watched, event)  # type: ignore[arg-type]
        if isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() in TABBED and watched is not self:
            assert isinstance(watched, QWidget)
            self.area.ensureWidgetVisible(watched, 0, self.look.px(24))
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._key(self, event):
            super().keyPressEvent(event)

    def _key(self, focused: QWidget, event: QKeyEvent) -> bool:
        command = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if command:
            return False
        if event.key() in ARROWS:
            self._go(focused, *ARROWS[Qt.Key(event.key())])
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QAbstractButton):
            focused.click()
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return True
        if event.text().strip() and event.text().isprintable():
            self.search_asked.emit(event.text())
            return True
        return False

    def _go(self, focused: QWidget, across: int, down: int) -> None:
        """Move the focus to the nearest part in a direction."""
        here = self._place_of(focused)
        found = min(
            ((score, at) for at, one in enumerate(self._stops()) if (score := _far(here, self._place_of(one), across,
                                                                                   down)) > 0), default=None
        )  # fmt: skip
        if found is not None:
            self._stops()[found[1]].setFocus(Qt.FocusReason.TabFocusReason)

    def _stops(self) -> list[QAbstractButton]:
        return [one for one in self.findChildren(QAbstractButton) if one.isVisible() and one.isEnabled()]

    def _place_of(self, part: QWidget) -> QRect:
        return QRect(part.mapTo(self, part.rect().topLeft()), part.size()) if part is not self else QRect()


def _far(here: QRect, other: QRect, across: int, down: int) -> float:
    """How far `other` lies in a direction, sideways steps counted threefold; 0 where it does not lie there."""
    if across:
        ahead = other.left() - here.right() if across > 0 else here.left() - other.right()
        aside = max(0, other.top() - here.bottom(), here.top() - other.bottom())
        level = abs(other.center().y() - here.center().y())
    else:
        ahead = other.top() - here.bottom() if down > 0 else here.top() - other.bottom()
        aside = max(0, other.left() - here.right(), here.left() - other.right())
        level = abs(other.left() - here.left())
    return max(1.0, ahead) + 3.0 * aside + 0.1 * level if ahead > -6 else 0.0
