"""``explainer models``: which weights there are, whether they are whole, and how to get more. Needs no torch."""

import argparse
import difflib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from explainer import stopping
from explainer.commands.bootstrap import WrongUse
from explainer.core.paths import resource
from explainer.core.problem import Cancelled, ExplainerError, Problem
from explainer.runtime.token import JobToken
from explainer.vision.zoo import cards, fetching, record, task_cards

ACTIONS = ("list", "verify", "fetch")
MEGABYTE = 2**20
REDRAW_S = 0.1

State = Literal["shipped", "trained", "fetched", "own", "available", "begun", "missing"]


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights.

    Parameters
    ----------
    tier
        ``"shipped"`` (came with the program), ``"trained"`` (in the program), ``"fetched"`` (published, fetched on
        demand), ``"own"`` (the user's).
    state
        What is here: ``"begun"`` is a download that broke off, ``"missing"`` a shipped file that is gone.
    sha256
        What the file has to hash to: 64 digits, of published weights that were never fetched the first digits,
        which are all that is published; of the user's own file, for which nobody else vouches, ``None``.
    megabytes
        Of 2²⁰ bytes; the published size where the file is not here.
    """

    name: str
    title: str
    tier: str
    state: State
    licence: str
    source: str
    trained_on: str
    sha256: str | None
    megabytes: float
    file: str
    top1_percent: float | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``models``."""
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="default: list")
    parser.add_argument("name", nargs="?", metavar="NAME", help="which to fetch")
    parser.add_argument("--json", action="store_true", help="everything, for scripts")


def run(args: argparse.Namespace) -> int:
    """List, verify or fetch."""
    if args.action == "fetch" and args.name is None:
        raise WrongUse("Name the model to fetch: explainer models fetch NAME")
    if args.action != "fetch" and args.name is not None:
        raise WrongUse(f"“explainer models {args.action}” takes no name.")
    if args.action == "verify":
        return _verify(args.json)
    return _fetch(args.name, args.json) if args.action == "fetch" else _list(args.json)


# What there is ------------------------------------------------------------------------------------------


def weights() -> tuple[Weights, ...]:
    """All weights: those that came with the program, the user's own, then the published ones by name."""
    own = (_own(one) for one in cards.owned())
    published = (_published(offer) for _, offer in sorted(cards.catalogue().items()))
    tasks = (_published(offer) for offer in task_cards.catalogue().values())
    return (*_manifest(), *own, *published, *tasks)


def _manifest() -> Iterator[Weights]:
    """Weights that came with the program, as their manifest says.

    Raises
    ------
    ExplainerError
        If the manifest itself cannot be read.
    """
    path = resource("weights", "manifest.json")
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        yield from [_shipped(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "The list of the weights that came with the program cannot be read."
        raise ExplainerError(what, "Install the program again.", repr(error)) from error


def _shipped(row: dict[str, str]) -> Weights:
    file = resource("weights", row["file"])
    card = next((card for card in cards.shipped() if card.name == file.stem), None)
    return Weights(
        name=file.stem, title=card.title if card else file.stem, tier=card.tier if card else "shipped",
        state="shipped" if file.exists() else "missing", licence=row["licence"], source=row["source"],
        trained_on=row["trained_on"], sha256=row["sha256"], megabytes=_megabytes(file), file=str(file),
    )  # fmt: skip


def _own(own: cards.Own) -> Weights:
    card = own.card
    state: State = "trained" if card.tier == "trained" else "own"
    return Weights(
        card.name, card.title, card.tier, state, card.licence, card.source, card.trained_on,
        None, _megabytes(own.path), str(own.path),
    )  # fmt: skip


def _published(offer: cards.Offer | task_cards.TaskOffer) -> Weights:
    card, here = offer.card, cards.is_here(offer.path)
    begun = cards.is_here(offer.path.with_name(f"{offer.file}.part"))
    return Weights(
        card.name, card.title, card.tier, "fetched" if here else "begun" if begun else "available",
        card.licence, card.source or offer.url, card.trained_on, record.known(offer),
        _megabytes(offer.path) if here else offer.megabytes, str(offer.path),
        offer.top1_percent if isinstance(offer, cards.Offer) else None,
    )  # fmt: skip


def _megabytes(file: Path) -> float:
    with suppress(OSError):
        return round(file.stat().st_size / MEGABYTE, 1)
    return 0.0


def _list(as_json: bool) -> int:
    rows = weights()
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False))
        return 0
    print("\n".join(_table(rows)))
    return 0


def _table(rows: Sequence[Weights]) -> Iterator[str]:
    """Columns that fit a terminal; licences, which are sentences, are footnotes."""
    licences = list(dict.fromkeys(row.licence for row in rows))
    head = ("name", "state", "MB", "top-1 %", "sha256", "licence", "trained on")
    cells = [(*_cells(row), f"[{licences.index(row.licence) + 1}]", row.trained_on) for row in rows]
    widths = [max(len(row[i]) for row in (head, *cells)) for i in range(len(head))]
    for line in (head, *cells):
        padded = (f"{c:>{w}}" if i in (2, 3) else f"{c:{w}}" for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        yield "  ".join(padded).rstrip()
    yield ""
    yield from (f"[{number}] {licence or 'not said'}" for number, licence in enumerate(licences, 1))


def _cells(row: Weights) -> tuple[str, str, str, str, str]:
    top1 = "–" if row.top1_percent is None else f"{row.top1_percent:.1f}"
    return row.name, row.state, f"{row.megabytes:.1f}", top1, (row.sha256 or "–")[:8]


# Whether they are whole ---------------------------------------------------------------------------------


def verified() -> tuple[tuple[Weights, Problem | None], ...]:
    """Hash every file that came with the program or was fetched; what is wrong with it, if anything."""
    return tuple((row, _wrong(row)) for row in weights() if row.state in ("shipped", "missing", "fetched"))


def _wrong(row: Weights) -> Problem | None:
    shipped = row.tier != "fetched"
    todo = "Install the program again." if shipped else f"Fetch it again: explainer models fetch {row.name}"
    if row.state == "missing":
        return Problem(f"{row.file} is missing.", todo)
    try:
        digest = record.sha256(Path(row.file))
    except OSError as error:
        return Problem(f"{row.file} cannot be read.", "Check that you are allowed to read it.", repr(error))
    if row.sha256 and digest.startswith(row.sha256):
        return None
    return Problem(f"{row.file} is damaged: its sha256 begins {digest[:8]}, not {(row.sha256 or '')[:8]}.", todo)


def _verify(as_json: bool) -> int:
    found = verified()
    bad = [problem for _, problem in found if problem is not None]
    if as_json:
        rows = [{**asdict(row), "whole": problem is None} for row, problem in found]
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        width = max((len(row.name) for row, _ in found), default=0)
        print("\n".join(f"{row.name:{width}}  {'whole' if problem is None else 'bad'}" for row, problem in found))
    for problem in bad:
        print(problem.sentence, file=sys.stderr)
    return 1 if bad else 0


# Fetching -----------------------------------------------------------------------------------------------


def _fetch(name: str, as_json: bool) -> int:
    offer = cards.catalogue().get(name) or task_cards.catalogue().get(name)
    if offer is None:
        return _not_published(name)
    line = ProgressLine(name)
    token = JobToken()
    try:
        with stopping.telling(token.cancel):
            got = fetching.fetch(name, line.show, token)
    except Cancelled:
        line.end()
        kept = f"Stopped; what has arrived is kept: “explainer models fetch {name}” goes on from there."
        raise stopping.Stopped(kept) from None
    line.end()
    if isinstance(got, Problem):
        print(got.sentence, file=sys.stderr)
        return 1
    row = replace(_published(offer), sha256=record.sha256(got))
    print(json.dumps(asdict(row), indent=1, ensure_ascii=False) if as_json else _ready(row))
    return 0


def _ready(row: Weights) -> str:
    use = (
        "the demos that can use it find it" if row.name in task_cards.catalogue() else f"use it with --model {row.name}"
    )
    return f"{row.title} is ready ({row.megabytes:.1f} MB, sha256 {row.sha256}): {use}"


def _not_published(name: str) -> int:
    """A model that is here anyway is no error; any other name is wrong use."""
    here: dict[str, Any] = {row.name: row for row in weights() if row.state in ("shipped", "trained", "own")}
    if name in here:
        print(f"{here[name].title} is here already: use it with --model {name}")
        return 0
    near = difflib.get_close_matches(name, [*cards.catalogue(), *task_cards.catalogue()])
    todo = f"Did you mean {' or '.join(near)}?" if near else "“explainer models list” names all of them."
    raise WrongUse(f"There are no published weights called {name}. {todo}")


class ProgressLine:
    """One line on stderr that is written over itself; silent where nobody is watching."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._watched = sys.stderr.isatty()
        self._drawn_s = 0.0
        self._width = 0

    def show(self, have: int, total: int) -> None:
        """Say how many of `total` bytes are there (0: not known), ten times a second at most."""
        now = time.monotonic()
        if not self._watched or (now - self._drawn_s < REDRAW_S and have != total):
            return
        self._drawn_s = now
        of_all = f" of {total / MEGABYTE:.1f} MB, {100 * have / total:.0f} %" if total else " MB"
        text = f"{self._name}: {have / MEGABYTE:.1f}{of_all}"
        print(f"\r{text:{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def end(self) -> None:
        """Go to the next line, if anything was written."""
        if self._width:
            print(file=sys.stderr, flush=True)
            self._width = 0
