"""Folders that change while they are read: files come, go, are cut, become folders, links in circles, or forbidden."""

import contextlib
import os

import numpy as np
import written_pictures as made
from judging import either, sentence
from mutations import spoiled

from explainer.core.problem import Problem
from explainer.sources.neighbours import Neighbours
from explainer.sources.opening import open_source

NAMES = [f"{n}{suffix}" for n in (1, 2, 3, 10, 11, 100) for suffix in (".png", ".tif", ".jpg", ".gif")]
NAMES += ["._1.png", ".hidden.png", "Thumbs.db", "a.heic", "b.mp4", "c.dng", "notes.txt"]


GRUMBLES = r"_?[A-Z]\w+: |tempfile\.tif: "
"""How libtiff, as Pillow has it, complains to standard error; nobody who uses Pillow can ask it not to."""


def case(draw, folder):
    """Twenty turns: something changes, something is read."""
    place = folder / "pictures"
    place.mkdir()
    for _ in range(draw.randrange(1, 8)):
        _written(draw, place)
    source, beside = open_source(str(place)), Neighbours()
    here = place / draw.choice(NAMES)
    for _ in range(20):
        with contextlib.suppress(OSError):  # the change itself may be impossible
            draw.choice(CHANGES)(draw, place)
        if isinstance(source, Problem):
            sentence(source)
            source = open_source(str(place))
            continue
        either(source.read() if draw.random() < 0.6 else source.at(draw.randrange(-1, 12)))
        for other, _ in beside.beside(here, draw.choice((1, -1, 5, -7))):
            here = other
            break
        assert here.parent == place
    if not isinstance(source, Problem):
        source.close()


def _written(draw, place):
    rng = np.random.default_rng(draw.getrandbits(32))
    drawn = (made.tiff, made.pillow, made.opencv)[rng.integers(3)](rng)
    data = drawn.data if drawn is not None else b"nothing"
    path = place / draw.choice(NAMES)
    if path.is_symlink() or path.is_fifo():
        path.unlink()
    path.write_bytes(data if draw.random() < 0.6 else spoiled(draw, data))


def _some(draw, place):
    return place / draw.choice(sorted(path.name for path in place.iterdir()) or NAMES)


def _gone(draw, place):
    _some(draw, place).unlink()


def _cut(draw, place):
    os.truncate(_some(draw, place), draw.randrange(60))


def _becomes_folder(draw, place):
    path = _some(draw, place)
    path.unlink()
    path.mkdir()


def _circle(draw, place):
    path = _some(draw, place)
    path.unlink()
    path.symlink_to(draw.choice((path.name, "gone.png", "..", "/dev/zero", str(place))))


def _forbidden(draw, place):
    _some(draw, place).chmod(draw.choice((0, 0o600)))


def _renamed(draw, place):
    _some(draw, place).rename(place / draw.choice(NAMES))


def _pipe(draw, place):
    if hasattr(os, "mkfifo"):
        os.mkfifo(place / draw.choice(NAMES))


def _away(draw, place):
    """The whole folder is somewhere else for a moment, or for good."""
    place.rename(place.with_name("elsewhere"))
    if draw.random() < 0.5:
        place.with_name("elsewhere").rename(place)


def _nothing(_draw, _place):
    pass


CHANGES = (
    _written, _written, _written, _gone, _gone, _cut, _becomes_folder, _circle, _forbidden, _renamed, _pipe, _away,
    _nothing,
)  # fmt: skip
