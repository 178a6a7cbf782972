"""A question above the stage, with its answers as buttons; nothing waits for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from explainer.render.look import Look
from explainer.shell.plain import Words


@dataclass(frozen=True, slots=True)
class Answer:
    """A button and what it does; the question is taken away first."""

    label: str
    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Parameters
    ----------
    fraction
        How far something is, 0…1, for a line beside the text; −1 for a line that only moves, ``None`` for none.
    """

    text: str
    answers: Sequence[Answer]
    fraction: float | None = None


class QuestionBar(QFrame):
    """Shows the newest question; when it is answered, the one before it comes back. Each has a key of its own."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Question")
        self._questions: dict[str, Question] = {}
        self._shown: tuple[str, Sequence[str]] = ("", ())
        self.buttons: list[QPushButton] = []
        self.text = Words(wordWrap=True)
        self.text.setMinimumWidth(1)
        self.progress = QProgressBar(textVisible=False)
        self.progress.setAccessibleName("Progress")
        self._answers = QHBoxLayout()
        self._answers.addStretch(1)
        self._answers.addWidget(self.progress)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.addWidget(self.text, 1)
        self._row.addLayout(self._answers)
        self.set_look(look)
        self.hide()

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self._look = look
        self._row.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        self._row.setSpacing(look.px(8))
        self.text.setFont(look.font())
        self.progress.setFixedWidth(look.px(120))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """As narrow as its buttons: where there is no room beside them, the words stand above."""
        margins = self._row.contentsMargins()
        width = self._answers.minimumSize().width() + margins.left() + margins.right()
        return QSize(width, super().minimumSizeHint().height())

    def _arrange(self) -> None:
        margins = self._row.contentsMargins()
        room = self.width() - self._answers.sizeHint().width() - margins.left() - margins.right() - self._row.spacing()
        beside = room >= self._look.px(300)
        kinds = QBoxLayout.Direction
        self._row.setDirection(kinds.LeftToRight if beside else kinds.TopToBottom)

    def ask(self, key: str, question: Question) -> None:
        """Ask, or change what is asked under this key."""
        self._questions[key] = question  # one that is there already keeps its place among the others
        self._show()

    def withdraw(self, key: str) -> None:
        """Ask no longer."""
        if self._questions.pop(key, None) is not None:
            self._show()

    @property
    def asked(self) -> str:
        """Key of the question that is shown; "" for none."""
        return next(reversed(self._questions), "")

    def _show(self) -> None:
        key = self.asked
        self.setVisible(bool(key))
        if not key:
            self._shown = ("", ())
            return
        question = self._questions[key]
        self.text.setText(question.text)
        self._show_progress(question.fraction)
        labels = tuple(answer.label for answer in question.answers)
        if (key, labels) != self._shown:  # else the button under the mouse would be another one with each step
            self._shown = (key, labels)
            self._show_answers(key, question)
        self._arrange()

    def _show_progress(self, fraction: float | None) -> None:
        self.progress.setVisible(fraction is not None)
        moves_only = fraction is None or fraction < 0
        self.progress.setRange(0, 0 if moves_only else 1000)
        if fraction is not None and fraction >= 0:
            self.progress.setValue(round(1000 * fraction))

    def _show_answers(self, key: str, question: Question) -> None:
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.buttons = [self._button(key, answer, self) for answer in question.answers]
        for button in self.buttons:
            self._answers.addWidget(button)
            button.show()

    def _button(self, key: str, answer: Answer, parent: QWidget) -> QPushButton:
        button = QPushButton(answer.label, parent)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space is still the window's

        def act() -> None:
            self.withdraw(key)
            answer.act()

        button.clicked.connect(act)
        return button
