"""What a word of the field means, shown beside it for the mouse and for the keys."""

from PySide6.QtCore import QPoint, QUrl
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextBrowser, QToolTip

from explainer.lessons.glossary import SCHEME, glossary
from explainer.lessons.links import scheme, target
from explainer.render.look import Look
from explainer.shell.plain import tip

PREFIX = f"{SCHEME}:"


def meaning(href: str) -> str:
    """Return the term that a link names and what it means; "" for any other link."""
    term = glossary().terms.get(target(href)) if scheme(href) == SCHEME else None
    return f"<p><b>{tip(term.name)}</b><br>{tip(term.said)}</p>" if term else ""


def underline(browser: QTextBrowser, look: Look) -> None:
    """Give each term a dotted line and the colour of the words around it: it leads nowhere."""
    style = QTextCharFormat()
    style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
    style.setUnderlineColor(look.theme.color("muted"))
    style.setForeground(look.theme.color("text"))
    cursor = QTextCursor(browser.document())
    for start, end in _places(browser):
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(style)


def _places(browser: QTextBrowser) -> list[tuple[int, int]]:
    found = []
    block = browser.document().begin()
    while block.isValid():
        for piece in block:
            fragment = piece.fragment()
            if fragment.charFormat().anchorHref().startswith(PREFIX):
                found.append((fragment.position(), fragment.position() + fragment.length()))
        block = block.next()
    return found


def show_at(browser: QTextBrowser, href: str, at: QPoint) -> bool:
    """Show what a term means at a place in the viewport; false where the link is none."""
    words = meaning(href)
    if words:
        QToolTip.showText(browser.viewport().mapToGlobal(at), words, browser)
    return bool(words)


def show_keyed(browser: QTextBrowser, url: QUrl) -> None:
    """Show what a term means below it once the keys have come to it."""
    if browser.hasFocus() and url.scheme() == SCHEME:
        show_at(browser, url.toString(), browser.cursorRect().bottomLeft())
