"""Addresses: of files (``file://``), of the web, and of link files that hold one."""

import os
import re
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from explainer.core.problem import Problem
from explainer.core.words import printable

LINK_SUFFIXES = (".url", ".webloc", ".desktop", ".website")
_MOST_BYTES = 64 << 10  # of a link file
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def meant(spec: str) -> str | Problem:
    """Return what `spec` stands for: the path in a ``file://`` address, the address in a link file, else `spec`.

    Returns
    -------
    str or Problem
        A `Problem` for a file on another computer and for a link file that holds no address of the web.
    """
    if spec[:5].lower() == "file:" and not _is_there(spec):
        return _local(spec)
    if spec.lower().endswith(LINK_SUFFIXES) and "://" not in spec:
        return _linked(Path(spec).expanduser() if spec.startswith("~") else Path(spec), spec)
    return spec


def _is_there(spec: str) -> bool:
    """Say whether a file is called just so; then it is meant."""
    try:
        return Path(spec).exists()
    except (OSError, ValueError):
        return False


def is_web(spec: str) -> bool:
    """Say whether `spec` is an address that can be fetched, and no file."""
    return spec[:8].lower().startswith(("http://", "https://")) and bool(host_of(spec))


def scheme_of(spec: str) -> str:
    """Return ``"ftp"`` for ``ftp://…``, "" for what is no address; one letter is a drive."""
    found = _SCHEME.match(spec)
    return found[0][:-1].lower() if found else ""


def host_of(address: str) -> str:
    """Return the computer that an address really leads to, as a person reads it; "" where it names none."""
    parts = _split(address)
    try:
        port = parts.port if parts is not None else None
    except ValueError:
        return ""
    host = (parts.hostname or "") if parts is not None else ""
    return f"{host}:{port}" if host and port else host


def _split(address: str) -> SplitResult | None:
    with suppress(ValueError):
        return urlsplit(address)
    return None


def _local(address: str) -> str | Problem:
    parts = _split(address)
    host = parts.netloc.lower() if parts is not None else ""
    path = address.partition(":")[2]
    if parts is not None and path.startswith("//"):
        path = path[2 + len(parts.netloc) :]
    if os.name == "nt":
        from urllib.request import url2pathname  # brings http and ssl, which the window does not wait for

        return url2pathname(f"//{host}{path}" if host not in ("", "localhost") else path)
    if host not in ("", "localhost", socket.gethostname().lower()):
        what = f"This file lies on {printable(host)}, not on this computer."
        return Problem(what, "Copy it here, or open it from a folder where that computer is mounted.")
    # What follows a bare “?” or “#” is no part of a file's name; in a name they are written %3F and %23.
    plain = re.split(r"[?#]", path, maxsplit=1)[0].encode("utf-8", "surrogateescape")  # some programs escape nothing
    return os.fsdecode(unquote_to_bytes(plain))


def _linked(file: Path, spec: str) -> str | Problem:
    try:
        if not file.is_file():
            return spec
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES)
    except (OSError, ValueError):
        return spec
    address = _in_plist(data) if file.suffix.lower() == ".webloc" else _in_lines(data)
    if is_web(address):
        return address
    what = f"{printable(file.name)} is a link, and holds no address of the web."
    return Problem(what, "Open the picture that it leads to.")


def _in_lines(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    found = re.search(r"^\s*URL\s*=\s*(\S+)", data.decode(encoding, "replace"), re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _in_plist(data: bytes) -> str:
    import plistlib  # brings an XML parser

    try:
        value = plistlib.loads(data)
    except Exception:  # noqa: BLE001 - expat and plistlib raise many kinds, and the file is anybody's
        return ""
    return str(value.get("URL", "")) if isinstance(value, dict) else ""
