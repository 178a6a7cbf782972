"""Bytes from a server that may be slow, wrong or hostile, into a part file that never grows past what was published."""

import contextlib
import http.client
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explainer.core.problem import Problem
from explainer.core.words import printable
from explainer.vision.zoo import record
from explainer.vision.zoo.addresses import LeadsAwayError, Rule, opener
from explainer.vision.zoo.cards import Published

CHUNK = 1 << 18
TRIES = 4  # connections opened before the user is asked to try again
TIMEOUT_S = 20.0
SLOWEST_BYTES_S, SPELL_S = 500, 30.0  # what arrives more slowly than this over a spell is given up
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
Response = http.client.HTTPResponse


@dataclass(frozen=True, slots=True)
class Job:
    """One file on its way.

    Parameters
    ----------
    part
        What has arrived so far; a later attempt goes on from its end.
    progress
        Called with bytes that are there and bytes in all (0 while unknown).
    check
        Raises when the file is no longer wanted.
    """

    offer: Published
    url: str
    rule: Rule
    part: Path
    progress: Callable[[int, int], None]
    check: Callable[[], None]

    @property
    def have(self) -> int:
        """Bytes that are there."""
        with contextlib.suppress(OSError):
            return self.part.stat().st_size
        return 0


class StopError(Exception):
    """Carries a problem out of the loop that reads."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def receive(job: Job) -> bool:
    """Connect until all bytes are there, a few times at most.

    Returns
    -------
    bool
        Whether they came in one piece; pieces may be of different files.

    Raises
    ------
    StopError
        If they cannot be had.
    """
    _check_address(job, job.url)
    for number in range(TRIES):
        job.check()
        begun = job.have > 0
        if _one_connection(job):
            return number == 0 and not begun
    if not job.have:
        job.part.unlink(missing_ok=True)
    what = f"The connection broke off after {job.have / 2**20:.1f} MB of {job.offer.title}."
    raise StopError(Problem(what, "Try again: it goes on from there."))


def _check_address(job: Job, url: str) -> None:
    if not job.rule.allows(url):
        what = f"The address of {job.offer.title} is not https, and nothing was fetched from it."
        raise StopError(Problem(what, "Choose another model.", printable(url)[:500]))


def _one_connection(job: Job) -> bool:
    """Read one response into the part file.

    Returns
    -------
    bool
        Whether the file is complete now.
    """
    have = job.have
    if have > job.offer.most_bytes:
        job.part.unlink()
        have = 0
    request = urllib.request.Request(job.url, headers={"Accept-Encoding": "identity"})  # noqa: S310 (see addresses)
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = opener(job.rule).open(request, timeout=TIMEOUT_S)
    except LeadsAwayError as error:
        raise StopError(_leads_away(job.offer, error)) from error
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _nothing_left(job)
        raise StopError(_refused(job.offer, error)) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionResetError | TimeoutError) and have:
            return False
        raise StopError(_offline(job.offer, error)) from error
    except ValueError as error:  # an address that only the library finds fault with
        raise StopError(_leads_away(job.offer, error)) from error
    except (http.client.HTTPException, OSError):
        return False
    with response:
        return _copy(job, response, have)


def _copy(job: Job, response: Response, have: int) -> bool:
    start = _start(response, have)
    if start is None:  # a piece that was not asked for
        job.part.unlink(missing_ok=True)
        return False
    length = _length(response)
    total = start + length if length is not None else 0
    _check_kind(job, response)
    _check_total(job, total)
    _room(job, (total or job.offer.most_bytes) - start)
    have, pace = start, _Pace()
    with job.part.open("ab" if start else "wb") as file:
        while True:
            try:
                piece = response.read1(CHUNK)
            except (OSError, http.client.HTTPException, ValueError):
                return False
            if not piece:
                break
            _check_total(job, have + len(piece))
            file.write(piece)
            have += len(piece)
            job.progress(have, total)
            job.check()
            if pace.is_too_slow(len(piece)):
                raise StopError(_slow(job))
    return have >= total if total else have >= job.offer.least_bytes or _is_right(job)


def _is_right(job: Job) -> bool:
    return job.part.is_file() and record.sha256(job.part, job.check).startswith(record.known(job.offer))


def _start(response: Response, have: int) -> int | None:
    """Where in the file the body begins; `None` if it is a piece other than the one that was asked for."""
    if response.status != http.client.PARTIAL_CONTENT:
        return 0  # the server does not resume: from the start again
    stated = response.headers.get("Content-Range")
    found = _RANGE.fullmatch(stated.strip()) if stated else None
    if stated is None:
        return None if "multipart" in response.headers.get("Content-Type", "") else have
    return have if found and int(found[1]) == have else None


def _length(response: Response) -> int | None:
    """Bytes that the body is said to have; `None` where it is not said, or not in a number."""
    stated = (response.headers.get("Content-Length") or "").strip()
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 and not chunked else None


def _check_kind(job: Job, response: Response) -> None:
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        what = f"The server sends {job.offer.title} packed, which was not asked for."
        raise StopError(Problem(what, "Try again, or use another network.", printable(packed)[:100]))


def _check_total(job: Job, total: int) -> None:
    """Stop at the published size, whether the server says how much comes or not."""
    if total > job.offer.most_bytes:
        with contextlib.suppress(OSError):
            job.part.unlink()
        megabytes = job.offer.most_bytes / 2**20
        what = f"More arrives for {job.offer.title} than the published {megabytes:.1f} MB; it was deleted."
        raise StopError(Problem(what, "Try again, or use another network."))


def _nothing_left(job: Job) -> bool:
    """All bytes were there already, or not what the server has: which of them tells the hash."""
    if _is_right(job):
        return True
    job.part.unlink(missing_ok=True)
    return False


def _room(job: Job, bytes_needed: int) -> None:
    free = shutil.disk_usage(job.part.parent).free
    if bytes_needed > free:
        what = f"{job.offer.title} needs {bytes_needed / 2**20:.0f} MB and {free / 2**20:.0f} MB are free."
        raise StopError(Problem(what, f"Make room in {job.part.parent} and try again."))


class _Pace:
    """How fast bytes arrive, spell by spell."""

    def __init__(self) -> None:
        self._since, self._bytes = time.monotonic(), 0

    def is_too_slow(self, arrived: int) -> bool:
        """Take note of what arrived; whether the spell that ends now was too slow."""
        self._bytes += arrived
        lasted = time.monotonic() - self._since
        if lasted < SPELL_S:
            return False
        slow = self._bytes < SLOWEST_BYTES_S * lasted
        self._since, self._bytes = time.monotonic(), 0
        return slow


# Words --------------------------------------------------------------------------------------------------


def _refused(offer: Published, error: urllib.error.HTTPError) -> Problem:
    if error.code in (http.client.NOT_FOUND, http.client.GONE):
        what = f"{offer.title} is no longer at its published address."
        return Problem(what, "Choose another model, or give its file as your own weights.", str(error))
    if 300 <= error.code < 400:
        what = f"The address of {offer.title} leads round in a circle, or nowhere."
        return Problem(what, "Try again later, or use another network.", str(error))
    what = f"The server refused {offer.title} (answer {error.code})."
    return Problem(what, "Try again later.", str(error))


def _leads_away(offer: Published, error: LeadsAwayError | ValueError) -> Problem:
    what = f"The server sends {offer.title} on to an address that is not allowed; nothing was fetched from there."
    return Problem(what, "Try again, or use another network.", printable(str(error))[:500])


def _offline(offer: Published, error: urllib.error.URLError) -> Problem:
    if isinstance(error.reason, ssl.SSLCertVerificationError):
        what = f"The server of {offer.title} could not prove that it is the right one; nothing was fetched."
        return Problem(what, "Check the computer's date, or use another network.", str(error))
    what = f"{offer.title} could not be fetched: the server was not reached."
    return Problem(what, "Check the network; the models that came with the program work without.", str(error))


def _slow(job: Job) -> Problem:
    what = f"{job.offer.title} arrives too slowly: {job.have / 2**20:.1f} MB are here."
    return Problem(what, "Try again later: it goes on from there.")
