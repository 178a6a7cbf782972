"""What is done to the pictures of a film before they are shown, and what is said of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import Problem
from explainer.core.words import thousands
from explainer.sources import jpegs
from explainer.sources.aspect import made_square
from explainer.sources.capture import FOURCC, HEIGHT, PIXEL_FORMAT, SAR, TURNED, WIDTH, Capture
from explainer.sources.colour import HIGH_RANGE
from explainer.sources.identity import shown_name

MOST_FILM_PIXELS = 1 << 26
"""Larger pictures are refused before one is decoded: 8,192 × 8,192, twice what the largest cameras film."""

_CLEAR = frozenset((b"BGRA", b"RGBA", b"ARGB", b"ABGR"))
_NOT_DECODED = {b"av01": "AV1", b"AV01": "AV1", b"vvc1": "VVC", b"vvi1": "VVC"}


@dataclass(frozen=True, slots=True)
class Look:
    """How pictures of a film are to be shown.

    Parameters
    ----------
    aspect
        Width of a pixel over its height.
    notes
        What is said of it beside each picture.
    """

    aspect: float = 1.0
    notes: tuple[str, ...] = ()

    def squared(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return ``(H, W, 3) uint8`` with square pixels, by the same rules as a still."""
        return pixels if self.aspect == 1.0 else made_square(pixels, self.aspect, MOST_FILM_PIXELS)[0]


def look_of(capture: Capture, pixels: NDArray[np.uint8], *, timeless: bool = False) -> Look:
    """Say how a film's pictures are to be shown; `pixels` are those of one of them, upright."""
    aspect = _aspect(capture)
    said = list(made_square(pixels, aspect, MOST_FILM_PIXELS)[1])
    kind = int(max(0.0, _finite(capture.get(PIXEL_FORMAT)))) & 0xFFFFFFFF
    if 8 < kind >> 24 <= 16:
        said.append(f"{kind >> 24} bits a channel were scaled to 8.")
    if kind.to_bytes(4, "little") in _CLEAR:
        said.append("The film's transparency is left out.")
    if timeless:
        said.append("The file holds no times; 25 pictures a second are taken.")
    return Look(aspect, tuple(said))


def range_note(transfer: int) -> tuple[str, ...]:
    """Say where a film has more brightness than a picture here can show; FFmpeg brings it to sRGB's range."""
    kind = HIGH_RANGE.get(transfer)
    return (
        (f"A high-dynamic-range film ({kind}), brought to the ordinary range; its colours may be off.",) if kind else ()
    )


def too_large(path: Path, size: tuple[float, float]) -> Problem | None:
    """Refuse pictures of `size` (width, height) that would not fit; nothing has been decoded by then."""
    width, height = (_finite(side) for side in size)
    if width * height <= MOST_FILM_PIXELS:
        return None
    what = (
        f"{shown_name(path)} says that its pictures have {thousands(round(width))} × {thousands(round(height))} pixels."
    )
    return Problem(what, "At most 67 megapixels are played; make a smaller copy and open that.")


def size_of(capture: Capture) -> tuple[float, float]:
    """Width and height that the file claims."""
    return capture.get(WIDTH), capture.get(HEIGHT)


def size_of_packet(packet: bytes) -> tuple[int, int]:
    """Width and height that a coded picture (VP8, JPEG, PNG) names itself, whatever its container says; else 0, 0."""
    if packet[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(packet[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return width, height
    if packet.startswith(jpegs.START):
        header = jpegs.header_of(packet, 0)
        return header[1:3] if header is not None else (0, 0)
    if packet.startswith(b"\x89PNG\r\n\x1a\n"):
        return int.from_bytes(packet[16:20]), int.from_bytes(packet[20:24])
    return 0, 0


def unknown_codec(capture: Capture) -> str:
    """Name a film's codec if it is one that is not decoded here; "" otherwise."""
    return _NOT_DECODED.get(codec_of(capture), "")


def codec_of(capture: Capture) -> bytes:
    """Return a film's FourCC."""
    code = int(max(0.0, _finite(capture.get(FOURCC)))) & 0xFFFFFFFF
    return code.to_bytes(4, "little")


def _aspect(capture: Capture) -> float:
    wide, high = (_finite(capture.get(prop)) for prop in SAR)
    if wide <= 0 or high <= 0:
        return 1.0
    return high / wide if round(_finite(capture.get(TURNED))) % 180 == 90 else wide / high


def _finite(number: float) -> float:
    return number if np.isfinite(number) else 0.0
