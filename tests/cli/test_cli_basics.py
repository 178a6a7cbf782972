"""The command line: what it answers, its exit codes, and one sentence instead of a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from explainer import __version__
from explainer.cli import main
from explainer.commands import bootstrap
from explainer.core.params import checked, from_plain
from explainer.dispatch import COMMANDS

NO_TORCH = (
    "import sys; from explainer.cli import main; code = main(sys.argv[1:]); "
    "heavy = sorted({'torch', 'torchvision', 'captum', 'PySide6.QtWidgets'} & set(sys.modules)); "
    "print('heavy:', heavy, file=sys.stderr); sys.exit(code)"
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return tmp_path / "home"


def process(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "explainer"]
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, timeout=120, env=dict(os.environ)
    )


def is_one_sentence(text: str) -> bool:
    lines = text.strip().splitlines()
    return len(lines) == 1 and len(lines[0]) > 10 and "Traceback" not in text and "Error" not in text


# Help and version ---------------------------------------------------------------------------------------


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"explainer {__version__}\n"


@pytest.mark.parametrize("command", ["window", "list", "render", "shot", "bench", "models", "doctor"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"explainer {command}" in out
    assert COMMANDS[command] in " ".join(out.split())


# Wrong use ----------------------------------------------------------------------------------------------

WRONG = {
    "unknown command": (["rendr"], "there is no command rendr"),
    "unknown flag": (["list", "--yaml"], "--yaml"),
    "unknown demo": (["render", "grad-cm", "--out", "x"], "Did you mean grad-cam?"),
    "unknown demo of the window": (["--demo", "grad-cm"], "Did you mean grad-cam?"),
    "unknown demo of shot": (["shot", "--demo", "zzzz", "--out", "x.png"], "explainer list"),
    "unknown parameter": (["render", "grad-cam", "--set", "radius=3", "--out", "x"], "has no parameter radius"),
    "no value": (["render", "grad-cam", "--set", "layer", "--out", "x"], "is not name=value"),
    "number out of range": (["render", "grad-cam", "--set", "randomise=99", "--out", "x"], "between 0 and 20"),
    "no number": (["render", "grad-cam", "--set", "randomise=many", "--out", "x"], "randomise"),
    "unknown choice": (["render", "grad-cam", "--set", "method=grad-cma", "--out", "x"], "grad-cam-pp"),
    "unknown layer": (["render", "grad-cam", "--set", "layer=blocks.99", "--out", "x"], "has no layer blocks.99"),
    "unknown class": (["render", "grad-cam", "--set", "target=catt", "--out", "x"], "no class called catt"),
    "box inside out": (
        ["render", "correlation-tracker", "--set", "box=0.5,0.5,0.2,0.2", "--out", "x"],
        "x0 < x1",
    ),
    "bad size": (["render", "grad-cam", "--size", "7", "--out", "x"], "WIDTHxHEIGHT"),
    "bad device": (["render", "grad-cam", "--device", "tpu", "--out", "x"], "tpu"),
    "bad thread count": (["bench", "--threads", "-1"], "--threads"),
    "too many threads": (["bench", "--threads", "1000000"], "at most 1024"),
    "a raised figure": (["bench", "--seed", "²"], "must be a whole number"),
    "a seed without end": (["bench", "--seed", "9" * 5000], "must be a whole number"),
    "a size in raised figures": (["shot", "--out", "x.png", "--size", "²00x300"], "a size is WIDTHxHEIGHT"),
    "no folder": (["render", "grad-cam"], "--out"),
    "bad action": (["models", "delete"], "delete"),
    "nothing to fetch": (["models", "fetch"], "explainer models fetch NAME"),
    "unknown weights": (["models", "fetch", "resnet19"], "Did you mean resnet18"),
    "name too many": (["models", "verify", "resnet18"], "takes no name"),
}


HOSTILE = (
    "[" * 100_000, "[" * 5_000 + "]" * 5_000, '{"kind":' * 5_000, "1e999", "nan", "-inf", "9" * 5_000, "\x00", "\udce9",
    "1," * 100_000, ";" * 100_000, "null", "{}", '[{"kind": []}]', "[[[[1e999]]]]", "٣٣٣٣",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["number", "choice", "class", "layer", "toggle", "box", "strokes", "grid", "cards"])
def test_hostile_values_are_one_short_sentence(kind: str) -> None:
    card = bootstrap.zoo().card("efficientnet-lite0")
    every = ((demo, one) for demo in bootstrap.demos().demos() for one in demo.controls())
    demo, one = next((demo, one) for demo, one in every if one.kind == kind)
    for value in HOSTILE:
        try:
            bootstrap.params_of(demo, [f"{one.name}={value}"], card)
        except bootstrap.WrongUse as wrong:
            assert wrong.code == 2
    nested: list[object] = []
    for _ in range(5_000):
        nested = [nested]
    for plain in (
        nested,
        {"a": nested},
        10**5_000,
        float("nan"),
        None,
        [None],
        [{"kind": {}}],
        [[[]]],
        "x" * 3_000_000,
    ):
        made, notes = from_plain(demo.params_type, {one.name: plain}, card)
        assert all(len(note) < 200 for note in notes)
        assert isinstance(made, demo.params_type)
    with pytest.raises(ValueError) as caught:
        checked(one, nested, card)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_one_sentence_and_code_2(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert is_one_sentence(captured.err), captured.err
    assert not (tmp_path / "x").exists()


def test_wrong_use_in_a_process_of_its_own() -> None:
    done = process("render", "grad-cm", "--out", "x")
    assert done.returncode == 2
    assert done.stdout == ""
    assert is_one_sentence(done.stderr), done.stderr


def test_unknown_model_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["render", "grad-cam", "--model", "lite9", "--out", str(tmp_path / "x")]) in (1, 2)
    assert is_one_sentence(capsys.readouterr().err)


# list ---------------------------------------------------------------------------------------------------


def test_list_json_has_the_promised_shape_and_loads_nothing_heavy() -> None:
    done = process("list", "--json", code=NO_TORCH)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "heavy: []\n"
    rows = json.loads(done.stdout)
    assert {row["id"] for row in rows} >= {"grad-cam", "saliency", "activations"}
    for row in rows:
        assert set(row) >= {"id", "title", "topics", "chapter", "temporal", "uses_frame", "params", "models"}
        assert isinstance(row["temporal"], bool)
        assert isinstance(row["uses_frame"], bool)
        assert row["topics"]
        assert all(isinstance(topic, int) for topic in row["topics"])
        assert row["chapter"] in range(1, 11)


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert main(["list", "--json"]) == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def test_list_json_params_say_what_they_take(capsys: pytest.CaptureFixture[str]) -> None:
    for row in listed(capsys):
        for param in row["params"]:  # type: ignore[attr-defined]
            assert set(param) >= {"name", "kind", "default"}
            if param["kind"] == "number":
                low, high = param["range"]
                assert low <= param["default"] <= high
            if param["kind"] == "choice":
                assert param["default"] in param["choices"]
            if param["kind"] in ("layer", "class"):
                assert param["choices_from"] == {"layer": "layers", "class": "classes"}[param["kind"]]


def test_list_json_defaults_are_accepted_by_set(capsys: pytest.CaptureFixture[str]) -> None:
    card = bootstrap.zoo().card("efficientnet-lite0")
    for row in listed(capsys):
        demo = bootstrap.demo_of(str(row["id"]))
        simple = {p["name"]: p["default"] for p in row["params"] if not isinstance(p["default"], list)}  # type: ignore[attr-defined]
        again = bootstrap.params_of(demo, [f"{name}={value}" for name, value in simple.items()], card)
        assert again == demo.defaults()


def test_list_json_names_the_models_of_demos_that_use_one(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["id"]: row for row in listed(capsys)}
    assert rows["grad-cam"]["models"] == [card.name for card in bootstrap.zoo().cards()]
    assert rows["grad-cam"]["models"][0] == "efficientnet-lite0"  # type: ignore[index]
    without = [demo.info.id for demo in bootstrap.demos().demos() if not demo.info.uses_model]
    assert all(rows[one]["models"] == [] for one in without)


def test_list_for_people_is_grouped_by_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if line and not line.startswith(" ")]
    numbers = [int(head.split()[0]) for head in heads]
    assert numbers == sorted(set(numbers))
    ids = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert ids == [demo.info.id for demo in bootstrap.demos().demos()]
