"""Frames of a written film keep the times of the pictures that they were made from."""

import cv2
import numpy as np
import pytest

from explainer.commands.film_times import keep_times
from explainer.sources.films import open_video

TIMES = [0.0, 0.1, 0.2, 3.3, 3.4, 3.45, 9.0]


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for i in range(len(TIMES)):
        writer.write(np.full((48, 64, 3), 30 * i, np.uint8))
    writer.release()
    return path


def test_times_are_kept_and_pictures_are_the_same(film):
    before = [open_video(film).at(i).pixels for i in range(len(TIMES))]
    assert keep_times(film, [5.0 + t for t in TIMES], 10.0)
    source = open_video(film)
    frames = [source.at(i) for i in range(len(TIMES))]
    assert [frame.time_s for frame in frames] == pytest.approx(TIMES, abs=1e-4)
    assert source.duration_s == pytest.approx(9.1, abs=1e-3)
    assert all(np.array_equal(frame.pixels, was) for frame, was in zip(frames, before, strict=True))
    assert source.count == len(TIMES)


def test_every_length_in_the_index_says_the_same(film):
    keep_times(film, TIMES, 10.0)
    data = film.read_bytes()
    box = {name: data.index(name) + 4 for name in (b"mvhd", b"tkhd", b"mdhd", b"elst")}
    word = {name: lambda at, name=name: int.from_bytes(data[box[name] + at :][:4]) for name in box}
    assert word[b"mvhd"](16) / word[b"mvhd"](12) == pytest.approx(9.1)
    assert word[b"tkhd"](20) == word[b"elst"](8) == word[b"mvhd"](16)
    assert word[b"mdhd"](16) / word[b"mdhd"](12) == pytest.approx(9.1)


@pytest.mark.parametrize(
    "times",
    [[], [0.0], [i / 10 for i in range(7)], [0, 1, 2, 2, 3, 4, 5], [3, 2, 1, 0], [1e6 * i for i in range(7)]],
)
def test_even_odd_and_endless_times_change_nothing(film, times):
    before = film.read_bytes()
    assert not keep_times(film, times, 10.0)
    assert film.read_bytes() == before
