"""PNG files chunk by chunk: what they say of their pixels, and a copy that holds nothing but pixels.

The chunks beside the pixels (texts, XMP, EXIF, profiles, previews of animations) may be huge, broken or made to
do harm. They are read here, each within a bound, or passed over; the decoder never meets them.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import IO

from PIL import Image

from explainer.sources.colour import Notes, Point, Space, by_numbers

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_TOLD = (b"gAMA", b"cHRM", b"sRGB", b"cICP", b"iCCP", b"pHYs", b"eXIf", b"acTL")
_MOST_ASIDE = 16 << 20
_MOST_CHUNKS = 200_000  # that are passed over
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@dataclass(frozen=True, slots=True, eq=False)
class Png:
    """What a PNG holds.

    Parameters
    ----------
    width, height, bits, colour
        Of the header: pixels, bits a sample, colour type (0 grey, 2 RGB, 3 palette, 4 and 6 with opacity).
    told
        Bodies of the chunks that describe the pixels, by name.
    """

    width: int
    height: int
    bits: int
    colour: int
    told: dict[bytes, bytes]

    @property
    def aspect(self) -> tuple[float, float]:
        """Dots per length across and down; equal where nothing is said."""
        body = self.told.get(b"pHYs", b"")
        return struct.unpack(">II", body[:8]) if len(body) == 9 else (1.0, 1.0)

    @property
    def pictures(self) -> int:
        """Number of pictures of an animation, 1 without one."""
        body = self.told.get(b"acTL", b"")
        return int.from_bytes(body[:4], "big") if len(body) == 8 else 1

    @property
    def orientation(self) -> int:
        """EXIF's orientation, 1 where there is none or it is broken."""
        try:
            exif = Image.Exif()
            exif.load(self.told.get(b"eXIf", b""))
            return int(exif.get(0x0112, 1))
        except Exception:  # noqa: BLE001 - metadata may hold anything
            return 1

    def profile(self) -> bytes:
        """Return the embedded ICC profile, ``b""`` where there is none; bytes of rubbish where it is broken."""
        if b"cICP" in self.told or b"iCCP" not in self.told:  # the third edition puts cICP before all else
            return b""
        _, _, packed = self.told[b"iCCP"].partition(b"\0")
        try:
            return zlib.decompressobj().decompress(packed[1:], _MOST_ASIDE) or b"broken"
        except zlib.error:
            return b"broken"

    def space(self) -> tuple[Space | None, Notes]:
        """Return the colour space that is given by numbers, if any: cICP, then sRGB, then gAMA and cHRM."""
        cicp = self.told.get(b"cICP", b"")
        if len(cicp) == 4:
            return by_numbers(cicp[0], cicp[1])
        if b"sRGB" in self.told or b"iCCP" in self.told:
            return None, ()
        return self._gamma_and_primaries()

    def _gamma_and_primaries(self) -> tuple[Space | None, Notes]:
        gama, chrm = self.told.get(b"gAMA", b""), self.told.get(b"cHRM", b"")
        gamma = int.from_bytes(gama, "big") / 100_000 if len(gama) == 4 else 0.0
        if gamma and not 0.05 <= gamma <= 5:
            return None, ("The picture's gamma is broken and was left out.",)
        exponent = 1 / gamma if gamma else 0.0
        said = f"gamma {exponent:.2g}" if gamma else "the primaries that the file names"
        if len(chrm) != 32:
            return (Space(said, gamma=exponent), ()) if gamma else (None, ())
        white, red, green, blue = _points(chrm)
        if not all(y > 0 and x + y <= 1 for x, y in (white, red, green, blue)):
            return None, ("The picture's primaries are broken and were left out.",)
        return Space(said, (red, green, blue), white, exponent), ()


def read_png(file: IO[bytes]) -> tuple[Png, io.BytesIO] | None:
    """Read a PNG's chunks.

    Returns
    -------
    (Png, BytesIO) or None
        What it says, and a PNG with the same pixels and nothing else. No more is read than pixels of this
        size can take. ``None`` where the header is broken.
    """
    start = file.read(33)
    if len(start) < 33 or start[:8] != SIGNATURE or start[12:16] != b"IHDR":
        return None
    width, height, bits, colour = struct.unpack(">IIBB", start[16:26])
    told: dict[bytes, bytes] = {}
    pixels = io.BytesIO()
    pixels.write(start)
    room = _most_packed(width, height, bits * _CHANNELS.get(colour, 4))
    passed = 0
    while passed < _MOST_CHUNKS:
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():
            break
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in _PIXELS and room > 0:
            body = file.read(min(length + 4, room))
            pixels.write(head + body)
            room -= len(body)
        elif kind in _TOLD and length <= _MOST_ASIDE and kind not in told:
            told[kind] = file.read(length + 4)[:-4]
        else:
            file.seek(length + 4, io.SEEK_CUR)
            passed += 1
        if kind == b"IEND" or room <= 0:
            break
    pixels.seek(0)
    return Png(width, height, bits, colour, told), pixels


def _most_packed(width: int, height: int, bits: int) -> int:
    """Return how many bytes the packed pixels can take: deflate never grows them by more than a hundredth."""
    raw = height * (1 + (width * bits + 7) // 8) + 7 * height  # seven passes of interlacing, each with its filters
    return raw + raw // 100 + (1 << 16) + 12 * (raw // 4096)


def _points(chrm: bytes) -> tuple[Point, Point, Point, Point]:
    numbers = [n / 100_000 for n in struct.unpack(">8I", chrm)]
    pairs = [(numbers[i], numbers[i + 1]) for i in (0, 2, 4, 6)]
    return pairs[0], pairs[1], pairs[2], pairs[3]
