"""Pictures of every format, spoiled, through the door of files and the door of bytes."""

import io

import numpy as np
import written_pictures as made
from judging import either, sentence
from mutations import spoiled
from PIL import Image

from explainer.core.problem import Problem
from explainer.sources.opening import open_source
from explainer.sources.reading import check_picture, read_bytes

HELD = 60
GRUMBLES = r"_?[A-Z]\w+: |tempfile\.tif: "
"""How libtiff, as Pillow has it, complains to standard error; nobody who uses Pillow can ask it not to."""
_held = []


def prepare(_folder):
    """Pictures whose parts are put into others."""
    _held.extend(_written(np.random.default_rng(number))[0] for number in range(HELD))


def _written(rng):
    way = rng.integers(5)
    if way == 0:
        return _by_pillow(rng)
    if way == 1:
        return _animated(rng)
    drawn = (made.tiff, made.pillow, made.opencv)[rng.integers(3)](rng)
    return (drawn.data, drawn.name) if drawn is not None else _by_pillow(rng)


def _picture(rng):
    return Image.fromarray(rng.integers(0, 256, (int(rng.integers(1, 40)), int(rng.integers(1, 40)), 3), np.uint8))


def _by_pillow(rng):
    """JPEGs of all kinds with EXIF and text beside the pixels, and AVIF."""
    fmt = ("JPEG", "JPEG", "JPEG", "MPO", "AVIF", "PNG", "TGA", "PCX", "PDF", "EPS")[rng.integers(10)]
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = int(rng.integers(0, 12)), "what is seen"
    options = {"exif": exif} if fmt in ("JPEG", "MPO", "AVIF", "PNG") else {}
    if fmt == "JPEG":
        options |= {"progressive": bool(rng.integers(2)), "comment": b"x" * int(rng.integers(99)), "dpi": (72, 300)}
    out, picture = io.BytesIO(), _picture(rng)
    mode = ("RGB", "L", "CMYK")[rng.integers(3)] if fmt == "JPEG" else "RGB"
    try:
        picture.convert(mode).save(out, fmt, **options)
    except (KeyError, OSError, ValueError):  # a build without that format
        picture.save(out, "PNG")
    return out.getvalue(), f"made.{fmt.lower()}"


def _animated(rng):
    fmt = ("GIF", "PNG", "WEBP", "TIFF", "AVIF")[rng.integers(5)]
    first = _picture(rng)
    more = [Image.fromarray(rng.permutation(np.asarray(first))) for _ in range(int(rng.integers(1, 5)))]
    out = io.BytesIO()
    try:
        first.save(out, fmt, save_all=True, append_images=more, **({} if fmt == "TIFF" else {"duration": 40}))
    except (KeyError, OSError, ValueError):
        first.save(out, "GIF")
    return out.getvalue(), f"moving.{fmt.lower()}"


def case(draw, folder):
    """One picture, spoiled; as a file under some suffix, and as bytes."""
    data, name = _written(np.random.default_rng(draw.getrandbits(32)))
    data = spoiled(draw, data, _held)
    name = name if draw.random() < 0.7 else draw.choice(("a.png", "b.jpg", "c.tif", "d", "e.gif", "f.mp4", "g.dng"))
    path = folder / name
    path.write_bytes(data)
    _as_file(draw, path)
    brought = read_bytes(data, "The pasted picture", stretch=draw.random() < 0.5)
    if isinstance(brought, Problem):
        sentence(brought)
    else:
        assert brought.pixels.dtype == np.uint8


def _as_file(draw, path):
    early = check_picture(path)
    if early is not None:
        sentence(early)
    source = open_source(f"{path}{draw.choice(('', '', '#stretch'))}")
    if isinstance(source, Problem):
        sentence(source)
        return
    try:
        for _ in range(6):
            if either(source.read()) is None:
                break
        either(source.at(draw.choice((0, 1, -1, 10**9))))
    finally:
        source.close()
