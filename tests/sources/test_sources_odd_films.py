"""Films as people have them: without a container, cut off, damaged, stretched, turned, under any name."""

import os
import socket
import sys

import cv2
import numpy as np
import pytest
import written_films as films
from PIL import Image
from written_films import number_of

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources.capture import open_file
from explainer.sources.containers import container_of
from explainer.sources.film_look import MOST_FILM_PIXELS, range_note, size_of_packet
from explainer.sources.films import open_video
from explainer.sources.kinds import is_video, kind_of
from explainer.sources.opening import open_source


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def mp4(folder):
    return films.written(folder / "a.mp4")


def seen(path):
    """Numbers of all frames, times, the notes and the problem that `read` gives on the way."""
    source = open_source(str(path))
    assert not isinstance(source, Problem), source
    numbers, times, notes, problems = [], [], {}, []
    while (got := source.read()) is not None:
        if isinstance(got, Problem):
            problems.append(got)
            continue
        numbers.append(number_of(got.pixels))
        times.append(got.time_s)
        notes |= dict.fromkeys(got.notes)
    assert source.count == len(numbers)
    source.close()
    return numbers, times, list(notes), problems


# Time ---------------------------------------------------------------------------------------------------


def test_frames_keep_the_times_of_the_file(mp4, tmp_path):
    lengths = [33] * 10 + [3000] + [33] * 19
    path = films.uneven(mp4, tmp_path / "u.mp4", lengths)
    numbers, times, _notes, problems = seen(path)
    assert numbers == list(range(30))
    assert times == pytest.approx([sum(lengths[:i]) / 1000 for i in range(30)])
    assert problems == []
    source = open_video(path)
    assert source.fps == pytest.approx(1000 / 33)  # the usual rate, not the mean of 7.6
    assert source.duration_s == pytest.approx(sum(lengths) / 1000, abs=1e-3)
    for i in (29, 4, 11, 10, 0):
        frame = source.at(i)
        assert (number_of(frame.pixels), frame.time_s) == (i, pytest.approx(sum(lengths[:i]) / 1000))


@pytest.mark.parametrize("name", ["cam.mjpeg", "cam", "cam.jpg", "cam.mp4"])
def test_jpegs_in_a_row_are_a_film_whatever_it_is_called(tmp_path, name):
    numbers, times, notes, _problems = seen(films.motion_jpeg(tmp_path / name))
    assert numbers == list(range(30))
    assert times == pytest.approx([i / 25 for i in range(30)])
    assert notes == ["The file holds no times; 25 pictures a second are taken."]


def boundary(_i):
    return b"\r\n--part\r\nContent-Type: image/jpeg\r\n\r\n"


def noise(i):
    return np.random.default_rng(i).bytes(400) if i else b""


@pytest.mark.parametrize("between", [boundary, noise, lambda i: bytes(37) if i else b""])
def test_what_lies_between_jpegs_is_passed_over(tmp_path, between):
    path = films.motion_jpeg(tmp_path / "dump.mjpeg", between=between)
    assert seen(path)[0] == list(range(30))
    source = open_video(path)
    assert [number_of(source.at(i).pixels) for i in (20, 3, 29)] == [20, 3, 29]


def test_an_answer_in_parts_is_known_by_its_bytes(tmp_path):
    path = films.motion_jpeg(tmp_path / "dump.bin", between=lambda i: boundary(i)[2:] if i == 0 else boundary(i))
    assert is_video(path)


def test_one_jpeg_with_a_preview_or_views_that_belong_together_is_a_picture(tmp_path):
    whole, small = films.jpegs(2)[1], cv2.imencode(".jpg", np.zeros((8, 16, 3), np.uint8))[1].tobytes()
    (tmp_path / "phone.jpg").write_bytes(whole + small)  # a preview or a gain map after the picture
    assert not is_video(tmp_path / "phone.jpg")
    pair = [Image.fromarray(films.numbered(i)) for i in range(2)]
    pair[0].save(tmp_path / "pair.mpo", save_all=True, append_images=pair[1:])
    assert not is_video(tmp_path / "pair.mpo")
    (tmp_path / "one.jpg").write_bytes(whole + b"\xff\xd8\xff\xe0 not a picture")
    assert not is_video(tmp_path / "one.jpg")


@pytest.mark.parametrize("name", ["a.h264", "a.264", "a", "a.png"])
def test_h264_without_a_container(tmp_path, name):
    numbers, times, notes, _problems = seen(films.raw_h264(tmp_path / name, 5))
    assert numbers == [0, 1, 2, 3, 4]
    assert times == pytest.approx([i / 25 for i in range(5)])
    assert len(notes) == 1
    source = open_video(tmp_path / name)
    assert [number_of(source.at(i).pixels) for i in (4, 1, 3)] == [4, 1, 3]


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\0\0\0\1\x40\1\x0c\1", "video"), (b"\0\0\1\x42\1\1\1", "video"), (b"\0\0\0\1\x46\1\x50", "video"),
        (b"\0\0\0\1\x09\xf0", "video"), (b"\0\0\0\1\x27\x42", "video"), (b"\0\0\0\1\x06\5\xff", "video"),
        (b"\0\0\0\1\xe7", "unknown"), (b"\0\0\0\1", "unknown"), (b"\0\0\0\1\x21\0", "unknown"),
        (b"\0\0\1\0\1\0\x10\x10", "unknown"), (b"\0\0\0\x18ftypcrx ", "picture"), (b"DKIF\0\0", "video"),
        (b"\0\0\0\x18styp", "video"), (bytes(4) + (b"G" + bytes(191)) * 3, "video"), (b"\0\0\1\xb0\1", "video"),
    ],
)  # fmt: skip
def test_first_bytes_of_streams(tmp_path, start, kind):
    (tmp_path / "f.bin").write_bytes(start)
    assert kind_of(tmp_path / "f.bin") == kind


# Shape and colour ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wide", "high", "size"), [(64, 45, (182, 64)), (1, 2, (128, 128)), (4, 3, (171, 64))])
def test_pixels_are_made_square(mp4, tmp_path, wide, high, size):
    path = films.with_aspect(mp4, tmp_path / "s.mp4", wide, high)
    numbers, _times, notes, _problems = seen(path)
    assert numbers == list(range(30))
    frame = open_video(path).at(3)
    assert (frame.width, frame.height) == size
    assert len(notes) == 1
    assert f"made square, {size[0]} × {size[1]} from 128 × 64" in notes[0]
    assert frame.notes == tuple(notes)


@pytest.mark.parametrize(("wide", "high"), [(1, 1), (0, 1), (1, 0), (1000, 1), (2**31, 7), (1000, 1001)])
def test_what_cannot_be_meant_or_seen_leaves_pixels_as_they_are(mp4, tmp_path, wide, high):
    frame = open_video(films.with_aspect(mp4, tmp_path / "s.mp4", wide, high)).at(0)
    assert (frame.width, frame.height) == (128, 64)
    assert all("left out" in note for note in frame.notes)


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (180, 2), (270, 1)])
def test_a_film_held_sideways_is_turned_once(mp4, tmp_path, degrees, turns):
    plain, turned = open_video(mp4).at(5), open_video(films.turned(mp4, tmp_path / "t.mp4", degrees)).at(5)
    assert np.array_equal(turned.pixels, np.rot90(plain.pixels, turns))


def test_turned_and_stretched_goes_the_right_way(mp4, tmp_path):
    path = films.turned(films.with_aspect(mp4, tmp_path / "s.mp4", 4, 3), tmp_path / "t.mp4", 90)
    frame = open_video(path).at(0)
    assert (frame.width, frame.height) == (64, 171)


def test_full_range_is_full_range(tmp_path):
    dark = [open_video(films.raw_h264(tmp_path / f"{full}.h264", 1, full)).at(0).pixels[0, 0] for full in (0, 1)]
    stored = int(cv2.cvtColor(films.numbered(0), cv2.COLOR_BGR2YUV_I420)[0, 0])
    assert abs(int(dark[1][0]) - stored) <= 2  # full range: the sample is the value
    assert abs(int(dark[0][0]) - (stored - 16) * 255 / 219) <= 2


# Broken off, damaged, hostile ---------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.97])
def test_an_mp4_that_is_cut_gives_everything_before(mp4, tmp_path, share):
    whole = films.index_first(mp4, tmp_path / "w.mp4")
    assert seen(whole)[0] == list(range(30))
    numbers, _times, notes, problems = seen(films.cut(whole, tmp_path / "c.mp4", share))
    assert numbers == list(range(len(numbers)))
    assert abs(len(numbers) - 30 * share) < 8
    assert [p.what for p in problems] == [f"c.mp4 ends early, after {len(numbers)} of 30 frames."]
    assert notes == []


@pytest.mark.parametrize(("suffix", "code"), [("mkv", "mp4v"), ("webm", "VP80"), ("avi", "MJPG"), ("avi", "XVID")])
def test_other_containers_say_that_they_are_cut(tmp_path, suffix, code, capfd):
    whole = films.written(tmp_path / f"w.{suffix}", code)
    assert seen(whole)[3] == []
    numbers, _times, _notes, problems = seen(films.cut(whole, tmp_path / f"c.{suffix}", 0.6))
    assert numbers == list(range(len(numbers)))
    assert 8 < len(numbers) < 24
    assert f"ends early, after {len(numbers)}" in problems[0].what


def test_a_film_trimmed_by_its_edit_list_is_whole(mp4, tmp_path):
    half_s = (500).to_bytes(4)
    path = films.changed_mp4(mp4, tmp_path / "t.mp4", b"elst", lambda body: body[:8] + half_s + body[12:])
    numbers, _times, notes, problems = seen(path)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) < 20
    assert (notes, problems) == ([], [])


@pytest.mark.parametrize("seed", range(3))
def test_pictures_after_a_damaged_stretch_are_shown(tmp_path, seed, capfd):
    whole = films.written(tmp_path / "w.mov", "MJPG")
    path = films.damaged(whole, tmp_path / "d.mov", 0.3, 0.45, seed)
    numbers, times, notes, problems = seen(path)
    assert 22 < len(numbers) < 30
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (0, 29)
    assert times == pytest.approx([number / 30 for number in numbers])  # time goes on over what is missing
    assert (notes, problems) == (["Damaged pictures of the film were left out."], [])
    source = open_video(path)
    last = len(numbers) - 1
    assert [number_of(source.at(i).pixels) for i in (last, 3, last - 5)] == [29, 3, numbers[-6]]


def test_a_film_without_its_index_is_named(mp4, tmp_path):
    problem = open_source(str(films.cut(mp4, tmp_path / "c.mp4", 0.8)))
    assert "broke off before its index was written" in problem.what


def test_huge_pictures_are_refused_before_one_is_decoded(mp4, tmp_path, monkeypatch):
    path = films.claims_size(mp4, tmp_path / "h.mp4", 30000, 20000)
    jpeg = bytearray(b"".join(films.jpegs(3)))
    at = -1
    while (at := jpeg.find(b"\xff\xc0", at + 1)) >= 0:
        jpeg[at + 5 : at + 9] = (20000).to_bytes(2) + (30000).to_bytes(2)
    (tmp_path / "h.mjpeg").write_bytes(jpeg)
    monkeypatch.setattr("explainer.sources.films._opened", lambda *_: pytest.fail("it was opened"))
    for name in ("h.mp4", "h.mjpeg"):
        problem = open_video(tmp_path / name)
        assert "30,000 × 20,000 pixels" in problem.what
        assert problem.todo
    assert container_of(path).size == (30000, 20000)


def test_a_picture_that_is_larger_than_its_container_says_is_refused_too(tmp_path, capfd):
    whole = films.written(tmp_path / "w.webm", "VP80", 3)
    data = bytearray(whole.read_bytes())
    at = data.index(b"\x9d\x01\x2a") + 3
    data[at : at + 4] = (16000).to_bytes(2, "little") * 2
    (tmp_path / "h.webm").write_bytes(data)
    assert "16,000 × 16,000 pixels" in open_video(tmp_path / "h.webm").what
    assert size_of_packet(cv2.imencode(".png", np.zeros((3, 5, 3), np.uint8))[1].tobytes()) == (5, 3)
    assert size_of_packet(films.jpegs(1)[0]) == (128, 64)
    assert size_of_packet(b"") == (0, 0)


class Claims:
    """A capture that claims things of itself."""

    def __init__(self, path, packets, claims):
        self._inner, self._claims = open_file(path, packets), claims

    def grab(self):
        assert self._claims.get(cv2.CAP_PROP_FRAME_WIDTH, 0) ** 2 <= MOST_FILM_PIXELS
        return self._inner.grab()

    def get(self, prop):
        return self._claims.get(prop, self._inner.get(prop))

    def __getattr__(self, name):
        return getattr(self._inner, name)


@pytest.mark.parametrize("fps", [0.0, -5.0, float("nan"), float("inf"), 1e9])
@pytest.mark.parametrize("count", [-9.2e18, float("nan"), 1e300, 3.0, 1e8])
def test_a_header_that_lies_about_rate_and_count(mp4, fps, count):
    claims = {cv2.CAP_PROP_FPS: fps, cv2.CAP_PROP_FRAME_COUNT: count}
    source = open_video(mp4, lambda path, packets: Claims(path, packets, claims))
    assert source.count == 30
    assert 0 < source.fps <= 1000
    assert np.isfinite(source.duration_s)
    assert [number_of(source.at(i).pixels) for i in (29, 2)] == [29, 2]


def test_a_size_that_only_the_decoder_knows_is_refused_too(mp4):
    claims = {cv2.CAP_PROP_FRAME_WIDTH: 20000.0, cv2.CAP_PROP_FRAME_HEIGHT: 20000.0}
    problem = open_video(mp4, lambda path, packets: Claims(path, packets, claims))
    assert "20,000 × 20,000" in problem.what


def test_a_codec_that_is_not_decoded_is_named(mp4):
    class Undecoded(Claims):
        def grab(self):
            return False

    av1 = float(int.from_bytes(b"av01", "little"))
    problem = open_video(mp4, lambda path, packets: Undecoded(path, packets, {cv2.CAP_PROP_FOURCC: av1}))
    assert problem.what == "a.mp4 is coded as AV1, which is not read here."


# Changed while it plays ---------------------------------------------------------------------------------


def read_some(path):
    source = open_video(path)
    for _ in range(5):
        assert isinstance(source.read(), Frame)
    return source


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete what is open")
def test_a_film_that_is_deleted_or_replaced_says_so(mp4, tmp_path):
    path = tmp_path / "x.mp4"
    path.write_bytes(mp4.read_bytes())
    source = read_some(path)
    path.unlink()
    assert source.at(0).what == "x.mp4 was deleted or moved while it was open."
    path.write_bytes(mp4.read_bytes())
    other = read_some(path)
    (tmp_path / "new.mp4").write_bytes(mp4.read_bytes())
    (tmp_path / "new.mp4").replace(path)
    assert other.at(0).what == "x.mp4 was replaced by another file while it was open."


def test_a_film_that_is_cut_while_it_plays_says_so(tmp_path):
    path = films.written(tmp_path / "x.avi", "MJPG", 200)
    source = read_some(path)
    os.truncate(path, path.stat().st_size // 3)
    got = None
    while isinstance(got := source.read(), Frame):
        pass
    assert got.what == "x.avi became shorter while it was open."
    assert source.at(0).what == "x.avi became shorter while it was open."


# Names --------------------------------------------------------------------------------------------------

NAMES = [
    "10:30:00.mp4", "http:x.mp4", "concat:a.mp4|b.mp4", "file:a.mp4", "rtsp:cam", "pipe:0", "data:,x", "camera:0",
    "a%03d.png", "a%d.mp4", "-i.mp4", "--source", " leading and trailing ", "~tilde.mp4", "a;b|c&d.mp4", "süß 🎬.mp4",
    "[1].mp4", "*.mp4", "sample:cat", "a#stretch", "C:film.mp4", "x.mp4?y=1", "subfile,,start,0,end,9,,:a.mp4",
]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not allow")
@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_that_file_and_nothing_else(mp4, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(mp4.read_bytes())
    for spec in (name, str(tmp_path / name)):
        source = open_source(spec)
        assert source.kind == "video"
        assert (source.title, source.count) == (name, 30)
        assert number_of(source.at(7).pixels) == 7
        source.close()


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere hold text")
def test_a_name_that_is_no_text(mp4, tmp_path):
    raw = os.fsencode(tmp_path) + b"/f\xe9.mp4"
    with open(raw, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(mp4.read_bytes())
    source = open_source(os.fsdecode(raw))
    assert source.title == "f\N{REPLACEMENT CHARACTER}.mp4"
    source.title.encode("utf8")
    assert number_of(source.read().pixels) == 0


def test_a_playlist_fetches_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"
        for name in ("list.m3u8", "list.mp4"):
            (tmp_path / name).write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n")
            assert isinstance(open_source(str(tmp_path / name)), Problem)
        with pytest.raises(BlockingIOError):  # nobody has knocked
            server.accept()


@pytest.mark.parametrize("spec", ["rtmp://x/y", "https://example.org/a.mp4", "mms://x", "gopher://x/y.mp4"])
def test_addresses_are_refused_in_one_sentence(spec):
    assert open_source(spec).what == "Web addresses are not opened."


@pytest.mark.parametrize(("transfer", "said"), [(16, "PQ"), (18, "HLG"), (1, "")])
def test_a_film_of_high_dynamic_range_says_so(tmp_path, transfer, said):
    colour = b"colrnclx" + bytes((0, 9, 0, transfer, 0, 9, 0))
    index = b"moov" + colour
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0\0\0\x08ftyp" + (len(index) + 4).to_bytes(4) + index)
    got = range_note(container_of(path).transfer)
    assert said in " ".join(got)
    assert bool(got) == bool(said)
    path = tmp_path / "x.mkv"
    path.write_bytes(b"\x1aE\xdf\xa3" + bytes(80) + b"\x55\xba\x81" + bytes((transfer,)))
    assert container_of(path).transfer == transfer
