"""Files by any name that the system allows: what is said and shown of them can be said and shown."""

import os
from pathlib import Path

import numpy as np
from judging import either, sentence, shown
from mutations import text
from PIL import Image

from explainer.core.problem import Problem
from explainer.runtime import session as session_file
from explainer.runtime.session import Session
from explainer.shell.pasting import spec_in
from explainer.sources.addresses import meant
from explainer.sources.kinds import is_animated, is_video
from explainer.sources.listing import listing_of
from explainer.sources.neighbours import Neighbours
from explainer.sources.opening import is_address, lasting, open_source, path_of

SUFFIXES = (
    ".png",
    ".PNG",
    "",
    ".jpg",
    ".mp4",
    ".gif",
    ".",
    " .png",
    ".png ",
    ".tif\u202e",
    ".h264",
    "#stretch",
    ".png#stretch",
)


def name(draw):
    """A name in characters or in bytes, without what no system allows in one."""
    if draw.random() < 0.3:
        made = os.fsdecode(bytes(draw.choice((draw.randrange(1, 256), 65)) for _ in range(draw.randrange(1, 20))))
    else:
        made = "".join(text(draw) for _ in range(draw.randrange(1, 4)))
    made = made.replace("/", "_").replace("\0", "_") + draw.choice(SUFFIXES)
    return os.fsdecode(_encoded(made)[:200]) or "a"


def _encoded(made):
    try:
        return os.fsencode(made)
    except UnicodeEncodeError:  # half a pair that this system cannot hold
        return made.encode("utf8", "replace")


def case(draw, folder):
    """One file, good or broken, opened by its name from elsewhere and by its place among others."""
    called = name(draw)
    path = folder / called
    if called.strip(".") == "" or path.exists():
        return
    if draw.random() < 0.7:
        Image.fromarray(np.full((5, 7, 3), 90, np.uint8)).save(folder / "x", "PNG")
        (folder / "x").rename(path)
    else:
        path.write_bytes(draw.randbytes(40))
    assert lasting(str(path)) == lasting(lasting(str(path)))
    _opened(str(path))
    _beside(folder, path)
    _as_words(draw, called)
    _remembered(folder, str(path))


def _opened(spec):
    source = open_source(spec)
    if isinstance(source, Problem):
        sentence(source)
        return
    shown(source.title)
    either(source.at(0))
    either(source.read())
    source.close()


def _beside(folder, path):
    found = listing_of(folder)
    for other, _wrapped in Neighbours().beside(path, 1):
        assert other.name in found.pictures
    source = open_source(str(folder))
    if isinstance(source, Problem):
        sentence(source)
    else:
        either(source.read())


def _as_words(draw, called):
    """The name without its folder, as pasted words, as a spec."""
    for spec in (called, f"file://{called}", f"sample:{called}", f"camera:{called}", f"synthetic:{called}", text(draw)):
        is_address(spec)
        spec_in(spec)
        path_of(spec)
        stands_for = meant(spec)
        if isinstance(stands_for, Problem):
            sentence(stands_for)
        if not spec.startswith("camera:") or not spec[7:].isdigit():
            _opened(spec)


def _remembered(folder, spec):
    kept = Session(source=spec, recent=(spec,))
    problem = session_file.save(kept, folder / "session.json")
    assert problem is None, problem
    assert session_file.load(folder / "session.json")[0] == kept
    for ask in (is_video, is_animated):
        ask(Path(spec))
