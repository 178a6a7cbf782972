"""The window: puts the panes together and connects them to the conductor. Decides nothing itself."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explainer.core.controls import controls
from explainer.core.problem import Problem
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.runtime import events as ev
from explainer.runtime import session as session_file
from explainer.shell import actions, geometry, keys, pasting, saving, style
from explainer.shell.backstage import Backstage
from explainer.shell.catalogue_pane import CataloguePane
from explainer.shell.conductor import Conductor
from explainer.shell.controls_pane import ControlsPane
from explainer.shell.dialogs import KeysDialog, ModelsDialog
from explainer.shell.lesson_page import LessonPage
from explainer.shell.palette_dialog import Entry, PaletteDialog
from explainer.shell.source_bar import SourceBar
from explainer.shell.stage import Stage, completed, facts_of, maps_of
from explainer.shell.starting import Starting
from explainer.shell.strip import Strip
from explainer.sources.camera import CameraName, list_cameras

BUSY_AFTER_MS = 150
CHART_EVERY_S = 0.1
NOTE_FOR_MS = 6000
PRESENT_SCALE = 1.8
THEMES = ("system", "light", "dark")
SCALES = (0.85, 1.0, 1.15, 1.3, 1.5, 1.8)


@dataclass(frozen=True, slots=True)
class CamerasFound:
    """Names of cameras, from the thread that asked for them."""

    cameras: tuple[CameraName, ...]


class MainWindow(QMainWindow):
    """Catalogue, stage, lesson and controls, source bar and strip."""

    def __init__(self, conductor: Conductor, backstage: Backstage, *, theme: str = "", remember: bool = True) -> None:
        super().__init__()
        self.setWindowTitle("Explainer")
        self.setAcceptDrops(True)
        self.conductor, self.backstage, self._remember = conductor, backstage, remember
        view = conductor.session.view
        self._theme = theme or conductor.session.theme
        self._scale = float(view.get("scale", 1.0)) if view.get("scale", 1.0) in SCALES else 1.0
        self._presenting = False
        self._drag: int | None = None
        self._last_charts = 0.0
        self._grab_ms = 0.0
        self._result_of = ""
        self.starting = Starting(self)
        self._cameras: list[tuple[str, str]] = []
        self.look = style.resolved(self._theme, self._scale)
        style.dress(QApplication.instance(), self.look)
        self.actions = actions.make(self)
        self._build()
        self._connect()
        self._timers()
        self.starting.loaded.connect(self.catalogue.prepare)
        self._show_demo()
        self._fill_bar()
        self._show_params()
        self._restore(conductor.session.geometry)

    # Parts ----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        look, conductor = self.look, self.conductor
        catalogue = conductor.catalogue
        self.catalogue = CataloguePane(conductor.library, lambda name: catalogue.demo(name).info.title, look)
        self.stage = Stage(look)
        self.lesson = LessonPage(look)
        self.controls = ControlsPane(look)
        self.bar = SourceBar(look, self.actions)
        self.strip = Strip(look)
        self.right = QSplitter(Qt.Orientation.Vertical)
        self.right.setObjectName("chrome")
        self.right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.right.addWidget(self._lesson_side())
        self.right.addWidget(self.controls)
        self.right.setChildrenCollapsible(False)
        self.right.setStretchFactor(0, 3)
        self.right.setStretchFactor(1, 2)
        self.split = QSplitter()
        for part in (self.catalogue, self.stage, self.right):
            self.split.addWidget(part)
        self.split.setChildrenCollapsible(False)
        self.split.setStretchFactor(1, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.bar, _line(), self.split, _line(), self.strip):
            column.addWidget(part, 1 if part is self.split else 0)
        self.setCentralWidget(body)
        self._set_widths()

    def _lesson_side(self) -> QWidget:
        side = QWidget()
        self._lesson_head = QHBoxLayout()
        self._lesson_head.setContentsMargins(self.look.px(14), self.look.px(4), self.look.px(10), 0)
        self._lesson_head.addStretch(1)
        self._lesson_buttons = []
        steps = (("previous-demo", "arrow-left"), ("next-demo", "arrow-right"), ("reset", "rotate-ccw"))
        for name, symbol in steps:
            button = QToolButton()
            button.setProperty("role", "flat")
            button.setToolTip(self.actions[name].toolTip())
            button.setAccessibleName(self.actions[name].text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space is still the window's
            button.clicked.connect(self.actions[name].trigger)
            self._lesson_head.addWidget(button)
            self._lesson_buttons.append((button, symbol))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.lesson, 1)
        column.addLayout(self._lesson_head)
        self._dress_buttons()
        return side

    def _dress_buttons(self) -> None:
        p = self.look.px  # the page has a border of 2 px
        self.lesson.setViewportMargins(p(14) - 2, p(10) - 2, p(6) - 2, 0)
        for button, symbol in self._lesson_buttons:
            button.setIcon(icon(symbol, self.look, "muted"))

    def _set_widths(self) -> None:
        left, right = self.look.px(208), self.look.px(300)
        self._set_least_widths()
        self.split.setSizes([left, max(400, self.width() - left - right), right])
        self.right.setSizes([self.look.px(430), self.look.px(270)])

    def _set_least_widths(self) -> None:
        self.catalogue.setMinimumWidth(self.look.px(150))
        self.right.setMinimumWidth(self.look.px(280))

    # Connections ----------------------------------------------------------------------------------------

    def _connect(self) -> None:
        c = self.conductor
        c.bridge.arrived.connect(self._show_cameras)
        c.demo_changed.connect(self._show_demo)
        c.params_changed.connect(self._show_params)
        c.model_changed.connect(self._show_model)
        c.lesson_changed.connect(self._show_lesson)
        c.source_changed.connect(self._show_source)
        c.delivered.connect(self._show_result)
        c.failed.connect(self._show_problem)
        c.progressed.connect(lambda event: self._busy_now(event.fraction, event.text))
        c.started.connect(self._wait_for_busy)
        c.noted.connect(self.say)
        c.frame_arrived.connect(self._frame_arrived)
        c.position_changed.connect(lambda e: self.bar.show_position(e, c.frame.name if c.frame else ""))
        c.playing_changed.connect(self.bar.show_playing)
        self.catalogue.chosen.connect(c.choose_lesson)
        self.lesson.tried.connect(c.set_params)
        self.lesson.lesson_asked.connect(c.choose_lesson)
        self.lesson.demo_asked.connect(c.choose_demo)
        self.controls.edited.connect(lambda name, value, g: c.set_params({name: value}, g))
        self.controls.viewed.connect(self.stage.set_view)
        self.stage.picked.connect(c.set_params)
        self.stage.handled.connect(self._handled)
        self.stage.empty.picked.connect(c.open)
        self.stage.empty.browse.connect(self.actions["open"].trigger)
        self.stage.empty.camera.connect(self.actions["camera"].trigger)
        self.bar.opened.connect(c.open)
        self.bar.stepped.connect(self._step)
        self.bar.sought.connect(c.player.seek)
        self.bar.model_chosen.connect(c.choose_model)
        self.bar.setting.connect(lambda name, value: c.set_settings(**{name: value}))
        self._connect_actions()

    def _connect_actions(self) -> None:
        c = self.conductor
        table = {
            "open": self._ask_file, "open-folder": self._ask_folder, "paste": self._paste,
            "camera": lambda: c.open(self._cameras[0][0] if self._cameras else "camera:0"),
            "mirror": self._mirror, "next-picture": lambda: self._step(1), "previous-picture": lambda: self._step(-1),
            "freeze": c.freeze, "next-demo": lambda: c.step_lesson(1), "previous-demo": lambda: c.step_lesson(-1),
            "reset": c.reset, "restart": c.restart, "undo": c.undo, "redo": c.redo, "models": self._models,
            "compare": self.stage.pin, "save": self._save, "fit": self._fit, "present": self._present,
            "left-pane": lambda: self.catalogue.setVisible(not self.catalogue.isVisible()),
            "right-pane": lambda: self.right.setVisible(not self.right.isVisible()),
            "full-screen": self._full_screen, "theme": self._next_theme, "larger": lambda: self._step_scale(1),
            "smaller": lambda: self._step_scale(-1), "palette": self._palette, "find": self._find,
            "lesson-focus": lambda: self._focus(self.lesson), "controls-focus": self._focus_controls,
            "keys": lambda: KeysDialog(self, self.look).exec(), "quit": self.close,
        }  # fmt: skip
        for name, act in table.items():
            self.actions[name].triggered.connect(lambda _=False, act=act: act())

    def _timers(self) -> None:
        self._busy_timer = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._busy_timer.timeout.connect(lambda: self._busy_now(0.0, ""))
        self._note_timer = QTimer(self, singleShot=True, interval=NOTE_FOR_MS)
        self._note_timer.timeout.connect(lambda: self.strip.say(""))
        self._charts_timer = QTimer(self, singleShot=True)
        self._charts_timer.timeout.connect(self._late_charts)

    def start(self) -> None:
        """Begin, once the window is on screen: the first source, and the names of cameras a little later."""
        self.stage.setFocus()
        self.bar.fill_sources(self.conductor.session.recent, self._cameras)
        self.starting.begin(self.conductor.start)

    def find_cameras(self) -> None:
        """Ask for cameras by name; not at the start, since it may take a while."""
        bridge = self.conductor.bridge
        Thread(target=lambda: bridge.post(CamerasFound(list_cameras())), name="explainer-cameras", daemon=True).start()

    def _show_cameras(self, event: Any) -> None:
        if isinstance(event, CamerasFound):
            self._cameras = [(f"camera:{one.index}", one.name) for one in event.cameras]
            self.bar.fill_sources(self.conductor.session.recent, self._cameras)

    # Showing what the conductor says --------------------------------------------------------------------

    def _show_demo(self) -> None:
        c = self.conductor
        self.stage.pinned, self.stage.solo = (), -1
        self.controls.build(c.demo, c.params, c.card, self.look)
        self.stage.set_handles(controls(c.demo.params_type), c.params)
        self._show_lesson()
        self.setWindowTitle(f"{c.demo.info.title} · Explainer")
        if c.opened is not None:
            self.bar.show_source(c.opened)
        self._show_play()

    def _show_play(self) -> None:
        """Show the button that plays and freezes as the present demo needs it: a training run has one too."""
        c = self.conductor
        if c.demo.info.uses_frame:
            self.bar.show_playing(c.playing)
        else:
            self.bar.play.setVisible(True)
            self.bar.show_playing(not c.scheduler.paused)

    def _show_params(self) -> None:
        params = self.conductor.params
        if type(params) is not self.conductor.demo.params_type:
            return
        self.controls.show_params(params)
        self.stage.show_params(params)
        self.actions["undo"].setEnabled(self.conductor.history.can_undo)
        self.actions["redo"].setEnabled(self.conductor.history.can_redo)

    def _show_lesson(self) -> None:
        lesson = self.conductor.lesson
        chapter = f"Chapter {lesson.chapter}" if lesson else ""
        self.lesson.show_lesson(lesson, chapter)
        self.catalogue.show_current(lesson.id if lesson else "")

    def _show_model(self) -> None:
        c = self.conductor
        self._fill_bar()
        self.controls.build(c.demo, c.params, c.card, self.look)

    def _fill_bar(self) -> None:
        c = self.conductor
        self.bar.fill_models(c.models.cards(), c.card)
        self.bar.fill_device(c.settings.device, c.settings.fit, self.backstage.devices())

    def _show_source(self) -> None:
        c = self.conductor
        assert c.opened is not None
        self.bar.show_source(c.opened)
        self._show_play()
        self.bar.fill_sources(c.session.recent, self._cameras)
        self.stage.mirrored = c.opened.kind == "camera" and self.actions["mirror"].isChecked()

    def _frame_arrived(self, event: ev.FrameArrived) -> None:
        self._grab_ms = event.grab_ms
        if event.frame.notes and event.frame.index == 0:
            self.say(" ".join(event.frame.notes))

    def _show_result(self, event: Any) -> None:
        self._busy_timer.stop()
        self.starting.end()
        finished = isinstance(event, ev.Finished)
        if finished:
            self.stage.show_busy(None)
        now = monotonic()
        new_demo = self._result_of != self.conductor.demo.info.id
        charts = new_demo or now - self._last_charts >= CHART_EVERY_S
        result = event.result if finished or new_demo else completed(event.result, self.stage.result)
        self.stage.show_result(result, charts=charts)
        if charts:
            self._last_charts = now
            self._charts_timer.stop()
        elif not self._charts_timer.isActive():
            self._charts_timer.start(int(1000 * CHART_EVERY_S))
        self._result_of = self.conductor.demo.info.id
        self.lesson.show_values(event.result.values)
        self.controls.show_facts(facts_of(event.result))
        self.controls.set_maps(*maps_of(result))
        if finished:
            threads = self.backstage.threads()
            self.strip.show_event(event, grab_ms=self._grab_ms, paint_ms=self.stage.paint_ms, threads=threads)

    def _late_charts(self) -> None:
        if self.stage.result is not None:
            self._last_charts = monotonic()
            self.stage.show_result(self.stage.result)

    def _show_problem(self, problem: Problem | None) -> None:
        self._busy_timer.stop()
        self.stage.show_problem(problem)
        if problem is not None:
            self.starting.end()  # there may never be a result
            self.stage.show_busy(None)
            self.stage.show_empty()

    def _wait_for_busy(self) -> None:
        if not self._busy_timer.isActive():
            self._busy_timer.start()

    def _busy_now(self, fraction: float, text: str) -> None:
        self._busy_timer.stop()
        self.stage.show_busy(fraction)
        if text:
            self.strip.say(text)
            self._note_timer.start()

    def say(self, text: str) -> None:
        """Show a quiet remark for some seconds."""
        self.strip.say(text)
        self._note_timer.start()

    # What actions do ------------------------------------------------------------------------------------

    def _handled(self, name: str, value: Any, dragging: bool) -> None:
        if self._drag is None:
            self._drag = self.conductor.new_gesture()
        self.conductor.set_params({name: value}, -self._drag)
        if not dragging:
            self._drag = None

    def _step(self, by: int) -> None:
        c = self.conductor
        if c.opened is not None and c.opened.kind == "image":
            beside = pasting.beside(c.source_spec, by)
            if beside:
                c.open(beside)
        else:
            c.player.step(by)

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open picture or video", self._folder())
        if name:
            self.conductor.open(name)

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Open folder", self._folder())
        if name:
            self.conductor.open(name)

    def _folder(self) -> str:
        spec = self.conductor.source_spec
        return str(Path(spec).parent) if spec and ":" not in spec[2:] else str(Path.home())

    def _paste(self) -> None:
        opener = pasting.from_clipboard(QGuiApplication.clipboard().mimeData())
        if isinstance(opener, str):
            self.conductor.open(opener)
        elif opener is not None:
            self.conductor.open_with("Pasted picture", opener)
        else:
            self.say("There is no picture on the clipboard.")

    def _mirror(self) -> None:
        opened = self.conductor.opened
        self.stage.mirrored = bool(opened and opened.kind == "camera" and self.actions["mirror"].isChecked())
        if self.stage.result is not None:
            self.stage.show_result(self.stage.result)

    def _models(self) -> None:
        ModelsDialog(self, self.look, self.backstage, self.conductor.choose_model).exec()
        self._show_model()

    def _save(self) -> None:
        if self.stage.result is None:
            self.say("There is no picture to save yet.")
            return
        path = saving.ask(self, f"{self.conductor.demo.info.id}.png")
        if path is not None:
            self.say(saving.save(self.stage, path))

    def _fit(self) -> None:
        self.stage.fit()

    def _full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _present(self) -> None:
        """Large type, and nothing but the stage and the lesson's controls."""
        self.set_presenting(not self._presenting)
        if self._presenting:
            self.showFullScreen()
        else:
            self.showNormal()

    def set_presenting(self, on: bool) -> None:
        """Enter or leave the presenter view."""
        self._presenting = on
        self.catalogue.setVisible(not on)
        self.right.setVisible(not on)
        self.strip.setVisible(not on)
        self.bar.present.setText("End" if on else "Present")
        self._dress_anew()

    def _dress_anew(self) -> None:
        self._set_look(style.resolved(self._theme, PRESENT_SCALE if self._presenting else self._scale))

    def _next_theme(self) -> None:
        self._theme = THEMES[(THEMES.index(self._theme) + 1) % len(THEMES)]
        self._dress_anew()
        self.say(f"Theme: {self._theme}")

    def _step_scale(self, by: int) -> None:
        at = SCALES.index(self._scale) + by
        self._scale = SCALES[max(0, min(len(SCALES) - 1, at))]
        self._dress_anew()

    def _set_look(self, look: Look) -> None:
        self.look = look
        style.dress(QApplication.instance(), look)
        for part in (self.catalogue, self.stage, self.lesson, self.bar, self.strip):
            part.set_look(look)
        self._set_least_widths()
        self._dress_buttons()
        self._show_model()
        if self.stage.result is not None:
            self.stage.show_result(self.stage.result)

    def _palette(self) -> None:
        c = self.conductor
        lessons = [Entry(one.title, "lesson", partial(c.choose_lesson, one.id)) for one in c.library.heads]
        demos = [Entry(d.info.title, "demo", partial(c.choose_demo, d.info.id)) for d in c.catalogue.demos()]
        acts = [Entry(s.label, ", ".join(s.keys), self.actions[s.name].trigger) for s in actions.SPECS]
        dialog = PaletteDialog(self, self.look, [*lessons, *demos, *acts])
        dialog.move(self.mapToGlobal(self.rect().center()) - dialog.rect().center())
        dialog.exec()

    def _find(self) -> None:
        self.catalogue.show()
        self._focus(self.catalogue.search)
        self.catalogue.search.selectAll()

    def _focus(self, widget: QWidget) -> None:
        if not widget.isVisible():
            self.right.show()
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _focus_controls(self) -> None:
        self.right.show()
        first = next((e for e in self.controls._editors.values() if e.isVisible()), None)
        if first is not None:
            self._focus(first)

    # Drop, keys, memory ---------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        opener = pasting.from_clipboard(event.mimeData())
        if isinstance(opener, str):
            self.conductor.open(opener)
        elif opener is not None:
            self.conductor.open_with("Dropped picture", opener)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and keys.keeps(QApplication.focusWidget(), event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().isdigit() and event.text() != "0":
            self.stage.toggle_solo(int(event.text()) - 1)
        elif event.key() == Qt.Key.Key_Escape and self._presenting:
            self._present()
        else:
            super().keyPressEvent(event)

    def _restore(self, text: str) -> None:
        sizes = geometry.unpacked(text, self)
        if sizes is None:
            self._set_widths()
        else:
            self.split.setSizes(sizes)

    def remembered(self) -> Any:
        """Session as it is to be found next time."""
        view, place = {"scale": self._scale}, geometry.packed(self, self.split)
        return replace(self.conductor.remembered(), geometry=place, theme=self._theme, view=view)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._remember:
            session_file.save(self.remembered())
        self.starting.close()
        self.lesson.rest()
        self.catalogue.rest()
        self.conductor.close()
        event.accept()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    line.setFixedHeight(1)
    return line
