"""What the conductor tells, shown in the panes: demo, params, lesson, model, source, results and problems."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from explainer.core.controls import controls
from explainer.core.params import changed
from explainer.core.problem import Problem
from explainer.shell.cameras import Cameras
from explainer.shell.conductor import Conductor
from explainer.shell.few_controls import used_by
from explainer.shell.model_manager import ModelManager
from explainer.shell.panes import Panes
from explainer.shell.results import ResultView
from explainer.shell.turns import Turns


class Showing(QObject):
    """Listens to the conductor and keeps the panes up to date.

    Signals
    -------
    first_seen
        There is a result, or a problem in its place.
    titled
        What to call the window.
    shown
        A result of the present demo stands on the stage.
    """

    first_seen = Signal()
    titled = Signal(str)
    shown = Signal()

    def __init__(
        self, conductor: Conductor, panes: Panes, models: ModelManager, actions: dict[str, QAction], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._conductor, self._panes, self._models, self._actions = conductor, panes, models, actions
        self.cameras = Cameras(conductor.bridge, self)
        self.results = ResultView(panes, models, self)
        self._turns = Turns(self)
        self._listen()

    def _listen(self) -> None:
        c, results, bar = self._conductor, self.results, self._panes.bar
        c.demo_changed.connect(self.show_demo)
        c.params_changed.connect(self.show_params)
        c.model_changed.connect(self.show_model)
        c.lesson_changed.connect(lambda: self._turns.take(self._show_lesson))
        c.source_changed.connect(self._show_source)
        c.source_changed.connect(self._panes.lesson.forget_pictures)
        c.delivered.connect(lambda event: self._turns.take(partial(self._show_result, event)))
        c.failed.connect(lambda problem: self._turns.take(partial(self._show_problem, problem)))
        c.progressed.connect(results.show_progress)
        c.started.connect(results.wait_for_busy)
        c.noted.connect(results.say)
        c.frame_arrived.connect(results.frame_arrived)
        c.frame_arrived.connect(lambda event: bar.show_thumb(event.frame))
        c.stopped.connect(results.stopped)
        c.position_changed.connect(lambda e: bar.show_position(e, c.frame.name if c.frame else ""))
        c.playing_changed.connect(bar.show_playing)
        self.cameras.changed.connect(self.fill_sources)
        bar.model.menu().aboutToShow.connect(self.fill_bar)  # a training demo may have kept a network meanwhile

    # What is chosen -------------------------------------------------------------------------------------

    def show_demo(self) -> None:
        """Show another demo: at once its picture and what will come, then its controls and its lesson."""
        c, panes = self._conductor, self._panes
        self.results.expect(c.demo.info.id, c.frame, uses_frame=c.demo.info.uses_frame)
        panes.stage.set_handles(controls(c.demo.params_type), c.params)
        panes.lesson.clear()
        panes.controls.clear()
        self._turns.begin(self._build_controls, self._show_lesson)
        self.titled.emit(f"{c.demo.info.title} · Explainer")
        info = c.demo.info
        sees = info.uses_frame or info.uses_folder
        panes.bar.show_needs(frame=sees, model=info.uses_model)
        if c.opened is not None and sees:
            panes.bar.show_source(c.opened, c.source_spec)
        self._show_play()

    def finish(self) -> None:
        """Show at once what waits for its turn; for pictures of the window."""
        self._turns.finish()

    def _build_controls(self) -> None:
        c, panes = self._conductor, self._panes
        panes.controls.build(c.demo, c.params, c.card, panes.look)

    def _show_play(self) -> None:
        """Show the button that plays and freezes as the present demo needs it: a training run has one too."""
        c, bar = self._conductor, self._panes.bar
        if c.demo.info.uses_frame:
            bar.show_playing(c.playing)
        else:
            bar.want(bar.play, True)
            bar.show_playing(not c.scheduler.paused)

    def show_params(self) -> None:
        """Show the params' values in controls and handles."""
        c = self._conductor
        self._panes.stage.show_params(c.params)
        self._turns.take(self._show_values)
        self._actions["undo"].setEnabled(c.history.can_undo)
        self._actions["redo"].setEnabled(c.history.can_redo)

    def _show_values(self) -> None:
        self._panes.controls.show_params(self._conductor.params)
        self._show_here()

    def _show_lesson(self) -> None:
        lesson = self._conductor.lesson
        chapter = self._conductor.library.place_of(lesson.id) if lesson else ""
        self._panes.lesson.show_lesson(lesson, chapter)
        self._panes.controls.feature(used_by(lesson))
        self._show_here()
        self._panes.catalogue.show_current(lesson.id if lesson else "")

    def _show_here(self) -> None:
        """Mark the card of the lesson whose picture this is."""
        c = self._conductor

        def is_here(values: Mapping[str, Any]) -> bool:
            try:
                return bool(values) and changed(c.params, c.card, **values) == c.params
            except (KeyError, ValueError):  # the present model lacks what the card asks for
                return False

        self._panes.lesson.show_here(is_here)

    def show_model(self) -> None:
        """Show which model and device are used, and the layers and classes that there are now."""
        self.fill_bar()
        self._turns.take(self._build_controls)

    def fill_bar(self) -> None:
        """Fill the menus of models and devices."""
        c, bar = self._conductor, self._panes.bar
        bar.fill_models(c.models.cards(), c.card)
        bar.fill_device(c.settings.device, c.settings.fit, self._models.devices())

    # Source ---------------------------------------------------------------------------------------------

    def fill_sources(self) -> None:
        """Fill the menu of sources."""
        self._panes.bar.fill_sources(self._conductor.session.recent, self.cameras.names)

    def _show_source(self) -> None:
        opened = self._conductor.opened
        assert opened is not None
        if self._conductor.demo.info.uses_frame:
            self._panes.bar.show_source(opened, self._conductor.source_spec)
        self._show_play()
        self.fill_sources()
        self._mirror_camera()

    def mirror(self) -> None:
        """Show a camera's picture as a mirror does, or no longer."""
        self._mirror_camera()
        self.results.paint_again()

    def _mirror_camera(self) -> None:
        opened = self._conductor.opened
        is_camera = opened is not None and opened.kind == "camera"
        self._panes.stage.mirrored = is_camera and self._actions["mirror"].isChecked()

    # Results --------------------------------------------------------------------------------------------

    def _show_result(self, event: Any) -> None:
        self.first_seen.emit()
        self.results.show_result(event, self._conductor.demo.info.id)
        self.shown.emit()

    def _show_problem(self, problem: Problem | None) -> None:
        if problem is not None:
            self.first_seen.emit()  # there may never be a result
        self.results.show_problem(problem)
