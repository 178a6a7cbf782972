"""Camera raw files: developed by LibRaw where ``explainer[raw]`` is installed, else refused by name."""

from importlib.util import find_spec
from typing import IO

import numpy as np

from explainer.core.problem import Problem
from explainer.sources.raster import Raster


def can_develop() -> bool:
    """Say whether rawpy is installed."""
    return find_spec("rawpy") is not None


def refusal(name: str) -> Problem:
    """Say what a raw file is, and the two ways to see it. The small preview inside is never shown for it."""
    what = f"{name} is a camera raw file, which is not read here without rawpy."
    return Problem(what, "Install “explainer[raw]”, or export it as JPEG.")


def developed(file: IO[bytes]) -> Raster:
    """Develop with the camera's white balance, to sRGB, upright; raises what LibRaw raises."""
    import rawpy

    file.seek(0)
    with rawpy.imread(file) as raw:
        pixels = raw.postprocess(use_camera_wb=True, output_bps=8)
    said = "A camera raw file, developed with the camera's white balance."
    return Raster(np.ascontiguousarray(pixels), "rgb", notes=(said,))
