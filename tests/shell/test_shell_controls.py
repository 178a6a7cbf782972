"""Editors and the pane of generated controls: show without a word, and say what a person changes."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QSlider
from shell_fakes import GRID, Boxed, LooksDemo, Models

from explainer.core.controls import Doc, Range, control, controls
from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.params import changed, checked
from explainer.render.look import look
from explainer.render.view_state import ViewState
from explainer.shell.controls_pane import ControlsPane
from explainer.shell.editor_table import EDITORS

Looks = LooksDemo.params_type
CARD = Models().card("efficientnet-lite0")
VALUES = {
    "radius": 33, "rate": 0.5, "share": 0.25, "mode": "hard", "strength": -1.5, "parts": ("eyes", "nose"), "loud": True,
    "word": "dog", "again": 4, "kernel": ((1.0, 2.0),), "layer": "mid", "target": "2", "spot": PointXY(0.1, 0.2),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    size: Annotated[int, Doc("Size"), Range(0, 9)] = 1


@dataclass(frozen=True, slots=True)
class Odd:
    steps: Annotated[tuple[Record, ...], Doc("Steps")] = (Record(),)
    tenth: Annotated[float, Doc("Tenth"), Range(0.0, 1.0, step=0.3)] = 0.0
    even: Annotated[int, Doc("Even"), Range(2, 20, step=2)] = 2
    big: Annotated[int, Doc("Big"), Range(1, 4096, log=True)] = 64
    tiny: Annotated[float, Doc("Tiny"), Range(1e-6, 1e-2, log=True)] = 1e-4
    only: Annotated[int, Doc("Only"), Range(3, 3)] = 3


@pytest.fixture
def editor(qtbot):
    def make(name, kind=Looks):
        one = control(kind, name)
        made = EDITORS[one.kind](one, look("light"))
        made.set_card(CARD)
        made.said = []
        made.changed.connect(lambda value, drag: made.said.append((value, drag)))
        qtbot.addWidget(made)
        made.show()
        return made

    return make


def test_every_kind_of_control_has_an_editor_and_is_tried_here():
    kinds = {one.kind for kind in (Looks, Boxed, Odd) for one in controls(kind)}
    assert kinds | {"strokes", "boxes"} == set(EDITORS)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_showing_a_value_says_nothing(editor, name):
    made = editor(name)
    for value in (getattr(Looks(), name), VALUES[name], VALUES[name]):
        made.show_value(value)
    assert made.said == []


@pytest.mark.parametrize("value", [(), (Stroke((PointXY(0.1, 0.1),), 0.03),)])
def test_strokes_are_counted(qtbot, value):
    one = control(Boxed, "box")
    made = EDITORS["strokes"](type(one)("s", "Strokes", "", "strokes", ()), look("light"))
    qtbot.addWidget(made)
    made.show_value(value)
    assert made.text.text() == ("1 stroke" if value else "Paint on the picture")


def test_boxes_are_counted(qtbot):
    one = control(Boxed, "box")
    made = EDITORS["boxes"](type(one)("b", "Boxes", "", "boxes", ()), look("light"))
    qtbot.addWidget(made)
    said = []
    for count in (0, 1, 2):
        made.show_value((BoxXYXY(0.1, 0.1, 0.3, 0.3),) * count)
        said.append(made.text.text())
    assert said == ["Draw on the picture", "1 box", "2 boxes"]


# Numbers ------------------------------------------------------------------------------------------------


def test_a_slider_says_values_while_it_is_dragged_and_the_box_when_it_is_left(editor):
    made = editor("radius")
    made.slider.setValue(made.slider.maximum())
    assert made.said == [(64, True)]
    assert made.box.value() == 64
    made.box.setValue(12)
    assert made.said[-1] == (12, False)
    assert made.slider.value() == 11
    assert all(isinstance(value, int) for value, _ in made.said)


@pytest.mark.parametrize(("name", "kind"), [("rate", Looks), ("tiny", Odd), ("big", Odd)])
def test_a_logarithmic_slider_comes_back_to_where_it_was(editor, name, kind):
    made = editor(name, kind)
    c = made.control
    for position in range(0, made.slider.maximum() + 1, 25):
        value = made._from_slider(position)
        assert c.lo <= value <= c.hi
        again = made._from_slider(made._to_slider(value))
        assert again == pytest.approx(value, rel=0.011)
    assert made._from_slider(0) == pytest.approx(c.lo)
    assert made._from_slider(made.slider.maximum()) == pytest.approx(c.hi)
    middle = made._from_slider(made.slider.maximum() // 2)
    assert middle == pytest.approx((c.lo * c.hi) ** 0.5, rel=0.02)


@pytest.mark.parametrize(("name", "kind"), [("radius", Looks), ("share", Looks), ("even", Odd), ("tenth", Odd)])
def test_every_position_of_a_slider_is_a_step_and_allowed(editor, name, kind):
    made = editor(name, kind)
    c = made.control
    step = c.step or 1
    seen = [made._from_slider(position) for position in range(made.slider.maximum() + 1)]
    assert seen[0] == c.lo
    assert seen[-1] == c.hi
    assert seen == sorted(set(seen))
    for value in seen[:-1]:
        checked(c, value)
        assert (value - c.lo) / step == pytest.approx(round((value - c.lo) / step))
        assert made._from_slider(made._to_slider(value)) == value


@pytest.mark.parametrize(("name", "kind", "expected"), [("share", Looks, 0.55), ("even", Odd, 4), ("radius", Looks, 9)])
def test_an_arrow_key_moves_a_slider_by_one_step(editor, name, kind, expected):
    made = editor(name, kind)
    made.show_value(made.control.default)
    made.slider.setFocus()
    QTest.keyClick(made.slider, Qt.Key.Key_Right)
    assert made.said == [(pytest.approx(expected), True)]


def test_a_range_of_one_value_is_no_fault(editor):
    made = editor("only", Odd)
    made.show_value(3)
    made.slider.setValue(1)
    assert [value for value, _ in made.said] in ([], [3])


def test_the_widest_number_fits_its_box(editor):
    for name in ("radius", "rate", "strength"):
        made = editor(name)
        for end in (made.control.lo, made.control.hi):
            made.show_value(end)
            line = made.box.lineEdit()
            assert line.fontMetrics().horizontalAdvance(line.text()) <= line.width(), (name, line.text())


def test_typing_a_number_is_said_once_it_is_finished(editor):
    made = editor("radius")
    made.show_value(8)
    made.box.setFocus()
    made.box.selectAll()
    QTest.keyClicks(made.box, "25")
    assert made.said == []
    QTest.keyClick(made.box, Qt.Key.Key_Return)
    assert made.said == [(25, False)]


# Choices ------------------------------------------------------------------------------------------------


def test_a_choice_is_said_by_its_value(editor):
    made = editor("mode")
    made.show_value("soft")
    made.combo.setFocus()
    QTest.keyClick(made.combo, Qt.Key.Key_Down)
    assert made.said == [("hard", False)]
    assert made.combo.currentText() == "Hard edge"


def test_layers_come_from_the_card_with_last_above(editor):
    made = editor("layer")
    assert [made.combo.itemData(i) for i in range(made.combo.count())] == ["last", "low", "mid", "top"]
    assert made.combo.itemText(0) == "Last: top block"
    made.show_value("mid")
    made.set_card(Models().card("other"))
    assert [made.combo.itemData(i) for i in range(made.combo.count())] == ["last", "low", "top"]
    assert made.said == []


@pytest.mark.qt_log_ignore("grabbing the keyboard")
def test_a_class_is_found_by_part_of_its_name(editor):
    made = editor("target")
    completer = made.combo.completer()
    completer.setCompletionPrefix("tiger")
    assert completer.completionCount() == 1
    made.combo.lineEdit().selectAll()
    QTest.keyClicks(made.combo.lineEdit(), "dog")
    QTest.keyClick(made.combo.lineEdit(), Qt.Key.Key_Return)
    assert made.said[-1] == ("1", False)


def test_a_class_that_is_none_is_not_said_and_does_not_stay(editor):
    made = editor("target")
    made.show_value("2")
    made.combo.lineEdit().selectAll()
    QTest.keyClicks(made.combo.lineEdit(), "unicorn")
    QTest.keyClick(made.combo.lineEdit(), Qt.Key.Key_Return)
    assert made.said == []
    assert made.combo.currentText() == "tiger cat"


def test_what_top_1_is_at_present_stands_beside_it(editor):
    made = editor("target")
    made.set_facts({"top-1": "cat", "top-2": "dog"})
    assert [made.combo.itemText(i) for i in (0, 1)] == ["Top-1, cat", "Top-2, dog"]
    made.set_facts({"top-1": "dog"})
    assert made.combo.itemText(0) == "Top-1, dog"
    assert made.said == []


@pytest.mark.qt_log_ignore("grabbing the keyboard")
def test_a_film_does_not_write_over_what_is_being_typed(editor, qtbot):
    made = editor("target")
    made.show_value("top-1")
    made.activateWindow()
    line = made.combo.lineEdit()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    QTest.keyClicks(line, "hot")
    made.set_facts({"top-1": "dog", "top-2": "cat"})
    assert line.text() == "hot"


def test_several_choices(editor):
    made = editor("parts")
    made.show_value(("ears",))
    made.boxes["nose"].click()
    assert made.said == [(("ears", "nose"), False)]
    made.boxes["ears"].click()
    assert made.said[-1] == (("nose",), False)


def test_toggle_text_and_button(editor):
    toggle, text, button = editor("loud"), editor("word"), editor("again")
    toggle.box.click()
    assert toggle.said == [(True, False)]
    text.line.setText("dog")
    QTest.keyClick(text.line, Qt.Key.Key_Return)
    assert text.said[0] == ("dog", False)
    button.show_value(4)
    button.focusProxy().click()
    assert button.said == [(5, False)]


def test_a_place_is_told_in_percent_and_put_back(editor):
    made = editor("box", Boxed)
    made.show_value(BoxXYXY(0.1, 0.2, 0.3, 0.456))
    assert made.text.text() == "10, 20 to 30, 46 %"
    made.focusProxy().click()
    assert made.said == [(Boxed().box, False)]


# Grids and cards ----------------------------------------------------------------------------------------


def test_a_cell_of_a_grid_is_changed_and_the_others_keep_their_digits(editor):
    made = editor("kernel")
    made.show_value(GRID)
    made._boxes[1][1].setValue(-2.0)
    ((value, dragging),) = made.said
    assert value == ((0.0, 1 / 9, 0.0), (0.5, -2.0, 0.5))
    assert dragging is False
    made._boxes[0][2].setValue(0.25)
    assert made.said[-1][0] == ((0.0, 1 / 9, 0.25), (0.5, -2.0, 0.5))


def test_a_grid_takes_another_size(editor):
    made = editor("kernel")
    made.show_value(GRID)
    made.show_value(((1.0,), (2.0,), (-1.5,)))
    assert [[box.value() for box in row] for row in made._boxes] == [[1.0], [2.0], [-1.5]]
    assert made._boxes[2][0].accessibleName() == "Kernel, row 3, column 1"
    assert made.said == []


# The pane -----------------------------------------------------------------------------------------------


@pytest.fixture
def pane(qtbot):
    made = ControlsPane(look("light"))
    qtbot.addWidget(made)
    made.build(LooksDemo(), Looks(), CARD, look("light"))
    made.show_open(True)
    made.resize(300, 900)
    made.show()
    made.said, made.views = [], []
    made.edited.connect(lambda *a: made.said.append(a))
    made.viewed.connect(made.views.append)
    return made


def test_there_is_an_editor_for_every_param(pane):
    assert list(pane._editors) == [one.name for one in controls(Looks)]


def test_building_and_showing_says_nothing(pane):
    pane.show_params(changed(Looks(), CARD, **VALUES))
    pane.build(LooksDemo(), Looks(), CARD, look("dark"))
    assert pane.said == []
    assert pane.views == []


def test_what_does_not_matter_is_hidden_with_its_label(pane):
    assert not pane.editor("strength").isVisible()
    assert not pane._labels["strength"].isVisible()
    pane.show_params(changed(Looks(), CARD, mode="hard"))
    assert pane.editor("strength").isVisible()
    assert pane._labels["strength"].isVisible()
    pane.show_params(Looks())
    assert not pane.editor("strength").isVisible()


def test_an_edit_is_said_by_name(pane):
    pane.editor("loud").box.click()
    assert pane.said == [("loud", True, None)]


def test_one_drag_of_a_slider_is_one_gesture(pane):
    slider = pane.editor("radius").slider
    for drag in ((10, 20, 30), (5, 6)):
        slider.setSliderDown(True)
        for value in drag:
            slider.setValue(value)
        slider.setSliderDown(False)
    gestures = [gesture for _, _, gesture in pane.said]
    assert gestures[0] == gestures[1] == gestures[2] != gestures[3] == gestures[4]
    assert None not in gestures


def test_the_wheel_scrolls_the_pane_and_changes_nothing(pane):
    pane.resize(300, 200)
    none = Qt.KeyboardModifier.NoModifier
    for part in (pane.editor("radius").slider, pane.editor("radius").box, pane.editor("mode").combo, pane._map):
        at = QPointF(5, 5)
        where = part.mapToGlobal(at)
        wheel = QWheelEvent(
            at, where, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(part, wheel)
        assert not wheel.isAccepted()  # so that Qt hands it on to the pane
    assert pane.said == []
    assert pane.views == []


def test_opacity_and_colours_are_the_views(pane):
    pane.set_maps(True, True)
    pane._opacity.setValue(25)
    assert pane.views[-1] == ViewState(0.25, "inferno")
    pane._map.setCurrentText("Viridis")
    assert pane.views[-1] == ViewState(0.25, "viridis")
    assert pane.said == []
    pane.build(LooksDemo(), Looks(), CARD, look("light"))
    assert pane._opacity.value() == 25
    assert pane._map.currentText() == "Viridis"
    assert pane._opacity.isVisible()


@pytest.mark.parametrize("maps", [(False, False), (True, False), (False, True), (True, True)])
def test_the_views_controls_are_there_only_where_they_change_something(pane, maps):
    pane.set_maps(*maps)
    assert (pane._opacity.isVisible(), pane._map.isVisible()) == maps


def test_nothing_is_wider_than_the_pane(pane):
    pane.resize(280, 900)  # the least that the window gives it
    QTest.qWait(10)
    assert pane.widget().width() <= pane.viewport().width()
    for part in (*pane.widget().findChildren(QSlider), *pane.widget().findChildren(QComboBox)):
        if part.isVisible():
            right = part.mapTo(pane.widget(), QPoint(part.width(), 0)).x()
            assert right <= pane.viewport().width()
