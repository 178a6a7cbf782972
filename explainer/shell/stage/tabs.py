"""Charts that share one place: a quiet row of their titles, of which one is chosen."""

from collections.abc import Iterator, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from explainer.render.look import Look
from explainer.shell.plain import menu_text, tip

PAD, APART = 4, 8  # px at type scale 1
LOOSE = frozenset(("of", "the", "a", "an", "in", "by", "to", "and", "for", "on", "with", "at", "per"))


def shorter(titles: Sequence[str]) -> Iterator[list[str]]:
    """Yield the titles, then with fewer and fewer of their first words, as long as they can be told apart."""
    yield list(titles)
    words = [title.split() for title in titles]
    for count in range(max(map(len, words), default=1) - 1, 0, -1):
        names = [_without_loose_end(one[:count]) for one in words]
        if len(set(names)) == len(names):
            yield names


def _without_loose_end(words: list[str]) -> str:
    while len(words) > 1 and words[-1].lower() in LOOSE:
        words = words[:-1]
    return " ".join(words).rstrip(",:;")


class ChartTabs(QWidget):
    """Emits `chosen` with the number of a title; where there is no room for titles, their first words stand there."""

    chosen = Signal(int)

    def __init__(self, look: Look, stage: QWidget) -> None:
        super().__init__(stage)
        self.look = look
        self.setAccessibleName("Charts")
        self._buttons: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addStretch(1)
        self.hide()

    def show_titles(self, titles: Sequence[str], at: int, wide: int) -> None:
        """Offer these titles in `wide` px; the one at `at` is chosen."""
        self._make(len(titles))
        self._row.setSpacing(self.look.px(APART))
        numbers = [str(number + 1) for number in range(len(titles))]
        shown = next((names for names in shorter(titles) if self._fits(names, wide)), numbers)
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(titles))
            if number < len(titles):
                button.setText(menu_text(shown[number]))
                button.setToolTip(tip(titles[number]))
                button.setAccessibleName(titles[number])
                button.setChecked(number == at)
                button.setStyleSheet(self._sheet())

    def _fits(self, titles: Sequence[str], wide: int) -> bool:
        metrics = QFontMetrics(self.look.font("small", bold=True))
        taken = sum(metrics.horizontalAdvance(title) + self.look.px(2 * PAD + APART) + 4 for title in titles)
        return taken <= wide

    def _make(self, count: int) -> None:
        while len(self._buttons) < count:
            button = QToolButton(checkable=True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self._choose, len(self._buttons)))
            self._row.insertWidget(len(self._buttons), button)
            self._buttons.append(button)

    def _choose(self, number: int, _checked: bool = False) -> None:
        self.chosen.emit(number)

    def _sheet(self) -> str:
        t, p = self.look.theme, self.look.px
        return (
            f"QToolButton {{ background: transparent; color: {t.muted}; border: none; border-radius: 0;"
            f" border-bottom: 2px solid transparent; padding: 0 {p(PAD)}px; font-size: {p(11)}px; min-height: 0; }}"
            f" QToolButton:hover {{ color: {t.text}; }}"
            f" QToolButton:checked {{ color: {t.accent}; font-weight: 600; border-bottom-color: {t.accent}; }}"
            f" QToolButton:focus {{ border: 2px solid {t.focus}; padding: 0 {p(PAD) - 2}px; }}"
        )
