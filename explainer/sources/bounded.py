"""A file that gives no more than a picture of its size can need: sparse files of gigabytes end the same second."""

import io
from typing import IO

_HEADER = 64 << 20  # bytes until the size of the picture is known
_HEADER_READS, _READS = 100_000, 1_500_000  # a decoder that looks for a sign byte by byte gives up after so many
_BYTES_A_PIXEL = 16


class Bounded(io.RawIOBase):
    """Reads through to `file` until what it may give is spent; then it raises ``OSError``."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._room, self._reads = _HEADER, _HEADER_READS

    def allow(self, pixels: int) -> None:
        """Give what a picture of so many pixels may need."""
        self._reads = _READS
        self._room = max(self._room, pixels * _BYTES_A_PIXEL + _HEADER)

    def read(self, size: int | None = -1) -> bytes:
        """As a file does."""
        data = self._file.read(self._room + 1 if size is None or size < 0 else min(size, self._room + 1))
        self._room -= len(data)
        self._reads -= 1
        if self._room < 0 or self._reads < 0:
            raise OSError("the file holds more than its picture needs")
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """As a file does."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As a file does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file does."""
        return self._file.tell()

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True
