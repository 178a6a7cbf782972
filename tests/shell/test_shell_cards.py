"""The card editor: add, open, move, drag, switch off and remove, with mouse and keys; undo; JSON."""

import json
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QSlider
from shell_fakes import Models

from explainer.core.controls import Doc, Options, Range, When, control, controls
from explainer.core.demo import Demo, DemoInfo
from explainer.core.params import changed, checked, from_plain, to_plain
from explainer.core.result import Result
from explainer.render.look import look
from explainer.runtime.history import Change, History
from explainer.shell import style
from explainer.shell.controls_pane import ControlsPane
from explainer.shell.editor_table import EDITORS
from explainer.shell.record_card import summary

CARD = Models().card("efficientnet-lite0")


@dataclass(frozen=True, slots=True)
class Turn:
    kind: Annotated[Literal["turn"], Options({"turn": "Turn it"}), Doc("Geometry", "Which way up?")] = "turn"
    on: bool = True
    degrees: Annotated[float, Range(0.0, 180.0, 5.0, "°"), Doc("Degrees")] = 15.0
    edge: Annotated[Literal["black", "grey"], Doc("Edge")] = "black"
    level: Annotated[int, Range(0, 255), Doc("Level"), When("edge", ("grey",))] = 128


@dataclass(frozen=True, slots=True)
class Mirror:
    kind: Annotated[Literal["mirror"], Doc("Geometry", "Left or right?")] = "mirror"
    on: bool = True


@dataclass(frozen=True, slots=True)
class Noise:
    kind: Annotated[Literal["noise"], Doc("Sensor", "Grain.")] = "noise"
    on: bool = True
    amount: Annotated[float, Range(0.0, 1.0, 0.1), Doc("Amount")] = 0.1


@dataclass(frozen=True, slots=True)
class Plain:
    size: Annotated[int, Doc("Size"), Range(0, 9)] = 1


@dataclass(frozen=True, slots=True)
class Several:
    cards: Annotated[tuple[Turn | Mirror | Noise, ...], Doc("Cards")] = (Turn(), Mirror())


@dataclass(frozen=True, slots=True)
class One:
    cards: Annotated[tuple[Plain, ...], Doc("Cards")] = (Plain(),)


class CardsDemo(Demo[Several]):
    info = DemoInfo("cards-demo", "Cards", (1,))

    def run(self, frame, params, ctx):
        return Result("", {"count": float(len(params.cards))})


@pytest.fixture
def editor(qtbot):
    def make(kind=Several, value=None):
        one = control(kind, "cards")
        made = EDITORS["cards"](one, look("light"))
        made.set_card(CARD)
        made.said = []
        qtbot.addWidget(made)
        made.show_value(one.default if value is None else value)
        made.changed.connect(lambda value, drag: made.said.append((value, drag)))
        made.changed.connect(lambda value, drag: made.show_value(checked(one, value)))  # as the window answers
        made.resize(280, 600)
        made.show()
        return made

    return make


def actions(menu):
    """Every entry of a menu and of those within it, by its text."""
    found = {}
    for action in menu.actions():
        found |= actions(action.menu()) if action.menu() else {action.text(): action}
    return found


# Cards and their fields ---------------------------------------------------------------------------------


def test_showing_records_says_nothing(editor):
    made = editor()
    for value in ((Noise(),), (), (Turn(degrees=90.0), Turn(), Noise(on=False)), (Turn(),)):
        made.show_value(value)
        assert made.value() == value
    assert made.said == []


def test_the_menu_lists_every_record_in_its_group_and_adds_one(editor):
    made = editor()
    groups = {a.text(): [b.text() for b in a.menu().actions()] for a in made.add.menu().actions()}
    assert groups == {"Geometry": ["Turn it", "Mirror"], "Sensor": ["Noise"]}
    actions(made.add.menu())["Noise"].trigger()
    assert made.said == [((Turn(), Mirror(), Noise()), False)]
    assert made.cards[-1].editors["amount"].isVisible()  # opened, so that its slider is at hand


def test_a_list_of_one_kind_of_record_needs_no_menu(editor):
    made = editor(One)
    made.add.click()
    assert made.said == [((Plain(), Plain()), False)]
    assert not made.cards[0].switch.isVisible()  # it has no field “on”


def test_a_slider_in_a_card_moves_that_record_alone_and_is_not_torn_away(editor):
    made = editor(value=(Turn(), Noise(), Turn(degrees=40.0)))
    made.cards[2].arrow.click()
    slider = made.cards[2].editors["degrees"].slider
    slider.setValue(slider.maximum())
    assert made.said == [((Turn(), Noise(), Turn(degrees=180.0)), True)]
    assert made.cards[2].editors["degrees"].slider is slider
    made.cards[2].editors["degrees"].box.setValue(60)
    assert made.said[-1] == ((Turn(), Noise(), Turn(degrees=60.0)), False)


def test_a_field_that_does_not_matter_is_hidden(editor):
    made = editor()
    made.cards[0].arrow.click()
    assert not made.cards[0].editors["level"].isVisible()
    made.show_value((Turn(edge="grey"), Mirror()))
    assert made.cards[0].editors["level"].isVisible()


def test_switching_off_keeps_the_card_and_its_values(editor):
    made = editor(value=(Turn(degrees=35.0),))
    made.cards[0].switch.click()
    assert made.said == [((Turn(on=False, degrees=35.0),), False)]
    made.cards[0].switch.click()
    assert made.said[-1] == ((Turn(degrees=35.0),), False)


def test_removing_leaves_the_focus_beside(editor, qtbot):
    made = editor(value=(Turn(), Mirror(), Noise()))
    made.activateWindow()
    made.cards[1].cross.click()
    assert made.said == [((Turn(), Noise()), False)]
    qtbot.waitUntil(lambda: made.cards[1].hasFocus())
    made.cards[1].cross.click()
    made.cards[0].cross.click()
    assert made.said[-1] == ((), False)
    assert made.cards == []


def test_a_closed_card_tells_its_first_setting():
    assert summary(Turn()) == "15 °"
    assert summary(Mirror()) == ""


# Order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [False, True])
def test_alt_and_arrows_move_a_card_from_its_head_and_from_a_field(editor, qtbot, inside):
    made = editor(value=(Turn(), Mirror(), Noise()))
    made.activateWindow()
    first = made.cards[0]
    first.open(True)
    qtbot.wait(10)  # the parts of a card are listened to once the event loop has run
    part = first.editors["edge"].combo if inside else first
    part.setFocus()
    qtbot.waitUntil(part.hasFocus)
    QTest.keyClick(part, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert made.said == [((Mirror(), Turn(), Noise()), False)]
    assert made.cards[1] is first
    assert part.hasFocus()
    QTest.keyClick(part, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(part, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)  # at the end it stays
    QTest.keyClick(part, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [value for value, _ in made.said][1:] == [(Mirror(), Noise(), Turn()), (Mirror(), Turn(), Noise())]


def test_a_drag_reorders_once_it_is_let_go(editor, qtbot):
    made = editor(value=(Turn(), Mirror(), Noise()))
    qtbot.wait(10)
    first, last = made.cards[0], made.cards[2]
    start = QPoint(first.width() // 2, first.height() - 4)
    end = first.mapFrom(made, last.mapTo(made, last.rect().bottomLeft())) + QPoint(20, 2)
    QTest.mousePress(first, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(first, start + QPoint(0, 12))
    QTest.mouseMove(first, end)
    assert made.said == []
    qtbot.wait(10)
    QTest.mouseRelease(first, Qt.MouseButton.LeftButton, pos=first.mapFrom(made, QPoint(20, made.height())))
    assert made.said == [((Mirror(), Noise(), Turn()), False)]


def test_a_click_on_a_head_is_no_drag(editor):
    made = editor()
    QTest.mouseClick(made.cards[0], Qt.MouseButton.LeftButton, pos=QPoint(150, 4))
    assert made.said == []


def test_keys_of_a_card(editor, qtbot):
    made = editor(value=(Turn(), Noise()))
    made.activateWindow()
    made.cards[0].setFocus()
    qtbot.waitUntil(made.cards[0].hasFocus)
    QTest.keyClick(made.cards[0], Qt.Key.Key_Space)
    assert made.said[-1][0][0] == Turn(on=False)
    QTest.keyClick(made.cards[0], Qt.Key.Key_Return)
    assert made.cards[0].arrow.isChecked()
    QTest.keyClick(made.cards[0], Qt.Key.Key_Down)
    assert made.cards[1].hasFocus()
    QTest.keyClick(made.cards[1], Qt.Key.Key_Delete)
    assert made.said[-1][0] == (Turn(on=False),)


def test_delete_in_a_field_removes_no_card(editor, qtbot):
    made = editor()
    made.activateWindow()
    made.cards[0].open(True)
    slider = made.cards[0].editors["degrees"].slider
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    QTest.keyClick(slider, Qt.Key.Key_Delete)
    assert made.said == []


# JSON and undo ------------------------------------------------------------------------------------------


def test_cards_go_through_the_clipboard(editor):
    made = editor(value=(Turn(degrees=35.0), Noise(on=False)))
    made.copy()
    copied = json.loads(QGuiApplication.clipboard().text())
    made.show_value(())
    made.paste()
    assert made.value() == (Turn(degrees=35.0), Noise(on=False))
    assert copied[0] == {"kind": "turn", "on": True, "degrees": 35.0, "edge": "black", "level": 128}


def test_the_command_lines_json_and_a_session_come_back():
    params = changed(Several(), cards='[{"kind": "noise", "amount": 0.3}, {"kind": "mirror", "on": false}]')
    assert params.cards == (Noise(amount=0.3), Mirror(on=False))
    again, notes = from_plain(Several, json.loads(json.dumps(to_plain(params))))
    assert (again, notes) == (params, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"kind": "blur"}]', "its kind must be one of turn, mirror, noise, not blur"),
        ('[{"degrees": 3}]', "its kind must be one of"),
        ('[{"kind": "turn"}, {"kind": "turn", "degrees": 300}]', "record 2: degrees must lie between 0 and 180"),
        ('[{"kind": "turn", "angle": 3}]', "has no field angle; it has kind, on, degrees"),
        ('{"kind": "turn"}', "is a list of records"),
        ("[3]", "a record is written"),
        ("[{", "cannot be"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(text, says):
    with pytest.raises(ValueError, match=says):
        changed(Several(), cards=text)


def test_records_of_several_kinds_need_names_of_their_own():
    @dataclass(frozen=True, slots=True)
    class Bad:
        cards: Annotated[tuple[Turn | Plain, ...], Doc("Cards")] = ()

    Bad.__annotations__["cards"] = Annotated[tuple[Turn | Plain, ...], Doc("Cards")]
    with pytest.raises(TypeError, match="several kinds of record"):
        controls(Bad)


@pytest.fixture
def pane(qtbot):
    made = ControlsPane(look("light"))
    qtbot.addWidget(made)
    made.build(CardsDemo(), Several(), CARD, look("light"))
    made.resize(300, 700)
    made.show()
    made.said = []
    made.edited.connect(lambda *a: made.said.append(a))
    return made


def test_one_drag_of_a_slider_inside_a_card_is_one_step_of_undo(pane):
    card = pane.editor("cards").cards[0]
    card.open(True)
    history, params = History(), Several()
    slider = card.editors["degrees"].slider
    for drag in ((4, 9, 20), (7,)):
        slider.setSliderDown(True)
        for value in drag:
            slider.setValue(value)
        slider.setSliderDown(False)
    for name, value, gesture in pane.said:
        after = changed(params, **{name: value})
        history = history.pushed(Change("cards-demo", params, after, gesture))
        params = after
        pane.show_params(params)
    assert params.cards[0].degrees == 35.0
    history, later = history.undone()
    _, earlier = history.undone()
    assert later.before.cards[0].degrees == 100.0
    assert earlier.before.cards[0].degrees == 15.0
    pane.show_params(Several())
    assert card.editors["degrees"].box.value() == 15.0


def test_the_wheel_over_a_slider_in_a_card_scrolls_the_pane(pane, qtbot):
    card = pane.editor("cards").cards[0]
    card.open(True)
    for part in (*card.findChildren(QSlider), *card.findChildren(QComboBox)):
        at = QPointF(5, 5)
        none = Qt.KeyboardModifier.NoModifier
        wheel = QWheelEvent(
            at, part.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, none,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(part, wheel)
        assert not wheel.isAccepted()
    assert pane.said == []


@pytest.mark.parametrize("scale", [1.0, 1.3, 1.8])
def test_an_open_card_fits_a_narrow_pane(pane, qtbot, qapp, scale):
    dressed = style.resolved("light", scale)  # as in the window: the style sheet makes every part wider
    style.dress(qapp, dressed)
    pane.build(CardsDemo(), Several(), CARD, dressed)
    pane.resize(dressed.px(280), 900)
    pane.editor("cards").cards[0].open(True)
    qtbot.waitUntil(lambda: pane.widget().width() <= pane.viewport().width())
