"""Measure what the program says of its speed: Integrated Gradients, occlusion and first pictures.

    .venv/bin/python packaging/measure_speed.py [--threads N] [--rounds N] [--batches 1,4,8] [ig] [occlusion] [first]

Rounds are interleaved, so that a busy moment of the machine meets both sides alike; medians are printed. With one
thread the ratio of processor time is given as well: it says more than a clock on a machine that others use too.
"""

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from captum.attr import Occlusion

from explainer.commands import bootstrap
from explainer.core.context import Settings
from explainer.runtime.engine import Job
from explainer.runtime.events import Partial
from explainer.runtime.token import JobToken
from explainer.sources.opening import open_source
from explainer.vision.attribution.integrated import baseline, integrate, points
from explainer.vision.attribution.occlusion import Windows, cover, occlusion

POINTS, WINDOW, STRIDE = 32, 32, 16
Timings = dict[str, list[tuple[float, float]]]


def main() -> None:
    """Print a table for each part that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["ig", "occlusion", "first"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--photo", default="sample:cat")
    parser.add_argument("--batches", default="1,2,4,8,16", help="batch sizes of the other side")
    args = parser.parse_args()
    batches = [int(size) for size in args.batches.split(",")]
    settings = Settings(threads=args.threads, device="cpu")
    frame: Any = open_source(args.photo).at(0)  # type: ignore[union-attr]
    print(f"{args.photo}, {args.threads} threads, medians of {args.rounds} rounds, in ms: clock / processor")
    with bootstrap.zoo().lease(settings.model, settings) as net:
        x = net.prepare(frame).tensor
        index = int(net.logits(x)[0].argmax())
        if "ig" in args.parts:
            table("integrated gradients", interleaved(gradients_sides(net, x, index, batches), args.rounds))
        if "occlusion" in args.parts:
            table("occlusion", interleaved(occlusion_sides(net, x, index, batches), args.rounds))
    if "first" in args.parts:
        first_pictures(frame, settings, args.rounds)


def gradients_sides(net: Any, x: Any, index: int, batches: list[int]) -> dict[str, Callable[[], object]]:
    """The method from input to attributions, and its bare passes in several batch sizes, on both networks."""
    start, where = baseline(x, "black", net.card.mean, net.card.std), points("trapezoid", POINTS)

    def ours() -> object:
        return list(integrate(net.network(), x, start, index, where))[-1].attributions

    def bare(module: Any, leaf: Any) -> Callable[[], object]:
        def passes() -> None:
            for _ in range(POINTS // len(leaf)):
                torch.autograd.grad(module(leaf)[:, index].sum(), leaf)

        return passes

    sides: dict[str, Callable[[], object]] = {"ours": ours}
    for batch in batches:
        stock = x.repeat(batch, 1, 1, 1).contiguous().requires_grad_()
        fast = x.repeat(batch, 1, 1, 1).contiguous(memory_format=torch.channels_last).requires_grad_()
        sides[f"{POINTS} passes, stock, batch {batch}"] = bare(net.network(stock=True), stock)
        sides[f"{POINTS} passes, folded, batch {batch}"] = bare(net.network(), fast)
    return sides


def occlusion_sides(net: Any, x: Any, index: int, batches: list[int]) -> dict[str, Callable[[], object]]:
    """Ours against captum's, on the stock and on the folded network; prints how far the maps differ."""
    places = Windows(int(x.shape[-1]), WINDOW, STRIDE)
    grey = cover(x, "grey", net.card.mean, net.card.std)
    whole = float(net.logits(x)[0, index])

    def ours() -> Any:
        return list(occlusion(net.network(), x, grey, index, places, whole=whole))[-1].values

    def theirs(stock: bool, batch: int) -> Callable[[], Any]:
        method, picture = Occlusion(net.network(stock=stock)), x.contiguous() if stock else x

        def run() -> Any:
            with torch.no_grad():
                found = method.attribute(
                    picture, (3, WINDOW, WINDOW), (3, STRIDE, STRIDE), baselines=grey, target=index,
                    perturbations_per_eval=batch,
                )  # fmt: skip
            return found[0, 0].numpy()

        return run

    mine, other = ours(), theirs(True, 8)()
    gap = float(np.abs(mine - other).max() / np.abs(other).max())
    print(f"\n{places.count} windows; largest difference to captum's map: {gap:.1e} of its largest value")
    sides: dict[str, Callable[[], object]] = {"ours": ours, "captum, stock, default": theirs(True, 1)}
    for batch in (size for size in batches if size > 1):
        sides[f"captum, stock, {batch} together"] = theirs(True, batch)
        sides[f"captum, folded, {batch} together"] = theirs(False, batch)
    return sides


def interleaved(sides: dict[str, Callable[[], object]], rounds: int) -> Timings:
    """Time each side once a round, after one round that does not count."""
    found: Timings = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, act in sides.items():
            clock, processor = perf_counter(), process_time()
            act()
            taken = (1000 * (perf_counter() - clock), 1000 * (process_time() - processor))
            if number:
                found[name].append(taken)
    return found


def table(title: str, found: Timings) -> None:
    """Print medians, and each side over ours."""
    print(f"\n{title}", flush=True)
    middle = {name: [median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}
    ours = middle["ours"]
    for name, (clock, processor) in middle.items():
        against = f"   ours / it {ours[0] / clock:.3f} / {ours[1] / processor:.3f}" if name != "ours" else ""
        print(f"  {name:34}{clock:9.0f} /{processor:9.0f}{against}")


def first_pictures(frame: Any, settings: Settings, rounds: int) -> None:
    """Print seconds from the start of a run to its first map, the network being in memory."""
    print("\nfirst map, seconds")
    demo = bootstrap.demos().demo("occlusion-and-rise")
    for method in ("occlusion", "rise"):
        params = bootstrap.params_of(demo, [f"method={method}"], bootstrap.zoo().card(settings.model))
        times = [first_picture(demo, params, frame, settings) for _ in range(rounds + 1)][1:]
        print(f"  {method:34}{median(times):9.2f}")


def first_picture(demo: Any, params: Any, frame: Any, settings: Settings) -> float:
    """Run until something is published, with an engine that remembers nothing."""
    token = JobToken()
    found: list[float] = []
    began = perf_counter()

    def emit(event: object) -> None:
        if isinstance(event, Partial) and not found:
            found.append(perf_counter() - began)
            token.cancel()

    bootstrap.engine().run(Job(0, demo, params, frame, settings), token, emit)
    return found[0]


if __name__ == "__main__":
    main()
