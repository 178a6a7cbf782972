"""Deep pictures are scaled by their whole range, say when they use little of it, and can be had stretched."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from pngs import with_chunks

from explainer.sources.depth import scaled_to_8_bits
from explainer.sources.opening import open_source
from explainer.sources.reading import Picture, from_array, read_bytes, read_picture

RNG = np.random.default_rng(11)
XRAY = RNG.integers(64, 3105, (20, 30), np.uint16)
XRAY[0, :2] = 64, 3104


def encoded(image, fmt="PNG", **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def shown(data, name="x.png", **options) -> Picture:
    got = read_bytes(data, name, **options)
    assert isinstance(got, Picture), got
    return got


@pytest.mark.parametrize("fmt", ["PNG", "TIFF"])
def test_twelve_bits_in_sixteen_say_so_and_can_be_stretched(fmt):
    data = encoded(Image.fromarray(XRAY), fmt)
    dark = shown(data)
    assert dark.stretchable == "64 to 3,104 of 65,535"
    assert any("64 to 3,104" in note and "#stretch" in note for note in dark.notes)
    np.testing.assert_array_equal(dark.pixels[..., 0], np.rint(XRAY / 257))
    bright = shown(data, stretch=True)
    np.testing.assert_array_equal(bright.pixels[..., 0], np.rint((XRAY.astype(float) - 64) / 3040 * 255))
    assert bright.stretchable == ""
    assert any("stretched" in note for note in bright.notes)


def test_a_colour_picture_of_twelve_bits_in_sixteen_is_stretched_by_one_range():
    values = RNG.integers(100, 4000, (8, 9, 3), np.uint16)
    out = io.BytesIO()
    tifffile.imwrite(out, values, photometric="rgb", metadata=None)
    got = shown(out.getvalue(), "x.tif", stretch=True)
    low, high = int(values.min()), int(values.max())
    np.testing.assert_array_equal(got.pixels, np.rint((values.astype(float) - low) / (high - low) * 255))


def test_one_hot_pixel_does_not_hide_a_dark_picture():
    values = np.tile(XRAY, (10, 10))
    values[5, 5] = 65535
    got = scaled_to_8_bits(values)
    assert got.stretchable
    assert scaled_to_8_bits(values, stretch=True).samples.mean() > 80


@pytest.mark.parametrize("values", [RNG.integers(0, 65536, (9, 9), np.uint16), np.full((9, 9), 900, np.uint16)])
def test_what_uses_its_range_or_has_none_is_not_offered_stretched(values):
    assert from_array(values).stretchable == ""


def test_eight_bits_in_sixteen_are_not_taken_for_eight():
    assert from_array(np.array([[0, 255]], np.uint16)).pixels.max() == 1
    assert from_array(np.array([[0, 255]], np.int32)).pixels.max() == 255
    assert "8 bits" in from_array(np.array([[0, 255]], np.int32)).notes[0]


def test_floats_that_use_little_of_0_to_1_are_offered_too():
    values = np.linspace(0.01, 0.05, 100, dtype=np.float32).reshape(10, 10)
    assert from_array(values).stretchable
    stretched = from_array(values, stretch=True).pixels
    assert (stretched.min(), stretched.max()) == (0, 255)


def test_a_suffix_of_the_name_stretches(tmp_path):
    Image.fromarray(XRAY).save(tmp_path / "x.png")
    dark, bright = (open_source(f"{tmp_path / 'x.png'}{suffix}").read() for suffix in ("", "#stretch"))
    assert dark.stretchable
    assert dark.pixels.max() < 20
    assert bright.pixels.max() == 255
    folder = open_source(f"{tmp_path}#stretch")
    assert folder.read().pixels.max() == 255
    Image.new("RGB", (4, 4)).save(tmp_path / "x.png#stretch", "PNG")  # what exists is taken as it is called
    assert open_source(f"{tmp_path / 'x.png'}#stretch").read().pixels.shape == (4, 4, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_one_clear_level_of_a_deep_png_is_clear(channels):
    values = np.repeat(np.array([[[1000], [40000], [40001], [65535]]], np.uint16), channels, 2)
    clear = (b"tRNS", struct.pack(f">{channels}H", *[40000] * channels))
    got = shown(with_chunks(imagecodecs.png_encode(values if channels == 3 else values[..., 0]), clear))
    assert got.pixels[0, :, 0].tolist() == [4, 255, 156, 255]
    assert any("white" in note for note in got.notes)


# Shape of pixels -------------------------------------------------------------------------------------------


def ratio_of(fmt, across, down):
    image = Image.fromarray(RNG.integers(0, 256, (40, 60, 3), np.uint8))
    if fmt == "PNG":
        return with_chunks(encoded(image), (b"pHYs", struct.pack(">IIB", across, down, 0)))
    if fmt == "TIFF":
        out = io.BytesIO()
        tifffile.imwrite(out, np.asarray(image), photometric="rgb", resolution=(across, down), metadata=None)
        return out.getvalue()
    data = bytearray(encoded(image, "JPEG", dpi=(across, down)))
    return bytes(data)


@pytest.mark.parametrize("fmt", ["PNG", "TIFF", "JPEG"])
@pytest.mark.parametrize(
    ("across", "down", "size"),
    [(100, 200, (120, 40)), (204, 98, (60, 83)), (300, 300, (60, 40)), (300, 299, (60, 40)), (1, 300, (60, 40))],
)
def test_pixels_are_made_square(fmt, across, down, size):
    got = shown(ratio_of(fmt, across, down), "x")
    assert (got.pixels.shape[1], got.pixels.shape[0]) == size
    assert any("pixels are" in note for note in got.notes) == (abs(across - down) > 1)


def test_made_square_and_then_turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    got = shown(encoded(Image.new("RGB", (60, 40)), "JPEG", dpi=(100, 200), exif=exif))
    assert got.pixels.shape[:2] == (120, 40)


def test_exif_resolutions_of_a_jpeg_do_not_count():
    exif = Image.Exif()
    exif[0x011A], exif[0x011B] = 72.0, 300.0
    assert shown(encoded(Image.new("RGB", (60, 40)), "JPEG", exif=exif)).pixels.shape[:2] == (40, 60)


def test_a_large_file_is_opened_by_its_header(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "x.png")
    with (tmp_path / "x.png").open("ab") as out:
        out.write(bytes(1000))  # rubbish behind the end
    assert isinstance(read_picture(tmp_path / "x.png"), Picture)


@pytest.mark.parametrize("channels", [3, 4])
def test_the_brightest_of_a_deep_jpeg_2000_stay_bright(channels):
    values = RNG.integers(0, 65536, (16, 24, channels), np.uint16)
    values[:4] = 65535
    got = shown(imagecodecs.jpeg2k_encode(values, level=0, codecformat="jp2"), "x.jp2")
    opacity = values[..., 3:].astype(float) / 65535 if channels == 4 else 1.0
    wanted = np.rint(values[..., :3] / 257) * opacity + 255 * (1 - opacity)
    np.testing.assert_allclose(got.pixels, wanted, atol=0 if channels == 3 else 1.5)
    assert got.notes[0] == "16 bits a channel were scaled to 8."


@pytest.mark.parametrize(("fmt", "colour"), [("DDS", (255, 0, 0)), ("BMP", (255, 255, 255))])
def test_what_has_8_bits_is_not_called_deep(fmt, colour):
    mode = "RGB" if fmt == "DDS" else "1"
    got = shown(encoded(Image.new("RGB", (9, 7), colour).convert(mode), fmt), "x")
    assert not any("bits a channel" in note for note in got.notes)
    assert (got.pixels == colour).all()


def _deep_tiff(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, photometric="rgb" if values.ndim == 3 else "minisblack", metadata=None, **options)
    return out.getvalue()


@pytest.mark.parametrize("options", [{}, {"rowsperstrip": 8}, {"tile": (16, 16), "compression": "zlib"}])
def test_a_deep_tiff_that_ends_early_is_shown_as_far_as_it_goes(options):
    values = RNG.integers(1, 65536, (48, 32, 3), np.uint16)
    data = _deep_tiff(values, **options)
    got = shown(data[: len(data) * 2 // 3], "x.tif")
    assert "The file ends early; the missing part is blank." in got.notes
    wanted = np.rint(values / 257)
    np.testing.assert_array_equal(got.pixels[:16], wanted[:16])
    assert not got.pixels[-8:].any()


@pytest.mark.parametrize(
    ("values", "nodata", "wanted"),
    [
        (np.array([[-9999, 100, 200, 300]], np.float32), "-9999", [0, 0, 128, 255]),
        (np.array([[-3.4028235e38, 0.0, 0.5, 1.0]], np.float32), "-3.40282346639e+38", [0, 0, 128, 255]),
        (np.array([[-32768, 0, 257, 65278 // 2]], np.int16), "-32768", [0, 0, 1, 127]),
        (np.array([[65535, 257, 514, 65278]], np.uint16), "65535", [0, 1, 2, 254]),
        (np.array([[7, 257, 514, 65278]], np.uint16), "nothing", [0, 1, 2, 254]),
    ],
)
def test_places_without_data_do_not_make_up_the_range(values, nodata, wanted):
    got = shown(_deep_tiff(values, extratags=[(42113, "s", 0, nodata, True)]), "x.tif")
    np.testing.assert_array_equal(got.pixels[0, :, 0], wanted)
    assert any("without data" in note for note in got.notes) == (nodata != "nothing")


@pytest.mark.parametrize(("kind", "outlier"), [(np.float32, 1e6), (np.int32, 10**9), (np.int16, -32000)])
def test_outliers_that_flatten_the_rest_are_told_and_can_be_cut(kind, outlier):
    values = RNG.integers(-50, 300, (60, 50)).astype(kind)
    values[3, 4] = outlier
    dark = scaled_to_8_bits(values)
    assert dark.stretchable
    assert any("#stretch" in note for note in dark.notes)
    low, high = np.percentile(values, (0.5, 99.5))
    wanted = np.rint(np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255)
    np.testing.assert_array_equal(scaled_to_8_bits(values, stretch=True).samples, wanted)
