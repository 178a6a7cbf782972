"""How long is each demo: the lines of its file and of the files that only it uses.

Run it by ``.venv/bin/python packaging/demo_lines.py``.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

DEMOS = Path(__file__).parents[1] / "explainer" / "demos"


def own_lines(root: Path = DEMOS) -> dict[str, dict[str, int]]:
    """Return for each demo, as ``chapter/file``, its own files with their lines, the demo's file first."""
    files = {path.relative_to(root).with_suffix("").as_posix(): path for path in sorted(root.glob("*/*.py"))}
    used = {name: set(_imports(path)) & set(files) for name, path in files.items()}
    demos = [name for name in files if not name.split("/")[1].startswith("_")]
    reached = {name: _closure(name, used) for name in demos}
    owner = {name: [demo for demo in demos if name in reached[demo]] for name in files}
    return {
        demo: {name: _lines(files[name]) for name in (demo, *sorted(reached[demo] - {demo})) if owner[name] == [demo]}
        for demo in demos
    }


def _imports(path: Path) -> Iterator[str]:
    """Files of the chapters that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("explainer.demos."):
            parts = str(node.module).split(".")[2:]
            yield from ["/".join(parts)] if len(parts) == 2 else [f"{parts[0]}/{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ("/".join(alias.name.split(".")[2:]) for alias in node.names)


def _closure(start: str, used: Mapping[str, set[str]]) -> set[str]:
    found, ahead = {start}, [start]
    while ahead:
        new = used[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf8").splitlines())


def main() -> None:
    """Print a row for each demo, the longest first."""
    table = own_lines()
    totals = {demo: sum(files.values()) for demo, files in table.items()}
    for demo in sorted(totals, key=totals.__getitem__, reverse=True):
        parts = ", ".join(f"{name.split('/')[1]} {lines}" for name, lines in table[demo].items())
        print(f"{totals[demo]:5}  {demo:42} {parts}")
    single = sum(len(files) == 1 for files in table.values())
    print(f"{len(totals)} demos, median {median(totals.values()):g}, {single} in one file, sum {sum(totals.values())}")


if __name__ == "__main__":
    main()
