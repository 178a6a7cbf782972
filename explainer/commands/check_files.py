"""What ``check`` asks of the files that come with the program: manifests, credits, themes and icons."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

_NEEDED = ("file", "sha256", "licence", "source")
_UNLISTED = ("manifest.json", "CREDITS.md")  # the papers of a folder need no row of their own
_COLOUR = re.compile(r"#[0-9a-f]{6}([0-9a-f]{2})?")
_DRAWING = ("icon", "pixmap")


# Manifests ----------------------------------------------------------------------------------------------


def manifest_problems(folder: Path) -> list[str]:
    """Every row has its file, hash, licence and source; every file has its row.

    Parameters
    ----------
    folder
        With a ``manifest.json``: a list of objects with at least ``file``, ``sha256``, ``licence``, ``source``.
    """
    try:
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"{folder.name}/manifest.json cannot be read: {error}."]
    found = [f"{folder.name}/manifest.json: {text}" for row in rows for text in _row(row, folder)]
    listed = [row.get("file") for row in rows]
    found += [
        f"{folder.name}/manifest.json: {name} has more than one row."
        for name in dict.fromkeys(listed)
        if listed.count(name) > 1
    ]
    return found + [f"{folder.name}/{name} has no row in manifest.json." for name in _files(folder) - set(listed)]


def _row(row: dict[str, Any], folder: Path) -> Iterator[str]:
    name = row.get("file") or "a row"
    missing = [key for key in _NEEDED if not str(row.get(key, "")).strip()]
    if missing:
        yield f"{name} lacks {', '.join(missing)}."
        return
    file = folder / name
    if not file.is_file():
        yield f"{name} is not there."
    elif hashlib.sha256(file.read_bytes()).hexdigest() != row["sha256"]:
        yield f"{name} has another sha256 than its row."


def _files(folder: Path) -> set[str]:
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    return {name for name in found if name not in _UNLISTED and not Path(name).name.startswith(".")}


def credit_problems(folder: Path) -> list[str]:
    """``CREDITS.md`` names every file of the manifest, in a row with its licence."""
    try:
        lines = (folder / "CREDITS.md").read_text(encoding="utf-8").splitlines()
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"The credits in {folder.name} cannot be read: {error}."]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("|")]
    licences = {row[0]: row for row in cells}
    found = []
    for row in rows:
        credit = licences.get(row.get("file", ""))
        if credit is None:
            found.append(f"{folder.name}/CREDITS.md does not name {row.get('file')}.")
        elif row.get("licence") not in credit:
            found.append(f"{folder.name}/CREDITS.md gives {row['file']} another licence than the manifest.")
    return found


# Themes -------------------------------------------------------------------------------------------------


def theme_problems(folder: Path, names: Sequence[str] = ("light", "dark")) -> list[str]:
    """Each theme gives every role a colour, and knows no others."""
    from explainer.render.look import Theme

    roles = {f.name for f in fields(Theme)}
    return [f"Theme {name}: {text}" for name in names for text in _theme(folder / f"{name}.json", name, roles)]


def _theme(file: Path, name: str, roles: set[str]) -> Iterator[str]:
    try:
        given: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"{file.name} cannot be read: {error}."
        return
    for role in sorted(roles - given.keys()):
        yield f"it has no {role}."
    for role in sorted(given.keys() - roles):
        yield f"nothing uses {role}."
    if given.get("name") != name:
        yield f"it calls itself {given.get('name')}."
    for role in sorted(given.keys() & roles - {"name"}):
        for colour in given[role] if isinstance(given[role], list) else [given[role]]:
            if not _COLOUR.fullmatch(colour):
                yield f"{role} is no colour: {colour}."


# Icons --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IconUse:
    """An icon that is drawn, and where."""

    name: str
    where: str


def icon_problems(code: Path, icons: Path) -> list[str]:
    """Every icon that the program draws is there.

    Parameters
    ----------
    code
        Folder of Python files; calls of ``icon("…")`` and ``pixmap("…")`` are looked for in all of them.
    icons
        Folder of ``NAME.svg``.
    """
    uses = [use for file in sorted(code.rglob("*.py")) for use in icon_uses(file)]
    missing = [use for use in uses if not (icons / f"{use.name}.svg").is_file()]
    found = dict.fromkeys(f"{use.where} draws the icon {use.name}, which is not there." for use in missing)
    return list(found)


def icon_uses(file: Path) -> Iterator[IconUse]:
    """Icons that a file draws: given as words, by either branch of a choice, or out of a table in the same file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _DRAWING and call.args:
            for name in _words(call.args[0], tree):
                yield IconUse(name, file.name)


def _words(value: ast.expr, tree: ast.Module) -> Iterator[str]:
    match value:
        case ast.Constant(value=str() as word):
            yield word
        case ast.IfExp(body=body, orelse=other):
            yield from _words(body, tree)
            yield from _words(other, tree)
        case ast.Dict(values=values):
            for one in values:
                yield from _words(one, tree)
        case ast.Subscript(value=ast.Name(id=table)):
            for bound in _bound(table, tree):
                yield from _words(bound, tree)
        case ast.Name(id=name):
            for bound in (*_bound(name, tree), *_looped(name, tree)):
                yield from _words(bound, tree)


def _bound(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what is assigned to a name anywhere in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield node.value


def _looped(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what a loop over a written-out table gives a name: ``for key, name in ((…, "play"), …)``."""
    for loop in ast.walk(tree):
        if not isinstance(loop, ast.For | ast.comprehension):
            continue
        targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        places = [n for n, target in enumerate(targets) if isinstance(target, ast.Name) and target.id == name]
        for row in _rows_of(loop.iter, tree) if places else ():
            yield row.elts[places[0]] if isinstance(row, ast.Tuple | ast.List) else row


def _rows_of(table: ast.expr, tree: ast.Module) -> Iterator[ast.expr]:
    match table:
        case ast.Tuple(elts=rows) | ast.List(elts=rows):
            yield from rows
        case ast.Name(id=name):
            for bound in _bound(name, tree):
                yield from _rows_of(bound, tree)
