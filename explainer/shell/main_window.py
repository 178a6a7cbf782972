"""The window: puts the panes together and connects them to the conductor. Decides nothing itself."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from shiboken6 import isValid

from explainer.core.numerals import is_whole
from explainer.core.problem import Problem
from explainer.render.look import Look
from explainer.runtime.keeping import Keeper
from explainer.runtime.session import Session
from explainer.shell import actions, geometry, keys, pasting, saving, style
from explainer.shell.appearance import Appearance
from explainer.shell.comparing import Comparing
from explainer.shell.conductor import Conductor
from explainer.shell.dialogs import KeysDialog, ModelsDialog
from explainer.shell.doors import Doors
from explainer.shell.dressing import Dressing
from explainer.shell.fetching import Fetcher
from explainer.shell.homing import Homing
from explainer.shell.model_manager import ModelManager
from explainer.shell.network_showing import NetworkShowing
from explainer.shell.palette_dialog import PaletteDialog, entries
from explainer.shell.panes import Panes
from explainer.shell.playing import Playing
from explainer.shell.presenting.presenter import Presenter
from explainer.shell.remembering import Remembering
from explainer.shell.showing import Showing
from explainer.shell.starting import Starting
from explainer.shell.uncovering import Uncovering

LEAST = (640, 480)  # px; narrower than that nothing can be explained


class MainWindow(QMainWindow):
    """Catalogue, stage, lesson and controls, source bar and strip."""

    def __init__(
        self, conductor: Conductor, model_manager: ModelManager, *, theme: str = "", keeper: Keeper | None = None
    ) -> None:
        super().__init__()
        self.setWindowTitle("Explainer")
        self.setAcceptDrops(True)
        self.setMinimumSize(*LEAST)
        self.conductor, self.model_manager = conductor, model_manager
        session = conductor.session
        self.appearance = Appearance(theme or session.theme, session.view.get("scale", 1.0), self)
        self._drag: int | None = None
        self._before: QWidget | None = None  # where the keys were before presenting
        self.starting = Starting(self)
        self.dressing = Dressing(self)
        self.doors = Doors(conductor, self)
        self.look = self.appearance.look
        style.dress(QApplication.instance(), self.look)
        self.actions = actions.make(self)
        self._build()
        self.playing = Playing(conductor, self.panes.play_bar, self.actions, self)
        self.presenter = Presenter(conductor, self.panes, self.actions, self)
        self.playing.offered.connect(self.presenter.offer)
        self.network = NetworkShowing(conductor, self.panes.network, self)
        self.network.offered.connect(lambda on: self.stage.set_strip(self.panes.network if on else None))
        self.panes.network.shown.connect(lambda on: self.controls.leave_out(self.network.name if on else ""))
        self.showing = Showing(conductor, self.panes, model_manager, self.actions, self)
        self.homing = Homing(conductor, self.panes, self.actions, self)
        self.comparing = Comparing(conductor, self.panes, self)
        self.comparing.changed.connect(self.bar.compare.setChecked)
        self.comparing.changed.connect(self.strip.show_keys)
        self._connect()
        self._connect_actions()
        self.starting.loaded.connect(self.catalogue.prepare)
        self.showing.show_demo()
        self.playing.show_demo()
        self.network.show_choice()
        self.showing.fill_bar()
        self.showing.show_params()
        self.showing.finish()
        self._restore(session.geometry)
        self.stage.choose_heroes(session.view.get("heroes"))
        self.panes.unfold(session.view.get("open"), session.view.get("more"))
        self.memory = self._remembering(keeper)
        self.fetcher = self._fetching()

    def _build(self) -> None:
        c = self.conductor
        self.panes = panes = Panes(c.catalogue, c.library, self.look, self.actions)
        self.catalogue, self.stage = panes.catalogue, panes.stage
        self.lesson, self.controls = panes.lesson, panes.controls
        self.bar, self.strip, self.right, self.split = panes.bar, panes.strip, panes.right, panes.split
        self.setCentralWidget(panes)
        panes.set_widths(self.width())

    # Connections ----------------------------------------------------------------------------------------

    def _connect(self) -> None:
        c = self.conductor
        self.showing.titled.connect(self.setWindowTitle)
        self.showing.first_seen.connect(self.starting.end)
        self.showing.shown.connect(self.presenter.place_cards)
        self.homing.seen.connect(self.starting.end)
        self.homing.search_asked.connect(self._palette)
        self.appearance.changed.connect(self._set_look)
        self.catalogue.chosen.connect(c.choose_lesson)
        self.lesson.tried.connect(c.set_params)
        self.lesson.said.connect(self.say)
        self.lesson.lesson_asked.connect(c.choose_lesson)
        self.lesson.demo_asked.connect(c.choose_demo)
        self.controls.edited.connect(lambda name, value, g: c.set_params({name: value}, g))
        self.controls.viewed.connect(self.stage.set_view)
        self.stage.picked.connect(c.set_params)
        self.stage.handled.connect(self._handled)
        self.stage.offered.connect(self.doors.take)
        self.doors.model_wanted.connect(self._models)
        self.stage.empty.picked.connect(c.open)
        self.stage.empty.browse.connect(self.actions["open"].trigger)
        self.stage.empty.camera.connect(self.actions["camera"].trigger)
        self.bar.opened.connect(c.open)
        self.strip.stretch_asked.connect(self.doors.stretch)
        self.bar.stepped.connect(c.step)
        self.bar.sought.connect(c.player.seek)
        self.bar.model_chosen.connect(c.choose_model)
        self.bar.setting.connect(lambda name, value: c.set_settings(**{name: value}))

    def _remembering(self, keeper: Keeper | None) -> Remembering:
        c, questions = self.conductor, self.panes.questions
        memory = Remembering(keeper, self._snapshot, c.bridge, questions, self.restore, self.close, self)
        for signal in (c.demo_changed, c.params_changed, c.model_changed, c.source_changed, c.lesson_changed):
            signal.connect(memory.changed)
        for signal in (self.appearance.changed, self.homing.changed, self.lesson.folded, self.controls.unfolded):
            signal.connect(memory.changed)
        if memory.autosave is not None:
            memory.autosave.failed.connect(lambda problem: self.say(problem.sentence))
        return memory

    def _fetching(self) -> Fetcher:
        c = self.conductor
        fetcher = Fetcher(c.bridge, self.panes.questions, c.spared, self)
        c.address_asked.connect(fetcher.ask)
        fetcher.fetched.connect(c.open)
        fetcher.failed.connect(c.refuse)
        return fetcher

    def _connect_actions(self) -> None:
        c, doors, appearance = self.conductor, self.doors, self.appearance
        table = {
            "home": self.homing.toggle, "open": doors.ask_file, "open-folder": doors.ask_folder, "paste": doors.paste,
            "camera": lambda: c.open(self.showing.cameras.first), "mirror": self.showing.mirror,
            "next-picture": lambda: c.step(1), "previous-picture": lambda: c.step(-1),
            "freeze": c.freeze, "next-demo": lambda: c.step_lesson(1), "previous-demo": lambda: c.step_lesson(-1),
            "reset": c.reset, "restart": c.restart, "undo": c.undo, "redo": c.redo, "models": self._models,
            "compare": self.comparing.toggle, "save": self._save, "fit": self.stage.fit, "present": self._present,
            "left-pane": lambda: self.panes.toggle("left"), "right-pane": lambda: self.panes.toggle("right"),
            "full-screen": self._full_screen, "theme": self._next_theme, "larger": lambda: appearance.step_scale(1),
            "smaller": lambda: appearance.step_scale(-1), "palette": self._palette, "find": self._find,
            "lesson-focus": lambda: self._focus(self.lesson), "controls-focus": self._focus_controls,
            "keys": lambda: KeysDialog(self, self.look).exec(), "quit": self.close,
        }  # fmt: skip
        for name, act in table.items():
            self.actions[name].triggered.connect(lambda _=False, act=act: act())
        Uncovering(self.actions["uncover"], self.stage.uncover, self)

    def start(self) -> None:
        """Begin, once the window is on screen: the first source, and the names of cameras a little later."""
        if not self.conductor.at_home:
            self.stage.setFocus()
        self.showing.fill_sources()
        self.starting.begin(self.conductor.start)

    def find_cameras(self) -> None:
        """Ask for cameras by name; not at the start, since it may take a while."""
        self.showing.cameras.find()

    @property
    def _scale(self) -> float:
        """Size of type, where scripts outside look for it."""
        return self.appearance.scale

    def say(self, text: str) -> None:
        """Show a quiet remark for some seconds."""
        self.showing.results.say(text)

    # What actions do ------------------------------------------------------------------------------------

    def _handled(self, name: str, value: Any, dragging: bool) -> None:
        if self._drag is None:
            self._drag = self.conductor.new_gesture()
        self.conductor.set_params({name: value}, -self._drag)
        if not dragging:
            self._drag = None

    def _models(self, wanted: str = "") -> None:
        dialog = ModelsDialog(self, self.look, self.model_manager, self.conductor.choose_model)
        dialog.filter.setText(wanted)
        dialog.exec()
        self.showing.show_model()

    def _save(self) -> None:
        if self.stage.result is None:
            self.say("There is no picture to save yet.")
            return
        path = saving.ask(self, f"{self.conductor.demo.info.id}.png")
        if path is not None:
            self.say(saving.save(self.stage, path))

    def _full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _present(self) -> None:
        """Large type, and nothing but the stage and the lesson's controls."""
        self.set_presenting(not self.appearance.presenting)
        if self.appearance.presenting:
            self.showFullScreen()
        else:
            self.showNormal()

    def set_presenting(self, on: bool) -> None:
        """Enter or leave the presenter view."""
        if on and self.conductor.at_home:
            self.conductor.leave_home()
        self.comparing.end()  # what stands beside the stage goes
        focused = QApplication.focusWidget()
        self.presenter.present(on)
        self.appearance.present(on, self.height())
        if on:
            self._before = focused
            self.stage.setFocus()
        elif self._before is not None and isValid(self._before):
            self._before.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.appearance.presenting:
            self.appearance.present(True, self.height())

    def _next_theme(self) -> None:
        self.appearance.next_theme()
        self.say(f"Theme: {self.appearance.theme}")

    def _set_look(self, look: Look) -> None:
        self.look = look
        dress = partial(style.dress, QApplication.instance(), look)
        worn = (*self.panes.dressed(look), partial(self.homing.set_look, look), partial(self.presenter.set_look, look))
        worn = (*worn, partial(self.comparing.set_look, look))
        self.dressing.begin(dress, *worn, self.showing.show_model, self.showing.results.paint_again)

    def _palette(self, typed: str = "") -> None:
        offered = entries(self.conductor, self.actions)
        dialog = PaletteDialog(self, self.look, offered, self.catalogue.find, typed)
        dialog.move(self.mapToGlobal(self.rect().center()) - dialog.rect().center())
        dialog.exec()

    def _find(self) -> None:
        self.panes.open("left")
        self._focus(self.catalogue.search)
        self.catalogue.search.selectAll()

    def _focus(self, widget: QWidget) -> None:
        if not widget.isVisible():
            self.panes.open("right")
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _focus_controls(self) -> None:
        self.panes.open("right")
        first = next((e for e in self.controls._editors.values() if e.isVisible()), None)
        if first is not None:
            self._focus(first)

    # Drop, keys, memory ---------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if pasting.may_hold_a_picture(event.mimeData()):
            event.acceptProposedAction()
            self.homing.set_dragged(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.homing.set_dragged(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.homing.set_dragged(False)
        self.doors.drop(event.mimeData())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and keys.keeps(QApplication.focusWidget(), event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_whole(event.text()) and event.text() != "0":
            self.stage.choose(int(event.text()) - 1)
        elif event.key() == Qt.Key.Key_Escape and self.stage.let_go():
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self.comparing.on:
            self.comparing.end()
        elif event.key() == Qt.Key.Key_Escape and self.stage.busy:
            self.conductor.stop()
        elif event.key() == Qt.Key.Key_Escape and self.appearance.presenting:
            self._present()
        else:
            super().keyPressEvent(event)

    def _restore(self, text: str) -> None:
        sizes = geometry.unpacked(text, self)
        if sizes is None:
            self.panes.set_widths(self.width())
        else:
            self.split.setSizes(sizes)

    def _snapshot(self) -> Callable[[], Session]:
        """What is to be found next time, put together by whoever calls it, in whatever thread."""
        selection, source = self.conductor.selection, self.conductor.source_spec
        place, theme = geometry.packed(self, self.split), self.appearance.theme
        heroes = {demo: list(chosen) for demo, chosen in self.stage.chosen.items()}
        folds = {"open": sorted(self.lesson.opened), "more": self.controls.open}
        view = {"scale": self.appearance.scale, "heroes": heroes, **folds}
        walked, places = self.homing.walk.opened, self.homing.places
        return lambda: replace(
            selection.remembered(source), geometry=place, theme=theme, view=view, walked=walked, places=places
        )

    def remembered(self) -> Session:
        """Session as it is to be found next time."""
        return self._snapshot()()

    def remember_now(self) -> Problem | None:
        """Save the session at once, without a question; return why that was not possible."""
        return self.memory.now()

    def restore(self, session: Session) -> None:
        """Show another session in place of the present one; the window stays where it is."""
        self.conductor.restore(session)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.memory.may_close():
            event.ignore()
            return
        self.starting.close()
        self.fetcher.cancel()
        self.memory.close()  # before the workers are waited for: what takes too long is ended from outside
        self.lesson.rest()
        self.catalogue.rest()
        self.conductor.close()
        event.accept()
