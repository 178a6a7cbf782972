"""Frame numbers of videos are exact: each frame of the files made here shows its own number in stripes."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources import video
from explainer.sources.capture import POS_FRAMES, POS_MSEC, open_file
from explainer.sources.films import open_video
from explainer.sources.video import VideoSource, packet_times

COUNT = 150
BITS = 8


def numbered(i, red=False):
    """(64, 128, 3) BGR; stripe b is bright where bit b of i is set."""
    image = np.full((64, 128, 3), 40, np.uint8)
    for b in range(BITS):
        if i >> b & 1:
            image[8:56, b * 16 + 1 : b * 16 + 15] = (30, 30, 230) if red else 230
    return image


def number_of(frame):
    stripes = frame.pixels[20:44].reshape(24, BITS, 16, 3)[:, :, 4:12, 0].mean(axis=(0, 2))
    return sum(1 << b for b in range(BITS) if stripes[b] > 130)


def write(path, code, count=COUNT, fps=30, **kw):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, (128, 64))
    assert writer.isOpened()
    for i in range(count):
        writer.write(numbered(i, **kw))
    writer.release()
    return path


def write_uneven(path, packets_of, code):
    """Packets of a written AVI under uneven times: 20, 10, 10, 200, 10, 10 ms and so on."""
    reader = open_file(packets_of, True)
    options = [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1]
    fourcc = cv2.VideoWriter.fourcc(*code)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, 1000, (128, 64), options)
    now_ms, i = 0, 0
    while reader.grab():
        writer.set(cv2.VIDEOWRITER_PROP_PTS, now_ms)
        writer.set(cv2.VIDEOWRITER_PROP_KEY_FLAG, reader.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
        writer.write(reader.retrieve()[1])
        now_ms += 10 if i % 3 else (200 if i < 70 else 20)
        i += 1
    writer.release()
    reader.release()
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    made = {
        "mp4": write(folder / "a.mp4", "mp4v"),
        "mjpg": write(folder / "b.avi", "MJPG"),
        "xvid": write(folder / "c.avi", "XVID"),
        "mkv": write(folder / "d.mkv", "mp4v"),
        "mpg": write(folder / "e.mpg", "PIM1"),
    }
    made["uneven mkv"] = write_uneven(folder / "f.mkv", made["xvid"], "XVID")
    made["uneven mp4"] = write_uneven(folder / "g.mp4", made["xvid"], "mp4v")
    return made


KINDS = ["mp4", "mjpg", "xvid", "mkv", "mpg", "uneven mkv", "uneven mp4"]


def drain(source):
    got = []
    while (item := source.read()) is not None:
        got.append(item)
    return got


@pytest.mark.parametrize("kind", KINDS)
def test_reading_gives_every_frame_once_in_order(files, kind):
    source = open_video(files[kind])
    frames = drain(source)
    assert [number_of(f) for f in frames] == list(range(COUNT))
    assert [f.index for f in frames] == list(range(COUNT))
    assert source.count == COUNT
    times = [f.time_s for f in frames]
    assert times[0] == 0
    assert all(b > a for a, b in pairwise(times))
    source.close()


@pytest.mark.parametrize("kind", KINDS)
def test_at_is_exact_anywhere(files, kind):
    source = open_video(files[kind])
    for i in (100, 3, 77, COUNT - 1, 0, 120, 12, 11, 13, 60, 1, COUNT - 2):
        frame = source.at(i)
        assert isinstance(frame, Frame), frame
        assert (frame.index, number_of(frame)) == (i, i)
        after = source.read()
        assert after is None if i == COUNT - 1 else number_of(after) == i + 1
    source.close()


@given(order=st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=12))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_order_of_seeks(files, order):
    source = open_video(files["mp4"])
    assert [number_of(source.at(i)) for i in order] == order
    source.close()


def test_uneven_times_are_kept(files):
    source = open_video(files["uneven mp4"])
    assert [round(source.at(i).time_s, 3) for i in (0, 1, 2, 3, 4)] == [0, 0.2, 0.21, 0.22, 0.42]


def test_count_is_true_where_the_header_guesses(files):
    assert open_file(files["uneven mkv"]).get(cv2.CAP_PROP_FRAME_COUNT) > 2 * COUNT
    assert open_video(files["uneven mkv"]).count == COUNT


def test_packets_are_walked_without_decoding(files):
    assert packet_times(files["mp4"]) == pytest.approx([i * 1000 / 30 for i in range(COUNT)])
    equal = packet_times(files["mpg"])
    assert len(equal) == COUNT
    assert len(set(equal)) < COUNT  # so they are not trusted, and frames are counted


def test_a_header_that_counts_too_few_does_not_hide_frames(files):
    assert 0 < open_file(files["mpg"]).get(cv2.CAP_PROP_FRAME_COUNT) < COUNT
    source = open_video(files["mpg"])
    assert number_of(source.at(COUNT - 1)) == COUNT - 1
    assert isinstance(source.at(COUNT), Problem)
    assert number_of(source.at(7)) == 7


class Crooked:
    """A real capture whose seek lands `off` frames beside, as those of odd files do."""

    def __init__(self, path, packets, off):
        self._inner, self._off = open_file(path, packets), off

    def set(self, prop, value):
        return self._inner.set(prop, max(0, value + self._off) if prop == POS_FRAMES else value)

    def __getattr__(self, name):
        return getattr(self._inner, name)


@pytest.mark.parametrize("off", [-25, -1, 1, 9, 40])
def test_a_seek_that_lands_beside_is_put_right(files, off):
    source = open_video(files["mp4"], lambda path, packets: Crooked(path, packets, off))
    for i in (100, 40, 149, 50):
        assert number_of(source.at(i)) == i


class Untimed(Crooked):
    def get(self, prop):
        return 0.0 if prop == POS_MSEC else self._inner.get(prop)


def test_without_times_frames_are_counted_from_the_start(files):
    source = open_video(files["mp4"], lambda path, packets: Untimed(path, packets, 7))
    for i in (100, 40, 149, 50):
        frame = source.at(i)
        assert number_of(frame) == i
        assert frame.time_s == pytest.approx(i / 30)


class Hidden(Crooked):
    """Walks over one packet more than is ever shown, as films with hidden reference frames have."""

    def __init__(self, path, packets):
        super().__init__(path, packets, 0)
        self._packets, self._walked = packets, 0

    def grab(self):
        self._walked += 1
        return self._inner.grab() or (self._packets and self._walked == COUNT + 1)

    def get(self, prop):
        return 1001.5 if prop == POS_MSEC and self._walked == COUNT + 1 else self._inner.get(prop)


def test_times_that_decoding_contradicts_are_given_up(files):
    source = open_video(files["mp4"], Hidden)
    assert len(drain(source)) == COUNT
    assert [number_of(source.at(i)) for i in (100, 40, 149, 90)] == [100, 40, 149, 90]


def test_vp8_is_counted_not_sought(tmp_path):
    source = open_video(write(tmp_path / "v.webm", "VP80", 60))
    assert source._walk() == ()
    assert [number_of(source.at(i)) for i in (50, 2, 40)] == [50, 2, 40]


def test_colours_are_rgb(tmp_path):
    source = open_video(write(tmp_path / "red.avi", "MJPG", 3, red=True))
    red, green, blue = source.at(1).pixels[20:40, 4:12].reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert green < 90
    assert blue < 90


def test_same_frame_asked_twice_is_the_same_object(files):
    source = open_video(files["mp4"])
    assert source.at(90) is source.at(90)
    assert source.id != open_video(files["mp4"]).id


def test_outside_is_a_problem_and_does_no_harm(files):
    source = open_video(files["mp4"])
    source.at(5)
    for i in (-1, COUNT, 10**9):
        problem = source.at(i)
        assert isinstance(problem, Problem)
        assert f"0 to {COUNT - 1}" in problem.todo
    assert number_of(source.read()) == 6


def test_end_is_the_end_and_one_can_go_back(files):
    source = open_video(files["mp4"])
    source.at(COUNT - 1)
    assert source.read() is None
    assert source.read() is None
    assert number_of(source.at(2)) == 2
    assert number_of(source.read()) == 3


def test_closed_twice(files):
    source = open_video(files["mp4"])
    source.close()
    source.close()
    assert source.read() is None
    assert isinstance(source.at(0), Problem)


def test_file_that_ends_in_the_middle_of_a_frame(files, tmp_path):
    data = files["mjpg"].read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(data[: len(data) * 6 // 10 + 77])
    source = open_video(cut)
    got = drain(source)
    frames, problems = got[:-1], got[-1:]
    assert 60 < len(frames) < 120
    assert [number_of(f) for f in frames] == list(range(len(frames)))
    assert isinstance(problems[0], Problem)
    assert f"after {len(frames)} of {COUNT} frames" in problems[0].what
    assert source.read() is None
    assert source.count == len(frames)
    assert number_of(source.at(len(frames) - 1)) == len(frames) - 1


@pytest.mark.parametrize(
    "content", [b"", b"no video at all " * 50, b"RIFF\0\0\0\0AVI LIST" + bytes(300), b"\0\0\0\x18ftypmp42" + bytes(90)]
)
def test_what_is_no_video_is_refused(tmp_path, content):
    file = tmp_path / "x.mp4"
    file.write_bytes(content)
    problem = open_video(file)
    assert isinstance(problem, Problem)
    assert "x.mp4" in problem.what
    assert problem.todo


def test_mp4_without_its_index_is_refused(files, tmp_path):
    data = files["mp4"].read_bytes()
    file = tmp_path / "cut.mp4"
    file.write_bytes(data[: len(data) // 2])
    assert isinstance(open_video(file), Problem)


def test_missing_and_folder(tmp_path):
    assert "does not exist" in open_video(tmp_path / "no.mp4").what
    assert "folder" in open_video(tmp_path).what


def test_raising_decoder_is_a_problem(files):
    def broken(path, packets):
        raise cv2.error("assertion failed")

    assert "not a video" in open_video(files["mp4"], broken).what


class Changing:
    """A film that changes its size, then gives grey pictures, then one that is none."""

    PICTURES = (
        np.zeros((4, 6, 3), np.uint8), np.zeros((9, 5, 3), np.uint8), np.zeros((3, 3), np.uint8),
        np.zeros((2, 2, 4), np.uint8),
    )  # fmt: skip

    def __init__(self):
        self._at = -1

    def isOpened(self):
        return True

    def grab(self):
        self._at += 1
        return self._at < len(self.PICTURES)

    def retrieve(self):
        return True, self.PICTURES[self._at]

    def get(self, prop):
        return float("nan")

    def set(self, prop, value):
        return False

    def release(self):
        pass


def test_size_may_change_and_properties_may_be_unknown(files):
    source = VideoSource(files["mp4"], Changing(), lambda path, packets: Changing())
    frames = drain(source)
    assert [f.pixels.shape[:2] for f in frames] == [(4, 6), (9, 5), (3, 3), (2, 2)]
    assert source.fps == 25
    assert [f.time_s for f in frames] == [0, 1 / 25, 2 / 25, 3 / 25]
    assert source.at(1).pixels.shape == (9, 5, 3)


def test_large_files_are_walked_only_when_one_jumps(files, monkeypatch):
    walks = []
    monkeypatch.setattr(video, "_WALK_BYTES", 10)

    def opener(path, packets):
        walks.append(packets)
        return open_file(path, packets)

    source = open_video(files["mp4"], opener)
    walks.clear()  # to open it the first packet was looked at
    source.read()
    source.at(20)
    assert not any(walks)
    assert number_of(source.at(120)) == 120
    assert walks.count(True) == 1
