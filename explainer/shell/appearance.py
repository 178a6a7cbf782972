"""Theme, size of type and presenting: what the window wears."""

from PySide6.QtCore import QObject, Signal

from explainer.render.look import Look
from explainer.shell import style

PRESENT_SCALE, FULL_HEIGHT = 1.8, 1080  # px; a lower screen is projected as large, so its type shrinks with it
LEAST_PRESENTED = 1.15
THEMES = ("system", "light", "dark")
SCALES = (0.85, 1.0, 1.15, 1.3, 1.5, 1.8)


class Appearance(QObject):
    """What is worn now; `changed` says that something else is to be put on."""

    changed = Signal(object)

    def __init__(self, theme: str, scale: object, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme if theme in THEMES else "system"
        self.scale = float(scale) if isinstance(scale, int | float) and scale in SCALES else 1.0
        self.presenting = False
        self._presented = PRESENT_SCALE

    @property
    def look(self) -> Look:
        """Colours and measures."""
        return style.resolved(self.theme, self._presented if self.presenting else self.scale)

    def next_theme(self) -> None:
        """System, light, dark, and round again."""
        self.theme = THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]
        self.changed.emit(self.look)

    def step_scale(self, by: int) -> None:
        """Larger or smaller type."""
        at = SCALES.index(self.scale) + by
        self.scale = SCALES[max(0, min(len(SCALES) - 1, at))]
        self.changed.emit(self.look)

    def present(self, on: bool, height: int) -> None:
        """Wear the large type of the presenter view in a window of `height` px, or no longer."""
        before = self.look
        self.presenting = on
        self._presented = max(LEAST_PRESENTED, round(PRESENT_SCALE * min(1.0, height / FULL_HEIGHT), 2))
        if self.look != before:
            self.changed.emit(self.look)
