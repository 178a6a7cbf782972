"""What is chosen, as values: no Qt, no thread, no scheduler."""

import subprocess
import sys

import pytest
from shell_fakes import Demos, Models, library

from explainer.core.context import Settings
from explainer.runtime.session import Session
from explainer.shell.choosing import Chooser
from explainer.shell.selection import Refused, Said, Told

RERUN = (Told.PARAMS, Told.RUN)


@pytest.fixture
def chooser(tmp_path):
    return Chooser(Demos(), library(tmp_path / "lessons"), Models())


@pytest.fixture
def now(chooser):
    first = chooser.first(Session(demo="looks"))
    assert first.news == ()
    return chooser.lesson_of_demo(first.now).now


@pytest.mark.parametrize("module", ["selection", "choosing", "feed"])
def test_it_is_plain_python(module):
    code = f"import sys, explainer.shell.{module}; sys.exit('PySide6' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_step_leaves_what_was_chosen_before_as_it_was(chooser, now):
    after = chooser.values(now, {"radius": 20}).now
    assert (now.params.radius, after.params.radius) == (8, 20)
    assert not now.history.can_undo
    assert chooser.undone(after).now.params == now.params
    assert after.params.radius == 20


def test_each_step_tells_what_is_to_be_read_anew_in_its_order(chooser, now):
    assert chooser.values(now, {"radius": 20}).news == (Told.PARAMS, Told.HISTORY, Told.RUN)
    assert chooser.values(now, {"radius": 8}).news == ()
    assert chooser.demo(now, "looks").news == RERUN
    assert chooser.demo(now, "train").news == (Told.LESSON, Told.DEMO, *RERUN)
    assert chooser.lesson(now, "hard-looks").news == (Told.LESSON, *RERUN)
    assert chooser.model(now, "other").news == (Told.MODEL, *RERUN)
    assert chooser.settings(now, seed=3).news == (Told.MODEL, Told.RUN)
    assert chooser.undone(now).news == chooser.redone(now).news == ()


def test_what_cannot_be_had_is_refused_and_nothing_moves(chooser, now):
    for step in (chooser.demo(now, "nix"), chooser.lesson(now, "nix"), chooser.model(now, "nix")):
        (news,) = step.news
        assert isinstance(news, Refused)
        assert "nix" in news.problem.what
        assert step.now is now
    step = chooser.values(now, {"radius": 999})
    assert isinstance(step.news[0], Said)
    assert step.now is now


def test_params_come_from_the_session_when_a_demo_is_first_opened(chooser):
    plain = {"looks": {"radius": 12, "layer": "gone"}, "train": {"epochs": 7}}
    first = chooser.first(Session(demo="looks", params=plain))
    assert first.now.params.radius == 12
    assert first.news == (Said("Layer went back to its default."),)
    trained = chooser.demo(first.now, "train").now
    assert trained.params.epochs == 7
    assert trained.remembered("x.png").params["looks"]["radius"] == 12


def test_what_a_session_names_and_is_gone_becomes_the_default(chooser):
    first = chooser.first(Session(demo="gone", settings=Settings(model="gone", seed=5))).now
    assert first.demo.info.id == "looks"
    assert first.settings == Settings(seed=5)


def test_undo_leads_back_to_the_other_demo(chooser, now):
    there = chooser.demo(chooser.values(now, {"radius": 10}).now, "train").now
    step = chooser.undone(there)
    assert step.now.demo.info.id == "looks"
    assert step.now.params.radius == 8
    assert step.news == (Told.HISTORY, Told.LESSON, Told.DEMO, *RERUN)
