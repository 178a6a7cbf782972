"""Sample values of any depth → 8 bits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.words import thousands

Notes = tuple[str, ...]

DARK = 4
"""A picture that uses less than one part in so many of its range is offered stretched."""
_LOOKED_AT = 200_000  # samples from which the range of most values is found


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """Samples brought to 8 bits.

    Parameters
    ----------
    samples
        ``uint8``, in the shape of the values.
    notes
        What was done to get them.
    stretchable
        The range in use, in words ("0 to 4,095 of 65,535"), where so little is used that the picture
        should be offered stretched; "" otherwise.
    """

    samples: NDArray[np.uint8]
    notes: Notes = ()
    stretchable: str = ""


def scaled_to_8_bits(values: NDArray[np.generic], bits: int = 0, *, stretch: bool = False) -> Scaled:
    """Scale samples to 0…255 and say how.

    Booleans become 0 and 255. Unsigned integers of `bits` bits (up to 16; 0: as many as their type has)
    are scaled by the whole range of those bits (``v · 255 / (2^bits − 1)``), so that equal brightness in
    two files stays equal. Wider and signed integers are taken as 8 bits, or 16, where they fit, and are
    else stretched from their own minimum to their own maximum. Floats within 0…1 are taken as such, others
    are stretched likewise; what is not finite is drawn black.

    Parameters
    ----------
    values
        Any shape; booleans, integers or floats.
    bits
        Significant bits of unsigned integers, where the file says so.
    stretch
        Stretch the values in use to the whole range; of a picture with a few outliers, most of the values.
    """
    if values.dtype == np.bool_:
        return Scaled(values.astype(np.uint8) * np.uint8(255))
    if values.dtype.kind == "f":
        return _floats(values, stretch)
    if stretch and values.dtype != np.uint8:
        low, high = _used(values)
        return Scaled(_scaled(values, low, high), (f"Values from {_of(low)} to {_of(high)} were stretched to 8 bits.",))
    bits = bits or (8 * values.dtype.itemsize if values.dtype.kind == "u" else 0)
    return _of_bits(values, bits) if 0 < bits <= 16 else _wide(values)


def _of_bits(values: NDArray[np.generic], bits: int) -> Scaled:
    top = (1 << bits) - 1
    if bits == 8:
        return Scaled(values.astype(np.uint8, copy=False))
    if bits < 8:
        return Scaled(_scaled(values, 0, top))
    said = f"{bits} bits a channel were scaled to 8."
    stretchable = _little_used(values, top)
    return Scaled(_scaled(values, 0, top), (said, *_dark(stretchable)), stretchable)


def _wide(values: NDArray[np.generic]) -> Scaled:
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high <= 255:
        return Scaled(values.astype(np.uint8), (f"{_type(values)} within 0 to 255 were taken as 8 bits.",))
    if low >= 0 and high <= 65535:
        return _of_bits(values, 16)
    used = _used(values)
    stretchable = f"{_of(used[0])} to {_of(used[1])} of {_of(low)} to {_of(high)}" if used != (low, high) else ""
    said = f"Values from {low} to {high} were scaled to 8 bits."
    return Scaled(_scaled(values, low, high), (said, *_dark(stretchable)), stretchable)


def _floats(values: NDArray[np.generic], stretch: bool) -> Scaled:
    finite = np.isfinite(values)
    notes: Notes = () if bool(finite.all()) else ("Values that are not finite are drawn black.",)
    if not bool(finite.any()):
        return Scaled(np.zeros(values.shape, np.uint8), notes)
    found = values[finite].astype(np.float64)
    low, high = float(found.min()), float(found.max())
    unit, stretchable = low >= 0 and high <= 1 and not stretch, ""
    if unit:
        said = "Numbers from 0 to 1 were scaled to 8 bits."
        stretchable = f"{low:.3g} to {high:.3g} of 1" if 0 < (high - low) * DARK < 1 else ""
        notes = (*_dark(stretchable), *notes)
    else:
        used = _used(found)
        if used != (low, high) and not stretch:  # a few outliers make most of the range
            stretchable = f"{used[0]:.4g} to {used[1]:.4g} of {low:.4g} to {high:.4g}"
            notes = (*_dark(stretchable), *notes)
        low, high = used if stretch else (low, high)
        said = f"Numbers from {low:.4g} to {high:.4g} were {'stretched' if stretch else 'scaled'} to 8 bits."
    shown = _scaled(np.where(finite, values, low), *((0, 1) if unit else (low, high)))
    return Scaled(np.where(finite, shown, np.uint8(0)), (said, *notes), stretchable)


def _used(values: NDArray[np.generic]) -> tuple[float, float]:
    """Return the range of the values; where a few outliers make most of it, that of all but one in 200 an end."""
    low, high = float(values.min()), float(values.max())
    flat = values.reshape(-1)
    sample = flat[:: max(1, flat.size // _LOOKED_AT)]
    halves = np.percentile(sample.astype(np.float64) / 2, (0.5, 99.5))  # the difference of two huge floats may overflow
    most_low, most_high = (2 * float(half) for half in halves)
    lonely = most_high > most_low and (most_high - most_low) * DARK < high - low
    return (most_low, most_high) if lonely else (low, high)


def _little_used(values: NDArray[np.generic], top: int) -> str:
    low, high = _used(values)
    return f"{_of(low)} to {_of(high)} of {thousands(top)}" if 0 < (high - low) * DARK < top else ""


def _dark(stretchable: str) -> Notes:
    said = (
        f"The values used are {stretchable}, so the picture is dark or flat; “#stretch” after its name stretches them."
    )
    return (said,) if stretchable else ()


def _scaled(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """``round(255 (v − low) / (high − low))``; all black where nothing differs."""
    if values.dtype in (np.uint8, np.uint16) and values.size > 65536:
        table = _scaled(np.arange(1 << 8 * values.dtype.itemsize, dtype=np.int64), low, high)
        return table[np.asarray(values, np.uint16)]  # the same to the bit, and ten times as fast
    # Halved first: the difference of two huge floats may overflow, that of their halves cannot.
    span = (high / 2 - low / 2) or 1.0
    share = (np.asarray(values, np.float64) / 2 - low / 2) / span
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


def _type(values: NDArray[np.generic]) -> str:
    signed = "signed" if values.dtype.kind == "i" else "unsigned"
    return f"{8 * values.dtype.itemsize}-bit {signed} integers"


def _of(value: float) -> str:
    return thousands(round(value))
