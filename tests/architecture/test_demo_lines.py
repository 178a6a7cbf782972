"""A demo is short: its own lines are counted, may grow to the limit, and what was reached is held."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 250
SLACK = 30  # lines that may be saved before the table has to say so


def _counter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_lines", ROOT / "packaging" / "demo_lines.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


LINES = {demo: sum(files.values()) for demo, files in _counter().own_lines().items()}

BEFORE = "written before there was a vocabulary; it has to shrink to the limit when it is taken up again"
SAID = "its headline came on top; a few lines have to go again"
EXCEPTIONS = {
    "data/augment_and_retrain": (278, "its samples and bars are drawn as one picture, in the order of their gain"),
    "detection/roi_align": (
        287,
        "its map lies over the picture, its outputs bear names, and it says why a side is off",
    ),
    "explained/picture_gates": (285, "draws its maps over the picture, and gives way to a net that has gates"),
    "learning/receptive_field": (271, "what the unit cannot see is dimmed, and shares end where the picture does"),
    "learning/train_small_net": (276, "its epochs play, beside a wall of digits as they were read at first"),
    "reuse/learning_without_labels": (
        329,
        "six methods, each with its task on a wall, a path, a spectrum and few labels",
    ),
    "robustness/randomised_smoothing": (
        298,
        "a wall of all copies that vote, which is played, and a patch as strong as the proof allows",
    ),
    "tracking/correlation_tracker": (280, "its answer grows as a landscape while the frames play, in 20 lines of it"),
    "data/augmentation_studio": (962, "eighteen cards with their controls are 315 lines of it; the rest has to shrink"),
    "detection/occlusion_and_detection": (
        282,
        "its cover on the object plays, in 30 lines of it, and is drawn as a pane",
    ),
    "detection/anchor_explorer": (587, BEFORE),
    "detection/detector_stages": (527, "six stages with the panels of each; the rest has to shrink"),
    "detection/nms_lab": (496, "boxes can be played dying one by one, and say whom they fit; the rest has to shrink"),
    "detection/object_detector": (453, "its cells glow on a dark photo, with arrows from the one that answers"),
    "explained/attribution_bench": (568, "quick maps come first, in 20 lines of it; the rest has to shrink"),
    "explained/feature_visualization": (424, "its tabs and its search of a folder are 100 lines of it"),
    "explained/integrated_gradients": (315, "its path, which is played, and its bill of shares are 70 lines of it"),
    "explained/occlusion_and_rise": (
        359,
        "windows and masks that gather, which is played, are 80 lines of it, panes 11",
    ),
    "explained/self_attention": (374, "its arrow and its sentence about where a patch looks are 46 lines of it"),
    "learning/backpropagation_stepper": (
        534,
        "drawn as a net from digit to scores, whose way back plays; the rest has to shrink",
    ),
    "learning/convolution_microscope": (
        368,
        "it slides over the picture, in 93 lines of it, and goes on through a ReLU",
    ),
    "learning/pooling_and_shift": (409, "windows from near, below which the picture plays; the rest has to shrink"),
    "robustness/adversarial_panel": (653, "its steps, which are played, are 45 lines of it; the rest has to shrink"),
    "robustness/corruption_bench": (338, "a sheet of all fifteen, a table and whole folders; the rest has to shrink"),
    "robustness/illumination_stress": (
        466,
        "its light falls, in 40 lines of it, to where the answer is lost in 20; the rest has to shrink",
    ),
    "robustness/missing_pixels": (401, "six fills, curves of each, and a play; the rest has to shrink"),
    "robustness/occlusion_stress": (
        560,
        "its box on the object plays, in 65 lines of it, its pane tells the change in 20; the rest has to shrink",
    ),
    "robustness/stress_report": (856, "a sheet of changed answers, and a page; the rest has to shrink"),
    "segmentation/classical_segmentation": (648, "four of its methods play, in 45 lines of it; the rest has to shrink"),
    "tracking/multi_object_tracker": (
        533,
        "its moments, which are played, are 60 lines, its first picture 15; the rest has to shrink",
    ),
    "tracking/single_object_trackers": (
        564,
        "who is on the target and who knows is said in 60 lines; the rest has to shrink",
    ),
}
"""Demos above the limit: the lines that they may have at most, and why."""


def test_all_demos_are_counted() -> None:
    from explainer.demos.finding import Demos

    modules = {type(demo).__module__ for demo in Demos().demos()}
    assert {f"explainer.demos.{name.replace('/', '.')}" for name in LINES} == modules


@pytest.mark.parametrize("demo", sorted(LINES))
def test_a_demo_is_no_longer_than_it_may_be(demo: str) -> None:
    most, why = EXCEPTIONS.get(demo, (LIMIT, "everybody's limit"))
    assert LINES[demo] <= most, f"{LINES[demo]} lines of its own, {most} at most: {why}"


def test_what_was_reached_is_held() -> None:
    slack = {demo: LINES[demo] for demo, (most, _) in EXCEPTIONS.items() if most - LINES.get(demo, 0) > SLACK}
    assert not slack, f"write the new numbers down, or take them out: {slack}"


def test_only_what_is_above_the_limit_is_an_exception() -> None:
    assert [demo for demo, (most, _) in EXCEPTIONS.items() if most <= LIMIT] == []


def test_lines_of_shared_files_belong_to_nobody(tmp_path: Path) -> None:
    files = {"one": "from explainer.demos.c import _own, _both\n", "two": "from explainer.demos.c._both import x\n"}
    files |= {"_own": "import numpy\n\nfrom explainer.demos.c import _deep\n", "_deep": "y = 1\n", "_both": "x = 1\n"}
    (tmp_path / "c").mkdir()
    for name, text in files.items():
        (tmp_path / "c" / f"{name}.py").write_text(text, encoding="utf-8")
    assert _counter().own_lines(tmp_path) == {
        "c/one": {"c/one": 1, "c/_deep": 1, "c/_own": 3},
        "c/two": {"c/two": 1},
    }
