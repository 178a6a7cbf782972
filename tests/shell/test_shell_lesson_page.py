"""The lesson as a page: what stands open, what a symbol lights, which card is here, what stays where it was."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPixmap, QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from shell_fakes import *  # noqa: F403 - fixtures

from explainer.commands import bootstrap
from explainer.core.controls import controls, visible
from explainer.render import formula
from explainer.render.look import look
from explainer.shell import term_tips
from explainer.shell.few_controls import few, used_by
from explainer.shell.lesson_page import LessonPage
from explainer.shell.prose import Prose

VALUES = {"map_max": 0.7342, "map_count": 1280.0, "map_width": 7.0, "map_height": 7.0, "strongest_weight": 0.0031}


@pytest.fixture
def page(qtbot, qapp):
    shown = LessonPage(look("light"))
    qtbot.addWidget(shown)
    shown.resize(300, 600)
    shown.show()
    shown.show_lesson(bootstrap.library().lesson("grad-cam"), "Explained predictions · 7 of 11")
    shown.show_values(VALUES)
    shown.show_now()
    yield shown
    shown.rest()


def fold(page, anchor):
    return next(one for one in page.parts.folds if one.section.anchor == anchor)


def test_the_symbols_carry_this_results_numbers(page):
    rows = {row.symbol.tex: row.value.text() for row in page.parts.symbols.rows}
    assert rows == {"L": "0.734", "A": "1,280", r"\alpha": "0.0031", "y": "–"}
    page.show_values({**VALUES, "logit": 9.731})
    assert page.parts.symbols.rows[-1].value.text() == "9.73"


def test_the_mouse_on_a_letter_of_the_formula_says_which_symbol_it_is(page, qtbot):
    view, said = page.parts.formula, []
    page.symbol_hovered.connect(said.append)
    boxes = dict(view._boxes())
    for tex in ("L", "A", r"\alpha"):
        assert view._symbol_at(boxes[tex].center()) == tex
    assert view._symbol_at(QPointF(1, 1)) is None
    QTest.mouseMove(view, boxes[r"\alpha"].center().toPoint())
    qtbot.waitUntil(lambda: said == [r"\alpha"])


def test_a_symbol_that_is_lit_is_lit_in_formula_and_table(page):
    page.light("A")
    assert page.parts.formula.lit == "A"
    assert [row.symbol.tex for row in page.parts.symbols.rows if row.lit] == ["A"]
    page.light(None)
    assert page.parts.formula.lit is None
    assert not any(row.lit for row in page.parts.symbols.rows)


def test_arrow_keys_go_from_symbol_to_symbol(page, qtbot):
    said = []
    page.symbol_hovered.connect(said.append)
    table = page.parts.symbols
    table.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(table.hasFocus)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert said[-1] == "A"
    QTest.keyClick(table, Qt.Key.Key_Up)
    assert said[-1] == "L"


def test_a_card_sets_all_that_its_picture_needs(page):
    asked = []
    page.tried.connect(asked.append)
    card = next(one for one in page.parts.cards if one.card.href == "try:layer=blocks.10")
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    QTest.keyClick(card, Qt.Key.Key_Return)
    assert asked == 2 * [{**page.lesson.preset, "layer": "blocks.10"}]


def test_only_the_card_of_the_present_state_is_marked(page):
    page.show_here(lambda values: values["layer"] == "blocks.10" and values["method"] == "hirescam")
    assert [card.card.title for card in page.parts.cards if card.here] == ["Use HiResCAM there"]


def test_sections_fold_and_stay_open_in_the_next_lesson(page):
    heard = []
    page.folded.connect(lambda: heard.append(sorted(page.opened)))
    part = fold(page, "when-it-misleads")
    assert part.body is None
    before = part.height()
    QTest.mouseClick(part.head, Qt.MouseButton.LeftButton)
    assert part.height() > before + 100
    assert heard == [["when-it-misleads"]]
    page.show_lesson(bootstrap.library().lesson("saliency"), "x")
    assert fold(page, "when-it-misleads").head.open
    assert not fold(page, "what-you-see").head.open


def test_another_theme_moves_nothing(page):
    page.open_sections(["when-it-misleads"])
    page.show_now()
    page.verticalScrollBar().setValue(180)
    places = [(part.pos(), part.size()) for part in page.parts.every]
    page.set_look(look("dark"))
    page.show_now()
    assert page.verticalScrollBar().value() == 180
    assert [(part.pos(), part.size()) for part in page.parts.every] == places


def lowest(card):
    return max(card.title.geometry().bottom(), card.line.geometry().bottom() if card.card.html else 0)


@pytest.mark.parametrize("scale", [1.0, 1.8])
def test_nothing_is_wider_than_the_page_or_cut_below(qtbot, qapp, scale):
    own = look("light", scale)
    shown = LessonPage(own)
    qtbot.addWidget(shown)
    shown.resize(own.px(280), 700)
    shown.show()
    cut = []
    for lesson in bootstrap.library().lessons[::4]:
        shown.show_lesson(lesson, "Better and explained predictions · 10 of 11")
        shown.show_now()
        room, high = shown.viewport().width(), shown.widget().height()
        cut += [
            (lesson.id, part) for part in shown.parts.every if part.width() > room or part.geometry().bottom() > high
        ]
        cut += [(lesson.id, card.card.title) for card in shown.parts.cards if lowest(card) > card.height()]
    assert cut == []
    shown.rest()


def test_colours_reach_indices_and_stop_at_other_symbols(qapp):
    colours = (("x'", "#112233"), ("x", "#445566"))
    found = formula.where(r"x'_i + x_j - z_k", 20.0, "#000000", colours)
    assert sorted(tex for tex, _ in found) == ["x", "x", "x'", "x'", "x'"]
    assert formula.where(r"z_k", 20.0, "#000000", colours) == ()
    image = formula.picture("x", 40.0, "#000000", 1.0, 0.0, colours).convertToFormat(QImage.Format.Format_ARGB32)
    inks = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert "#445566" in inks


def test_the_few_controls_are_those_that_the_cards_move(qapp):
    lesson = bootstrap.library().lesson("grad-cam")
    demo = bootstrap.demos().demo("grad-cam")
    used = used_by(lesson)
    assert set(used) == {"layer", "method", "target", "randomise"}
    shown = tuple(visible(controls(demo.params_type), demo.defaults()))
    assert len(shown) > 4
    assert {one.name for one in few(shown, used)} == set(used)
    assert [one.name for one in few(shown, ())] == [one.name for one in shown[:3]]
    assert few(shown[:4], ()) == shown[:4]


def test_a_card_gets_the_picture_of_what_it_showed_until_the_source_changes(page):
    assert not page.wants_picture
    page.show_here(lambda values: values["layer"] == "blocks.10" and values["method"] == "hirescam")
    assert page.wants_picture
    picture = QPixmap(8, 8)
    picture.fill(Qt.GlobalColor.red)
    page.show_picture(picture)
    assert not page.wants_picture
    marked = next(card for card in page.parts.cards if card.here)
    assert marked.grab().toImage().pixelColor(marked.thumb.geometry().center()).name() == "#ff0000"
    page.forget_pictures()
    assert page.wants_picture


def test_a_word_of_the_field_says_what_it_means_to_the_mouse_and_to_the_keys(page, qtbot):
    page.open_sections(["how-it-is-made"])
    prose = next(one for one in page.findChildren(Prose) if "term:" in one.source and "logit" in one.source)
    cursor = prose.document().find("logit")
    at = prose.cursorRect(cursor).center() - QPoint(4, 0)
    assert prose.anchorAt(at).startswith("term:")
    assert cursor.charFormat().underlineStyle() == QTextCharFormat.UnderlineStyle.DotLine
    QApplication.sendEvent(prose.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, prose.viewport().mapToGlobal(at)))
    assert "before the softmax" in QToolTip.text()
    QToolTip.hideText()
    assert term_tips.meaning("lesson:grad-cam") == ""
    assert not term_tips.show_at(prose, "", at)
