"""Runs that ship: each is what its demo asks for by default, so that it is shown at once and dated."""

import pytest

from explainer.commands import bootstrap
from explainer.contract.runs import Scene, run_scene
from explainer.core.context import Settings
from explainer.core.paths import resource
from explainer.runtime.engine import NO_FRAME
from explainer.runtime.runs import DiskRuns, listed, shipped_folder

ROWS = listed(shipped_folder())
DEMOS = sorted({row["demo"] for row in ROWS})


def test_files_and_list_agree():
    assert DEMOS
    assert {row["file"] for row in ROWS} == {path.name for path in resource("runs").glob("*.safetensors")}


@pytest.mark.parametrize("demo", DEMOS)
def test_a_demo_opens_with_the_run_that_ships(demo, tmp_path):
    engine = bootstrap.engine(DiskRuns(tmp_path, shipped=shipped_folder()))
    run = bootstrap.demos().demo(demo)
    outcome = run_scene(engine, run, run.defaults(), Scene("defaults", (NO_FRAME,)), Settings())
    assert outcome.result is not None, outcome.problem
    assert any("and kept" in badge for badge in outcome.result.badges), "run packaging/build_runs.py"
    assert list(tmp_path.iterdir()) == [], "nothing was left to be trained"
