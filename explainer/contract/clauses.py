"""What every demo promises, one function for each clause; ``check`` and the tests use the same ones.

Each takes a `Bench` and returns one sentence for each promise that was not kept.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from explainer.contract.cases import cases, differing, parts, shown, sight
from explainer.contract.plays import plays_through
from explainer.contract.processor import ends_in_time
from explainer.contract.rounds import rounds
from explainer.contract.runs import SMALL, Bench, Outcome, Scene
from explainer.contract.sound import seats, sound
from explainer.core.context import Models
from explainer.core.controls import Control
from explainer.core.params import changed, from_plain, to_plain
from explainer.core.problem import ExplainerError
from explainer.runtime.summary import summary

GOLDEN_RELATIVE, GOLDEN_ABSOLUTE = 1e-2, 1e-5

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
    assert outcome.finished is not None
    try:
        plain = summary(bench.demo.info.id, bench.everyday, outcome.finished)
        again = json.loads(json.dumps(plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        return [f"result.json cannot be written: {error}"]
    result = outcome.finished.result
    numbers = (again["values"], again["measured"])
    if numbers != (dict(result.values), dict(result.measured)) or again["reading"] != result.reading:
        return ["result.json comes back with other values"]
    params, notes = from_plain(bench.demo.params_type, again["params"], bench.card)
    return [] if params == bench.everyday and not notes else ["result.json comes back with other params"]


def _ended(bench: Bench, outcome: Outcome, where: str) -> list[str]:
    if outcome.result is None:
        return [f"{where}: {outcome.problem or 'it stopped without a result'}"]
    texts = seats(outcome.result, bench.demo, bench.demo.defaults())
    return [*_showed(bench, outcome, where), *(f"{where}: {text}" for text in texts)]


def _showed(bench: Bench, outcome: Outcome, where: str) -> list[str]:
    if outcome.problem or not outcome.results:
        return [f"{where}: {outcome.problem or 'nothing was shown'}"]
    texts = (text for result in outcome.results for text in sound(result, bench.demo, bench.card))
    return [f"{where}: {text}" for text in dict.fromkeys(texts)]


# The same and not the same ------------------------------------------------------------------------------


def twice_the_same(bench: Bench, models: Models) -> list[str]:
    """Two engines that know nothing of each other agree to the last bit, and so does one that has run before."""
    ran = rounds(bench, models)
    return _unlike(ran.first, ran.second, "a second run") + _unlike(ran.first, ran.used, "a run on a used engine")


def nothing_left(bench: Bench, models: Models) -> list[str]:
    """After a run that ended and one that was stopped, network, torch and threads are as they were before."""
    ran = rounds(bench, models)
    before, after = ran.before, ran.after
    return [
        f"{name} was {before.get(name)} and is {after.get(name)} after a run"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


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
        if not one.repeats
        and (not only or one.name in only)
        and not any(_matters(bench, one, scene) for scene in bench.scenes)
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


# All of them ----------------------------------------------------------------------------------------------


def demo_problems(bench: Bench, models: Models, slack: float = 1.0) -> list[str]:
    """Clauses that ``explainer check`` holds every demo to; the slow ones are left to the tests."""
    found: list[str] = []
    try:
        found += twice_the_same(bench, models)
        found += ends_in_time(bench, models, slack)
        found += defaults_end(bench)
        found += params_come_back(bench)
        found += every_frame_matters(bench)
        found += plays_through(bench)
        found += nothing_left(bench, models)
    except ExplainerError as error:
        found.append(error.problem.sentence)
    return list(dict.fromkeys(found))
