"""INT, TERM and HUP: an orderly end, nothing half-written, and the exit code that shells know."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explainer import stopping
from explainer.cli import main

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

# The signal comes while the second frame is being drawn, inside a paintEvent.
DRAWING = """
import os, signal, sys
from explainer.cli import main
from explainer.commands import sheet
show, seen = sheet.PanelView.show_panel, []
def hit(*given):
    seen.append(1)
    if len(seen) == 2:
        os.kill(os.getpid(), getattr(signal, name))
    return show(*given)
sheet.PanelView.show_panel = hit
name = sys.argv.pop()
sys.argv[1:] = ["render", "convolution-microscope", "--source", "sample:drift", "--video", "--out", sys.argv[1]]
sys.exit(main())
"""
# It comes while Qt is being imported.
LOADING = """
import os, signal, sys
class Hit:
    def find_spec(self, name, path=None, target=None):
        if name == "PySide6.QtWidgets":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Hit())
from explainer.cli import main
sys.argv[1:] = ["render", "convolution-microscope", "--out", sys.argv[1]]
sys.exit(main())
"""
# It comes when the window has painted. Where the tests run under ``nohup`` HUP is ignored, and the program heeds that.
WINDOW = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from explainer.commands import first_paint
class Hit(first_paint.FirstPaint):
    def customEvent(self, event):
        super().customEvent(event)
        os.kill(os.getpid(), signal.SIGHUP)
first_paint.FirstPaint = Hit
from explainer.cli import main
sys.argv[1:] = ["--demo", "convolution-microscope"]
sys.exit(main())
"""


def run(code: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "EXPLAINER_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, env=environment
    )


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_a_film_is_drawn(name: str, code: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(DRAWING, str(out), name, home=tmp_path / "home")
    assert done.returncode == code, done.stderr
    assert set(done.stderr.splitlines()) == {"Stopped."}
    assert list(out.iterdir()) == []


@posix
def test_a_signal_while_qt_is_loaded(tmp_path: Path) -> None:
    done = run(LOADING, str(tmp_path / "out"), home=tmp_path / "home")
    assert done.returncode == 130, done.stderr
    assert set(done.stderr.splitlines()) == {"Stopped."}


@posix
def test_a_signal_closes_the_window_as_its_button_does(tmp_path: Path) -> None:
    done = run(WINDOW, home=tmp_path / "home")
    assert done.returncode == 129, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "home" / "config" / "session.json").exists()
    assert not (tmp_path / "home" / "config" / "session.running").exists()


def test_who_asks_is_told_once_and_forgotten_afterwards() -> None:
    told = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with stopping.listening():
        with stopping.telling(told.set):
            signal.raise_signal(signal.SIGINT)
            assert told.wait(10)
        assert stopping.asked() == signal.SIGINT
        late = threading.Event()
        with stopping.telling(late.set):
            assert late.is_set()
        with pytest.raises(stopping.Stopped):
            stopping.check()
    assert stopping.asked() == 0
    assert signal.getsignal(signal.SIGINT) is before


@posix
def test_a_second_signal_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, threading, pathlib, time\n"
        "from explainer import stopping; from explainer.core import writing\n"
        "stopping.BOUNCE_S, stopping.GRACE_S = 0.001, 1000.0\n"
        "stopping.listen(); told = threading.Event()\n"
        "with stopping.telling(told.set), writing.written(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGTERM); told.wait()\n"
        "    while True:\n"
        "        os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.05)\n"
    )
    done = run(code, str(tmp_path / "a.txt"), home=tmp_path)
    assert done.returncode == 143
    assert list(tmp_path.iterdir()) == []


def test_commands_in_another_thread_leave_signals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [0]
