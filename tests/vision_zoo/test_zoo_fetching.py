"""Fetching against a server of our own, which can also misbehave."""

import contextlib
import errno
import hashlib
import http.server
import os
import threading
from dataclasses import dataclass, field, replace

import pytest

from explainer.core.problem import Cancelled, Problem
from explainer.vision.zoo import cards, fetching, receiving
from explainer.vision.zoo.fetching import fetch

BODY = os.urandom(3 * fetching.CHUNK + 1234)
DIGEST = hashlib.sha256(BODY).hexdigest()
FILE = f"resnet18-{DIGEST[:8]}.pth"


@dataclass
class Server:
    """What the server does, and what it was asked for."""

    body: bytes = BODY
    status: int = 200
    resumes: bool = True
    drops: list[int] = field(default_factory=list)  # bytes after which each connection breaks
    says_length: bool = True
    ranges: list[str] = field(default_factory=list)
    url: str = ""


def handler(server):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range", "")
            server.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.resumes else 0
            if server.status != 200 or start >= len(server.body):
                self.send_error(server.status if server.status != 200 else 416)
                return
            body = server.body[start:]
            self.send_response(206 if start else 200)
            if server.says_length:
                self.send_header("Content-Length", str(len(body)))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(server.body) - 1}/{len(server.body)}")
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the client may hang up first
                self.wfile.write(body[: server.drops.pop(0)] if server.drops else body)

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture
def server():
    server = Server()
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}/models"
    yield server
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    size = round(len(BODY) / 2**20, 3)
    offer = replace(cards.catalogue()["resnet18"], url=f"https://nowhere.invalid/models/{FILE}", megabytes=size)
    monkeypatch.setattr(fetching, "catalogue", lambda: {"resnet18": offer})
    return tmp_path / "data" / "weights"


class Stops:
    """A token that is cancelled after being asked a number of times."""

    def __init__(self, after):
        self.left = after

    def check(self):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def files_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def part(home):
    return home / f"{FILE}.part"


def test_file_arrives_with_progress_and_nothing_beside_it(server, home):
    seen = []
    path = fetch("resnet18", lambda have, total: seen.append((have, total)), base_url=server.url)
    assert path == home / FILE
    assert path.read_bytes() == BODY
    assert files_in(home) == [FILE, f"{FILE}.sha256"]
    assert [total for _, total in seen] == [len(BODY)] * len(seen)
    assert [have for have, _ in seen] == sorted({have for have, _ in seen})
    assert seen[-1][0] == len(BODY)


def test_address_of_a_mirror_from_the_environment(server, home, monkeypatch):
    monkeypatch.setenv("EXPLAINER_WEIGHTS_URL", server.url + "/")
    assert fetch("resnet18") == home / FILE


def test_file_that_is_there_is_checked_and_not_fetched_again(server, home):
    home.mkdir(parents=True)
    (home / FILE).write_bytes(BODY)
    assert fetch("resnet18", base_url=server.url) == home / FILE
    assert server.ranges == []


def test_damaged_file_is_fetched_again(server, home):
    home.mkdir(parents=True)
    (home / FILE).write_bytes(BODY[:-1])
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_broken_connection_goes_on_where_it_broke(server, home):
    server.drops = [100_000, 200_000]
    path = fetch("resnet18", base_url=server.url)
    assert path.read_bytes() == BODY
    assert server.ranges == ["", "bytes=100000-", "bytes=300000-"]


def test_connection_that_keeps_breaking_is_said_and_resumed_the_next_time(server, home):
    server.drops = [1_000] * receiving.TRIES
    problem = fetch("resnet18", base_url=server.url)
    assert isinstance(problem, Problem)
    assert problem.what == "The connection broke off after 0.0 MB of ResNet18."
    assert part(home).stat().st_size == 1_000 * receiving.TRIES
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY
    assert server.ranges[-1] == f"bytes={1_000 * receiving.TRIES}-"


def test_server_without_ranges_starts_again(server, home):
    server.resumes, server.drops = False, [100_000]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_server_that_does_not_say_the_length(server, home):
    server.says_length = False
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_cancelled_keeps_what_arrived(server, home):
    with pytest.raises(Cancelled):
        fetch("resnet18", token=Stops(after=2), base_url=server.url)
    kept = part(home).stat().st_size
    assert 0 < kept < len(BODY)
    assert part(home).read_bytes() == BODY[:kept]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY
    assert server.ranges == ["", f"bytes={kept}-"]


def test_part_that_is_complete_is_only_checked(server, home):
    home.mkdir(parents=True)
    part(home).write_bytes(BODY)
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_part_of_something_longer_is_thrown_away(server, home):
    home.mkdir(parents=True)
    part(home).write_bytes(BODY + b"more")
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_wrong_content_is_deleted_and_said(server, home):
    server.body = os.urandom(5000)
    problem = fetch("resnet18", base_url=server.url)
    assert problem.what == "What arrived for ResNet18 is not the published file and was deleted."
    assert files_in(home) == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "ResNet18 is no longer at its published address."),
        (503, "The server refused ResNet18 (answer 503)."),
    ],
)
def test_refusals_are_said(server, home, status, sentence):
    server.status = status
    problem = fetch("resnet18", base_url=server.url)
    assert problem.what == sentence
    assert problem.todo
    assert files_in(home) == []


def test_offline_is_said(home):
    problem = fetch("resnet18", base_url="http://127.0.0.1:1/models")
    assert problem.what == "ResNet18 could not be fetched: the server was not reached."
    assert "work without" in problem.todo


def test_too_little_room_is_said_before_anything_is_written(server, home, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(receiving.shutil, "disk_usage", lambda path: usage)
    problem = fetch("resnet18", base_url=server.url)
    assert problem.what == "ResNet18 needs 1 MB and 0 MB are free."
    assert files_in(home) == []


@pytest.mark.parametrize(
    ("code", "sentence", "left"),
    [
        (errno.ENOSPC, "The disk is full: ResNet18 could not be kept.", 0),
        (errno.EACCES, "ResNet18 could not be written to ", 1),
    ],
)
def test_disk_that_refuses_is_said(server, home, monkeypatch, code, sentence, left):
    def refuse(job, response, have):
        job.part.write_bytes(b"some")
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(receiving, "_copy", refuse)
    problem = fetch("resnet18", base_url=server.url)
    assert problem.what.startswith(sentence)
    assert problem.todo
    assert len(files_in(home)) == left


def test_unknown_name_is_said():
    assert fetch("resnet19").what == "There are no published weights called resnet19."
