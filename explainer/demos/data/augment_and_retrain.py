"""Augment and retrain: the same small net on the same few digits, with one augmentation after another.

It brings its own digits and ignores the frame. One net takes a fraction of a second on a quiet core; at the defaults
fourteen are trained, hence the budget of a training demo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np

from explainer.core import words
from explainer.core.charts import Chart, Curve, Series, Table, chart_slug
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, TrainAgain
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Image, Label, Layer, Lines, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.augment.retrain import Trial

PUBLISH_S = 0.4
SIZES = (10, 30, 100, 300, 1000)  # digits along the learning curves
COLUMNS = 4  # draws of one digit in a row of the panel
DIGIT = 6  # row of the training digits that is drawn; each kind stands once among the first ten
ROW, TILE, BAR = 48, 44, 264  # panel pixels: pitch of the rows, side of a digit, length of a bar of 100 %
BASE, BETTER, WORSE, ALIKE = (0, 114, 178), (0, 158, 115), (213, 94, 0), (128, 136, 144)


class Augmentation(Choice):
    """What each training digit goes through, drawn anew in every batch."""

    SHIFT = "shift", "Shift by 1 px"
    AFFINE = "affine", "±12°, ±10 % size"
    NOISE = "noise", "Noise, σ 0.1"
    CUTOUT = "cutout", "Cutout, 3 px"
    FLIP_VERTICAL = "flip-vertical", "Flip up–down"
    FLIP_HORIZONTAL = "flip-horizontal", "Flip left–right"
    ROTATION = "rotation", "Any rotation"


class Show(Choice):
    """How the nets are compared."""

    BARS = "bars", "Bars, one for each"
    CURVES = "curves", "Learning curves, all ticked against none"


Names = tuple[str, ...]  # of augmentations that are trained together, in the order of the menu
NONE: Names = ()


@dataclass(frozen=True, slots=True)
class Params:
    """What is compared, on how many digits, and how often."""

    augments: Annotated[
        tuple[Augmentation, ...], Doc("Augmentations", "Each is trained alone; two or more are also trained together.")
    ] = (
        Augmentation.SHIFT, Augmentation.AFFINE, Augmentation.FLIP_VERTICAL, Augmentation.FLIP_HORIZONTAL,
        Augmentation.ROTATION,
    )  # fmt: skip
    show: Annotated[Show, Doc("Compare", "At one number of digits, or at five from 10 to 1,000.")] = Show.BARS
    digits: Annotated[
        int, Range(10, 1000, log=True, unit="digits"), Doc("Training digits", "The same number of each kind.")
    ] = 50
    seeds: Annotated[
        int, Range(1, 10), Doc("Seeds", "Each draws other digits and starting weights; the whisker is their spread.")
    ] = 2
    steps: Annotated[
        int, Range(20, 1000, 20, "steps"), Doc("Training", "Steps of the optimiser, the same for every run.")
    ] = 300
    again: TrainAgain = 0


class AugmentAndRetrain(Demo[Params]):
    """Trains nets that differ in nothing but their augmentation."""

    info = DemoInfo(
        id="augment-and-retrain", title="Augment and retrain", topics=(34, 4),
        summary="Which augmentation helps when there are fifty digits, and which one hurts: real training runs.",
        papers=("shorten2019", "simard2003", "devries2017"), uses_frame=False, uses_model=False, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Train what has not been trained yet, one seed of everything after the other."""
        from explainer.vision.augment import retrain
        from explainer.vision.training.fit import Snapshot
        from explainer.vision.training.watched import watched

        trial = planned(params, ctx.seed)

        def show(found: tuple[Snapshot | None, ...], partial: bool) -> Result:
            pairs = zip(trial.runs, found, strict=True)
            done = {run: retrain.score(one) for run, one in pairs if one is not None and one.done}
            return shown(replace(trial, done=done), ctx.seed).result(partial=partial)

        recipes, text = [*map(retrain.recipe, trial.runs)], f"training {words.count(len(trial.runs), 'net')}"
        return watched(ctx, recipes, show, text=text, begun=False, every_s=PUBLISH_S, again=params.again)


def planned(params: Params, seed: int) -> Trial:
    """Compare nothing with each augmentation and all together; along curves with all of them only."""
    from explainer.vision.augment.retrain import trial

    names = tuple(one.value for one in Augmentation if one in params.augments)
    curves = params.show == Show.CURVES
    alone = () if curves else tuple((one,) for one in names)
    together = (names,) if len(names) > 1 or (names and curves) else ()
    sizes = SIZES if curves else (params.digits,)
    return trial((NONE, *alone, *together), sizes, params.steps, range(seed, seed + params.seeds))


def called(names: Names) -> str:
    """Name of a bar."""
    return "None" if not names else Augmentation(names[0]).label if len(names) == 1 else "All ticked"


def clear(trial: Trial, names: Names, size: int) -> int:
    """1 or −1 where a row gains or loses in every seed, and more than seeds differ; else 0."""
    gains, found = trial.gains(names, size), trial.spreads(size)
    if len(gains) < 2 or abs(gains.mean()) <= max(found[NONE].deviation, found[names].deviation):
        return 0
    return int(np.sign(gains.mean())) if (np.sign(gains) == np.sign(gains.mean())).all() else 0


def rows(trial: Trial, seed: int) -> Panel:
    """For each row what the net is shown in training, and its accuracy as a bar; in the end the best stands first."""
    from explainer.vision.augment import retrain
    from explainer.vision.training import digits

    (train, _), size = digits.split(), trial.sizes[-1]
    left, got, layers = COLUMNS * ROW + 8, trial.spreads(size), list[Layer]()
    ready = len(trial.finished) == len(trial.runs)
    for n, names in enumerate(sorted(trial.rows, key=lambda row: -got[row].mean) if ready else trial.rows):
        for k, cell in enumerate(retrain.draws(names, seed, DIGIT, COLUMNS, train)[1]):
            ink = np.repeat((255 * np.clip(cell, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)
            place = scale_shift(TILE / len(ink), TILE / len(ink), k * ROW, n * ROW)
            layers.append(Image(f"digit {n} {k}", ink, place, smooth=False))
        text = called(names)
        if names in got:
            mean, deviation = got[names].mean, got[names].deviation
            colour = BASE if names == NONE else (ALIKE, BETTER, WORSE)[clear(trial, names, size)]
            place = scale_shift(BAR * mean, TILE, left, n * ROW)
            layers.append(Image(f"bar {n}", np.array([[colour]], np.uint8), place))
            ends = [(left + BAR * (mean + sign * deviation), n * ROW + TILE / 2) for sign in (-1, 1)]
            layers.append(Lines(f"spread {n}", (np.array(ends),), (-2,)))
            text += f" {100 * mean:.1f} %"
        layers.append(Label(f"row {n}", text, (left, n * ROW + 0.72 * TILE)))
    high = float(len(trial.rows) * ROW - ROW + TILE)
    if NONE in got:
        at = left + BAR * got[NONE].mean
        layers.append(Lines("none", (np.array([(at, 0.0), (at, high)]),), (0,)))
    note = f"{size} training digits; grey: no more than seeds differ"
    return Panel("Test accuracy", (left + BAR, high), tuple(layers), note, frame=False)


def shown(trial: Trial, seed: int) -> Part:
    """Bars or curves of the runs that are done, the table, what it means, and the numbers."""
    done, wanted, curves = len(trial.finished), len(trial.runs), len(trial.sizes) > 1
    badges = (f"{done} of {wanted} nets trained", "examined on 500 digits that no net has seen")
    charts = (curve(trial), table(trial)) if done and curves else ()
    panel, about = rows(trial, seed), about_curves if curves else about_bars
    heroes = (chart_slug(charts[0]),) if charts else (panel.slug,)
    return Part((panel,), charts, about(trial), values(trial), badges, headline=headline(trial), heroes=heroes)


def headline(trial: Trial) -> str:
    """Say which augmentation is worth most and which least, where that is more than the seeds differ."""
    size = trial.sizes[-1]
    got = trial.spreads(size)
    if NONE not in got or len(got) < 2:
        return "Small nets are in training, with augmentation and without."
    others: list[Names] = [row for row in got if row != NONE]
    alone = [row for row in others if len(row) == 1] or others
    gains = {row: 100 * (got[row].mean - got[NONE].mean) for row in alone}
    best, worst = (pick(gains, key=lambda row: gains[row]) for pick in (max, min))
    helps, harms = clear(trial, best, size) > 0, clear(trial, worst, size) < 0
    up, down = f"“{called(best)}” adds {gains[best]:.1f} points", f"“{called(worst)}” costs {-gains[worst]:.1f}"
    if helps and harms:
        return f"{up}, {down}."
    if harms:
        return f"{down} points; no augmentation helps more than seeds differ."
    return f"{up}, more than seeds differ." if helps else "No augmentation helps or harms more than seeds differ."


def going(trial: Trial) -> str:
    """Say how far it is."""
    done = len(trial.finished)
    return f"{done} of {len(trial.runs)} nets are trained." if done < len(trial.runs) else ""


# Charts -------------------------------------------------------------------------------------------------


def curve(trial: Trial) -> Chart:
    """Mean of no augmentation and of all together against the number of digits."""
    series = []
    for names in trial.rows:
        means = [(size, found[names].mean) for size in trial.sizes if names in (found := trial.spreads(size))]
        if means:
            sizes, scores = np.array(means, float).T
            x, y = np.log10(sizes), 100 * scores
            series.append(Series("augmented", x, y) if names else Series("none", x, y, "dashed", -2))
    axes = ("training digits, log₁₀", "test accuracy, %", (0.0, 100.0), (1.0, 3.05))
    return Curve("Learning curves", tuple(series), *axes)


def table(trial: Trial) -> Chart:
    """Gain of all that are ticked, and in how many seeds there is any, at each number of digits."""
    return Table("All ticked, over seeds", ("digits", "gain", "better"), tuple(_line(trial, n) for n in trial.sizes))


def _line(trial: Trial, size: int) -> tuple[str, ...]:
    gains = trial.gains(trial.rows[-1], size)
    if not len(gains):
        return words.thousands(size), "–", ""
    return words.thousands(size), _signed(100 * gains.mean()), f"{int((gains > 0).sum())}/{len(gains)}"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


# Words and numbers --------------------------------------------------------------------------------------


def values(trial: Trial) -> dict[str, float]:
    """Means and spreads in percent; along the curves the means at each number of digits."""
    done, curves = trial.finished, len(trial.sizes) > 1
    named = numbers(runs_done=len(done), seeds=len({run.seed for run in done}))
    for size in trial.sizes:
        for names, found in trial.spreads(size).items():
            key = "none" if not names else names[0].replace("-", "_") if len(names) == 1 else "all"
            named[f"accuracy_{key}{f'_{size}_digits' if curves else ''}_percent"] = 100 * found.mean
            if not curves:
                named[f"deviation_{key}_percent"] = 100 * found.deviation
    known = [trial.done[run].train for run in done]
    return named | numbers(accuracy_train_percent=100 * np.mean(known) if known else None)


def about_bars(trial: Trial) -> tuple[str, ...]:
    """Say what is best and what is worst."""
    (size,) = trial.sizes
    got = trial.spreads(size)
    base = got.pop(NONE, None)
    if base is None:
        return (f"The first net of {len(trial.runs)} is in training.",)
    known = f"a net that learned from {size} digits reads {words.percent(base.mean)} of 500 others right"
    start = f"Without augmentation {known}"
    if not got:
        return f"{start}.", going(trial)
    best, worst = (pick(got, key=lambda names: got[names].mean) for pick in (max, min))
    over_seeds = f" (±{100 * base.deviation:.1f} points over {base.count} seeds)" if base.count > 1 else ""
    named = [f"“{called(row)}” with {100 * got[row].mean:.1f} %" for row in (best, worst)]
    little = "A difference that is smaller than the spread says little."
    return f"{start}{over_seeds}.", f"Best is {named[0]}, worst {named[1]}.", little, going(trial)


def about_curves(trial: Trial) -> tuple[str, ...]:
    """Say what the augmentations are worth at each number of digits."""
    names = trial.rows[-1]
    if names == NONE:
        return "Tick an augmentation to compare it with none.", going(trial)
    found = {size: trial.spreads(size) for size in trial.sizes}
    gains = {size: 100 * (at[names].mean - at[NONE].mean) for size, at in found.items() if {names, NONE} <= set(at)}
    if not gains:
        return "The first nets are in training.", going(trial)
    parts = ", ".join(f"{_signed(gain)} at {words.thousands(size)}" for size, gain in gains.items())
    measure = "points of test accuracy, by number of training digits"
    return f"Gain of the ticked augmentations in {measure}: {parts}.", going(trial)
