"""Animated GIF, PNG and WebP: films with a time for each picture. Pillow reads them, so transparency is kept."""

from itertools import accumulate
from pathlib import Path
from typing import IO, cast

from PIL import Image

from explainer.core import words
from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.core.source import SourceKind
from explainer.sources.capture import FileBytes
from explainer.sources.identity import new_id, shown_name
from explainer.sources.modes import kind_note, to_rgb

_UNSAID_MS = 100.0  # browsers show a picture that names no time, or next to none, so long
_LEAST_MS = 11.0
_MOST_PICTURES = 100_000
_MOST_PIXELS = 40_000_000
_MOST_IN_ALL = 8_000_000_000  # 4,000 pictures of full HD: each is decoded once to learn when it comes


def may_be(start: bytes) -> bool:
    """Say whether a file that starts so may be animated."""
    return start.startswith((b"GIF8", b"\x89PNG\r\n")) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def is_animated(data: bytes) -> bool:
    """Say whether a GIF, PNG or WebP has more than one picture; nothing is decoded."""
    if data.startswith(b"GIF8"):
        return _gif_moves(data)
    if data.startswith(b"\x89PNG\r\n"):
        return _png_moves(data)
    return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & 2) and data.count(b"ANMF") > 1


def _png_moves(data: bytes) -> bool:
    """Walk to the chunk that counts pictures; it stands before the first of them."""
    at = 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if name == b"acTL":
            return int.from_bytes(data[at + 8 : at + 12]) > 1
        if name == b"IDAT":
            return False
        at += 12 + length
    return False


def _gif_moves(data: bytes) -> bool:
    """Walk over the blocks to a second picture."""
    at = 13 + _table(data, 10)
    seen = 0
    while at + 1 < len(data):
        if data[at] == 0x21:
            at += 2
        elif data[at] == 0x2C and at + 9 < len(data):
            seen += 1
            if seen == 2:
                return True
            at += 11 + _table(data, at + 9)
        else:
            return False
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return False


def _table(data: bytes, at: int) -> int:
    """Bytes of the colour table that the flags at `at` announce."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


class AnimatedSource:
    """An animated picture as a film; use `open_animated`. Each picture is shown as long as the file says."""

    def __init__(self, path: Path, file: FileBytes, lengths_ms: tuple[float, ...], whole: int) -> None:
        self.id = new_id("video")
        self.kind: SourceKind = "video"
        self.title = shown_name(path)
        self._file, self._image = file, _image_of(file)
        self._whole = whole  # pictures that the file announces; those that can be read are counted
        self._starts_s = tuple(ms / 1000 for ms in accumulate(lengths_ms, initial=0.0))
        self.count: int | None = len(lengths_ms)
        self.duration_s = self._starts_s[-1]
        self.fps = 1000.0 / sorted(lengths_ms)[len(lengths_ms) // 2]
        self._next = 0
        said = f"An animated picture, played as a film of {words.thousands(len(lengths_ms))} pictures."
        self._notes = (said, *kind_note(self._image))
        self._said = self._closed = False
        self._last: Frame | None = None

    def read(self) -> Frame | Problem | None:
        """Return the next picture; a file that broke off says so once, then ends."""
        if self._closed:
            return None
        got = self._drawn(self._next) if self._next < (self.count or 0) else None
        if isinstance(got, Frame):
            return got
        said, self._said = self._said, True
        return None if said else got or self._ends_early()

    def at(self, index: int) -> Frame | Problem:
        """Return picture `index`; ``read`` continues after it."""
        if self._closed:
            return Problem(f"{self.title} is closed.", "Open it again.")
        if self.count is None or not 0 <= index < self.count:
            todo = f"It has pictures 0 to {self.count - 1}." if self.count else "Open another."
            return Problem(f"{self.title} has no picture {index}.", todo)
        return self._drawn(index)

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        self._last = None
        self._image.close()
        self._file.close()

    def _drawn(self, index: int) -> Frame | Problem:
        if self._last is not None and self._last.index == index:
            self._next = index + 1
            return self._last
        try:
            if index < self._image.tell():  # Pillow's own way back miscounts the pictures of a PNG
                self._image = _image_of(self._file)
            self._image.seek(index)
            pixels, notes = to_rgb(self._image.copy(), (), 1)
        except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
            self.count = index
            return self._ends_early(repr(error)) or Problem(f"{self.title} has no picture {index}.")
        self._next = index + 1
        self._last = Frame(pixels, self.id, index, self._starts_s[index], self.title, (*self._notes, *notes))
        return self._last

    def _ends_early(self, details: str = "") -> Problem | None:
        if self.count == self._whole:
            return None
        what = f"{self.title} ends early, after {self.count} of {self._whole} pictures."
        return Problem(what, "The pictures before that can be used.", details)


def open_animated(path: Path) -> AnimatedSource | Problem:
    """Open a GIF, PNG or WebP of several pictures."""
    name = shown_name(path)
    try:
        file = FileBytes(path)
        image = _image_of(file)
        pixels = image.width * image.height
        if pixels > _MOST_PIXELS or pixels * getattr(image, "n_frames", 1) > _MOST_IN_ALL:
            what = f"{name} has pictures of {image.width} × {image.height} pixels, too large for a film."
            return Problem(what, "Make a smaller copy and open that.")
        lengths = _lengths(image)
        return AnimatedSource(path, file, lengths, max(len(lengths), getattr(image, "n_frames", 1)))
    except Exception as error:  # noqa: BLE001 - as above
        return Problem(f"{name} is damaged and cannot be shown.", "Open another copy of it.", repr(error))


def _image_of(file: FileBytes) -> Image.Image:
    file.seek(0)
    return Image.open(cast("IO[bytes]", file), formats=("GIF", "PNG", "WEBP"))


def _lengths(image: Image.Image) -> tuple[float, ...]:
    """How long each picture is shown, in ms."""
    lengths = []
    for index in range(min(getattr(image, "n_frames", 1), _MOST_PICTURES)):
        try:
            image.seek(index)
            if image.format == "WEBP":
                image.load()  # its times are known when a picture is decoded
        except Exception:
            if index == 0:
                raise
            break
        said = float(image.info.get("duration", 0) or 0)
        lengths.append(said if said >= _LEAST_MS else _UNSAID_MS)
    return tuple(lengths)
