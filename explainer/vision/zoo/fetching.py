"""Weights fetched at the user's click: resumed where they broke off, checked, and only then put in place.

What was fetched so far lies beside the final file as ``.part``. One process at a time fetches a file; others wait
for it. Needs no torch.
"""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from explainer.core.context import Token
from explainer.core.problem import ExplainerError, Problem
from explainer.vision.zoo import record, task_cards
from explainer.vision.zoo.addresses import BASE_URL, Rule, mirrored
from explainer.vision.zoo.cards import Published, catalogue, made
from explainer.vision.zoo.receiving import CHUNK, Job, StopError, receive

__all__ = ["BASE_URL", "CHUNK", "fetch"]

Progress = Callable[[int, int], None]
NO_SPACE = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
LOOK_AGAIN_S = 0.2  # while another process fetches the same file


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
        job = _job(offer, progress or _silent, token.check if token else _wanted, base_url)
        with _alone(job):
            return _fetched(job)
    except StopError as stop:
        return stop.problem
    except ExplainerError as error:
        return error.problem
    except (OSError, NotImplementedError) as error:  # the second: a disk that knows no locks
        return _disk(offer, error)


def _job(offer: Published, progress: Progress, check: Callable[[], None], base_url: str) -> Job:
    base = base_url or os.environ.get(BASE_URL, "")
    url, rule = mirrored(base, offer.file) if base else (offer.url, Rule())
    return Job(offer, url, rule, offer.path.with_name(f"{offer.file}.part"), progress, check)


@contextlib.contextmanager
def _alone(job: Job) -> Iterator[None]:
    """Wait until nobody else fetches this file; meanwhile show how far they are."""
    from filelock import FileLock, Timeout  # loads asyncio, which a list of models does without

    lock = FileLock(made(job.part.parent / "locks") / f"{job.offer.file}.lock")
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            job.check()
            job.progress(min(job.have, job.offer.most_bytes), job.offer.most_bytes)
            time.sleep(LOOK_AGAIN_S)
    try:
        yield
    finally:
        lock.release()


def _fetched(job: Job) -> Path:
    """Return the file, brought if it is not there or not right."""
    offer = job.offer
    if offer.path.exists() and (digest := _right(job, offer.path)):
        _write_down(offer, digest)
        return offer.path
    whole = receive(job)
    digest = _right(job, job.part)
    if not digest and not whole:  # the pieces were of different files
        job.part.unlink()
        receive(job)
        digest = _right(job, job.part)
    if not digest:
        job.part.unlink()
        what = f"What arrived for {offer.title} is not the published file and was deleted."
        raise StopError(Problem(what, "Try again, or use another network."))
    _write_down(offer, digest)
    return _put(job)


def _put(job: Job) -> Path:
    with job.part.open("r+b") as file:
        os.fsync(file.fileno())
    return job.part.replace(job.offer.path)


def _right(job: Job, path: Path) -> str:
    """Whole hash of a file that is what was published, or what came the first time; else nothing."""
    if not path.is_file():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    digest = record.sha256(path, job.check)
    return digest if digest.startswith(record.known(job.offer)) else ""


def _write_down(offer: Published, digest: str) -> None:
    if record.known(offer) != digest:
        record.write(offer, digest)


def _disk(offer: Published, error: Exception) -> Problem:
    if isinstance(error, OSError) and error.errno in NO_SPACE:
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
