"""Small pictures laid out by two numbers each: a map on which one sees what lies beside what."""

import numpy as np
from numpy.typing import NDArray

SIDE, BORDER = 880, 30  # px of the map, and what is kept free along its edges for a thumb's half
DOT, RIM = 7, 3  # px: of a picture that has no room, and round one in its own colours
GROUND = (14, 17, 26)
COLOURS = np.array(
    [
        (86, 180, 233), (230, 159, 0), (0, 190, 140), (240, 228, 66), (120, 150, 255),
        (235, 110, 40), (225, 130, 190), (170, 225, 110), (200, 170, 255), (255, 180, 150),
    ],
    np.float32,
)  # fmt: skip
"""Of ten classes on a dark ground; the first eight lean on Okabe and Ito's, which colour-blind eyes tell apart."""


def places(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centres ``(N, 2)`` in px of the map, as large as the map takes them; both directions keep one scale, y is up."""
    low, high = xy.min(0), xy.max(0)
    scale = (SIDE - 2 * BORDER) / max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2
    return np.asarray(SIDE / 2 + (xy - middle) * scale * np.array([1.0, -1.0]))


def laid_out(
    images: NDArray[np.float32], at: NDArray[np.float64], classes: NDArray[np.integer], thumb: int = 30
) -> NDArray[np.uint8]:
    """Draw each picture's ink in its class's colour, ``(SIDE, SIDE, 3)``; where two overlap the brighter wins.

    Parameters
    ----------
    images
        ``(N, h, w)`` in 0…1, ink being 1.
    at
        Centres in px of the map, ``(N, 2)``.
    thumb
        Side of a picture on the map, px.
    """
    ground = np.array(GROUND, np.float32)
    drawn = np.tile(ground, (SIDE, SIDE, 1))
    rows = np.arange(thumb) * images.shape[1] // thumb
    columns = np.arange(thumb) * images.shape[2] // thumb
    corners = np.clip(np.rint(at - thumb / 2).astype(int), 0, SIDE - thumb)
    for ink, (x, y), one in zip(images[:, rows][:, :, columns], corners, classes, strict=True):
        tinted = ground + ink[..., None] * (COLOURS[int(one) % len(COLOURS)] - ground)
        part = drawn[y : y + thumb, x : x + thumb]
        np.maximum(part, tinted, out=part)
    return np.rint(drawn).astype(np.uint8)


def without_overlap(at: NDArray[np.float64], order: NDArray[np.integer], apart: float) -> NDArray[np.bool_]:
    """Which of the thumbs at ``(N, 2)`` have room, ``(N,)``: each in turn, if none before is as near, in px."""
    chosen = np.zeros(len(at), np.bool_)
    for one in order.tolist():
        chosen[one] = not (np.abs(at[chosen] - at[one]).max(1) < apart).any()
    return chosen


def pinned(
    pictures: NDArray[np.uint8],
    at: NDArray[np.float64],
    classes: NDArray[np.integer],
    shown: NDArray[np.bool_],
    *,
    ink: bool,
    thumb: int,
) -> NDArray[np.uint8]:
    """Draw the pictures that are `shown` over dots for the others, ``(SIDE, SIDE, 3)``.

    Parameters
    ----------
    pictures
        ``(N, S, S, 3)``.
    at, classes, shown
        Centre in px of the map, class and whether there is room for it, of each.
    ink
        Grey pictures in the colour of their class on a ground of their own; else in their colours with a rim.
    """
    drawn = np.empty((SIDE, SIDE, 3), np.uint8)
    drawn[:] = GROUND
    ground, rows = np.array(GROUND, np.float32), np.arange(thumb) * pictures.shape[1] // thumb
    for one in np.flatnonzero(~shown):
        x, y = np.clip(np.rint(at[one] - DOT / 2).astype(int), 0, SIDE - DOT)
        drawn[y : y + DOT, x : x + DOT] = COLOURS[classes[one] % len(COLOURS)]
    for one in np.flatnonzero(shown):
        x, y = np.clip(np.rint(at[one] - thumb / 2).astype(int), 0, SIDE - thumb)
        small, colour = pictures[one][rows][:, rows], COLOURS[classes[one] % len(COLOURS)]
        part = drawn[y : y + thumb, x : x + thumb]
        if ink:  # where two overlap the brighter wins
            np.maximum(part, np.rint(ground + small / np.float32(255) * (colour - ground)).astype(np.uint8), out=part)
            continue
        part[:] = colour
        part[RIM:-RIM, RIM:-RIM] = small[RIM:-RIM, RIM:-RIM]
    return drawn


def middles(at: NDArray[np.float64], classes: NDArray[np.integer]) -> dict[int, tuple[float, float]]:
    """Median place of each class, in px of the map."""
    found = {int(one): np.median(at[classes == one], axis=0) for one in np.unique(classes)}
    return {one: (float(x), float(y)) for one, (x, y) in found.items()}
