"""Captions of the film: they get room, smaller type or a second line, and what is cut all the same is told."""

import numpy as np
import pytest

from explainer.core.charts import Bars
from explainer.core.layers import Image, Panel
from explainer.core.result import Result
from explainer.render import caption
from explainer.render.look import look
from explainer.render.measures import FILM_HEADER
from explainer.render.panel_view import PanelView
from explainer.render.symbol_chip import Chip
from explainer.shell.allotment.captions import widened
from explainer.shell.allotment.measures import Measures
from explainer.shell.allotment.shapes import ChartShape, Wanted
from explainer.shell.allotment.ways import Way, laid
from explainer.shell.stage import Stage

TALL = np.full((150, 100, 3), 90, np.uint8)
LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis"


def thumb(qtbot, title: str, width: int = 64) -> PanelView:  # type: ignore[no-untyped-def]
    made = PanelView(look("light"))
    qtbot.addWidget(made)
    made.set_bare(True)
    made.resize(width, 120 + FILM_HEADER)
    made.show_panel(Panel(title, (100.0, 150.0), (Image("photo", TALL),)))
    return made


def test_a_title_in_two_lines_has_all_its_words_and_no_lone_quote(qapp) -> None:  # type: ignore[no-untyped-def]
    one = look("light")
    assert caption.broken("Cells of 16 px", one, "fine") == ("Cells of", "16 px")
    assert caption.broken("What speaks for “tiger cat”", one, "fine") == ("What speaks", "for “tiger cat”")
    assert caption.broken("“German shepherd”", one, "fine") == ("“German”", "“shepherd”")
    assert caption.broken("Photo", one, "fine") == ()


@pytest.mark.parametrize(("title", "lines"), [("Input", 1), ("Cells of 16 px", 1), ("What is proved", 2)])
def test_a_thumb_gives_a_long_title_a_second_line(qtbot, title: str, lines: int) -> None:  # type: ignore[no-untyped-def]
    view = thumb(qtbot, title)
    assert view.picture_rect().top() == lines * FILM_HEADER
    assert not view.is_shortened


def test_a_symbol_takes_its_room_of_the_line(qtbot) -> None:  # type: ignore[no-untyped-def]
    view = thumb(qtbot, "Class scores")
    assert view.picture_rect().top() == FILM_HEADER
    view.set_symbol(Chip("y", 0))
    assert view.picture_rect().top() == 2 * FILM_HEADER
    assert not view.is_shortened


def test_one_word_that_is_too_long_is_told_as_shortened(qtbot) -> None:  # type: ignore[no-untyped-def]
    view = thumb(qtbot, LONG)
    assert view.is_shortened
    assert view.toolTip() == LONG


def test_the_measure_of_a_stage_sees_titles_that_are_painted_shortened(qtbot) -> None:  # type: ignore[no-untyped-def]
    stage = Stage(look("light"))
    qtbot.addWidget(stage)
    stage.resize(420, 500)
    stage.show()
    panels = tuple(Panel(title, (100.0, 150.0), (Image("photo", TALL),)) for title in ("Input", "Fine", 4 * LONG))
    charts = (Bars(5 * LONG, ("cat", "dog"), (0.7, 0.2)),)
    stage.show_result(Result("**Here** it is.", {"v": 1.0}, panels, charts, heroes=("input",)))
    seen = {view.panel.title for view in stage.board.visible_panels() if view.panel is not None}
    assert 4 * LONG in seen
    assert stage.board.shortened() == [4 * LONG, 5 * LONG]


def test_a_film_is_widened_for_its_captions_at_the_cost_of_the_chart_beside_it() -> None:
    wanted = Wanted((0.75, 0.75), (0.75,), (ChartShape(64, 92, 200),), 700, presenting=True)
    plain = laid(Measures(1060, 700, 1.25, wanted, ""), Way("row", rest=120))
    assert plain is not None
    (before,), (chart,) = plain.of("film"), plain.of("chart")
    need = before.w + 40
    wide = widened(plain, {0: need}, 250, 1.25)
    (after,), (narrower,) = wide.of("film"), wide.of("chart")
    assert need <= after.w < need + 4
    assert (after.x, after.h) == (before.x, before.h)
    assert narrower.x + narrower.w == chart.x + chart.w
    assert narrower.w < chart.w
    assert widened(plain, {0: before.w}, 250, 1.25) is plain
