"""Whoever follows ``docs/demos.md`` to the letter has a demo that keeps the contract."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from explainer.commands.contract_runs import Bench, contract_frames

from explainer.commands import contract, house
from explainer.core.context import Settings
from explainer.demos.finding import demo_classes

PAGE = Path(__file__).parents[2] / "docs" / "demos.md"
CODE = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    assert CODE is not None
    file = tmp_path_factory.mktemp("docs") / "cover_square.py"
    file.write_text(CODE[1], encoding="utf-8")
    spec = importlib.util.spec_from_file_location("cover_square", file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["cover_square"] = made  # annotations are looked up there
    spec.loader.exec_module(made)
    yield made
    del sys.modules["cover_square"]


@pytest.fixture(scope="module")
def bench(module: ModuleType) -> Bench:
    (kind,) = demo_classes(module)
    settings = Settings(threads=1)
    return Bench(kind(), house.engine, house.zoo().card(settings.model), contract_frames(), settings)


def test_it_is_short() -> None:
    assert CODE is not None and len(CODE[1].splitlines()) <= 80


@pytest.mark.parametrize(
    "clause",
    [
        contract.defaults_end, contract.every_case_shows, contract.twice_the_same, contract.params_come_back,
        contract.every_parameter_matters, contract.every_frame_matters,
    ],
)  # fmt: skip
def test_it_keeps_the_contract(bench: Bench, clause: object) -> None:
    assert clause(bench) == []  # type: ignore[operator]


def test_it_leaves_nothing_behind(bench: Bench) -> None:
    assert contract.nothing_left(bench, house.zoo()) == []


def test_the_square_stays_inside_and_is_filled(module: ModuleType) -> None:
    frame = contract_frames()["small"]  # 64 × 48
    spot = type(module.CENTRE)(1.0, 0.0)
    box, pixels = module.covered(frame, module.Params(spot=spot, size=0.5))
    assert box == (40, 0, 64, 24)
    assert (pixels[:24, 40:] == 128).all() and (pixels[24:] == frame.pixels[24:]).all()
