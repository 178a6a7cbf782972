"""``explainer check``: prove that lessons, papers, files and demos are what they say they are."""

import argparse
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from explainer import stopping
from explainer.commands import bootstrap, check_files, thumbnails
from explainer.contract import clauses
from explainer.contract.runs import Bench, contract_frames
from explainer.contract.sound import sound
from explainer.core import paths
from explainer.core.charts import chart_slug
from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.model_card import ModelCard
from explainer.core.params import changed
from explainer.lessons import checks
from explainer.lessons.catalogue import Library
from explainer.lessons.chapters import Outline
from explainer.lessons.lesson import Formula, Lesson
from explainer.lessons.links import parse_try, scheme

TALLEST_PX = 120.0
SHARED = 2.0  # times as long a demo may take while others run beside it
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``check``."""
    parser.add_argument("--quick", action="store_true", help="do not run the demos")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), metavar="N", help="demos at a time")


def run(args: argparse.Namespace) -> int:
    """Print one line for each problem; 1 if there is any."""
    began = perf_counter()
    library, demos = bootstrap.library(), bootstrap.demos()
    card = bootstrap.zoo().card(Settings().model)
    found = [*_loading(), *file_problems(), *info_problems(demos.demos(), library)]
    ran = None if args.quick else run_shared_out([demo.info.id for demo in demos.demos()], args.jobs)
    found += _lessons(library, demos.demos(), card, ran)
    found += ran.problems if ran else ()
    for text in found:
        print(text)
    if found:
        print(f"{len(found)} {'problem' if len(found) == 1 else 'problems'} found.", file=sys.stderr)
        return 1
    formulas = sum(len(lesson.formulas) for lesson in library.lessons)
    runs = f"{ran.count} runs, " if ran else ""
    print(
        f"Checked {len(library.lessons)} lessons, {len(demos.demos())} demos, {runs}{formulas} formulas and "
        f"{len(library.papers)} papers in {perf_counter() - began:.0f} s: all is well."
    )
    return 0


def _loading() -> list[str]:
    """What could not even be loaded."""
    return [problem.sentence for problem in (*bootstrap.demos().problems, *bootstrap.library().problems)]


# Files --------------------------------------------------------------------------------------------------


def file_problems() -> list[str]:
    """Manifests, credits, themes and icons."""
    code = Path(__file__).resolve().parent.parent
    manifests = (paths.resource("weights"), paths.resource("data"), paths.resource("thumbnails"), paths.samples())
    return [
        *(text for folder in manifests for text in check_files.manifest_problems(folder)),
        *check_files.credit_problems(paths.samples()),
        *check_files.theme_problems(paths.resource("themes")),
        *check_files.icon_problems(code, paths.resource("icons")),
        *thumbnails.problems(),
    ]


# Lessons and what is known of demos ---------------------------------------------------------------------


def _lessons(library: Library, demos: Sequence[Demo[Any]], card: ModelCard, ran: "Ran | None") -> list[str]:
    return checks.problems(
        library.lessons, demos, library.papers, outline=library.outline, card=card, draw=draw,
        value_names=ran.value_names if ran else None,
    )  # fmt: skip


def draw(formula: Formula) -> None:
    """Set a formula.

    Raises
    ------
    ValueError
        If it cannot be set, or becomes taller than 120 px.
    """
    from explainer.render.formula import height

    tall = height(formula.latex)
    if not 0 < tall <= TALLEST_PX:
        raise ValueError(f"it is {tall:.0f} px tall, and {TALLEST_PX:.0f} is the most")


def info_problems(demos: Sequence[Demo[Any]], library: Library) -> list[str]:
    """Each demo has an id, a title, and topics with a lesson that opens it."""
    ids = [demo.info.id for demo in demos]
    found = [f"Demo {name}: the id is there more than once." for name in dict.fromkeys(ids) if ids.count(name) > 1]
    for demo in demos:
        found += [f"Demo {demo.info.id}: {text}" for text in _info(demo, library.outline, library.lessons)]
    return found


def _info(demo: Demo[Any], outline: Outline, lessons: Sequence[Lesson]) -> Iterator[str]:
    info = demo.info
    if not _ID.fullmatch(info.id):
        yield "the id is not in lower case with hyphens."
    if not info.title.strip() or not info.summary.strip():
        yield "it lacks a title or a summary."
    if not info.topics:
        yield "it belongs to no topic."
    if not info.budget_s > 0:
        yield f"its budget is {info.budget_s} s."
    for number in info.topics:
        if number not in outline.topics:
            yield f"there is no topic {number}."
        elif not any(lesson.demo == info.id and number in lesson.topics for lesson in lessons):
            yield f"no lesson on topic {number} opens it."


# Runs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """What running the demos brought to light."""

    value_names: dict[str, set[str]]
    problems: tuple[str, ...]
    count: int


def run_shared_out(demo_ids: Sequence[str], jobs: int) -> Ran:
    """`run_demos`, each demo in one of `jobs` processes with one thread."""
    if jobs <= 1:
        return _run_by_id(demo_ids, 1.0)
    try:
        parts = _parts(demo_ids, jobs)
    except BrokenProcessPool:
        stopping.check()  # or a part died by itself
        raise
    _say("")
    names = {name: known for part in parts for name, known in part.value_names.items()}
    problems = tuple(dict.fromkeys(text for part in parts for text in part.problems))
    return Ran(names, problems, sum(part.count for part in parts))


def _parts(demo_ids: Sequence[str], jobs: int) -> list["Ran"]:
    context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads half alive
    with (
        ProcessPoolExecutor(jobs, mp_context=context, initializer=_as_a_part) as pool,
        stopping.telling(stopping.end_children),
    ):
        with stopping.deaf_children():
            coming = pool.map(_run_by_id, [[one] for one in demo_ids])
        parts = []
        for demo_id, part in zip(demo_ids, coming, strict=True):
            _say(demo_id)
            parts.append(part)
    return parts


def _as_a_part() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its parts
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded


def _run_by_id(demo_ids: Sequence[str], slack: float = SHARED) -> Ran:
    card = bootstrap.zoo().card(Settings().model)
    return run_demos([bootstrap.demos().demo(one) for one in demo_ids], bootstrap.library(), card, slack)


def run_demos(demos: Sequence[Demo[Any]], library: Library, card: ModelCard, slack: float = 1.0) -> Ran:
    """Hold each demo to its contract, then run what its lessons ask for and gather the names of its values."""
    frames, names, found, count = contract_frames(), dict[str, set[str]](), list[str](), 0
    for demo in demos:
        _say(demo.info.title)
        bench = Bench(demo, bootstrap.engine, card, frames)
        found += [f"Demo {demo.info.id}: {text}" for text in clauses.demo_problems(bench, bootstrap.zoo(), slack)]
        lessons = [lesson for lesson in library.lessons if lesson.demo == demo.info.id]
        known, problems, runs = run_lessons(bench, lessons)
        names[demo.info.id] = known
        found, count = found + problems, count + runs
    _say("")
    return Ran(names, tuple(dict.fromkeys(found)), count)


def run_lessons(bench: Bench, lessons: Sequence[Lesson]) -> tuple[set[str], list[str], int]:
    """Run the defaults and presets to the end, links as far as it takes to see all values that the text prints."""
    printed = {one.name for lesson in lessons for one in lesson.placeholders}
    known: set[str] = set()
    found: list[str] = []
    asked = list(wanted(bench, lessons))
    for where, params, is_link in asked:
        outcome = bench.outcome(params, until="first" if is_link and printed <= known else "end")
        texts = [text for result in outcome.results for text in sound(result, bench.demo, bench.card)]
        problem = [outcome.problem] if outcome.problem else []
        found += [f"{where}: {text}" for text in dict.fromkeys((*problem, *texts))]
        for result in outcome.results:
            known |= {*result.all_numbers, *(f"panel:{panel.slug}" for panel in result.panels)}
            known |= {f"chart:{chart_slug(chart)}" for chart in result.charts}
    return known, found, len(asked)


def wanted(bench: Bench, lessons: Sequence[Lesson]) -> Iterator[tuple[str, Any, bool]]:
    """Params that somebody may ask for: the defaults, each preset, and each try link, which says that it is one.

    What does not hold is left out; ``lessons.checks`` reports it.
    """
    yield f"Demo {bench.demo.info.id}", bench.demo.defaults(), False
    for lesson in lessons:
        for href in ("", *(link for link in lesson.links if scheme(link) == "try")):
            try:
                start = changed(bench.demo.defaults(), bench.card, **lesson.preset)
                params = changed(start, bench.card, **(parse_try(href) if href else {}))
            except (KeyError, ValueError):
                continue
            yield f"Lesson {lesson.id}{', ' + href if href else ''}", params, bool(href)


def _say(text: str) -> None:
    """Show on a terminal what is being run."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
