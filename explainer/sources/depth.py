"""Sample values of any depth → 8 bits."""

import numpy as np
from numpy.typing import NDArray

Notes = tuple[str, ...]


def scaled_to_8_bits(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], Notes]:
    """Scale samples to 0…255 and say how.

    Booleans become 0 and 255. 16-bit integers are scaled by their type's whole range
    (``v · 255 / 65535``), so that equal brightness in two files stays equal. Floats within 0…1 are taken
    as such. Anything else is stretched from its own minimum to its own maximum; what is not finite is
    drawn black.
    """
    if values.dtype == np.uint8:
        return values.view(np.uint8), ()
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255), ()
    if values.dtype.kind == "f":
        return _floats(values)
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high <= 255:
        return values.astype(np.uint8), ()
    if low >= 0 and high <= 65535:
        return _scaled(values, 0, 65535), ("16 bits a channel were scaled to 8.",)
    return _scaled(values, low, high), (f"Values from {low} to {high} were scaled to 8 bits.",)


def _floats(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], Notes]:
    finite = np.isfinite(values)
    notes: Notes = () if bool(finite.all()) else ("Values that are not finite are drawn black.",)
    if not bool(finite.any()):
        return np.zeros(values.shape, np.uint8), notes
    low, high = float(np.min(values[finite])), float(np.max(values[finite]))
    cleaned = np.where(finite, values, low)
    if low >= 0 and high <= 1:
        shown = _scaled(cleaned, 0, 1)
        said = "Numbers from 0 to 1 were scaled to 8 bits."
    else:
        shown = _scaled(cleaned, low, high)
        said = f"Numbers from {low:.4g} to {high:.4g} were scaled to 8 bits."
    return np.where(finite, shown, np.uint8(0)), (said, *notes)


def _scaled(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """``round(255 (v − low) / (high − low))``; all black where nothing differs."""
    # Halved first: the difference of two huge floats may overflow, that of their halves cannot.
    span = (high / 2 - low / 2) or 1.0
    share = (np.asarray(values, np.float64) / 2 - low / 2) / span
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
