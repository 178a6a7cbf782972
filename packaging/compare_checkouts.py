"""Render every demo in two checkouts and compare what comes out, to the last bit.

    .venv/bin/python packaging/compare_checkouts.py BEFORE AFTER [--source sample:cat …] [--demo ID …] [--cases]
                                                    [--keep DIR]

Each checkout runs ``explainer render`` in a process of its own, with the packages of this interpreter. Compared are
params, values, reading and notes of ``result.json``, all arrays and documents, the pixels of every panel and chart,
and the whole `Result` as it was handed over: what a click sets, badges, colours. Not compared are state, what is
measured (milliseconds), and empty fields that one side does not know. ``--cases`` also moves every control, one at a
time, to its ends and choices. ``--keep`` leaves what was written in a folder; what stands there of
BEFORE is not rendered again. Exit code 1 when anything differs.
"""

import argparse
import contextlib
import dataclasses
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SOURCES = ("sample:cat", "sample:coins")
OF_RESULT = ("params", "values", "reading", "notes", "model")
NEVER = frozenset({"ms", "state", "measured"})  # also where a checkout does not mark its fields yet
DRAWN_TRY, POINT_TRY, BOX_TRY = "[[[[0.2, 0.2], [0.8, 0.8]], 0.05]]", "0.25,0.3", "0.3,0.2,0.6,0.7"
HANDLES = {
    "layer": (), "class": ("top-2", "285"), "point": (POINT_TRY,), "box": (BOX_TRY,), "boxes": (BOX_TRY, ""),
    "strokes": (DRAWN_TRY, "[]"), "toggle": ("on", "off"), "text": ("", "cat"), "button": ("1",),
}  # fmt: skip


def main() -> int:
    """Render both sides, print a table, and say by the exit code whether they agree."""
    args = _arguments()
    if args.collect:
        _collect(args.demo, args.source, args.cases, args.collect)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        kept = args.keep or Path(folder)
        sides = [(checkout.resolve(), kept / side) for checkout, side in zip(args.checkouts, "ab", strict=True)]
        _render(sides, args)
        return _table(*(out for _, out in sides), args.demo)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", nargs="*", type=Path, metavar="CHECKOUT", help="two folders")
    parser.add_argument("--source", nargs="+", default=list(SOURCES))
    parser.add_argument("--demo", nargs="+", default=[], metavar="ID", help="only these")
    parser.add_argument("--cases", action="store_true", help="move every control as well")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--collect", type=Path, help=argparse.SUPPRESS)  # what each side's process is told
    args = parser.parse_args()
    if not args.collect and len(args.checkouts) != 2:
        parser.error("name two checkouts")
    return args


def _render(sides: Sequence[tuple[Path, Path]], args: argparse.Namespace) -> None:
    """One process for each checkout, both at once."""
    tail = [*("--source", *args.source), *(("--demo", *args.demo) if args.demo else ())]
    tail += ["--cases"] if args.cases else []
    started = []
    for checkout, out in sides:
        space = {"PYTHONPATH": str(checkout), "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, str(Path(__file__).resolve()), "--collect", str(out.resolve()), *tail]
        started.append(subprocess.Popen(command, cwd=checkout, env=os.environ | space))
    failed = [str(checkout) for (checkout, _), one in zip(sides, started, strict=True) if one.wait()]
    if failed:
        raise SystemExit(f"rendering failed in {', '.join(failed)}")


# One checkout -------------------------------------------------------------------------------------------


def _collect(only: Sequence[str], sources: Sequence[str], cases: bool, out: Path) -> None:
    """Write each run into a folder of its own; a run of the first side that stands there already is left."""
    from explainer.cli import main as explainer

    listed = io.StringIO()
    with contextlib.redirect_stdout(listed):
        explainer(["list", "--json"])
    last = _recorder()
    for demo in json.loads(listed.getvalue()):
        if not only or demo["id"] in only:
            for name, given, source in _runs(demo, sources, cases):
                folder = out / demo["id"] / name
                if out.name != "a" or not (folder / "whole.json").exists():
                    _one(explainer, [demo["id"], "--source", source, *given], folder, last)


def _runs(demo: Mapping[str, Any], sources: Sequence[str], cases: bool) -> Iterator[tuple[str, list[str], str]]:
    """Name of the run, further arguments, source."""
    wanted = sources if demo["uses_frame"] else sources[:1]
    for source in wanted:
        yield _as_name(source), [], source
        for param in demo["params"] if cases else ():
            for value in _tries(param):
                given = ["--set", f"{param['name']}={value}", "--size", "160x120"]
                yield f"{_as_name(source)} {param['name']}={_as_name(value)}", given, source


def _tries(param: Mapping[str, Any]) -> tuple[str, ...]:
    kind = param["kind"]
    if kind == "number":
        lo, hi = param["range"]
        return (f"{lo:g}", f"{hi:g}")
    if kind in ("choice", "multichoice"):
        return tuple(param.get("choices", ()))
    return HANDLES.get(kind, ())


def _as_name(text: str) -> str:
    plain = re.sub(r"[^\w.,+-]+", "_", text)
    return plain if len(plain) < 40 else hashlib.sha256(text.encode()).hexdigest()[:12]


def _recorder() -> list[Any]:
    """Keep the result that was handed over last, whatever way it took."""
    from explainer.core.result import Result

    seen: list[Any] = []
    checked: Callable[[Any], None] = Result.__post_init__

    def note(result: Any) -> None:
        checked(result)
        if not result.partial:
            for node in (node for chart in result.charts for node in getattr(chart, "nodes", ())):
                for one in (one for one in dataclasses.fields(node) if _never(one)):
                    object.__setattr__(node, one.name, None)  # drawn, and never the same twice
            seen[:] = [result]

    Result.__post_init__ = note  # type: ignore[method-assign]
    return seen


def _one(explainer: Callable[[list[str]], int], given: list[str], folder: Path, last: list[Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    last.clear()
    said, began = io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = explainer(["render", *given, "--out", str(folder), "--device", "cpu", "--threads", "1"])
    whole = {"code": code, "said": said.getvalue() if code else "", "result": _plain(last[0]) if last else None}
    (folder / "whole.json").write_text(json.dumps(whole, indent=1), encoding="utf8")
    print(
        f"{folder.parent.parent.name} {time.process_time() - began:5.1f} s  {folder.parent.name} {folder.name}",
        flush=True,
    )


def _never(one: Any) -> bool:
    return one.name in NEVER or bool(one.metadata.get("measured"))


def _plain(value: Any) -> Any:
    """Turn a value into JSON: arrays by shape, type and digest; what is empty or never compared is left out."""
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
        return f"{value.shape} {value.dtype} {digest}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if not _never(f)}
        plain = {name: _plain(one) for name, one in named.items()}
        return {"is": type(value).__name__} | {
            name: one for name, one in plain.items() if one not in (None, "", [], {})
        }
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


# Both sides ---------------------------------------------------------------------------------------------


def _table(before: Path, after: Path, only: Sequence[str]) -> int:
    """Print a row for each demo and what differs below it."""
    demos = sorted({path.name for side in (before, after) for path in side.iterdir()})
    worst = 0
    for demo in (demo for demo in demos if not only or demo in only):
        asked = after if (after / demo).exists() else before  # of BEFORE more may stand there than was asked for
        runs = sorted(path.name for path in (asked / demo).iterdir())
        found = {run: _differences(before / demo / run, after / demo / run) for run in runs}
        differing = {run: texts for run, texts in found.items() if texts}
        print(f"{demo:28} {len(runs):3} runs  {'same' if not differing else f'{len(differing)} differ'}")
        for run, texts in differing.items():
            print(*(f"    {run}: {text}" for text in texts), sep="\n")
        worst |= bool(differing)
    return int(worst)


def _differences(before: Path, after: Path) -> list[str]:
    if not (before / "whole.json").exists() or not (after / "whole.json").exists():
        return ["only one side has it"]
    texts = list(_unlike(_json(before / "whole.json"), _json(after / "whole.json"), ""))
    names = {path.name for side in (before, after) for path in side.iterdir()} - {"whole.json"}
    for name in sorted(names):
        one, other = before / name, after / name
        if not one.exists() or not other.exists():
            texts.append(f"{name} is written by one side only")
        else:
            texts += _of_file(one, other)
    return texts


def _of_file(one: Path, other: Path) -> Iterator[str]:
    if one.suffix == ".png":
        yield from _of_arrays({one.name: _pixels(one)}, {one.name: _pixels(other)})
    elif one.suffix == ".npz":
        with np.load(one, allow_pickle=False) as first, np.load(other, allow_pickle=False) as second:
            yield from _of_arrays(first, second)
    elif one.name == "result.json":
        pair = [{name: data.get(name) for name in OF_RESULT} for data in (_json(one), _json(other))]
        yield from _unlike(*pair, "")
    elif one.read_bytes() != other.read_bytes():
        yield f"{one.name} differs"


def _of_arrays(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            yield f"array {name} is there on one side only"
        elif one[name].shape != other[name].shape or one[name].dtype != other[name].dtype:
            yield f"{name}: {one[name].shape} {one[name].dtype} became {other[name].shape} {other[name].dtype}"
        elif one[name].tobytes() != other[name].tobytes():
            count = int(np.count_nonzero(one[name] != other[name]))
            yield f"{name}: {count} of {one[name].size} numbers differ"


def _unlike(one: Any, other: Any, where: str) -> Iterator[str]:
    """Walk two plain values side by side and say where they part."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            yield from _unlike(one.get(name), other.get(name), f"{where}.{name}".strip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _unlike(*pair, f"{where}[{number}]")
    elif one != other or type(one) is not type(other):
        yield f"{where}: {_short(one)} became {_short(other)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else f"{text[:400]}…"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf8"))


def _pixels(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA"))


if __name__ == "__main__":
    raise SystemExit(main())
