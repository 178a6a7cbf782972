"""The presenter view: heroes and headline for an audience, cards of the lesson's steps, and a dock that goes away."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction

from explainer.core.controls import controls, visible
from explainer.render.look import Look
from explainer.shell.conductor import Conductor
from explainer.shell.few_controls import few, used_by
from explainer.shell.panes import Panes
from explainer.shell.presenting.dock import Dock
from explainer.shell.presenting.laser import SIZE, Laser
from explainer.shell.presenting.steps import StepCards, step_after, steps_of

WIDE_TOGETHER = 2.3  # width over height of two heroes side by side


class Presenter(QObject):
    """Puts the parts of the presenter view on the window and takes them off again.

    Parameters
    ----------
    actions
        Its own are ``laser``, ``step-on`` and ``step-back``.
    """

    def __init__(self, conductor: Conductor, panes: Panes, actions: Mapping[str, QAction], parent: QObject) -> None:
        super().__init__(parent)
        self._conductor, self._panes = conductor, panes
        self.on = self._played = False
        self._gesture: int | None = None
        self._laser: Laser | None = None
        self.cards = StepCards(panes.look)
        self.cards.chosen.connect(self.go)
        panes.add_steps(self.cards)
        self.dock = Dock(panes.look, actions, panes)
        self.dock.edited.connect(self._edited)
        self._own = [actions[name] for name in ("laser", "step-on", "step-back")]
        for action in self._own:
            action.setEnabled(False)
        actions["laser"].triggered.connect(lambda _=False: self.point())
        actions["step-on"].triggered.connect(lambda _=False: self.step(1))
        actions["step-back"].triggered.connect(lambda _=False: self.step(-1))
        for signal in (conductor.demo_changed, conductor.lesson_changed):
            signal.connect(self._show_lesson)
        conductor.params_changed.connect(self._show_params)

    def set_look(self, look: Look) -> None:
        """Wear another theme or size of type."""
        self.cards.set_look(look)
        self.dock.set_look(look)
        if self.on:
            self._show_controls()

    # Coming and going -----------------------------------------------------------------------------------

    def present(self, on: bool) -> None:
        """Begin, or give everything back as it was."""
        if on == self.on:
            return
        self.on = on
        for action in self._own:
            action.setEnabled(on)
        (self._panes.stage if on else self.dock).set_player(None)
        self._panes.stage.set_presenting(on, self._title())
        self._panes.show_audience(on)
        self.offer(self._played)
        if on:
            self._show_lesson()
            self.dock.begin()
        else:
            self.dock.end()
            self._end_laser()

    def _title(self) -> str:
        """What the catalogue calls it: the lesson's title, or the demo's where there is no lesson."""
        lesson = self._conductor.lesson
        return lesson.title if lesson is not None else self._conductor.demo.info.title

    def offer(self, playable: bool) -> None:
        """Another demo has something to play, or nothing."""
        self._played = playable
        where = self.dock if self.on else self._panes.stage
        where.set_player(self._panes.play_bar if playable else None)

    # Steps ----------------------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go on or back by a step; beyond the last card to the next lesson."""
        number = step_after(self.cards.at, by, len(self.cards.steps))
        if number is None:
            self._conductor.step_lesson(by)
        else:
            self.go(number)

    def go(self, number: int) -> None:
        """Show a step: the lesson's beginning, changed as its card says."""
        steps, defaults = self.cards.steps, self._conductor.demo.defaults()
        self.cards.go(number)
        start = {name: getattr(defaults, name) for step in steps for name in step.params}
        self._conductor.set_params({**start, **steps[0].params, **steps[number].params})

    def _show_lesson(self) -> None:
        if self.on:
            self._panes.stage.set_presenting(True, self._title())
            self.cards.show_steps(steps_of(self._conductor.lesson))
            self.place_cards()
            self._show_controls()

    def place_cards(self) -> None:
        """Have the cards below heroes that are wide together: beside them they would take their room."""
        if self.on:
            shapes = self._panes.stage.hero_shapes()
            in_row = len(shapes) > 1 and sum(shapes) > WIDE_TOGETHER
            if in_row != self.cards.in_row:
                at = self.cards.at
                self.cards.stand_in_row(in_row)
                self.cards.show_steps(self.cards.steps)
                self.cards.go(at)
            self._panes.place_steps(below=in_row)
            self.cards.setVisible(bool(self.cards.steps))

    def _show_controls(self) -> None:
        c = self._conductor
        every, params = controls(type(c.params)), c.params
        used = used_by(c.lesson)
        wanted = sorted(few(tuple(visible(every, params)), used), key=lambda one: one.name not in used)
        self.dock.show_controls(wanted, params, c.card)

    def _show_params(self) -> None:
        if self.on:
            self.dock.show_params(controls(type(self._conductor.params)), self._conductor.params)

    def _edited(self, name: str, value: Any, dragging: bool) -> None:
        if self._gesture is None:
            self._gesture = self._conductor.new_gesture()
        self._conductor.set_params({name: value}, -self._gesture)
        if not dragging:
            self._gesture = None

    # Pointing -------------------------------------------------------------------------------------------

    def point(self) -> None:
        """Show the red dot, or the arrow again."""
        if self._laser is None:
            self._laser = Laser(self._panes.window(), SIZE * self._panes.look.scale)
            QTimer.singleShot(0, self._laser.raise_)
        else:
            self._end_laser()

    def _end_laser(self) -> None:
        if self._laser is not None:
            self._laser.end()
            self._laser = None
