"""What differs, as a sheet in the lesson's place, with the ways out of a comparison."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from explainer.shell.plain import Words

BUTTONS = (("swap", "Swap"), ("keep-a", "Keep A"), ("keep-b", "Keep B"), ("end", "End (Esc)"))


class CompareSheet(QWidget):
    """Settings and numbers of A and B, and four buttons.

    Signals
    -------
    asked(str)
        ``swap``, ``keep-a``, ``keep-b`` or ``end``.
    """

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        title = Words("A against B")
        title.setProperty("role", "title")
        self.text = QLabel(wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.RichText)  # tables, whose words are escaped where they are made
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        page = QScrollArea(widgetResizable=True)
        page.setProperty("role", "page")
        page.setAccessibleName("What differs")
        page.setWidget(self.text)
        grid = QGridLayout()
        self.buttons = {}
        for index, (name, label) in enumerate(BUTTONS):
            button = QPushButton(label)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            grid.addWidget(button, index // 2, index % 2)
            self.buttons[name] = button
        column = QVBoxLayout(self)
        column.addWidget(title)
        column.addWidget(page, 1)
        column.addLayout(grid)
