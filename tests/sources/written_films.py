"""Films as a test wants them: every frame shows its own number, and what is odd is put in by hand.

For tests and fuzzers alike. Nothing here needs more than OpenCV's own writer; containers are changed byte by byte.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, BITS = 128, 64, 8


def numbered(i: int) -> NDArray[np.uint8]:
    """(64, 128, 3) BGR; stripe b is bright where bit b of i is set."""
    image = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for b in range(BITS):
        if i >> b & 1:
            image[8:56, b * 16 + 1 : b * 16 + 15] = 230
    return image


def number_of(pixels: NDArray[np.uint8]) -> int:
    """Read the number back from ``(H, W, 3)`` of any size."""
    small = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    stripes = small[20:44].reshape(24, BITS, 16, 3)[:, :, 4:12, 0].mean(axis=(0, 2))
    return sum(1 << b for b in range(BITS) if stripes[b] > 130)


# Writers ------------------------------------------------------------------------------------------------


def written(path: Path, code: str = "mp4v", count: int = 30, fps: float = 30.0) -> Path:
    """Write by OpenCV; the suffix chooses the container."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, (WIDTH, HEIGHT))
    assert writer.isOpened(), (path, code)
    for i in range(count):
        writer.write(numbered(i))
    writer.release()
    return path


def jpegs(count: int = 30) -> list[bytes]:
    """JPEG files, one per frame."""
    return [cv2.imencode(".jpg", numbered(i))[1].tobytes() for i in range(count)]


def motion_jpeg(path: Path, count: int = 30, between: Callable[[int], bytes] = lambda i: b"") -> Path:
    """JPEGs in a row, with `between` in front of each."""
    path.write_bytes(b"".join(between(i) + jpeg for i, jpeg in enumerate(jpegs(count))))
    return path


def raw_h264(path: Path, count: int = 5, full_range: bool = False) -> Path:
    """H.264 without a container: every macroblock holds its samples as they are (ITU-T H.264, 7.3.5, I_PCM)."""
    data = _nal(0x67, _sequence(full_range)) + _nal(0x68, _bits([("ue", 0), ("ue", 0), ("u", 2, 0), ("ue", 0), *_PPS]))
    for i in range(count):
        data += _nal(0x65, _slice(numbered(i), i))
    path.write_bytes(data)
    return path


SEEDS: dict[str, Callable[[Path], Path]] = {
    "mp4": lambda folder: written(folder / "a.mp4", "mp4v"),
    "mjpeg avi": lambda folder: written(folder / "b.avi", "MJPG"),
    "xvid avi": lambda folder: written(folder / "c.avi", "XVID"),
    "mkv": lambda folder: written(folder / "d.mkv", "mp4v"),
    "mpeg": lambda folder: written(folder / "e.mpg", "PIM1"),
    "webm": lambda folder: written(folder / "f.webm", "VP80"),
    "mov": lambda folder: written(folder / "g.mov", "MJPG"),
    "ts": lambda folder: written(folder / "h.ts", "mp4v"),
    "motion jpeg": lambda folder: motion_jpeg(folder / "i.mjpeg"),
    "raw h264": lambda folder: raw_h264(folder / "j.h264"),
}
"""One film of each kind, for whoever wants to break them."""


# Containers, changed by hand ----------------------------------------------------------------------------

_HOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"))


def changed_mp4(path: Path, target: Path, name: bytes, change: Callable[[bytes], bytes]) -> Path:
    """Copy an MP4 whose index comes last, with the body of each box `name` changed; sizes follow."""
    data = path.read_bytes()
    place = data.rindex(b"moov") - 4
    target.write_bytes(data[:place] + b"".join(_box(n, b, name, change) for n, b in _boxes(data[place:])))
    return target


def _box(own: bytes, body: bytes, name: bytes, change: Callable[[bytes], bytes]) -> bytes:
    if own == name:
        body = change(body)
    elif own in _HOLDERS:
        body = b"".join(_box(n, b, name, change) for n, b in _boxes(body))
    return struct.pack(">I", 8 + len(body)) + own + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size = max(8, int.from_bytes(data[at : at + 4]))
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def with_aspect(path: Path, target: Path, wide: int, high: int) -> Path:
    """Make each pixel `wide` : `high` by a ``pasp`` box, whether or not there is one."""
    pasp = struct.pack(">I4sII", 16, b"pasp", wide, high)

    def change(body: bytes) -> bytes:
        entry = body[8:]  # one description: its size, then 82 bytes that all have, then boxes
        inner = [struct.pack(">I", 8 + len(b)) + n + b for n, b in _boxes(entry[86:]) if n != b"pasp"]
        entry = entry[4:86] + b"".join(inner) + pasp
        return body[:8] + struct.pack(">I", 4 + len(entry)) + entry

    return changed_mp4(path, target, b"stsd", change)


def turned(path: Path, target: Path, degrees: int) -> Path:
    """Mark an MP4 as filmed with the camera held sideways, as phones do."""
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    matrix = [cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30]
    return changed_mp4(path, target, b"tkhd", lambda body: body[:40] + struct.pack(">9i", *matrix) + body[76:])


def claims_size(path: Path, target: Path, width: int, height: int) -> Path:
    """Let an MP4's description of its pictures name another size."""
    return changed_mp4(path, target, b"stsd", lambda body: body[:40] + struct.pack(">HH", width, height) + body[44:])


def uneven(path: Path, target: Path, lengths_ms: Sequence[int]) -> Path:
    """Give each frame of an MP4 a length of its own."""

    def table(body: bytes) -> bytes:
        return struct.pack(">II", 0, len(lengths_ms)) + b"".join(struct.pack(">II", 1, ms) for ms in lengths_ms)

    total = struct.pack(">I", sum(lengths_ms))
    changed_mp4(path, target, b"stts", table)
    changed_mp4(target, target, b"mdhd", lambda body: body[:12] + struct.pack(">I", 1000) + total + body[20:])
    changed_mp4(target, target, b"elst", lambda body: body[:8] + total + body[12:])
    return changed_mp4(target, target, b"mvhd", lambda body: body[:16] + total + body[20:])


def damaged(path: Path, target: Path, begin: float, end: float, seed: int = 0) -> Path:
    """Overwrite a part (fractions of the file) with noise."""
    data = bytearray(path.read_bytes())
    first, last = int(begin * len(data)), int(end * len(data))
    data[first:last] = np.random.default_rng(seed).bytes(last - first)
    target.write_bytes(data)
    return target


def cut(path: Path, target: Path, share: float) -> Path:
    """Keep the first part of a file."""
    data = path.read_bytes()
    target.write_bytes(data[: int(share * len(data))])
    return target


def index_first(path: Path, target: Path) -> Path:
    """Move an MP4's index in front of its pictures, as films made for the web have it: then it can be cut."""
    data = path.read_bytes()
    start, place = data.index(b"mdat") - 4, data.rindex(b"moov") - 4
    shift = len(data) - place
    moved = target.with_suffix(".moved")

    def shifted(body: bytes) -> bytes:
        count = struct.unpack(">I", body[4:8])[0]
        offsets = struct.unpack(f">{count}I", body[8 : 8 + 4 * count])
        return body[:8] + struct.pack(f">{count}I", *(offset + shift for offset in offsets))

    changed_mp4(path, moved, b"stco", shifted)
    data = moved.read_bytes()
    moved.unlink()
    target.write_bytes(data[:start] + data[place:] + data[start:place])
    return target


# H.264, bit by bit --------------------------------------------------------------------------------------

_PPS = [
    ("ue", 0), ("ue", 0), ("u", 3, 0), ("se", 0), ("se", 0), ("se", 0), ("u", 3, 0b100), ("u", 1, 1),
]  # fmt: skip


def _sequence(full_range: bool) -> bytes:
    vui = [("u", 2, 0), ("u", 1, 1), ("u", 3, 5), ("u", 1, int(full_range)), ("u", 1, 0), ("u", 6, 0)]
    return _bits([
        ("u", 8, 66), ("u", 8, 0), ("u", 8, 30), ("ue", 0), ("ue", 0), ("ue", 2), ("ue", 1), ("u", 1, 0),
        ("ue", WIDTH // 16 - 1), ("ue", HEIGHT // 16 - 1), ("u", 1, 1), ("u", 1, 0), ("u", 1, 0), ("u", 1, 1),
        *vui, ("u", 1, 1),
    ])  # fmt: skip


def _slice(image: NDArray[np.uint8], i: int) -> bytes:
    """An intra slice of a whole picture; its samples lie at byte boundaries."""
    luma, blue, red = _planes(image)
    bits = _text([("ue", 0), ("ue", 7), ("ue", 0), ("u", 4, 0), ("ue", i & 1), ("u", 2, 0), ("se", 0), ("ue", 1)])
    data = b""
    for y in range(0, HEIGHT, 16):
        for x in range(0, WIDTH, 16):
            bits += _text([("ue", 25)])
            bits += "0" * (-len(bits) % 8)
            data += int(bits, 2).to_bytes(len(bits) // 8) + luma[y : y + 16, x : x + 16].tobytes()
            half = np.s_[y // 2 : y // 2 + 8, x // 2 : x // 2 + 8]
            data += blue[half].tobytes() + red[half].tobytes()
            bits = ""
    return data + b"\x80"


def _planes(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    rows = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    chroma = rows[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return rows[:HEIGHT].clip(1, 254), chroma[0].clip(1, 254), chroma[1].clip(1, 254)


def _nal(head: int, body: bytes) -> bytes:
    """A unit behind its start code; what would look like a start code inside is broken up."""
    safe, zeros = bytearray(), 0
    for byte in body:
        if zeros >= 2 and byte <= 3:
            safe.append(3)
            zeros = 0
        safe.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return b"\0\0\0\1" + bytes([head]) + bytes(safe)


def _text(parts: Sequence[tuple]) -> str:  # type: ignore[type-arg]
    found = ""
    for kind, *numbers in parts:
        if kind == "u":
            found += f"{numbers[1]:0{numbers[0]}b}"
        else:
            n = numbers[0]
            code = n + 1 if kind == "ue" else (2 * n if n > 0 else 1 - 2 * n)
            found += f"{code:0{2 * code.bit_length() - 1}b}"
    return found


def _bits(parts: Sequence[tuple]) -> bytes:  # type: ignore[type-arg]
    bits = _text(parts) + "1"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)
