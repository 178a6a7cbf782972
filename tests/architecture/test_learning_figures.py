"""The page of training figures says what was computed, and nothing else."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("learning_figures", ROOT / "packaging" / "learning_figures.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


MAKER = _maker()


def test_the_page_is_made_of_what_was_kept() -> None:
    kept = json.loads(MAKER.KEPT.read_text("utf8"))
    assert MAKER.PAGE.read_text("utf8") == "\n".join(MAKER.lines(kept)) + "\n"


def test_a_cell_is_mean_and_deviation_of_a_sample() -> None:
    assert MAKER.cell([{"a": 10.0}, {"a": 12.0}, {"a": 14.0}], "a") == "12.0 ± 2.0"
    assert MAKER.cell([{"a": 0.25}], "a") == "0.250"
    assert MAKER.cell([{}], "a") == "–"


def test_every_demo_of_the_page_is_one_that_there_is() -> None:
    from explainer.demos.finding import Demos

    assert {asked.demo for asked in MAKER.ASKED} <= {demo.info.id for demo in Demos().demos()}
