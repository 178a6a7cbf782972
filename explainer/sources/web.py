"""A picture or film of the web, fetched because a person asked for it; never by itself.

At most 200 MB and 60 s, by http or https; its bytes say whether it is one, not its name.
"""

import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from explainer.core.context import Token
from explainer.core.problem import ExplainerError, Problem
from explainer.core.words import printable
from explainer.core.writing import written
from explainer.sources import kept_pictures
from explainer.sources.addresses import host_of, is_web
from explainer.sources.kinds import known_by_bytes
from explainer.sources.reading import check_picture

MOST_BYTES = 200 << 20
MOST_S = 60.0
_SILENCE_S = 15.0
_CHUNK = 1 << 16
_AGENT = "Explainer"
_SAFE = "/%:@!$&'()*+,;=~-._?[]"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One address on its way; `progress` gets bytes that are there and bytes in all (0 while unknown)."""

    address: str
    progress: Progress
    token: Token
    clock: Callable[[], float]
    spared: tuple[str, ...]

    @property
    def host(self) -> str:
        return printable(host_of(self.address))


class _RefusedError(Exception):
    def __init__(self, what: str, todo: str, details: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(what, todo, details)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to other addresses of the web, and never from a safe one to one that anybody can read."""

    max_redirections = 5

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        downgraded = req.full_url.startswith("https:") and not newurl.startswith("https:")
        if downgraded or not is_web(newurl):
            what = f"{printable(host_of(req.full_url))} sends on to an address that is not safe."
            raise _RefusedError(what, "Open it in a browser and save the picture.", newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(
    address: str,
    progress: Progress,
    token: Token,
    *,
    clock: Callable[[], float] = time.monotonic,
    spared: tuple[str, ...] = (),
) -> Path | Problem:
    """Fetch one picture or film into the user's folder; blocks.

    Parameters
    ----------
    token
        Asked for every piece; `Cancelled` goes through.
    spared
        Paths of kept pictures that must not be forgotten for this one.

    Returns
    -------
    Path or Problem
        The file, under its own name; or why it could not be had. Nothing is left of what was refused.
    """
    job = _Fetch(address, progress, token, clock, spared)
    try:
        return _fetched(job)
    except _RefusedError as refused:
        return refused.problem
    except ExplainerError as error:
        return error.problem
    except urllib.error.HTTPError as error:
        with error:
            return _answered(job, error.code)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _not_reached(job, error)


def _fetched(job: _Fetch) -> Path:
    began = job.clock()
    request = urllib.request.Request(  # noqa: S310 - `is_web` has looked at it, and looks at each redirect
        _in_ascii(job.address), headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    )
    with urllib.request.build_opener(_Redirects).open(request, timeout=_SILENCE_S) as response:
        total = int(response.headers.get("Content-Length") or 0)
        if total > MOST_BYTES:
            raise _too_large(job)
        if response.headers.get_content_type() == "text/html":
            raise _no_picture(job, "a web page")
        place = kept_pictures.place_for(job.address.encode("utf-8", "surrogateescape"))
        try:
            return _received(job, response, total, place / _name(response.url), began)
        finally:
            with suppress(OSError):
                place.rmdir()  # nothing lies in it when the rest was refused


def _received(job: _Fetch, response: Any, total: int, target: Path, began: float) -> Path:
    with written(target) as file:
        have = _copy(job, response, total, file, began)
        if have < total:
            what = f"The connection to {job.host} broke off after {_mb(have)} of {_mb(total)}."
            raise _RefusedError(what, "Try again.")
        if not known_by_bytes(file) and check_picture(file) is not None:
            raise _no_picture(job, "something")
    for other in target.parent.iterdir():  # what the same address gave another time, under another name
        if other.name != target.name:
            other.unlink(missing_ok=True)
    kept_pictures.forget_oldest((str(target), *job.spared))
    return target


def _copy(job: _Fetch, response: Any, total: int, file: Path, began: float) -> int:
    have = 0
    with file.open("wb") as stream:
        while piece := response.read1(_CHUNK):  # `read` would wait until the piece is full
            job.token.check()
            have += len(piece)
            if have > MOST_BYTES:
                raise _too_large(job)
            if job.clock() - began > MOST_S:
                raise _RefusedError(f"{job.host} took longer than {MOST_S:.0f} s.", "Save the picture by a browser.")
            stream.write(piece)
            job.progress(have, total)
    return have


def _in_ascii(address: str) -> str:
    """Return the address as it goes over the line: other letters in the host's and in the path's own spelling."""
    parts = urlsplit(address.strip())
    host = (parts.hostname or "").encode("idna").decode("ascii")
    host = f"[{host}]" if ":" in host else host
    where = f"{host}:{parts.port}" if parts.port else host  # a name and a password before it are left out
    return urlunsplit((parts.scheme.lower(), where, quote(parts.path, _SAFE), quote(parts.query, _SAFE), ""))


def _name(address: str) -> str:
    """Return a name for the file that the address's last part is, fit for any file system."""
    last = unquote(urlsplit(address).path).replace("\\", "/").rpartition("/")[2]
    plain = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", printable(last)).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    short = f"{stem[:80]}{dot}{suffix[:10]}" if dot else plain[:80]
    return short.lstrip(".") or "picture"


# Words --------------------------------------------------------------------------------------------------


def _too_large(job: _Fetch) -> _RefusedError:
    return _RefusedError(f"{job.host} sends more than {_mb(MOST_BYTES)}.", "Save the file by a browser and open it.")


def _no_picture(job: _Fetch, sent: str) -> _RefusedError:
    what = f"{job.host} sent {sent} that is no picture and no video."
    what = f"{job.host} sent a web page, not a picture." if sent == "a web page" else what
    return _RefusedError(what, "Give the address of the picture itself.")


def _answered(job: _Fetch, code: int) -> Problem:
    if code in (http.client.NOT_FOUND, http.client.GONE):
        return Problem(f"{job.host} has nothing at this address.", "Check the address.", f"answer {code}")
    todo = "Open it in a browser and save the picture."
    if 300 <= code < 400:
        return Problem(f"{job.host} sends on to where nothing is fetched from.", todo, f"answer {code}")
    return Problem(f"{job.host} does not give this picture away (answer {code}).", todo)


def _not_reached(job: _Fetch, error: Exception) -> Problem:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        what = f"{job.host} could not prove that it is what it says it is."
        return Problem(what, "Check the address, and the clock of this computer.", repr(error))
    if isinstance(reason, TimeoutError):
        return Problem(f"{job.host} did not answer in time.", "Try again later.", repr(error))
    return Problem(f"{job.host} was not reached.", "Check the address and the network.", repr(error))


def _mb(size: int) -> str:
    return f"{size / 2**20:.0f} MB" if size >= 1 << 20 else f"{size / 2**10:.0f} kB"
