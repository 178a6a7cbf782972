"""When a result is shown: pictures at once, charts at most ten times a second, a line while one waits."""

from time import monotonic
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.runtime import events as ev
from explainer.shell.completing import completed, facts_of, maps_of
from explainer.shell.model_manager import ModelManager
from explainer.shell.panes import Panes
from explainer.shell.try_card import THUMB

BUSY_AFTER_MS = 150
CHART_EVERY_S = 0.1
NOTE_FOR_MS = 6000


class ResultView(QObject):
    """Hands results, problems, progress and remarks to the panes, each at its time."""

    def __init__(self, panes: Panes, models: ModelManager, parent: QObject) -> None:
        super().__init__(parent)
        self._panes, self._models = panes, models
        self._last_charts = self._grab_ms = 0.0
        self._noted: tuple[str, frozenset[str]] = ("", frozenset())  # what was said of the source that is open
        self._demo = ""
        self._busy_timer = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._busy_timer.timeout.connect(lambda: self._busy_now(0.0, ""))
        self._note_timer = QTimer(self, singleShot=True, interval=NOTE_FOR_MS)
        self._note_timer.timeout.connect(lambda: panes.strip.say(""))
        self._charts_timer = QTimer(self, singleShot=True)
        self._charts_timer.timeout.connect(self._late_charts)

    def show_result(self, event: Any, demo: str) -> None:
        """Show a ``Partial`` or ``Finished`` result of the demo with this id."""
        self._busy_timer.stop()
        panes, finished = self._panes, isinstance(event, ev.Finished)
        if finished:
            panes.stage.show_busy(None)
        new_demo = self._demo != demo
        result = event.result if finished or new_demo else completed(event.result, panes.stage.result)
        panes.stage.show_result(result, charts=self._charts_are_due(new_demo))
        self._demo = demo
        panes.ties.attach()
        panes.lesson.show_values(event.result.all_numbers)
        panes.controls.show_facts(facts_of(event.result))
        panes.controls.show_resolved(event.result.resolved)
        panes.controls.set_maps(*maps_of(result))
        if finished and panes.lesson.wants_picture:
            QTimer.singleShot(0, self, self._keep_picture)
        if finished:
            grab_ms, paint_ms, threads = self._grab_ms, panes.stage.paint_ms, self._models.threads()
            panes.strip.show_event(event, grab_ms=grab_ms, paint_ms=paint_ms, threads=threads)

    def _keep_picture(self) -> None:
        """Give the lesson's card for what is shown a small picture of it."""
        stage, lesson = self._panes.stage, self._panes.lesson
        heroes = stage.hero_rects()
        if lesson.wants_picture and heroes and stage.isVisible() and not stage.busy:
            side = 2 * lesson.look.px(THUMB)
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            lesson.show_picture(stage.grab(heroes[-1]).scaled(side, side, keep, smooth))

    def _charts_are_due(self, new_demo: bool) -> bool:
        now = monotonic()
        due = new_demo or now - self._last_charts >= CHART_EVERY_S
        if due:
            self._last_charts = now
            self._charts_timer.stop()
        elif not self._charts_timer.isActive():
            self._charts_timer.start(int(1000 * CHART_EVERY_S))
        return due

    def catch_up(self) -> None:
        """Draw at once what waits for its turn."""
        if self._charts_timer.isActive():
            self._charts_timer.stop()
            self._late_charts()

    def _late_charts(self) -> None:
        self._last_charts = monotonic()
        self.paint_again()

    def paint_again(self) -> None:
        """Show the present result once more, drawn another way."""
        if self._panes.stage.result is not None:
            self._panes.stage.show_result(self._panes.stage.result)

    def show_problem(self, problem: Problem | None) -> None:
        """Show a card over the stage; ``None`` takes it away."""
        self._busy_timer.stop()
        stage = self._panes.stage
        stage.show_problem(problem)
        if problem is not None:
            stage.show_busy(None)
            stage.show_empty()

    def frame_arrived(self, event: ev.FrameArrived) -> None:
        """Note how long reading took; say what the reader has to say of the first picture."""
        self._grab_ms = event.grab_ms
        self._panes.stage.show_frame(event.frame)
        self._panes.strip.offer_stretch(event.frame.stretchable)
        source_id, notes = event.frame.source_id, event.frame.notes
        known = self._noted[1] if self._noted[0] == source_id else frozenset()
        if not known.issuperset(notes):  # a film says the same beside each picture
            self.say(" ".join(note for note in notes if note not in known))
        self._noted = source_id, known | set(notes)

    def wait_for_busy(self) -> None:
        """A job began; if it takes long, a line says so."""
        if not self._busy_timer.isActive():
            self._busy_timer.start()

    def show_progress(self, event: ev.Progress) -> None:
        """Show how far a job is."""
        self._busy_now(event.fraction, event.text)

    def _busy_now(self, fraction: float, text: str) -> None:
        self._busy_timer.stop()
        self._panes.stage.show_busy(fraction, text)

    def expect(self, demo: str, frame: Frame | None, *, uses_frame: bool) -> None:
        """Another demo was chosen: its picture and what will come stand there at once."""
        self._busy_timer.stop()
        stage = self._panes.stage
        stage.show_busy(None)
        stage.expect(demo, frame, uses_frame=uses_frame)

    def stopped(self) -> None:
        """What was being computed was stopped by hand."""
        self._busy_timer.stop()
        self._panes.stage.show_stopped()
        self.say("Stopped. Shift+R starts it again.")

    def say(self, text: str) -> None:
        """Show a quiet remark for some seconds."""
        self._panes.strip.say(text)
        self._note_timer.start()
