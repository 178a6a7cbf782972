"""A formula that is wider than the page shrinks to it; none shrinks so far that nobody can read it."""

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtSvg import QSvgRenderer

from explainer.commands import bootstrap
from explainer.lessons.filling import fill
from explainer.render import formula

ROOM_PX, SIZE_PX = 250, 16  # of the page at the window's usual width
LEAST = 0.6


@pytest.mark.parametrize("lesson", bootstrap.library().lessons, ids=lambda one: one.id)
def test_formulas_on_a_line_of_their_own_can_be_read(qapp, lesson):
    _, formulas = fill(lesson, {one.name: 0.5 for one in lesson.placeholders})
    for one in formulas.values():
        if one.display:
            width = QSvgRenderer(QByteArray(formula.svg(one.latex, SIZE_PX, "#000000"))).viewBoxF().width()
            assert ROOM_PX / width >= LEAST, f"{one.latex} is {width:.0f} px wide; give it two lines"
