"""Labelled pictures as one record, wherever they come from: shipped sets, a user's folders, shots from the camera."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.core.frame import Frame
from explainer.core.problem import ExplainerError


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures and what they should be taken for; equal where all their numbers are.

    Parameters
    ----------
    images
        ``(N, H, W)`` grey or ``(N, H, W, 3)`` RGB, ``float32`` in 0…1.
    labels
        ``(N,) int64``: one class each. ``(N, K) float32``: a share of each class, or 0 and 1 where several hold.
        ``(N,) float32``: a number to be predicted.
    names
        Of the classes, in order; empty where they have none.
    """

    images: NDArray[np.float32]
    labels: NDArray[Any]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.images.ndim not in (3, 4) or len(self.images) != len(self.labels):
            raise ValueError(f"images {self.images.shape} and labels {self.labels.shape} do not belong together")

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Examples) and (self is other or self.digest == other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all numbers and names."""
        found = hashlib.sha256(repr((self.images.shape, self.labels.shape, self.labels.dtype.str, self.names)).encode())
        found.update(self.images.tobytes())
        found.update(self.labels.tobytes())
        return found.hexdigest()

    @property
    def channels(self) -> int:
        """1 for grey pictures, 3 for coloured ones."""
        return 1 if self.images.ndim == 3 else int(self.images.shape[3])

    @property
    def side(self) -> int:
        """Height in pixels."""
        return int(self.images.shape[1])

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where labels are numbers to be predicted."""
        if self.names:
            return len(self.names)
        if self.labels.ndim == 2:
            return int(self.labels.shape[1])
        whole = np.issubdtype(self.labels.dtype, np.integer) and len(self.labels)
        return int(self.labels.max()) + 1 if whole else 0

    def first(self, count: int) -> "Examples":
        """Return the first `count` of them."""
        return Examples(self.images[:count], self.labels[:count], self.names)

    def take(self, rows: NDArray[np.integer[Any]] | Sequence[int]) -> "Examples":
        """Return those in `rows`, in that order."""
        return Examples(self.images[rows], self.labels[rows], self.names)

    def relabelled(self, labels: NDArray[Any]) -> "Examples":
        """Return the same pictures with other labels."""
        return Examples(self.images, labels, self.names)


class Split(NamedTuple):
    """Examples to learn from, and others to be examined on."""

    train: Examples
    test: Examples


def tensors(
    examples: Examples, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Images ``(N, 1 or 3, H, W)`` and labels, on `device`."""
    images = torch.from_numpy(np.ascontiguousarray(examples.images))
    images = images[:, None] if images.dim() == 3 else images.permute(0, 3, 1, 2).contiguous()
    return images.to(dtype).to(device), torch.from_numpy(np.ascontiguousarray(examples.labels)).to(device)


def from_pictures(
    pictures: Sequence[NDArray[np.uint8]], labels: Sequence[int], names: Sequence[str], side: int, *, grey: bool = False
) -> Examples:
    """Make examples of pictures of any size: the centre square of each, resized by area.

    Parameters
    ----------
    pictures
        ``(H, W, 3) uint8`` RGB each: shots from the camera, or pictures of a folder.
    side
        Pixels of the square they are resized to.
    """
    return _stacked([centre_square(one, side, grey=grey) for one in pictures], labels, names)


def _stacked(squares: Sequence[NDArray[np.uint8]], labels: Sequence[int], names: Sequence[str]) -> Examples:
    images = np.stack(squares).astype(np.float32) / np.float32(255)
    return Examples(images, np.asarray(labels, np.int64), tuple(names))


def from_frames(
    frames: Sequence[Frame], side: int, *, grey: bool = False, asked: Callable[[], None] = lambda: None
) -> tuple[Examples, tuple[str, ...]]:
    """Make examples of a folder of folders: each picture is called ``folder/picture``, and its folder is its class.

    Parameters
    ----------
    frames
        Pictures of the source; those that cannot be read are left out.
    asked
        Called before each picture; may raise to stop.

    Returns
    -------
    examples, names
        The examples, and what each picture is called.

    Raises
    ------
    ExplainerError
        If there are no folders in the folder, or no picture can be read.
    """
    squares, called = [], []
    for index in range(len(frames)):
        asked()
        with suppress(ExplainerError):
            frame = frames[index]
            squares.append(centre_square(frame.pixels, side, grey=grey))
            called.append(frame.name)
    folders = [name.rpartition("/")[0] for name in called]
    if not all(folders) or not called:
        what = "These pictures are not sorted into folders."
        raise ExplainerError(what, "Open a folder that holds a folder of pictures for each class.")
    names = tuple(dict.fromkeys(folders))
    return _stacked(squares, [names.index(one) for one in folders], names), tuple(called)


def centre_square(pixels: NDArray[np.uint8], side: int, *, grey: bool = False) -> NDArray[np.uint8]:
    """Cut the centre square out of ``(H, W, 3)`` and resize it by area: ``(S, S, 3)``, or ``(S, S)`` grey."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    cut = np.ascontiguousarray(pixels[top : top + short, left : left + short])
    cut = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY) if grey else cut
    way = cv2.INTER_AREA if short > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, (side, side), interpolation=way), np.uint8)


def halves(examples: Examples, test_share: float = 0.3, seed: int = 0) -> Split:
    """Set a share of each class aside for testing (scikit-learn's stratified split).

    Raises
    ------
    ExplainerError
        With fewer than two classes, or a class with fewer than two pictures.
    """
    counts = np.bincount(examples.labels, minlength=examples.classes)
    if len(counts) < 2:
        raise ExplainerError("All pictures are of one class.", "Add a second folder with pictures of something else.")
    if counts.min() < 2:
        poor = int(counts.argmin())
        name = examples.names[poor] if examples.names else f"class {poor}"
        raise ExplainerError(f"There are too few pictures of {name}.", "Add at least two of each class.")
    from sklearn.model_selection import train_test_split  # loads a second of scipy

    wanted = max(len(counts), round(test_share * len(examples)))
    wanted = min(wanted, len(examples) - len(counts))
    train, test = train_test_split(
        np.arange(len(examples)), test_size=wanted, stratify=examples.labels, random_state=seed
    )
    return Split(examples.take(np.sort(train)), examples.take(np.sort(test)))
