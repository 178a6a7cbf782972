"""Failed and empty, as designed states of the stage."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from explainer.core import paths
from explainer.core.problem import Problem
from explainer.render.icons import icon, pixmap
from explainer.render.look import Look
from explainer.shell.plain import Words, tip
from explainer.shell.thumbnails import thumbnail


class ProblemCard(QFrame):
    """What happened, what to do, and the details for whoever wants to report them."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "warning")
        self.setAccessibleName("Problem")
        self._problem = Problem("")
        self._sign = Words()
        self._what, self._todo = Words(wordWrap=True), Words(wordWrap=True)
        self._what.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = QPushButton("Copy details")
        self.copy.clicked.connect(self._copy)
        self.dismiss = QPushButton("Close")
        self.dismiss.clicked.connect(self.hide)
        words = QVBoxLayout()
        words.setSpacing(look.px(4))
        words.addWidget(self._what)
        words.addWidget(self._todo)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.dismiss)
        words.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(look.px(16), look.px(12), look.px(16), look.px(12))
        row.setSpacing(look.px(12))
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.hide()
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._sign.setPixmap(pixmap("triangle-alert", look.theme.warning, look.px(20)))
        self._what.setFont(look.font(bold=True))
        self._todo.setFont(look.font())

    def show_problem(self, problem: Problem) -> None:
        self._problem = problem
        self.copy.setText("Copy details")
        self._what.setText(problem.what)
        self._todo.setText(problem.todo)
        self._todo.setVisible(bool(problem.todo))
        self.show()
        self.raise_()

    def _copy(self) -> None:
        text = f"{self._problem.sentence}\n\n{self._problem.details}".strip()
        QGuiApplication.clipboard().setText(text)
        self.copy.setText("Copied")


class EmptyStage(QWidget):
    """Sample pictures, a place to drop one's own, and the camera."""

    picked = Signal(str)
    browse = Signal()
    camera = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = Words("Drop a picture, a folder or a video here")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setProperty("role", "title")
        self._open = QPushButton("Open…")
        self._open.setProperty("role", "primary")
        self._open.clicked.connect(self.browse)
        self._camera = QPushButton(" Camera")
        self._camera.clicked.connect(self.camera)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._open)
        buttons.addWidget(self._camera)
        buttons.addStretch(1)
        self._or = Words("or try one of these")
        self._or.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._or.setProperty("role", "muted")
        self._grid = QGridLayout()
        self._grid.setSpacing(look.px(8))
        column = QVBoxLayout(self)
        column.addStretch(1)
        for part in (self._title, buttons, self._or):
            column.addLayout(part) if isinstance(part, QHBoxLayout) else column.addWidget(part)
            column.addSpacing(look.px(8))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(self._grid)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        self.hide()
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._camera.setIcon(icon("camera", look))

    def showEvent(self, event: QShowEvent) -> None:
        if not self._grid.count():  # most windows never show it, and thumbnails take a while
            self._fill()
        super().showEvent(event)

    def _fill(self) -> None:
        pictures = [p for p in sorted(paths.samples().glob("*")) if p.suffix.lower() in {".jpg", ".png"}]
        for index, path in enumerate(pictures[:8]):
            button = QToolButton()
            button.setIconSize(QSize(120, 84))
            button.setIcon(QIcon(thumbnail(path, QSize(240, 168))))
            button.setAccessibleName(f"Sample {path.stem}")
            button.setToolTip(tip(path.stem))
            button.clicked.connect(lambda _=False, p=path: self.picked.emit(f"sample:{p.name}"))
            self._grid.addWidget(button, index // 4, index % 4)
