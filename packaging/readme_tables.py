"""Write the README's tables of demos, models, commands and keys from what the program knows of them.

    .venv/bin/python packaging/readme_tables.py           # write
    .venv/bin/python packaging/readme_tables.py --check   # exit code 1 if the README is stale

A table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``; whatever is written there is replaced.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)

TITLES = {
    "efficientnet-lite0": "EfficientNet-Lite0 (default)",
    "efficientnet-lite1": "EfficientNet-Lite1",
    "vit-s14": "ViT-S/14, for attention only",
    "nanodet": "NanoDet, COCO's 80 classes",
    "mask-rcnn-scenes": "A small Mask R-CNN of our own",
    "mobilenetv2-features": "MobileNetV2, features only",
    "selfie": "A person matte (MediaPipe's selfie net)",
    "se-digits": "A small net with channel gates",
}
"""What a file of weights is called; a new one needs a name here."""

EXAMPLES = {
    "window": "explainer --demo grad-cam --source photo.jpg",
    "render": "explainer render grad-cam --source sample:cat --out out",
    "shot": "explainer shot --out window.png",
}
"""How a command is called where its name alone says too little."""

SIGNS = {"Right": "→", "Left": "←", "Up": "↑", "Down": "↓"}
OTHER_KEYS = (
    ("`1` … `9`", "make that picture the large one; again: it alone, and back"),
    ("`Esc`", "close a card, stop what is computed, end the presenter view, let go of a handle"),
)
LONG = 80  # characters of a cell, from which on an aside is left out


def main() -> int:
    """Write, or say whether there is anything to write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if the README is stale")
    args = parser.parse_args()
    before = README.read_text(encoding="utf-8")
    after = filled(before)
    if args.check:
        print("README.md is up to date." if before == after else "README.md is stale: run packaging/readme_tables.py")
    elif before != after:
        README.write_text(after, encoding="utf-8")
    return int(args.check and before != after)


def filled(text: str) -> str:
    """Return the README with every table as it should be.

    Raises
    ------
    ValueError
        If one of the tables has no place there, or a place has no table.
    """
    places = [name for _, name, _ in TABLE.findall(text)]
    if sorted(places) != sorted(TABLES):
        raise ValueError(f"the README has places for {', '.join(places)}, and there are {', '.join(TABLES)}")
    return TABLE.sub(lambda match: match[1] + "\n".join(TABLES[match[2]]()) + "\n" + match[3], text)


def rows(*every: Iterable[str]) -> Iterator[str]:
    """Markdown of a table, header first."""
    for number, row in enumerate(every):
        cells = [cell.replace("|", "\\|") for cell in row]
        yield f"| {' | '.join(cells)} |".replace("  |", " |")
        if not number:
            yield "|" + "---|" * len(cells)


def demos() -> Iterator[str]:
    """How much there is, then the demos by chapter with their lessons."""
    from explainer.commands import bootstrap

    library = bootstrap.library()
    outline, found = library.outline, bootstrap.demos().demos()
    topics = {topic for lesson in library.lessons for topic in lesson.topics}
    yield (
        f"{len(found)} demos and {len(library.lessons)} lessons on {len(topics)} of {len(outline.topics)} topics; the "
        f"outline has {len(outline.chapters)} chapters. Topics without a lesson stand at the foot of "
        "home page and catalogue.\n"
    )
    table = [("demo", "shows", "lessons")]
    for number, group in groupby(found, key=lambda demo: outline.chapter_of[demo.info.topics[0]]):
        table.append((f"**{outline.chapter(number).title}**", "", ""))
        for demo in group:
            lessons = "; ".join(lesson.title for lesson in library.lessons if lesson.demo == demo.info.id)
            table.append((demo.info.title, demo.info.summary, lessons))
    yield from rows(*table)


def models() -> Iterator[str]:
    """Weights that are shipped, from their manifest."""
    from explainer.core import paths

    folder = paths.resource("weights")
    shipped = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    table = [("model", "size", "licence", "trained on", "source")]
    for one in shipped:
        title, size = TITLES[one["file"].removesuffix(".safetensors")], (folder / one["file"]).stat().st_size
        licence = re.split(r" \(|;", one["licence"])[0]
        table.append((title, _size(size), licence, _short(one["trained_on"]), one["source"].split(", ")[0]))
    yield from rows(*table)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"


def _short(text: str) -> str:
    """Leave out what follows a colon, and an aside of what is long."""
    text = text.split(":", maxsplit=1)[0]
    return text.split(";")[0] if len(text) > LONG else text


def commands() -> Iterator[str]:
    """Every command with an example."""
    from explainer.dispatch import COMMANDS

    table = [(f"`{EXAMPLES.get(name, f'explainer {name}')}`", does) for name, does in COMMANDS.items()]
    yield from rows(("command", "does"), *table)


def keys() -> Iterator[str]:
    """Every action of the window with its keys."""
    from explainer.shell.actions import SPECS

    table = [(", ".join(map(_key, one.keys)), one.label.rstrip("…")) for one in SPECS if one.keys]
    yield from rows(("keys", "does"), *table, *OTHER_KEYS)


def _key(keys_: str) -> str:
    """``"Alt+Right"`` → ``"`Alt+→`"``."""
    before, plus, last = keys_.rpartition("+") if not keys_.endswith("+") else ("", "", keys_)
    return f"`{before}{plus}{SIGNS.get(last, last)}`"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "demos": demos, "models": models, "commands": commands, "keys": keys,
}  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main())
