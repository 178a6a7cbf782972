"""Every file that the program writes comes into being here: beside its target, whole, and only then in its place.

A full disk, a limit on the size of files, a kill or a crash leaves what was there before, and never a cut file
under the final name. What a killed process leaves behind begins with ``.explainer-`` and is cleared by
`clear_stale`, which every start asks for.
"""

import errno
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from explainer.core.problem import ExplainerError
from explainer.core.processes import is_alive, machine
from explainer.core.words import printable

Check = Callable[[Path], None]

_OURS = re.compile(r"\.explainer-([0-9a-f]{8})-(\d+)-\d+(\.[^.]*)?")
_NUMBERS = count()
_LENT: set[Path] = set()
_FOREIGN_S = 24 * 3600.0  # another machine's processes cannot be asked for: what it left counts as stale after a day
_MOVES, _PAUSE_S = 10, 0.05  # Windows: a virus scanner or an indexer holds a fresh file for a moment


class CutOffError(ExplainerError):
    """What was written is not whole, though nobody said so while it was written."""


@contextmanager
def written(path: Path, check: Check | None = None, *, plain_name: bool = False) -> Iterator[Path]:
    """Lend the name of a temporary file with the same suffix, and move it to `path` when the block ends well.

    Parameters
    ----------
    check
        Called with the finished temporary file; raises where it is not whole.
    plain_name
        For libraries that take only names in UTF-8: where `path` has none, the file is made elsewhere and copied.

    Raises
    ------
    ExplainerError
        If it cannot be written; `path` is then as it was before.
    """
    try:
        target = _target(path)
        lent = _lent(target, plain_name)
    except (OSError, RuntimeError) as error:  # a symbolic link that leads to itself is a RuntimeError
        raise cannot(path, error) from error
    _LENT.add(lent)
    try:
        yield lent
        _flush(lent)
        if check is not None:
            check(lent)
        _put(lent, target)
    except OSError as error:
        raise cannot(path, error) from error
    finally:
        _drop(lent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file or none.

    Raises
    ------
    ExplainerError
        If it cannot be written; `path` is then as it was before.
    """

    def is_whole(file: Path) -> None:
        if file.stat().st_size != len(data):
            raise CutOffError(f"{printable(path.name)} could not be written whole.", "Check the space on the disk.")

    with written(path, is_whole) as file:
        file.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8, as `write_bytes`; what no character stands for (a stray byte of a file's name) becomes U+FFFD."""
    write_bytes(path, printable(text).encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON that any reader takes, as `write_text`.

    Raises
    ------
    ValueError, TypeError, RecursionError
        For what JSON has no words for: numbers that are not finite, objects, endless nesting.
    ExplainerError
        If it cannot be written.
    """
    text = printable(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))
    json.loads(text)
    write_bytes(path, text.encode("utf-8"))


def make_folder(folder: Path) -> None:
    """Make a folder to write into, with those above it, and clear what dead processes left there.

    Raises
    ------
    ExplainerError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot(folder, error, "made") from error
    clear_stale(folder)


# What was left behind -----------------------------------------------------------------------------------


def clear_stale(folder: Path) -> None:
    """Delete temporary files in `folder` whose process is gone; what cannot be read or deleted is left alone."""
    with suppress(OSError), os.scandir(folder) as entries:
        stale = [Path(entry.path) for entry in entries if _is_stale(entry)]
        for path in stale:
            _unlink(path)


def discard_all() -> None:
    """Delete what is being written at this moment: the process is about to end without unwinding."""
    for path in tuple(_LENT):
        _unlink(path)


def _is_stale(entry: "os.DirEntry[str]") -> bool:
    ours = _OURS.fullmatch(entry.name)
    if ours is None:
        return False
    if ours[1] != machine():
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _FOREIGN_S
    pid = int(ours[2])
    return Path(entry.path) not in _LENT if pid == os.getpid() else not is_alive(pid)


# Making, checking, moving -------------------------------------------------------------------------------


def _target(path: Path) -> Path:
    """Where the file itself lies: links stay links, and what is protected stays so."""
    target = path.resolve() if path.is_symlink() else path
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return target


def _lent(target: Path, plain_name: bool) -> Path:
    folder = target.absolute().parent
    elsewhere = _is_special(target) or (plain_name and str(folder) != printable(str(folder)))
    if elsewhere:
        folder = Path(tempfile.gettempdir())
    while True:
        lent = folder / f".explainer-{machine()}-{os.getpid()}-{next(_NUMBERS)}{_suffix(target)}"
        with suppress(FileExistsError):
            os.close(os.open(lent, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return lent


def _suffix(target: Path) -> str:
    """Suffix as it is, for libraries that go by it, if it is short and has only ordinary characters."""
    return target.suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,12}", target.suffix) else ""


def _is_special(target: Path) -> bool:
    """Whether it is a device or a pipe, which is written into and never replaced."""
    return target.exists() and not target.is_file()


def _flush(file: Path) -> None:
    with file.open("r+b") as stream:
        os.fsync(stream.fileno())


def _put(file: Path, target: Path) -> None:
    if _is_special(target):
        with file.open("rb") as source, target.open("wb", buffering=0) as sink:
            shutil.copyfileobj(source, sink)
        return
    if file.parent != target.absolute().parent:
        with written(target) as beside:
            shutil.copyfile(file, beside)
        return
    _keep_owner(file, target)
    _move(file, target)


def _keep_owner(file: Path, target: Path) -> None:
    with suppress(OSError):
        before, now = target.stat(), file.stat()
        file.chmod(stat.S_IMODE(before.st_mode))
        if os.name != "nt" and (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
            os.chown(file, before.st_uid, before.st_gid)


def _move(file: Path, target: Path) -> None:
    for attempt in range(_MOVES):
        try:
            file.replace(target)
            return
        except PermissionError:
            if os.name != "nt" or attempt == _MOVES - 1:
                raise
            time.sleep(_PAUSE_S)


def _drop(file: Path) -> None:
    _unlink(file)
    _LENT.discard(file)


def _unlink(file: Path) -> None:
    with suppress(OSError):
        file.unlink()


# Words --------------------------------------------------------------------------------------------------

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Make room and try again."),
    errno.EFBIG: (
        "it grew beyond the largest size a file may have",
        "Choose another disk, or less to write.",
    ),
    errno.EROFS: ("the disk is read-only", "Choose another folder."),
    errno.EACCES: ("it may not be written to", "Choose another folder, or change its permissions."),
    errno.EPERM: ("it may not be written to", "Choose another folder, or change its permissions."),
    errno.ENOENT: ("its folder does not exist", "Make the folder, or choose another."),
    errno.ENOTDIR: ("a file lies where its folder should be", "Choose another folder."),
    errno.EEXIST: ("a file of that name is in the way", "Choose another folder."),
    errno.EISDIR: ("a folder has that name", "Choose another name."),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter one."),
    getattr(errno, "EDQUOT", -1): ("your share of the disk is used up", "Make room and try again."),
}


def cannot(path: Path, error: Exception, done: str = "written") -> ExplainerError:
    """Return what says in a sentence why `path` could not be written (or `done`)."""
    number = error.errno if isinstance(error, OSError) else None
    why, todo = _REASONS.get(number or 0, ("", "Choose another place."))
    if done == "made" and number == errno.ENOENT:
        why, todo = "no folder can lie there", "Choose another folder."
    why = why or (error.strerror if isinstance(error, OSError) and error.strerror else "a link there leads nowhere")
    return ExplainerError(f"{printable(str(path))} could not be {done}: {why}.", todo, repr(error))
