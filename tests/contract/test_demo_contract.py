"""Every demo keeps its contract; adding a demo needs no change here."""

import json
from functools import cache, lru_cache
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from explainer.commands import bootstrap, check
from explainer.contract import clauses, plays, processor
from explainer.contract.runs import Bench, contract_frames
from explainer.core.context import Settings
from explainer.lessons import checks
from explainer.render.look import look
from explainer.shell.stage import Stage

GOLDEN = Path(__file__).parent / "golden"
DEMOS = [demo.info.id for demo in bootstrap.demos().demos()]
CONTROLS = [(demo.info.id, one.name) for demo in bootstrap.demos().demos() for one in demo.controls()]
PLAYED = sorted({demo.info.id for demo in bootstrap.demos().demos() if any(one.plays for one in demo.controls())})

each_demo = pytest.mark.parametrize("demo_id", DEMOS)
each_control = pytest.mark.parametrize(("demo_id", "name"), CONTROLS)


@lru_cache(maxsize=1)  # its outcomes hold all that was drawn
def bench(demo_id: str) -> Bench:
    settings = Settings(threads=1)
    return Bench(
        bootstrap.demos().demo(demo_id), bootstrap.engine, bootstrap.zoo().card(settings.model), frames_(), settings
    )


@cache
def frames_() -> dict:
    return contract_frames()


def holds(problems: list[str]) -> None:
    assert not problems, "\n".join(problems)


def test_there_are_demos_and_all_of_them_load() -> None:
    assert DEMOS
    assert bootstrap.demos().problems == ()


@each_demo
def test_defaults_end_in_time(demo_id: str) -> None:
    holds(processor.ends_in_time(bench(demo_id), bootstrap.zoo(), check.SHARED))


@each_demo
def test_values_are_the_golden_ones(demo_id: str, update_golden: bool) -> None:
    found = clauses.golden_values(bench(demo_id))
    file = GOLDEN / f"{demo_id}.json"
    if update_golden:
        before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        loose = {(scene, name) for scene, values in before.items() for name, value in values.items() if value is None}
        found = {s: {n: None if (s, n) in loose else v for n, v in values.items()} for s, values in found.items()}
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert file.exists(), "no golden values yet: run with --update-golden and look at what is written"
    holds(clauses.against_golden(clauses.golden_values(bench(demo_id)), json.loads(file.read_text(encoding="utf-8"))))


@each_demo
def test_defaults_end_on_one_frame_and_show_something_on_the_others(demo_id: str) -> None:
    holds(clauses.defaults_end(bench(demo_id)))


@each_control
def test_every_end_and_every_kind_of_choice_gives_a_sound_first_picture(demo_id: str, name: str) -> None:
    holds(clauses.every_case_shows(bench(demo_id), [name]))


@each_demo
def test_twice_the_same(demo_id: str) -> None:
    holds(clauses.twice_the_same(bench(demo_id), bootstrap.zoo()))


@each_demo
def test_a_run_asks_all_the_time_whether_it_is_wanted(demo_id: str) -> None:
    holds(processor.asks_often(bench(demo_id), bootstrap.zoo()))


@each_demo
def test_nothing_is_left_on_the_model(demo_id: str) -> None:
    holds(clauses.nothing_left(bench(demo_id), bootstrap.zoo()))


@each_demo
def test_params_and_results_come_back_from_json(demo_id: str) -> None:
    holds(clauses.params_come_back(bench(demo_id)))


@each_control
def test_every_parameter_matters(demo_id: str, name: str) -> None:
    holds(clauses.every_parameter_matters(bench(demo_id), [name]))


@pytest.mark.parametrize("demo_id", PLAYED)
def test_what_plays_goes_on_and_ends_as_if_it_had_not_been_played(demo_id: str) -> None:
    holds(plays.plays_through(bench(demo_id)))


@each_demo
def test_every_frame_matters(demo_id: str) -> None:
    holds(clauses.every_frame_matters(bench(demo_id)))


@each_demo
def test_what_its_lessons_ask_for_runs_and_shows_what_they_print(demo_id: str) -> None:
    lessons = [lesson for lesson in bootstrap.library().lessons if lesson.demo == demo_id]
    known, problems, _ = check.run_lessons(bench(demo_id), lessons)
    holds(problems)
    holds(checks.name_problems(lessons, [bootstrap.demos().demo(demo_id)], {demo_id: known}))


STAGES = {
    "1024 × 700": (723, 627, 1.0, False), "1280 × 800": (770, 727, 1.0, False),
    "1920 × 1080": (1410, 1007, 1.25, False), "presenting 1280 × 720": (1078, 720, 1.2, True),
}  # fmt: skip
"""The stage in windows of these sizes: width and height in px, scale of type, whether an audience looks."""
HEROES, BLANK = 0.32, 0.13
"""The least and the most that any of these may come to; the design's 0.38 and 0.08 hold for most."""
BLANKS = {"stress-report": 0.23, "freeze-depth": 0.17}
"""Those whose charts find no room in the smallest window, and how much they may leave bare there."""


@each_demo
def test_its_pictures_fill_the_stage_and_nothing_overlaps(demo_id: str, qtbot) -> None:
    one = bench(demo_id)
    result = one.outcome(one.everyday).result
    stage = Stage(look("light"))
    qtbot.addWidget(stage)
    stage.set_player(QWidget() if result.play else None)
    stage.set_strip(QWidget() if any(c.kind == "layer" for c in one.demo.controls()) else None)
    problems = []
    for name, (width, height, scale, presenting) in STAGES.items():
        stage.resize(width, height)
        stage.show()
        stage.set_look(look("light", scale))
        stage.set_presenting(presenting, one.demo.info.title)
        stage.show_result(result)
        found = stage.measured()
        problems += [f"{name}: {text}" for text in (*found["overlapping"], *found["outside"])]
        problems += [f"{name}: heroes {found['heroes']:.2f}"] if found["heroes"] < HEROES else []
        problems += [f"{name}: blank {found['blank']:.2f}"] if found["blank"] > BLANKS.get(demo_id, BLANK) else []
    holds(problems)


def test_every_golden_file_belongs_to_a_demo() -> None:
    assert {file.stem for file in GOLDEN.glob("*.json")} <= set(DEMOS)
