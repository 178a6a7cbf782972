"""The doors by which pictures come into the window: file dialogs, the clipboard, a drop."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from explainer.core.problem import ExplainerError, Problem
from explainer.core.unsuitable import Offer
from explainer.runtime.events import SourceSkipped
from explainer.shell import pasting
from explainer.shell.conductor import Conductor
from explainer.sources import kept_pictures
from explainer.sources.opening import STRETCHED, path_of

CAMERA = "camera:0"


class Doors(QObject):
    """Turns what a person brings, or takes of what is offered, into what the conductor opens.

    Signals
    -------
    model_wanted
        A network was chosen that is not here yet.
    """

    model_wanted = Signal(str)

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
        """Where to look first: beside the file that is open, unless it is one of the program's own."""
        spec = self._conductor.source_spec
        here = None if spec.startswith("sample:") else path_of(spec)
        own = here is None or here.is_relative_to(kept_pictures.folder())
        return str(Path.home() if own or here is None else here.parent)

    def take(self, offer: Offer) -> None:
        """Go the way on that a demo offers where a picture or network does not suit it."""
        conductor, value = self._conductor, offer.value
        match offer.kind:
            case "sample":
                conductor.open(f"sample:{value}")
            case "camera":
                conductor.open(value or CAMERA)
            case "open":
                self.ask_file()
            case "demo":
                conductor.choose_demo(value)
            case "set":
                conductor.set_params(value)
            case "model":
                self._use(value)

    def _use(self, name: str) -> None:
        """Choose a network that is here; one that is not has to be fetched, which a person decides."""
        if any(card.name == name for card in self._conductor.models.cards()):
            self._conductor.choose_model(name)
        else:
            self.model_wanted.emit(name)

    def paste(self) -> None:
        """Open what is on the clipboard."""
        data = QGuiApplication.clipboard().mimeData()
        if not self._bring(data, "Pasted"):
            words = data is not None and bool(data.text().strip())
            why = "The text on the clipboard is neither a path nor an address." if words else ""
            self._conductor.noted.emit(why or "There is no picture on the clipboard.")

    def drop(self, data: QMimeData) -> None:
        """Open what was dropped."""
        if not self._bring(data, "Dropped"):
            self._conductor.noted.emit("What was dropped is neither a picture nor a file.")

    def stretch(self) -> None:
        """Open the present picture again, the values that it uses stretched from black to white."""
        spec = self._conductor.source_spec
        if spec:
            self._conductor.open(f"{spec}{STRETCHED}")
        elif self._brought is not None:
            title, brought = self._brought
            self._conductor.open_with(title, replace(brought, stretch=True))

    def _bring(self, data: QMimeData | None, word: str) -> bool:
        title = f"{word} picture"
        found = pasting.from_clipboard(data, title)
        if isinstance(found, str):
            self._conductor.open(found)
            several = pasting.count_in(data) if data is not None else 0
            if several > 1:
                self._conductor.noted.emit(f"{several} files were {word.lower()}; the first one is shown.")
        elif found is not None:
            self._brought = (title, found)
            self._conductor.open_with(title, found, self._keeping(found, word))
        return found is not None

    def _keeping(self, brought: pasting.Brought, word: str) -> Callable[[], str]:
        """Return what writes the picture to the user's folder, for the thread that opens it."""
        spared, post = self._conductor.spared(), self._conductor.bridge.post

        def keep() -> str:
            try:
                return str(kept_pictures.keep(brought.content, word, spared))
            except (OSError, ExplainerError) as error:
                what = f"The {brought.title.lower()} could not be kept, so the next start will not find it."
                post(SourceSkipped(Problem(what, details=repr(error))))
                return ""

        return keep
