"""A row of parts of which the less important ones give way where the window is narrow."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

LEAST = 240  # px; a row never asks the window for more


class GivingRow(QWidget):
    """Holds parts in a row; `give_way` names those that go first, the least needed at the head.

    Whether a part is wanted at all is said by `want`; whether there is room for it is decided here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self._giving: Sequence[QWidget] = ()
        self._unwanted: set[QWidget] = set()
        self._extra: QWidget | None = None

    def give_way(self, parts: Sequence[QWidget], extra: QWidget | None = None) -> None:
        """Name the parts that go, and what is shown as soon as one has gone."""
        self._giving, self._extra = tuple(parts), extra
        self.fit()

    def want(self, part: QWidget, wanted: bool) -> None:
        """Say whether a part makes sense at present."""
        self._unwanted.discard(part) if wanted else self._unwanted.add(part)
        self.fit()

    def gone(self) -> list[QWidget]:
        """Return the parts that are wanted and have no room."""
        return [part for part in self._giving if part not in self._unwanted and part.isHidden()]

    def fit(self) -> None:
        """Show as many wanted parts as there is room for; before the row is shown nobody knows how much that is."""
        if not self.isVisible():
            return
        parts = [item for item in self._parts() if item not in self._unwanted and item is not self._extra]
        left = list(parts)
        for part in self._giving:
            if self._width(left) + self._extra_width(left != parts) <= self.width():
                break
            if part in left:
                left.remove(part)
        for part in self._parts():
            part.setVisible(part in left or (part is self._extra and left != parts))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(LEAST, super().minimumSizeHint().width()), super().minimumSizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a part wants another width
            self.fit()
        return super().event(event)

    def _parts(self) -> list[QWidget]:
        found = (self.row.itemAt(at).widget() for at in range(self.row.count()))
        return [part for part in found if part is not None]

    def _width(self, parts: Sequence[QWidget]) -> int:
        margins = self.row.contentsMargins()
        spacers = [self.row.itemAt(at).spacerItem() for at in range(self.row.count())]
        fixed = sum(spacer.sizeHint().width() for spacer in spacers if spacer is not None)
        gaps = self.row.spacing() * max(0, len(parts) - 1)
        return margins.left() + margins.right() + fixed + gaps + sum(_wish(part) for part in parts)

    def _extra_width(self, shown: bool) -> int:
        return _wish(self._extra) + self.row.spacing() if shown and self._extra is not None else 0


def _wish(part: QWidget) -> int:
    fixed = part.minimumWidth() if part.minimumWidth() == part.maximumWidth() else 0
    return fixed or max(part.sizeHint().width(), part.minimumWidth())
