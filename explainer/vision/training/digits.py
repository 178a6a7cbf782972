"""The 1,797 handwritten digits that the training demos learn from.

The test half of *Optical Recognition of Handwritten Digits* (Alpaydin, Kaynak; UCI, 1998), as scikit-learn
ships it: thirteen people wrote them, and each picture is an 8 × 8 count of inked pixels, 0…16. The split here
is by picture and not by person, so test digits come from hands that the net has seen.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError

COUNT, TEST = 1797, 500
TRAIN = COUNT - TEST
INK = 16.0  # the highest count


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Pictures ``(N, 8, 8) float32`` in 0…1, ink being 1, and their labels ``(N,) int64`` in 0…9."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Digits":
        """Return the first `count` of them."""
        return Digits(self.images[:count], self.labels[:count])


def load(path: Path | None = None) -> Digits:
    """Read all digits in their stored order.

    Parameters
    ----------
    path
        An ``.npz`` with ``images (N, 8, 8)`` in 0…16 and ``labels (N,)``; the bundled one by default.

    Raises
    ------
    ExplainerError
        When the file is missing or is not what it should be.
    """
    file = path or resource("data", "digits.npz")
    try:
        with np.load(file, allow_pickle=False) as stored:
            images, labels = np.asarray(stored["images"]), np.asarray(stored["labels"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise _unusable(file, str(error)) from error
    if images.ndim != 3 or images.shape[1:] != (8, 8) or labels.shape != images.shape[:1]:
        raise _unusable(file, f"images {images.shape}, labels {labels.shape}")
    return Digits((images / INK).astype(np.float32), labels.astype(np.int64))


def _unusable(file: Path, details: str) -> ExplainerError:
    return ExplainerError(f"The digits in {file.name} cannot be read.", "Install Explainer again.", details)


@cache
def split() -> tuple[Digits, Digits]:
    """Training and test digits: 1,297 and 500, shuffled once and for all.

    The test digits are the same in every run, whatever the seed, so that two accuracies can be compared.
    """
    everything = load()
    order = np.random.default_rng(0).permutation(len(everything))
    test, train = order[:TEST], order[TEST:]
    return tuple(Digits(everything.images[part], everything.labels[part]) for part in (train, test))  # type: ignore[return-value]
