"""The README's tables say what the program says of itself."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from explainer.commands import bootstrap
from explainer.dispatch import COMMANDS
from explainer.shell.actions import SPECS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("readme_tables", ROOT / "packaging" / "readme_tables.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_readme_is_up_to_date(tables: ModuleType) -> None:
    assert tables.filled(TEXT) == TEXT, "run .venv/bin/python packaging/readme_tables.py"


def test_all_of_them_are_there() -> None:
    for demo in bootstrap.demos().demos():
        assert f"| {demo.info.title} |" in TEXT
    for spec in SPECS:
        assert f"| {spec.label.rstrip('…')} |" in TEXT
    for does in COMMANDS.values():
        assert f"| {does} |" in TEXT


def test_what_was_changed_by_hand_is_written_again(tables: ModuleType) -> None:
    stale = TEXT.replace("| `F11` | Full screen |", "| `F12` | Whole screen |")
    assert stale != TEXT
    assert tables.filled(stale) == TEXT


def test_a_readme_without_a_place_for_a_table_is_refused(tables: ModuleType) -> None:
    with pytest.raises(ValueError, match="places for demos, models, commands, and there are"):
        tables.filled(TEXT.replace("<!-- table: keys -->", ""))


@pytest.mark.parametrize(("keys", "shown"), [("Alt+Right", "`Alt+→`"), ("Ctrl++", "`Ctrl++`"), ("?", "`?`")])
def test_keys_are_written_as_they_look(tables: ModuleType, keys: str, shown: str) -> None:
    assert tables._key(keys) == shown
