"""Odd pictures are shown with a note, bad ones refused in one sentence; every file is made here."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from explainer.core.problem import Problem
from explainer.sources import reading
from explainer.sources.image import ImageSource, open_image
from explainer.sources.reading import Picture, check_picture, from_array, read_bytes, read_picture

RNG = np.random.default_rng(3)


def noise(height=24, width=32, channels=3):
    return RNG.integers(0, 256, (height, width, channels), np.uint8)


def encoded(image, fmt="PNG", **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def shown(data, name="x.png") -> Picture:
    got = read_bytes(data, name)
    assert isinstance(got, Picture), got
    assert got.pixels.dtype == np.uint8
    assert got.pixels.flags["C_CONTIGUOUS"]
    return got


def refused(got, *words) -> Problem:
    assert isinstance(got, Problem), got
    for word in words:
        assert word in got.what
    assert got.what.endswith(".")
    assert got.what.count(". ") == 0
    assert got.todo
    assert "Traceback" not in got.sentence
    return got


def test_plain_rgb_is_exact_and_has_no_note():
    pixels = noise()
    got = shown(encoded(Image.fromarray(pixels)))
    np.testing.assert_array_equal(got.pixels, pixels)
    assert got.notes == ()


@pytest.mark.parametrize("fmt", ["BMP", "TIFF", "PPM", "WEBP", "QOI"])
def test_lossless_formats_are_exact(fmt):
    pixels = noise()
    options = {"lossless": True} if fmt == "WEBP" else {}
    got = shown(encoded(Image.fromarray(pixels), fmt, **options))
    np.testing.assert_array_equal(got.pixels, pixels)


def test_animated_shows_the_first_picture_and_says_so():
    frames = [Image.new("RGB", (8, 6), c) for c in ("red", "lime", "blue")]
    got = shown(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    np.testing.assert_array_equal(got.pixels, np.full((6, 8, 3), (255, 0, 0)))
    assert any("first of 3 pictures" in note for note in got.notes)


def test_cmyk_is_converted():
    cmyk = Image.new("CMYK", (5, 4), (255, 0, 0, 0))
    got = shown(encoded(cmyk, "TIFF"))
    np.testing.assert_array_equal(got.pixels[0, 0], (0, 255, 255))
    assert any("CMYK" in note for note in got.notes)


@pytest.mark.parametrize("ext", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_scaled_to_8(ext, channels):
    values = RNG.integers(0, 65536, (9, 7, channels), np.uint16)
    data = cv2.imencode(ext, values[..., ::-1] if channels == 3 else values)[1].tobytes()
    got = shown(data)
    wanted = values.astype(float) * 255 / 65535
    assert np.abs(got.pixels - np.broadcast_to(wanted, got.pixels.shape)).max() <= 1.0
    assert any("16 bits" in note for note in got.notes)


def test_16_bit_big_endian_grey():
    values = np.array([[0, 257, 65535]], ">u2")
    header = b"P5 3 1 65535\n" + values.tobytes()
    got = shown(header)
    np.testing.assert_array_equal(got.pixels[0, :, 0], [0, 1, 255])


def test_float_and_int32_tiff():
    floats = Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))
    assert shown(encoded(floats, "TIFF")).pixels[0, :, 0].tolist() == [0, 128, 255]
    wide = Image.fromarray(np.array([[-1000, 0, 1000]], np.int32))
    got = shown(encoded(wide, "TIFF"))
    assert got.pixels[0, :, 1].tolist() == [0, 128, 255]
    assert any("-1000 to 1000" in note for note in got.notes)


def test_palette_and_one_bit_and_grey():
    pixels = np.repeat(np.array([[0, 255], [255, 0]], np.uint8)[..., None], 3, 2)
    image = Image.fromarray(pixels)
    for mode, word in (("P", "palette"), ("1", "black-and-white"), ("L", "grey")):
        got = shown(encoded(image.convert(mode)))
        np.testing.assert_array_equal(got.pixels, pixels)
        assert any(word in note for note in got.notes), mode


def test_transparency_is_laid_on_white():
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 0] = 200
    rgba[0, :, 3] = (0, 128, 255)
    got = shown(encoded(Image.fromarray(rgba)))
    a = np.array([0, 128, 255]) / 255
    np.testing.assert_allclose(got.pixels[0, :, 0], a * 200 + (1 - a) * 255, atol=1)
    np.testing.assert_allclose(got.pixels[0, :, 1], (1 - a) * 255, atol=1)
    assert any("white" in note for note in got.notes)


def test_transparent_palette_colour_is_laid_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    got = shown(encoded(image, "PNG", transparency=0))
    assert got.pixels[0].tolist() == [[255, 255, 255], [0, 0, 255]]


def test_opaque_alpha_brings_no_note():
    rgba = np.dstack([noise(4, 4), np.full((4, 4), 255, np.uint8)])
    got = shown(encoded(Image.fromarray(rgba)))
    np.testing.assert_array_equal(got.pixels, rgba[..., :3])
    assert got.notes == ()


# What EXIF's eight orientations do to the stored rows, by the standard's table.
ORIENTATIONS = {
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: np.rot90,
}  # fmt: skip


@pytest.mark.parametrize("tag", ORIENTATIONS)
def test_exif_rotation_is_applied(tag):
    pixels = noise(5, 9)
    exif = Image.Exif()
    exif[0x0112] = tag
    got = shown(encoded(Image.fromarray(pixels), "PNG", exif=exif))
    np.testing.assert_array_equal(got.pixels, ORIENTATIONS[tag](pixels))
    assert any("upright" in note for note in got.notes) == (tag != 1)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_does_not_refuse_a_picture():
    image = Image.fromarray(noise())
    data = encoded(image, "JPEG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff garbage")
    assert shown(data).pixels.shape == (24, 32, 3)


@pytest.mark.parametrize("size", [(1, 1), (6000, 12), (20000, 10), (1, 70000)])
def test_extreme_shapes_are_shown_unchanged(size):
    pixels = noise(size[1], size[0])
    np.testing.assert_array_equal(shown(encoded(Image.fromarray(pixels))).pixels, pixels)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "BMP"])
def test_truncated_file_is_shown_as_far_as_it_goes(fmt):
    pixels = np.kron(noise(20, 20), np.ones((8, 8, 1), np.uint8))
    data = encoded(Image.fromarray(pixels), fmt)
    whole, cut = shown(data), shown(data[: len(data) * 3 // 4])
    assert any("ends early" in note for note in cut.notes)
    rows = slice(-30, None) if fmt == "BMP" else slice(0, 30)  # a BMP is stored from its last row up
    np.testing.assert_array_equal(cut.pixels[rows], whole.pixels[rows])
    assert not np.array_equal(cut.pixels, whole.pixels)


def test_tolerance_is_switched_off_again():
    data = encoded(Image.fromarray(noise(64, 64)), "JPEG")
    shown(data[: len(data) // 2])
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(data[: len(data) // 2])).load()


def test_corrupt_data_is_refused():
    data = bytearray(encoded(Image.fromarray(noise(64, 64))))
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    refused(read_bytes(bytes(data), "bad.png"), "bad.png", "damaged")


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\x00\x00\x00WEBPVP8 "])
def test_a_picture_header_with_rubbish_behind_is_damaged(start):
    refused(read_bytes(start + b"rubbish " * 20, "x.jpg"), "x.jpg", "damaged")


def test_not_a_picture(tmp_path):
    file = tmp_path / "letter.jpg"
    file.write_text("Dear all,\n" * 100)
    refused(read_picture(file), "letter.jpg", "not a picture")
    refused(check_picture(file), "letter.jpg", "not a picture")


def test_postscript_is_not_handed_to_another_program():
    refused(read_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "x.eps"), "PostScript", "not read here")


def test_missing_folder_and_empty(tmp_path):
    refused(read_picture(tmp_path / "gone.png"), "gone.png", "does not exist")
    refused(read_picture(tmp_path), tmp_path.name, "folder")
    (tmp_path / "zero.png").touch()
    refused(read_picture(tmp_path / "zero.png"), "zero.png", "empty")
    refused(read_bytes(b"", "The clipboard"), "The clipboard", "empty")


def test_pipe_is_refused_without_waiting_on_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    refused(read_picture(tmp_path / "pipe.png"), "pipe.png", "pipe")


def test_unreadable_file(tmp_path, monkeypatch):
    (tmp_path / "locked.png").write_bytes(b"x")

    def denied(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", denied)
    refused(read_picture(tmp_path / "locked.png"), "locked.png", "cannot be read")


def png_header(width, height):
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(17897, 10000), (20000, 20000), (400_000, 400_000)])
def test_too_many_pixels_are_refused_from_the_header(size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("was decoded"))
    refused(read_bytes(png_header(*size), "bomb.png"), "bomb.png", "megapixels", "178")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_limit_does_not_hang_on_pillow_s_warning(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("was decoded"))
    refused(read_bytes(png_header(20000, 15000), "bomb.png"), "bomb.png has 300 megapixels")


def test_just_under_the_limit_is_not_refused_for_its_size(tmp_path):
    file = tmp_path / "large.png"
    file.write_bytes(png_header(17800, 10000))  # above the size at which Pillow on its own would warn
    assert check_picture(file) is None


@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
def test_large_pictures_are_reduced_with_a_note(fmt, monkeypatch):
    monkeypatch.setattr(reading, "SHOWN_PIXELS", 10_000)
    smooth = cv2.resize(noise(5, 7), (280, 200), interpolation=cv2.INTER_CUBIC)
    got = shown(encoded(Image.fromarray(smooth), fmt))
    height, width = got.pixels.shape[:2]
    assert height * width <= 10_000
    assert width / height == pytest.approx(280 / 200, rel=0.03)
    assert any(f"280 × 200 to {width} × {height}" in note for note in got.notes)
    wanted = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_AREA)
    assert np.abs(got.pixels.astype(int) - wanted).mean() < 4


def test_reduced_and_turned(monkeypatch):
    monkeypatch.setattr(reading, "SHOWN_PIXELS", 10_000)
    exif = Image.Exif()
    exif[0x0112] = 6
    got = shown(encoded(Image.new("RGB", (400, 100)), "JPEG", exif=exif))
    assert got.pixels.shape == (200, 50, 3)


def test_large_16_bit_picture_is_reduced(monkeypatch):
    monkeypatch.setattr(reading, "SHOWN_PIXELS", 1000)
    data = cv2.imencode(".png", np.full((100, 60), 32768, np.uint16))[1].tobytes()
    got = shown(data)
    assert got.pixels.shape[0] * got.pixels.shape[1] <= 1000
    assert (got.pixels == 128).all()


# Arrays -------------------------------------------------------------------------------------------------


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int16, np.int64, np.float32, np.float64, np.bool_]),
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4])),
    )
)
@settings(max_examples=80, deadline=None)
def test_any_array_becomes_a_picture(array):
    got = from_array(array)
    assert isinstance(got, Picture)
    assert got.pixels.shape == (*array.shape[:2], 3)
    assert got.pixels.dtype == np.uint8


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.complex64, np.int32]), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0)
    )
)
@settings(max_examples=60, deadline=None)
def test_odd_shapes_never_raise(array):
    good = (
        array.ndim in (2, 3)
        and array.size > 0
        and array.dtype.kind in "iu"
        and (array.ndim == 2 or array.shape[2] in (1, 3, 4))
    )
    assert isinstance(from_array(array), Picture if good else Problem)


def test_scaling_of_floats_by_hand():
    unit = from_array(np.array([[0.0, 0.25, 1.0]]))
    assert unit.pixels[0, :, 0].tolist() == [0, 64, 255]
    wide = from_array(np.array([[-1.0, 0.0, 3.0]]))
    assert wide.pixels[0, :, 0].tolist() == [0, 64, 255]
    holes = from_array(np.array([[np.nan, 0.5, np.inf]]))
    assert holes.pixels[0, :, 0].tolist() == [0, 128, 0]
    assert any("not finite" in note for note in holes.notes)
    assert from_array(np.array([[-1e308, 1e308]])).pixels[0, :, 0].tolist() == [0, 255]


def test_array_is_copied():
    array = noise()
    got = from_array(array)
    array[:] = 0
    assert got.pixels.any()


@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"\xff\xd8\xff\xe0"]),
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(data, start):
    got = read_bytes(start + data, "some bytes")
    assert isinstance(got, Picture | Problem)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_damaged_real_files_never_raise(data):
    fmt = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "JPEG2000", "PPM", "ICO"]))
    whole = bytearray(encoded(Image.fromarray(np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)), fmt))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    got = read_bytes(bytes(whole[: data.draw(st.integers(1, len(whole)))]), "damaged")
    assert isinstance(got, Picture | Problem)


# The source ---------------------------------------------------------------------------------------------


def test_image_source(tmp_path):
    file = tmp_path / "a.png"
    pixels = noise()
    Image.fromarray(pixels).save(file)
    source = open_image(file)
    assert isinstance(source, ImageSource)
    assert (source.kind, source.count, source.fps, source.title) == ("image", 1, 0.0, "a.png")
    frame = source.read()
    np.testing.assert_array_equal(frame.pixels, pixels)
    assert frame.source_id == source.id
    assert source.read() is None
    assert source.at(0) is frame
    refused(source.at(1), "a.png")
    source.close()
    source.close()
    assert open_image(file).id != source.id
    assert isinstance(open_image(tmp_path / "none.png"), Problem)
