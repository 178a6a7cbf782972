"""Which addresses weights may come from. Needs no torch and opens nothing.

torchvision's published addresses are https, and so is every address that one of them leads on to. A mirror is
named by the user, who may have one without https in their own house; what it leads on to is https, or the same
server. Nothing else is ever opened: no file, no ftp, no other scheme.
"""

import re
import urllib.request
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import IO
from urllib.parse import SplitResult, quote, urlsplit

from explainer.core.problem import ExplainerError

BASE_URL = "EXPLAINER_WEIGHTS_URL"  # a mirror: its address replaces all but the file's name
MOST_REDIRECTS = 10


class LeadsAwayError(Exception):
    """An answer leads on to an address that may not be opened."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be opened: https, and of plain http the one server that the user named.

    Parameters
    ----------
    plain
        ``host:port`` of the mirror if its address is http, else empty.
    """

    plain: str = ""

    def allows(self, url: str) -> bool:
        """Whether an address may be opened."""
        try:
            parts = urlsplit(url)
            named = bool(parts.hostname) and not re.search(r"[@\s]", parts.netloc) and bool(_origin(parts))
        except ValueError:
            return False
        return named and (parts.scheme == "https" or (parts.scheme == "http" and _origin(parts) == self.plain))


def mirrored(base: str, file: str) -> tuple[str, Rule]:
    """Address of a file at a mirror, and what may be opened to get it.

    Raises
    ------
    ExplainerError
        If the mirror's address is none.
    """
    base = base.strip()
    try:
        parts = urlsplit(base)
        rule = Rule(_origin(parts) if parts.scheme == "http" else "")
    except ValueError:
        rule = Rule()
    if not rule.allows(base) or not base.isprintable():
        shown = "".join(c if c.isprintable() else "\ufffd" for c in base[:200])
        what = f"The mirror's address “{shown}” is none that weights can come from."
        raise ExplainerError(what, f"Write it as https://host/folder, or leave {BASE_URL} out.")
    path = quote(f"{parts.path.rstrip('/')}/{file}", safe="/%~:@!$&'()*+,;=")
    return parts._replace(path=path, query="", fragment="").geturl(), rule


def opener(rule: Rule) -> urllib.request.OpenerDirector:
    """Opens what `rule` allows and nothing else; proxies of the system are used."""
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(rule),
    ):
        director.add_handler(handler)
    return director


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = MOST_REDIRECTS
    max_repeats = 2

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not self._rule.allows(newurl):
            raise LeadsAwayError(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> object:
        """Say of an address of another scheme that it leads away; urllib itself would call it an error of HTTP."""
        target = headers.get("location") or headers.get("uri") or ""
        if target and urlsplit(target).scheme not in ("", "http", "https"):
            raise LeadsAwayError(target)
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _origin(parts: SplitResult) -> str:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{(parts.hostname or '').encode('idna').decode()}:{port}"
