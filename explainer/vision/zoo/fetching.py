"""Weights fetched at the user's click: resumed where they broke off, checked, and only then put in place.

What was fetched so far lies beside the final file as ``.part``. Needs no torch.
"""

import contextlib
import errno
import hashlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explainer.core.context import Token
from explainer.core.problem import Problem
from explainer.vision.zoo import task_cards
from explainer.vision.zoo.cards import Published, catalogue

Progress = Callable[[int, int], None]
CHUNK = 1 << 18
TRIES = 4  # connections opened before the user is asked to try again
TIMEOUT_S = 20.0
BASE_URL = "EXPLAINER_WEIGHTS_URL"  # a mirror: its address replaces all but the file's name
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One file on its way.

    Parameters
    ----------
    part
        What has arrived so far; a later attempt goes on from its end.
    """

    offer: Published
    url: str
    part: Path
    progress: Progress
    check: Callable[[], None]


class _StopError(Exception):
    """Carries a problem out of the loop that reads."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def fetch(
    name: str, progress: Progress | None = None, token: Token | None = None, *, base_url: str = ""
) -> Path | Problem:
    """Fetch the published weights of one of torchvision's networks, a classifier or one for another task.

    Parameters
    ----------
    progress
        Called with bytes that are there and bytes in all (0 while unknown).
    token
        Asked for every piece; what had arrived when it raised `Cancelled` is kept for the next time.
    base_url
        Address of a mirror's folder; ``EXPLAINER_WEIGHTS_URL`` does the same.

    Returns
    -------
    Path or Problem
        The checked file in the user's folder, or why it could not be had.
    """
    offer = catalogue().get(name) or task_cards.catalogue().get(name)
    if offer is None:
        return Problem(f"There are no published weights called {name}.", "See: explainer models list")
    try:
        return _fetched(offer, progress or _silent, token.check if token else _wanted, base_url)
    except _StopError as stop:
        return stop.problem
    except OSError as error:
        return _disk(offer, error)


def _fetched(offer: Published, progress: Progress, check: Callable[[], None], base_url: str) -> Path:
    if offer.path.exists() and _is_right(offer, offer.path, check):
        return offer.path
    base = base_url or os.environ.get(BASE_URL, "")
    url = f"{base.rstrip('/')}/{offer.file}" if base else offer.url
    job = _Fetch(offer, url, offer.path.with_name(f"{offer.file}.part"), progress, check)
    _receive(job)
    if not _is_right(offer, job.part, check):
        job.part.unlink()
        what = f"What arrived for {offer.title} is not the published file and was deleted."
        raise _StopError(Problem(what, "Try again, or use another network."))
    return job.part.replace(offer.path)


def _receive(job: _Fetch) -> None:
    """Connect until all bytes are there, a few times at most."""
    for _ in range(TRIES):
        job.check()
        if _one_connection(job):
            return
    megabytes = _size(job.part) / 2**20
    what = f"The connection broke off after {megabytes:.1f} MB of {job.offer.title}."
    raise _StopError(Problem(what, "Try again: it goes on from there."))


def _one_connection(job: _Fetch) -> bool:
    """Read one response into the part file.

    Returns
    -------
    bool
        Whether the file is complete now.
    """
    have = _size(job.part)
    request = urllib.request.Request(job.url, headers={"Accept-Encoding": "identity"})  # noqa: S310
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
            return _copy(job, response, have)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _nothing_left(job)
        raise _StopError(_refused(job.offer, error)) from error
    except (http.client.HTTPException, ConnectionError, TimeoutError):
        return False
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionResetError | TimeoutError) and _size(job.part):
            return False
        raise _StopError(_offline(job.offer, error)) from error


def _copy(job: _Fetch, response: http.client.HTTPResponse, have: int) -> bool:
    if response.status != http.client.PARTIAL_CONTENT:
        have = 0  # the server does not resume: from the start again
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else 0
    _room(job, total - have)
    with job.part.open("ab" if have else "wb") as file:
        while piece := response.read(CHUNK):
            file.write(piece)
            have += len(piece)
            job.progress(have, total)
            job.check()
    return have >= total


def _nothing_left(job: _Fetch) -> bool:
    """All bytes were there already, or more than there should be: then they are worthless."""
    if _is_right(job.offer, job.part, job.check):
        return True
    job.part.unlink()
    return False


def _room(job: _Fetch, bytes_needed: int) -> None:
    free = shutil.disk_usage(job.part.parent).free
    if bytes_needed > free:
        what = f"{job.offer.title} needs {bytes_needed / 2**20:.0f} MB and {free / 2**20:.0f} MB are free."
        raise _StopError(Problem(what, f"Make room in {job.part.parent} and try again."))


def _is_right(offer: Published, path: Path, check: Callable[[], None]) -> bool:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            check()
    return digest.hexdigest().startswith(offer.sha256_prefix)


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _refused(offer: Published, error: urllib.error.HTTPError) -> Problem:
    if error.code in (http.client.NOT_FOUND, http.client.GONE):
        what = f"{offer.title} is no longer at its published address."
        return Problem(what, "Choose another model, or give its file as your own weights.", str(error))
    what = f"The server refused {offer.title} (answer {error.code})."
    return Problem(what, "Try again later.", str(error))


def _offline(offer: Published, error: urllib.error.URLError) -> Problem:
    what = f"{offer.title} could not be fetched: the server was not reached."
    return Problem(what, "Check the network; the models that came with the program work without.", str(error))


def _disk(offer: Published, error: OSError) -> Problem:
    if error.errno in NO_SPACE:
        # Half a file on a full disk helps nobody.
        with contextlib.suppress(OSError):
            offer.path.with_name(f"{offer.file}.part").unlink()
        what = f"The disk is full: {offer.title} could not be kept."
        return Problem(what, f"Make room in {offer.path.parent} and try again.", str(error))
    what = f"{offer.title} could not be written to {offer.path.parent}."
    return Problem(what, "Check that the folder may be written to.", str(error))


def _silent(_have: int, _total: int) -> None:
    """Nobody is watching."""


def _wanted() -> None:
    """Nobody can cancel."""
