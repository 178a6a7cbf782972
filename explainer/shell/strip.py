"""The quiet strip at the bottom: what really computed the last picture, and how long each part took."""

from collections import deque
from time import monotonic

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton

from explainer.render.look import Look
from explainer.runtime.events import Finished
from explainer.shell.giving_row import GivingRow
from explainer.shell.plain import ElidedWords, Words, tip

KEYS = "Space freeze · C compare · ? all keys"
COMPARING_KEYS = "← → move the edge · C ends the comparison"
DEVICES = {"cpu": "CPU", "cuda": "CUDA GPU", "mps": "Apple GPU"}


class Strip(GivingRow):
    """Left: device, frames per second, milliseconds; right: the quiet remark of the moment or the main keys.

    Signals
    -------
    stretch_asked
        The picture that is shown is to be opened again, its values stretched.
    said
        A remark is shown; "" when it is over.
    """

    stretch_asked = Signal()
    said = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.device, self.rate, self.times, self.note = Words("Starting"), Words(), Words(), ElidedWords()
        row = self.row
        row.setContentsMargins(look.px(16), look.px(5), look.px(16), look.px(5))
        row.setSpacing(look.px(16))
        for label in (self.device, self.rate, self.times):
            row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.note)
        self.stretch = QToolButton(text="Stretch")
        self.stretch.setProperty("role", "flat")
        self.stretch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stretch.clicked.connect(self.stretch_asked)
        row.addWidget(self.stretch)
        self.want(self.stretch, False)
        self._arrivals: deque[float] = deque(maxlen=30)
        self._keys = KEYS
        self.set_look(look)
        self.say("")
        self.give_way((self.times, self.rate, self.device))

    def set_look(self, look: Look) -> None:
        for label in (self.device, self.rate, self.times, self.note):
            label.setFont(look.font("small", figures=label in (self.rate, self.times)))
            label.setProperty("role", "muted")
        self.device.setFont(look.font("small", bold=True))
        self.stretch.setFont(look.font("small"))

    def say(self, text: str) -> None:
        """Show a quiet remark; an empty one shows the main keys again."""
        self.note.setText(text or self._keys)
        self.note.setToolTip(tip(text))
        self.said.emit(text)

    def show_keys(self, comparing: bool) -> None:
        """Name the keys that matter now."""
        silent = self.note.text() == self._keys
        self._keys = COMPARING_KEYS if comparing else KEYS
        if silent:
            self.say("")

    def offer_stretch(self, used: str) -> None:
        """Offer to stretch the range that a dark picture uses ("64 to 3,104 of 65,535"); "" offers nothing."""
        self.want(self.stretch, bool(used))
        self.stretch.setToolTip(tip(f"Stretch the values used, {used}, to the whole range from black to white"))

    def show_event(self, event: Finished, *, grab_ms: float, paint_ms: float, threads: tuple[int, int]) -> None:
        """Show the figures of a finished run; `threads` are those in force, and those of a quiet machine."""
        self._arrivals.append(monotonic())
        count = threads_in_force(*threads) if event.device == "cpu" else ""
        self.device.setText(f"{DEVICES.get(event.device, event.device)} {count}".strip())
        self.rate.setText(self._rate())
        stages = [("grab", grab_ms), *((n, event.timings_ms.get(n)) for n in ("prepare", "model", "explain"))]
        parts = [f"{name} {_ms(value)}" for name, value in [*stages, ("paint", paint_ms)] if value is not None]
        self.times.setText(" · ".join(parts) + " ms")

    def _rate(self) -> str:
        recent = [t for t in self._arrivals if t > self._arrivals[-1] - 3.0]
        if len(recent) < 4:
            return ""
        rate = (len(recent) - 1) / max(1e-6, recent[-1] - recent[0])
        return f"{rate:.0f} frames/s" if rate >= 1 else ""


def threads_in_force(number: int, of: int) -> str:
    """Say how many threads compute, and why they are not all: ``1 of 2 threads: the machine is busy``."""
    if 0 < number < of:
        return f"{number} of {of} threads: the machine is busy"
    return f"{number} thread{'s' if number != 1 else ''}" if number else ""


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
