"""Where JPEG pictures begin and end in a row of bytes: what makes a motion JPEG, and what lies between its pictures."""

import re
from collections.abc import Iterator

START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
# What follows 0xFF within a scan and between scans; anything else is no JPEG's, but damage.
_STRAY = re.compile(rb"\xff[^\x00\xff\xc4\xd0-\xd7\xda\xdb-\xdf\xe0-\xef\xfe]")
_SIZES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length

Header = tuple[int, int, int, bool]


def header_of(data: bytes, start: int) -> Header | None:
    """Read a JPEG's segments up to its first scan.

    Returns
    -------
    (scan, width, height, several) or None
        Where the scan begins, the size in pixels, and whether the file itself says that it holds several
        pictures that belong together (a stereo pair, a preview, a gain map). ``None`` where this is no JPEG.
    """
    at, width, height, several = start + 2, 0, 0, False
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif length < 2:
            return None
        elif marker == 0xDA:
            return (at + 2 + length, width, height, several) if width and height else None
        else:
            segment = data[at + 4 : at + 2 + length]
            if marker in _SIZES and len(segment) >= 5:
                height, width = int.from_bytes(segment[1:3]), int.from_bytes(segment[3:5])
            several = several or segment.startswith(b"MPF\0") or b"Container:Directory" in segment
            at += 2 + length
    return None


def extents(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield begin, end, width and height of each whole JPEG in `data`; whatever lies between is left out."""
    at = data.find(START)
    while at >= 0:
        header = header_of(data, at)
        end = data.find(_END, header[0]) if header is not None else -1
        if header is not None and end >= 0 and not _STRAY.search(data, header[0], end):
            yield at, end + 2, header[1], header[2]
        at = data.find(START, end + 2 if end >= 0 else at + 2)


def is_motion(data: bytes) -> bool:
    """Say whether JPEGs of one size follow one another, and do not belong together as views of one picture."""
    header = header_of(data, 0) if data.startswith(START) else None
    if header is None or header[3]:
        return False
    first: tuple[int, int] | None = None
    for _begin, _end, width, height in extents(data):
        if first == (width, height):
            return True
        first = first or (width, height)
    return False
