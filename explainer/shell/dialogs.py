"""Small windows: the list of keys, and models that can be fetched or brought along."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explainer.core.problem import Problem
from explainer.render.look import Look
from explainer.runtime.token import JobToken
from explainer.shell.actions import SPECS
from explainer.shell.bridge import Bridge
from explainer.shell.model_manager import ModelManager, ModelRow
from explainer.shell.plain import Words

PANEL_KEYS = (
    ("Double click", "Fit a panel"),
    ("Wheel", "Zoom; drag moves"),
    ("1 … 9", "Make that picture the large one; again: it alone"),
    ("Arrow keys", "Nudge a chosen handle"),
    ("[ and ]", "Smaller or larger brush"),
    ("Delete", "Take back a stroke or a box"),
)


class KeysDialog(QDialog):
    """Every key, in groups."""

    def __init__(self, parent: QWidget, look: Look) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("All keys")
        columns = QHBoxLayout(self)
        columns.setContentsMargins(*(look.px(24),) * 4)
        columns.setSpacing(look.px(32))
        groups = list(dict.fromkeys(spec.group for spec in SPECS))
        for names in (groups[:2], groups[2:]):
            column = QVBoxLayout()
            column.setSpacing(look.px(4))
            for group in names:
                rows = [(" or ".join(s.keys), s.label) for s in SPECS if s.group == group]
                self._group(column, group, rows, look)
            if "Help" in names:
                self._group(column, "Pictures", PANEL_KEYS, look)
            column.addStretch(1)
            columns.addLayout(column)

    def _group(self, column: QVBoxLayout, title: str, rows: Sequence[tuple[str, str]], look: Look) -> None:
        head = Words(title)
        head.setFont(look.font(bold=True))
        column.addWidget(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.px(16))
        grid.setVerticalSpacing(look.px(2))
        for row, (keys, label) in enumerate(rows):
            key = Words(keys)
            key.setProperty("role", "muted")
            grid.addWidget(key, row, 0)
            grid.addWidget(Words(label), row, 1)
        grid.setColumnMinimumWidth(0, look.px(150))
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        column.addSpacing(look.px(14))


class ModelsDialog(QDialog):
    """Fetch a model at a click, with progress and a way to stop; or bring one's own weights."""

    def __init__(self, parent: QWidget, look: Look, weights: ModelManager, chosen: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("More models")
        self._weights, self._chosen = weights, chosen
        self._token: JobToken | None = None
        self._thread: threading.Thread | None = None
        self._bridge = Bridge()
        self._bridge.arrived.connect(self._news)
        self.filter = QLineEdit(placeholderText="Search a model")
        self.filter.setAccessibleName("Search a model")
        self.filter.textChanged.connect(self._fill)
        self.table = QTableWidget(0, 4)
        self.table.setAccessibleName("Models")
        self.table.setHorizontalHeaderLabels(["Model", "Weights", "MB", ""])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._show_choice)
        self.bar = QProgressBar(textVisible=False)
        self.bar.hide()
        self.word = Words("Weights come from the PyTorch model store, once, and are checked.", wordWrap=True)
        self.word.setProperty("role", "muted")
        self.act = QPushButton("Fetch")
        self.act.setProperty("role", "primary")
        self.act.clicked.connect(self._act)
        self.own = QPushButton("Your own weights…")
        self.own.clicked.connect(self._bring)
        self.architecture = QComboBox()
        self.architecture.setAccessibleName("Architecture of your weights")
        self.architecture.addItems(list(weights.architectures()))
        buttons = QHBoxLayout()
        buttons.addWidget(self.own)
        buttons.addWidget(self.architecture)
        buttons.addStretch(1)
        buttons.addWidget(self.act)
        column = QVBoxLayout(self)
        column.setContentsMargins(*(look.px(16),) * 4)
        for part in (self.filter, self.table, self.bar, self.word):
            column.addWidget(part)
        column.addLayout(buttons)
        self.resize(look.px(640), look.px(480))
        self._rows: list[ModelRow] = []
        self._fill()

    def _fill(self, _text: str = "") -> None:
        wanted = self.filter.text().lower().split()
        self._rows = [r for r in self._weights.rows() if all(w in f"{r.name} {r.title}".lower() for w in wanted)]
        self.table.setRowCount(len(self._rows))
        for at, row in enumerate(self._rows):
            for column, text in enumerate((row.title, row.note, f"{row.megabytes:.0f}", "here" if row.here else "")):
                self.table.setItem(at, column, QTableWidgetItem(text))
        if self._rows:
            self.table.selectRow(0)
        self._show_choice()

    def _row(self) -> ModelRow | None:
        at = self.table.currentRow()
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def _show_choice(self) -> None:
        row = self._row()
        if self._token is None:
            self.act.setText("Use" if row and row.here and row.classifies else "Fetch")
            self.act.setEnabled(row is not None and (row.classifies or not row.here))

    def _act(self) -> None:
        row = self._row()
        if self._token is not None:
            self._token.cancel()
        elif row is not None and row.here:
            self._chosen(row.name)
            self.accept()
        elif row is not None:
            self._start(row)

    def _start(self, row: ModelRow) -> None:
        self._token = token = JobToken()
        self.act.setText("Stop")
        self.bar.setValue(0)
        self.bar.show()
        self.word.setText(f"Fetching {row.title} …")

        def work() -> None:
            got = self._weights.fetch(row.name, lambda f: self._bridge.post(("progress", f)), token)
            self._bridge.post(("done", row, got))

        self._thread = threading.Thread(target=work, name="explainer-fetch")
        self._thread.start()

    def _news(self, event: tuple) -> None:
        if event[0] == "progress":
            self.bar.setValue(round(100 * event[1]))
            return
        _, row, got = event
        self._token = None
        self.bar.hide()
        if isinstance(got, Problem):
            self.word.setText(got.sentence)
        else:
            todo = "" if row.classifies else " The demos that can use it find it."
            self.word.setText(f"{row.title} is here.{todo}")
        at = self.table.currentRow()
        self._fill()
        self.table.selectRow(at)
        self._show_choice()

    def _bring(self) -> None:
        kinds = "Weights (*.safetensors *.pth *.pt *.ckpt *.bin *.tar);;All files (*)"  # the bytes decide, not the name
        name, _ = QFileDialog.getOpenFileName(self, "Your own weights", "", kinds)
        if not name:
            return
        got = self._weights.add_own(Path(name), self.architecture.currentText())
        if isinstance(got, Problem):
            self.word.setText(got.sentence)
        else:
            self._chosen(got)
            self.accept()

    def done(self, result: int) -> None:
        if self._token is not None:
            self._token.cancel()
        if self._thread is not None:
            self._thread.join()
        self._bridge.close()
        super().done(result)

    def keyPressEvent(self, event) -> None:
        if event.key() == Qt.Key.Key_Escape and self._token is not None:
            self._token.cancel()
            return
        super().keyPressEvent(event)
