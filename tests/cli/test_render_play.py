"""``explainer render --play``: a picture for each value, and a film in which time runs evenly over the line."""

import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from explainer.cli import main

ARGUMENTS = ("--source", "sample:cat", "--device", "cpu", "--threads", "1", "--size", "200x180")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def play(out: Path, *more: str, demo: str = "grad-cam", name: str = "added") -> int:
    return main(["render", demo, "--play", name, *ARGUMENTS, *more, "--out", str(out)])


def pictures(film: Path) -> list[NDArray[np.uint8]]:
    reader, found = cv2.VideoCapture(str(film)), []
    while (got := reader.read())[0]:
        found.append(np.asarray(got[1], np.uint8))
    return found


def test_numbered_pictures_end_with_what_was_not_played(tmp_path: Path) -> None:
    assert play(tmp_path / "out", "--seconds", "2", "--fps", "2") == 0
    names = sorted(file.name for file in (tmp_path / "out").glob("added-*.png"))
    assert names == [f"added-{k:04}.png" for k in range(1, 6)]
    shown = [cv2.imread(str(tmp_path / "out" / name)) for name in names]
    assert len({one.shape for one in shown}) == 1
    assert all((one != other).any() for one, other in pairwise(shown))
    found = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf8"))
    assert found["params"]["added"] == 1280
    assert found["play"]["counted"] == "1,280 of 1,280 maps"
    assert main(["render", "grad-cam", *ARGUMENTS, "--out", str(tmp_path / "plain")]) == 0
    plain = json.loads((tmp_path / "plain" / "result.json").read_text(encoding="utf8"))
    assert found["values"] == plain["values"]
    assert found["reading"] == plain["reading"]


def test_a_film_lasts_as_long_as_it_should_and_rests_at_its_end(tmp_path: Path) -> None:
    assert play(tmp_path / "out", "--video", "--seconds", "2", "--fps", "4") == 0
    shown = pictures(tmp_path / "out" / "video.mp4")
    assert len(shown) == 2 * 4 + 1 + 4
    change = [float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(shown)]
    assert max(change[:8]) > 1.0
    assert max(change[9:11]) < 0.5  # the codec begins anew at the twelfth
    assert not list((tmp_path / "out").glob("added-*.png"))


def test_what_does_not_play_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(tmp_path / "out", name="layer") == 2
    assert "cannot play layer; it plays added" in capsys.readouterr().err
    assert play(tmp_path / "out", demo="saliency", name="x") == 2
    assert "nothing of it plays" in capsys.readouterr().err
    for wrong in (("--frames", "3"), ("--fps", "0"), ("--seconds", "soon")):
        assert play(tmp_path / "out", *wrong) == 2
    assert main(["render", "grad-cam", *ARGUMENTS, "--seconds", "3", "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
