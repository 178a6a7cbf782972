"""Sentences in which names of files, models and lessons stand, whatever those hold."""

import pytest

from explainer.core.problem import ExplainerError, Problem
from explainer.core.words import one_line, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat.png", "cat.png"),
        ("two\nlines\r\n.png", "two lines .png"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("zero\0byte", "zero\ufffdbyte"),
        ("byte\udcff", "byte\ufffd"),
        ("é 一 🙂 עברית \u200f", "é 一 🙂 עברית \u200f"),
        ("[" * 5000, "[" * 1000 + "…"),
    ],
)
def test_a_name_ends_no_line_and_steers_nothing(name, shown):
    assert one_line(name) == shown
    assert Problem(name, name).what == shown
    assert ExplainerError("What.", name).problem.todo == shown


def test_texts_of_files_keep_their_lines():
    assert printable("a\r\n\tb\n") == "a\r\n\tb\n"
