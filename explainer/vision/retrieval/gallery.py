"""The pictures that are searched: garments or digits that ship, or those of a folder or a film.

A gallery is filled a few pictures at a time and keeps what it has, so that a search that was stopped goes on where it
was. Of each picture it holds a small copy and one vector; the picture itself is read again when it is looked at.
"""

from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer import __version__
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.paths import user_cache
from explainer.core.problem import ExplainerError
from explainer.core.runs import NO_RUNS
from explainer.core.source import Stamped
from explainer.vision.retrieval.features import BATCH, pooled
from explainer.vision.retrieval.store import Store, content_of, fingerprint, make_room
from explainer.vision.training import digits, frozen, garments
from explainer.vision.training.examples import centre_square

COUNT = 500  # garments or digits
MOST = 10_000  # pictures of a folder, of which more are taken evenly
MANY = 4000  # from here on the small copies are smaller
SMALL, SMALLER = 96, 40  # their sides
Pixels = NDArray[np.uint8]


@dataclass(eq=False, slots=True)
class Entry:
    """One picture on its way into a gallery; `stamp` is "" where it need not be stored, `made` if just embedded."""

    row: int
    name: str
    copy: Pixels
    vector: NDArray[np.float32] | None = None
    square: Pixels | None = None
    stamp: bytes = b""
    content: bytes = b""
    made: bool = False


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
    store, stamp
        What is kept on disk, and by what a picture of a folder is known again: its name, and its file's stamp.
    known_before
        How many pictures need not be embedded, because the store knew them.
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
    store: Store | None = None
    stamp: Callable[[int], tuple[str, str]] = lambda _: ("", "")
    known_before: int = 0
    _labelled: tuple[int, NDArray[np.int64] | None] = (0, None)  # for how many, and what

    def fill(self, net: Any, layer: str) -> Generator[int]:
        """Read and embed what is still to come, a batch at a time, and say after each how many rows are done.

        What the store knows by its file is not even read; what it knows by its pixels is not embedded.
        """
        try:
            while self.at < len(self.rows):
                some = self.rows[self.at : self.at + BATCH]
                found = [one for row in some if (one := self._entry(row)) is not None]
                self._embed(net, layer, found)  # all or nothing: a stop within leaves the batch to be read again
                self._take(found)
                self.unread += len(some) - len(found)
                self.at += len(some)
                yield self.at
        finally:
            if self.store is not None:
                self.store.flush()

    def _entry(self, row: int) -> "Entry | None":
        """A picture as far as it is known; ``None`` where it cannot be read."""
        name, stamp = self.stamp(row) if self.store is not None else ("", "")
        key = fingerprint(stamp) if stamp else b""
        known = self.store.find(key) if self.store is not None and stamp else None
        if known is not None:
            return Entry(row, name, known[1], known[0])
        with suppress(ExplainerError):
            pixels, name = self.read(row)
            square, copy = centre_square(pixels, self.side), centre_square(pixels, self.copy_side)
            if self.store is None or not stamp:
                return Entry(row, name, copy, square=square)
            content = content_of(pixels)
            same = self.store.find(content)
            return Entry(row, name, copy, None if same is None else same[0], square, key, content)
        return None

    def _embed(self, net: Any, layer: str, found: list["Entry"]) -> None:
        new = [one for one in found if one.vector is None and one.square is not None]
        if new:
            vectors = pooled(net, np.stack([one.square for one in new if one.square is not None]), layer)
            for one, vector in zip(new, vectors, strict=True):
                one.vector, one.made = vector, True

    def _take(self, found: list["Entry"]) -> None:
        for one in found:
            if one.vector is None:
                continue
            self.copies.append(one.copy)
            self.called.append(one.name)
            self.held.append(one.row)
            self.known_before += not one.made
            if self.store is not None and one.stamp:
                self.store.add(one.stamp, one.content, one.vector, one.copy)
        if found:
            self.batches.append(np.stack([one.vector for one in found if one.vector is not None]))

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


def of_frames(frames: Sequence[Frame], side: int, most: int = MOST) -> Gallery:
    """The pictures of a folder or a film, at most so many, evenly taken."""

    def read(row: int) -> tuple[Pixels, str]:
        frame = frames[row]
        return frame.pixels, frame.name or f"picture {row + 1}"

    rows = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), most)).round().astype(int)).tolist()
    return Gallery(read, rows, len(frames), side, SMALL if len(rows) <= MANY else SMALLER, own=True)


def cut(picture: Pixels, box: Sequence[float]) -> Pixels:
    """The part of a picture inside a box of fractions x0, y0, x1, y1 in any order, at least one pixel."""
    high, wide = picture.shape[:2]
    (x0, x1), (y0, y1) = (sorted(np.clip(two, 0.0, 1.0)) for two in ((box[0], box[2]), (box[1], box[3])))
    left, top = min(int(x0 * wide), wide - 1), min(int(y0 * high), high - 1)
    return picture[top : max(top + 1, round(y1 * high)), left : max(left + 1, round(x1 * wide))]


def kept(ctx: Context, pictures: str, layer: str, least: int, most: int = MOST) -> tuple[Hashable, Gallery]:
    """The gallery that is asked for, as far as it is filled, and its name; one is kept for the session.

    Parameters
    ----------
    pictures
        ``"own"``: the source's, where it has `least` or more, else garments; ``"garments"`` or ``"digits"``.
    most
        Of the source's so many are taken, evenly.
    """
    source = _source(ctx.frames) if pictures == "own" and len(ctx.frames) >= least else ""
    key = (pictures, layer, source, min(most, len(ctx.frames)) if source else 0)
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


def _opened(ctx: Context, pictures: str, layer: str, source: str, most: int) -> Gallery:
    if source:
        return _stored(ctx, layer, of_frames(ctx.frames, ctx.card.input_px, most))
    quick = ctx.card.name == frozen.NETWORK
    side = frozen.SIDE if quick else ctx.card.input_px
    if pictures == "digits":
        return of_digits(side)
    return of_garments(side, shipped=quick and ctx.card.layer(layer) == ctx.card.layer("last"))


def _stored(ctx: Context, layer: str, gallery: Gallery) -> Gallery:
    """With what is kept on disk of this network and layer, where the pictures are files and anything may be kept."""
    frames, card = ctx.frames, ctx.card
    if not isinstance(frames, Stamped) or ctx.runs is NO_RUNS or card.tier not in ("shipped", "fetched"):
        return gallery
    folder = user_cache() / "index"
    make_room(folder)
    name = fingerprint(__version__, card.name, card.layer(layer).name, gallery.side, gallery.copy_side)
    gallery.store, gallery.stamp = Store(folder / name.hex(), gallery.copy_side), frames.stamp
    return gallery
