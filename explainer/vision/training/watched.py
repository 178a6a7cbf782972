"""Training in front of people: started or carried on, shown now and then, paused, stopped, kept for the next time."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from explainer.core.context import Context
from explainer.core.networks import TrainedNetwork
from explainer.core.result import Result
from explainer.core.words import time_left
from explainer.vision.training.fit import Snapshot, from_plain, start
from explainer.vision.training.recipe import Recipe
from explainer.vision.training.several import several

PUBLISH_S = 0.3  # a picture more often than this only slows the training down
SAVE_S = 2.0  # at most so much of a run is lost when the program is killed
KEPT = 400  # snapshots that a demo carries along in memory; the oldest go
SAID_FROM = 0.03  # share of the work from which what is left is told
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
Snapshots = tuple[Snapshot | None, ...]
Show = Callable[[Snapshots, bool], Result]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Keeping:
    """How often "use this network" was pressed, and what makes a network of a snapshot."""

    pressed: int
    network_of: Callable[[Snapshot], TrainedNetwork]


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What a training demo carries from one result to the next.

    Parameters
    ----------
    runs
        Last snapshots by the recipe without its length.
    again, kept
        How often "train again" and "use this network" had been pressed.
    dates
        When those were written that were not trained since the program was started.
    """

    runs: Mapping[Recipe, Snapshot] = field(default_factory=dict)
    again: int = 0
    kept: int = 0
    dates: Mapping[Recipe, datetime] = field(default_factory=dict)

    def with_run(self, snapshot: Snapshot, when: datetime | None = None) -> "Shelf":
        """Put one in the place of an older one of the same run."""
        name = snapshot.recipe.run
        runs = {key: one for key, one in self.runs.items() if key != name}
        dates = {key: one for key, one in self.dates.items() if key != name}
        kept = dict(list(runs.items())[-(KEPT - 1) :])
        return replace(self, runs={**kept, name: snapshot}, dates=dates | ({name: when} if when else {}))

    def find(self, recipe: Recipe) -> Snapshot | None:
        """Return where a run stands; there is no way back in one."""
        held = self.runs.get(recipe.run)
        if held is None or held.step > recipe.steps:
            return None
        return replace(held, recipe=recipe)


def watched(
    ctx: Context,
    recipes: Recipe | Sequence[Recipe],
    show: Show,
    *,
    again: int = 0,
    keeping: Keeping | None = None,
    text: str = "training",
    begun: bool = True,
    every_s: float | None = None,
    clock: Clock = time.monotonic,
) -> Result:
    """Train, or carry on where the last run of the same recipe stopped, and show it on the way.

    Parameters
    ----------
    recipes
        One, or several that are trained side by side.
    show
        Makes a result of the snapshots, in the order of the recipes, and of whether it is partial. ``None`` stands
        for a run that has not begun.
    again
        How often "train again" was pressed; once more than before starts the runs anew.
    keeping
        What "use this network" keeps: the first of the runs, when all are trained.
    text
        What is going on, for the progress bar.
    begun
        Whether to show untrained nets at first rather than ``None``.
    every_s
        Least time between two publications; 0.3 s.
    """
    wanted = (recipes,) if isinstance(recipes, Recipe) else tuple(recipes)
    watch = _Watch(ctx, wanted, show, text, PUBLISH_S if every_s is None else every_s, clock)
    with ctx.stage("explain"):
        watch.take_up(again, begun=begun)
        result = watch.go_on()
        return result if keeping is None else watch.kept(result, keeping)


def first(ctx: Context, recipe: Recipe, text: str, begun: Callable[[Snapshot], None] = lambda _run: None) -> Snapshot:
    """Return the end of a run that others need before they can begin, such as a teacher's.

    It is trained once a session at most, and kept on disk as the others are.

    Parameters
    ----------
    begun
        Called with the untrained run where it has to be trained, so that something can be shown meanwhile.
    """

    def made() -> Snapshot:
        kept = ctx.runs.load(recipe.key(), recipe.steps)
        with suppress(KeyError, ValueError):
            if kept is not None and (found := from_plain(recipe, kept.arrays)).done:
                return found
        run = start(recipe)
        begun(run)
        return _trained(ctx, run, text)

    return ctx.memo(("first", recipe.key(), recipe.steps), made, keep=True)


def _trained(ctx: Context, begun: Snapshot, text: str) -> Snapshot:
    recipe, done = begun.recipe, begun

    def on_step(_run: int, step: int) -> None:
        ctx.checkpoint()
        ctx.progress(step / recipe.steps, text)

    for _, snapshot in several([begun], on_step, workers=1):
        done = snapshot
    ctx.runs.save(recipe.key(), recipe.steps, recipe.steps if done.done else done.step, done.plain())
    return done


class _Watch:
    def __init__(
        self, ctx: Context, recipes: Sequence[Recipe], show: Show, text: str, every_s: float, clock: Clock
    ) -> None:
        self.ctx, self.recipes, self.show = ctx, recipes, show
        self.text, self.every_s, self.clock = text, every_s, clock
        self.now: list[Snapshot | None] = [None] * len(recipes)
        self.steps = [0] * len(recipes)
        self.shelf = Shelf()
        self.unsaved: set[int] = set()
        self.began = self.shown = self.saved = clock()
        self.had = 0
        self.resumed = False

    def take_up(self, again: int, *, begun: bool) -> None:
        """Find where each run stands: in this session, on disk, or nowhere."""
        held = self.ctx.state if isinstance(self.ctx.state, Shelf) else None
        anew = held is not None and again > held.again
        self.resumed = held is not None
        self.shelf = replace(held, again=again) if held is not None else Shelf(again=again)
        for index, recipe in enumerate(self.recipes):
            found = None if anew else self.shelf.find(recipe) or self._from_disk(recipe)
            found = found or (start(recipe) if begun else None)
            self.now[index], self.steps[index] = found, found.step if found else 0
            if found is not None and found.recipe.run not in self.shelf.dates:
                self.shelf = self.shelf.with_run(found)
        self.had = sum(self.steps)

    def _from_disk(self, recipe: Recipe) -> Snapshot | None:
        kept = self.ctx.runs.load(recipe.key(), recipe.steps)
        if kept is None:
            return None
        try:
            found = from_plain(recipe, kept.arrays)
        except (KeyError, ValueError):  # written by something else under the same name
            return None
        self.shelf = self.shelf.with_run(found, kept.when)
        return found

    def go_on(self) -> Result:
        """Train what is not trained yet."""
        left = [n for n, one in enumerate(self.now) if one is None or not one.done]
        if left:
            self._publish()
        runs = [self.now[n] or self.recipes[n] for n in left]
        try:
            on_step = lambda n, step: self._on_step(left[n], step)  # noqa: E731
            for n, snapshot in several(runs, on_step, self._wake, self.ctx.settings.threads):
                self._marked(left[n], snapshot)
        finally:
            self._save()
        return self._result(partial=False)

    def kept(self, result: Result, keeping: Keeping) -> Result:
        """Make a model of the first net if that was asked for since the last result, and say so."""
        networks, had = self.ctx.networks, self.shelf.kept
        asked = keeping.pressed > had if self.resumed or networks.at_once else False
        self.shelf = replace(self.shelf, kept=keeping.pressed)
        card, first = None, self.now[0]
        if asked and first is not None:
            card = networks.keep(keeping.network_of(first))
        said = (f"kept as “{card.title}” ({card.name}): choose it in the menu of models",) if card else ()
        return replace(result, state=self.shelf, badges=(*said, *result.badges))

    def _on_step(self, index: int, step: int) -> None:
        """Called in the thread of a run."""
        self.steps[index] = step
        self.ctx.checkpoint()

    def _wake(self) -> None:
        self.ctx.checkpoint()
        self._tell()

    def _marked(self, index: int, snapshot: Snapshot) -> None:
        self.now[index], self.steps[index] = snapshot, snapshot.step
        self.shelf = self.shelf.with_run(snapshot)
        self.unsaved.add(index)
        now = self.clock()
        if now - self.saved >= SAVE_S:
            self._save()
        if now - self.shown >= self.every_s and not all(one is not None and one.done for one in self.now):
            self._publish()

    def _publish(self) -> None:
        self.ctx.publish(self._result(partial=True))
        self.shown = self.clock()

    def _save(self) -> None:
        for index in sorted(self.unsaved):
            one = self.now[index]
            assert one is not None
            steps = one.recipe.steps  # a run that diverged has nothing left to do either
            self.ctx.runs.save(one.recipe.key(), steps, steps if one.done else one.step, one.plain())
        self.unsaved.clear()
        self.saved = self.clock()

    def _result(self, *, partial: bool) -> Result:
        made = self.show(tuple(self.now), partial)
        return replace(made, state=self.shelf, partial=partial, badges=(*made.badges, *self._dated()))

    def _dated(self) -> tuple[str, ...]:
        """Say so where what is shown was not trained just now."""
        dates = [self.shelf.dates.get(recipe.run) for recipe in self.recipes]
        known = [when for when in dates if when is not None]
        return (f"trained on {dated(max(known))} and kept",) if len(known) == len(dates) else ()

    def _tell(self) -> None:
        total = sum(recipe.steps for recipe in self.recipes)
        share = sum(self.steps) / max(1, total)
        made = sum(self.steps) - self.had
        spent = self.clock() - self.began
        known = SAID_FROM * total < made and share < 1
        left = f", {time_left(spent * (total - sum(self.steps)) / made)}" if known else ""
        self.ctx.progress(share, self.text + left)


def dated(when: datetime) -> str:
    """``28 November 2026 at 12:30``."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year} at {when:%H:%M}"
