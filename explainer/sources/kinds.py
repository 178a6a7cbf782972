"""Is a file a picture or a video? Its first bytes decide; its name only where they say nothing."""

from pathlib import Path
from typing import Literal

PICTURE_SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".webp", ".avif", ".ppm", ".pgm", ".pbm", ".pnm", ".ico", ".jp2", ".j2k", ".qoi", ".dds", ".sgi",
    ".psd",
))  # fmt: skip
VIDEO_SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mpe", ".m2v", ".ts", ".mts",
    ".m2ts", ".wmv", ".asf", ".flv", ".ogv", ".3gp", ".mjpeg", ".mjpg", ".y4m", ".vob",
))  # fmt: skip
_STILL_BRANDS = frozenset((b"avif", b"avis", b"heic", b"heix", b"heim", b"mif1", b"msf1"))
_PICTURE_STARTS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"8BPS", b"qoif", b"DDS ",
    b"\x00\x00\x00\x0cjP  ",
)  # fmt: skip
_VIDEO_STARTS = (
    b"\x1aE\xdf\xa3", b"FLV\x01", b"OggS", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"YUV4MPEG2",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
)  # fmt: skip


def kind_of(path: Path) -> Literal["picture", "video", "unknown"]:
    """Tell from the first bytes of a file, else from its name."""
    by_bytes = _from_start(_start(path))
    if by_bytes != "unknown":
        return by_bytes
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "video" if suffix in VIDEO_SUFFIXES else "unknown"


def is_video(path: Path | str) -> bool:
    """Say whether `path` is a video file. What cannot be read is judged by its name."""
    return kind_of(Path(path)) == "video"


def _start(path: Path) -> bytes:
    try:
        if not path.is_file():  # never wait on a pipe or a device
            return b""
        with path.open("rb") as file:
            return file.read(400)
    except (OSError, ValueError):
        return b""


def _from_start(start: bytes) -> Literal["picture", "video", "unknown"]:
    if start[:4] == b"RIFF":
        return {b"AVI ": "video", b"WEBP": "picture"}.get(start[8:12], "unknown")  # type: ignore[return-value]
    if start[4:8] == b"ftyp":
        return "picture" if start[8:12] in _STILL_BRANDS else "video"
    if start.startswith(_PICTURE_STARTS):
        return "picture"
    # QuickTime files without a type box, and transport streams: a sync byte every 188 bytes.
    if start.startswith(_VIDEO_STARTS) or start[4:8] in (b"moov", b"mdat", b"wide", b"skip"):
        return "video"
    return "video" if len(start) > 376 and start[0] == start[188] == start[376] == 0x47 else "unknown"
