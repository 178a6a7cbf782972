"""Standard output and standard error as they are found: closed, full, broken, in any encoding."""

import codecs
import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

from explainer.core.words import printable

DEBUG = "EXPLAINER_DEBUG"
# Never the quotation mark of JSON, which may be what is printed.
_PLAIN = {"“": "'", "”": "'", "’": "'", "–": "-", "−": "-", "…": "...", "×": "x", "\u202f": " ", "\u00a0": " "}
_ERRORS = "explainer.plain"


class _Stream(io.TextIOBase):
    """A standard stream that remembers what went wrong with it.

    Parameters
    ----------
    stream
        ``None`` where it was closed before the program began.
    forgiving
        Standard error: what cannot be said is not said, and nothing else fails for it.
    """

    def __init__(self, stream: TextIO | None, *, forgiving: bool) -> None:
        self._stream, self._forgiving = stream, forgiving
        self.wrong: OSError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding if self._stream else "utf-8"

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._stream is None:
            self.wrong = self.wrong or (OSError("it is closed") if text else None)
            return len(text)
        with self._noting():
            self._stream.write(printable(text))
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            with self._noting():
                self._stream.flush()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            self.wrong = error if isinstance(error, OSError) else OSError("it is closed")
            if not self._forgiving:
                raise


def prepare() -> None:
    """Make printing safe for the rest of the process."""
    _fill_gaps()
    codecs.register_error(_ERRORS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)
    sys.stdout = cast("TextIO", _Stream(sys.stdout, forgiving=False))
    sys.stderr = cast("TextIO", _Stream(sys.stderr, forgiving=True))


def say(sentence: str) -> None:
    """Put one line on standard error, whatever is in the sentence."""
    with suppress(OSError, ValueError, AttributeError):
        print(" ".join(printable(sentence).split()), file=sys.stderr, flush=True)


def wrong() -> OSError | None:
    """Return why standard output did not take all that was printed; ``None`` when it did."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    return getattr(sys.stdout, "wrong", None)


def lost() -> str:
    """What to say of it: nothing where the reader wanted no more (``explainer list | head``)."""
    error = wrong()
    if error is None:
        return ""
    _give_up()
    if isinstance(error, BrokenPipeError):
        return ""
    return f"The output could not be written to standard output: {error.strerror or error}."


def show_trace(error: BaseException) -> None:
    """Show where it happened, to who asked for that with ``EXPLAINER_DEBUG=1``."""
    if os.environ.get(DEBUG):
        for line in traceback.format_exception(error):
            with suppress(OSError, ValueError, AttributeError):
                print(line, end="", file=sys.stderr)


def _give_up() -> None:
    """Let the rest go nowhere, or Python complains once more when it ends."""
    with suppress(OSError, ValueError):
        number, nowhere = sys.stdout.fileno(), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def _fill_gaps() -> None:
    """Open what is closed of 0, 1 and 2: otherwise the next file would get the number, and prints with it."""
    with suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(number, True)
        os.close(number)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace what the console has no sign for by its like in ASCII, or by a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end
