"""What a sentence to a person, and a picture, have to be."""

import math
import re
import unicodedata

import numpy as np

from explainer.core.frame import Frame
from explainer.core.problem import Problem

MOST_LETTERS = 1001
_CODE = re.compile(r"Traceback|\b\w+(Error|Exception)\(|at 0x[0-9a-f]{6,}|<class |object at ")
_STEERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def sentence(problem):
    """A `Problem` says what in one sentence, in letters that any place can show."""
    assert isinstance(problem, Problem), type(problem)
    assert problem.what.endswith((".", "?", "!", "…", "”")), problem.what
    for text in (problem.what, problem.todo):
        assert len(text) <= MOST_LETTERS, (len(text), text[:200])
        assert not _CODE.search(text), text
        shown(text)


def shown(text):
    """Nothing that ends a line, steers a terminal, turns the direction of reading or cannot be written."""
    text.encode("utf8")
    odd = [sign for sign in text if sign in _STEERING or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    assert not odd, (odd, text)


def frame(got):
    """A frame as everything behind the sources expects it."""
    assert isinstance(got, Frame), type(got)
    assert got.pixels.dtype == np.uint8
    assert got.pixels.ndim == 3
    assert got.pixels.shape[2] == 3
    assert 0 < got.pixels.size <= 3 * 178_000_000
    assert math.isfinite(got.time_s), got.time_s
    assert got.time_s >= 0, got.time_s
    shown(got.name)
    for note in got.notes:
        shown(note)
        assert not _CODE.search(note), note


def either(got):
    """What reading gives: a frame, a problem or nothing."""
    if isinstance(got, Problem):
        sentence(got)
    elif got is not None:
        frame(got)
    return got
