"""6,000 garments of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), 28 × 28 grey pixels: 5,000 to learn from, 1,000 apart.

Each class is as frequent as any other, and classes take turns, so the first ``10 · n`` are balanced for every n.
``packaging/make_garments.py`` says which they are.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.training.examples import Examples, Split

FILE, SIDE = "garments.npz", 28
NAMES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def stored(part: str, path: Path | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures ``(N, 28, 28) uint8``, white on black, and labels of ``"train"`` or ``"test"``.

    Raises
    ------
    ExplainerError
        When the file is missing or is not what it should be.
    """
    file = path or resource("data", FILE)
    try:
        with np.load(file, allow_pickle=False) as held:
            images, labels = np.asarray(held[part]), np.asarray(held[f"{part}_labels"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise _unusable(file, str(error)) from error
    if images.shape != (len(labels), SIDE, SIDE) or images.dtype != np.uint8 or not (labels < len(NAMES)).all():
        raise _unusable(file, f"{part} {images.shape} {images.dtype}, labels {labels.shape}")
    return images, labels


def _unusable(file: Path, details: str) -> ExplainerError:
    return ExplainerError(f"The garments in {file.name} cannot be read.", "Install Explainer again.", details)


@cache
def split() -> Split:
    """Training and test garments, white on black, in 0…1."""
    return Split(_examples("train"), _examples("test"))


def _examples(part: str) -> Examples:
    images, labels = stored(part)
    return Examples(images.astype(np.float32) / np.float32(255), labels.astype(np.int64), NAMES)
