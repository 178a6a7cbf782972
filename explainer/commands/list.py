"""``explainer list``: demos with their parameters, in the order of the book. Needs no torch."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from itertools import groupby
from typing import Any

from explainer.commands import bootstrap
from explainer.core.controls import AUTO, Control
from explainer.core.demo import Demo, DemoInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``list``."""
    parser.add_argument("--json", action="store_true", help="everything, for scripts")


def run(args: argparse.Namespace) -> int:
    """Print all demos; what could not be loaded is said on stderr and takes nothing else along."""
    found = bootstrap.demos()
    if args.json:
        models = [card.name for card in bootstrap.zoo().cards()]
        rows = [plain_demo(demo, models) for demo in found.demos()]
        print(json.dumps(rows, indent=1, ensure_ascii=False, default=_plain))
    else:
        print("\n".join(_lines(found.demos())))
    for problem in found.problems:
        print(problem.sentence, file=sys.stderr)
    return 0


def plain_demo(demo: Demo[Any], models: Sequence[str]) -> dict[str, Any]:
    """Return a demo as ``list --json`` prints it.

    Parameters
    ----------
    models
        Names that ``--model`` takes now; a demo without a network has none.
    """
    info = demo.info
    return {
        "id": info.id,
        "title": info.title,
        "summary": info.summary,
        "topics": list(info.topics),
        "chapter": chapter_of(info),
        "temporal": info.temporal,
        "uses_frame": info.uses_frame,
        "params": [bootstrap.plain_control(control) for control in demo.controls()],
        "models": list(models) if info.uses_model else [],
    }


def chapter_of(info: DemoInfo) -> int | None:
    """Number of the chapter of a demo's first topic; ``None`` where it stands in none."""
    chapters: Mapping[int, int] = bootstrap.library().outline.chapter_of
    return chapters.get(info.topics[0]) if info.topics else None


def _plain(value: object) -> Any:
    """Records in a list of cards, for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


# For people ---------------------------------------------------------------------------------------------


def _lines(demos: Sequence[Demo[Any]]) -> Iterator[str]:
    """One line for each demo and one for each of its parameters, under the title of its chapter."""
    if not demos:
        yield "There are no demos."
        return
    ids = max(len(demo.info.id) for demo in demos)
    names = max((len(c.name) for demo in demos for c in demo.controls()), default=0)
    for number, group in groupby(demos, key=lambda demo: chapter_of(demo.info)):
        yield _chapter_title(number)
        for demo in group:
            yield f"  {demo.info.id:{ids}}  {_about(demo.info)}".rstrip()
            yield from (f"  {'':{ids}}    {c.name:{names}}  {_values(c)}" for c in demo.controls())
        yield ""


def _chapter_title(number: int | None) -> str:
    if number is None:
        return "In no chapter"
    return f"{number}  {bootstrap.library().outline.chapter(number).title}"


def _about(info: DemoInfo) -> str:
    marks = ["needs motion"] * info.temporal + ["brings its own data"] * (not info.uses_frame)
    return f"{info.title} ({', '.join(marks)})" if marks else info.title


def _values(control: Control) -> str:
    """What a parameter takes, and its default."""
    allowed: Mapping[str, str] = {
        "layer": "a layer of the model",
        "class": "a class by number or name, top-1 or top-2",
        "toggle": "on or off",
        "point": "x,y",
        "box": "x0,y0,x1,y1",
        "button": "counts presses",
    }
    if control.kind == "number":
        takes = " ".join(part for part in (f"{control.lo:g} to {control.hi:g}", control.unit) if part)
    elif control.choices:
        takes = ", ".join(value for value, _ in control.choices)
    else:
        takes = allowed.get(control.kind, control.kind) + (" or auto" if control.auto else "")
    return f"{takes}{', plays' if control.plays else ''}; {_default(control)}"


def _default(control: Control) -> str:
    value = control.default
    if control.kind == "toggle":
        return "on" if value else "off"
    if control.kind in ("point", "box") and value != AUTO:
        return ",".join(f"{number:g}" for number in value)
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, tuple) else f"{value}"
