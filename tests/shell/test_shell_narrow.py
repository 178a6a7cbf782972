"""Narrow windows: panes fold, rows give way, nothing asks for more room than there is."""

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from explainer.shell.editors import ClassEditor
from explainer.shell.folding import Wishes, fitting
from explainer.shell.giving_row import GivingRow

SIZES = {"left": 150, "stage": 300, "right": 280}


def test_pictures_come_before_a_pane_that_nobody_asked_for() -> None:
    sizes = {"left": 150, "stage": 300, "right": 280, "between": 600}
    assert fitting(Wishes(), 1030, **sizes) == (True, True)
    assert fitting(Wishes(), 1029, **sizes) == (False, True)
    assert fitting(Wishes(asked="left"), 1029, **sizes) == (True, True)


@pytest.mark.parametrize(("width", "shown"), [(730, (True, True)), (729, (False, True)), (579, (False, False))])
def test_the_catalogue_folds_before_the_lesson(width: int, shown: tuple[bool, bool]) -> None:
    assert fitting(Wishes(), width, **SIZES) == shown


def test_a_pane_that_is_asked_for_is_shown_however_narrow_the_window() -> None:
    asked = Wishes().toggled("left", shown=False)
    assert fitting(asked, 640, **SIZES) == (True, False)
    assert fitting(asked, 100, **SIZES) == (True, False)
    assert fitting(asked, 1000, **SIZES) == (True, True)


def test_a_pane_that_was_closed_stays_closed() -> None:
    closed = Wishes().toggled("right", shown=True)
    assert fitting(closed, 2000, **SIZES) == (True, False)
    assert fitting(closed, 449, **SIZES) == (False, False)
    assert fitting(closed.toggled("right", shown=False), 2000, **SIZES) == (True, True)


@pytest.fixture
def row(qtbot):
    window = QWidget()  # as a window of its own the row would not become narrower than its parts
    qtbot.addWidget(window)
    made = GivingRow()
    made.setParent(window)
    made.row.setContentsMargins(0, 0, 0, 0)
    made.row.setSpacing(10)
    parts = {name: QLabel() for name in ("first", "middle", "last", "more")}
    for part in parts.values():
        part.setFixedWidth(100)
        made.row.addWidget(part)
    made.parts = parts
    made.give_way((parts["middle"], parts["last"]), parts["more"])
    window.show()
    yield made


def shown(row) -> set[str]:
    return {name for name, part in row.parts.items() if part.isVisible()}


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (320, {"first", "middle", "last"}),  # three parts and two gaps
        (319, {"first", "more"}),
        (330, {"first", "middle", "last"}),
        (200, {"first", "more"}),
        (50, {"first", "more"}),
    ],
)
def test_parts_give_way_in_their_order_and_come_back(row, width: int, names: set[str]) -> None:
    row.resize(50, 20)
    row.resize(width, 20)
    assert shown(row) == names


def test_what_is_not_wanted_takes_no_room(row) -> None:
    row.want(row.parts["last"], wanted=False)
    row.resize(210, 20)
    assert shown(row) == {"first", "middle"}
    assert row.gone() == []
    row.resize(209, 20)
    assert shown(row) == {"first", "more"}
    assert row.gone() == [row.parts["middle"]]


def test_a_row_asks_for_little(row) -> None:
    assert row.minimumSizeHint().width() <= 240


def test_the_rows_of_the_window_keep_their_fonts(window, qtbot) -> None:
    """A part that is shown or hidden before it stands in a window would lose its own."""
    for label in (window.bar.name, window.strip.device):
        assert label.font().weight() == window.look.font(bold=True).weight()
    assert window.strip.times.font().pixelSize() == window.look.font("small").pixelSize()


def test_a_long_class_shows_its_beginning(window, qtbot) -> None:
    editors = [one for one in window.controls._editors.values() if isinstance(one, ClassEditor)]
    for one in editors:
        one.set_facts({"top-1": "a name that is far too long for the narrow box that it stands in"})
        assert one.combo.lineEdit().cursorPosition() == 0
    assert editors
