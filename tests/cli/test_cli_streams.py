"""Standard streams, folders and displays as they are found: one sentence and exit code 1, never a traceback."""

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from explainer import __version__, dispatch, terminal
from explainer.cli import main
from explainer.commands import bootstrap, display, doctor
from explainer.core import paths
from explainer.core.context import Settings
from explainer.core.words import printable

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux")
START = f'"{sys.executable}" -m explainer'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, timeout=120, env={**os.environ, **environment}, check=False
    )


# Standard output ----------------------------------------------------------------------------------------


@posix
def test_output_that_is_closed_or_full_is_a_sentence() -> None:
    closed = shell(f"{START} --version >&-; echo $? >&2")
    assert closed.stderr.decode().splitlines() == [
        "The output could not be written to standard output: it is closed.", "1",
    ]  # fmt: skip
    if Path("/dev/full").exists():
        full = shell(f"{START} --help >/dev/full; echo $? >&2")
        assert "No space left on device." in full.stderr.decode().splitlines()[0]
        assert full.stderr.decode().splitlines()[1:] == ["1"]


@posix
def test_a_reader_that_left_hears_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-m", "explainer", "--help"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@posix
def test_errors_that_nobody_can_read_change_nothing() -> None:
    done = shell(f"{START} rendr 2>&-; echo $?; {START} rendr 2>/dev/full; echo $?; {START} --version <&- 2>&-")
    assert done.stdout.decode().splitlines() == ["2", "2", f"explainer {__version__}"]


@posix
@pytest.mark.parametrize("encoding", ["ascii:strict", "cp1252", "utf-16"])
def test_any_encoding_of_the_console(encoding: str) -> None:
    done = shell(f"{START} --help; {START} \"$(printf 'caf\\351')\"", PYTHONIOENCODING=encoding)
    name = encoding.split(":", maxsplit=1)[0]
    assert "COMMAND --help" in done.stdout.decode(name)
    assert "there is no command caf" in done.stderr.decode(name)
    assert done.returncode == 2


def test_json_is_json_in_any_encoding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    text = capsys.readouterr().out
    codecs.register_error("explainer.plain", terminal._plain)
    assert len(json.loads(text.encode("ascii", "explainer.plain"))) == len(json.loads(text))


def test_signs_that_a_console_lacks_become_their_like() -> None:
    assert terminal._plain(UnicodeEncodeError("ascii", "“”–σ", 0, 4, ""))[0] == "''-?"


def test_printable_reads_bytes_that_are_utf8_after_all() -> None:
    assert printable("caf\udcc3\udca9") == "café"
    assert printable("caf\udce9") == "caf\ufffd"
    assert printable("half \ud83d") == "half \ufffd"


# What nobody reckoned with ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("x"), "Something unexpected went wrong (KeyError: 'x')"),
        (RecursionError(), "(RecursionError)"),
        (MemoryError(), "not enough memory"),
        (ImportError("libGL.so.1: cannot open shared object file"), "Install the system's package"),
        (PermissionError(13, "Permission denied", "a\nb"), "Permission denied"),
    ],
)
def test_an_unexpected_error_is_one_sentence(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(bootstrap, "demos", fail)
    assert main(["list"]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.splitlines()) == 1
    monkeypatch.setenv(terminal.DEBUG, "1")
    assert main(["list"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_dispatch_names_no_command_with_strange_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.code(["r\udce9n\n"]) == 2
    assert capsys.readouterr().err.startswith("explainer: there is no command r\ufffdn ;")


# Displays -----------------------------------------------------------------------------------------------

NO_DISPLAY = {
    "none at all": ({}, "There is no display"),
    "unknown platform": ({"QT_QPA_PLATFORM": "nonsense"}, "no platform called “nonsense”"),
    "nothing to draw on": ({"QT_QPA_PLATFORM": "linuxfb:fb=/nope"}, "cannot open a window with the platform “linuxfb”"),
    "a path": ({"QT_QPA_PLATFORM": "../../x"}, "no platform called"),
    "nobody answers": ({"DISPLAY": ":4711"}, ""),
}


@linux
@pytest.mark.parametrize(("given", "words"), NO_DISPLAY.values(), ids=NO_DISPLAY)
def test_a_display_that_is_not_there_is_a_sentence(
    given: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    why = display.missing()
    assert why is not None
    assert words in why
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.missing() is None


@linux
def test_pictures_need_no_display_and_have_the_pixels_that_were_asked_for(tmp_path: Path) -> None:
    """One process for all of it: the display is dead, everything scales, and the names are any bytes."""
    code = (
        "import sys; from explainer.cli import main\n"
        "assert main(['shot', '--demo', 'convolution-microscope', '--size', '300x200', '--out', sys.argv[1]]) == 0\n"
        "sys.exit(main(['render', 'convolution-microscope', '--source', sys.argv[3], '--size', '300x200', '--out',\n"
        "               sys.argv[2]]))"
    )
    out, source = os.fsencode(tmp_path) + b"/o\xe9", os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(source)).write_bytes((paths.samples() / "cat.jpg").read_bytes())
    scales = {"QT_SCALE_FACTOR": "2", "QT_SCREEN_SCALE_FACTORS": "2", "QT_FONT_DPI": "200"}
    environment = {**os.environ, **scales, "QT_QPA_PLATFORM": "nonsense", "DISPLAY": ":4711"}
    done = subprocess.run(
        [sys.executable, "-c", code, os.fsencode(tmp_path) + b"/s\xe9.png", out, source],
        capture_output=True, env=environment, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    from PySide6.QtGui import QImage

    pictures = [Path(os.fsdecode(os.fsencode(tmp_path) + b"/s\xe9.png")), *Path(os.fsdecode(out)).glob("*.png")]
    assert len(pictures) > 1
    for picture in pictures:
        image = QImage.fromData(picture.read_bytes())
        assert (image.width(), image.height()) == (300, 200), picture
    result = json.loads(Path(os.fsdecode(out), "result.json").read_bytes().decode("utf-8"))
    assert result["source"].endswith("/caf\ufffd.jpg")
    assert result["source_bytes"].endswith("/caf%E9.jpg")


# Folders ------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("where", ["/proc/nope", "file"])
def test_a_home_that_cannot_be_written_stops_nothing(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / where))
    assert main(["models"]) == 0
    assert "efficientnet-lite0" in capsys.readouterr().out
    from explainer.runtime.keeping import take_place
    from explainer.shell import style

    assert Path(style._tinted("sun", "#123456")).is_file()
    assert "nothing will be remembered" in getattr(take_place(), "what", "")
    assert len(doctor.folders(Settings())["problems"]) == 2


def test_a_file_where_the_folder_should_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    for command in (["render", "saliency"], ["shot"]):
        out = tmp_path / "file" / "x.png"
        assert main([*command, "--out", str(out)]) == 1
        captured = capsys.readouterr()
        assert len(captured.err.splitlines()) == 1
        assert "could not be made" in captured.err
