"""Films of every kind, spoiled: their bytes, their boxes, their times, their sizes; cut while they play."""

import struct

import written_films as films
from fuzzing import limited
from judging import either, sentence
from mutations import NUMBERS, spoiled

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources.opening import open_source

LIMITS = limited(cpu_s=15.0)
MOST_FRAMES = 45
BOXES = (b"stsd", b"stts", b"stsz", b"stsc", b"stco", b"tkhd", b"mdhd", b"mvhd", b"elst", b"hdlr", b"stss", b"dref")
_made = []


def prepare(folder):
    """One film of each kind, where this build of OpenCV writes it."""
    place = folder / "films"
    place.mkdir(exist_ok=True)
    for make in films.SEEDS.values():
        try:
            _made.append(make(place))
        except AssertionError:  # no such encoder here
            continue


def case(draw, folder):
    """Spoil a film, play it, leap in it."""
    path = draw.choice(_made)
    target = folder / (path.name if draw.random() < 0.8 else draw.choice(("x.mp4", "x.avi", "x.mkv", "x", "x.png")))
    if path.suffix == ".mp4" and draw.random() < 0.6:
        _spoil_boxes(draw, path, target)
    else:
        others = [draw.choice(_made).read_bytes()]
        target.write_bytes(spoiled(draw, path.read_bytes(), others))
    play(draw, target)


def _spoil_boxes(draw, path, target):
    way = draw.randrange(4)
    if way == 0:
        films.uneven(path, target, [draw.choice((*NUMBERS[:9], 33, 40)) for _ in range(draw.randrange(1, 31))])
    elif way == 1:
        films.claims_size(path, target, draw.choice(NUMBERS[:9]), draw.choice(NUMBERS[:9]))
    elif way == 2:
        films.with_aspect(path, target, draw.choice(NUMBERS), draw.choice(NUMBERS))
    else:
        box = draw.choice(BOXES)
        films.changed_mp4(path, target, box, lambda body: _spoiled_box(draw, body))


def _spoiled_box(draw, body):
    data = bytearray(body)
    for _ in range(draw.randrange(1, 4)):
        if len(data) >= 4:
            at = 4 * draw.randrange(len(data) // 4)
            data[at : at + 4] = struct.pack(">I", draw.choice((*NUMBERS, draw.getrandbits(32))))
    return bytes(data)


def play(draw, path):
    """Read to the end or as far as is allowed, leap, and sometimes lose the file on the way."""
    source = open_source(str(path))
    if isinstance(source, Problem):
        sentence(source)
        return
    lost_at = draw.randrange(3 * MOST_FRAMES)
    last_s = -1.0
    try:
        for number in range(MOST_FRAMES):
            got = either(source.read())
            if got is None:
                break
            if isinstance(got, Frame):
                assert got.time_s >= last_s, f"time goes back from {last_s} to {got.time_s}"
                last_s = got.time_s
            if number == lost_at:
                path.write_bytes(path.read_bytes()[: draw.randrange(100)])
        for index in (0, draw.randrange(40), -1, 10**9):
            either(source.at(index))
    finally:
        source.close()
