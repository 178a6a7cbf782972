"""What to do where a demo says that this picture or network does not suit it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from explainer.core import paths
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.shell.plain import Words, menu_text
from explainer.shell.thumbnails import thumbnail

TILE = QSize(80, 80)  # px at type scale 1
TILES = ("sample", "camera", "open")
SIGNS = {
    "camera": "camera",
    "open": "folder-open",
    "model": "layers",
    "demo": "arrow-right",
    "set": "sliders-horizontal",
}
LABELS = {"camera": "Camera", "open": "Open…"}


class UnsuitableCard(QFrame):
    """Pictures that suit as tiles, other ways on as buttons.

    Signals
    -------
    offered(Offer)
        One was chosen.
    anyway
        What there is, is to be shown.
    """

    offered = Signal(object)
    anyway = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.setProperty("role", "card")
        self.setAccessibleName("What suits this demo")
        self.shown: Unsuitable | None = None
        self.buttons: list[QToolButton | QPushButton] = []
        self._title = Words("Try one of these instead", wordWrap=True)
        self._tiles, self._ways, self._foot = QHBoxLayout(), QVBoxLayout(), QHBoxLayout()
        self.show_anyway = QPushButton("Show it anyway")
        self.show_anyway.setFlat(True)
        self.show_anyway.clicked.connect(self.anyway)
        self._keeps = Words("Esc closes this")
        self._keeps.setProperty("role", "muted")
        self._foot.addWidget(self.show_anyway)
        self._foot.addStretch(1)
        self._foot.addWidget(self._keeps)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._title)
        for part in (self._tiles, self._ways, self._foot):
            self._column.addLayout(part)
        self.hide()
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look = look
        p, t = look.px, look.theme
        self._title.setStyleSheet(f"font-size: {p(16)}px; font-weight: 600;")
        self.show_anyway.setStyleSheet(f"QPushButton {{ color: {t.accent}; border-color: transparent; padding: 0; }}")
        self._column.setContentsMargins(p(20), p(16), p(20), p(14))
        self._column.setSpacing(p(10))
        self._tiles.setSpacing(p(10))
        self._ways.setSpacing(p(6))
        if self.shown is not None:
            self._fill(self.shown)

    def show_offers(self, unsuitable: Unsuitable, *, more: bool) -> None:
        """Offer the ways on; `more` says that there is something to be shown anyway."""
        if unsuitable != self.shown:
            self._fill(unsuitable)
        self.show_anyway.setVisible(more)
        self.show()
        self.raise_()

    def _fill(self, unsuitable: Unsuitable) -> None:
        self.shown = unsuitable
        for layout in (self._tiles, self._ways):
            while (item := layout.takeAt(0)) is not None:
                if item.widget() is not None:
                    item.widget().deleteLater()
        self.buttons = []
        for offer in unsuitable.offers:
            button = self._tile(offer) if offer.kind in TILES else self._way(offer)
            button.clicked.connect(lambda _=False, one=offer: self.offered.emit(one))
            self.buttons.append(button)
            (self._tiles if offer.kind in TILES else self._ways).addWidget(button)
        self._tiles.addStretch(1)

    def _tile(self, offer: Offer) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(self.look.px(TILE.width()), self.look.px(TILE.height())))
        button.setIcon(self._picture(offer))
        button.setText(menu_text(label_of(offer)))
        button.setProperty("role", "flat")
        return button

    def _picture(self, offer: Offer) -> QIcon:
        if offer.kind != "sample":
            return icon(SIGNS[offer.kind], self.look, "accent")
        found = next((p for p in paths.samples().glob("*") if offer.value in (p.stem, p.name)), None)
        return QIcon(thumbnail(found, TILE * 2) if found is not None else QPixmap())

    def _way(self, offer: Offer) -> QPushButton:
        button = QPushButton(icon(SIGNS[offer.kind], self.look, "accent"), f" {menu_text(label_of(offer))}")
        button.setStyleSheet("text-align: left;")
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


def label_of(offer: Offer) -> str:
    """Words on the button: the demo's own, or what can be said of any."""
    if offer.label:
        return offer.label
    if offer.kind == "set":
        return "Change the controls"
    name = str(offer.value).rsplit(".", 1)[0].replace("-", " ").replace("_", " ")
    return LABELS.get(offer.kind, f"Use {offer.value}" if offer.kind == "model" else name)
