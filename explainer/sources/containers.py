"""What a film file says of itself before anything is decoded: how long it should be, how large its pictures are."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from explainer.sources import jpegs

_HEADER_MOST = 4 << 20  # of an index, so much is searched for the size of pictures
_TRACKS_MOST = 8 << 10  # within which Matroska describes its tracks


@dataclass(frozen=True, slots=True)
class Container:
    """What the file's outermost blocks say.

    Parameters
    ----------
    counts
        Whether its count of pictures is written in it, and not guessed from times.
    cut
        Whether it ends before the place that it names as its end.
    torn
        Whether it ends within a picture, and not after the last one, where it is cut.
    indexed
        Whether the part is there without which no picture is found.
    size
        Width and height of the largest pictures that it names, (0, 0) where it does not say.
    only_sound
        Whether it says that there is sound in it and nothing to be seen.
    transfer
        Number of the curve from light to code (ITU-T H.273, table 3), 0 where it does not say.
    """

    counts: bool = False
    cut: bool = False
    torn: bool = False
    indexed: bool = True
    size: tuple[int, int] = (0, 0)
    only_sound: bool = False
    transfer: int = 0


def container_of(path: Path) -> Container:
    """Look at a file's outermost blocks; what is unknown or cannot be read says nothing."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, 2)
            file.seek(0)
            start = file.read(64)
            if start.startswith(jpegs.START):
                file.seek(0)
                header = jpegs.header_of(file.read(_HEADER_MOST), 0)
                return Container(size=header[1:3] if header is not None else (0, 0))
            if start[:4] == b"RIFF":
                return _avi(file, length)
            if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free", b"styp", b"moof", b"sidx"):
                return _mp4(file, length)
            if start[:4] == b"\x1aE\xdf\xa3":
                return Container(cut=_segment_end(start) > length, transfer=_matroska_transfer(file.read(_TRACKS_MOST)))
    except (OSError, ValueError):
        pass
    return Container()


def _avi(file: BufferedReader, length: int) -> Container:
    file.seek(0)
    head = file.read(4096)
    at = head.find(b"strf\x28\0\0\0")
    size = (0, 0)
    if at >= 0 and len(head) >= at + 20:
        width, height = (int.from_bytes(head[at + k : at + k + 4], "little", signed=True) for k in (12, 16))
        size = (abs(width), abs(height))
    return Container(counts=True, cut=_riff_end(file, length) > length, size=size)


def _riff_end(file: BufferedReader, length: int) -> int:
    """Where the last of the blocks ends that follow one another; large films have several."""
    end = 0
    while end + 8 <= length:
        file.seek(end)
        head = file.read(8)
        if head[:4] != b"RIFF":
            break
        end += 8 + int.from_bytes(head[4:8], "little")
    return end


def _mp4(file: BufferedReader, length: int) -> Container:
    names, size, end, only_sound, transfer = set(), (0, 0), 0, False, 0
    for name, begin, end in _boxes(file, length):
        names.add(name)
        if name == b"moov":
            file.seek(begin)
            index = file.read(min(end - begin, _HEADER_MOST))
            size, only_sound = _track_size(index), b"smhd" in index and not _has_pictures(index)
            transfer = _transfer(index)
    known = {b"ftyp", b"moov", b"mdat"} & names
    cut = end > length
    return Container(bool(known), cut, cut, bool({b"moov", b"moof"} & names), size, only_sound, transfer)


def _transfer(index: bytes) -> int:
    """Return the curve that the colour box names (ISO/IEC 14496-12, 12.1.5; QuickTime's is the same so far)."""
    at = max(index.find(b"colrnclx"), index.find(b"colrnclc"))
    return int.from_bytes(index[at + 10 : at + 12]) if at >= 0 else 0


def _matroska_transfer(head: bytes) -> int:
    """Return the curve that the element TransferCharacteristics names, of one byte."""
    at = head.find(b"\x55\xba\x81")
    return head[at + 3] if 0 <= at < len(head) - 3 else 0


def _has_pictures(index: bytes) -> bool:
    """Say whether a track is for pictures, or a cover lies beside the sound; a long index is not searched whole."""
    return len(index) >= _HEADER_MOST or any(sign in index for sign in (b"vmhd", b"vide", b"covr", b"gmhd"))


def _boxes(file: BufferedReader, length: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, begin of the content and end of the outermost boxes; an end may lie beyond the file's."""
    at = 0
    while at + 8 <= length:
        file.seek(at)
        head = file.read(16)
        size, name, inner = int.from_bytes(head[:4]), head[4:8], 8
        if size == 1:
            size, inner = int.from_bytes(head[8:16]), 16
        elif size == 0:
            size = length - at
        if size < inner:
            return
        yield name, at + inner, at + size
        at += size


def _track_size(index: bytes) -> tuple[int, int]:
    """Largest width and height in the descriptions of pictures (the first 86 bytes of each are the same)."""
    largest, at = (0, 0), index.find(b"stsd")
    while at >= 0:
        entry = at + 12  # after the name, version and count
        wide, high = (int.from_bytes(index[entry + k : entry + k + 2]) for k in (32, 34))
        # Sound has descriptions too; only those of pictures stand beside a header for pictures.
        if index.rfind(b"vmhd", 0, at) > index.rfind(b"smhd", 0, at) and wide * high > largest[0] * largest[1]:
            largest = (wide, high)
        at = index.find(b"stsd", at + 4)
    return largest


def _segment_end(start: bytes) -> int:
    """Where Matroska's outermost block should end; 0 where it does not say."""
    length, width = _number(start, 4)
    segment = 4 + width + length
    if start[segment : segment + 4] != b"\x18S\x80g":
        return 0
    size, width = _number(start, segment + 4)
    unknown = width == 0 or size == (1 << 7 * width) - 1
    return 0 if unknown else segment + 4 + width + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable width: value and bytes used, (0, 0) where there is none."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length() if first else 0
    if not width or at + width > len(data):
        return 0, 0
    return int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1), width
