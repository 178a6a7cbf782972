"""Fetching from servers that are wrong, slow or hostile: one sentence, and nothing wrong under the final name."""

import contextlib
import gzip
import hashlib
import http.server
import os
import threading
import urllib.request
from dataclasses import dataclass, field, replace
from email.message import Message

import pytest

from explainer.core.problem import Problem
from explainer.vision.zoo import cards, fetching, receiving, record, task_cards
from explainer.vision.zoo.addresses import LeadsAwayError, Rule, _Redirects, mirrored
from explainer.vision.zoo.fetching import fetch
from explainer.vision.zoo.loading import load

BODY = os.urandom(300_000)
DIGEST = hashlib.sha256(BODY).hexdigest()
FILE = f"resnet18-{DIGEST[:8]}.pth"
PUBLISHED = (*cards.catalogue().values(), *task_cards.catalogue().values())
OFFER = replace(
    cards.catalogue()["resnet18"], url=f"https://nowhere.invalid/models/{FILE}", megabytes=round(len(BODY) / 2**20, 3)
)


@dataclass
class Answer:
    """One answer; header lines and body are sent as they stand."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Length": str(len(BODY))})
    body: bytes = BODY


@dataclass
class Server:
    answers: list[Answer] = field(default_factory=list)  # the last is repeated
    paths: list[str] = field(default_factory=list)
    hold: threading.Event | None = None  # the body's second half waits for it
    half_sent: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    url: str = ""


def handler(server):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.paths.append(self.path)
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                half = len(answer.body) // 2
                self.write(answer.body[:half])
                server.half_sent.set()
                if server.hold is not None:
                    server.hold.wait(30)
                self.write(answer.body[half:])

        def write(self, data):
            for start in range(0, len(data), 65536):
                server.sent += len(data[start : start + 65536])
                self.wfile.write(data[start : start + 65536])

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture
def server():
    server = Server([Answer()])
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
    for module in (cards, fetching):
        monkeypatch.setattr(module, "catalogue", lambda: {"resnet18": OFFER})
    monkeypatch.setattr(fetching, "LOOK_AGAIN_S", 0.01)
    return cards.weights_folder()


def refused(got, home, *, left=()):
    assert isinstance(got, Problem)
    assert got.what.endswith(".")
    assert "\n" not in got.sentence
    assert sorted(path.name for path in home.iterdir() if path.is_file()) == sorted(left)
    return got.what


# How much ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Length": "many"}, {"Content-Length": "-5"}, {"Content-Length": "9" * 40}]
)
def test_a_body_without_end_stops_at_the_published_size(server, home, headers):
    server.answers = [Answer(headers=headers, body=bytes(40 * 2**20))]
    assert "than the published 0.3 MB; it was deleted." in refused(fetch("resnet18", base_url=server.url), home)
    assert server.sent < 20 * 2**20  # the rest was not taken


def test_a_body_that_says_that_it_is_larger_is_not_begun(server, home):
    server.answers = [Answer(headers={"Content-Length": str(400 * 2**20)}, body=b"x")]
    assert "More arrives for ResNet18 than the published 0.3 MB" in refused(
        fetch("resnet18", base_url=server.url), home
    )
    assert len(server.paths) == 1


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "many"}, {"Content-Length": ""}])
def test_a_length_that_is_none_is_no_trouble_by_itself(server, home, headers):
    server.answers = [Answer(headers=headers)]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_a_body_without_length_that_breaks_off_goes_on(server, home):
    rest = {"Content-Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"}
    server.answers = [Answer(headers={}, body=BODY[:1000]), Answer(206, rest, BODY[1000:])]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


# Wrong answers -------------------------------------------------------------------------------------------


def begun(home):
    (home / f"{FILE}.part").write_bytes(BODY[:1000])


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}"},
        {"Content-Range": "bytes 2000-299999/300000"},
        {"Content-Range": "nonsense"},
        {"Content-Type": "multipart/byteranges; boundary=x"},
    ],
)
def test_a_piece_that_was_not_asked_for_is_not_joined_on(server, home, headers):
    begun(home)
    server.answers = [Answer(206, headers, BODY), Answer()]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_a_rest_of_another_file_starts_again(server, home):
    begun(home)
    rest = {"Content-Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"}
    server.answers = [Answer(206, rest, os.urandom(len(BODY) - 1000)), Answer()]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_a_part_of_something_else_starts_again(server, home):
    (home / f"{FILE}.part").write_bytes(b"x" * 1000)
    rest = {"Content-Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"}
    server.answers = [Answer(206, rest, BODY[1000:]), Answer()]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_packed_bodies_are_refused(server, home):
    body = gzip.compress(BODY)
    server.answers = [Answer(headers={"Content-Encoding": "gzip", "Content-Length": str(len(body))}, body=body)]
    assert "packed" in refused(fetch("resnet18", base_url=server.url), home)


@pytest.mark.parametrize("status", [204, 206, 301, 304, 400, 401, 403, 404, 410, 416, 429, 500, 502])
def test_every_answer_without_the_file_is_a_sentence(server, home, status):
    server.answers = [Answer(status, {"Content-Length": "0"}, b"")]
    refused(fetch("resnet18", base_url=server.url), home)


def test_a_server_that_is_none_is_a_sentence(home):
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def answer():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connection.recv(1000)
                connection.sendall(b"220 mail ready\r\n\r\n" + bytes(100))
                connection.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    got = fetch("resnet18", base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/m")
    refused(got, home)
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_a_trickle_is_given_up_and_kept(server, home, monkeypatch):
    clock = iter(range(0, 10**9, 1000))
    monkeypatch.setattr(receiving.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(receiving, "CHUNK", 10)
    got = fetch("resnet18", base_url=server.url)
    assert "arrives too slowly" in refused(got, home, left=[f"{FILE}.part"])


# Where from ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x-{}.pth", "file:///etc/{}", "ftp://host/{}", "data:,{}", "{}"])
def test_the_published_address_is_https_alone(home, monkeypatch, url):
    offer = replace(OFFER, url=url.format(DIGEST[:8]))
    monkeypatch.setattr(fetching, "catalogue", lambda: {"resnet18": offer})
    assert refused(fetch("resnet18"), home) == "The address of ResNet18 is not https, and nothing was fetched from it."


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://127.0.0.1:1/x",
        "http://localhost:9/x",
        "data:,x",
        "gopher://x",
        "http://[x",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_leads_elsewhere_is_not_followed(server, home, target, status):
    server.answers = [Answer(status, {"Location": target, "Content-Length": "0"}, b"")]
    assert "an address that is not allowed" in refused(fetch("resnet18", base_url=server.url), home)
    assert len(server.paths) == 1


def test_the_same_server_may_lead_on(server, home):
    server.answers = [Answer(302, {"Location": f"/other/{FILE}", "Content-Length": "0"}, b""), Answer()]
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY
    assert server.paths == [f"/models/{FILE}", f"/other/{FILE}"]


def test_a_circle_and_a_way_to_nowhere_are_said(server, home):
    server.answers = [Answer(302, {"Location": f"/models/{FILE}", "Content-Length": "0"}, b"")]
    assert "leads round in a circle" in refused(fetch("resnet18", base_url=server.url), home)
    server.answers = [Answer(302, {"Content-Length": "0"}, b"")]
    assert "or nowhere" in refused(fetch("resnet18", base_url=server.url), home)


def test_https_never_leads_down_to_http():
    assert Rule().allows("https://host/x")
    for url in ("http://host/x", "HTTP://host/x", "//host/x", "https:///x", "https://a@host/x", "https://h:port/x", ""):
        assert not Rule().allows(url)
    request = urllib.request.Request("https://host/x")
    with pytest.raises(LeadsAwayError):
        _Redirects(Rule()).redirect_request(request, None, 302, "", Message(), "http://host/x")
    followed = _Redirects(Rule()).redirect_request(request, None, 302, "", Message(), "https://other/x")
    assert followed.full_url == "https://other/x"


@pytest.mark.parametrize(
    "base",
    [
        "nonsense", "ftp://host/m", "file:///tmp", "http://", "https://[1", "http://host:port/m", "http://host:99999/m",
        "http://a b/m", "http://user:word@host/m", "http://h\nX: y/", "https://a..b/", "//h/m",
        "https://" + "x" * 300 + "/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["environment", "argument"])
def test_a_mirrors_address_that_is_none_is_a_sentence(home, monkeypatch, base, by):
    if by == "environment":
        monkeypatch.setenv("EXPLAINER_WEIGHTS_URL", base)
    got = fetch("resnet18", base_url=base if by == "argument" else "")
    assert "is none that weights can come from" in refused(got, home)


def test_a_mirrors_address_is_joined_with_the_file():
    assert mirrored("https://host/a b/?q=1#x", "n-1.pth") == ("https://host/a%20b/n-1.pth", Rule())
    assert mirrored(" http://Host:8/m/ ", "n.pth") == ("http://Host:8/m/n.pth", Rule("host:8"))


# Two at once, and ever after ----------------------------------------------------------------------------


def test_two_fetches_of_one_file_bring_it_once(server, home):
    server.hold = threading.Event()
    got, waits = [], threading.Event()
    first = threading.Thread(target=lambda: got.append(fetch("resnet18", base_url=server.url)))
    first.start()
    assert server.half_sent.wait(30)

    def seen(have, total):
        if not waits.is_set():
            assert 0 <= have <= total == OFFER.most_bytes
            waits.set()
            server.hold.set()

    second = threading.Thread(target=lambda: got.append(fetch("resnet18", seen, base_url=server.url)))
    second.start()
    first.join()
    second.join()
    assert waits.is_set()
    assert got == [home / FILE, home / FILE]
    assert len(server.paths) == 1
    assert (home / FILE).read_bytes() == BODY


def test_the_whole_hash_is_written_down_and_holds_from_then_on(server, home):
    assert record.known(OFFER) == DIGEST[:8]
    path = fetch("resnet18", base_url=server.url)
    assert (home / f"{FILE}.sha256").read_text() == f"{DIGEST}  {FILE}\n"
    assert record.known(OFFER) == DIGEST
    record.check(OFFER)
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(Exception, match="are not the ones that were fetched"):
        record.check(OFFER)
    with pytest.raises(Exception, match="are not the ones that were fetched"):
        load("resnet18", None)
    assert fetch("resnet18", base_url=server.url).read_bytes() == BODY


def test_another_file_with_the_published_digits_is_refused(server, home):
    other = DIGEST[:8] + "0" * 56
    record.write(OFFER, other)
    got = fetch("resnet18", base_url=server.url)
    assert "is not the published file" in refused(got, home, left=[f"{FILE}.sha256"])


@pytest.mark.parametrize(
    "text", ["", "nonsense", "0" * 64 + f"  {FILE}\n", "\x00"], ids=["none", "words", "other", "zero"]
)
def test_a_record_that_says_nothing_is_passed_over(home, text):
    record.path_of(OFFER).write_text(text)
    assert record.known(OFFER) == DIGEST[:8]


@pytest.mark.parametrize("name", [FILE, f"{FILE}.part", "locks"], ids=["file", "part", "locks"])
def test_something_in_the_way_is_a_sentence(server, home, name):
    if name == "locks":
        (home / name).write_text("")
    else:
        (home / name).mkdir()
    assert "could not be written to" in refused(
        fetch("resnet18", base_url=server.url), home, left=["locks"] if name == "locks" else []
    )


def test_what_is_published_carries_digits_and_a_size():
    for offer in PUBLISHED:
        assert offer.url.startswith("https://")
        assert len(offer.sha256_prefix) in (8, 10)
        assert int(offer.sha256_prefix, 16) >= 0
        assert 2**20 < offer.least_bytes < offer.most_bytes < offer.least_bytes + 1100
