"""``explainer models``: what is here, what is damaged, and fetching from a server of our own."""

import contextlib
import hashlib
import http.server
import io
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from explainer import stopping
from explainer.cli import main
from explainer.commands import models
from explainer.core import paths
from explainer.vision.zoo import cards, fetching, record, task_cards

BODY = os.urandom(3 * fetching.CHUNK + 1234)
DIGEST = hashlib.sha256(BODY).hexdigest()
FILE = f"resnet18-{DIGEST[:8]}.pth"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched weights; ResNet18 is a small file of ours."""
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("EXPLAINER_WEIGHTS_URL", "http://127.0.0.1:1/models")
    size = round(len(BODY) / 2**20, 3)
    offer = replace(cards.catalogue()["resnet18"], url=f"https://nowhere.invalid/models/{FILE}", megabytes=size)
    other = cards.catalogue()["alexnet"]
    for module in (cards, fetching):
        monkeypatch.setattr(module, "catalogue", lambda: {"resnet18": offer, "alexnet": other})
    return cards.weights_folder()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serve `BODY`; the list holds what ranges were asked for."""
    ranges: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            ranges.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(BODY) - start))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(BODY[start:])

        def log_message(self, *args: object) -> None:
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("EXPLAINER_WEIGHTS_URL", f"http://127.0.0.1:{httpd.server_port}/models")
    yield ranges
    httpd.shutdown()
    thread.join()
    httpd.server_close()


# Every file of weights that comes with the program, the classifiers first, as the manifest names them.
CAME_WITH = tuple(
    Path(row["file"]).stem for row in json.loads(paths.resource("weights", "manifest.json").read_text(encoding="utf-8"))
)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the program's resources with small files of weights that match their manifest."""
    root = tmp_path / "program"
    weights = root / "resources" / "weights"
    weights.mkdir(parents=True)
    for name in ("cards", "lessons"):
        shutil.copytree(paths.resource(name), root / "resources" / name)
    rows = json.loads(paths.resource("weights", "manifest.json").read_text())
    for row in rows:
        content = row["file"].encode() * 1000
        (weights / row["file"]).write_bytes(content)
        row["sha256"] = hashlib.sha256(content).hexdigest()
    (weights / "manifest.json").write_text(json.dumps(rows))
    monkeypatch.setattr(paths, "_root", lambda: root)
    return weights


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def rows_of(capsys: Captured) -> dict[str, dict[str, object]]:
    assert main(["models", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    return {row["name"]: row for row in rows}


# list ---------------------------------------------------------------------------------------------------


def test_list_says_where_everything_stands(capsys: Captured) -> None:
    rows = rows_of(capsys)
    lite = rows["efficientnet-lite0"]
    assert (lite["tier"], lite["state"], lite["licence"]) == ("shipped", "shipped", "Apache-2.0")
    assert lite["sha256"] == record.sha256(paths.resource("weights", "efficientnet-lite0.safetensors"))
    assert lite["megabytes"] == pytest.approx(17.9, abs=0.05)
    assert lite["source"]
    resnet = rows["resnet18"]
    assert (resnet["tier"], resnet["state"], resnet["sha256"]) == ("fetched", "available", DIGEST[:8])
    assert resnet["licence"]
    assert resnet["source"]


def test_list_without_a_word_is_the_same(capsys: Captured) -> None:
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert main(["models"]) == 0
    assert capsys.readouterr().out == listed
    lines = listed.splitlines()
    assert lines[0].split()[:3] == ["name", "state", "MB"]
    assert [line.split()[0] for line in lines[1 : len(CAME_WITH) + 3]] == [*CAME_WITH, "alexnet", "resnet18"]
    assert any(line.startswith("maskrcnn_resnet50_fpn ") for line in lines)


def test_list_tells_fetched_from_begun_and_names_own_weights(folder: Path, capsys: Captured) -> None:
    (folder / FILE).write_bytes(BODY)
    (folder / f"{cards.catalogue()['alexnet'].file}.part").write_bytes(b"half")
    card = replace(cards.catalogue()["alexnet"].card, name="own-mine", title="Mine", tier="own", licence="Mine alone")
    about = {"card": cards.write_card(card), "architecture": "alexnet"}
    (cards.own_folder() / "own-mine.json").write_text(json.dumps(about))
    (cards.own_folder() / "own-mine.safetensors").write_bytes(bytes(2**20))
    rows = rows_of(capsys)
    classifiers = {name: row for name, row in rows.items() if name not in task_cards.catalogue()}
    assert {name: row["state"] for name, row in classifiers.items() if row["tier"] != "shipped"} == {
        "own-mine": "own",
        "alexnet": "begun",
        "resnet18": "fetched",
    }
    assert (rows["own-mine"]["licence"], rows["own-mine"]["megabytes"]) == ("Mine alone", 1.0)
    assert rows["resnet18"]["megabytes"] == round(len(BODY) / 2**20, 1)


def test_a_home_that_cannot_be_made_lists_what_came_with_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path / "file" / "home"))
    assert rows_of(capsys)["efficientnet-lite0"]["state"] == "shipped"
    assert main(["models", "verify"]) == 0
    capsys.readouterr()
    assert main(["models", "fetch", "resnet18"]) == 1
    assert "ResNet18 could not be written to" in capsys.readouterr().err


# verify -------------------------------------------------------------------------------------------------


def test_verify_hashes_what_came_with_the_program(capsys: Captured) -> None:
    assert main(["models", "verify"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.split() == [word for name in CAME_WITH for word in (name, "whole")]


@pytest.mark.parametrize("harm", ["one byte", "cut off", "gone"])
def test_verify_finds_a_damaged_shipped_file(copied: Path, harm: str, capsys: Captured) -> None:
    assert main(["models", "verify"]) == 0
    capsys.readouterr()
    file = copied / "efficientnet-lite1.safetensors"
    content = file.read_bytes()
    match harm:
        case "one byte":
            file.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
        case "cut off":
            file.write_bytes(content[:-1])
        case "gone":
            file.unlink()
    assert main(["models", "verify"]) == 1
    captured = capsys.readouterr()
    states = dict.fromkeys(CAME_WITH, "whole") | {"efficientnet-lite1": "bad"}
    assert captured.out.split() == [word for pair in states.items() for word in pair]
    assert len(captured.err.splitlines()) == 1
    assert str(file) in captured.err
    assert "Install the program again." in captured.err


def test_verify_finds_a_damaged_fetched_file(folder: Path, capsys: Captured) -> None:
    (folder / FILE).write_bytes(BODY)
    assert main(["models", "verify", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["whole"] for row in rows}["resnet18"] is True
    (folder / FILE).write_bytes(BODY[:-1] + bytes([BODY[-1] ^ 1]))
    assert main(["models", "verify", "--json"]) == 1
    captured = capsys.readouterr()
    assert {row["name"]: row["whole"] for row in json.loads(captured.out)} == {
        **dict.fromkeys(CAME_WITH, True),
        "resnet18": False,
    }
    assert len(captured.err.splitlines()) == 1
    assert "explainer models fetch resnet18" in captured.err


def test_two_damaged_files_are_two_sentences(copied: Path, capsys: Captured) -> None:
    for name in cards.SHIPPED:
        (copied / f"{name}.safetensors").write_bytes(b"no weights")
    assert main(["models", "verify"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("content", ["", "{", '[{"file": "x"}]', "3"])
def test_broken_manifest_is_one_sentence(copied: Path, content: str, capsys: Captured) -> None:
    (copied / "manifest.json").write_text(content)
    for action in ("list", "verify"):
        assert main(["models", action]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.splitlines() == [
            "The list of the weights that came with the program cannot be read. Install the program again."
        ]


# fetch --------------------------------------------------------------------------------------------------


def test_fetch_brings_the_file_and_is_quiet_without_a_terminal(
    server: list[str], folder: Path, capsys: Captured
) -> None:
    assert main(["models", "fetch", "resnet18", "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    row = json.loads(captured.out)
    assert (row["name"], row["state"], row["sha256"]) == ("resnet18", "fetched", DIGEST)
    assert Path(row["file"]).read_bytes() == BODY
    assert files_in(folder) == [FILE, f"{FILE}.sha256"]
    assert main(["models", "fetch", "resnet18"]) == 0
    assert "--model resnet18" in capsys.readouterr().out
    assert server == [""]  # what is here is not fetched again


def test_fetch_offline_is_one_sentence(folder: Path, capsys: Captured) -> None:
    assert main(["models", "fetch", "resnet18"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith("ResNet18 could not be fetched: the server was not reached.")
    assert files_in(folder) == []


def test_fetch_stopped_by_a_signal_goes_on_the_next_time(
    server: list[str], folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[int] = []

    def stop(self: models.ProgressLine, have: int, total: int) -> None:
        assert total == len(BODY)
        arrived.append(have)
        heard = threading.Event()
        with stopping.telling(heard.set):
            signal.raise_signal(signal.SIGINT)
            assert heard.wait(10)

    with monkeypatch.context() as patched:
        patched.setattr(models.ProgressLine, "show", stop)
        assert main(["models", "fetch", "resnet18"]) == 130
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1
    assert "goes on from there" in captured.err
    assert (folder / f"{FILE}.part").read_bytes() == BODY[: arrived[0]]
    assert main(["models", "fetch", "resnet18"]) == 0
    assert server == ["", f"bytes={arrived[0]}-"]
    assert (folder / FILE).read_bytes() == BODY


def test_what_came_with_the_program_needs_no_fetching(capsys: Captured) -> None:
    assert main(["models", "fetch", "efficientnet-lite0"]) == 0
    assert "here already" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_written_over_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(models, "REDRAW_S", 0.0)
    line = models.ProgressLine("net")
    for have in (0, 2**20, 10 * 2**20):
        line.show(have, 10 * 2**20)
    line.end()
    assert sys.stderr.getvalue() == (  # type: ignore[attr-defined]
        "\rnet: 0.0 of 10.0 MB, 0 %\rnet: 1.0 of 10.0 MB, 10 %\rnet: 10.0 of 10.0 MB, 100 %\n"
    )


def test_progress_covers_a_longer_line_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(models, "REDRAW_S", 0.0)
    line = models.ProgressLine("net")
    line.show(2**20, 2**21)
    line.show(2**20, 0)
    first, second = sys.stderr.getvalue().split("\r")[1:]  # type: ignore[attr-defined]
    assert second.rstrip() == "net: 1.0 MB"
    assert len(second) == len(first)


def test_progress_is_not_drawn_more_often_than_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(models, "REDRAW_S", 1000.0)
    monkeypatch.setattr(models.time, "monotonic", lambda: 5000.0)
    line = models.ProgressLine("net")
    for have in range(100):
        line.show(have * 2**20, 99 * 2**20)
    drawn = sys.stderr.getvalue().split("\r")[1:]  # type: ignore[attr-defined]
    assert [text.split(" of ")[0] for text in drawn] == ["net: 0.0", "net: 99.0"]
