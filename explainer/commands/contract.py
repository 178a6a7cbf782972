"""What every demo promises, one function for each clause; ``check`` and the tests use the same ones.

Each takes a `Bench` and returns one sentence for each promise that was not kept.
"""

import json
import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from explainer.commands.contract_cases import at_most, cases, differing, parts, shown, sight
from explainer.commands.contract_runs import SMALL, Bench, Outcome, Scene
from explainer.commands.contract_sound import sound
from explainer.core.context import Models, Settings
from explainer.core.controls import Control
from explainer.core.params import changed, from_plain, to_plain
from explainer.core.problem import ExplainerError
from explainer.runtime.token import JobToken

CANCEL_S = 0.2
FIRST_PICTURE_S = 0.5
FORWARDS = 3  # so many passes of the network a slow machine gets on top of either
GOLDEN_RELATIVE, GOLDEN_ABSOLUTE = 1e-2, 1e-5
GIVE_UP_S = 60.0

Golden = Mapping[str, Mapping[str, float | None]]


# To the end, and at the ends ----------------------------------------------------------------------------


def defaults_end(bench: Bench) -> list[str]:
    """At its defaults the demo ends on one frame, and shows something on all others."""
    defaults = bench.demo.defaults()
    found = _ended(bench, bench.outcome(defaults), "at its defaults")
    for scene in bench.scenes[1:]:
        found += _showed(bench, bench.outcome(defaults, scene, "first"), f"on {scene.name}")
    return found


def every_case_shows(bench: Bench, only: Sequence[str] = ()) -> list[str]:
    """Each control at a small step, at its ends and at each kind of choice gives a first picture that is sound.

    Parameters
    ----------
    only
        Names of controls; all of them by default.
    """
    found: list[str] = []
    for one in bench.demo.controls():
        if only and one.name not in only:
            continue
        base = shown(bench.demo, one, bench.everyday)
        for value in cases(one, bench.card, getattr(base, one.name)):
            where = f"with {one.name}={value}"
            try:
                params = changed(base, bench.card, **{one.name: value})
            except ValueError as error:
                found.append(f"{where}: {error}")
                continue
            found += _comes_back(bench, params, where)
            for scene in (scene for scene in bench.scenes if scene.name in (bench.scenes[0].name, SMALL)):
                outcome = bench.outcome(params, scene, "first")
                found += _showed(bench, outcome, f"{where} on {scene.name}")
    return found


def params_come_back(bench: Bench) -> list[str]:
    """The defaults survive a session file, and a result survives ``result.json``."""
    found = _comes_back(bench, bench.demo.defaults(), "at its defaults")
    outcome = bench.outcome(bench.everyday)
    return found + _summary_comes_back(bench, outcome) if outcome.finished else [*found, outcome.problem]


def _comes_back(bench: Bench, params: Any, where: str) -> list[str]:
    try:
        text = json.dumps(to_plain(params), allow_nan=False)
    except (TypeError, ValueError) as error:
        return [f"{where}: the params are no JSON: {error}"]
    again, notes = from_plain(bench.demo.params_type, json.loads(text), bench.card)
    if again == params and not notes:
        return []
    return [f"{where}: the params come back from JSON as {again}. {' '.join(notes)}".strip()]


def _summary_comes_back(bench: Bench, outcome: Outcome) -> list[str]:
    from explainer.commands.render import Run, summary_of

    assert outcome.finished is not None
    task = Run(bench.demo, bench.everyday, bench.settings, "sample:cat", None, "light", Path())
    try:
        again = json.loads(json.dumps(summary_of(task, outcome.finished), allow_nan=False))
    except (TypeError, ValueError) as error:
        return [f"result.json cannot be written: {error}"]
    result = outcome.finished.result
    if again["values"] != dict(result.values) or again["reading"] != result.reading:
        return ["result.json comes back with other values"]
    params, notes = from_plain(bench.demo.params_type, again["params"], bench.card)
    return [] if params == bench.everyday and not notes else ["result.json comes back with other params"]


def _ended(bench: Bench, outcome: Outcome, where: str) -> list[str]:
    if outcome.result is None:
        return [f"{where}: {outcome.problem or 'it stopped without a result'}"]
    return _showed(bench, outcome, where)


def _showed(bench: Bench, outcome: Outcome, where: str) -> list[str]:
    if outcome.problem or not outcome.results:
        return [f"{where}: {outcome.problem or 'nothing was shown'}"]
    texts = (text for result in outcome.results for text in sound(result, bench.demo, bench.card))
    return [f"{where}: {text}" for text in dict.fromkeys(texts)]


# The same and not the same ------------------------------------------------------------------------------


def twice_the_same(bench: Bench) -> list[str]:
    """Two engines that know nothing of each other agree to the last bit, and so does one that has run before."""
    first, second = bench.fresh(bench.everyday), bench.fresh(bench.everyday)
    bench.run(at_most(bench.demo, bench.card), until="first")  # leaves a memo behind, and was stopped half-way
    used = bench.run(bench.everyday)
    return _unlike(first, second, "a second run") + _unlike(first, used, "a run on a used engine")


def _unlike(one: Outcome, other: Outcome, what: str) -> list[str]:
    if one.result is None or other.result is None:
        return [f"{what}: {one.problem or other.problem or 'it stopped without a result'}"]
    names = differing(parts(one.result), parts(other.result))
    return [f"{what} differs in {', '.join(names)}"] if names else []


def every_parameter_matters(bench: Bench, only: Sequence[str] = ()) -> list[str]:
    """On some frame, moving a control changes a panel, a chart or a value that does not merely repeat it."""
    return [
        f"moving {one.name} changes nothing on {', '.join(scene.name for scene in bench.scenes)}"
        for one in bench.demo.controls()
        if (not only or one.name in only) and not any(_matters(bench, one, scene) for scene in bench.scenes)
    ]


def _matters(bench: Bench, one: Control, scene: Scene) -> bool:
    base = shown(bench.demo, one, bench.everyday)
    values = cases(one, bench.card, getattr(base, one.name))
    moved = [changed(base, bench.card, **{one.name: value}) for value in values]
    if any(_differ_at_first(bench, base, other, scene, one.name) for other in moved):
        return True
    return any(_differ_at_last(bench, base, other, scene, one.name) for other in moved)


def _differ_at_first(bench: Bench, base: Any, other: Any, scene: Scene, name: str) -> bool:
    one, two = (bench.outcome(params, scene, "first").first for params in (base, other))
    if one is None or two is None or one.partial != two.partial:
        return False  # a first picture against a whole result says nothing
    return bool(differing(sight(one, name), sight(two, name)))


def _differ_at_last(bench: Bench, base: Any, other: Any, scene: Scene, name: str) -> bool:
    one, two = (bench.outcome(params, scene).result for params in (base, other))
    return one is not None and two is not None and bool(differing(sight(one, name), sight(two, name)))


def every_frame_matters(bench: Bench) -> list[str]:
    """Two photos of one size give different values, unless the demo brings its own data."""
    if not bench.demo.info.uses_frame:
        return []
    outcomes = [bench.outcome(bench.everyday, scene) for scene in bench.twins()]
    results = [outcome.result for outcome in outcomes]
    if None in results:
        return [f"on a photo: {' '.join(o.problem for o in outcomes) or 'it stopped without a result'}"]
    values = [dict(result.values) for result in results if result is not None]
    return ["a cat and a cup of coffee give the same values"] if values[0] == values[1] else []


# Numbers that were accepted -----------------------------------------------------------------------------


def golden_values(bench: Bench) -> dict[str, dict[str, float]]:
    """Values on every scene, to be kept as golden."""
    found: dict[str, dict[str, float]] = {}
    for scene in bench.scenes if bench.demo.info.uses_frame else bench.scenes[:1]:
        result = bench.outcome(bench.everyday, scene).result
        found[scene.name] = dict(result.values) if result else {}
    return found


def against_golden(found: Golden, golden: Golden) -> list[str]:
    """Each value within 1 % of the accepted one, none new and none gone.

    An accepted ``None`` (``null`` in the file) asks only that the value is there: some, such as those of a
    training run or of a long climb from noise, hang on the last bit, and so on the kind of processor.
    """
    problems = [f"the golden values have other frames: {', '.join(golden)}"] if found.keys() != golden.keys() else []
    for scene in found.keys() & golden.keys():
        new, old = found[scene], golden[scene]
        for name in dict.fromkeys((*old, *new)):
            if name not in new or name not in old:
                problems.append(f"on {scene} the value {name} {'is new' if name in new else 'is gone'}")
                continue
            now, was = new[name], old[name]
            if was is None or now is None:
                continue
            if not math.isclose(now, was, rel_tol=GOLDEN_RELATIVE, abs_tol=GOLDEN_ABSOLUTE):
                problems.append(f"on {scene} {name} is {now:.6g} and was {was:.6g}")
    return problems


# Time ---------------------------------------------------------------------------------------------------


def forward_s(models: Models, settings: Settings, frame: Any) -> float:
    """Seconds of one pass of the stock network on this machine as it is now; the median of three."""
    with models.lease(settings.model, settings) as net:
        x = net.prepare(frame).tensor
        times = []
        for _ in range(3):
            began = perf_counter()
            net.logits(x, stock=True)
            times.append(perf_counter() - began)
    return median(times)


def within_budget(bench: Bench, outcome: Outcome, forward: float, slack: float = 1.0) -> list[str]:
    """At its defaults the demo ends within its budget, and does not leave the stage empty for long.

    Parameters
    ----------
    outcome
        A run of the defaults to the end, with the model in memory.
    forward
        Seconds of one pass of the network, measured now.
    slack
        More than 1 where other demos run beside this one and take their share of the machine.
    """
    found = []
    if outcome.took_s > slack * bench.demo.info.budget_s:
        found.append(f"it took {outcome.took_s:.1f} s; its budget is {bench.demo.info.budget_s:g} s")
    limit = slack * (FIRST_PICTURE_S + FORWARDS * forward)
    if outcome.first_s > limit:
        found.append(f"nothing was shown for {outcome.first_s:.2f} s; publish something within {limit:.2f} s")
    return found


def stops_when_cancelled(bench: Bench, models: Models) -> list[str]:
    """A run that is cancelled on its way ends within 200 ms, at the defaults and at the most that can be asked.

    The machine may be busy: three passes of the bare network, measured in the same minute, are allowed on top,
    and of three attempts the middle one counts.
    """
    defaults, most = bench.demo.defaults(), at_most(bench.demo, bench.card)
    usual = bench.fresh(defaults).took_s
    forward = forward_s(models, bench.settings, bench.scenes[0].frames[0])
    bound = CANCEL_S + FORWARDS * forward
    found = _late(bench, defaults, [0.3 * usual] * 3, bound, "at its defaults")
    return found + _late(bench, most, (0.2, 0.5, 1.0), bound, "at the most that can be asked")


def _late(bench: Bench, params: Any, delays_s: Iterable[float], bound_s: float, where: str) -> list[str]:
    late = [_cancelled_after(bench, params, delay) for delay in delays_s]
    running = [one for one in late if one is not None]
    if running and median(running) > bound_s:
        return [f"{where}: it ended {1000 * median(running):.0f} ms after it was cancelled, not {1000 * bound_s:.0f}"]
    return []


def _cancelled_after(bench: Bench, params: Any, delay_s: float) -> float | None:
    """Seconds from cancelling to the end of the run; ``None`` when it had ended by itself before."""
    token, ended = JobToken(), threading.Event()

    def work() -> None:
        bench.fresh(params, token=token)
        ended.set()

    worker = threading.Thread(target=work, name="explainer-contract", daemon=True)
    worker.start()
    finished_by_itself = ended.wait(delay_s)
    began = perf_counter()
    token.cancel()
    worker.join(GIVE_UP_S)
    return None if finished_by_itself else perf_counter() - began


# What is left behind ------------------------------------------------------------------------------------


def nothing_left(bench: Bench, models: Models) -> list[str]:
    """After runs that ended and one that was stopped, network, torch and threads are as they were before."""
    bench.fresh(bench.everyday)  # loads torch and the network
    before = _surroundings(models, bench.settings)
    bench.fresh(bench.everyday)
    bench.run(at_most(bench.demo, bench.card), until="first")
    after = _surroundings(models, bench.settings)
    return [
        f"{name} was {before.get(name)} and is {after.get(name)} after a run"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def _surroundings(models: Models, settings: Settings) -> dict[str, Any]:
    found = dict(_of_torch())
    found["threads"] = sorted(thread.name for thread in threading.enumerate())
    with models.lease(settings.model, settings) as net:
        for kind, network in (("stock", net.network(stock=True)), ("folded", net.network())):
            found |= {f"{kind} {name}": value for name, value in _of_network(network)}
    return found


def _of_torch() -> Iterator[tuple[str, Any]]:
    import torch
    from torch.nn.modules import module

    yield "grad mode", torch.is_grad_enabled()
    yield "default dtype", str(torch.get_default_dtype())
    yield "number of threads", torch.get_num_threads()
    for name, table in vars(module).items():
        if name.startswith("_global_") and "hooks" in name and isinstance(table, dict):
            yield name, len(table)


def _of_network(network: Any) -> Iterator[tuple[str, Any]]:
    """Describe what a demo could have left: hooks, attributes, modes, gradients and numbers."""
    for path, one in network.named_modules():
        tables = {name: len(table) for name, table in vars(one).items() if "hooks" in name and table}
        yield f"module {path or 'itself'}", (type(one).__name__, one.training, sorted(vars(one)), tables)
    for path, tensor in (*network.named_parameters(), *network.named_buffers()):
        data = tensor.detach().double()
        numbers = (float(data.sum()), float(data.abs().sum()))
        hooks = len(tensor._backward_hooks or ())
        yield f"tensor {path}", (tensor.requires_grad, tensor.grad is None, hooks, numbers)


def demo_problems(bench: Bench, models: Models, slack: float = 1.0) -> list[str]:
    """Clauses that ``explainer check`` holds every demo to; the slow ones are left to the tests."""
    found: list[str] = []
    try:
        found += twice_the_same(bench)  # first: it loads what is loaded once, which is not the demo's time
        forward = forward_s(models, bench.settings, bench.scenes[0].frames[0])
        timed = bench.fresh(bench.demo.defaults())
        bench.remember(bench.demo.defaults(), timed)
        found += within_budget(bench, timed, forward, slack)
        found += defaults_end(bench)
        found += params_come_back(bench)
        found += every_frame_matters(bench)
        found += nothing_left(bench, models)
    except ExplainerError as error:
        found.append(error.problem.sentence)
    return list(dict.fromkeys(found))
