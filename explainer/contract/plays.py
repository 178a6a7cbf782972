"""What a demo promises whose param can be played."""

from collections.abc import Iterator
from typing import Any

from explainer.contract.cases import differing, parts, shown
from explainer.contract.runs import Bench
from explainer.contract.sound import sound
from explainer.core.controls import Control
from explainer.core.params import changed
from explainer.core.plays import Play
from explainer.runtime.playback import snapped, steps_of

STEPS = 9


def plays_through(bench: Bench) -> list[str]:
    """A played param goes from its first value over a middle to its last, and ends as if it had not been played.

    Each result is sound, and says that it stands farther on than the one before, where it was asked to stand. A demo
    that brings its own data goes on from its everyday run, as in the window, and so shows that it comes to the same.
    """
    return [text for one in bench.demo.controls() if one.plays for text in _through(bench, one)]


def _through(bench: Bench, one: Control) -> Iterator[str]:
    base = shown(bench.demo, one, bench.everyday)
    unplayed = bench.outcome(base).result
    play = unplayed.play if unplayed is not None else None
    if unplayed is None or play is None or play.name != one.name:
        yield f"{one.name} plays, and the result does not say from where to where"
        return
    steps = steps_of(one, play, STEPS)
    reached: list[float] = []
    for step in {steps[0].number: steps[0], steps[len(steps) // 2].number: steps[len(steps) // 2]}.values():
        yield from _at(bench, one, changed(base, bench.card, **{one.name: step.value}), step.number, reached)
    last = changed(base, bench.card, **{one.name: steps[-1].value})
    yield from _at(bench, one, last, steps[-1].number, reached)
    if sorted(reached, reverse=play.last < play.first) != reached:
        yield f"playing {one.name} stands at {', '.join(f'{at:g}' for at in reached)}, which goes back"
    ended = bench.gone_on(last).result
    if ended is not None and _stands(one, play) == play.last and (names := differing(parts(unplayed), parts(ended))):
        yield f"the end of playing {one.name} differs from the result that was not played in {', '.join(names)}"


def _at(bench: Bench, one: Control, params: Any, number: float, reached: list[float]) -> Iterator[str]:
    where = f"with {one.name} played to {number:g}"
    outcome = bench.gone_on(params)
    if outcome.result is None:
        yield f"{where}: {outcome.problem or 'it stopped without a result'}"
        return
    yield from (f"{where}: {text}" for text in sound(outcome.result, bench.demo, bench.card))
    play = outcome.result.play
    if play is None or play.name != one.name:
        yield f"{where}: the result says nothing of it"
        return
    reached.append(play.at)
    if abs(play.place(play.at) - play.place(number)) > 0.5 / STEPS:
        yield f"{where}: it says that it stands at {play.at:g}"


def _stands(one: Control, play: Play) -> float:
    return snapped(one, play, play.at).number
