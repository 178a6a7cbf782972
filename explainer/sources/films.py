"""Opens films: what the file says of itself is looked at first, then one picture is decoded, then it is played."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import Problem
from explainer.sources import film_look, jpegs, woven
from explainer.sources.capture import Capture, OpenFile, fetched, open_file, open_parts, to_rgb
from explainer.sources.containers import Container, container_of
from explainer.sources.formats import ZEROS, foreign
from explainer.sources.identity import shown_name
from explainer.sources.kinds import is_raw
from explainer.sources.reading import file_problem
from explainer.sources.video import TRIES, VideoSource

_PARTS_BYTES = 512 << 20  # larger motion JPEGs are not searched for what lies between their pictures
_CONVERT = "Convert it to MP4 (H.264) and open that."


def open_video(path: Path | str, open_capture: OpenFile = open_file) -> VideoSource | Problem:
    """Open a video file.

    Returns
    -------
    VideoSource or Problem
        A `Problem` when the file is missing, empty, claims pictures of more than 67 megapixels, or no picture
        in it can be decoded.
    """
    path = Path(path)
    problem = file_problem(path)
    if problem is not None:
        return problem
    container = container_of(path)
    problem = film_look.too_large(path, container.size) or _without_pictures(path, container)
    if problem is not None:
        return problem
    try:
        return _opened(path, open_capture, container)
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        return _unreadable(path, repr(error))


def _opened(path: Path, open_capture: OpenFile, container: Container) -> VideoSource | Problem:
    looked = _looked_at(path, open_capture)
    parts = _parts(path) if looked is None and open_capture is open_file else ()
    if parts:
        open_capture = partial(_open_parts, parts)
        looked = _looked_at(path, open_capture)
    if looked is None:
        return _unreadable(path)
    if isinstance(looked, Problem):
        return looked
    looked = replace(looked, notes=(*looked.notes, *film_look.range_note(container.transfer)))
    # Opened anew: the first frame has been taken, and not each file can go back.
    return VideoSource(path, open_capture(path, False), open_capture, container, looked)


def _looked_at(path: Path, open_capture: OpenFile) -> film_look.Look | Problem | None:
    """Decode the first picture that can be: how the film is to be shown, ``None`` where there is none."""
    capture = open_capture(path, False)
    try:
        if not capture.isOpened():
            return None
        problem = film_look.too_large(path, film_look.size_of(capture))
        coded = b"" if problem else _first_coded(path, open_capture)
        problem = problem or film_look.too_large(path, film_look.size_of_packet(coded))
        if problem is not None:
            return problem
        for _ in range(TRIES):
            pixels = to_rgb(capture.retrieve()[1]) if capture.grab() else None
            if pixels is not None:
                look = film_look.look_of(capture, pixels, timeless=is_raw(path))
                return _woven(path, capture, pixels, coded) or look
        codec = film_look.unknown_codec(capture)
        if codec:
            return Problem(f"{shown_name(path)} is coded as {codec}, which is not read here.", _CONVERT)
        return None
    finally:
        capture.release()


def _first_coded(path: Path, open_capture: OpenFile) -> bytes:
    """Return the first picture as it is coded; what only it says is known before one is decoded."""
    packets = open_capture(path, True)
    try:
        packet = packets.retrieve()[1] if packets.isOpened() and packets.grab() else None
    finally:
        packets.release()
    return packet.tobytes() if isinstance(packet, np.ndarray) else b""


def _woven(path: Path, capture: Capture, first: NDArray[np.uint8], coded: bytes) -> Problem | None:
    """Refuse an interlaced film, whose pictures come out as whatever lay in memory."""
    if not woven.may_be_woven(film_look.codec_of(capture), coded):
        return None
    following = (fetched(capture) for _ in range(woven.PICTURES - 1))
    if not woven.never_written(first, following):
        return None
    what = f"{shown_name(path)} is interlaced (each picture is woven of two fields), which is not read here."
    return Problem(what, "Deinterlace it, with HandBrake for instance, and open that.")


def _parts(path: Path) -> tuple[tuple[int, int], ...]:
    """Where the pictures of a motion JPEG lie, if that is what the file is."""
    if path.stat().st_size > _PARTS_BYTES:
        return ()
    return tuple((begin, end) for begin, end, _width, _height in jpegs.extents(path.read_bytes()))


def _open_parts(parts: tuple[tuple[int, int], ...], path: Path, packets: bool = False) -> Capture:
    return open_parts(path, parts, packets)


def _unreadable(path: Path, details: str = "") -> Problem:
    with suppress(OSError), path.open("rb") as file:
        start = file.read(1 << 16)
        known = foreign(start[:512]) if any(start) else ZEROS
        if known is not None:
            return known.problem(shown_name(path), "film")
    return Problem(f"{shown_name(path)} is not a video that can be read here.", _CONVERT, details)


def _without_pictures(path: Path, container: Container) -> Problem | None:
    if container.only_sound:
        return Problem(f"{shown_name(path)} holds sound and no pictures.", "Choose a film or a picture.")
    if container.indexed:
        return None
    what = f"{shown_name(path)} broke off before its index was written, so no picture in it can be found."
    return Problem(what, "Record it again, or repair it with a tool for that.")
