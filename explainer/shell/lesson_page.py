"""Right pane, upper part: the lesson, with formulas and the numbers of the present picture."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFocusEvent, QImage, QTextDocument
from PySide6.QtWidgets import QTextBrowser

from explainer.lessons.filling import fill
from explainer.lessons.lesson import Formula, Lesson
from explainer.lessons.links import parse_try, scheme, target
from explainer.render import formula
from explainer.render.look import Look
from explainer.render.measures import KEYED, unbroken
from explainer.shell import style
from explainer.shell.background_tasks import BackgroundTasks

REFRESH_S = 1.0
LOOK_MS = 15  # between two looks whether the formulas are set


class LessonPage(QTextBrowser):
    """Signals: `tried` with the params of a ``try:`` link, `asked` with a lesson's or demo's id, `said` with words."""

    tried = Signal(dict)
    said = Signal(str)
    lesson_asked = Signal(str)
    demo_asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Lesson")
        self.anchorClicked.connect(self._follow)
        self.look = look
        self.lesson: Lesson | None = None
        self._values: Mapping[str, float] = {}
        self._formulas: Mapping[str, Formula] = {}
        self._pending: tuple[str, Mapping[str, Formula]] = ("", {})
        self._shown = ""
        self._chapter = ""
        self._last = 0.0
        self._tasks = BackgroundTasks("formulas")
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._render)
        self._patience = QTimer(self, interval=LOOK_MS)
        self._patience.timeout.connect(self._look_again)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._shown = ""
        self._render()

    def show_lesson(self, lesson: Lesson | None, chapter: str) -> None:
        """Show another lesson from its beginning; the one that is shown already stays where it is."""
        if lesson is not None and lesson is self.lesson and chapter == self._chapter:
            return
        self.lesson, self._chapter = lesson, chapter
        self._shown = ""
        self._render()
        self.verticalScrollBar().setValue(0)

    def show_values(self, values: Mapping[str, float]) -> None:
        """Fill in the present numbers, at most once a second."""
        self._values = dict(values)
        wait = REFRESH_S - (time.monotonic() - self._last)
        if wait <= 0:
            self._render()
        elif not self._timer.isActive():
            self._timer.start(int(1000 * wait) + 1)

    def show_now(self) -> None:
        """Fill in the latest numbers without waiting for the second to end, nor for formulas to be set."""
        self._timer.stop()
        self._tasks.finish()
        self._patience.stop()
        self._render(wait=True)

    def rest(self) -> None:
        """End what goes on in the background; called before the window goes."""
        self._timer.stop()
        self._patience.stop()
        self._tasks.close()

    def _render(self, *, wait: bool = False) -> None:
        """Lay the page out; while formulas with new numbers are being set it stays as it is."""
        self._last = time.monotonic()
        if self.lesson is None:
            self.setHtml(f"<p style='color:{self.look.theme.muted}'>This demo has no lesson yet.</p>")
            return
        html, formulas = fill(self.lesson, self._values)
        if html == self._shown:
            return
        unset = [] if wait else [f for f in formulas.values() if not formula.is_set(*self._setting(f))]
        if not unset:
            self._lay_out(html, formulas)
            return
        self._pending = (html, formulas)
        self._tasks.forget()
        self._tasks.ask(*(partial(formula.svg, *self._setting(f)) for f in unset))
        self._patience.start()
        if not self._shown:  # a new page: its words at once, its formulas when they are set
            self._lay_out(html, formulas)

    def _look_again(self) -> None:
        if not self._tasks.busy and self.lesson is not None:  # another demo without one may be open by now
            self._patience.stop()
            self._lay_out(*self._pending)

    def _lay_out(self, html: str, formulas: Mapping[str, Formula]) -> None:
        self._formulas, self._shown = formulas, html
        place = self.verticalScrollBar().value()
        self.document().setDefaultStyleSheet(self._css())
        self.document().setDefaultFont(self.look.font())
        self.setHtml(self._with_head(html))
        self.verticalScrollBar().setValue(place)

    def _setting(self, found: Formula) -> tuple[str, float, str]:
        """What `formula.svg` wants to know of a formula on this page."""
        return found.latex, self.look.px(16 if found.display else 14), self.look.theme.text

    def _with_head(self, html: str) -> str:
        """Put chapter and topic below the title. Qt enlarges headings beyond what a style sheet says, so they go."""
        assert self.lesson is not None
        topics = ", ".join(str(number) for number in self.lesson.topics)
        word = "Topic" if len(self.lesson.topics) == 1 else "Topics"
        chapter = f"<p class='chapter'>{self._chapter} · {word} {topics}</p>"
        for key, found in self._formulas.items():
            if not found.display:
                image = f'<img src="formula:{key}"'
                html = html.replace(image, f'{image} style="vertical-align: middle"')
        for level, kind in (("1", "title"), ("2", "head"), ("3", "head")):
            html = html.replace(f"<h{level}>", f"<p class='{kind}'>").replace(f"</h{level}>", "</p>")
        return unbroken(html.replace("</p>", "</p>" + chapter, 1))

    def _css(self) -> str:
        t, p = self.look.theme, self.look.px
        return f"""
        .title {{ font-size: {p(20)}px; font-weight: 600; margin: 0 0 {p(2)}px 0; }}
        .head {{ font-size: {p(13)}px; font-weight: 600; margin: {p(12)}px 0 {p(4)}px 0; }}
        p, li {{ line-height: 138%; margin: 0 0 {p(8)}px 0; color: {t.text}; }}
        ul, ol {{ margin: 0 0 {p(8)}px 0; -qt-list-indent: 1; }}
        .chapter {{ color: {t.muted}; font-size: {p(11)}px; margin-bottom: {p(10)}px; }}
        a {{ color: {t.accent}; text-decoration: underline; }}
        code {{ font-size: {p(12)}px; color: {t.muted}; }}
        .value {{ font-weight: 600; }}
        table {{ border-collapse: collapse; }}
        td, th {{ padding: {p(2)}px {p(8)}px {p(2)}px 0; }}
        """

    def loadResource(self, kind: int, name: QUrl) -> Any:
        if kind == QTextDocument.ResourceType.ImageResource and name.scheme() == "formula":
            found = self._formulas.get(name.path())
            return self._picture(found) if found else QImage()
        return super().loadResource(kind, name)

    def _picture(self, found: Formula) -> QImage:
        setting = self._setting(found)
        ratio = max(2.0, self.devicePixelRatioF())
        if self._patience.isActive() and not formula.is_set(*setting):
            return _room_for(found, setting[1], ratio)
        room = self.viewport().width() - self.look.px(28) if found.display else 0
        return formula.picture(*setting, ratio, max(0, room))  # a long formula shrinks to the page

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draw a ring for whoever came by key; a click into the text needs none."""
        style.mark_keyed(self, keyed=event.reason() in KEYED)
        super().focusInEvent(event)

    def _follow(self, url: QUrl) -> None:
        href = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)
        match scheme(href):
            case "try":
                self._try(href)
            case "lesson":
                self.lesson_asked.emit(target(href))
            case "demo":
                self.demo_asked.emit(target(href))
            case "https":
                QDesktopServices.openUrl(url)

    def _try(self, href: str) -> None:
        try:
            self.tried.emit(parse_try(href))
        except ValueError as error:
            self.said.emit(f"This link sets nothing: {error}.")


def _room_for(found: Formula, size: float, ratio: float) -> QImage:
    """Empty picture of about the size a formula will have, so that little moves when it comes."""
    letters = min(len(found.latex), formula.LONGEST)
    wide, high = (letters * size / 3, 2.5 * size) if found.display else (letters * size / 4, size)
    image = QImage(max(1, round(wide * ratio)), round(high * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(ratio)
    return image
