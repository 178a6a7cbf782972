"""Foreign words letter by letter, numbers with both signs, names of saved pictures."""

from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QImage, QValidator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QWidget

from explainer.core.problem import Problem
from explainer.render.look import look
from explainer.shell import saving
from explainer.shell.cards import ProblemCard
from explainer.shell.number_box import NumberBox
from explainer.shell.plain import Words, menu_text, reading_text, tip
from explainer.shell.strip import Strip

HOSTILE = '<img src="x">.png is damaged.'


@pytest.mark.parametrize("language", ["en_US", "de_DE", "fr_FR", "ar_EG"])
@pytest.mark.parametrize(("typed", "value"), [("0.2", 0.2), ("0,2", 0.2), ("−0,25", -0.25)])
def test_a_number_box_reads_both_signs_in_every_language(qtbot, language: str, typed: str, value: float) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(language))
    try:
        box = NumberBox(decimals=2, minimum=-1, maximum=5)
        qtbot.addWidget(box)
        box.setValue(1.5)
        assert box.text() == "1.50"
        box.selectAll()
        box.lineEdit().insert(typed)  # keyClicks types Latin letters only
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert box.value() == value
    finally:
        QLocale.setDefault(before)


def test_a_number_box_keeps_its_value_where_what_is_typed_is_none_or_outside(qtbot) -> None:
    box = NumberBox(decimals=1, minimum=0, maximum=5)
    qtbot.addWidget(box)
    box.setSuffix(" px")
    box.setValue(2.5)
    assert box.validate("x", 1)[0] == QValidator.State.Invalid
    assert box.validate("9 px", 1)[0] == QValidator.State.Intermediate
    assert box.validate("4,5 px", 1)[0] == QValidator.State.Acceptable
    box.selectAll()
    QTest.keyClicks(box.lineEdit(), "9")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 2.5


def test_a_whole_number_box_takes_thousands(qtbot) -> None:
    box = NumberBox(decimals=0, minimum=0, maximum=5000)
    qtbot.addWidget(box)
    assert box.valueFromText("1,280") == 1280


def test_no_label_of_the_shell_guesses_what_a_text_is(qtbot) -> None:
    """Every label but the two that hold our own markup is plain, whoever made it."""
    parent = QWidget()
    qtbot.addWidget(parent)
    card = ProblemCard(look(), parent)
    card.show_problem(Problem(HOSTILE, HOSTILE))
    strip = Strip(look())
    qtbot.addWidget(strip)
    strip.say(HOSTILE)
    labels = [*card.findChildren(QLabel), *strip.findChildren(QLabel)]
    assert sum(label.text() == HOSTILE for label in labels) == 3
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert "<img" not in strip.note.toolTip()


def test_the_shell_makes_no_label_of_qts_own_kind() -> None:
    folder = Path(saving.__file__).parent
    made = [f"{f.name}: {line.strip()}" for f in folder.rglob("*.py") for line in f.read_text().splitlines()
            if " QLabel(" in line]  # fmt: skip
    allowed = {"source_bar.py: self.title = QLabel()", "head.py: self.reading = QLabel(self, wordWrap=True)"}
    assert set(made) == allowed


def test_tips_menus_and_readings_show_brackets_and_ampersands() -> None:
    assert "&lt;img" in tip(HOSTILE)
    assert tip("cat & dog.png") == "cat & dog.png"
    assert tip("a &lt;b&gt;.png") == "<span>a &amp;lt;b&amp;gt;.png</span>"
    assert menu_text("R&D.jpg") == "R&&D.jpg"
    label = Words()
    label.setText(HOSTILE)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert reading_text("score <0.01 of <img src='x'>") == "score &lt;0.01 of &lt;img src='x'>"


# Saving -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "chosen", "file"),
    [
        ("figure", "PNG (*.png)", "figure.png"), ("figure", "JPEG (*.jpg *.jpeg)", "figure.jpg"),
        ("figure.v2", "", "figure.v2.png"), ("figure.JPG", "PNG (*.png)", "figure.JPG"), ("a.webp", "", "a.webp"),
    ],
)  # fmt: skip
def test_a_saved_picture_ends_as_it_was_meant(typed: str, chosen: str, file: str) -> None:
    assert saving.target(typed, chosen) == Path(file)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.jpg", b"\xff\xd8\xff"), ("a.webp", b"RIFF")])
def test_the_bytes_are_what_the_ending_says(tmp_path: Path, name: str, start: bytes) -> None:
    from explainer.render import headless

    image = QImage(8, 6, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    headless.save(image, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
    assert QImage(str(tmp_path / name)).size() == image.size()


@pytest.mark.parametrize("answer", [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.Cancel])
def test_what_is_there_is_replaced_only_when_one_says_so(qtbot, monkeypatch, tmp_path: Path, answer) -> None:
    (tmp_path / "figure.png").write_bytes(b"old")
    chosen = (str(tmp_path / "figure"), "PNG (*.png)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_a, **_k: chosen))
    monkeypatch.setattr(QMessageBox, "exec", lambda _self: answer)
    parent = QWidget()
    qtbot.addWidget(parent)
    path = saving.ask(parent, "x.png")
    assert path == (tmp_path / "figure.png" if answer == QMessageBox.StandardButton.Yes else None)
