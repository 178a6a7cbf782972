"""Animated GIF, PNG and WebP are films with times of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources.animated import is_animated
from explainer.sources.kinds import is_video
from explainer.sources.opening import open_source

COLOURS = [(200, 20, 20), (20, 200, 20), (20, 20, 200), (200, 200, 20)]
LENGTHS = [100, 500, 40, 200]


def animated(path, lengths=tuple(LENGTHS), clear=False, **more):
    pictures = [Image.new("RGBA", (12, 8), (*colour, 0 if clear else 255)) for colour in COLOURS]
    if not clear:
        pictures = [picture.convert("RGB") for picture in pictures]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=list(lengths), **more)
    return path


KINDS = {"a.gif": {}, "a.png": {}, "a.apng": {"format": "PNG"}, "a.webp": {"lossless": True}}


@pytest.fixture(params=KINDS, name="path")
def _path(request, tmp_path):
    return animated(tmp_path / request.param, **KINDS[request.param])


def near(frame, i):
    return all(abs(int(a) - b) < 12 for a, b in zip(frame.pixels[4, 6], COLOURS[i], strict=True))


def test_each_picture_comes_at_its_time(path):
    assert is_video(path)
    source = open_source(str(path))
    frames = []
    while isinstance(got := source.read(), Frame):
        frames.append(got)
    assert got is None
    assert source.kind == "video"
    assert source.count == 4
    assert all(near(frame, i) for i, frame in enumerate(frames))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.6, 0.64])
    assert source.duration_s == pytest.approx(0.84)
    assert "An animated picture, played as a film of 4 pictures." in frames[0].notes
    assert len({frame.notes for frame in frames}) == 1
    source.close()
    assert source.read() is None
    assert isinstance(source.at(0), Problem)


def test_any_picture_can_be_asked_for(path):
    source = open_source(str(path))
    for i in (3, 0, 2, 1, 1):
        frame = source.at(i)
        assert (frame.index, near(frame, i)) == (i, True)
    assert source.at(1) is source.at(1)
    assert near(source.read(), 2)
    for i in (-1, 4):
        assert "pictures 0 to 3" in source.at(i).todo


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_a_single_picture_is_a_still(tmp_path, name):
    Image.new("RGB", (12, 8), "red").save(tmp_path / name)
    assert not is_video(tmp_path / name)


def test_next_to_no_time_is_a_tenth_of_a_second(tmp_path):
    source = open_source(str(animated(tmp_path / "a.gif", (0, 10, 0, 10))))
    assert source.duration_s == pytest.approx(0.4)


def test_what_is_transparent_lies_on_white_as_in_a_still(tmp_path):
    path = animated(tmp_path / "a.webp", clear=True, lossless=True, exact=True)
    frame = open_source(str(path)).at(1)
    assert frame.pixels.min() == 255
    assert "Transparent parts were laid on white." in frame.notes


def test_a_broken_end_gives_what_comes_before(tmp_path):
    whole = animated(tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(whole[: len(whole) * 7 // 10])
    source = open_source(str(tmp_path / "a.gif"))
    got = []
    while (item := source.read()) is not None:
        got.append(item)
        assert len(got) < 9
    assert isinstance(got[0], Frame)
    assert all(isinstance(item, Frame) for item in got[:-1])


@given(st.binary(max_size=60), st.sampled_from([b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]))
def test_any_bytes_are_looked_at_without_harm(data, start):
    assert is_animated(start + data) in (True, False)
