"""Right pane, lower part: controls generated from the demo's params, then those of the view."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from explainer.core.controls import Control, controls, visible
from explainer.core.model_card import ModelCard
from explainer.render.colours import SEQUENTIAL
from explainer.render.look import Look
from explainer.render.view_state import ViewState
from explainer.shell.editor_table import EDITORS
from explainer.shell.editors import Combo, Editor, NumberEditor
from explainer.shell.plain import Words, tip

OWN_LABEL = {"toggle", "button"}  # editors that carry their label themselves
OWN_ROW = {"grid", "cards", "multichoice"}  # wide ones, which stand below their label


class ControlsPane(QScrollArea):
    """Signals: `edited(name, value, gesture)` for params and `viewed(ViewState)` for the view."""

    edited = Signal(str, object, object)
    viewed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.look = look
        self.view = ViewState()
        self._demo: Any = None
        self._params: Any = None
        self._card: ModelCard | None = None
        self._facts: dict[str, str] = {}
        self._editors: dict[str, Editor] = {}
        self._labels: dict[str, Words] = {}
        self._gesture = 0
        self._maps = (False, False)

    def build(self, demo: Any, params: Any, card: ModelCard, look: Look) -> None:
        """Make the editors of another demo."""
        self.look, self._demo, self._card = look, demo, card
        self._editors, self._labels = {}, {}
        body = QWidget()
        self.setWidget(body)  # before it is filled: see Editor
        body.hide()
        grid = QGridLayout(body)
        grid.setContentsMargins(look.px(18), look.px(12), look.px(14), look.px(14))
        grid.setHorizontalSpacing(look.px(12))
        grid.setVerticalSpacing(look.px(8))
        grid.setColumnStretch(1, 1)
        for control in controls(demo.params_type):
            self._add(grid, control)
        self._align_boxes()
        self._add_view(grid)
        column = QVBoxLayout()
        column.addStretch(1)
        grid.addLayout(column, grid.rowCount(), 0)
        self.show_params(params)
        body.show()

    def _add(self, grid: QGridLayout, control: Control) -> None:
        editor = EDITORS[control.kind](control, self.look, grid.parentWidget())
        assert self._card is not None
        editor.set_card(self._card)
        editor.set_facts(self._facts)
        editor.changed.connect(lambda value, drag, c=control: self._edited(c, value, drag))
        editor.grown.connect(lambda e=editor: self._watch(e))
        self._watch(editor)
        row = grid.rowCount()
        self._editors[control.name] = editor
        if control.kind in OWN_LABEL:
            grid.addWidget(editor, row, 0, 1, 2)
            return
        label = Words(control.label, grid.parentWidget())
        label.setBuddy(editor)
        label.setToolTip(tip(control.why))
        label.setWordWrap(True)
        self._labels[control.name] = label
        if control.kind in OWN_ROW:
            grid.addWidget(label, row, 0, 1, 2)
            grid.addWidget(editor, row + 1, 0, 1, 2)
            return
        widest = QFontMetrics(self.look.font()).horizontalAdvance(control.label)
        label.setFixedWidth(min(self.look.px(92), widest + 2))
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(editor, row, 1)

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

    def _add_view(self, grid: QGridLayout) -> None:
        self._opacity = QSlider(Qt.Orientation.Horizontal, grid.parentWidget())
        self._opacity.setRange(0, 100)
        self._opacity.setValue(round(100 * self.view.opacity))
        self._opacity.setAccessibleName("Opacity of maps")
        self._opacity.valueChanged.connect(self._view_changed)
        self._opacity.installEventFilter(self)
        self._map = Combo(grid.parentWidget())
        self._map.installEventFilter(self)
        self._map.addItems([name.capitalize() for name in SEQUENTIAL])
        self._map.setCurrentText(self.view.colours.capitalize())
        self._map.setAccessibleName("Colour map")
        self._map.currentTextChanged.connect(self._view_changed)
        self._view_rows: list[tuple[QWidget, QWidget]] = []
        for text, widget in (("Opacity", self._opacity), ("Colours", self._map)):
            row = grid.rowCount()
            label = Words(text, grid.parentWidget())
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
            self._view_rows.append((label, widget))
        self.set_maps(*self._maps)

    def show_params(self, params: Any) -> None:
        """Show present values; controls that do not matter for them are hidden."""
        self._params = params
        shown = {control.name for control in visible(controls(type(params)), params)}
        for name, editor in self._editors.items():
            editor.show_value(getattr(params, name))
            editor.setVisible(name in shown)
            if name in self._labels:
                self._labels[name].setVisible(name in shown)

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Say what "top-1" is at present."""
        self._facts = dict(facts)
        for editor in self._editors.values():
            editor.set_facts(self._facts)

    def set_maps(self, blended: bool, coloured: bool) -> None:
        """Show the view's controls only where there is a map that they change."""
        self._maps = (blended, coloured)
        for shown, row in zip(self._maps, self._view_rows, strict=True):
            for widget in row:
                widget.setVisible(shown)

    def editor(self, name: str) -> Editor:
        """Editor of one param."""
        return self._editors[name]

    def _new_gesture(self) -> None:
        self._gesture += 1

    def _edited(self, control: Control, value: Any, dragging: bool) -> None:
        self.edited.emit(control.name, value, self._gesture if dragging else None)

    def _view_changed(self) -> None:
        self.view = ViewState(self._opacity.value() / 100, self._map.currentText().lower(), self.view.hidden)
        self.viewed.emit(self.view)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:  # scrolling the pane must not change a value on the way
            event.ignore()
            return True
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._new_gesture()
        return super().eventFilter(watched, event)
