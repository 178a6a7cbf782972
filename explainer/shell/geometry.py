"""Where the window stood and how wide its panes were, as one line of text for the session file."""

import base64

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter, QWidget

from explainer.core.numerals import is_whole

WIDEST = 100_000  # px


def packed(window: QWidget, split: QSplitter) -> str:
    """Qt's own bytes in base 64, a bar, and the widths of the panes in pixels."""
    head = base64.b64encode(bytes(window.saveGeometry().data())).decode()
    return f"{head}|{','.join(map(str, split.sizes()))}"


def unpacked(text: str, window: QWidget) -> list[int] | None:
    """Put `window` back; return the widths of its three panes, ``None`` where they are not to be used."""
    head, _, tail = text.partition("|")
    if not text or not window.restoreGeometry(QByteArray.fromBase64(head.encode(errors="replace"))):
        window.resize(1280, 800)
    sizes = [int(part) for part in tail.split(",") if is_whole(part)]
    whole = all(0 < size < WIDEST for size in sizes)  # a pane that was folded away has no width
    usable = len(sizes) == 3 and sizes[1] > 200 and whole
    return sizes if usable else None
