"""Charts that share one place: a row of their titles, of which one is chosen."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from explainer.render.look import Look


class ChartTabs(QWidget):
    """Emits `chosen` with the number of a title."""

    chosen = Signal(int)

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look = look
        self._buttons: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addStretch(1)
        self.hide()

    def _choose(self, number: int, _checked: bool = False) -> None:
        self.chosen.emit(number)

    def show_titles(self, titles: Sequence[str], at: int) -> None:
        """Offer these titles; the one at `at` is chosen."""
        while len(self._buttons) < len(titles):
            button = QToolButton(checkable=True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self._choose, len(self._buttons)))
            self._row.insertWidget(len(self._buttons), button)
            self._buttons.append(button)
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(titles))
            if number < len(titles):
                button.setText(titles[number])
                button.setFont(self.look.font("small"))
                button.setChecked(number == at)
