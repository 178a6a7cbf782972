"""What ``shot --measure`` writes: shares of the stage, and what does not fit."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QPushButton

from explainer import cli
from explainer.shell import measuring

GROUND, INK = (220, 219, 215), (10, 20, 30)


def painted(height: int, width: int, *blocks: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Picture of the ground with blocks (top, left, bottom, right) of ink."""
    rgb = np.full((height, width, 3), GROUND, np.uint8)
    for top, left, bottom, right in blocks:
        rgb[top:bottom, left:right] = INK
    return rgb


def test_the_largest_blank_is_found() -> None:
    assert measuring.blank_share(painted(40, 80)) == 1.0
    assert measuring.blank_share(painted(40, 80, (0, 8, 40, 12))) == pytest.approx(68 / 80)
    assert measuring.blank_share(painted(40, 80, (16, 0, 20, 80))) == pytest.approx(20 / 40)


def test_the_largest_rectangle_is_that_of_all_of_them() -> None:
    empty = np.random.default_rng(4).random((9, 11)) < 0.7
    tops, lefts = range(empty.shape[0]), range(empty.shape[1])
    areas = [
        (bottom - top + 1) * (right - left + 1)
        for top, left in product(tops, lefts)
        for bottom, right in product(tops[top:], lefts[left:])
        if empty[top : bottom + 1, left : right + 1].all()
    ]
    assert measuring.largest(empty) == max(areas)


def test_words_that_do_not_fit_are_clipped(qtbot) -> None:  # type: ignore[no-untyped-def]
    for widget in (QLabel("A fairly long text"), QPushButton("A fairly long text")):
        qtbot.addWidget(widget)
        widget.resize(widget.sizeHint())
        assert not measuring._is_clipped(widget)
        widget.resize(30, widget.height())
        assert measuring._is_clipped(widget)


@pytest.mark.parametrize(("text", "cut"), [("Open…", False), ("Last: head · 1,28… maps", True), ("Brabançon", False)])
def test_what_ends_with_dots_on_purpose_is_not_cut(text: str, cut: bool) -> None:
    assert measuring._is_elided(text) is cut


def test_shot_writes_measures_beside_the_picture(tmp_path: Path) -> None:
    out = tmp_path / "seen.png"
    assert cli.main(["shot", "--demo", "grad-cam", "--source", "sample:dog", "--out", str(out), "--measure"]) == 0
    found = json.loads(out.with_suffix(".json").read_text("utf8"))
    assert found["window"] == [1280, 800]
    assert 0.38 < found["heroes"] < found["pictures"] < 1
    assert found["heroes_of_window"] < found["heroes"]
    assert found["outside"] == found["overlapping"] == []
