"""One door for all that a person may name; nothing that is typed there raises."""

import os

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources import opening
from explainer.sources.addresses import meant
from explainer.sources.camera import CameraSource
from explainer.sources.kinds import is_video, kind_of
from explainer.sources.opening import open_source, sample_names


@pytest.fixture
def folder(tmp_path):
    Image.new("RGB", (5, 4), "red").save(tmp_path / "red.png")
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10, (32, 32))
    for i in range(3):
        writer.write(np.full((32, 32, 3), 40 * i, np.uint8))
    writer.release()
    return tmp_path


def test_files_and_folders(folder):
    for spec, kind, count in (("red.png", "image", 1), ("v.avi", "video", 3), ("", "folder", 1)):
        source = open_source(str(folder / spec))
        assert (source.kind, source.count) == (kind, count)
        frame = source.read()
        assert isinstance(frame, Frame)
        assert frame.source_id == source.id
        source.close()


def test_content_decides_not_the_name(folder):
    (folder / "v.avi").rename(folder / "v.jpg")
    (folder / "red.png").rename(folder / "red.mp4")
    assert is_video(folder / "v.jpg")
    assert not is_video(folder / "red.mp4")
    assert open_source(str(folder / "v.jpg")).kind == "video"
    assert open_source(str(folder / "red.mp4")).kind == "image"


def test_the_name_decides_where_the_content_says_nothing(tmp_path):
    assert is_video(tmp_path / "gone.MKV")
    assert not is_video(tmp_path / "gone.png")
    assert not is_video(tmp_path)
    (tmp_path / "odd.mp4").write_text("plain text")
    assert is_video(str(tmp_path / "odd.mp4"))
    assert "not a film" in open_source(str(tmp_path / "odd.mp4")).what


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\0\0\0\x20ftypisom", "video"), (b"\0\0\0\x1cftypavif", "picture"), (b"\0\0\0\x18ftypheic", "picture"),
        (b"\x1aE\xdf\xa3" + bytes(20), "video"), (b"RIFF\0\0\0\0WAVE", "unknown"), (b"GIF89a", "picture"),
        ((b"G" + bytes(187)) * 3, "video"), (b"G" * 10, "unknown"), (b"\0\0\0\x08wide\0\0", "video"),
    ],
)  # fmt: skip
def test_first_bytes(tmp_path, start, kind):
    (tmp_path / "f.bin").write_bytes(start)
    assert kind_of(tmp_path / "f.bin") == kind


def test_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert open_source("~/red.png").kind == "image"


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("", "No source"), ("  ", "No source"), ("no/such.png", "such.png"), ("camera:", "names no camera"),
        ("camera:-1", "names no camera"), ("camera:²", "names no camera"), ("camera:one", "names no camera"),
        ("synthetic:circle", "not known"), ("sample:nothing", "no sample"), ("sample:../README", "no sample"),
        ("https://example.org/a.png", "Web addresses"), ("a" * 5000, "cannot be opened"), ("a\0b.png", ""),
    ],
)  # fmt: skip
def test_bad_words_are_problems(spec, word):
    problem = open_source(spec)
    assert isinstance(problem, Problem)
    assert word in problem.what
    assert problem.todo
    assert len(problem.what) < 200


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_nothing_typed_raises(tmp_path_factory, spec):
    source = open_source(spec.replace("camera:", ""))
    if not isinstance(source, Problem):
        source.close()


def test_camera(monkeypatch):
    source = open_source("camera:97")
    assert isinstance(source, CameraSource)
    assert source.title == "Camera 97"
    assert "not connected" in source.read().what
    source.close()


def test_a_file_wins_over_a_word(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "red.png").rename(folder / "camera:0")
    assert open_source("camera:0").kind == "image"


def test_synthetic():
    for name in ("square", "endless"):
        source = open_source(f"synthetic:{name}")
        assert source.kind == "synthetic"
        assert isinstance(source.read(), Frame)


def test_every_sample_opens():
    names = sample_names()
    assert len(names) >= 12
    kinds = []
    for name in names:
        source = open_source(f"sample:{name}")
        assert isinstance(source.read(), Frame), name
        kinds.append(source.kind)
        source.close()
    assert kinds.count("video") == 1
    assert open_source("sample:cat.jpg").title == "cat.jpg"


def test_without_samples_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "samples", lambda: tmp_path / "none")
    assert sample_names() == ()
    assert "missing" in open_source("sample:cat").todo


def test_ids_differ(folder):
    spec = str(folder / "red.png")
    assert len({open_source(spec).id for _ in range(5)}) == 5


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode elsewhere")
def test_an_address_whose_bytes_nobody_escaped_is_understood():
    name = os.fsdecode(b"/tmp/r\xe9sum\xe9 \xc3\xa9.png")
    assert meant(f"file://{name}") == name
    assert meant("file:///tmp/r%E9sum%E9%20%C3%A9.png") == name
