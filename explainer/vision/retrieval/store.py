"""What became of a folder's pictures, kept in the user's cache from one search to the next.

A picture is known again by its stamp (path, size and time of change), and where that changed by what it shows. Entries
are written in blocks, each a file of its own that comes into being whole: whatever ends the program costs the newest
block at most. Files are mapped and not read, so that memory does not grow with the folder.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import ExplainerError
from explainer.core.writing import make_folder, written

BLOCK = 64  # pictures in a file: some seconds of embedding
MOST_BYTES = 2 * 2**30  # of all indices together; those that were not written to longest go
KEY = 16  # bytes of a fingerprint
SUFFIX = ".npy"
Pixels = NDArray[np.uint8]
Row = NDArray[np.void]


def fingerprint(*parts: object) -> bytes:
    """`KEY` bytes that tell values apart."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()[:KEY]


def content_of(pixels: Pixels) -> bytes:
    """`KEY` bytes that tell pictures apart by their pixels."""
    found = hashlib.sha256(repr(pixels.shape).encode())
    found.update(np.ascontiguousarray(pixels).data)
    return found.digest()[:KEY]


@dataclass(eq=False)
class Store:
    """Entries of one network, layer and size of pictures; `folder` is theirs alone.

    Parameters
    ----------
    side
        Of the small copies.
    problem
        Why nothing more is written, in a sentence; "" while all is well. What was found stays usable.
    damaged
        Files that could not be used; their pictures are embedded again.
    """

    folder: Path
    side: int
    block: int = BLOCK
    problem: str = ""
    damaged: int = 0
    _rows: dict[bytes, tuple[Row, int]] = field(default_factory=dict)  # by stamp and by content: block, and row of it
    _new: list[tuple[bytes, bytes, NDArray[np.float32], Pixels]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with suppress(OSError):
            for path in sorted(self.folder.glob(f"*{SUFFIX}")):
                self._open(path)

    def __len__(self) -> int:
        """How many different pictures are kept on disk."""
        return len({(id(block), row) for block, row in self._rows.values()})

    def find(self, key: bytes) -> tuple[NDArray[np.float32], Pixels] | None:
        """Vector ``(D,)`` and small copy ``(S, S, 3)`` of a stamp or a content, if they are kept."""
        if key not in self._rows:
            return None
        block, row = self._rows[key]
        return np.array(block["vector"][row]), np.array(block["copy"][row])

    def add(self, stamp: bytes, content: bytes, vector: NDArray[np.float32], copy: Pixels) -> None:
        """Keep an entry; it is on disk once its block is full, or `flush` was called."""
        self._new.append((stamp, content, vector, copy))
        if len(self._new) >= self.block:
            self.flush()

    def flush(self) -> None:
        """Write what is not on disk yet; where that fails `problem` says why, and nothing else is lost."""
        entries, self._new = self._new, []
        if not entries or self.problem:
            return
        made = np.empty(len(entries), _kind(len(entries[0][2]), self.side))
        for row, entry in enumerate(entries):
            made[row] = tuple(np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part for part in entry)
        path = self.folder / f"{fingerprint(*(entry[:2] for entry in entries)).hex()}{SUFFIX}"
        try:
            make_folder(self.folder)
            with written(path) as file:
                np.save(file, made, allow_pickle=False)
            self._open(path)
        except ExplainerError as error:
            self.problem = str(error)

    def _open(self, path: Path) -> None:
        try:
            block: Any = np.load(path, mmap_mode="r", allow_pickle=False)
            names = block.dtype.names or ()
            if "vector" not in names or block.dtype != _kind(block.dtype["vector"].shape[0], self.side):
                raise ValueError("another kind of entries")
        except (OSError, ValueError, EOFError, IndexError):
            self.damaged += 1
            return
        for row, (stamp, content) in enumerate(zip(block["stamp"], block["content"], strict=True)):
            self._rows[stamp.tobytes()] = self._rows[content.tobytes()] = (block, row)


def _kind(dims: int, side: int) -> np.dtype[np.void]:
    return np.dtype([
        ("stamp", np.uint8, (KEY,)), ("content", np.uint8, (KEY,)),
        ("vector", np.float32, (dims,)), ("copy", np.uint8, (side, side, 3)),
    ])  # fmt: skip


def make_room(folder: Path, most_bytes: int = MOST_BYTES) -> None:
    """Delete the blocks below `folder` that are oldest, until all together are no larger than `most_bytes`."""
    with suppress(OSError):
        found = [(path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob(f"*/*{SUFFIX}")]
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
