"""A window over the small house, closed again however the test ends."""

import pytest
from shell_fakes import Heard, House

from explainer.shell import style


@pytest.fixture(autouse=True)
def dressed(qapp):
    """Dress every part as in the window: a style sheet makes parts wider. One that a test leaves behind is undone."""
    style.dress(qapp, style.resolved("light", 1.0))


@pytest.fixture
def house(tmp_path, qapp):
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def conductor(house, qtbot):
    made = house.conductor()
    made.heard = Heard(made)
    made.start()
    qtbot.waitUntil(lambda: bool(made.heard.results))
    return made


@pytest.fixture
def window(house, qtbot):
    made = house.window()
    made.heard = Heard(made.conductor)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.start()
    qtbot.waitUntil(lambda: made.stage.result is not None and bool(made.heard.results), timeout=20000)
    return made
