"""Is a file a picture or a film? Its bytes decide; its name only where they say nothing."""

from pathlib import Path
from typing import Literal

from explainer.sources import animated, jpegs
from explainer.sources.formats import RAW_SUFFIXES
from explainer.sources.raws import can_develop

Kind = Literal["picture", "video", "unknown"]

PICTURE_SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".webp", ".avif", ".ppm", ".pgm", ".pbm", ".pnm", ".ico", ".jp2", ".j2k", ".qoi", ".dds", ".sgi",
    ".psd", ".tga", ".heic", ".heif", ".hif", *(RAW_SUFFIXES - {".raw"} if can_develop() else ()),
))  # fmt: skip
VIDEO_SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mpe", ".m2v", ".ts", ".mts",
    ".m2ts", ".wmv", ".asf", ".flv", ".ogv", ".3gp", ".mjpeg", ".mjpg", ".y4m", ".vob", ".h264", ".264",
    ".avc", ".h265", ".265", ".hevc", ".ivf", ".mxf", ".m4p", ".3g2", ".f4v", ".divx",
))  # fmt: skip
NAMED_SUFFIXES = {
    **{suffix: suffix[1:].upper() for suffix in RAW_SUFFIXES - {".raw"}}, ".svg": "SVG", ".pdf": "PDF", ".eps": "EPS",
    ".ai": "AI", ".exr": "EXR", ".hdr": "HDR", ".jxl": "JPEG XL", ".jxr": "JPEG XR", ".xcf": "XCF", ".dcm": "DICOM",
}  # fmt: skip
"""Pictures that people have and that may not be read here, by what they call them."""

_STILL_BRANDS = frozenset((
    b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"crx ",
))  # fmt: skip
_PICTURE_STARTS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"8BPS", b"qoif", b"DDS ",
    b"\x00\x00\x00\x0cjP  ",
)  # fmt: skip
_VIDEO_STARTS = (
    b"\x1aE\xdf\xa3", b"FLV\x01", b"OggS", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x00\x00\x01\xb0",
    b"YUV4MPEG2", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"DKIF", b"\x06\x0e\x2b\x34",
)  # fmt: skip
_BOXES = frozenset((b"moov", b"mdat", b"wide", b"skip", b"free", b"styp", b"moof", b"sidx", b"pnot"))
_LOOKED_AT = 32 << 20  # so much of a file is searched for a second picture


def kind_of(path: Path) -> Kind:
    """Tell from the bytes of a file, else from its name."""
    by_bytes = _from_start(start := _start(path))
    if by_bytes == "picture" and _moves(path, start):
        return "video"
    if by_bytes != "unknown":
        return by_bytes
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "video" if suffix in VIDEO_SUFFIXES else "unknown"


def is_video(path: Path | str) -> bool:
    """Say whether `path` is a film or an animated picture. What cannot be read is judged by its name."""
    return kind_of(Path(path)) == "video"


def known_by_bytes(path: Path) -> bool:
    """Say whether the bytes of a file alone tell that it is a picture or a film."""
    return _from_start(_start(path)) != "unknown"


def is_animated(path: Path) -> bool:
    """Say whether `path` is a GIF, PNG or WebP of several pictures that follow one another in time."""
    start = _start(path)
    return animated.may_be(start) and animated.is_animated(_bytes(path))


def is_raw(path: Path) -> bool:
    """Say whether a film is bare pictures without a container, so that no times are written in it."""
    start = _start(path)
    return _is_raw_stream(start) or start.startswith((jpegs.START, b"--")) or path.suffix.lower() in (".mjpeg", ".mjpg")


def _moves(path: Path, start: bytes) -> bool:
    """Say whether what begins like a picture goes on with others."""
    if start.startswith(jpegs.START):
        return jpegs.is_motion(_bytes(path))
    return animated.may_be(start) and animated.is_animated(_bytes(path))


def _start(path: Path) -> bytes:
    return _bytes(path, 1024)


def _bytes(path: Path, most: int = _LOOKED_AT) -> bytes:
    try:
        if not path.is_file():  # never wait on a pipe or a device
            return b""
        with path.open("rb") as file:
            return file.read(most)
    except (OSError, ValueError):
        return b""


def _from_start(start: bytes) -> Kind:
    if start[:4] == b"RIFF":
        return {b"AVI ": "video", b"WEBP": "picture"}.get(start[8:12], "unknown")  # type: ignore[return-value]
    if start[4:8] == b"ftyp":
        return "picture" if start[8:12] in _STILL_BRANDS else "video"
    if start.startswith(_PICTURE_STARTS):
        return "picture"
    if start.startswith(_VIDEO_STARTS) or start[4:8] in _BOXES or _is_raw_stream(start):
        return "video"
    # A camera's answer in parts, saved as it came: each picture after a line of dashes and its headers.
    if start.startswith(b"--") and b"\r\n\r\n" + jpegs.START in start:
        return "video"
    return "video" if _is_transport_stream(start) else "unknown"


def _is_transport_stream(start: bytes) -> bool:
    """Sync bytes every 188 bytes, or every 192 where each packet has a time before it."""
    return any(
        len(start) > first + 2 * step and all(start[first + k * step] == 0x47 for k in range(3))
        for first, step in ((0, 188), (4, 192))
    )


def _is_raw_stream(start: bytes) -> bool:
    """H.264 or H.265 without a container: a start code, then a unit that only a beginning has."""
    code = 4 if start.startswith(b"\0\0\0\1") else 3 if start.startswith(b"\0\0\1") else 0
    unit = start[code : code + 2]
    if not code or len(unit) < 2 or unit[0] & 0x80:
        return False
    # Sequence parameters and delimiter; supplemental information is never referred to (upper bits 0).
    h264 = (unit[0] & 31) in (7, 9) or unit[0] == 6
    h265 = (unit[0] >> 1) in (32, 33, 34, 35, 39) and unit[0] & 1 == 0 and unit[1] == 1
    return h264 or h265
