"""``explainer bench``: the promised shape, and what it does without where nothing is painted."""

import json
import multiprocessing
import os
import subprocess
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from explainer.cli import main
from explainer.commands.beside import beside

KEYS = {
    "demo", "device", "threads", "forward_ms", "floor_ms", "explain_ms", "frame_ms", "latency_ms",
    "explain_over_floor", "frame_over_forward", "peak_mb",
}  # fmt: skip
BARE = (
    "import sys; from explainer.cli import main; code = main(sys.argv[1:]); "
    "print(sorted(name for name in ('PySide6', 'pyqtgraph', 'captum', 'torch') if name in sys.modules), "
    "file=sys.stderr); sys.exit(code)"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))


def test_without_paint_it_needs_neither_qt_nor_captum() -> None:
    flags = ["--json", "--no-paint", "--rounds", "2", "--threads", "1", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-c", BARE, "bench", "grad-cam", "saliency", *flags],
        capture_output=True, text=True, timeout=120, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "['torch']\n"
    rows = json.loads(done.stdout)
    assert [row["demo"] for row in rows] == ["grad-cam", "saliency"]
    for row in rows:
        assert set(row) == KEYS
        assert (row["device"], row["threads"]) == ("cpu", 1)
        assert min(row["forward_ms"], row["floor_ms"], row["explain_ms"]) > 0
        assert row["explain_over_floor"] == pytest.approx(row["explain_ms"] / row["floor_ms"], abs=2e-3)
        assert row["frame_ms"] is row["latency_ms"] is row["frame_over_forward"] is None


def test_a_demo_without_a_floor_has_null_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "correlation-tracker", "--json", "--no-paint", "--rounds", "2"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row) == KEYS
    assert row["forward_ms"] is row["floor_ms"] is row["explain_over_floor"] is None
    assert row["explain_ms"] >= 0


def test_a_demos_own_network_is_timed_bare_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "object-detector", "--json", "--no-paint", "--rounds", "2"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert 0 < row["forward_ms"] < 3 * row["explain_ms"]
    assert row["floor_ms"] is None


def test_an_unknown_demo_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "grad-cm", "--no-paint"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "There is no demo called grad-cm. Did you mean grad-cam?\n"


def test_the_recipe_is_timed_beside_its_bare_loop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explainer.vision.training.bare.STEPS", 4)
    assert main(["bench", "train-small-net", "--json", "--no-paint", "--rounds", "1"]) == 0
    _, row = json.loads(capsys.readouterr().out)
    assert row["demo"] == "recipe against its bare loop"
    assert set(row) == KEYS
    assert row["explain_over_floor"] == pytest.approx(row["explain_ms"] / row["floor_ms"], abs=2e-3)
    assert row["threads"] == 1


def test_the_bare_loop_and_the_recipe_train_the_same_net_equally_far(monkeypatch: pytest.MonkeyPatch) -> None:
    from explainer.vision.training import bare, digits
    from explainer.vision.training.parts import accuracy

    monkeypatch.setattr(bare, "STEPS", 60)
    test = digits.split().test
    ours = bare.recipe_alone()
    assert ours.step == 60
    assert accuracy(ours.module(), test) == pytest.approx(accuracy(bare.loop(), test), abs=0.08)


def test_beside_busy_processes_the_rows_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--no-paint", "--rounds", "2", "--threads", "1", "--busy", "2"]
    assert main(["bench", "grad-cam", "--json", *flags]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row) == KEYS | {"busy"}
    assert row["busy"] == 2
    assert not _beside()
    assert main(["bench", "correlation-tracker", *flags]) == 0
    assert "1 thread, beside 2 busy processes" in capsys.readouterr().out


def test_busy_processes_end_with_what_they_stand_beside() -> None:
    with pytest.raises(ZeroDivisionError), beside(2):
        working = _beside()
        assert len(working) == 2
        _ = 1 / 0
    assert all(one.exitcode is not None for one in working)
    assert not _beside()


def _beside() -> list[BaseProcess]:
    """Busy processes of this one; other tests of the same worker may keep processes of their own."""
    return [one for one in multiprocessing.active_children() if one.name.startswith("explainer-beside-")]


HOLDS = (
    "import multiprocessing, sys\n"
    "from explainer.commands.beside import beside\n"
    "if __name__ == '__main__':\n"
    "    with beside(1):\n"
    "        print(multiprocessing.active_children()[0].pid, flush=True)\n"
    "        sys.stdin.read()\n"
)


def test_busy_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "holds.py"
    script.write_text(HOLDS, encoding="utf8")
    parent = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    left = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    left.wait(60)
    assert not left.is_running()
