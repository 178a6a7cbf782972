"""Standard output and standard error as they are found: closed, full, broken, in any encoding."""

import codecs
import io
import os
import sys
import traceback
from contextlib import suppress
from typing import TextIO, cast

DEBUG = "EXPLAINER_DEBUG"
_PLAIN = {"“": '"', "”": '"', "’": "'", "–": "-", "−": "-", "…": "...", "×": "x", "\u202f": " ", "\u00a0": " "}
_ERRORS = "explainer.plain"


class _Gone(io.TextIOBase):
    """Stands in for a standard output that was closed before the program began."""

    def __init__(self) -> None:
        self.lost = False

    def write(self, text: str) -> int:
        self.lost = self.lost or bool(text)
        return len(text)


class _Forgiving(io.TextIOBase):
    """Standard error whose reader may be gone: what cannot be said is not said, and nothing else fails for it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def prepare() -> None:
    """Make printing safe for the rest of the process."""
    _fill_gaps()
    codecs.register_error(_ERRORS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)
    sys.stdout = sys.stdout or cast("TextIO", _Gone())
    sys.stderr = cast("TextIO", _Forgiving(sys.stderr)) if sys.stderr else open(os.devnull, "w", encoding="utf8")  # noqa: PTH123, SIM115


def say(sentence: str) -> None:
    """Put one line on standard error, whatever is in the sentence."""
    with suppress(OSError, ValueError, AttributeError):
        print(" ".join(sentence.split()), file=sys.stderr, flush=True)


def lost() -> str:
    """What to say of a standard output that did not take everything; "" when it did, or when its reader left."""
    if isinstance(sys.stdout, _Gone):
        return "The output is lost: standard output is closed." if sys.stdout.lost else ""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _given_up("")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is closed"
        return _given_up(f"The output could not be written to standard output: {why}.")
    return ""


def is_broken() -> bool:
    """Whether standard output takes no more."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False


def show_trace(error: BaseException) -> None:
    """Show where it happened, to who asked for that with ``EXPLAINER_DEBUG=1``."""
    if os.environ.get(DEBUG):
        for line in traceback.format_exception(error):
            with suppress(OSError, ValueError, AttributeError):
                print(line, end="", file=sys.stderr)


def _given_up(sentence: str) -> str:
    """Let the rest go nowhere, or Python complains once more when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    return sentence


def _fill_gaps() -> None:
    """Open what is closed of 0, 1 and 2: otherwise the next file would get the number, and prints with it."""
    with suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(number, True)
        os.close(number)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace what the console has no sign for by its like in ASCII, by U+FFFD or by a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    unknown = "\ufffd" if error.encoding.lower().startswith("utf") else "?"
    signs = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, unknown) for sign in signs), error.end
