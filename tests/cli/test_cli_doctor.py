"""``explainer doctor``: once for real in a process of its own, the rest with parts replaced."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from explainer.cli import main
from explainer.commands import bootstrap, doctor, models
from explainer.core.context import Settings
from explainer.core.paths import resource
from explainer.core.problem import ExplainerError, Problem
from explainer.sources.camera import CameraName

Captured = pytest.CaptureFixture[str]
KEYS = {
    "versions", "platform", "device", "devices", "gpu", "threads", "cores", "self_test", "cameras", "folders", "runs",
    "weights", "window_ms", "first_result_ms", "torch_loaded_at_window", "problems",
}  # fmt: skip
START = {"window_ms": 700.0, "first_result_ms": 4200.0, "torch_loaded_at_window": False}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return tmp_path / "home"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second process."""
    monkeypatch.setattr(doctor, "start_times", lambda _settings: dict(START))


def report(capsys: Captured, *flags: str, code: int = 0) -> dict[str, Any]:
    assert main(["doctor", "--json", *flags]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


# For real -----------------------------------------------------------------------------------------------


def test_doctor_json_for_real(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "explainer", "doctor", "--json", "--threads", "1"],
        capture_output=True, text=True, timeout=280, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert set(found) == KEYS
    assert found["problems"] == []
    assert found["versions"]["torch"] == torch.__version__.split("+")[0]
    assert None not in found["versions"].values()
    assert found["device"] in found["devices"]
    assert found["threads"] == 1
    assert 0 < found["window_ms"] < found["first_result_ms"]
    assert found["torch_loaded_at_window"] is False
    assert found["self_test"]["top1"] == "tiger cat"
    shipped = len(json.loads(resource("weights", "manifest.json").read_text("utf8")))
    assert found["weights"] == {"shipped": shipped, "fetched": 0, "own": 0, "bad": []}
    assert Path(found["folders"]["data"]).parent == Path(found["folders"]["config"]).parent == home


# The start ----------------------------------------------------------------------------------------------


def told(stdout: str, code: int = 0) -> Any:
    def run(command: list[str], **rest: Any) -> subprocess.CompletedProcess[str]:
        assert command[-8:-6] == ["doctor", "--child"]
        assert float(rest["env"][doctor.SPAWNED_AT]) > 0
        return subprocess.CompletedProcess(command, code, stdout, "")

    return SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired)


def test_what_the_child_says_is_taken_from_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({**START, "problem": ""})
    monkeypatch.setattr(doctor, "subprocess", told(f"chatter\n{line}\n"))
    assert doctor.start_times(Settings()) == {**START, "problems": []}


def test_a_first_result_that_fails_is_a_problem(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    line = json.dumps({**START, "first_result_ms": None, "problem": "The demo failed. Reset it."})
    monkeypatch.setattr(doctor, "subprocess", told(line, 1))
    found = report(capsys, code=1)
    assert found["window_ms"] == 700.0
    assert found["first_result_ms"] is None
    assert found["problems"] == ["The demo failed. Reset it."]


@pytest.mark.parametrize("stdout", ["", "Segmentation fault\n", "{}\n{"])
def test_a_window_that_does_not_come_is_one_sentence(
    stdout: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(doctor, "subprocess", told(stdout, -11))
    assert main(["doctor"]) == 1
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert "window did not come" in captured.err
    assert "Start" not in captured.out
    assert "Computing" in captured.out  # the rest is said all the same


# Computing and its test ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_on_the_cpu_there_is_nothing_to_compare(capsys: Captured) -> None:
    found = report(capsys, "--device", "cpu")
    assert (found["device"], found["gpu"]) == ("cpu", None)
    assert found["self_test"]["max_abs_difference"] is None
    assert found["self_test"]["passed"] is None
    assert found["self_test"]["max_abs_logit"] > 1


class OtherDevice:
    """A zoo whose second device adds an error to the logits."""

    def __init__(self, error: float) -> None:
        self.error, self.real, self.threads = error, bootstrap.zoo(), 1

    def device(self, wanted: str) -> str:
        return "cpu" if wanted == "cpu" else "mps"

    def card(self, name: str) -> Any:
        return self.real.card(name)

    @contextmanager
    def lease(self, name: str, settings: Settings) -> Iterator[Any]:
        with self.real.lease(name, Settings(device="cpu", threads=1)) as net:
            yield _Off(net, 0.0 if settings.device == "cpu" else self.error)


class _Off:
    def __init__(self, net: Any, error: float) -> None:
        self.prepare, self._net, self._error = net.prepare, net, error

    def logits(self, x: Any, *, stock: bool) -> Any:
        out = self._net.logits(x, stock=stock).clone()
        out[0, 7] += self._error
        return out


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("error", "passes"), [(0.0, True), (0.05, True), (0.4, False), (100.0, False)])
def test_device_is_compared_with_the_cpu(
    error: float, passes: bool, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo = OtherDevice(error)
    monkeypatch.setattr(doctor.bootstrap, "zoo", lambda: zoo)
    found = report(capsys, code=0 if passes else 1)
    assert (found["device"], found["devices"], found["gpu"]) == ("mps", ["cpu", "mps"], "Apple GPU")
    assert found["self_test"]["max_abs_difference"] == pytest.approx(error, abs=1e-5)
    assert found["self_test"]["passed"] is passes
    assert len(found["problems"]) == (not passes)
    assert all("--device cpu" in sentence for sentence in found["problems"])


@pytest.mark.usefixtures("quick")
def test_logits_of_the_self_test_are_the_zoos_own() -> None:
    from explainer.core.paths import samples
    from explainer.sources.reading import Picture, read_picture

    picture = read_picture(samples() / "cat.jpg")
    assert isinstance(picture, Picture)
    logits = doctor._logits("efficientnet-lite0", Settings(device="cpu", threads=1))
    assert logits.shape == (1000,)
    assert bootstrap.zoo().card("efficientnet-lite0").label(int(np.argmax(logits))) == "tiger cat"


# What is broken -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_bad_weights_are_a_problem(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = models.verified()
    monkeypatch.setattr(models, "verified", lambda: [*rows[:-1], (rows[-1][0], Problem("It is damaged.", "Do it."))])
    found = report(capsys, code=1)
    assert found["weights"]["bad"] == found["problems"] == ["It is damaged. Do it."]


@pytest.mark.usefixtures("quick")
def test_steps_that_fail_do_not_keep_the_others_from_being_told(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_settings: Settings) -> dict[str, Any]:
        raise OSError("libtorch_cpu.so: cannot open shared object file\nsecond line")

    def refused(_settings: Settings) -> dict[str, Any]:
        raise ExplainerError("It is not there.", "Install it.")

    monkeypatch.setattr(doctor, "computing", broken)
    monkeypatch.setattr(doctor, "self_test", refused)
    assert main(["doctor"]) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "Computing failed: libtorch_cpu.so: cannot open shared object file",
        "It is not there. Install it.",
    ]
    assert "Weights" in captured.out
    found = report(capsys, code=1)
    assert set(found) == KEYS
    assert found["device"] is None


def test_a_library_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", {"numpy": "numpy", "nothing": "no-such-distribution"})
    assert doctor.versions()["nothing"] is None
    assert doctor.versions()["numpy"] == np.__version__


# For people ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_words_are_aligned_and_say_the_start(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "list_cameras", lambda: (CameraName(2, "Front camera", "V4L2"),))
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "Start     Window on screen after 0.70 s, first result after 4.2 s"
    assert "Cameras   Front camera (camera:2)" in lines
    assert all(line[9] == " " and line[10] != " " for line in lines)
