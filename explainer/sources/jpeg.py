"""What a JPEG's frame header says of its kind: bits a sample and the process by which it was coded."""

import io
from dataclasses import dataclass
from typing import IO

_LOSSLESS, _HIERARCHICAL = (0xC3, 0xCB), (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF)
_FRAMES = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_MOST_SEGMENTS = 5000
_MOST_BARE = 256 << 20
_NEEDED_BESIDE = (0xE0, 0xEE)  # JFIF, and Adobe's word on how colours are coded


@dataclass(frozen=True, slots=True)
class Jpeg:
    """Marker of the frame header, bits a sample, number of components."""

    marker: int
    bits: int
    components: int

    @property
    def not_read(self) -> str:
        """Name the kind, "a 12-bit JPEG", where it is one that is not read; else ""."""
        if self.marker == 0xF7:
            return "a JPEG-LS picture"
        if self.marker in _LOSSLESS:
            return "a lossless JPEG"
        if self.marker in _HIERARCHICAL:
            return "a hierarchical JPEG"
        if self.bits != 8:
            return f"a {self.bits}-bit JPEG"
        return "" if self.components in (1, 3, 4) else f"a JPEG with {self.components} components"


def read_jpeg(file: IO[bytes]) -> Jpeg | None:
    """Walk from segment to segment to the frame header; ``None`` where none is found."""
    if file.read(2) != b"\xff\xd8":
        return None
    for _ in range(_MOST_SEGMENTS):
        marker = _marker(file)
        if marker in (-1, 0xD9, 0xDA):
            return None
        if marker in _ALONE:
            continue
        length = int.from_bytes(file.read(2), "big")
        if marker in _FRAMES:
            body = file.read(6)
            return Jpeg(marker, body[0], body[5]) if len(body) == 6 else None
        if length < 2:
            return None
        file.seek(length - 2, 1)
    return None


def bare(file: IO[bytes]) -> io.BytesIO | None:
    """Copy a JPEG without the texts, EXIF, profiles and previews beside its pixels; ``None`` without pixels."""
    file.seek(2)
    out = io.BytesIO()
    out.write(b"\xff\xd8")
    for _ in range(_MOST_SEGMENTS):
        marker = _marker(file)
        if marker in (-1, 0xD9):
            return None
        if marker in _ALONE:
            continue
        length = file.read(2)
        body = file.read(max(0, int.from_bytes(length, "big") - 2))
        if marker in _NEEDED_BESIDE or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            out.write(bytes((0xFF, marker)) + length + body)
        if marker == 0xDA:
            out.write(file.read(_MOST_BARE))
            out.seek(0)
            return out
    return None


def _marker(file: IO[bytes]) -> int:
    """Next marker, whatever lies before it; -1 at the end."""
    for _ in range(1 << 12):
        byte = file.read(1)
        if not byte:
            return -1
        if byte == b"\xff":
            while byte == b"\xff":
                byte = file.read(1)
            if byte not in (b"", b"\0"):
                return byte[0]
    return -1
