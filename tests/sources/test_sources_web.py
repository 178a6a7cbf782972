"""Pictures of the web and pictures that are kept: from this machine's own server, bounded, known by their bytes."""

import io
import os
import plistlib
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from loopback import Answer, serving
from PIL import Image as Pil

from explainer.core.problem import Cancelled, Problem
from explainer.sources import kept_pictures, web
from explainer.sources.addresses import host_of, is_web, meant, scheme_of
from explainer.sources.opening import lasting, open_source


def png(value=90, size=(40, 30)):
    file = io.BytesIO()
    Pil.new("RGB", size, (value, 10, 20)).save(file, "PNG")
    return file.getvalue()


class Wanted:
    """A token that is cancelled by hand."""

    def __init__(self):
        self.cancelled = False

    def check(self):
        if self.cancelled:
            raise Cancelled


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return tmp_path


def fetched(address, **more):
    told = []
    outcome = web.fetch(address, lambda have, total: told.append((have, total)), Wanted(), **more)
    return outcome, told


def kept():
    return [file for file in kept_pictures.folder().rglob("*") if file.is_file()]


# Fetching -----------------------------------------------------------------------------------------------


def test_a_picture_comes_as_it_is_under_its_own_name():
    data = png()
    with serving({"/a/cat%20one.png": Answer(data)}) as (base, asked):
        path, told = fetched(f"{base}/a/cat one.png?size=3")
    assert asked == ["/a/cat%20one.png?size=3"]
    assert path.read_bytes() == data
    assert path.name == "cat one.png"
    assert told[-1] == (len(data), len(data))
    assert open_source(str(path)).at(0).pixels.shape == (30, 40, 3)


def test_the_bytes_decide_whatever_it_is_called():
    page = b"<!doctype html><title>no picture</title>" + b" " * 3000
    answers = {
        "/page.jpg": Answer(page, Content_Type="image/jpeg"), "/p.html": Answer(page, Content_Type="text/html"),
        "/image": Answer(png(), Content_Type="application/octet-stream"), "/empty.png": Answer(b""),
    }  # fmt: skip
    with serving(answers) as (base, _):
        for name in ("page.jpg", "p.html", "empty.png"):
            problem, _ = fetched(f"{base}/{name}")
            assert isinstance(problem, Problem), name
            assert problem.what.startswith("127.0.0.1:"), "it is named by the computer that sent it"
        assert kept() == []
        path, _ = fetched(f"{base}/image")
    assert open_source(str(path)).kind == "image"


def test_no_more_than_the_limit_is_taken(monkeypatch):
    monkeypatch.setattr(web, "MOST_BYTES", 1000)
    data = png() + bytes(200_000)
    with serving({"/said.png": Answer(data), "/unsaid.png": Answer(data, length=False)}) as (base, _):
        for name in ("said.png", "unsaid.png"):
            problem, told = fetched(f"{base}/{name}")
            assert "sends more than" in problem.what
            assert all(have <= 1000 for have, _ in told)
    assert kept() == []


def test_no_longer_than_the_limit_is_waited():
    times = iter(range(0, 10_000, 25))
    pieces = [png()[:20]] * 6
    with serving({"/slow.png": Answer(*pieces, length=False)}) as (base, _):
        problem, _ = fetched(f"{base}/slow.png", clock=lambda: next(times) * 10)
    assert "took longer than 60 s" in problem.what
    assert kept() == []


def test_what_breaks_off_is_not_kept():
    with serving({"/half.png": Answer(png()[:100], length=5000)}) as (base, _):
        problem, _ = fetched(f"{base}/half.png")
    assert "broke off" in problem.what
    assert kept() == []


def test_a_redirect_is_followed_within_the_web_only():
    answers = {
        "/moved": Answer(status=302, Location="/there.png"), "/there.png": Answer(png()),
        "/file": Answer(status=302, Location="file:///etc/passwd"), "/round": Answer(status=302, Location="/round"),
        "/gone.png": Answer(status=404), "/mine.png": Answer(status=403),
    }  # fmt: skip
    with serving(answers) as (base, _):
        path, _ = fetched(f"{base}/moved")
        assert path.name == "there.png"
        sentences = {name: fetched(f"{base}/{name}")[0].sentence for name in ("file", "round", "gone.png", "mine.png")}
    assert "sends on to where nothing is fetched from" in sentences["file"]
    assert "has nothing at this address" in sentences["gone.png"]
    assert "403" in sentences["mine.png"]
    assert "sends on" in sentences["round"]


def test_from_a_safe_address_it_never_goes_to_an_open_one():
    import urllib.request

    request = urllib.request.Request("https://example.org/a.png")
    with pytest.raises(web._RefusedError):
        web._Redirects().redirect_request(request, None, 302, "", {}, "http://example.org/a.png")
    assert web._Redirects().redirect_request(request, None, 302, "", {}, "https://example.com/a.png") is not None


def test_nobody_there_is_a_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/a.png"
    problem, _ = fetched(address)
    assert "was not reached" in problem.what
    for strange in ("http://[", "http://a b/", "https://exa\x00mple.org/x.png", "http://ex:99999/"):
        assert isinstance(web.fetch(strange, lambda *_: None, Wanted()), Problem)


def test_giving_up_leaves_nothing():
    token, go_on = Wanted(), threading.Event()
    with serving({"/slow.png": Answer(png()[:50], go_on, png()[50:])}) as (base, _):

        def progress(_have, _total):
            token.cancelled = True
            go_on.set()

        with pytest.raises(Cancelled):
            web.fetch(f"{base}/slow.png", progress, token)
    assert kept() == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://h/a/..%2f..%2fetc%2fpasswd", "passwd"), ("https://h/.bashrc", "bashrc"), ("https://h/", "picture"),
        ("https://h/a%00b%0a.png", "a_b_.png"), ("https://h/" + "x" * 300 + ".png", "x" * 80 + ".png"),
        ("https://h/..", "picture"), ("https://h/a:b|c.png", "a_b_c.png"), ("https://h/c\\d.png", "d.png"),
    ],
)  # fmt: skip
def test_a_name_from_the_web_is_fit_for_a_file(address, name):
    assert web._name(address) == name


# Keeping ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 7, 1), (5, 7, 3), (5, 7, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_kept_pixels_are_the_same_pixels(shape, kind):
    import cv2

    pixels = np.random.default_rng(0).integers(0, np.iinfo(kind).max, shape).astype(kind)
    path = kept_pictures.keep(pixels, "Pasted")
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[shape[2]]
    np.testing.assert_array_equal(read.reshape(shape)[..., order], pixels)


def test_the_same_picture_is_kept_once_and_the_oldest_go(monkeypatch):
    monkeypatch.setattr(kept_pictures, "MOST", 3)
    paths = []
    for value in range(5):
        path = kept_pictures.keep(png(value), "Pasted", spared=[str(one) for one in paths[:1]])
        assert kept_pictures.keep(png(value), "Pasted") == path
        paths.append(path)
        os.utime(path.parent, ns=(value, value))
    assert [path.exists() for path in paths] == [True, False, True, True, True]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(kept_pictures, "MOST_BYTES", 3 * len(png(0)))
    for value in range(10):
        os.utime(kept_pictures.keep(png(value), "Pasted").parent, ns=(value, value))
    assert len(kept()) <= 3


def test_nothing_but_our_own_is_forgotten(monkeypatch):
    monkeypatch.setattr(kept_pictures, "MOST", 0)
    own = kept_pictures.folder() / "my holiday"
    own.mkdir(parents=True)
    kept_pictures.keep(png(), "Pasted")
    assert own.is_dir()


# Addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:///a/b%20c.png", "/a/b c.png"), ("file:/a/b.png", "/a/b.png"), ("FILE:///a/b.png", "/a/b.png"),
        ("file://localhost/a%23b.png", "/a#b.png"), (f"file://{socket.gethostname()}/a.png", "/a.png"),
        ("file:///r%E9s.png", os.fsdecode(b"/r\xe9s.png")), ("file:///ü.png", "/ü.png"), ("a/b.png", "a/b.png"),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.name == "nt", reason="drives and shares")
def test_an_address_of_a_file_is_its_path(address, path):
    assert meant(address) == path


def test_a_file_of_another_computer_is_refused():
    assert "elsewhere" in meant("file://elsewhere/a.png").what
    assert isinstance(open_source("file://elsewhere/a.png"), Problem)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.url", b"[InternetShortcut]\r\nURL=https://example.org/cat.jpg\r\n"),
        ("b.URL", "[InternetShortcut]\r\nURL=https://example.org/cat.jpg\r\n".encode("utf-16")),
        ("c.desktop", b"[Desktop Entry]\nType=Link\nURL=https://example.org/cat.jpg\n"),
        ("d.webloc", plistlib.dumps({"URL": "https://example.org/cat.jpg"})),
        ("e.webloc", plistlib.dumps({"URL": "https://example.org/cat.jpg"}, fmt=plistlib.FMT_BINARY)),
    ],
)
def test_a_link_file_stands_for_its_address(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert meant(str(tmp_path / name)) == "https://example.org/cat.jpg"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[InternetShortcut]\nURL=file:///etc/passwd",
        b"\xff\xfe\x00",
        b"URL=\\\\server\\share\\a.png",
        b"bplist00\xff",
    ],
)
@pytest.mark.parametrize("suffix", [".url", ".webloc"])
def test_a_link_file_leads_nowhere_but_to_the_web(tmp_path, content, suffix):
    (tmp_path / f"a{suffix}").write_bytes(content)
    assert "holds no address of the web" in meant(str(tmp_path / f"a{suffix}")).what


def test_the_computer_that_is_named_is_the_one_that_is_asked():
    assert host_of("https://example.org@evil.test/a.png") == "evil.test"
    assert host_of("https://example.org:8080/a") == "example.org:8080"
    assert all(map(is_web, ("https://a/b", "HTTP://A/")))
    assert not any(map(is_web, ("https://", "ftp://a", "http:a.png", "/http://a")))
    assert [scheme_of(spec) for spec in ("c:/a.png", "ftp://a", "10:30:00.mp4", "a.png", "data:,")] == [
        "", "ftp", "", "", "data",
    ]  # fmt: skip


def test_a_spec_that_lasts_is_whole(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "camera:0").write_bytes(png())
    monkeypatch.chdir(tmp_path / "sub")
    assert lasting("a.png") == str(tmp_path / "sub" / "a.png")
    assert lasting("../camera:0") == str(tmp_path / "camera:0")
    assert lasting("..") == str(tmp_path)
    assert lasting("a.png#stretch") == str(tmp_path / "sub" / "a.png#stretch")
    for word in ("camera:0", "sample:cat", "synthetic:square", "https://a/b.png", "", "~nobody-of-this-name/x"):
        assert lasting(word) == word
    monkeypatch.chdir(tmp_path)
    assert lasting("camera:0") == str(tmp_path / "camera:0")
    assert Path(lasting("~/x.png")).is_absolute()
