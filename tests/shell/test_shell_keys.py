"""Shortcuts, and what a focused field keeps for itself; names and focus of everything one can act on."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QTreeWidget,
    QWidget,
)  # fmt: skip

from explainer.render.panel_view import PanelView
from explainer.shell import actions

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def idle(qtbot, window):
    qtbot.waitUntil(lambda: window.conductor.scheduler.idle.is_set())
    qtbot.wait(5)


def shown_panels(window):
    return [w for w in window.stage.findChildren(PanelView) if w.isVisible()]


def press(widget, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifiers)


def focus(qtbot, window, widget):
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() in (widget, widget.focusProxy()))
    return QApplication.focusWidget()


class Acted:
    """Counts how often each action was triggered."""

    def __init__(self, window):
        self.names = []
        for name, action in window.actions.items():
            action.triggered.connect(lambda _=False, name=name: self.names.append(name))


# Keys ---------------------------------------------------------------------------------------------------


def test_every_action_has_a_key_a_group_and_a_label():
    for spec in actions.SPECS:
        assert spec.keys, spec.name
        assert spec.label
        assert spec.group in ("Source", "Demo", "View", "Help")
        for text in spec.keys:
            assert not QKeySequence(text).isEmpty(), text


def test_no_key_is_given_twice():
    every = [QKeySequence(text).toString() for spec in actions.SPECS for text in spec.keys]
    assert len(every) == len(set(every))
    assert len({spec.name for spec in actions.SPECS}) == len(actions.SPECS)


PROMISED = {
    "freeze": "Space", "previous-demo": "Left", "next-demo": "Right", "palette": "Ctrl+K", "present": "F5",
    "full-screen": "F11", "keys": "?", "compare": "C", "reset": "R", "save": "S", "previous-picture": "Alt+Left",
    "next-picture": "Alt+Right",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_promised_keys(name):
    spec = next(one for one in actions.SPECS if one.name == name)
    assert PROMISED[name] in spec.keys


def test_every_action_does_something(window):
    for name, action in window.actions.items():
        assert action.receivers("2triggered(bool)") > 0, name


def test_keys_act_while_the_stage_has_the_focus(window, qtbot):
    acted = Acted(window)
    window.actions["palette"].triggered.disconnect()
    focus(qtbot, window, window.stage)
    press(window.stage, Key.Key_Space)
    press(window.stage, Key.Key_C)
    press(window.stage, Key.Key_R)
    press(window.stage, Key.Key_0)
    press(window.stage, Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert acted.names == ["freeze", "compare", "reset", "fit", "next-picture"]


def test_arrows_walk_through_the_demos(window, qtbot):
    focus(qtbot, window, window.stage)
    order = [one.id for one in window.conductor.library.lessons]
    at = order.index(window.conductor.lesson.id)
    step = 1 if at + 1 < len(order) else -1
    press(window.stage, Key.Key_Right if step > 0 else Key.Key_Left)
    assert window.conductor.lesson.id == order[at + step]
    press(window.stage, Key.Key_Left if step > 0 else Key.Key_Right)
    assert window.conductor.lesson.id == order[at]


def test_a_raised_figure_of_a_french_keyboard_is_no_panel(window, qtbot):
    focus(qtbot, window, window.stage)
    pressed = QKeyEvent(QKeyEvent.Type.KeyPress, Key.Key_twosuperior, Qt.KeyboardModifier.NoModifier, "²")
    QApplication.sendEvent(window.stage, pressed)
    assert len(shown_panels(window)) == 3


def test_figures_give_one_panel_the_stage(window, qtbot):
    focus(qtbot, window, window.stage)
    assert len(shown_panels(window)) == 3
    press(window.stage, Key.Key_2)
    assert [w.panel.title for w in shown_panels(window)] == ["Map"]
    press(window.stage, Key.Key_2)
    assert len(shown_panels(window)) == 3


def test_c_compares_and_ends_it(window, qtbot):
    focus(qtbot, window, window.stage)
    press(window.stage, Key.Key_C)
    assert window.comparing.board.isVisible()
    press(window.stage, Key.Key_C)
    assert not window.comparing.board.isVisible()


def test_r_resets_and_ctrl_z_takes_it_back(window, qtbot):
    window.conductor.set_params({"radius": 20})
    focus(qtbot, window, window.stage)
    press(window.stage, Key.Key_R)
    assert window.conductor.params.radius == 8
    press(window.stage, Key.Key_Z, CTRL)
    assert window.conductor.params.radius == 20
    press(window.stage, Key.Key_Y, CTRL)
    assert window.conductor.params.radius == 8


def test_undo_is_offered_only_where_there_is_something(window):
    assert not window.actions["undo"].isEnabled()
    window.conductor.set_params({"radius": 20})
    assert window.actions["undo"].isEnabled()
    window.conductor.undo()
    assert not window.actions["undo"].isEnabled()
    assert window.actions["redo"].isEnabled()


# A focused field keeps its own keys ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "expected"), [(Key.Key_Right, 9), (Key.Key_Left, 7), (Key.Key_Home, 1), (Key.Key_End, 64)]
)
def test_a_slider_keeps_its_arrows(window, qtbot, key, expected):
    acted = Acted(window)
    slider = focus(qtbot, window, window.controls.editor("radius").slider)
    press(slider, key)
    assert acted.names == []
    assert window.conductor.params.radius == expected


def test_a_number_box_keeps_figures_and_arrows(window, qtbot):
    acted = Acted(window)
    box = window.controls.editor("radius").box
    focus(qtbot, window, box)
    box.selectAll()
    QTest.keyClicks(box, "20")
    press(box, Key.Key_Left)
    press(box, Key.Key_Return)
    press(box, Key.Key_Up)
    assert acted.names == []
    assert window.conductor.params.radius == 21
    assert window.stage.solo == -1


def test_a_line_of_text_keeps_letters_space_and_arrows(window, qtbot):
    acted = Acted(window)
    line = window.controls.editor("word").line
    focus(qtbot, window, line)
    line.clear()
    QTest.keyClicks(line, "s c r 1?")
    press(line, Key.Key_Left)
    press(line, Key.Key_Right)
    press(line, Key.Key_Return)
    assert line.text() == "s c r 1?"
    assert acted.names == []
    assert window.conductor.params.word == "s c r 1?"
    press(line, Key.Key_Z, CTRL)
    assert acted.names == []


def test_the_search_field_keeps_its_letters(window, qtbot):
    acted = Acted(window)
    press(window.stage, Key.Key_F, CTRL)
    search = window.catalogue.search
    qtbot.waitUntil(search.hasFocus)
    QTest.keyClicks(search, "hard looks")
    assert search.text() == "hard looks"
    press(search, Key.Key_Return)
    assert window.conductor.lesson.id == "hard-looks"
    assert acted.names == ["find"]


def test_a_drop_down_keeps_letters_and_arrows(window, qtbot):
    acted = Acted(window)
    combo = window.controls.editor("mode").combo
    focus(qtbot, window, combo)
    QTest.keyClicks(combo, "h")
    press(combo, Key.Key_Left)
    press(combo, Key.Key_Down)
    assert acted.names == []
    assert combo.currentData() == "hard"
    assert window.conductor.params.mode == "hard"


def test_a_button_and_a_check_box_keep_space(window, qtbot):
    acted = Acted(window)
    box = window.controls.editor("loud").box
    focus(qtbot, window, box)
    press(box, Key.Key_Space)
    assert window.conductor.params.loud
    button = window.controls.editor("again").focusProxy()
    focus(qtbot, window, button)
    press(button, Key.Key_Space)
    assert window.conductor.params.again == 1
    assert acted.names == []


def test_the_lesson_keeps_space_for_paging_and_nothing_else(window, qtbot):
    acted = Acted(window)
    focus(qtbot, window, window.lesson)
    press(window.lesson, Key.Key_Space)
    assert acted.names == []
    press(window.lesson, Key.Key_C)
    assert acted.names == ["compare"]


def test_a_handle_keeps_its_arrows_until_it_is_let_go(window, qtbot):
    acted = Acted(window)
    view = shown_panels(window)[0]
    handle = window.stage.handles.handles["spot"]
    focus(qtbot, window, view._graphics)
    handle.setFocus()
    press(view._graphics, Key.Key_Right)
    assert acted.names == []
    assert window.conductor.params.spot == pytest.approx((0.5 + 1 / 64, 0.5))
    press(view._graphics, Key.Key_Escape)
    press(view._graphics, Key.Key_C)
    assert acted.names == ["compare"]


def test_control_keys_act_from_within_a_field(window, qtbot):
    acted = Acted(window)
    window.actions["theme"].triggered.disconnect()
    acted = Acted(window)
    focus(qtbot, window, window.controls.editor("word").line)
    press(window.controls.editor("word").line, Key.Key_T, CTRL)
    assert acted.names == ["theme"]


def test_after_a_click_on_a_button_of_the_bar_space_is_still_the_windows(window, qtbot):
    focus(qtbot, window, window.stage)
    QTest.mouseClick(window.bar.compare, LEFT)
    assert window.comparing.on
    acted = Acted(window)
    press(QApplication.focusWidget(), Key.Key_Space)
    assert acted.names == ["freeze"]
    assert window.comparing.on


# Names and focus ----------------------------------------------------------------------------------------

INTERACTIVE = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QTreeWidget,
)


def interactive(window):
    """Widgets a person can act on, without the parts that Qt builds them of."""
    for widget in window.findChildren(QWidget):
        inner = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QLineEdit)
        scroll = widget.metaObject().className() in ("QScrollBar", "QSplitterHandle")
        if isinstance(widget, INTERACTIVE) and not inner and not scroll and widget.isVisible():
            yield widget


def test_everything_one_can_act_on_has_a_name_and_is_reached_by_key(window):
    window.conductor.set_params({"mode": "hard"})
    window.controls.show_open(True)
    found = list(interactive(window))
    assert len(found) > 30
    for widget in found:
        name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        assert name.strip(), widget
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None, (widget, name)


def test_tab_goes_round_through_everything(window, qtbot):
    focus(qtbot, window, window.stage)
    seen = []
    for _ in range(120):
        seen.append(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        if QApplication.focusWidget() is window.stage:
            break
    assert QApplication.focusWidget() is window.stage, "the way round does not end"
    kinds = {type(w) for w in seen}
    assert {type(window.lesson), type(window.catalogue.search), type(window.catalogue.tree)} <= kinds
    assert window.controls.editor("radius").slider in seen
    assert window.bar.present in seen


def test_tab_goes_from_the_stage_to_the_controls_and_then_the_lesson(window, qtbot):
    focus(qtbot, window, window.stage)
    areas = {"stage": window.stage, "controls": window.controls, "lesson": window.lesson}
    seen = []
    for _ in range(60):
        now = QApplication.focusWidget()
        seen.append(next((name for name, area in areas.items() if area is now or area.isAncestorOf(now)), "others"))
        QTest.keyClick(now, Key.Key_Tab)
    assert list(dict.fromkeys(seen))[:3] == ["stage", "controls", "lesson"]
    assert seen.index("controls") <= 4  # the stage, its handle, and what its headline unfolds
    assert seen.index("lesson") - seen.index("controls") <= 12  # five controls of two parts, and the line below them


def looks_different(widget, window, qtbot):
    window.stage.setFocus()
    qtbot.wait(1)
    before = widget.grab().toImage()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() in (widget, widget.focusProxy()))
    return widget.grab().toImage() != before


def test_the_focus_is_seen(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for widget in interactive(window):
        if not isinstance(widget, QLineEdit | QAbstractSpinBox):  # these show a cursor too, which blinks
            assert looks_different(widget, window, qtbot), (widget, widget.accessibleName())
    window.catalogue.search.setFocus()
    before = window.stage.grab().toImage()
    window.stage.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.stage.grab().toImage() != before


def test_fields_show_the_focus_by_their_border(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for widget in (window.catalogue.search, window.controls.editor("radius").box, window.controls.editor("word").line):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        image = widget.grab().toImage()
        assert image.pixelColor(widget.width() // 2, 0).name() == window.look.theme.focus


def test_a_click_on_stage_or_lesson_draws_no_ring(window, qtbot):
    for widget in (window.stage, window.lesson):
        widget.setFocus(Qt.FocusReason.MouseFocusReason)
        colour = widget.grab().toImage().pixelColor(widget.width() // 2, 0).name()
        assert colour != window.look.theme.focus


def test_the_pictures_are_seen_alone_while_a_key_is_held(qtbot, window):
    idle(qtbot, window)
    window.stage.setFocus()
    panels = shown_panels(window)
    assert panels
    for ended in (lambda: QTest.keyRelease(window.stage, Key.Key_O), lambda: QTest.mouseClick(window.stage, LEFT)):
        window.actions["uncover"].trigger()
        assert all(panel._uncovered for panel in panels)
        ended()
        assert not any(panel._uncovered for panel in panels)
