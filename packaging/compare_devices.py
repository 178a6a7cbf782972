"""Every demo on the CPU and on a device: the same values, how long, and how often something was copied between them.

    .venv/bin/python packaging/compare_devices.py cuda --out devices.md
    .venv/bin/python packaging/compare_devices.py mps grad-cam saliency

Exit 1 where a value differs by more than the contract allows. The table is Markdown; beside it, ``.json`` holds the
same rows. Milliseconds are the median of three runs after one that is not counted.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from explainer.commands import bootstrap
from explainer.contract.clauses import against_golden
from explainer.contract.runs import Bench, Outcome, contract_frames
from explainer.core.context import Settings
from explainer.runtime.engine import Engine

REPEATS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One demo at its defaults on the first contract frame."""

    demo: str
    cpu_ms: float
    device_ms: float
    copies: int
    used: str
    differs: str


class Copies(TorchDispatchMode):
    """Counts copies from one device to another."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.__name__.startswith(("_to_copy", "copy_")):
            places = {one.device.type for one in tree_leaves((args, out)) if isinstance(one, Tensor)}
            self.count += len(places) > 1
        return out


def compare(
    device: str, demo_ids: Sequence[str], make_engine: Callable[[], Engine] = bootstrap.engine, repeats: int = REPEATS
) -> Iterator[Row]:
    """Yield a row for each demo."""
    frames = contract_frames()
    for demo_id in demo_ids:
        here, cpu_ms, _ = _timed(_bench(demo_id, "cpu", bootstrap.engine, frames), repeats)
        there, device_ms, copies = _timed(_bench(demo_id, device, make_engine, frames), repeats)
        used = there.finished.device if there.finished else ""
        yield Row(demo_id, cpu_ms, device_ms, copies, used, "; ".join(_differences(here, there)))


def _bench(demo_id: str, device: str, make_engine: Callable[[], Engine], frames: Any) -> Bench:
    settings = Settings(device=device)
    return Bench(bootstrap.demos().demo(demo_id), make_engine, bootstrap.zoo().card(settings.model), frames, settings)


def _timed(bench: Bench, repeats: int) -> tuple[Outcome, float, int]:
    """Return a run, milliseconds of a run that has what is loaded once, and the copies of one."""
    with _counted() as copies:
        outcome = bench.fresh(bench.everyday)
    times = []
    for _ in range(repeats):
        began = perf_counter()
        bench.fresh(bench.everyday)
        times.append(1000 * (perf_counter() - began))
    return outcome, median(times) if times else 0.0, copies.count


@contextmanager
def _counted() -> Iterator[Copies]:
    copies = Copies()
    with copies:
        yield copies


def _differences(here: Outcome, there: Outcome) -> list[str]:
    if here.result is None or there.result is None:
        return [here.problem or there.problem or "it stopped without a result"]
    return against_golden({"cat": dict(there.result.values)}, {"cat": dict(here.result.values)})


def table(rows: Sequence[Row], device: str) -> str:
    """Markdown with one line for each demo."""
    name = torch.cuda.get_device_name() if device == "cuda" and torch.cuda.is_available() else device
    head = f"torch {torch.__version__}, {name}, {torch.get_num_threads()} threads on the CPU\n\n"
    lines = ["| demo | CPU, ms | device, ms | copies | computed on | differs |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.demo} | {row.cpu_ms:.0f} | {row.device_ms:.0f} | {row.copies} | {row.used} | {row.differs or 'no'} |"
        for row in rows
    ]
    return head + "\n".join(lines) + "\n"


def main() -> int:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("device", choices=("cuda", "mps", "cpu"))
    parser.add_argument("demos", nargs="*", metavar="ID")
    parser.add_argument("--out", type=Path, default=Path("devices.md"))
    args = parser.parse_args()
    if bootstrap.zoo().device(args.device) != args.device:
        print(f"There is no {args.device} device here.", file=sys.stderr)
        return 1
    rows = []
    for row in compare(args.device, args.demos or [demo.info.id for demo in bootstrap.demos().demos()]):
        rows.append(row)
        print(
            f"{row.demo:26} {row.cpu_ms:8.0f} {row.device_ms:8.0f} {row.copies:5} {row.used:6} {row.differs}",
            flush=True,
        )
    args.out.write_text(table(rows, args.device), encoding="utf8")
    args.out.with_suffix(".json").write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf8")
    return 1 if any(row.differs for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
