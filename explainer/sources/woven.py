"""Films of woven pictures (interlaced): whether what was decoded is one, and not whatever lay in memory.

FFmpeg's scaler, as OpenCV asks it, converts no interlaced picture, and OpenCV hands out its buffer all the same: never
written, the same for every picture. So where the coded film allows for two fields a picture, and its
first pictures are equal to the bit, they are not pictures.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

PICTURES = 32
"""So many of the first pictures are compared at most: a film may begin in black."""
_DV = frozenset((
    b"dvsd", b"dvhd", b"dvsl", b"dv25", b"dv50", b"dvcp", b"dvc ", b"dvpp", b"dvh1", b"dvis", b"dvp ", b"DVSD", b"CDVC",
    b"dvcs", b"CDVH", b"dvh5", b"dv5p", b"dv5n", b"dvhp", b"dvhq",
))  # fmt: skip
_HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)


def may_be_woven(codec: bytes, packet: bytes) -> bool:
    """Say whether a coded film allows for interlaced pictures, as its first coded picture tells.

    Parameters
    ----------
    codec
        FourCC.
    packet
        H.264 and H.265 with start codes, MPEG-2, MPEG-4, ProRes or DNxHD; DV, whose pictures always are, is known
        by its name.
    """
    if codec in _DV:
        return True
    if packet[4:8] == b"icpf":  # ProRes: SMPTE RDD 36, 5.1
        return len(packet) > 20 and packet[20] >> 2 & 3 in (1, 2)
    if packet[:4] == b"\0\0\x02\x80":  # DNxHD: SMPTE ST 2019-1
        return len(packet) > 5 and bool(packet[5] & 2)
    if packet.startswith(b"\0\0\x01\xb3"):
        return _mpeg2(packet)
    if packet.startswith((b"\0\0\x01\xb0", b"\0\0\x01\0", b"\0\0\x01\x20")):
        return _tried(_mpeg4, packet)
    return _h264(packet) or _h265(packet)


def never_written(first: NDArray[np.uint8], following: Iterable[NDArray[np.uint8] | None]) -> bool:
    """Say whether pictures that follow one another are all the same; it asks for no more than it needs."""
    return all(other is None or np.array_equal(first, other) for other in following)


def _mpeg2(packet: bytes) -> bool:
    """Look for the sequence extension's progressive_sequence (ISO/IEC 13818-2, 6.2.2.3); MPEG-1 has none."""
    at = packet.find(b"\0\0\x01\xb5")
    return at >= 0 and len(packet) > at + 5 and packet[at + 4] >> 4 == 1 and not packet[at + 5] & 8


def _h264(packet: bytes) -> bool:
    """Look for the sequence parameters' frame_mbs_only_flag (ITU-T H.264, 7.3.2.1.1)."""
    at = packet.find(b"\0\0\x01")
    while 0 <= at < len(packet) - 4:
        if packet[at + 3] & 0x9F == 7:
            return _tried(_with_fields, packet[at + 4 : at + 260].replace(b"\0\0\x03", b"\0\0"))
        at = packet.find(b"\0\0\x01", at + 3)
    return False


def _h265(packet: bytes) -> bool:
    """Look for the video parameters' general_interlaced_source_flag (ITU-T H.265, 7.3.2.1 and 7.3.3)."""
    at = packet.find(b"\0\0\x01\x40\x01")
    parameters = packet[at + 5 : at + 40].replace(b"\0\0\x03", b"\0\0") if at >= 0 else b""
    return len(parameters) > 9 and bool(parameters[9] & 0x40)


def _mpeg4(packet: bytes) -> bool:
    """Look for the video object layer's interlaced flag (ISO/IEC 14496-2, 6.2.3)."""
    at = packet.find(b"\0\0\x01\x20")
    bits = _Bits(packet[at + 4 : at + 60] if at >= 0 else b"")
    bits.fixed(9)
    if bits.fixed(1):
        bits.fixed(7)
    if bits.fixed(4) == 15:
        bits.fixed(16)
    if bits.fixed(1):
        bits.fixed(3)
        if bits.fixed(1):
            bits.fixed(79)
    bits.fixed(3)
    ticks = bits.fixed(16)
    bits.fixed(1)
    if bits.fixed(1):
        bits.fixed(max(1, (ticks - 1).bit_length()))
    bits.fixed(29)
    return bool(bits.fixed(1))


def _tried(reader: Callable[[bytes], bool], data: bytes) -> bool:
    try:
        return reader(data)
    except IndexError:  # cut short
        return False


def _with_fields(parameters: bytes) -> bool:
    bits = _Bits(parameters)
    profile = bits.fixed(8)
    bits.fixed(16)
    bits.number()
    if profile in _HIGH_PROFILES:
        _pass_over_chroma(bits)
    bits.number()
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.fixed(1)
        bits.number()
        bits.number()
        for _ in range(min(bits.number(), 255)):
            bits.number()
    bits.number()
    bits.fixed(1)
    bits.number()
    bits.number()
    return not bits.fixed(1)


def _pass_over_chroma(bits: "_Bits") -> None:
    chroma = bits.number()
    if chroma == 3:
        bits.fixed(1)
    bits.number()
    bits.number()
    bits.fixed(1)
    if bits.fixed(1):
        for k in range(12 if chroma == 3 else 8):
            if bits.fixed(1):
                _pass_over_list(bits, 16 if k < 6 else 64)


def _pass_over_list(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.number()
            following = (last + (code + 1 >> 1 if code & 1 else -(code >> 1))) % 256
        last = following or last


class _Bits:
    """Reads bits and Exp-Golomb numbers (H.264, 9.1); raises ``IndexError`` at the end."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def fixed(self, count: int) -> int:
        taken = self._bits[self._at : self._at + count]
        if len(taken) < count:
            raise IndexError
        self._at += count
        return int(taken, 2)

    def number(self) -> int:
        zeros = 0
        while not self.fixed(1):
            zeros += 1
        return (1 << zeros) - 1 + (self.fixed(zeros) if zeros else 0)
