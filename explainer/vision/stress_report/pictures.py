"""Pictures as text, so that a page needs no other file."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

QUALITY = 82


def thumbnail(pixels: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """Shrink so that the longer side is at most `longest_px`; smaller pictures stay as they are."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest_px / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Write as JPEG into a ``data:`` address."""
    done, code = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    return "data:image/jpeg;base64," + base64.b64encode(code.tobytes()).decode("ascii")
