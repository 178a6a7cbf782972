"""A number box that understands both decimal signs and writes the interface's own."""

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from explainer.core.numerals import read_number

LETTERS = set("0123456789.,+-−eE'’ \u00a0\u202f")


class NumberBox(QDoubleSpinBox):
    """What Qt reads depends on the desktop's language: in a German one 0.2 became 2, or nothing."""

    def __init__(self, parent: QWidget | None = None, *, decimals: int, minimum: float, maximum: float) -> None:
        super().__init__(parent)
        self.setLocale(interface_locale())
        self.setDecimals(decimals)
        self.setRange(minimum, maximum)
        self.setKeyboardTracking(False)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if text and text == self.specialValueText():
            return QValidator.State.Acceptable, text, position
        typed = self._typed(text)
        if not all(letter in LETTERS or letter.isdigit() for letter in typed):
            return QValidator.State.Invalid, text, position
        try:
            inside = self.minimum() <= self._read(typed) <= self.maximum()
        except ValueError:  # not yet a number
            inside = False
        return (QValidator.State.Acceptable if inside else QValidator.State.Intermediate), text, position

    def valueFromText(self, text: str) -> float:
        if text and text == self.specialValueText():
            return self.minimum()
        try:
            return round(self._read(self._typed(text)), self.decimals())
        except ValueError:
            return self.value()

    def _typed(self, text: str) -> str:
        return text.removesuffix(self.suffix()).removeprefix(self.prefix()).strip()

    def _read(self, typed: str) -> float:
        return read_number(typed, whole=self.decimals() == 0)


def interface_locale() -> QLocale:
    """How the interface's language writes numbers; its texts are English, so a point, and nothing between groups."""
    locale = QLocale(QLocale.Language.English)
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale
