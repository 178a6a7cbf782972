"""Gives the frames of a written MP4 the times of the pictures that they were made from.

OpenCV writes films at one rate. An MP4 lists how long each frame is shown in a table at its end (ISO/IEC 14496-12,
``stts``); writing that table anew keeps the times of a film whose pictures come unevenly, to 1/90,000 of a second.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import BinaryIO

from explainer.core import writing

_RATE = 90_000  # ticks a second; thirteen hours fit into 32 bits
_HOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"))
_SAME = 0.1  # of a frame's usual length: what differs less is rounding
_MOST_TICKS = (1 << 32) - 1
_BLOCK = 1 << 20


def keep_times(path: Path, times_s: Sequence[float], fps: float) -> bool:
    """Show frame *i* of the film at `path` from ``times_s[i] − times_s[0]`` on.

    Parameters
    ----------
    path
        An MP4 of one track, without frames out of order, whose index follows its pictures.
    times_s
        One time per frame, growing.
    fps
        Rate at which it was written; the last frame is shown so long.

    Returns
    -------
    bool
        Whether the times were written. False where they are even already, do not grow, or do not fit the table.

    Raises
    ------
    ExplainerError
        If the file cannot be written; the film is then as it was.
    """
    gaps = [b - a for a, b in pairwise(times_s)]
    if not gaps or min(gaps) <= 0 or all(abs(gap * fps - 1) < _SAME for gap in gaps):
        return False
    ticks = [round((time_s - times_s[0]) * _RATE) for time_s in times_s]
    lengths = [max(1, b - a) for a, b in pairwise([*ticks, ticks[-1] + round(_RATE / fps)])]
    if sum(lengths) > _MOST_TICKS:
        return False
    with path.open("rb") as film:
        place = _index_place(film)
        film.seek(place)
        index = film.read()
        if index[4:8] != b"moov" or index.count(b"stts") != 1:
            return False
        film.seek(0)
        with writing.written(path) as file, file.open("wb") as changed:
            for at in range(0, place, _BLOCK):
                changed.write(film.read(min(_BLOCK, place - at)))
            changed.write(_retimed(index, lengths))
    return True


def _index_place(film: BinaryIO) -> int:
    """Where the last of the outermost boxes begins."""
    length, at, last = film.seek(0, 2), 0, 0
    while at + 16 <= length:
        film.seek(at)
        head = film.read(16)
        size = int.from_bytes(head[:4])
        size = int.from_bytes(head[8:16]) if size == 1 else size
        at, last = at + max(8, size), at
    return last


def _retimed(index: bytes, lengths: Sequence[int]) -> bytes:
    """Return the index with a new table, and with the length of the film wherever it is said."""
    runs = [(len(list(run)), length) for length, run in groupby(lengths)]
    table = bytes(4) + _word(len(runs)) + b"".join(_word(count) + _word(length) for count, length in runs)
    film_rate = int.from_bytes(index[index.index(b"mvhd") + 16 :][:4])
    shown = _word(round(sum(lengths) * film_rate / _RATE))
    changes: dict[bytes, Callable[[bytes], bytes]] = {
        b"stts": lambda _body: table,
        b"mdhd": lambda body: _with(body, 12, _word(_RATE) + _word(sum(lengths))),
        b"mvhd": lambda body: _with(body, 16, shown),
        b"tkhd": lambda body: _with(body, 20, shown),
        b"elst": lambda body: _with(body, 8, shown),
    }
    return b"".join(_changed(name, body, changes) for name, body in _boxes(index))


def _changed(name: bytes, body: bytes, changes: dict[bytes, Callable[[bytes], bytes]]) -> bytes:
    if name in _HOLDERS:
        body = b"".join(_changed(inner, part, changes) for inner, part in _boxes(body))
    elif name in changes and body[:1] == b"\0":  # version 0: numbers of 32 bits
        body = changes[name](body)
    return _word(8 + len(body)) + name + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size = max(8, int.from_bytes(data[at : at + 4]))
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _with(body: bytes, at: int, new: bytes) -> bytes:
    return body[:at] + new + body[at + len(new) :]


def _word(number: int) -> bytes:
    return number.to_bytes(4)
