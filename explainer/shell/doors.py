"""The doors by which pictures come into the window: file dialogs, the clipboard, a drop."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from explainer.shell import pasting
from explainer.shell.conductor import Conductor
from explainer.sources.opening import STRETCHED


class Doors(QObject):
    """Turns what a person brings into what the conductor opens."""

    def __init__(self, conductor: Conductor, window: QWidget) -> None:
        super().__init__(window)
        self._conductor, self._window = conductor, window
        self._brought: tuple[str, pasting.Brought] | None = None

    def ask_file(self) -> None:
        """Ask for a picture or a video."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open picture or video", self._folder())
        if name:
            self._conductor.open(name)

    def ask_folder(self) -> None:
        """Ask for a folder of pictures."""
        name = QFileDialog.getExistingDirectory(self._window, "Open folder", self._folder())
        if name:
            self._conductor.open(name)

    def _folder(self) -> str:
        spec = self._conductor.source_spec
        return str(Path(spec).parent) if spec and ":" not in spec[2:] else str(Path.home())

    def paste(self) -> None:
        """Open what is on the clipboard."""
        if not self._bring(QGuiApplication.clipboard().mimeData(), "Pasted picture"):
            self._conductor.noted.emit("There is no picture on the clipboard.")

    def drop(self, data: QMimeData) -> None:
        """Open what was dropped."""
        self._bring(data, "Dropped picture")

    def stretch(self) -> None:
        """Open the present picture again, the values that it uses stretched from black to white."""
        spec = self._conductor.source_spec
        if spec:
            self._conductor.open(f"{spec}{STRETCHED}")
        elif self._brought is not None:
            title, brought = self._brought
            self._conductor.open_with(title, replace(brought, stretch=True))

    def _bring(self, data: QMimeData | None, title: str) -> bool:
        found = pasting.from_clipboard(data, title)
        if isinstance(found, str):
            self._conductor.open(found)
        elif found is not None:
            self._brought = (title, found)
            self._conductor.open_with(title, found)
        return found is not None
