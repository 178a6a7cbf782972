"""The presenter view by keys: steps of the lesson, the dock that goes away, the red dot, and no trace afterwards."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from explainer.core.controls import controls
from explainer.lessons.lesson import Lesson, Page, TryCard
from explainer.render.look import look
from explainer.shell.presenting import dock as dock_module
from explainer.shell.presenting.steps import MOST, StepCards, step_after, steps_of

Key = Qt.Key


def lesson(*cards: TryCard) -> Lesson:
    return Lesson("id", (1,), 1, "Title", "demo", {"radius": 3}, (), "", {}, page=Page(cards=cards))


def test_steps_are_the_beginning_and_the_cards() -> None:
    found = steps_of(lesson(TryCard("Wider", "<p>It hides more (Li et al.). Really.</p>", "try:radius=9")))
    assert [(one.title, one.line, dict(one.params)) for one in found] == [
        ("Title", "As the lesson begins", {"radius": 3}),
        ("Wider", "It hides more (Li et al.)", {"radius": "9"}),
    ]


def test_a_lesson_without_cards_has_no_steps() -> None:
    assert steps_of(lesson()) == steps_of(None) == ()
    assert steps_of(lesson(TryCard("Broken", "", "try:"))) == ()
    assert len(steps_of(lesson(*(TryCard(str(n), "", f"try:radius={n}") for n in range(20))))) == MOST


@pytest.mark.parametrize(("at", "by", "goes"), [(0, 1, 1), (2, 1, None), (0, -1, None), (2, -1, 1)])
def test_a_clicker_stops_at_both_ends(at: int, by: int, goes: int | None) -> None:
    assert step_after(at, by, 3) == goes


def test_cards_are_as_high_as_their_words(qtbot) -> None:
    cards = StepCards(look("light", 1.8))
    qtbot.addWidget(cards)
    long = "What a rather long sentence does in a narrow column of cards"
    cards.show_steps(steps_of(lesson(TryCard(long, long, "try:radius=9"))))
    cards.resize(cards.width(), 900)
    cards.show()
    short, tall = cards._cards
    assert tall.height() > 2 * short.height() > 0
    assert tall.height() >= tall.heightForWidth(tall.width())


def test_cards_in_a_row_are_equally_high_and_hold_their_words(qtbot) -> None:
    cards = StepCards(look("light", 1.8))
    qtbot.addWidget(cards)
    long = "What a rather long sentence does in a row of cards that are not as wide as it is"
    cards.show_steps(steps_of(lesson(TryCard("Short", "", "try:radius=9"), TryCard(long, long, "try:radius=8"))))
    cards.resize(1200, 300)
    cards.stand_in_row(True)
    cards.show()
    qtbot.waitUntil(lambda: len({card.y() for card in cards._cards}) == 1)
    assert len({card.height() for card in cards._cards}) == 1
    assert all(card.height() >= card.heightForWidth(card.width()) for card in cards._cards)
    cards.stand_in_row(False)
    qtbot.waitUntil(lambda: len({card.x() for card in cards._cards}) == 1)


def test_a_card_is_pressed_by_enter(qtbot) -> None:
    cards = StepCards(look("light"))
    qtbot.addWidget(cards)
    cards.show_steps(steps_of(lesson(TryCard("A", "", "try:radius=9"))))
    with qtbot.waitSignal(cards.chosen) as heard:
        QTest.keyClick(cards._cards[1], Key.Key_Return)
    assert heard.args == [1]


@pytest.fixture
def presented(window, qtbot):
    window.resize(1280, 800)
    window.set_presenting(True)  # by key it fills the screen too, and then the platform takes its time
    window.dressing.finish()
    focus(qtbot, window, window.stage)
    return window


def focus(qtbot, window, widget) -> None:
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is widget)


def shown(window) -> list[QWidget]:
    return [one for one in window.findChildren(QWidget) if one.accessibleName() and one.isVisible()]


def test_an_audience_sees_stage_and_dock_and_nothing_else(presented, qtbot) -> None:
    assert presented.presenter.dock.isVisible()
    assert not any(part.isVisible() for part in (presented.bar, presented.strip, presented.catalogue, presented.right))
    for part in shown(presented):
        at = part.mapTo(presented, QPoint(0, 0))
        assert presented.rect().contains(at), part.accessibleName()


def test_the_dock_goes_away_and_comes_back(presented, qtbot, monkeypatch) -> None:
    dock = presented.presenter.dock
    presented.stage.setFocus()
    monkeypatch.setattr(dock, "underMouse", lambda: False)
    dock._go()
    assert not dock.isVisible()
    QApplication.sendEvent(presented.stage, QEvent(QEvent.Type.FocusIn))
    assert dock.isVisible()
    focus(qtbot, presented, dock.buttons[0])
    dock._go()
    assert dock.isVisible()  # somebody is in it
    assert dock_module.REST_MS >= 2000


@pytest.mark.parametrize("width", [1920, 1024, 640])
def test_the_dock_holds_what_stands_on_it(presented, width) -> None:
    dock = presented.presenter.dock
    dock.set_look(look("light", 1.8))
    conductor = presented.conductor
    dock.show_controls(controls(conductor.demo.params_type), conductor.params, conductor.card)
    dock.resize(width, dock.height())
    dock._fit()
    dock.layout().activate()
    for part in dock.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if not part.isHidden():
            assert dock.rect().contains(part.geometry()), part
    assert all(not button.isHidden() for button in dock.buttons)


def test_the_red_dot_comes_and_goes_by_key(presented, qtbot) -> None:
    assert not QApplication.overrideCursor()
    QTest.keyClick(presented.stage, Key.Key_L)
    assert QApplication.overrideCursor().shape() == Qt.CursorShape.BlankCursor
    QTest.keyClick(presented.stage, Key.Key_L)
    assert not QApplication.overrideCursor()
    QTest.keyClick(presented.stage, Key.Key_L)
    presented.set_presenting(False)
    assert not QApplication.overrideCursor()  # the end takes it along


def test_steps_are_shown_by_key_and_from_the_beginning(presented, qtbot, monkeypatch) -> None:
    steps = steps_of(lesson(TryCard("A", "", "try:gain=2"), TryCard("B", "", "try:gain=3")))
    asked = []
    monkeypatch.setattr(presented.conductor, "set_params", lambda values, gesture=None: asked.append(dict(values)))
    monkeypatch.setattr(presented.conductor, "step_lesson", asked.append)
    monkeypatch.setattr(
        type(presented.conductor.demo), "defaults", lambda self: type("P", (), {"gain": 1, "radius": 0})
    )
    presented.presenter.cards.show_steps(steps)
    for key in (Key.Key_PageDown, Key.Key_PageDown, Key.Key_PageUp, Key.Key_PageUp, Key.Key_PageUp):
        QTest.keyClick(presented.stage, key)
    assert [one if isinstance(one, int) else one["gain"] for one in asked] == ["2", "3", "2", 1, -1]


def test_keys_of_the_presenter_view_are_asleep_otherwise(window) -> None:
    names = ("laser", "step-on", "step-back")
    assert not any(window.actions[name].isEnabled() for name in names)
    window.set_presenting(True)
    assert all(window.actions[name].isEnabled() for name in names)
    window.set_presenting(False)
    assert not any(window.actions[name].isEnabled() for name in names)


def test_leaving_gives_back_the_keys_and_the_panes(window, qtbot) -> None:
    window.resize(1280, 800)
    window.catalogue.search.setFocus()
    sizes = window.split.sizes()
    window.set_presenting(True)
    window.dressing.finish()
    window.set_presenting(False)
    window.dressing.finish()
    qtbot.wait(5)
    assert window.split.sizes() == sizes
    assert window.focusWidget() is window.catalogue.search
    assert not window.presenter.dock.isVisible()


def test_an_audience_reads_the_lessons_title(window, monkeypatch) -> None:
    monkeypatch.setattr(type(window.conductor), "lesson", property(lambda _self: lesson()), raising=False)
    window.set_presenting(True)
    assert window.stage.head._title.text() == "Title"
    window.set_presenting(False)
    assert window.stage.head._title.text() == ""
