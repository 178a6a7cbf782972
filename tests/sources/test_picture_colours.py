"""Colours of other spaces come to sRGB, with a note; a profile that is broken never costs the picture."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from pngs import with_chunks

from explainer.sources.colour import ADOBE_RGB, from_lab, from_profile
from explainer.sources.reading import Picture, read_bytes

RNG = np.random.default_rng(5)


def encoded(image, fmt="PNG", **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def shown(data, name="x.png") -> Picture:
    got = read_bytes(data, name)
    assert isinstance(got, Picture), got
    return got


def said(got, *words):
    return any(all(word in note for word in words) for note in got.notes)


# Profiles, written by hand ---------------------------------------------------------------------------------


def s15(value):
    return struct.pack(">i", round(value * 65536))


def profile(kind, tags, name="Made", pcs=b"XYZ "):
    """An ICC profile version 2 with these tags (ICC.1:2001-04)."""
    desc = b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name.encode() + b"\0" + bytes(78)
    tags = {b"desc": desc, b"wtpt": b"XYZ " + bytes(4) + s15(0.9642) + s15(1) + s15(0.8249), **tags}
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for sign, data in tags.items():
        data += bytes(-len(data) % 4)
        table += sign + struct.pack(">II", at + len(body), len(data))
        body += data
    head = bytes(8) + bytes.fromhex("02100000") + b"mntr" + kind + pcs + bytes(12) + b"acsp" + bytes(28)
    head += s15(0.9642) + s15(1) + s15(0.8249)
    head = head.ljust(128, b"\0")
    return struct.pack(">I", 128 + len(table) + len(body)) + head[4:] + table + body


def curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def rgb_profile(gamma, name="Made"):
    """sRGB's primaries (D50) with a pure gamma."""
    xyz = {b"rXYZ": (0.4361, 0.2225, 0.0139), b"gXYZ": (0.3851, 0.7169, 0.0971), b"bXYZ": (0.1431, 0.0606, 0.7141)}
    tags = {sign: b"XYZ " + bytes(4) + b"".join(map(s15, v)) for sign, v in xyz.items()}
    tags |= {sign: curve(gamma) for sign in (b"rTRC", b"gTRC", b"bTRC")}
    return profile(b"RGB ", tags, name)


def cmyk_profile():
    """Ink to Lab by a table of two points an axis: grey by the light that is left, without any colour."""
    grid = b"".join(
        bytes((round(255 * (1 - c) * (1 - m) * (1 - y) * (1 - k)), 128, 128))
        for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)
    )  # fmt: skip
    ramp = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + b"".join(s15(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    return profile(b"CMYK", {b"A2B0": lut + 4 * ramp + grid + 3 * ramp}, "Made inks", b"Lab ")


def gamma_to_srgb(codes, gamma):
    light = (codes / 255) ** gamma
    return np.rint(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("fmt", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_an_rgb_profile_is_converted(fmt):
    pixels = np.repeat(RNG.integers(40, 256, (3, 8, 1), np.uint8), 3, 2)
    pixels = np.kron(pixels, np.ones((8, 8, 1), np.uint8))
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(fmt, {})
    got = shown(encoded(Image.fromarray(pixels), fmt, icc_profile=rgb_profile(1.4, "Bright"), **options))
    np.testing.assert_allclose(got.pixels, gamma_to_srgb(pixels, 1.4), atol=2)
    assert said(got, "“Bright”", "sRGB")


def test_a_profile_of_srgb_changes_nothing_whatever_its_name():
    pixels = RNG.integers(0, 256, (9, 9, 3), np.uint8)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    got = shown(encoded(Image.fromarray(pixels), icc_profile=srgb))
    np.testing.assert_array_equal(got.pixels, pixels)
    assert got.notes == ()


def test_a_grey_profile_is_converted():
    levels = np.arange(256, dtype=np.uint8)[None]
    grey = profile(b"GRAY", {b"kTRC": curve(1.0)}, "Linear grey")
    got = shown(encoded(Image.fromarray(levels), icc_profile=grey))
    np.testing.assert_allclose(got.pixels[0, 16:, 1], gamma_to_srgb(levels[0, 16:], 1.0), atol=2)
    assert said(got, "“Linear grey”")


def test_an_rgb_profile_on_a_grey_picture_is_converted():
    levels = np.arange(256, dtype=np.uint8)[None]
    got = shown(encoded(Image.fromarray(levels), icc_profile=rgb_profile(1.0)))
    np.testing.assert_allclose(got.pixels[0, 30:, 1], gamma_to_srgb(levels[0, 30:], 1.0), atol=2)


@pytest.mark.parametrize("fmt", ["TIFF", "JPEG"])
def test_a_cmyk_profile_is_used_instead_of_the_plain_formula(fmt):
    image = Image.new("CMYK", (16, 16), (128, 0, 0, 0))
    got = shown(encoded(image, fmt, icc_profile=cmyk_profile()), "x.tif")
    middle = got.pixels[8, 8].astype(int)
    assert np.ptp(middle) <= 3  # the plain formula gives cyan
    assert 90 < middle[0] < 200
    assert said(got, "“Made inks”")


@pytest.mark.parametrize("fmt", ["TIFF", "JPEG"])
def test_cmyk_without_a_profile_says_so(fmt):
    got = shown(encoded(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), fmt))
    np.testing.assert_allclose(got.pixels[8, 8], (0, 255, 255), atol=3)
    assert said(got, "CMYK", "without a profile")


@pytest.mark.parametrize("bad", [b"rubbish" * 40, b"", rgb_profile(1.8)[:200], bytes(128)])
def test_a_broken_profile_never_costs_the_picture(bad):
    pixels = RNG.integers(0, 256, (6, 6, 3), np.uint8)
    got = shown(encoded(Image.fromarray(pixels), icc_profile=bad))
    np.testing.assert_array_equal(got.pixels, pixels)
    assert not bad or said(got, "profile", "left out")


def test_a_profile_for_other_channels_is_left_out():
    pixels = RNG.integers(0, 256, (6, 6, 3), np.uint8)
    image, notes = from_profile(Image.fromarray(pixels), cmyk_profile())
    np.testing.assert_array_equal(np.asarray(image), pixels)
    assert "other channels" in notes[0]


def test_a_jpeg_whose_profile_lost_a_part_says_so():
    data = encoded(Image.new("RGB", (16, 16), "red"), "JPEG", icc_profile=rgb_profile(1.4) + bytes(70_000))
    at = data.index(b"ICC_PROFILE\0\x02")
    length = int.from_bytes(data[at - 2 : at])
    got = shown(data[: at - 4] + data[at - 2 + length :])
    assert said(got, "profile", "broken")


def test_transparency_and_a_profile_go_together():
    rgba = np.zeros((1, 3, 4), np.uint8) + 100
    rgba[0, :, 3] = (0, 128, 255)
    got = shown(encoded(Image.fromarray(rgba), icc_profile=rgb_profile(1.0)))
    a = np.array([0, 128, 255]) / 255
    np.testing.assert_allclose(got.pixels[0, :, 0], a * gamma_to_srgb(100, 1.0) + 255 * (1 - a), atol=2)


# Spaces by numbers -----------------------------------------------------------------------------------------

P3 = [0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060]


def chrm(numbers):
    return struct.pack(">8I", *(round(100_000 * n) for n in numbers))


def test_gamma_of_a_png_is_applied():
    levels = np.arange(256, dtype=np.uint8)[None]
    png = with_chunks(encoded(Image.fromarray(levels)), (b"gAMA", struct.pack(">I", 100_000)))
    got = shown(png)
    np.testing.assert_allclose(got.pixels[0, :, 0], gamma_to_srgb(levels[0], 1.0), atol=1)
    assert said(got, "gamma 1", "sRGB")


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", struct.pack(">I", 45_455))],
        [(b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0")],
        [(b"gAMA", struct.pack(">I", 0))],
        [(b"gAMA", b"\0\0")],
        [(b"cHRM", chrm(P3)[:-4]), (b"sRGB", b"\0")],
        [(b"cHRM", bytes(32))],
        [(b"cICP", bytes((1, 13, 0, 1))), (b"gAMA", struct.pack(">I", 100_000))],
    ],
    ids=str,
)
def test_chunks_that_say_srgb_or_nothing_change_nothing(chunks):
    pixels = RNG.integers(0, 256, (6, 6, 3), np.uint8)
    got = shown(with_chunks(encoded(Image.fromarray(pixels)), *chunks))
    np.testing.assert_array_equal(got.pixels, pixels)


@pytest.mark.parametrize(
    "chunks",
    [[(b"cICP", bytes((12, 13, 0, 1)))], [(b"cHRM", chrm(P3)), (b"gAMA", struct.pack(">I", 45_455))]],
    ids=["cICP", "cHRM"],
)
def test_display_p3_by_numbers(chunks):
    # Full red and a muted green of Display P3 in sRGB, from the CSS Color 4 conversion code.
    pixels = np.array([[[255, 0, 0], [128, 128, 128], [100, 140, 90]]], np.uint8)
    got = shown(with_chunks(encoded(Image.fromarray(pixels)), *chunks))
    np.testing.assert_allclose(got.pixels[0], [[255, 0, 0], [128, 128, 128], [87, 142, 84]], atol=3)
    assert said(got, "sRGB")


@pytest.mark.parametrize(("transfer", "word"), [(16, "PQ"), (18, "HLG")])
def test_a_high_dynamic_range_says_that_its_colours_are_off(transfer, word):
    png = with_chunks(encoded(Image.new("RGB", (4, 4), "gray")), (b"cICP", bytes((9, transfer, 0, 1))))
    assert said(shown(png), word, "tone mapping")


@pytest.mark.parametrize(("space", "index"), [(0xFFFF, "R03"), (2, None)])
def test_adobe_rgb_by_exif(space, index):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    got = shown(encoded(Image.new("RGB", (16, 16), (60, 200, 60)), "JPEG", exif=exif, quality=95), "x.jpg")
    assert said(got, ADOBE_RGB.name, "sRGB")
    assert got.pixels[8, 8, 0] < 20  # that green of Adobe RGB lies outside sRGB


def test_an_uncalibrated_camera_is_noted():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    assert said(shown(encoded(Image.new("RGB", (8, 8)), "JPEG", exif=exif)), "taken as sRGB")


# Lab -------------------------------------------------------------------------------------------------------


def test_lab_by_known_colours():
    # D50 Lab of sRGB's white, middle grey, red, green and blue, as Photoshop and CSS Color 4 give them.
    lab = np.array(
        [[[100, 0, 0], [53.585, 0, 0], [54.29, 80.80, 69.89], [87.82, -79.27, 80.99], [29.57, 68.30, -112.03]]]
    )
    wanted = [[255, 255, 255], [128, 128, 128], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
    np.testing.assert_allclose(from_lab(lab.astype(np.float32))[0], wanted, atol=1)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("photometric", ["cielab", "icclab"])
def test_lab_tiff(dtype, photometric):
    step = 1 if dtype == "u1" else 256
    light, a, b = 54.29, 81, 70
    if photometric == "cielab":
        codes = [round(light / 100 * (2 ** (8 * np.dtype(dtype).itemsize) - 1)), a * step, b * step]
    else:
        codes = [round(light / 100 * (2 ** (8 * np.dtype(dtype).itemsize) - 1)), (a + 128) * step, (b + 128) * step]
    out = io.BytesIO()
    tifffile.imwrite(out, np.full((4, 4, 3), codes, dtype), photometric=photometric, metadata=None)
    got = shown(out.getvalue(), "x.tif")
    np.testing.assert_allclose(got.pixels[0, 0], [255, 0, 0], atol=4)
    assert said(got, "Lab")
