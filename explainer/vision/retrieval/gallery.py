"""The pictures that are searched: garments or digits that ship, or those of a folder or a film.

A gallery is filled a few pictures at a time and keeps what it has, so that a search that was stopped goes on where it
was. Of each picture it holds a small copy and one vector; the picture itself is read again when it is looked at.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.problem import ExplainerError
from explainer.vision.retrieval.features import BATCH, pooled
from explainer.vision.training import digits, frozen, garments
from explainer.vision.training.examples import centre_square

COUNT = 500  # garments or digits
MOST = 10_000  # pictures of a folder, of which more are taken evenly
MANY = 4000  # from here on the small copies are smaller
SMALL, SMALLER = 96, 40  # their sides
Pixels = NDArray[np.uint8]


@dataclass(eq=False)
class Gallery:
    """Pictures with vectors of one layer.

    Parameters
    ----------
    read
        Gives the picture of a row, ``(H, W, 3) uint8``, and what it is called; may raise `ExplainerError`.
    rows
        Those that are taken, of `total`.
    side
        Of the square that the network sees.
    copy_side
        Of the small copy that is held.
    labels, names, many
        Class of each row, and what one and several of a class are called; of a folder they follow from its folders.
    """

    read: Callable[[int], tuple[Pixels, str]]
    rows: Sequence[int]
    total: int
    side: int
    copy_side: int
    own: bool = False
    known: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    at: int = 0
    unread: int = 0
    held: list[int] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    copies: list[Pixels] = field(default_factory=list)
    batches: list[NDArray[np.float32]] = field(default_factory=list)
    _labelled: tuple[int, NDArray[np.int64] | None] = (0, None)  # for how many, and what

    def fill(self, net: Any, layer: str) -> Iterator[int]:
        """Read and embed what is still to come, a batch at a time, and say after each how many rows are done."""
        while self.at < len(self.rows):
            some = self.rows[self.at : self.at + BATCH]
            squares, copies, called, held = [], [], [], []
            for row in some:
                with suppress(ExplainerError):
                    pixels, name = self.read(row)
                    squares.append(centre_square(pixels, self.side))
                    copies.append(centre_square(pixels, self.copy_side))
                    called.append(name)
                    held.append(row)
            vectors = pooled(net, np.stack(squares), layer) if squares else None
            if vectors is not None:  # all or nothing: a stop within the pass leaves the batch to be read again
                self.batches.append(vectors)
            self.copies += copies
            self.called += called
            self.held += held
            self.unread += len(some) - len(held)
            self.at += len(some)
            yield self.at

    def __len__(self) -> int:
        return len(self.held)

    def picture(self, row: int) -> Pixels:
        """One of the pictures that are held, as large as it is; its small copy where it is gone meanwhile."""
        with suppress(ExplainerError):
            return self.read(self.held[row])[0]
        return self.copies[row]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Of the network, ``(N, D)``."""
        if len(self.batches) > 1:
            self.batches[:] = [np.concatenate(self.batches)]
        return self.batches[0] if self.batches else np.empty((0, 1), np.float32)

    @property
    def squares(self) -> Pixels:
        """Small copies, ``(N, S, S, 3)``."""
        return np.stack(self.copies)

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """Class of each, ``(N,)``; ``None`` where there are none."""
        if self._labelled[0] != len(self):
            self._labelled = len(self), self._classes()
        return self._labelled[1]

    def _classes(self) -> NDArray[np.int64] | None:
        if self.known is not None:
            return self.known[np.array(self.held, np.int64)]
        folders = [name.rpartition("/")[0] for name in self.called]
        names, index = np.unique(np.array(folders), return_inverse=True)
        if len(names) < 2 or not (np.bincount(index) > 1).any():
            return None
        self.names = tuple(names.tolist())
        self.many = tuple(f"pictures of “{name or 'no folder'}”" for name in self.names)
        return index.astype(np.int64)


def of_garments(side: int, shipped: bool) -> Gallery:
    """500 garments; with `shipped` their vectors of `frozen.NETWORK`'s last layer need not be computed."""
    images, labels = garments.stored("train")
    found = _of_images(images[:COUNT], labels[:COUNT].astype(np.int64), side, "garment")
    found.names = garments.NAMES
    found.many = ("T-shirts", "trousers", "pullovers", "dresses", "coats", "sandals", "shirts", "sneakers", "bags",
                  "ankle boots")  # fmt: skip
    if shipped:
        found.batches, found.at, found.held = [frozen.garment_vectors()], COUNT, list(range(COUNT))
        found.copies = list(np.repeat(images[:COUNT, :, :, None], 3, 3))
        found.called = [f"garment {n + 1}" for n in range(COUNT)]
    return found


def of_digits(side: int) -> Gallery:
    """500 digits, 8 × 8 pixels."""
    data = digits.split().train.first(COUNT)
    found = _of_images(np.rint(data.images * 255).astype(np.uint8), data.labels, side, "digit")
    found.names = digits.NAMES
    found.many = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")
    return found


def _of_images(images: Pixels, labels: NDArray[np.int64], side: int, kind: str) -> Gallery:
    def read(row: int) -> tuple[Pixels, str]:
        return np.repeat(images[row][..., None], 3, 2), f"{kind} {row + 1}"

    return Gallery(read, range(len(images)), len(images), side, images.shape[1], known=labels)


def of_frames(frames: Sequence[Frame], side: int) -> Gallery:
    """The pictures of a folder or a film, at most `MOST`, evenly taken."""

    def read(row: int) -> tuple[Pixels, str]:
        frame = frames[row]
        return frame.pixels, frame.name or f"picture {row + 1}"

    rows = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST)).round().astype(int)).tolist()
    return Gallery(read, rows, len(frames), side, SMALL if len(rows) <= MANY else SMALLER, own=True)


def cut(picture: Pixels, box: Sequence[float]) -> Pixels:
    """The part of a picture inside a box of fractions x0, y0, x1, y1 in any order, at least one pixel."""
    high, wide = picture.shape[:2]
    (x0, x1), (y0, y1) = (sorted(np.clip(two, 0.0, 1.0)) for two in ((box[0], box[2]), (box[1], box[3])))
    left, top = min(int(x0 * wide), wide - 1), min(int(y0 * high), high - 1)
    return picture[top : max(top + 1, round(y1 * high)), left : max(left + 1, round(x1 * wide))]


def kept(ctx: Context, pictures: str, layer: str, least: int) -> tuple[Hashable, Gallery]:
    """The gallery that is asked for, as far as it is filled, and its name; one is kept for the session.

    Parameters
    ----------
    pictures
        ``"own"``: the source's, where it has `least` or more, else garments; ``"garments"`` or ``"digits"``.
    """
    key = (pictures, layer, _source(ctx.frames) if pictures == "own" and len(ctx.frames) >= least else "")
    room: dict[Hashable, Gallery] = ctx.memo("gallery", dict, keep=True)
    if key not in room:
        room.clear()
        room[key] = _opened(ctx, *key)
    return key, room[key]


def _source(frames: Sequence[Frame]) -> str:
    """Id of a folder or a film; "" where none of its first pictures can be read."""
    for index in range(min(len(frames), 20)):
        with suppress(ExplainerError):
            return frames[index].source_id
    return ""


def _opened(ctx: Context, pictures: str, layer: str, source: str) -> Gallery:
    if source:
        return of_frames(ctx.frames, ctx.card.input_px)
    quick = ctx.card.name == frozen.NETWORK
    side = frozen.SIDE if quick else ctx.card.input_px
    if pictures == "digits":
        return of_digits(side)
    return of_garments(side, shipped=quick and ctx.card.layer(layer) == ctx.card.layer("last"))
