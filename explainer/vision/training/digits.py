"""The 1,797 handwritten digits that the training demos learn from.

The test half of *Optical Recognition of Handwritten Digits* (Alpaydin, Kaynak; UCI, 1998), as scikit-learn
ships it: thirteen people wrote them, and each picture is an 8 × 8 count of inked pixels, 0…16. The split here
is by picture and not by person, so test digits come from hands that the net has seen.
"""

from functools import cache
from pathlib import Path

import numpy as np

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.training.examples import Examples, Split

COUNT, TEST = 1797, 500
TRAIN = COUNT - TEST
INK = 16.0  # the highest count
NAMES = tuple("0123456789")


def load(path: Path | None = None) -> Examples:
    """Read all digits in their stored order: pictures ``(N, 8, 8)``, ink being 1.

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
    return Examples((images / INK).astype(np.float32), labels.astype(np.int64), NAMES)


def _unusable(file: Path, details: str) -> ExplainerError:
    return ExplainerError(f"The digits in {file.name} cannot be read.", "Install Explainer again.", details)


@cache
def split() -> Split:
    """Training and test digits: 1,297 and 500, shuffled once and for all.

    The test digits are the same in every run, whatever the seed, so that two accuracies can be compared.
    """
    everything = load()
    order = np.random.default_rng(0).permutation(len(everything))
    return Split(everything.take(order[TEST:]), everything.take(order[:TEST]))
