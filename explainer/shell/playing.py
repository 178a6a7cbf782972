"""Playing a param in the window: the bar, the actions and the conductor, at the pace of a `Playback`."""

from math import ceil
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction

from explainer.core.controls import Control, controls, visible
from explainer.core.plays import Play
from explainer.runtime.clock import Clock, RealClock
from explainer.runtime.playback import FPS, STILL_S, STILLS, Playback, PlayStep, snapped, steps_of
from explainer.shell import motion
from explainer.shell.conductor import Conductor
from explainer.shell.play_bar import PlayBar

NAMES = ("play", "play-next", "play-previous", "play-faster", "play-slower", "play-repeat")


class Playing(QObject):
    """Plays what the present result can be played in.

    Signals
    -------
    offered
        Whether this demo has something to play now; the bar is wanted then.
    """

    offered = Signal(bool)

    def __init__(
        self,
        conductor: Conductor,
        bar: PlayBar,
        actions: dict[str, QAction],
        parent: QObject,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(parent)
        self._conductor, self.bar = conductor, bar
        self._actions = {name: actions[name] for name in NAMES}
        self.playback = Playback(clock or RealClock())
        self._control: Control | None = None
        self._play: Play | None = None
        self._drag: int | None = None
        self._resumes = False  # after the drag
        self._offered = False
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._go_on)
        self._listen()

    def _listen(self) -> None:
        c, act = self._conductor, self._actions
        c.demo_changed.connect(self.show_demo)
        c.finished.connect(self._finished)
        c.failed.connect(self._failed)
        self.bar.sought.connect(self.seek)
        self.bar.stepped.connect(self.step)
        act["play"].triggered.connect(lambda _=False: self.toggle())
        act["play-next"].triggered.connect(lambda _=False: self.step(1))
        act["play-previous"].triggered.connect(lambda _=False: self.step(-1))
        act["play-faster"].triggered.connect(lambda _=False: self._faster(1))
        act["play-slower"].triggered.connect(lambda _=False: self._faster(-1))
        act["play-repeat"].triggered.connect(lambda _=False: self._next_repeat())
        self._show_pace()

    # What can be played ---------------------------------------------------------------------------------

    def show_demo(self) -> None:
        """Another demo: expect what it will play, so that its bar has its place from the beginning."""
        self.playback.unload()
        self._timer.stop()
        self._control = self._play = self._drag = None
        params = self._conductor.params
        self._expect(next((one for one in visible(controls(type(params)), params) if one.plays), None))

    def _expect(self, one: Control | None) -> None:
        self._control = one
        if one is not None:
            self.bar.expect(one)
        self._enable(False)
        self.bar.show_playing(False)
        self._offer(one is not None)

    def _offer(self, on: bool) -> None:
        if on != self._offered:
            self._offered = on
            self.offered.emit(on)

    def _finished(self, event: Any) -> None:
        """Take a whole result in, and ask for the next step before this one is drawn."""
        play: Play | None = event.result.play
        self.playback.arrived()
        if play is None:
            if self._offered:
                self._nothing()
            return
        params = self._conductor.params
        one = next(one for one in controls(type(params)) if one.name == play.name)
        if self._play is None or self._play.name != play.name:
            self._control = one
            self._offer(True)
        self._play = play
        self._load(one, play)
        if self._drag is None:
            self.playback.stand(play.at)
        self.bar.show_play(one, play)
        self._enable(play.first != play.last)
        self._go_on()

    def _nothing(self) -> None:
        """Take the bar away: this result cannot be played (a blank map, another way of looking)."""
        self.playback.unload()
        self._play = None
        self._expect(None)

    def _load(self, one: Control, play: Play) -> None:
        assert one.plays is not None
        seconds = one.plays.seconds
        if motion.reduced():
            self.playback.load(steps_of(one, play, STILLS), max(seconds, STILLS * STILL_S))
        else:
            self.playback.load(steps_of(one, play, round(seconds * FPS) + 1), seconds)

    def _failed(self, problem: Any) -> None:
        if problem is not None:
            self.playback.arrived()
            self.pause()

    # What a person asks for -----------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play, or pause."""
        if self._play is None:
            return
        self.pause() if self.playback.playing else self.playback.play()
        self._go_on()

    def pause(self) -> None:
        """Stay where it is."""
        self.playback.pause()
        self._timer.stop()
        self.bar.show_playing(False)

    def step(self, by: int) -> None:
        """One step on or back, and stay there."""
        self.pause()
        beside = self.playback.beside(by)
        if beside is not None:
            self._set(beside, None)

    def seek(self, place: float, dragging: bool) -> None:
        """Go to a place of the scrubber; a whole drag is one change to be undone."""
        one, play = self._control, self._play
        if one is None or play is None:
            return
        if self._drag is None:
            self._drag = self._conductor.new_gesture()
            self._resumes = self.playback.playing
            self.playback.pause()
        wanted = snapped(one, play, play.value(place))
        self._set(wanted, self._drag)
        if not dragging:
            self._drag = None
            if self._resumes and self.playback.beside(1) is not None:
                self.playback.play()
        self._go_on()

    def _set(self, step: PlayStep, gesture: int | None) -> None:
        assert self._control is not None
        self.playback.stand(step.number)
        before = self._conductor.params
        self._conductor.set_params({self._control.name: step.value}, gesture)
        if self._conductor.params != before:
            self.playback.asked()

    def _faster(self, by: int) -> None:
        self.playback.faster(by)
        self._show_pace()
        self._go_on()

    def _next_repeat(self) -> None:
        self.playback.next_repeat()
        self._show_pace()
        self._go_on()

    def _show_pace(self) -> None:
        self.bar.show_pace(self.playback.speed, self.playback.repeat)

    def _enable(self, on: bool) -> None:
        for action in self._actions.values():
            action.setEnabled(on)

    # The pace -------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Ask for the step that is due, or come back when one will be."""
        self._timer.stop()
        while (step := self.playback.take()) is not None:
            assert self._control is not None
            name = self._control.name
            if getattr(self._conductor.params, name) != step.value:
                self._conductor.play_to(name, step.value)
                break
            self.playback.arrived()  # it is shown already
        wait_s = self.playback.wait_s()
        if wait_s is not None:
            self._timer.start(ceil(1000 * wait_s))
        self.bar.show_playing(self.playback.playing)
