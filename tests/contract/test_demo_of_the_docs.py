"""Whoever follows ``docs/demos.md`` to the letter has a demo that keeps the contract."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from explainer.testing import photo

PAGE = Path(__file__).parents[2] / "docs" / "demos.md"
DEMO, TESTS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def loaded(name: str, code: str, folder: Path) -> ModuleType:
    file = folder / f"{name}.py"
    file.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # annotations are looked up there
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    yield loaded("cover_square", DEMO, tmp_path_factory.mktemp("docs"))
    del sys.modules["cover_square"]


def test_it_is_short() -> None:
    assert len(DEMO.splitlines()) <= 80


@pytest.mark.parametrize("name", re.findall(r"def (test_\w+)", TESTS))
def test_its_tests_pass(name: str, module: ModuleType, tmp_path: Path) -> None:
    assert module.__name__ == "cover_square"
    getattr(loaded("test_cover_square", TESTS, tmp_path), name)()


def test_the_square_stays_inside_and_is_filled(module: ModuleType) -> None:
    frame = photo()  # 64 × 48
    spot = type(module.CENTRE)(1.0, 0.0)
    box, pixels = module.covered(frame, module.Params(spot=spot, size=0.5))
    assert box == (40, 0, 64, 24)
    assert (pixels[:24, 40:] == 128).all() and (pixels[24:] == frame.pixels[24:]).all()
