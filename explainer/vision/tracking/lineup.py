"""Several single-object trackers on the same pictures, each with its own memory."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import ExplainerError
from explainer.vision.tracking import mosse as mosse_
from explainer.vision.tracking import siamese as siamese_
from explainer.vision.tracking.native import LEAST_PX, Native
from explainer.vision.tracking.report import Box, Report

Pixels = NDArray[np.uint8]
Name = str  # mosse, kcf, csrt, mil, siamese

TARGET_PX = 80.0  # mean side of a target; a larger one is reduced with its picture
LEAST_PICTURE = 24  # shorter side of a picture in which anything can be followed


@dataclass(frozen=True, slots=True)
class Settings:
    """What the trackers of our own are told; OpenCV's run as they come."""

    mosse: mosse_.Settings = field(default_factory=mosse_.Settings)
    siamese: siamese_.Settings = field(default_factory=siamese_.Settings)


@dataclass(frozen=True, slots=True, eq=False)
class Lineup:
    """Trackers by name, those that could not start with the reason, and what the newest picture showed them.

    Parameters
    ----------
    tracks
        MOSSE's and the Siamese tracker's states are values; OpenCV's trackers keep theirs inside.
    """

    tracks: Mapping[Name, Any]
    refused: Mapping[Name, str]
    mosse_seen: mosse_.Sighting | None = None
    siamese_seen: siamese_.Sighting | None = None


def reduction(box: Box) -> float:
    """Factor ≤ 1 by which a picture is reduced, so that the target's mean side is `TARGET_PX` at most."""
    return min(1.0, TARGET_PX / max((box[2] - box[0] + box[3] - box[1]) / 2, 1e-6))


def reduced(pixels: Pixels, factor: float) -> Pixels:
    """The picture at `factor` of its size."""
    if factor >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8).reshape(size[1], size[0], 3)


def usable(box: Box, size: tuple[int, int]) -> Box:
    """Move and grow a box so that it lies in a picture of (width, height) and is `LEAST_PX` a side at least.

    Raises
    ------
    ExplainerError
        If the picture is too small to follow anything in.
    """
    if min(size) < LEAST_PICTURE:
        what = f"A picture of {size[0]} × {size[1]} px is too small to follow anything in."
        raise ExplainerError(what, "Choose a larger one.")
    sides = []
    for low, high, limit in ((box[0], box[2], size[0]), (box[1], box[3], size[1])):
        length = min(max(high - low, LEAST_PX), limit - 4)  # KCF, CSRT and MIL want to see something beside it
        start = min(max((low + high - length) / 2, 2), limit - 2 - length)
        sides.append((start, start + length))
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def begin(
    names: tuple[Name, ...],
    pixels: Pixels,
    box: Box,
    settings: Settings,
    extract: siamese_.Extract,
    rng: np.random.Generator,
) -> Lineup:
    """Start each tracker on the first picture; one that does not start is left out with its reason."""
    tracks: dict[Name, Any] = {}
    refused: dict[Name, str] = {}
    for name in names:
        try:
            if name == "mosse":
                tracks[name] = mosse_.begin(pixels, box, settings.mosse, rng)
            elif name == "siamese":
                tracks[name] = siamese_.begin(pixels, box, settings.siamese, extract)
            else:
                tracks[name] = Native(name, pixels, box)
        except ExplainerError as error:
            refused[name] = error.problem.what
    return Lineup(tracks, refused)


def step(
    lineup: Lineup, key: Hashable, pixels: Pixels, settings: Settings, extract: siamese_.Extract
) -> tuple[Lineup, dict[Name, Report]]:
    """Show all of them the next picture.

    Parameters
    ----------
    key
        Names the picture, so that OpenCV's trackers count it once.
    """
    tracks: dict[Name, Any] = dict(lineup.tracks)
    reports: dict[Name, Report] = {}
    now = lineup
    for name, track in lineup.tracks.items():
        if name == "mosse":
            tracks[name], seen = mosse_.step(pixels, track, settings.mosse)
            reports[name] = _of_mosse(tracks[name], seen)
            now = replace(now, mosse_seen=seen)
        elif name == "siamese":
            tracks[name], sighted = siamese_.step(pixels, track, settings.siamese, extract)
            reports[name] = siamese_.report(tracks[name], sighted)
            now = replace(now, siamese_seen=sighted)
        else:
            reports[name] = track.update(key, pixels)
    return replace(now, tracks=tracks), reports


def _of_mosse(track: mosse_.Track, seen: mosse_.Sighting) -> Report:
    (x, y), (width, height) = track.centre, track.geometry.box_px
    return Report((x - width / 2, y - height / 2, x + width / 2, y + height / 2), track.lost, seen.psr)
