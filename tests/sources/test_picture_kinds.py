"""Whole files of kinds that are not read are called by their names, never damaged; those that are read, are."""

import base64
import io
import os
import resource
import struct
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from pngs import chunk, split, with_chunks

from explainer.core.problem import Problem
from explainer.sources import layout, raws
from explainer.sources.kinds import kind_of
from explainer.sources.opening import open_source
from explainer.sources.reading import Picture, check_bytes, check_picture, read_bytes, read_picture

RNG = np.random.default_rng(7)
GREY16 = RNG.integers(0, 65536, (24, 32), np.uint16)


def encoded(image, fmt="PNG", **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def tiff(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, metadata=None, **options)
    return out.getvalue()


def shown(data, name="x.png", **options) -> Picture:
    got = read_bytes(data, name, **options)
    assert isinstance(got, Picture), got
    return got


NAMED = {
    "12-bit JPEG": lambda: imagecodecs.jpeg8_encode(GREY16 >> 4, bitspersample=12),
    "lossless JPEG": lambda: imagecodecs.ljpeg_encode(GREY16, bitspersample=16),
    "JPEG-LS": lambda: imagecodecs.jpegls_encode(GREY16),
    "JPEG XL": lambda: imagecodecs.jpegxl_encode(GREY16, usecontainer=True),
    "JPEG XR": lambda: imagecodecs.jpegxr_encode(GREY16),
    "complex": lambda: tiff(GREY16.astype("c8"), photometric="minisblack"),
    "volume, 16": lambda: tiff(
        np.zeros((16, 16, 16), "u1"), volumetric=True, tile=(16, 16, 16), photometric="minisblack"
    ),
    "inks of its own": lambda: tiff(
        np.zeros((9, 9, 4), "u1"), photometric="separated", extratags=[(332, 3, 1, 2, True)]
    ),
    "raw": lambda: tiff(GREY16, photometric="cfa", extratags=[(33421, 3, 2, (2, 2), True)]),
    "Photoshop file in CMYK with 16 bits": lambda: (
        b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 4, 9, 9, 16, 4) + bytes(99)
    ),
    "large Photoshop": lambda: b"8BPS\0\2" + bytes(400),
    "vector drawing (SVG)": lambda: b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "PDF": lambda: b"%PDF-1.7\n%rest",
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "DICOM": lambda: bytes(128) + b"DICM" + bytes(99),
    "NIfTI": lambda: struct.pack("<i", 348) + bytes(340) + b"n+1\0" + bytes(99),
    "OpenEXR": lambda: b"v/1\x01" + bytes(99),
    "Radiance": lambda: b"#?RADIANCE\n" + bytes(99),
    "web page": lambda: b"<!DOCTYPE html><html>",
    "companion file": lambda: b"\0\5\x16\7" + bytes(99),
    "property list": lambda: b'<?xml version="1.0"?><!DOCTYPE plist PUBLIC "x"><plist version="1.0">',
    "Git LFS": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
}


@pytest.mark.parametrize("word", NAMED)
def test_what_is_not_read_is_named(word, tmp_path, monkeypatch):
    monkeypatch.setattr(raws, "can_develop", lambda: False)
    data = NAMED[word]()
    file = tmp_path / "x.jpg"
    file.write_bytes(data)
    for got in (read_bytes(data, "x.jpg"), read_picture(file), check_picture(file), check_bytes(data, "x.jpg")):
        assert isinstance(got, Problem)
        assert word in got.what
        assert "damaged" not in got.what
        assert got.todo


@pytest.mark.parametrize(
    "start", [b"FUJIFILMCCD-RAW 0201", b"II*\0\x10\0\0\0CR\2\0", b"\0\0\0\x18ftypcrx ", b"IIRO\x08\0"]
)
def test_a_camera_s_raw_file_is_named_without_rawpy(start, monkeypatch):
    monkeypatch.setattr(raws, "can_develop", lambda: False)
    got = read_bytes(start + bytes(400), "IMG_1.CR2")
    assert isinstance(got, Problem)
    assert got.what.startswith("IMG_1.CR2 is a camera raw file")
    assert "explainer[raw]" in got.todo


def test_the_preview_of_a_raw_file_is_never_shown_for_it(monkeypatch):
    monkeypatch.setattr(raws, "can_develop", lambda: False)
    preview = RNG.integers(0, 256, (8, 8, 3), np.uint8)
    plain = tiff(preview, photometric="rgb")
    assert isinstance(read_bytes(plain, "a.nef"), Problem)  # its name says so
    assert isinstance(read_bytes(plain, "a.tif"), Picture)
    dng = tiff(preview, photometric="rgb", extratags=[(50706, 1, 4, b"\1\4\0\0", True)])  # its tags say so
    assert isinstance(read_bytes(dng, "a.tif"), Problem)
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(preview, photometric="rgb", subifds=1, metadata=None)
        writer.write(GREY16, photometric="cfa", extratags=[(33421, 3, 2, (2, 2), True)], metadata=None)
    assert "camera raw" in read_bytes(out.getvalue(), "a.tif").what


def test_a_raw_file_is_developed_where_rawpy_is_installed():
    pytest.importorskip("rawpy")
    mosaic = np.full((64, 96), 2000, np.uint16)
    mosaic[::2, ::2], mosaic[1::2, 1::2] = 6000, 500  # much red, little blue
    to_camera = [324, -154, -50, -97, 188, 4, 6, -20, 106]  # in hundredths: a camera that sees as sRGB does
    tags = [
        (33421, 3, 2, (2, 2), True), (33422, 1, 4, b"\0\1\1\2", True), (50706, 1, 4, b"\1\4\0\0", True),
        (50708, 2, 0, "Made", True), (271, 2, 0, "Made", True), (272, 2, 0, "Made", True), (274, 3, 1, 6, True),
        (50717, 4, 1, 16383, True), (50728, 5, 3, (1, 2, 1, 1, 1, 1), True), (50778, 3, 1, 21, True),
        (50721, 10, 9, tuple(n for v in to_camera for n in (v, 100)), True),
    ]  # fmt: skip
    got = shown(tiff(mosaic, photometric="cfa", extratags=tags), "x.dng")
    assert got.pixels.shape == (96, 64, 3)
    red, green, blue = got.pixels[30, 30].astype(int)
    assert red > green > blue
    assert "camera raw" in got.notes[0]


def test_a_small_copy_in_front_of_the_picture_is_passed_over():
    whole = RNG.integers(0, 256, (16, 16, 3), np.uint8)
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(whole[::4, ::4], photometric="rgb", subfiletype=1, metadata=None)
        writer.write(whole, photometric="rgb", metadata=None)
    np.testing.assert_array_equal(shown(out.getvalue(), "x.tif").pixels, whole)


# 48 × 32: red and green above blue and black, written by libheif 1.23 (pillow-heif 1.8.1) with EXIF's orientation.
HEIC = {
    1: (
        "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
        "AAAERAAAIAAQAAAAAB4gABAAAAAAAAANMAAgAAAAACtQABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
        "bmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
        "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
        "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEH"
        "BpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAA/21kYXQAAADPKAGvBPhBMZm/"
        "8af///PjXZfp9paZrOq4GUC7Nfpwp/We23m61WriHnCO76fBcP1+Vs5nBNgJLRHR5UFXsi/dAbuG9nM/iHB5NoWaH6fukPy+of/5TeYZfRPUBu"
        "/9lWGl/WgCP1Ornzug6X/po8LHley8KTOHf6I7HXhKAO5c4XFX+E3vgnsnxeKcairPPG3Ug0btEywe2XdixpeAB79cixc5UdvG7/0LQFmefHXV"
        "prM7fdCrDGqaBSfM1TRsTNvvoMekKxFupL5fbno/6cjwAAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQABAAAAAAAA"
    ),
    6: (
        "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
        "AAAERAAAIAAQAAAAAB7AABAAAAAAAAANMAAgAAAAACvwABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
        "bmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
        "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
        "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEH"
        "BpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAP9tZGF0AAAA"
        "zygBrwT4QTGZv/Gn///z412X6faWmazquBlAuzX6cKf1ntt5utVq4h5wju+nwXD9flbOZwTYCS0R0eVBV7Iv3QG7hvZzP4hweTaFmh+n7pD8vq"
        "H/+U3mGX0T1Abv/ZVhpf1oAj9Tq587oOl/6aPCx5XsvCkzh3+iOx14SgDuXOFxV/hN74J7J8XinGoqzzxt1ING7RMsHtl3YsaXgAe/XIsXOVHb"
        "xu/9C0BZnnx11aazO33QqwxqmgUnzNU0bEzb76DHpCsRbqS+X256P+nI8AAAAAZFeGlmAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA=="
    ),
}


@pytest.mark.parametrize("orientation", HEIC)
def test_heic_is_read_and_turned_once(orientation, tmp_path):
    data = base64.b64decode(HEIC[orientation])
    corners = [[(230, 40, 40), (40, 200, 60)], [(40, 60, 220), (0, 0, 0)]]
    wanted = np.array(corners if orientation == 1 else [[corners[1][0], corners[0][0]], [corners[1][1], corners[0][1]]])
    got = shown(data, "IMG.HEIC").pixels
    height, width = got.shape[:2]
    assert (width, height) == ((48, 32) if orientation == 1 else (32, 48))
    np.testing.assert_allclose(got[height // 4 :: height // 2, width // 4 :: width // 2], wanted, atol=6)
    (tmp_path / "IMG.HEIC").write_bytes(data)
    assert open_source(str(tmp_path)).read().name == "IMG.HEIC"  # a phone's folder
    assert kind_of(tmp_path / "IMG.HEIC") == "picture"


def test_avif_is_read():
    pixels = np.full((16, 16, 3), (200, 60, 20), np.uint8)
    got = shown(encoded(Image.fromarray(pixels), "AVIF", quality=95), "x.avif")
    np.testing.assert_allclose(got.pixels, pixels, atol=4)


# Beside the pixels -----------------------------------------------------------------------------------------

PIXELS = RNG.integers(0, 256, (9, 11, 3), np.uint8)
ASIDE = {
    "much text": (b"zTXt", b"k\0\0" + zlib.compress(bytes(3_000_000))),
    "long text": (b"tEXt", b"k\0" + b"x" * 2_000_000),
    "text in a broken stream": (b"zTXt", b"k\0\0rubbish"),
    "international text": (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0rubbish"),
    "broken EXIF": (b"eXIf", b"II*\0\xff\xff\xff\xff"),
    "broken profile": (b"iCCP", b"name\0\0rubbish"),
    "profile that swells": (b"iCCP", b"name\0\0" + zlib.compress(bytes(30_000_000))),
    "broken density": (b"pHYs", b"\0"),
    "broken time": (b"tIME", b"\0"),
    "animation of none": (b"acTL", bytes(8)),
    "unknown": (b"teSt", bytes(99)),
}


@pytest.mark.parametrize("what", ASIDE)
def test_what_lies_beside_the_pixels_never_refuses_them(what):
    data = with_chunks(encoded(Image.fromarray(PIXELS)), ASIDE[what])
    np.testing.assert_array_equal(shown(data).pixels, PIXELS)


def test_a_wrong_check_sum_beside_the_pixels_is_passed_over():
    parts = split(encoded(Image.fromarray(PIXELS)))
    torn = chunk(b"tEXt", b"k\0v")[:-1] + b"\0"
    data = b"\x89PNG\r\n\x1a\n" + parts[0] + torn + b"".join(parts[1:])
    np.testing.assert_array_equal(shown(data).pixels, PIXELS)


@pytest.mark.parametrize("marker", [0xE1, 0xE2, 0xED, 0xEF, 0xFE])
@pytest.mark.parametrize(
    "body", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"MPF\0rubbish", b"\xff" * 60, bytes(65_000)], ids=len
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_segments_of_a_jpeg_never_refuse_it(marker, body):
    plain = encoded(Image.fromarray(PIXELS), "JPEG", quality=95)
    data = plain[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + plain[2:]
    np.testing.assert_array_equal(shown(data, "x.jpg").pixels, shown(plain, "x.jpg").pixels)


# Much ------------------------------------------------------------------------------------------------------

SPARSE = {
    "x.png": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 99, 99, 8, 2, 0, 0, 0))
    + b"\x7f\xff\xff\xffIDAT",
    "y.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 99, 99, 8, 2, 0, 0, 0)),
    "x.jpg": b"\xff\xd8\xff\xe0",
    "x.gif": b"GIF89a\x10\0\x10\0\0\0\0",
    "x.tif": b"II*\0\x08\0\0\0",
    "x.webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "x.heic": b"\0\0\0\x18ftypheic",
    "x.psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3),
    "x.bmp": b"BM",
    "nothing.png": b"\0",
}


@pytest.mark.skipif(sys.platform == "win32", reason="sparse files")
@pytest.mark.parametrize("name", SPARSE)
def test_a_sparse_file_of_gigabytes_is_not_read_whole(name, tmp_path, monkeypatch):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    file = tmp_path / name
    with file.open("wb") as out:
        out.write(SPARSE[name])
        out.truncate(3 << 30)
    assert isinstance(read_picture(file), Picture | Problem)
    assert isinstance(check_picture(file), Problem | None)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> (20 if sys.platform == "darwin" else 10)
    assert grown < 300


@pytest.mark.parametrize(
    ("dtype", "side"), [("f8", 13_000), ("u1", 12_000)], ids=["too much", "far more than it holds"]
)
def test_a_tiff_that_claims_much_is_refused_from_its_tags(dtype, side, monkeypatch):
    monkeypatch.setattr(tifffile.TiffPage, "asarray", lambda *a, **k: pytest.fail("was decoded"))
    data = bytearray(tiff(np.zeros((8, 8, 3), dtype), photometric="rgb"))
    with tifffile.TiffFile(io.BytesIO(data)) as tif:
        places = [tif.pages[0].tags[n].valueoffset for n in (256, 257)]
    for at in places:
        data[at : at + 4] = struct.pack("<I", side)
    assert isinstance(read_bytes(bytes(data), "x.tif"), Problem)


# Names -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_a_name_of_any_bytes_can_be_written_in_a_sentence(tmp_path):
    file = tmp_path / os.fsdecode(b"caf\xe9.png")
    file.write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    for got in (read_picture(file), check_picture(file), read_picture(f"{file}.gone"), read_picture(file / "x")):
        assert isinstance(got, Problem)
        got.sentence.encode("utf8")
        assert "caf�" in got.what or "x" in got.what
    file.write_bytes(encoded(Image.fromarray(PIXELS)))
    open_source(str(file)).title.encode("utf8")


def test_formats_that_are_read_load_no_further_plugins():
    assert "EPS" not in layout._FORMATS


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b'{"error": "not found"}', "is text, not a picture."),
        (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "is text, not a picture."),
        ("Zugriff verweigert: Schlüssel fehlt".encode(), "is text, not a picture."),
        (bytes(70_000), "is filled with zeros, not a picture."),
        (b"ID3\x04" + bytes(100), "is sound, not a picture."),
        (b"RIFF\x24\0\0\0WAVEfmt ", "is sound, not a picture."),
        (b"SDPX" + bytes(600), "is a DPX picture, which is not read here."),
        (b"a.txt".ljust(257, b"\0") + b"ustar\x0000" + bytes(300), "is an archive (tar), which is not read here."),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, start, said):
    for name in ("x.jpg", "x"):
        path = tmp_path / name
        path.write_bytes(start)
        for problem in (open_source(str(path)), check_picture(path), read_bytes(start, name)):
            assert isinstance(problem, Problem)
            assert problem.what == f"{name} {said}"


def test_512_zeros_are_a_header_too():
    problem = read_bytes(bytes(512) + b"\0\x11\x02\xff" + bytes(100), "x.pict")
    assert isinstance(problem, Problem)
    assert "zeros" not in problem.what


def test_a_text_that_is_a_picture_is_read():
    assert (shown(b"P2\n# a remark\n2 1\n255\n0 255\n", "x.pgm").pixels[0, :, 0] == [0, 255]).all()


def test_a_tga_is_known_by_its_name(tmp_path):
    values = RNG.integers(0, 256, (6, 9, 3), np.uint8)
    path = tmp_path / "x.TGA"
    path.write_bytes(encoded(Image.fromarray(values), "TGA"))
    np.testing.assert_array_equal(read_picture(path).pixels, values)
    assert kind_of(path) == "picture"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<!DOCTYPE html><p>404", "is a web page, not a film."),
        (bytes(70_000), "is filled with zeros, not a film."),
        (
            b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x30moov" + b"smhdsounstsd".ljust(40, b"\0") + b"\0\0\0\x08mdat",
            "holds sound and no pictures.",
        ),
    ],
)
def test_what_is_no_film_is_named(tmp_path, data, said):
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    problem = open_source(str(path))
    assert isinstance(problem, Problem)
    assert problem.what == f"x.mp4 {said}"
