"""The bar of what can be played: a round button, the scrubber, and what is counted."""

import re

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from explainer.core.controls import Control
from explainer.core.plays import Play
from explainer.render.look import Look
from explainer.runtime.playback import Repeat
from explainer.shell.plain import Words, tip
from explainer.shell.play_buttons import RoundButton, SmallButton
from explainer.shell.scrubber import Scrubber

HEIGHT, LOW = 44, 38  # px at type scale 1; lower than that one line of words fits
ROUND, GAP, SMALL, LINE, LEAST_LINE = 36, 10, 24, 20, 60
NARROW = 400  # px at type scale 1; the count goes below the line where there is less
REPEATS: dict[Repeat, tuple[str, str]] = {
    "once": ("arrow-right-to-line", "Plays once"),
    "loop": ("repeat", "Plays in a loop"),
    "back-and-forth": ("arrow-left-right", "Plays back and forth"),
}


class PlayBar(QWidget):
    """Shows where a play stands; the small buttons come when the mouse or the focus is in it.

    Signals
    -------
    sought(float, bool)
        A place 0…1 of the scrubber, and whether the drag goes on.
    stepped(int)
        One step back or on, by an arrow key on the scrubber.
    """

    sought = Signal(float, bool)
    stepped = Signal(int)

    def __init__(self, look: Look, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.look = look
        self._playable = False
        self._widest, self._count = 0, ""
        self.button = RoundButton(actions["play"], look)
        self.scrubber = Scrubber(look)
        self.scrubber.sought.connect(self.sought)
        self.scrubber.stepped.connect(self.stepped)
        self.back = SmallButton(actions["play-previous"], look, "step-back")
        self.on = SmallButton(actions["play-next"], look, "step-forward")
        self.speed = SmallButton(actions["play-faster"], look)
        self.repeat = SmallButton(actions["play-repeat"], look, "arrow-right-to-line")
        self.counted, self.note = Words(), Words()
        for part in (self.button, self.scrubber, *self._small, self.counted, self.note):
            part.setParent(self)
        for words in (self.counted, self.note):
            words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName("Play")
        QApplication.instance().focusChanged.connect(self._show_small)
        self.set_look(look)

    @property
    def _small(self) -> tuple[SmallButton, ...]:
        return self.back, self.on, self.speed, self.repeat

    # What is shown --------------------------------------------------------------------------------------

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.look, self._widest = look, 0
        self.scrubber.look = look
        for button in (self.button, *self._small):
            button.look = look
        self.counted.setFont(look.font("base", figures=True))
        self.note.setFont(look.font("small", figures=True))
        self.note.setProperty("role", "muted")
        self.setMinimumHeight(look.px(24))
        self._arrange()
        self.update()

    def expect(self, one: Control) -> None:
        """Show what will be played; the first result of it is still being computed."""
        assert one.plays is not None
        self._playable, self._widest = False, 0
        self.button.setEnabled(False)
        self.button.show_playing(False, one.plays.label)
        self.scrubber.show_play(one, None)
        self._say("", "")

    def show_play(self, one: Control, play: Play) -> None:
        """Show how far it is."""
        self._playable = play.first != play.last
        self.button.setEnabled(self._playable)
        self.scrubber.show_play(one, play)
        self._say(play.counted, play.note)

    def show_playing(self, playing: bool) -> None:
        """Say on the button whether it plays."""
        self.button.show_playing(playing)

    def show_pace(self, speed: float, repeat: Repeat) -> None:
        """Say how fast and how often on the small buttons."""
        text = f"{speed:g}×".replace("0.5", "½")
        self.speed.setText(text)
        self.speed.say(f"Faster; now {text}")
        self.repeat.symbol, words = REPEATS[repeat]
        self.repeat.say(words)
        for button in (self.speed, self.repeat):
            button.update()

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(NARROW), self.look.px(HEIGHT))

    def _say(self, counted: str, note: str) -> None:
        if (counted, note) != (self._count, self.note.text()):
            self._count = counted
            self.counted.setToolTip(tip(counted))
            self.counted.setAccessibleName(counted)
            self.note.setText(note)
            self._arrange()

    # Layout ---------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        p, width, height = self.look.px, self.width(), self.height()
        side, low, narrow = min(p(ROUND), height), height < p(LOW), p(LOW) <= height and width < p(NARROW)
        self.button.setGeometry(0, (height - side) // 2, side, side)
        left = side + p(GAP)
        right = 0 if narrow else self._right_width() + p(GAP + 4)
        if width - left - right < p(LEAST_LINE):
            right = 0  # the line is worth more than the count
        below = p(LINE) if narrow else 0
        self.scrubber.setGeometry(left, 0, max(p(40), width - left - right), height - below)
        words_left = left if narrow else width - right + p(GAP + 4)
        top, tall = (height - below, below) if narrow else (0, height if low else p(LINE) + p(2))
        self.counted.setGeometry(words_left, top, max(0, width - words_left), tall)
        self.counted.setText(self._fitting(width - words_left))
        self.note.setGeometry(words_left, p(LINE) + p(2), width - words_left, 0 if low or narrow else p(16))
        size = p(SMALL)
        for number, button in enumerate(reversed(self._small)):
            top = (height - size) // 2 if low else height - size
            button.setGeometry(width - (number + 1) * size, top, size, size)
        self._show_small()

    def _fitting(self, wide: int) -> str:
        """The count, else its numbers alone ("318 of 1,280"), else nothing: half a number is a wrong one."""
        short = re.match(r"[\d.,]+ of [\d.,]+", self._count)
        long = QFontMetrics(self.look.font("base", figures=True)).horizontalAdvance
        return next((text for text in (self._count, short[0] if short else "") if long(text) <= wide), "")

    def _right_width(self) -> int:
        """As wide as the widest count so far, so that the line does not breathe."""
        words = ((self._count, "base"), (self.note.text(), "small"))
        fonts = {size: self.look.font(size, figures=True) for size in ("base", "small")}
        asked = max(QFontMetrics(fonts[size]).horizontalAdvance(text) for text, size in words)
        self._widest = max(self._widest, asked + 2, self.look.px(SMALL) * len(self._small))
        return min(self._widest, round(0.45 * self.width()))

    def _show_small(self, *_focus: object) -> None:
        """Small buttons take the place of the note while somebody is here."""
        focused = QApplication.focusWidget()
        here = self.underMouse() or (focused is not None and self.isAncestorOf(focused))
        crowded = self.note.height() == 0
        for button in self._small:
            button.wake(self._playable and here)
        self.note.setVisible(not crowded and not (self._playable and here))
        if crowded:
            self.counted.setVisible(not (self._playable and here))

    # Qt -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave, QEvent.Type.Leave):
            self._show_small()
        return handled
