"""``explainer check`` finds what is wrong, and says so in one line each."""

import ast
import hashlib
import inspect
import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from explainer.commands import bootstrap, check, check_files
from explainer.contract import clauses
from explainer.core import paths
from explainer.core.context import Settings
from explainer.core.problem import Problem
from explainer.lessons.catalogue import Library
from explainer.lessons.lesson import Formula

# Files --------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file and a manifest that is right."""
    (tmp_path / "cat.jpg").write_bytes(b"cat")
    row = {"file": "cat.jpg", "sha256": hashlib.sha256(b"cat").hexdigest(), "licence": "CC0", "source": "me"}
    (tmp_path / "manifest.json").write_text(json.dumps([row]))
    (tmp_path / "CREDITS.md").write_text("| file | licence |\n|---|---|\n| cat.jpg | CC0 |\n")
    return tmp_path


def rewrite(folder: Path, **changes: Any) -> None:
    file = folder / "manifest.json"
    (row,) = json.loads(file.read_text())
    file.write_text(json.dumps([row | changes]))


def test_a_folder_that_is_right(folder: Path) -> None:
    assert check_files.manifest_problems(folder) == []
    assert check_files.credit_problems(folder) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"sha256": "0" * 64}, "cat.jpg has another sha256 than its row."),
        ({"licence": ""}, "cat.jpg lacks licence."),
        ({"source": " "}, "cat.jpg lacks source."),
    ],
)
def test_a_row_that_is_wrong(folder: Path, changes: dict[str, str], text: str) -> None:
    rewrite(folder, **changes)
    assert check_files.manifest_problems(folder) == [f"{folder.name}/manifest.json: {text}"]


def test_a_row_without_a_file_and_a_file_without_a_row(folder: Path) -> None:
    rewrite(folder, file="dog.jpg")
    missing, unlisted = check_files.manifest_problems(folder)
    assert missing.endswith("dog.jpg is not there.")
    assert unlisted.endswith("cat.jpg has no row in manifest.json.")


def test_two_rows_for_one_file(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) * 2))
    (problem,) = check_files.manifest_problems(folder)
    assert problem.endswith("cat.jpg has more than one row.")


def test_a_manifest_that_cannot_be_read(folder: Path) -> None:
    (folder / "manifest.json").write_text("[")
    assert "cannot be read" in check_files.manifest_problems(folder)[0]
    assert "cannot be read" in check_files.credit_problems(folder)[0]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("| dog.jpg | CC0 |\n\nThe cat.jpg is lovely.\n", "does not name cat.jpg"),
        ("| cat.jpg | public domain |\n", "gives cat.jpg another licence"),
    ],
)
def test_credits_that_are_wrong(folder: Path, lines: str, text: str) -> None:
    (folder / "CREDITS.md").write_text(lines)
    (problem,) = check_files.credit_problems(folder)
    assert text in problem


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"accent": None}, "Theme light: it has no accent."),
        ({"accent": "blue"}, "Theme light: accent is no colour: blue."),
        ({"accnt": "#000000"}, "Theme light: nothing uses accnt."),
        ({"name": "dark"}, "Theme light: it calls itself dark."),
    ],
)
def test_a_theme_that_is_wrong(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    data = json.loads(paths.resource("themes", "light.json").read_text()) | changes
    kept = {role: colour for role, colour in data.items() if colour is not None}
    (tmp_path / "light.json").write_text(json.dumps(kept))
    assert check_files.theme_problems(tmp_path, ["light"]) == [text]


ICON_CODE = """
KINDS = {"image": "gone-table", "film": "film"}
steps = (("previous", "gone-loop"), ("next", "play"))
for name, symbol in steps:
    button(name, symbol)
def dress():
    icon("gone-word", look)
    icon("pause" if playing else "gone-branch", look)
    icon(KINDS[kind], look)
    for button, symbol in self.buttons:
        icon(symbol, look)
    [pixmap(n, 1) for n in ("gone-list", "x")]
    painter.icon("gone-method")
"""


def test_icons_are_found_as_words_branches_tables_and_loops(tmp_path: Path) -> None:
    (tmp_path / "bar.py").write_text(ICON_CODE)
    found = check_files.icon_problems(tmp_path, paths.resource("icons"))
    gone = {text.split()[4].strip(",") for text in found}
    assert gone == {"gone-word", "gone-branch", "gone-table", "gone-loop", "gone-list"}
    assert found[0].startswith("bar.py draws the icon gone-")


def test_the_scan_sees_the_icons_of_the_window() -> None:
    shell = Path(check.__file__).parent.parent / "shell"
    names = {use.name for file in shell.rglob("*.py") for use in check_files.icon_uses(file)}
    assert {"play", "pause", "camera", "film", "triangle-alert", "arrow-right"} <= names


# Lessons and demos --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{", "cannot be set"),
        (r"\left(\sum_{u,v} w_{uv}\right)", "px tall, and 120 is the most"),
    ],
)
def test_a_formula_that_cannot_be_set_or_runs_away(latex: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        check.draw(Formula(latex, display=True))


def test_a_formula_that_is_all_right() -> None:
    check.draw(Formula(r"\alpha_k = \frac{1}{hw}\sum_{i,j} a_{ij}", display=True))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"id": "Grad_CAM"}, "the id is not in lower case with hyphens."),
        ({"title": " "}, "it lacks a title or a summary."),
        ({"summary": ""}, "it lacks a title or a summary."),
        ({"topics": ()}, "it belongs to no topic."),
        ({"topics": (45, 999)}, "there is no topic 999."),
        ({"topics": (45, 7)}, "no lesson on topic 7 opens it."),
        ({"budget_s": 0.0}, "its budget is 0.0 s."),
    ],
)
def test_what_a_demo_says_of_itself_is_checked(change: dict[str, Any], text: str) -> None:
    info = replace(bootstrap.demos().demo("grad-cam").info, **change)
    found = check.info_problems([SimpleNamespace(info=info)], bootstrap.library())  # type: ignore[list-item]
    assert f"Demo {info.id}: {text}" in found


def test_two_demos_of_one_id() -> None:
    demo = bootstrap.demos().demo("grad-cam")
    assert check.info_problems([demo, demo], bootstrap.library()) == ["Demo grad-cam: the id is there more than once."]


def test_presets_and_links_are_run_and_what_does_not_hold_is_left_to_the_checks() -> None:
    from explainer.contract.runs import Bench, contract_frames

    demo, card = bootstrap.demos().demo("correlation-tracker"), bootstrap.zoo().card(Settings().model)
    bench = Bench(demo, bootstrap.engine, card, contract_frames())
    (head,) = bootstrap.library().of_demo(demo.info.id)
    lesson = replace(
        bootstrap.library().lesson(head.id),
        preset={"sigma": 3.0},
        links=("try:sigma=5", "try:sigma=500", "https://example.org"),
    )
    asked = [(params.sigma, link) for _, params, link in check.wanted(bench, [lesson])]
    assert asked == [(demo.defaults().sigma, False), (3.0, False), (5.0, True)]
    known, problems, count = check.run_lessons(bench, [lesson])
    assert {"psr", "x_px"} <= known
    assert (problems, count) == ([], 3)


# The command --------------------------------------------------------------------------------------------


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.run(Namespace(quick=True)) == 0
    assert capsys.readouterr().out.startswith(f"Checked {len(bootstrap.library().lessons)} lessons")


def test_one_line_for_each_problem_and_exit_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (Problem("Lesson x cannot be read.", "Save it as UTF-8 text."),)
    monkeypatch.setattr(Library, "problems", property(lambda _: broken))
    assert check.run(Namespace(quick=True)) == 1
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert "Lesson x cannot be read. Save it as UTF-8 text." in lines
    assert printed.err == f"{len(lines)} problem{'s' if len(lines) > 1 else ''} found.\n"


def test_a_value_that_no_run_gives_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {demo.info.id: set[str]() for demo in bootstrap.demos().demos()}
    monkeypatch.setattr(check, "run_demos", lambda *_: check.Ran(names, ("Demo grad-cam: too slow",), 0))
    assert check.run(Namespace(quick=False, jobs=1)) == 1
    printed = capsys.readouterr().out
    assert "Lesson grad-cam: the demo grad-cam has no value called peak_x_px.\n" in printed
    assert "Demo grad-cam: too slow\n" in printed


def test_the_contract_suite_makes_every_run_that_check_makes() -> None:
    """``dev.py test`` leaves the runs of ``check`` to it."""
    suite = Path(__file__).with_name("test_demo_contract.py").read_text(encoding="utf-8")
    clauses_of_check = {*held(clauses.demo_problems, clauses), *held(check.run_demos, check)}
    assert {"twice_the_same", "ends_in_time", "plays_through", "nothing_left", "run_lessons"} <= clauses_of_check
    assert [name for name in clauses_of_check if f".{name}(bench(" not in suite] == []


def held(function: Any, module: Any) -> list[str]:
    """Names of functions of a bench that `function` calls."""
    nodes = ast.walk(ast.parse(inspect.getsource(function)))
    names = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return [name for name in names if "bench" in inspect.signature(getattr(module, name, len)).parameters]


def test_demos_are_shared_out_among_processes_and_their_parts_put_together() -> None:
    asked = ["border-probe", "train-small-net"]
    ran = check.run_shared_out(asked, 2)
    assert list(ran.value_names) == asked
    assert all(ran.value_names.values())
    assert ran.problems == ()
    assert ran.count >= 2
