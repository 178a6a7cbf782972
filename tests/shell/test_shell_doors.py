"""All doors alike: whatever a picture comes in by, it is the same picture, with the same note, or the same refusal."""

import os
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote_from_bytes

import numpy as np
import pytest
from PIL import Image as Pil
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog
from shell_fakes import Heard, photo

from explainer.core.problem import ExplainerError
from explainer.runtime.keeping import take_place
from explainer.sources import kept_pictures
from explainer.sources.opening import open_source

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def urls(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def raw(text):
    data = QMimeData()
    data.setData("text/uri-list", text if isinstance(text, bytes) else text.encode())
    return data


def words(text):
    data = QMimeData()
    data.setText(text)
    return data


def drop(window, data):
    enter = QDragEnterEvent(window.rect().center(), Qt.DropAction.CopyAction, data, LEFT, NONE)
    window.dragEnterEvent(enter)
    assert enter.isAccepted(), "the window does not even let it in"
    window.dropEvent(QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, LEFT, NONE))


def paste(window, data):
    QGuiApplication.clipboard().setMimeData(data)
    window.actions["paste"].trigger()


def ask(window, path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(path))
    window.actions["open-folder" if path.is_dir() else "open"].trigger()


def address(path):
    return "file://" + quote_from_bytes(os.fsencode(path))


DOORS = {
    "open": lambda window, path, patch: ask(window, path, patch),
    "recent list": lambda window, path, _: window.bar.opened.emit(str(path)),
    "drop": lambda window, path, _: drop(window, urls(path)),
    "drop of an address": lambda window, path, _: drop(window, raw(f"{address(path)}\r\n")),
    "drop of an address with a host": lambda window, path, _: drop(
        window, raw(address(path).replace("file://", "file://localhost"))
    ),
    "drop of words": lambda window, path, _: drop(window, words(f"{path}\n")),
    "drop of quoted words": lambda window, path, _: drop(window, words(f' "{path}" ')),
    "paste": lambda window, path, _: paste(window, urls(path)),
    "paste of words": lambda window, path, _: paste(window, words(str(path))),
    "paste of an address": lambda window, path, _: paste(window, words(address(path))),
}  # fmt: skip


def clear(path):
    pixels = np.zeros((48, 64, 4), np.uint8)
    pixels[:24] = (200, 30, 60, 255)
    Pil.fromarray(pixels).save(path)


def spaced(path):
    photo(path, 77)


def broken(path):
    path.write_bytes(b"\x89PNG\r\n no picture")


def nothing(_path):
    """No file at all."""


def folder(path):
    path.mkdir()
    photo(path / "one.png", 10)
    photo(path / "two.png", 20)


CASES = {
    "clear.png": clear, "R&D 100% #1?.png": spaced, "ü–漢 <b>.png": spaced, "broken.png": broken, "gone.png": nothing,
    "holiday": folder,
}  # fmt: skip


class Seen:
    """What came of opening something, for a comparison between doors."""

    def __init__(self, window):
        conductor = window.conductor
        self.problem = window.heard.problems[-1] if window.heard.problems else None
        self.what = None
        if self.problem is None:
            frame = conductor.frame
            self.what = (conductor.source_spec, conductor.opened.title, conductor.opened.kind, frame.notes)
            self.bar = window.bar.title.toolTip()
            self.pixels = frame.pixels.tobytes()

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return f"{self.problem or self.what}"


def settled(window, qtbot):
    conductor, heard = window.conductor, window.heard

    def done():
        if any(heard.problems):
            return True
        return bool(heard.opened and conductor.frame and conductor.frame.source_id == heard.opened[-1])

    qtbot.waitUntil(done)
    qtbot.waitUntil(lambda: conductor.scheduler.idle.is_set())
    qtbot.wait(5)
    return Seen(window)


def listening(window):
    window.heard = Heard(window.conductor)
    window.heard.opened = []
    window.conductor.source_changed.connect(
        lambda: window.heard.opened.append(window.conductor.opened.source_id), Qt.ConnectionType.DirectConnection
    )
    return window


def through(window, door, path, qtbot, monkeypatch):
    """Open `path` by one door after the window has shown another picture."""
    window.heard.opened.clear()
    window.conductor.open("sample:cat")
    qtbot.waitUntil(lambda: bool(window.heard.opened))
    settled(window, qtbot)
    window.heard.opened.clear()
    window.heard.problems.clear()
    DOORS[door](window, path, monkeypatch)
    return settled(window, qtbot)


def started(house, session, qtbot):
    window = listening(house.window(session))
    qtbot.addWidget(window)
    window.show()
    window.start()
    return window


@pytest.fixture(autouse=True)
def empty_clipboard(qapp):
    """Leave nothing there: what still lies on it when the program ends is deleted twice."""
    yield
    QGuiApplication.clipboard().clear()


@pytest.fixture
def window(house, qtbot):
    made = started(house, house.session, qtbot)
    settled(made, qtbot)
    return made


@pytest.mark.parametrize("name", CASES)
def test_every_door_shows_the_same_picture_or_the_same_refusal(window, house, qtbot, monkeypatch, name):
    path = house.folder / "here" / name
    path.parent.mkdir()
    CASES[name](path)
    expected = through(window, "open", path, qtbot, monkeypatch)
    assert (expected.problem is None) == (name not in ("broken.png", "gone.png"))
    for door in DOORS:
        assert through(window, door, path, qtbot, monkeypatch) == expected, door
    for session in (replace(house.session, source=str(path)), replace(house.session, source=address(path))):
        begun = started(house, session, qtbot)
        assert settled(begun, qtbot) == expected, "command line or session"
    monkeypatch.chdir(path.parent)
    begun = started(house, replace(house.session, source=name), qtbot)
    assert settled(begun, qtbot) == expected, "a relative path on the command line"
    assert begun.remembered().source == str(path)


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode elsewhere")
@pytest.mark.parametrize("door", ["drop of an address", "paste of an address", "open"])
def test_a_name_that_is_not_utf8_comes_through(window, house, qtbot, monkeypatch, door):
    path = Path(os.fsdecode(os.fsencode(house.folder) + b"/r\xe9sum\xe9.png"))
    photo(path, 99)
    seen = through(window, door, path, qtbot, monkeypatch)
    assert seen.what[0] == str(path)
    assert window.bar.title.text().startswith("r�sum")
    keeper = take_place(house.folder / "settings")
    keeper.keep(window.remembered)
    assert keeper.opening().session.source == str(path)
    keeper.end()


# What comes without a file ------------------------------------------------------------------------------


def pixels_of(path):
    data = QMimeData()
    data.setImageData(QImage(str(path)))
    return data


def encoded(path):
    data = QMimeData()
    data.setData("image/png", path.read_bytes())
    return data


@pytest.mark.parametrize("bring", [pixels_of, encoded])
@pytest.mark.parametrize("door", [paste, drop])
def test_pixels_are_the_picture_of_their_file(window, house, qtbot, monkeypatch, bring, door):
    path = house.folder / "clear.png"
    clear(path)
    expected = through(window, "open", path, qtbot, monkeypatch)
    window.heard.opened.clear()
    door(window, bring(path))
    seen = settled(window, qtbot)
    assert (seen.pixels, seen.what[3]) == (expected.pixels, expected.what[3])


def test_a_pasted_picture_is_kept_and_found_again(window, house, qtbot):
    path = house.folder / "clear.png"
    # Kept pictures are found by their pixels, also under the name that another door gave: these are no other test's.
    picture = QImage(37, 23, QImage.Format.Format_RGB32)
    picture.fill(0xFF3A7B21)
    assert picture.save(str(path))
    window.heard.opened.clear()
    paste(window, pixels_of(path))
    seen = settled(window, qtbot)
    spec = window.conductor.source_spec
    assert Path(spec).name.startswith("Pasted ")
    assert window.remembered().source == spec
    assert window.remembered().recent[0] == spec
    again = settled(started(house, window.remembered(), qtbot), qtbot)
    assert (again.pixels, again.what[0]) == (seen.pixels, spec)
    window.heard.opened.clear()
    paste(window, pixels_of(path))
    settled(window, qtbot)
    assert window.conductor.source_spec == spec, "the same picture is kept once"


def test_a_pasted_picture_that_cannot_be_kept_is_shown_with_a_remark(window, house, qtbot, monkeypatch):
    def full(*_):
        raise ExplainerError("The disk is full.")

    monkeypatch.setattr(kept_pictures, "keep", full)
    path = house.folder / "clear.png"
    clear(path)
    window.heard.opened.clear()
    paste(window, pixels_of(path))
    settled(window, qtbot)
    assert window.conductor.source_spec == ""
    assert "The pasted picture could not be kept, so the next start will not find it." in window.heard.notes


def test_a_picture_inside_an_address_is_opened(window, house, qtbot):
    import base64

    data = raw("data:image/png;base64," + base64.b64encode(Path(house.pictures[1]).read_bytes()).decode())
    window.heard.opened.clear()
    drop(window, data)
    settled(window, qtbot)
    np.testing.assert_array_equal(window.conductor.frame.pixels, np.asarray(Pil.open(house.pictures[1])))


def test_of_a_file_and_its_small_picture_the_file_is_taken(window, house, qtbot):
    data = urls(house.pictures[2])
    small = QImage(8, 8, QImage.Format.Format_RGB32)
    small.fill(QColor("red"))
    data.setImageData(small)
    window.heard.opened.clear()
    paste(window, data)
    assert settled(window, qtbot).what[0] == house.pictures[2]


def test_of_several_files_the_first_is_shown_and_that_is_said(window, house, qtbot):
    window.heard.opened.clear()
    drop(window, urls(*house.pictures))
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[0])
    assert "3 files were dropped; the first one is shown." in window.heard.notes


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a poem about cats", "The text on the clipboard is neither a path nor an address."),
        ("   ", "There is no picture on the clipboard."),
        (None, "There is no picture on the clipboard."),
    ],
)
def test_what_is_nothing_is_said_when_pasted(window, text, sentence):
    paste(window, QMimeData() if text is None else words(text))
    assert window.strip.note.text() == sentence


def test_what_is_nothing_is_said_when_dropped(window):
    drop(window, words("a poem about cats"))
    assert window.strip.note.text() == "What was dropped is neither a picture nor a file."


@pytest.mark.parametrize("door", [paste, drop])
@pytest.mark.parametrize(
    "spec", ["ftp://example.org/cat.jpg", "rtsp://camera.local/stream", "file://elsewhere/cat.jpg"]
)
def test_an_address_that_is_not_fetched_is_refused_in_a_sentence(window, qtbot, door, spec):
    window.heard.problems.clear()
    door(window, raw(spec))
    qtbot.waitUntil(lambda: any(window.heard.problems))
    assert window.heard.problems[-1] == open_source(spec)
    assert window.stage.problem.isVisible()


def test_the_next_file_is_looked_for_beside_the_present_one(window, house, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (asked.append(args[2]), ("", ""))[1])
    window.actions["open"].trigger()
    window.heard.opened.clear()
    paste(window, pixels_of(house.pictures[1]))
    settled(window, qtbot)
    window.actions["open"].trigger()
    assert asked == [str(house.folder), str(Path.home())]


# The recent list ----------------------------------------------------------------------------------------


def test_a_file_that_has_vanished_stays_in_the_list_and_says_so(window, house, qtbot):
    gone = Path(photo(house.folder / "soon gone.png"))
    window.conductor.open(str(gone))
    qtbot.waitUntil(lambda: window.conductor.source_spec == str(gone))
    window.conductor.open(house.pictures[1])
    qtbot.waitUntil(lambda: window.conductor.source_spec == house.pictures[1])
    gone.unlink()
    window.heard.problems.clear()
    entry = next(a for a in window.bar.source.menu().actions() if a.text() == "soon gone.png")
    entry.trigger()
    qtbot.waitUntil(lambda: any(window.heard.problems))
    assert "soon gone.png" in window.heard.problems[-1].what
    assert str(gone) in window.conductor.session.recent
    assert window.conductor.source_spec == house.pictures[1]


# Addresses of the web -----------------------------------------------------------------------------------


@pytest.fixture
def web(house, monkeypatch):
    """A server of this machine with a picture; `served.asked` lists what was asked for."""
    from loopback import Answer, serving

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    picture = Path(house.pictures[2]).read_bytes()
    go_on = threading.Event()
    answers = {
        "/cat.png": Answer(picture), "/page": Answer(b"<html>", Content_Type="text/html"),
        "/slow.png": Answer(picture[:40], go_on, picture[40:]),
    }  # fmt: skip
    with serving(answers) as (base, asked):
        yield base, asked
        go_on.set()


def answer(window, label):
    (button,) = [one for one in window.panes.questions.buttons if one.text() == label]
    button.click()


def link(_window, path, address):
    path.write_text(f"[InternetShortcut]\nURL={address}\n", encoding="ascii")
    return str(path)


WEB_DOORS = {
    "drop": lambda window, address, _: drop(window, raw(address)),
    "drop of words": lambda window, address, _: drop(window, words(address)),
    "paste": lambda window, address, _: paste(window, raw(address)),
    "paste of words": lambda window, address, _: paste(window, words(f"{address}\n")),
    "recent list": lambda window, address, _: window.bar.opened.emit(address),
    "link file": lambda window, address, folder: drop(window, urls(link(window, folder / "cat.url", address))),
}


@pytest.mark.parametrize("door", WEB_DOORS)
def test_an_address_is_fetched_when_somebody_says_so(window, house, qtbot, web, door):
    base, asked = web
    WEB_DOORS[door](window, f"{base}/cat.png", house.folder)
    questions = window.panes.questions
    assert questions.text.text() == f"Fetch this picture from {base.removeprefix('http://')}?"
    assert window.heard.notes[-1] == f"Nothing is fetched from {base.removeprefix('http://')} until you say so."
    assert asked == []
    window.heard.opened.clear()
    answer(window, "Fetch")
    seen = settled(window, qtbot)
    assert seen.what[1] == "cat.png"
    np.testing.assert_array_equal(window.conductor.frame.pixels, np.asarray(Pil.open(house.pictures[2])))
    assert not questions.isVisible()
    assert asked == ["/cat.png"]


def test_an_address_on_the_command_line_is_asked_about_beside_the_usual_picture(house, qtbot, web):
    base, asked = web
    window = started(house, replace(house.session, source=f"{base}/cat.png"), qtbot)
    qtbot.waitUntil(window.panes.questions.isVisible)
    settled(window, qtbot)
    assert window.conductor.source_spec == "sample:cat"
    answer(window, "Do not fetch")
    assert not window.panes.questions.isVisible()
    assert asked == []


def test_what_is_no_picture_is_a_card(window, qtbot, web):
    window.conductor.open(f"{web[0]}/page")
    answer(window, "Fetch")
    qtbot.waitUntil(lambda: any(window.heard.problems))
    assert "sent a web page, not a picture" in window.heard.problems[-1].what
    assert not window.panes.questions.isVisible()


def test_a_fetch_can_be_given_up(window, qtbot, web):
    window.conductor.open(f"{web[0]}/slow.png")
    answer(window, "Fetch")
    qtbot.waitUntil(lambda: "MB" in window.panes.questions.text.text())
    assert window.panes.questions.progress.isVisible()
    answer(window, "Cancel")
    assert not window.panes.questions.isVisible()
    assert window.conductor.source_spec.endswith("a.png")


def test_another_address_takes_the_place_of_the_first(window, house, qtbot, web):
    window.conductor.open(f"{web[0]}/slow.png")
    answer(window, "Fetch")
    window.conductor.open(f"{web[0]}/cat.png")
    window.heard.opened.clear()
    answer(window, "Fetch")
    assert settled(window, qtbot).what[1] == "cat.png"
