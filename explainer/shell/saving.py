"""The stage as a picture beside the result's documents."""

import re
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from explainer.core.problem import ExplainerError
from explainer.core.words import one_line
from explainer.core.writing import write_text
from explainer.shell.stage import Stage

FILTERS = "PNG (*.png);;JPEG (*.jpg *.jpeg);;WebP (*.webp)"
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def ask(parent: QWidget, suggested: str) -> Path | None:
    """Ask where to save; ``None`` where the person decided not to."""
    name, chosen = QFileDialog.getSaveFileName(parent, "Save picture", suggested, FILTERS)
    if not name:
        return None
    path = target(name, chosen)
    if path != Path(name) and path.exists() and not _may_replace(parent, path):  # Qt asked about another name
        return None
    return path


def target(name: str, chosen_filter: str = "") -> Path:
    """Return the file that is meant by a typed name: one without a known ending gets that of the chosen kind."""
    if Path(name).suffix.lower() in SUFFIXES:
        return Path(name)
    ending = re.search(r"\*(\.\w+)", chosen_filter)
    return Path(name + (ending[1] if ending and ending[1] in SUFFIXES else ".png"))


def save(stage: Stage, path: Path) -> str:
    """Write picture and documents; return one sentence that says what was written, or why not."""
    from explainer.render import headless  # brings pyqtgraph, which the window does not wait for

    documents = stage.result.documents if stage.result else {}
    try:
        headless.save(headless.grabbed(stage), path)
        for name, text in documents.items():
            write_text(path.parent / f"{path.stem}-{Path(name).name}", text)
    except ExplainerError as error:
        return error.problem.sentence
    extra = f" and {len(documents)} documents" if documents else ""
    return f"Saved {one_line(path.name)}{extra}."


def _may_replace(parent: QWidget, path: Path) -> bool:
    box = QMessageBox(parent)
    box.setTextFormat(box.textFormat().PlainText)
    box.setText(f"{one_line(path.name)} is there already. Replace it?")
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
    return box.exec() == QMessageBox.StandardButton.Yes
