"""Words of a lesson as high as they need be, with formulas among them."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QFocusEvent, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from explainer.lessons.filling import fill_part
from explainer.lessons.lesson import Formula, Symbol
from explainer.render import formula
from explainer.render.look import Look
from explainer.render.measures import unbroken
from explainer.shell import term_tips
from explainer.shell.keys import PAGING

_INLINE = re.compile(r'<img src="formula:([0-9a-f]+)">')
KEYED = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


@dataclass(frozen=True, slots=True)
class Style:
    """Size of type in px, and the colour's role."""

    size: int = 13
    role: str = "text"


PLAIN = Style()


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What all words of a page share: the lesson's formulas and symbols, and what follows a link."""

    formulas: Mapping[str, Formula]
    symbols: Sequence[Symbol]
    follow: Callable[[QUrl], None]


def colours_of(symbols: Sequence[Symbol], look: Look) -> formula.Colours:
    """Each symbol with its colour, for `formula.svg`."""
    return tuple((one.tex, look.symbol_color(one.colour).name()) for one in symbols)


class Prose(QTextBrowser):
    """HTML of a lesson. `fit` gives it a width, and it takes the height it needs.

    Parameters
    ----------
    source
        HTML whose numbers and formulas are still open.
    inside
        Whether it lies on something that is clicked as a whole: only its links are its own then.
    """

    def __init__(
        self, source: str, shared: Shared, look: Look, parent: QWidget, style: Style = PLAIN, *, inside: bool = False
    ) -> None:
        super().__init__(parent)
        self.source, self.look, self._shared, self._style, self._inside = source, look, shared, style, inside
        self._shown = ""
        self._formulas: Mapping[str, Formula] = {}
        self._wanted: tuple[str, Mapping[str, Formula]] = ("", {})
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "prose")
        self.setAccessibleName("Text of the lesson")
        self.setOpenLinks(False)
        self.document().setDocumentMargin(0)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        has_links = "<a href" in source
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if has_links else Qt.FocusPolicy.ClickFocus)
        self.anchorClicked.connect(shared.follow)
        self.highlighted.connect(lambda url: term_tips.show_keyed(self, url))

    # What it shows --------------------------------------------------------------------------------------

    def fill(self, values: Mapping[str, float]) -> list[tuple[Any, ...]]:
        """Take the numbers of a result; return the settings of formulas that have to be set first.

        Until they are, the words stay as they are, or come with room for the formulas if there are none yet.
        """
        html, formulas = fill_part(self.source, self._shared.formulas, values)
        used = {key: formulas[key] for key in _INLINE.findall(html) if key in formulas}
        self._wanted = html, used
        unset = [] if html == self._shown else self._unset(used)
        if not unset or self.document().isEmpty():
            self.settle()
        return unset

    def settle(self) -> None:
        """Show what was filled in last; a formula that is not set leaves its room free."""
        html, formulas = self._wanted
        if html == self._shown:
            return
        self._formulas = formulas
        self._shown = "" if self._unset(formulas) else html
        self.document().setDefaultStyleSheet(self._css())
        self.document().setDefaultFont(self.look.font())
        self.setHtml(self._dressed(html))
        term_tips.underline(self, self.look)

    def words(self) -> str:
        """Its words."""
        return self.toPlainText()

    def _unset(self, used: Mapping[str, Formula]) -> list[tuple[Any, ...]]:
        settings = (self._setting(one) for one in used.values())
        return [one for one in settings if not formula.is_set(*one)]

    def set_look(self, look: Look) -> None:
        self.look, self._shown = look, ""

    def fit(self, width: int) -> None:
        """Take this width, and the height that the words need at it."""
        self.document().setTextWidth(width)
        self.setFixedSize(width, math.ceil(self.document().size().height()))

    def _setting(self, found: Formula) -> tuple[Any, ...]:
        size = self.look.px(17 if found.display else self._style.size + 1)
        return found.latex, float(size), getattr(self.look.theme, self._style.role), self._colours()

    def _colours(self) -> formula.Colours:
        return colours_of(self._shared.symbols, self.look)

    def _dressed(self, html: str) -> str:
        """Set formulas on the line's middle. Qt enlarges headings beyond what a style sheet says, so they go."""
        for key, found in self._formulas.items():
            if not found.display:
                image = f'<img src="formula:{key}"'
                html = html.replace(image, f'{image} style="vertical-align: middle"')
        for level in ("3", "4"):
            html = html.replace(f"<h{level}>", "<p class='head'>").replace(f"</h{level}>", "</p>")
        return unbroken(f"<p class='line'>{html}</p>" if self._inside else html)

    def _css(self) -> str:
        t, p, size = self.look.theme, self.look.px, self._style.size
        colour = getattr(t, self._style.role)
        return f"""
        .head {{ font-weight: 600; margin: {p(8)}px 0 {p(4)}px 0; }}
        body, p, li, td, th {{ font-size: {p(size)}px; color: {colour}; }}
        p, li {{ line-height: 134%; margin: 0 0 {p(8)}px 0; }}
        .line {{ margin: 0; line-height: 116%; }}
        ul, ol {{ margin: 0 0 {p(8)}px 0; -qt-list-indent: 1; }}
        a {{ color: {t.accent}; text-decoration: underline; }}
        code {{ font-size: {p(size - 1)}px; color: {t.muted}; }}
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
        latex, size, colour, symbols = self._setting(found)
        ratio = max(2.0, self.devicePixelRatioF())
        if not formula.is_set(latex, size, colour, symbols):
            return _room_for(found, size, ratio)
        room = self.width() - self.look.px(4) if found.display else 0
        return formula.picture(latex, size, colour, ratio, max(0, room), symbols)  # a long one shrinks to the page

    # Qt -------------------------------------------------------------------------------------------------

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return term_tips.show_at(self, self.anchorAt(event.pos()), event.pos()) or super().viewportEvent(event)
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in KEYED and not self.textCursor().hasSelection():
            self.focusNextPrevChild(event.reason() == Qt.FocusReason.TabFocusReason)  # on to the first link

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in PAGING:
            event.ignore()  # the page scrolls
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page scrolls

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._is_for_parent(event):
            event.ignore()
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_for_parent(event):
            event.ignore()
        else:
            super().mouseReleaseEvent(event)

    def _is_for_parent(self, event: QMouseEvent) -> bool:
        return self._inside and not self.anchorAt(event.position().toPoint())


def _room_for(found: Formula, size: float, ratio: float) -> QImage:
    """Empty picture of about the size a formula will have, so that little moves when it comes."""
    letters = min(len(found.latex), formula.LONGEST)
    wide, high = (letters * size / 3, 2.5 * size) if found.display else (letters * size / 4, size)
    image = QImage(max(1, round(wide * ratio)), round(high * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(ratio)
    return image
