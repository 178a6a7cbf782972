"""Rows of symbols below a formula."""

from PySide6.QtWidgets import QWidget

from explainer.lessons.lesson import Symbol
from explainer.render.look import look
from explainer.shell.symbol_table import SymbolTable


def test_a_row_is_as_high_as_its_words_whatever_number_comes(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    table = SymbolTable([Symbol("F", "the window it sees, {value:columns:.0f} by {value:rows:.0f} cells", "input")],
                        look("light"), page)  # fmt: skip
    table.fill({"columns": 1.0, "rows": 1.0})
    table.fit(230)
    low = table.height()
    table.fill({"columns": 10**12, "rows": 10**12})
    (row,) = table.rows
    page.show()
    qtbot.waitUntil(lambda: row.words.width() > 150)
    assert table.height() == row.height() > low
    assert row.words.heightForWidth(row.words.width()) <= row.height()
