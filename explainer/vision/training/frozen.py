"""Pictures as vectors of a classifier that stays as it is: what its last layer reads, and those of some garments.

What EfficientNet-Lite0 learnt from photos, it also sees in pictures that it was never trained on. A linear map over
its 1,280 numbers learns new classes from few pictures within a second.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.paths import resource
from explainer.core.problem import ExplainerError
from explainer.vision.training import garments, label_errors
from explainer.vision.training.examples import centre_square
from explainer.vision.zoo.prepare import as_input

NETWORK = "efficientnet-lite0"
SIDE = 96  # of a picture that is embedded, in pixels; 224 would cost five times as much
BATCH = 8
MOST = 2000  # pictures of a folder
GARMENTS, FILE = 500, "garment-vectors.npz"


def vectors_of(
    net: Any, squares: NDArray[np.uint8], asked: Callable[[int], None] = lambda _: None
) -> NDArray[np.float32]:
    """Ask a leased `NETWORK` about squares ``(N, S, S, 3) uint8``: ``(N, 1280) float32``.

    Parameters
    ----------
    asked
        Called before each batch with how many are done; may raise to stop.
    """
    quick, found = net.network(), []
    for start in range(0, len(squares), BATCH):
        asked(start)
        batch = as_input(squares[start : start + BATCH], net.card, squares.shape[1], net.device)
        with torch.no_grad():
            maps = quick.head(quick.blocks(quick.stem(batch)))
        found.append(maps.mean((2, 3)).cpu().numpy())
    return np.concatenate(found)


def garment_squares(count: int = GARMENTS) -> NDArray[np.uint8]:
    """The first training garments, enlarged: ``(N, 96, 96, 3) uint8``."""
    images = garments.stored("train")[0][:count]
    large = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for one in images]
    return np.repeat(np.stack(large)[..., None], 3, 3)


def garment_vectors() -> NDArray[np.float32]:
    """Vectors ``(500, 1280)`` of the first training garments, as ``packaging/make_garment_vectors.py`` wrote them.

    Raises
    ------
    ExplainerError
        When the file is missing or is not what it should be.
    """
    file = resource("data", FILE)
    try:
        with np.load(file, allow_pickle=False) as held:
            vectors = np.asarray(held["vectors"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ExplainerError(
            f"The vectors in {FILE} cannot be read.", "Install Explainer again.", str(error)
        ) from error
    if vectors.shape != (GARMENTS, 1280):
        raise ExplainerError(f"The vectors in {FILE} cannot be read.", "Install Explainer again.", str(vectors.shape))
    return vectors.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pictures, their vectors and their labels.

    Parameters
    ----------
    squares, vectors
        ``(N, S, S, 3) uint8`` and ``(N, 1280)``.
    labels, true
        As they stand, and as they should be where that is known, ``(N,)``.
    names, called
        Of the classes, and of each picture.
    unread
        How many could not be read.
    alone
        Folders with a single picture that can be read; it is left out, for nothing else teaches what it should be.
    total
        Pictures that the source has, of which at most `MOST` are taken, evenly.
    """

    squares: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    called: tuple[str, ...]
    true: NDArray[np.int64] | None = None
    unread: int = 0
    alone: tuple[str, ...] = ()
    total: int = 0

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whose label is known to be wrong, ``(N,)``."""
        return np.zeros(len(self.labels), np.bool_) if self.true is None else self.labels != self.true


def garments_with(share: float, similar: bool, seed: int) -> Labelled:
    """Garments with a share of their labels made wrong: any other label, or the most similar one."""
    true, vectors, count = garments.split().train.labels[:GARMENTS], garment_vectors(), len(garments.NAMES)
    twin = label_errors.nearest_class(vectors, true, count) if similar else None
    given = label_errors.swapped(true, share, seed, twin, count)
    squares = np.repeat(garments.stored("train")[0][:GARMENTS, :, :, None], 3, 3)
    return Labelled(squares, vectors, given, garments.NAMES, tuple(f"garment {n + 1}" for n in range(len(true))), true)


def is_sorted(frames: Sequence[Frame]) -> str:
    """Id of the source where it is a folder of folders; "" for any other."""
    for index in range(min(len(frames), 20)):
        with suppress(ExplainerError):
            return frames[index].source_id if "/" in frames[index].name and len(frames) > 1 else ""
    return ""


def folder_of(frames: Sequence[Frame], net: Any, asked: Callable[[float, str], None] = lambda _, __: None) -> Labelled:
    """Read a folder of folders and embed its pictures; the folder of each is its label.

    Parameters
    ----------
    net
        A leased `NETWORK`.
    asked
        Called before each picture is read and each batch is embedded, with the share that is done and what comes; may
        raise to stop.

    Raises
    ------
    ExplainerError
        With fewer than two folders that have two pictures.
    """
    rows = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST)).round().astype(int)).tolist()
    squares, called = [], []
    for done, row in enumerate(rows):
        asked(0.5 * done / len(rows), f"reading picture {done + 1} of {len(rows)}")
        with suppress(ExplainerError):
            frame = frames[row]
            squares.append(centre_square(frame.pixels, SIDE))
            called.append(frame.name)
    folders = np.array([name.rpartition("/")[0] for name in called])
    names, counts = np.unique(folders, return_counts=True)
    kept = names[counts > 1].tolist()
    if len(kept) < 2:
        one = "Only one class has two pictures or more." if len(names) > 1 else "All pictures are of one class."
        what = one if kept else "No class has two pictures that can be read."
        raise ExplainerError(what, "Open a folder that holds a folder of pictures for each of two classes or more.")
    chosen = np.flatnonzero(np.isin(folders, kept))
    seen = np.stack(squares)[chosen]
    vectors = vectors_of(net, seen, lambda n: asked(0.5 + 0.4 * n / len(seen), f"embedding {n + 1} of {len(seen)}"))
    return Labelled(
        seen, vectors, np.array([kept.index(one) for one in folders[chosen].tolist()], np.int64), tuple(kept),
        tuple(called[row] for row in chosen), None, len(rows) - len(called), tuple(names[counts == 1].tolist()),
        len(frames),
    )  # fmt: skip
