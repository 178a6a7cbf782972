"""Right pane, lower part: the few controls that matter, generated from the demo's params, and the rest on demand."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QGridLayout,
    QScrollArea,
    QSlider,
    QWidget,
)

from explainer.core.controls import Control, controls, visible
from explainer.core.model_card import ModelCard
from explainer.render.colours import SEQUENTIAL
from explainer.render.look import Look
from explainer.render.view_state import ViewState
from explainer.shell.editor_table import EDITORS
from explainer.shell.editors import Combo, Editor, NumberEditor
from explainer.shell.few_controls import FEW, few
from explainer.shell.fold import FoldLine
from explainer.shell.plain import Words, tip

OWN_LABEL = {"toggle", "button"}  # editors that carry their label themselves
OWN_ROW = {"grid", "cards", "multichoice"}  # wide ones, which stand below their label


class ControlsPane(QScrollArea):
    """The few controls that matter; the others open below a line that says how many they are.

    Signals
    -------
    edited(str, object, object)
        Name of a param, its value, and the gesture it belongs to.
    viewed(ViewState)
        The view changed.
    sized
        It would like to have another height, `wanted_height`.
    unfolded
        The others were opened or folded.
    reset_asked
        Every control is to go back to its default.
    """

    edited = Signal(str, object, object)
    viewed = Signal(object)
    sized = Signal()
    unfolded = Signal()
    reset_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.look = look
        self.view = ViewState()
        self.open = False
        self._demo: Any = None
        self._params: Any = None
        self._card: ModelCard | None = None
        self._used: tuple[str, ...] = ()
        self._facts: dict[str, str] = {}
        self._resolved: Mapping[str, Any] = {}
        self._editors: dict[str, Editor] = {}
        self._labels: dict[str, Words] = {}
        self._gesture = 0
        self._maps = (False, False)
        self._elsewhere = ""

    def clear(self) -> None:
        """Show nothing until `build` says what; the keys, if they are here, go on to the next stop."""
        if self.widget() is not None:
            if self.widget().isAncestorOf(QApplication.focusWidget()):
                self.window().setFocus()
            self.widget().hide()

    def build(self, demo: Any, params: Any, card: ModelCard, look: Look) -> None:
        """Make the editors of another demo; of the same one in another look, where they stood."""
        place = self._place() if demo is self._demo else None
        self.look, self._demo, self._card = look, demo, card
        self._editors, self._labels = {}, {}
        body = QWidget()
        self.setWidget(body)  # before it is filled: see Editor
        body.hide()
        grid = self._grid = QGridLayout(body)
        grid.setContentsMargins(look.px(18), look.px(12), look.px(18), look.px(12))
        grid.setHorizontalSpacing(look.px(12))
        grid.setVerticalSpacing(look.px(8))
        grid.setColumnStretch(1, 1)
        for control in controls(demo.params_type):
            self._add(control, body)
        self._align_boxes()
        self._add_view(body)
        self._add_fold(body)
        body.installEventFilter(self)
        self.show_params(params)
        self.show_resolved(self._resolved if place else {})
        body.show()
        if place:
            self._return_to(*place)
        self.sized.emit()

    def _place(self) -> tuple[int, str]:
        """How far it is scrolled, and in which editor the keys are."""
        focused = (name for name, editor in self._editors.items() if editor.isAncestorOf(QApplication.focusWidget()))
        return self.verticalScrollBar().value(), next(focused, "")

    def _return_to(self, scrolled: int, name: str) -> None:
        self._grid.activate()
        self.widget().resize(self.viewport().width(), self.wanted_height)
        self.verticalScrollBar().setValue(scrolled)
        if name:
            self._editors[name].setFocus()

    @property
    def wanted_height(self) -> int:
        """Height at which nothing has to be scrolled."""
        body, width = self.widget(), self.viewport().width()
        return max(body.minimumSizeHint().height(), body.heightForWidth(width)) if body is not None else 0

    def _add(self, control: Control, body: QWidget) -> None:
        editor = EDITORS[control.kind](control, self.look, body)
        assert self._card is not None
        editor.set_card(self._card)
        editor.set_facts(self._facts)
        editor.changed.connect(lambda value, drag, c=control: self._edited(c, value, drag))
        editor.grown.connect(lambda e=editor: self._watch(e))
        self._watch(editor)
        self._editors[control.name] = editor
        if control.kind in OWN_LABEL:
            return
        label = Words(control.label, body)
        label.setBuddy(editor)
        label.setToolTip(tip(control.why))
        label.setWordWrap(True)
        self._labels[control.name] = label
        if control.kind not in OWN_ROW:
            widest = QFontMetrics(self.look.font()).horizontalAdvance(control.label)
            label.setFixedWidth(min(self.look.px(92), widest + 2))

    # Where rows stand -----------------------------------------------------------------------------------

    def show_open(self, on: bool) -> None:
        """Show the controls under *More*, or fold them."""
        self.open = on
        self._place_rows()

    def feature(self, used: tuple[str, ...]) -> None:
        """Take the params that the lesson's cards move, those of most cards first."""
        if used != self._used:
            self._used = used
            self._place_rows()

    def leave_out(self, name: str) -> None:
        """Have the control of a param that is chosen elsewhere among the others; "" has none there."""
        if name != self._elsewhere:
            self._elsewhere = name
            self._place_rows()

    def _place_rows(self) -> None:
        """The few, the line that opens the others, and the others."""
        if self._params is None:
            return
        shown = tuple(visible(controls(type(self._params)), self._params))
        first = {one.name for one in few(shown, self._used)} - {self._elsewhere}
        rest = [one.name for one in shown if one.name not in first]
        colours = self._view_rows[1]
        views = [row for row, wanted in zip(self._view_rows, self._maps, strict=True) if wanted]
        others = [row for row in views if row is colours] if rest or len(first) >= FEW else []
        above = [*map(self._row_of, (one.name for one in shown if one.name in first))]
        above += [view for view in views if view not in others]
        below = [*map(self._row_of, rest), *others] if self.open else []
        count = len(rest) + len(others)
        self._fold.set_count(count, on=self.open)
        self._fold.more.setVisible(count > 0)
        self._lay_rows([*above, (self._fold,), *below])
        self.sized.emit()

    def _lay_rows(self, rows: Sequence[tuple[QWidget, ...]]) -> None:
        """Place these rows and hide all others; what stays is never hidden, or it would lose the focus."""
        while self._grid.count():
            self._grid.takeAt(0)
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        placed = {part for parts in rows for part in parts}
        views = (part for pair in self._view_rows for part in pair)
        for part in (*self._editors.values(), *self._labels.values(), *views):
            part.setVisible(part in placed)
        at = 0
        for parts in rows:
            at = self._place_row(at, parts)
        self._grid.setRowStretch(at, 1)

    def _row_of(self, name: str) -> tuple[QWidget, ...]:
        label = self._labels.get(name)
        return (self._editors[name],) if label is None else (label, self._editors[name])

    def _place_row(self, row: int, parts: tuple[QWidget, ...]) -> int:
        """Place a label and its editor in one row or two, whichever fits; return the next row."""
        *label, last = parts
        wide = not label or (isinstance(last, Editor) and last.control.kind in OWN_ROW)
        if label:
            self._grid.addWidget(label[0], row, 0, 1, 2 if wide else 1, Qt.AlignmentFlag.AlignVCenter)
            row += wide
        self._grid.addWidget(last, row, 0 if wide else 1, 1, 2 if wide else 1)
        return row + 1

    def _add_fold(self, body: QWidget) -> None:
        self._fold = FoldLine(self.look, body)
        self._fold.more.clicked.connect(self._toggle)
        self._fold.reset.clicked.connect(self.reset_asked)

    def _toggle(self) -> None:
        self.show_open(not self.open)
        self.unfolded.emit()

    def _watch(self, editor: Editor) -> None:
        """Listen to the parts of an editor, once each: for the wheel, for keys, and for the start of a drag."""
        for kind in (QSlider, QAbstractSpinBox, QComboBox):
            for part in editor.findChildren(kind):
                if part.property("watched"):
                    continue
                part.setProperty("watched", True)
                part.installEventFilter(self)
                if isinstance(part, QSlider):
                    part.sliderPressed.connect(self._new_gesture)

    def _align_boxes(self) -> None:
        """All number boxes as wide as the widest, so that the sliders beside them end in one line."""
        numbers = [editor for editor in self._editors.values() if isinstance(editor, NumberEditor)]
        widest = max((editor.box.width() for editor in numbers), default=0)
        for editor in numbers:
            editor.box.setFixedWidth(widest)

    def _add_view(self, body: QWidget) -> None:
        self._opacity = QSlider(Qt.Orientation.Horizontal, body)
        self._opacity.setRange(0, 100)
        self._opacity.setValue(round(100 * self.view.opacity))
        self._opacity.setAccessibleName("Opacity of maps")
        self._opacity.valueChanged.connect(self._view_changed)
        self._opacity.installEventFilter(self)
        self._map = Combo(body)
        self._map.installEventFilter(self)
        self._map.addItems([name.capitalize() for name in SEQUENTIAL])
        self._map.setCurrentText(self.view.colours.capitalize())
        self._map.setAccessibleName("Colour map")
        self._map.currentTextChanged.connect(self._view_changed)
        self._view_rows = [self._labelled("Opacity", self._opacity), self._labelled("Colours", self._map)]

    def _labelled(self, text: str, widget: QWidget) -> tuple[QWidget, QWidget]:
        label = Words(text, widget.parentWidget())
        label.setBuddy(widget)
        return label, widget

    def show_params(self, params: Any) -> None:
        """Show present values; controls that do not matter for them are hidden."""
        before, self._params = self._params, params
        for name, editor in self._editors.items():
            editor.show_value(getattr(params, name))
        if type(before) is not type(params) or self._shown_names(before) != self._shown_names(params) or self._is_new:
            self._place_rows()

    def _shown_names(self, params: Any) -> list[str]:
        return [one.name for one in visible(controls(type(params)), params)]

    @property
    def _is_new(self) -> bool:
        """Whether nothing has its place yet."""
        return self._grid.count() == 0

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Say what "top-1" is at present."""
        self._facts = dict(facts)
        for editor in self._editors.values():
            editor.set_facts(self._facts)

    def show_resolved(self, resolved: Mapping[str, Any]) -> None:
        """Say what each param that is ``auto`` became."""
        self._resolved = resolved
        for name, editor in self._editors.items():
            editor.set_resolved(resolved.get(name))

    def set_maps(self, blended: bool, coloured: bool) -> None:
        """Show the view's controls only where there is a map that they change."""
        if (blended, coloured) != self._maps:
            self._maps = (blended, coloured)
            self._place_rows()

    def editor(self, name: str) -> Editor:
        """Editor of one param."""
        return self._editors[name]

    def stress(self, name: str, colour: str) -> None:
        """Write one label in a colour, and all others as ever."""
        for own, label in self._labels.items():
            wanted = f"color: {colour}; font-weight: 600" if own == name else ""
            if label.styleSheet() != wanted:
                label.setStyleSheet(wanted)

    def go_to(self, name: str) -> None:
        """Bring an editor into sight and give it the keys."""
        editor = self._editors.get(name)
        if editor is None:
            return
        if editor.isHidden():
            self.show_open(True)
        self.ensureWidgetVisible(editor)
        editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _new_gesture(self) -> None:
        self._gesture += 1

    def _edited(self, control: Control, value: Any, dragging: bool) -> None:
        self.edited.emit(control.name, value, self._gesture if dragging else None)

    def _view_changed(self) -> None:
        self.view = ViewState(self._opacity.value() / 100, self._map.currentText().lower(), self.view.hidden)
        self.viewed.emit(self.view)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Wheel and watched is not self.widget()
        ):  # scrolling the pane must not change a value on the way
            event.ignore()
            return True
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.sized.emit()
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._new_gesture()
        return super().eventFilter(watched, event)
