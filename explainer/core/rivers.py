"""Shares that change with time, drawn as bands that widen and narrow: who has how much of something, and when."""

import numpy as np
from numpy.typing import NDArray

from explainer.core.layers import Image, Label, Lines, Panel

WIDE, HIGH = 464, 400  # px
EDGE = 0.86  # of a band's brightness along its edge, so that neighbours of one colour stand apart
AHEAD = 0.6  # of the colour that is left where time has not come yet
GROUND = 70  # grey below what is ahead


def river(
    title: str,
    shares: NDArray[np.float64],
    colours: NDArray[np.uint8],
    at: int,
    *,
    labels: tuple[tuple[str, int, int], ...] = (),
    note: str = "",
) -> Panel:
    """Panel of bands from left to right, the first at the bottom.

    Parameters
    ----------
    shares
        ``(M, K)``: share of each of K bands at each of M moments; a row sums to 1.
    colours
        Of the bands, ``(K, 3) uint8 RGB``.
    at
        The moment that one looks at: a line stands there, and what comes later is dim.
    labels
        Words, and from which band to which (exclusive) they name; they stand at the line.
    """
    bands = bands_of(shares)
    column = np.arange(WIDE)
    lit = np.where(bands_edge(bands), EDGE, 1.0)[..., None] * colours[bands]
    now = at / max(1, len(shares) - 1) * (WIDE - 1)
    strength = np.where(column <= now, 1.0, AHEAD)[None, :, None]
    pixels = np.rint(lit * strength + GROUND * (1 - strength)).astype(np.uint8)
    line = Lines("now", (np.array([[now, 0.0], [now, HIGH]]),), width_px=2.0)
    named = tuple(_label(text, shares[at, :first].sum(), shares[at, :last].sum(), now) for text, first, last in labels)
    return Panel(title, (WIDE, HIGH), (Image("river", pixels), line, *named), note, frame=False)


def bands_of(shares: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of the band that each pixel lies in, ``(HIGH, WIDE)``; between moments the shares run straight."""
    moments = np.linspace(0, WIDE - 1, len(shares))
    tops = np.stack([np.interp(np.arange(WIDE), moments, one) for one in shares.cumsum(1)[:, :-1].T])
    height = 1 - (np.arange(HIGH) + 0.5) / HIGH  # of a pixel's centre above the foot
    return np.asarray((height[:, None, None] > tops.T[None]).sum(2))


def bands_edge(bands: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Pixels whose upper neighbour lies in another band."""
    return np.asarray(np.diff(bands, axis=0, prepend=bands[:1]) != 0)


def _label(text: str, below: float, above: float, now: float) -> Label:
    return Label(f"band {text}", text, (now, HIGH * (1 - (below + above) / 2)))
