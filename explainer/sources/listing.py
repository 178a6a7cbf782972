"""What lies in a folder: its pictures in the order a person would put them, and the rest by kinds."""

import os
import re
import stat
from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import merge
from pathlib import Path

from explainer.core.words import thousands
from explainer.sources.kinds import NAMED_SUFFIXES, PICTURE_SUFFIXES, VIDEO_SUFFIXES

Key = tuple[tuple[int, int, str], ...]
_PARTS = re.compile(r"(\d+)|(\D+)")
_PORTION = 2_000
_ON_WINDOWS = os.name == "nt"
_UNSEEN = getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 2) | getattr(stat, "FILE_ATTRIBUTE_SYSTEM", 4)


def natural(name: str) -> Key:
    """Sort key that counts numbers as numbers: ``img2`` comes before ``img10``, case does not matter."""
    parts = _PARTS.findall(name.casefold())
    key = tuple((0, int(digits), "") if digits else (1, 0, text) for digits, text in parts)
    return (*key, (2, 0, name))  # equal but for case or leading zeros: still one fixed order


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder's content at one moment.

    Parameters
    ----------
    pictures
        Names of what may be pictures, in natural order. Whether they can be read is not known yet.
    others
        How many there are of what is not read, by what people call it ("HEIC"); "film" for videos.
    """

    pictures: tuple[str, ...] = ()
    others: Counter[str] = field(default_factory=Counter)

    def place(self, name: str) -> tuple[int, bool]:
        """Place of `name` in the order, and whether it is there."""
        at = bisect_left(self.pictures, natural(name), key=natural)
        return at, at < len(self.pictures) and self.pictures[at] == name


def listing_of(folder: Path) -> Listing:
    """List a folder once: no file is opened, and hidden files, subfolders and side files are left out.

    Raises
    ------
    OSError
        If the folder cannot be listed.
    """
    pictures, others = [], Counter[str]()
    with os.scandir(folder) as entries:
        for entry in entries:
            kind = _kind(entry.name)
            if not kind or _is_hidden(entry) or entry.is_dir(follow_symlinks=False):
                continue
            if kind == "picture":
                pictures.append(entry.name)
            else:
                others[kind] += 1
    return Listing(tuple(_in_order(pictures)), others)


def below(folder: Path) -> Listing | None:
    """List the pictures of the subfolders of `folder`, one level down, named ``subfolder/picture``; ``None`` without.

    A subfolder that cannot be listed is left out.
    """
    with os.scandir(folder) as entries:
        inner = [entry.name for entry in entries if entry.is_dir() and not _is_hidden(entry)]
    pictures: list[str] = []
    for name in sorted(inner, key=natural):
        with suppress(OSError):
            pictures += [f"{name}/{one}" for one in listing_of(folder / name).pictures]
    return Listing(tuple(pictures)) if pictures else None


def _in_order(names: list[str]) -> list[str]:
    """Sort in portions: one sort of 100,000 keys would let no other thread run for a third of a second."""
    keyed = [(natural(name), name) for name in names]
    portions = [sorted(keyed[at : at + _PORTION]) for at in range(0, len(keyed), _PORTION)]
    return [name for _key, name in merge(*portions)]


def instead(others: Counter[str]) -> str:
    """What a folder without a picture holds: "2 HEIC pictures, which are not read here"; "" for nothing known."""
    unread = {kind: n for kind, n in others.items() if kind != "film"}
    named = [f"{thousands(n)} {kind} {_many(n, 'picture')}" for kind, n in sorted(unread.items())]
    said = []
    if named:
        joined = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
        said.append(f"{joined}, which {'is' if sum(unread.values()) == 1 else 'are'} not read here")
    if others["film"]:
        said.append(f"{thousands(others['film'])} {_many(others['film'], 'film')}")
    return ", and ".join(said)


def _many(count: int, thing: str) -> str:
    return thing if count == 1 else f"{thing}s"


def _kind(name: str) -> str:
    suffix = "." + name.rpartition(".")[2].lower()
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "film" if suffix in VIDEO_SUFFIXES else NAMED_SUFFIXES.get(suffix, "")


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    """Names with a dot in front (``._x.jpg`` of macOS too), and what Windows marks as hidden or its own."""
    if entry.name.startswith("."):
        return True
    if not _ON_WINDOWS:
        return False
    try:
        return bool(getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0) & _UNSEEN)
    except OSError:
        return False
