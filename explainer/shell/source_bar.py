"""Top bar: the source on the left, model, device and view on the right."""

import html
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QLabel, QMenu, QSlider, QToolButton

from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.words import printable
from explainer.render.icons import icon
from explainer.render.look import Look
from explainer.runtime.events import Position, SourceOpened
from explainer.shell.giving_row import GivingRow
from explainer.shell.plain import Words, menu_text, tip
from explainer.sources.opening import is_video, path_of, sample_names, without_stretch

THUMB = 22  # px
KIND_ICONS = {"image": "image", "folder": "images", "video": "film", "camera": "camera", "synthetic": "sparkles"}


class SourceBar(GivingRow):
    """Buttons of the top bar; what they do is decided by the window that connects them."""

    opened = Signal(str)
    stepped = Signal(int)
    sought = Signal(int)
    model_chosen = Signal(str)
    setting = Signal(str, object)

    def __init__(self, look: Look, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._actions = actions
        self._opened: SourceOpened | None = None
        self._thumb, self._thumb_of = QPixmap(), ("", "")
        self.look = look
        self.name = Words("Explainer")
        self.home = self._button(actions["home"].toolTip(), actions["home"].trigger)
        self.source = self._menu_button("Source")
        self.source.setProperty("role", "flat")
        self.previous = self._button("Previous picture", lambda: self.stepped.emit(-1))
        self.title = QLabel()
        self.next = self._button("Next picture", lambda: self.stepped.emit(1))
        self.play = self._button("Play or freeze", actions["freeze"].trigger)
        self.scrub = QSlider(Qt.Orientation.Horizontal)
        self.scrub.setAccessibleName("Position in the video")
        self.scrub.setFixedWidth(look.px(120))
        self.scrub.sliderMoved.connect(self.sought)
        self.scrub.actionTriggered.connect(self._scrubbed)
        self.clock = Words()
        self.camera = self._action_button("camera", "Camera")
        self.model = self._menu_button("Model")
        self.device = QMenu("Device", self)
        self.compare = self._action_button("compare", "Compare")
        self.compare.setCheckable(True)
        self.present = self._action_button("present", "Present")
        self.present.setProperty("role", "primary")
        self._more_menu = QMenu(self)
        self._more_menu.aboutToShow.connect(self._fill_more)
        self.more = self._button("More", self._open_more)
        row = self.row
        row.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        row.setSpacing(look.px(6))
        row.addWidget(self.name)
        row.addSpacing(look.px(6))
        row.addWidget(self.home)
        row.addSpacing(look.px(6))
        self._group = (self.source, self.title, self.previous, self.play, self.next, self.scrub, self.clock)
        for part in self._group:
            row.addWidget(part)
        row.addSpacing(look.px(6))
        row.addWidget(self.camera)
        row.addStretch(1)
        for part in (self.model, self.compare, self.more, self.present):
            row.addWidget(part)
        for part in (self.play, self.scrub, self.clock):  # until it is known what is open
            self.want(part, wanted=False)
        self._samples = self._sample_menu()
        self._playing = False
        self._cards: Sequence[ModelCard] = ()
        self.set_look(look)
        self.give_way((self.name, self.clock, self.compare, self.camera, self.model, self.title, self.scrub))

    def _button(self, tip: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space is still the window's
        button.clicked.connect(lambda _=False: act())
        return button

    def _menu_button(self, tip: str) -> QToolButton:
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMenu(QMenu(button))
        return button

    def _action_button(self, name: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setText(f" {text}")
        button.setToolTip(self._actions[name].toolTip())
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._actions[name].trigger)
        return button

    def set_look(self, look: Look) -> None:
        self.look = look
        self.name.setFont(look.font("base", bold=True))
        self.clock.setFont(look.font("small", figures=True))  # its width stays while it counts
        self.clock.setProperty("role", "muted")
        signs = {
            self.home: "house", self.previous: "chevron-left", self.next: "chevron-right", self.camera: "camera",
            self.model: "layers", self.compare: "columns-2", self.more: "ellipsis",
        }  # fmt: skip
        for button, sign in signs.items():
            button.setIcon(icon(sign, look))
        self.present.setIcon(icon("presentation", look, "accent_text"))
        for button in (*signs, self.play, self.present):
            button.setIconSize(QSize(look.px(16), look.px(16)))
        for button in (self.camera, self.compare, self.present):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.title.setMinimumWidth(look.px(80))
        self.show_playing(self._playing)
        self._show_kind()

    def _sample_menu(self) -> QMenu:
        """Made once: a menu that is cleared keeps the submenus it had."""
        made = QMenu("Samples", self)
        for name in sample_names():
            made.addAction(name.replace("-", " ").capitalize(), lambda n=name: self.opened.emit(f"sample:{n}"))
        return made

    # Menus ----------------------------------------------------------------------------------------------

    def fill_sources(self, recent: Sequence[str], cameras: Sequence[tuple[str, str]]) -> None:
        """Fill the menu of sources; `cameras` are (spec, name)."""
        menu = self.source.menu()
        menu.clear()
        menu.setToolTipsVisible(True)  # a recent file's whole path
        for name in ("open", "open-folder", "paste"):
            menu.addAction(self._actions[name])
        menu.addMenu(self._samples)
        menu.addSeparator()
        for spec, name in cameras or [("camera:0", "Camera")]:
            menu.addAction(icon("camera", self.look), menu_text(name), lambda s=spec: self.opened.emit(s))
        menu.addAction(self._actions["mirror"])
        if recent:
            menu.addSeparator()
            for spec, name in zip(recent, told_apart(recent), strict=True):
                menu.addAction(menu_text(name), lambda s=spec: self.opened.emit(s)).setToolTip(tip(printable(spec)))

    def fill_models(self, cards: Sequence[ModelCard], current: ModelCard) -> None:
        """Fill the menu of models that can be used at once; the rest is behind "More models…"."""
        self._cards = cards
        menu = self.model.menu()
        menu.clear()
        for card in cards:
            text = menu_text(f"{card.title}   {card.trained_on}")
            action = menu.addAction(text, lambda n=card.name: self.model_chosen.emit(n))
            action.setCheckable(True)
            action.setChecked(card.name == current.name)
        menu.addSeparator()
        menu.addAction(self._actions["models"])
        self.model.setText(f" {menu_text(current.title)}")  # Qt puts a word right against its icon
        self.model.setToolTip(tip(f"{current.title}, trained on {current.trained_on}"))

    def fill_device(self, device: str, fit: str, devices: Sequence[str]) -> None:
        """Fill the menu of devices and of what the net gets to see."""
        menu = self.device
        menu.clear()
        names = {"auto": "Fastest there is", "cpu": "CPU", "cuda": "CUDA GPU", "mps": "Apple GPU"}
        for one in ("auto", *devices):
            action = menu.addAction(names[one], lambda d=one: self.setting.emit("device", d))
            action.setCheckable(True)
            action.setChecked(one == device)
        menu.addSeparator()
        fits = {"crop": "Centre crop, as the weights were tested", "whole": "Whole picture, letterboxed"}
        for one, text in fits.items():
            action = menu.addAction(text, lambda f=one: self.setting.emit("fit", f))
            action.setCheckable(True)
            action.setChecked(one == fit)

    def _open_more(self) -> None:
        self._more_menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _fill_more(self) -> None:
        """Fill the menu with what is asked for rarely, and with the parts that have no room."""
        menu, gone = self._more_menu, self.gone()
        menu.clear()
        if self.model in gone:
            menu.addAction("Model").setMenu(self.model.menu())
        menu.addAction("Device").setMenu(self.device)
        for button, name in ((self.camera, "camera"), (self.compare, "compare")):
            if button in gone:
                menu.addAction(self._actions[name])
        menu.addSeparator()
        menu.addActions([self._actions[name] for name in ("theme", "larger", "smaller", "full-screen", "keys")])

    # Source ---------------------------------------------------------------------------------------------

    def show_source(self, event: SourceOpened, spec: str = "") -> None:
        """Show name and kind of what is open, and the buttons that make sense for it; `spec` is what it was named."""
        if self._opened is None or self._opened.source_id != event.source_id:
            self._thumb = QPixmap()
        self._opened = event
        moving = event.kind in ("video", "camera", "synthetic")
        self.want(self.play, moving)
        for part in (self.scrub, self.clock):
            self.want(part, moving and event.count is not None)
        if event.count:
            self.scrub.setRange(0, event.count - 1)
        self.previous.setToolTip("Step back" if moving else "Previous picture")
        self.next.setToolTip("Step on" if moving else "Next picture")
        for part in (self.previous, self.next):
            self.want(part, event.kind != "camera")
        self._set_title(event.title, among_samples(spec))
        self._show_kind()

    def show_position(self, event: Position, name: str) -> None:
        """Show which picture of how many."""
        if self._opened is None:
            return
        if self._opened.kind == "folder" and event.count:
            self._set_title(name, f"{event.index + 1} of {event.count}")
        if self.scrub.isVisible() and not self.scrub.isSliderDown():
            self.scrub.setValue(event.index)
        if self._opened.fps and event.count:
            length_s = event.duration_s or event.count / self._opened.fps
            self.clock.setText(f"{_clock(event.time_s)} / {_clock(length_s)}")

    def show_needs(self, *, frame: bool, model: bool) -> None:
        """Show the parts of a source only to a demo that looks at pictures, and the model only where it is used."""
        for part in (self.source, self.title, self.previous, self.next, self.camera):
            self.want(part, frame)
        for moving in (self.play, self.scrub, self.clock) if not frame else ():
            self.want(moving, False)
        self.want(self.model, model)

    def show_playing(self, playing: bool) -> None:
        """Show whether pictures move."""
        self._playing = playing
        self.play.setIcon(icon("pause" if playing else "play", self.look))

    def _set_title(self, title: str, position: str) -> None:
        muted = self.look.theme.muted
        room = self.look.px(190)
        shown = self.title.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, room)
        if position:
            self.title.setTextFormat(Qt.TextFormat.RichText)
            self.title.setText(f"{html.escape(shown, quote=False)} <span style='color:{muted}'>{position}</span>")
        else:
            self.title.setTextFormat(Qt.TextFormat.PlainText)
            self.title.setText(shown)
        self.title.setToolTip(tip(title))

    def _show_kind(self) -> None:
        kind = self._opened.kind if self._opened else "image"
        thumb = self._thumb
        self.source.setIcon(icon(KIND_ICONS[kind], self.look) if thumb.isNull() else QIcon(thumb))
        side = self.look.px(16 if thumb.isNull() else THUMB)
        self.source.setIconSize(QSize(side, side))
        words = {"image": "Photo", "folder": "Folder", "video": "Video", "camera": "Camera", "synthetic": "Motion"}
        self.source.setAccessibleName(f"Source: {words[kind]}")

    def show_thumb(self, frame: Frame) -> None:
        """Show the first picture of a source small; the next ones of it are left out, for films change quickly."""
        if self._thumb.isNull() or self._thumb_of != (frame.source_id, frame.name):
            self._thumb_of = frame.source_id, frame.name
            self._thumb = square(frame, 2 * self.look.px(THUMB))
            self._show_kind()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a frame around what belongs to the source."""
        super().paintEvent(event)
        shown = [part.geometry() for part in self._group if part.isVisible()]
        if not shown:
            return
        painter, p = QPainter(self), self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = min(box.left() for box in shown), max(box.right() for box in shown)
        painter.setPen(self.look.theme.color("hairline"))
        painter.setBrush(self.look.theme.color("field"))
        tall = self.present.height()
        frame = QRectF(left - p(2), (self.height() - tall) / 2, right - left + p(6), tall)
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()

    def _scrubbed(self) -> None:
        self.sought.emit(self.scrub.sliderPosition())


def square(frame: Frame, side: int) -> QPixmap:
    """Return the middle of a picture, `side` pixels wide and tall at two a logical pixel."""
    least = min(frame.height, frame.width)
    top, left = (frame.height - least) // 2, (frame.width - least) // 2
    step = max(1, least // (2 * side))
    pixels = np.ascontiguousarray(frame.pixels[top : top + least : step, left : left + least : step])
    tall, wide = pixels.shape[:2]
    image = QImage(pixels.data, wide, tall, 3 * wide, QImage.Format.Format_RGB888)
    ways = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    made = QPixmap.fromImage(image.scaled(QSize(side, side), *ways))
    made.setDevicePixelRatio(2.0)
    return made


def among_samples(spec: str) -> str:
    """Which of the sample pictures it is, "3 of 14"; "" for anything else."""
    name = spec.removeprefix("sample:")
    if name == spec:
        return ""
    stills = _stills(sample_names())
    return f"{stills.index(name) + 1} of {len(stills)}" if name in stills else ""


@cache
def _stills(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are no films; to tell, each file is read as far as its second picture."""
    return tuple(name for name in names if not is_video(path_of(f"sample:{name}") or Path()))


def short_name(spec: str) -> str:
    """What to call a source in a menu."""
    if spec.startswith("sample:"):
        return f"Sample: {spec.removeprefix('sample:')}"
    if spec.startswith("camera:"):
        return f"Camera {spec.removeprefix('camera:')}"
    plain, stretched = without_stretch(spec)
    return f"{Path(plain).name or plain}{', stretched' if stretched else ''}"


def told_apart(specs: Sequence[str]) -> list[str]:
    """Names of sources; where two are called the same, the folder is said too."""
    names = [short_name(spec) for spec in specs]
    return [
        f"{name}, in {Path(spec).parent.name}" if names.count(name) > 1 and Path(spec).parent.name else name
        for spec, name in zip(specs, names, strict=True)
    ]


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
