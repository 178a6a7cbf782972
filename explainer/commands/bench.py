"""``explainer bench``: demos against their floor, medians of one run, both sides with the same threads.

The yardstick is the stock eager module. Rounds are interleaved, so that a busy moment of the machine meets
all sides alike. With ``--busy N`` so many other processes work beside it, and the rows say so.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

from explainer.commands import bootstrap
from explainer.commands.beside import beside
from explainer.commands.render import run_one
from explainer.core.context import Settings
from explainer.core.demo import Cost, Demo
from explainer.core.frame import Frame
from explainer.sources.synthetic import EndlessSource

T = TypeVar("T")
ROUNDS, WARM_UP = 40, 6
RECIPE_ROW, RECIPE_ROUNDS = "recipe against its bare loop", 5
ENOUGH_S, FEWEST = 60.0, 5  # a demo of many passes is measured for about a minute, in at least so many rounds
LIVE_FRAMES = 120
BUSY_MOST = 64
# Demos that hold a second method whose cost is another: a row of its own, after that of the defaults.
SECOND_METHODS = {"occlusion-and-rise": ("method=rise", Cost(forwards=257))}


@dataclass(frozen=True, slots=True)
class Row:
    """One demo's figures; ``None`` where they do not apply."""

    demo: str
    device: str
    threads: int
    forward_ms: float | None
    floor_ms: float | None
    explain_ms: float | None
    frame_ms: float | None
    latency_ms: float | None
    explain_over_floor: float | None
    frame_over_forward: float | None
    peak_mb: float | None
    busy: int = 0

    def plain(self) -> dict[str, Any]:
        """As JSON holds it: `busy` is there only where others were at work."""
        return {name: value for name, value in asdict(self).items() if name != "busy" or value}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``bench``."""
    parser.add_argument("demos", nargs="*", metavar="ID", help="default: all with a cost")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-paint", action="store_true", help="measure computing only; needs no Qt")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--busy", type=_few, default=0, metavar="N", help="let so many other processes work beside it")
    bootstrap.add_set_argument(parser)
    bootstrap.add_session_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    settings = bootstrap.settings_of(args)
    chosen = [bootstrap.demo_of(i) for i in args.demos] or [d for d in bootstrap.demos().demos() if d.info.cost]
    with beside(args.busy):
        rows = [row for demo in chosen for row in _rows(demo, args, settings)]
        if not args.demos or any(not demo.info.uses_frame for demo in chosen):
            rows.append(replace(_recipe_row(args.rounds), busy=args.busy))
    if args.json:
        print(json.dumps([row.plain() for row in rows], indent=1))
    else:
        _print_table(rows)
    return 0


def _few(text: str) -> int:
    number = bootstrap.whole(text)
    if number > BUSY_MOST:
        raise argparse.ArgumentTypeError(f"must be {BUSY_MOST} at most")
    return number


def _rows(demo: Demo[Any], args: argparse.Namespace, settings: Settings) -> list[Row]:
    rows = [_row(demo, args, settings, args.values, demo.info.cost, demo.info.id)]
    if demo.info.id in SECOND_METHODS and not args.values:
        value, cost = SECOND_METHODS[demo.info.id]
        rows.append(_row(demo, args, settings, [value], cost, f"{demo.info.id} {value}"))
    return rows


def _row(
    demo: Demo[Any], args: argparse.Namespace, settings: Settings, values: Any, cost: Cost | None, name: str
) -> Row:
    params = bootstrap.params_of(demo, values, bootstrap.zoo().card(settings.model))
    with closing(EndlessSource()) as source:
        frames = [frame for frame in (source.read() for _ in range(16)) if isinstance(frame, Frame)]
    forward, floor, explain = _apart(lambda: compute_figures(demo, params, settings, frames, args.rounds, cost))
    paint = None if args.no_paint or not demo.info.uses_frame else _live_figures(demo, params, settings, forward)
    frame, latency = paint or (None, None)
    return Row(
        name, bootstrap.zoo().device(settings.device), bootstrap.threads(), forward, floor, explain, frame, latency,
        _ratio(explain, floor), _ratio(frame, forward), _peak_mb(), args.busy,
    )  # fmt: skip


def _recipe_row(rounds: int) -> Row:
    """The training kit against a bare loop in plain torch: 300 steps on batches of 64 digits, one thread each."""
    from explainer.vision.training import bare

    began = perf_counter()
    pairs: list[tuple[float, float]] = []
    while len(pairs) < max(1, min(rounds, RECIPE_ROUNDS)) and perf_counter() - began < ENOUGH_S:
        pairs.append(_apart(lambda: (_timed(bare.loop), _timed(bare.recipe_alone))))
    floor, kit = (_median(column) for column in zip(*pairs, strict=True))
    return Row(
        RECIPE_ROW, "cpu", 1, None, floor, kit, None, None, _ratio(kit, floor), None, _peak_mb()
    )  # fmt: skip


# Computing ----------------------------------------------------------------------------------------------


def _apart(act: Callable[[], T]) -> T:
    """Run in a thread that ends, and with it the helpers that OpenMP gave it.

    As long as the main thread had some of its own, more of them than cores would exist, and OpenMP would put
    the live loop's to sleep at each of its barriers; the window never computes in its own thread.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def compute_figures(
    demo: Demo[Any], params: Any, settings: Settings, frames: Sequence[Frame], rounds: int, cost: Cost | None = None
) -> tuple[float | None, float | None, float | None]:
    """Medians of the stock forward, the demo's floor, and the demo from input tensor to raw map.

    Returns
    -------
    forward_ms, floor_ms, explain_ms
        ``None`` for demos that use no model or state no cost.
    """
    engine = bootstrap.engine()
    cost = cost or demo.info.cost

    def explain(i: int) -> float:
        done = run_one(engine, demo, params, frames[i % len(frames)], settings)
        return float(done.timings_ms.get("model", 0.0) + done.timings_ms.get("explain", 0.0))

    bare = (
        demo.yardstick(frames[0], params, bootstrap.zoo().device(settings.device)) if not demo.info.uses_model else None
    )
    if bare is not None:
        pairs = _rounds(lambda i: (_timed(bare), explain(i)), rounds)
        return _median([one for one, _ in pairs]), None, _median([one for _, one in pairs])
    if not demo.info.uses_model or cost is None:
        times = _rounds(lambda i: (explain(i),), rounds if demo.info.uses_frame else 0)
        return None, None, _median([one for (one,) in times])
    with bootstrap.zoo().lease(settings.model, settings) as net:
        forward, floor = _floors(cost, params, net, frames[0])
    columns = zip(*_rounds(lambda i: (forward(), floor(), explain(i)), rounds), strict=True)
    a, b, c = (round(median(column), 3) for column in columns)
    return a, b or None, c


def _rounds(one: Callable[[int], tuple[float, ...]], rounds: int) -> list[tuple[float, ...]]:
    """Rounds after warming up; of what takes long fewer of both."""
    found: list[tuple[float, ...]] = []
    began = perf_counter()
    while len(found) < WARM_UP + rounds and (len(found) <= FEWEST or perf_counter() - began < ENOUGH_S):
        if not rounds:
            break
        found.append(one(len(found)))
    return found[min(WARM_UP, len(found) // 6) :]


def _floors(cost: Cost, params: Any, net: Any, frame: Frame) -> tuple[Callable[[], float], Callable[[], float]]:
    """Timers of the bare forward, and of what the explanation needs, both with the stock module."""
    from explainer.vision.zoo import floors

    x = net.prepare(frame).tensor.contiguous()  # as a stock module gets it; the fast path is channels last
    stock = net.network(stock=True)
    layer = net.card.layer(getattr(params, "layer", "last")).name

    def forward() -> float:
        return _timed(lambda: floors.forward(stock, x))

    def floor() -> float:
        spent = sum(forward() for _ in range(cost.forwards - cost.backwards - cost.tail))
        spent += sum(_timed(lambda: floors.forward_backward(stock, x)) for _ in range(cost.backwards))
        if cost.tail:
            spent += _timed(lambda: floors.forward_tail(net, x, layer))
        return spent

    return forward, floor


def _timed(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return 1000 * (perf_counter() - began)


# Living -------------------------------------------------------------------------------------------------


def _live_figures(demo: Demo[Any], params: Any, settings: Settings, _forward: float | None) -> tuple[float, float]:
    from explainer.commands.live_bench import live_figures

    return live_figures(demo, params, settings, LIVE_FRAMES)


# Printing -----------------------------------------------------------------------------------------------


def _print_table(rows: Sequence[Row]) -> None:
    if not rows:
        return
    threads, busy = rows[0].threads, rows[0].busy
    beside_it = f", beside {busy} busy process{'es' if busy != 1 else ''}" if busy else ""
    print(f"{rows[0].device}, {threads} thread{'s' if threads != 1 else ''}{beside_it}; medians in ms")
    names = (
        "forward_ms",
        "floor_ms",
        "explain_ms",
        "frame_ms",
        "latency_ms",
        "explain_over_floor",
        "frame_over_forward",
    )
    print(f"{'demo':32}" + "".join(f"{name:>20}" for name in names))
    for row in rows:
        cells = (getattr(row, name) for name in names)
        print(f"{row.demo:32}" + "".join(f"{'–' if cell is None else format(cell, '.2f'):>20}" for cell in cells))


def _median(times: Sequence[float]) -> float | None:
    return round(median(times), 3) if times else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return round(above / below, 3) if above and below else None


def _peak_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
