import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runtime_fakes import Knobs

from explainer.core.context import Settings
from explainer.core.params import from_plain, to_plain
from explainer.core.problem import Problem
from explainer.runtime import session as module
from explainer.runtime.history import Change, History
from explainer.runtime.session import FILE_NAME, RECENT_MOST, VERSION, Session, default_path, load, save

PER_FUNCTION = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / FILE_NAME


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
plain_dicts = st.dictionaries(st.text(max_size=5), plain, max_size=3)
sessions = st.builds(
    Session,
    geometry=st.text(max_size=20), demo=st.text(max_size=8),
    params=st.dictionaries(st.text(max_size=5), plain_dicts, max_size=3),
    source=st.text(max_size=20), recent=st.lists(st.text(max_size=5), max_size=12).map(tuple),
    theme=st.sampled_from(["light", "dark", "system"]), view=plain_dicts,
    settings=st.builds(
        Settings, model=st.text(max_size=5), device=st.sampled_from(["auto", "cpu"]),
        threads=st.integers(0, 64), seed=st.integers(0, 2**31), fit=st.sampled_from(["crop", "whole"]),
    ),
)  # fmt: skip


@PER_FUNCTION
@given(sessions)
def test_what_is_saved_is_read_back(path, session):
    assert save(session, path) is None
    assert load(path) == (session, None)
    assert [p.name for p in path.parent.iterdir()] == [FILE_NAME]


def test_params_of_a_demo_come_back_as_they_were(path):
    knobs = Knobs(gain=7, anew=3)
    save(Session().with_params("d", to_plain(knobs)), path)
    session, _ = load(path)
    assert from_plain(Knobs, session.params["d"]) == (knobs, [])


def test_the_first_start_is_no_problem(path):
    assert load(path) == (Session(), None)


def test_the_file_lies_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    assert default_path().parent.is_relative_to(tmp_path)
    assert save(Session(demo="x")) is None
    assert load()[0].demo == "x"


def test_recent_sources_are_named_once_newest_first_and_at_most_twelve():
    session = Session()
    for name in [f"f{i}" for i in range(20)] + ["f15"]:
        session = session.with_recent(name)
    assert session.recent[:3] == ("f15", "f19", "f18")
    assert len(session.recent) == len(set(session.recent)) == RECENT_MOST


@PER_FUNCTION
@given(st.binary(max_size=200))
def test_any_bytes_give_the_defaults_and_a_sentence(path, content):
    path.write_bytes(content)
    session, problem = load(path)
    assert session == Session()
    assert isinstance(problem, Problem)


@PER_FUNCTION
@given(st.data())
def test_a_file_cut_anywhere_gives_the_defaults_and_a_sentence(path, data):
    save(Session(demo="grad-cam", recent=("a", "b")), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    session, problem = load(path)
    assert session == Session()
    assert isinstance(problem, Problem)


@PER_FUNCTION
@given(plain)
def test_any_json_gives_a_session(path, value):
    path.write_text(json.dumps(value))
    session, problem = load(path)
    assert session == Session()
    assert isinstance(problem, Problem)


@PER_FUNCTION
@given(st.dictionaries(st.sampled_from(sorted(module._READ)), plain))
def test_wrong_parts_become_defaults_and_are_named(path, parts):
    path.write_text(json.dumps({"version": VERSION, **parts}))
    session, problem = load(path)
    named = problem.what.split(": ")[1].rstrip(".").split(", ") if problem else []
    for name, written in parts.items():
        part = getattr(session, name)
        if name in named:
            assert part == getattr(Session(), name)
        elif name != "settings":  # unknown names in there are left out without a word
            shown = [list(one) if isinstance(one, tuple) else one for one in part] if isinstance(part, tuple) else part
            assert shown == written
    assert save(session, path) is None
    assert load(path) == (session, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("geometry", 3),
        ("recent", "abc"),
        ("recent", ["a", 1]),
        ("params", {"d": [1]}),
        ("view", []),
        ("settings", {"fit": "stretched"}),
        ("settings", {"threads": -1}),
        ("settings", {"threads": True}),
        ("settings", {"seed": 1.5}),
        ("settings", {"model": None}),
    ],
)
def test_one_wrong_part_leaves_the_others(path, name, value):
    path.write_text(json.dumps({"version": VERSION, "demo": "kept", name: value}))
    session, problem = load(path)
    assert session == Session(demo="kept")
    assert name in problem.what


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 2}', '{"version": null}', "[]", "3", "[" * 100_000, '{"version": 1, "view": {"a": NaN}}', "",
    ],
)  # fmt: skip
def test_strange_files_are_a_problem_not_a_crash(path, text):
    path.write_text(text)
    session, problem = load(path)
    assert session == Session()
    assert problem.sentence.count(".") >= 2


def test_a_number_that_overflows_and_a_nest_too_deep_are_dropped(path):
    deep = "[" * 600 + "]" * 600
    for view in ('{"a": 1e999}', '{"a": {"b": [1e999]}}'):
        path.write_text(f'{{"version": 1, "demo": "d", "view": {view}}}')
        assert load(path)[0] == Session(demo="d")
    path.write_text(f'{{"version": 1, "view": {{"a": {deep}}}}}')
    session, _ = load(path)
    assert save(session, path) is None or session.view


def test_an_unknown_setting_of_a_later_program_is_left_out(path):
    path.write_text(json.dumps({"version": VERSION, "more": 1, "settings": {"seed": 4, "new": 1}}))
    assert load(path) == (Session(settings=Settings(seed=4)), None)


# Writing fails ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["write", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_rubbish(path, monkeypatch, where):
    old = Session(demo="old")
    save(old, path)

    def full(*_):
        raise OSError(28, "No space left on device")

    if where == "write":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    problem = save(Session(demo="new"), path)
    monkeypatch.undo()
    assert "No space left" in problem.details
    assert problem.todo
    assert load(path) == (old, None)
    assert [p.name for p in path.parent.iterdir()] == [FILE_NAME]


def test_a_folder_that_is_none_and_values_that_are_no_json_are_problems(tmp_path, path):
    (tmp_path / "file").write_text("")
    assert isinstance(save(Session(), tmp_path / "file" / FILE_NAME), Problem)
    assert isinstance(save(Session(view={"a": float("nan")}), path), Problem)
    assert isinstance(save(Session(view={"a": object()}), path), Problem)
    path.mkdir()
    assert isinstance(load(path)[1], Problem)


def test_no_configuration_folder_at_all_is_a_problem(monkeypatch):
    def denied():
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "user_config", denied)
    assert load()[0] == Session()
    assert "Permission denied" in load()[1].details
    assert "Permission denied" in save(Session()).details


# History ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class P:
    a: int = 0
    b: int = 0


def drag(history, values, gesture, name="a", start=None):
    """Return the history after a drag through `values`, and the params at its end."""
    params = start or P()
    for value in values:
        moved = replace(params, **{name: value})
        history = history.pushed(Change("d", params, moved, gesture))
        params = moved
    return history, params


def all_undone(history):
    """Return every change, the last one first."""
    changes = []
    while history.can_undo:
        history, change = history.undone()
        changes.append(change)
    assert history.undone() == (history, None)
    return changes


def test_a_drag_is_one_change():
    history, _ = drag(History(), [1, 2, 3], gesture=1)
    back, change = history.undone()
    assert change == Change("d", P(0), P(3), 1)
    assert not back.can_undo
    assert back.redone() == (history, Change("d", P(0), P(3), 1))


def test_two_drags_two_controls_two_demos_and_single_changes_stay_apart():
    history, end = drag(History(), [1, 2], gesture=1)
    history, end = drag(history, [3], gesture=2, start=end)
    history, end = drag(history, [9], gesture=2, name="b", start=end)
    history, end = drag(history, [4, 5], gesture=None, start=end)
    history = history.pushed(Change("other", P(), P(1), 2))
    assert len(all_undone(history)) == 6


def test_a_drag_back_to_where_it_began_and_no_change_at_all_leave_nothing():
    history, _ = drag(History(), [1, 2, 0], gesture=1)
    assert not history.pushed(Change("d", P(), P())).can_undo


def test_a_new_change_forgets_what_was_undone():
    history, _ = drag(History(), [1, 2], gesture=None)
    back, _ = history.undone()
    assert back.can_redo
    anew = back.pushed(Change("d", P(1), P(7)))
    assert not anew.can_redo
    assert anew.redone() == (anew, None)
    assert [change.after for change in all_undone(anew)] == [P(7), P(1)]


def test_a_history_is_a_value_that_stays_as_it_was():
    history, _ = drag(History(), [1, 2], gesture=None)
    history.undone()
    history.pushed(Change("d", P(2), P(3)))
    assert [change.after for change in all_undone(history)] == [P(2), P(1)]


def test_the_oldest_are_forgotten_first():
    history, _ = drag(History(most=3), [1, 2, 3, 4, 5], gesture=None)
    history = history.undone()[0].redone()[0]
    assert [change.before.a for change in all_undone(history)] == [4, 3, 2]


@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.booleans(), max_size=60))
def test_undo_and_redo_always_lead_to_a_state_that_was(values, moves):
    history, params = drag(History(), values, gesture=None)
    states = [0] + [v for i, v in enumerate(values) if v != ([0, *values])[i]]
    at = len(states) - 1
    for back in moves:
        history, change = history.undone() if back else history.redone()
        if change is not None:
            at += -1 if back else 1
            params = change.before if back else change.after
        assert params.a == states[at]
        assert (history.can_undo, history.can_redo) == (at > 0, at < len(states) - 1)
