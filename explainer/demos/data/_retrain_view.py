"""What "Augment and retrain" shows: augmented digits, bars or learning curves of test accuracy, and their spread."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series, Table
from explainer.core.layers import Cells, Panel
from explainer.core.result import Result
from explainer.core.spread import spread

NAMES = {
    "shift": "Shift by 1 px",
    "affine": "±12°, ±10 % size",
    "noise": "Noise, σ 0.1",
    "cutout": "Cutout, 3 px",
    "flip-vertical": "Flip up–down",
    "flip-horizontal": "Flip left–right",
    "rotation": "Any rotation",
}
NONE: tuple[str, ...] = ()
COLUMNS = 8  # draws of one digit in a row of the panel
NAMED = 2  # empty tiles before them, for the name of the row
DIGIT = 7  # row of the training digits that is drawn; each kind stands once among the first ten


def rows(params: Any) -> list[tuple[str, ...]]:
    """What is compared: nothing, each augmentation alone, all together; along curves only the first and the last."""
    ticked = tuple(name for name in NAMES if name in params.augments)
    together = [ticked] if len(ticked) > 1 or (ticked and params.show == "curves") else []
    alone = [] if params.show == "curves" else [(name,) for name in ticked]
    return [NONE, *alone, *together]


def called(names: tuple[str, ...]) -> str:
    """Name of a bar."""
    return "None" if not names else NAMES[names[0]] if len(names) == 1 else "All ticked"


def pictures(params: Any, seed: int) -> Panel:
    """Draws of one digit under each augmentation, a row each; what the net is shown in training."""
    from explainer.vision.augment import retrain
    from explainer.vision.training import digits

    train, _ = digits.split()
    ticked = tuple(name for name in NAMES if name in params.augments)
    shown = [*((name,) for name in ticked), *([ticked] if len(ticked) > 1 else [])] or [NONE]
    label, cells = 0, []
    for names in shown:
        label, drawn = retrain.draws(names, seed, DIGIT, COLUMNS, train)
        cells.append(np.concatenate([np.zeros((NAMED, *drawn.shape[1:])), drawn]))
    values = np.ascontiguousarray(np.concatenate(cells), np.float32)
    labels = [text for names in shown for text in (called(names), *[""] * (NAMED + COLUMNS - 1))]
    layer = Cells("digits", values, NAMED + COLUMNS, 0.0, 1.0, colours="grey", labels=tuple(labels))
    return Panel("Input", layer.size, (layer,), f"a {label}, {COLUMNS} draws of each", frame=False)


def result(params: Any, done: Mapping[Any, Any], runs: Sequence[Any], seen: Panel, *, partial: bool = False) -> Result:
    """Put the bars or curves of the runs that are done together."""
    finished = [run for run in runs if run in done]
    chart = _curves(params, done, finished) if params.show == "curves" else _bars(params, done, finished)
    charts = (chart, _table(params, done, runs)) if finished else ()
    values = {"runs_done": float(len(finished)), "seeds": float(len({run.seed for run in finished}))}
    values |= _values(params, done, finished)
    return Result(
        _reading(params, done, finished, len(runs)), values, (seen,), charts,
        badges=(f"{len(finished)} of {len(runs)} nets trained", "examined on 500 digits that no net has seen"),
        partial=partial,
    )  # fmt: skip


def _tests(
    done: Mapping[Any, Any], finished: Sequence[Any], names: tuple[str, ...], digits: int
) -> NDArray[np.float64]:
    return np.array([done[run].test for run in finished if run.augments == names and run.digits == digits])


def _bars(params: Any, done: Mapping[Any, Any], finished: Sequence[Any]) -> Chart:
    got = [(names, _tests(done, finished, names, params.digits)) for names in rows(params)]
    got = [(names, scores) for names, scores in got if len(scores)]
    return Bars(
        "Test accuracy", tuple(called(names) for names, _ in got), tuple(100 * float(s.mean()) for _, s in got),
        hi=100.0, format=".1f", note=f"%, {params.digits} training digits",
    )  # fmt: skip


def _table(params: Any, done: Mapping[Any, Any], runs: Sequence[Any]) -> Chart:
    """Means, spreads and gains; along the curves one line for each number of digits. All lines are there at once."""
    if params.show == "curves":
        sizes = sorted({run.digits for run in runs})
        lines = [_line(done, runs, rows(params)[-1], size, words.thousands(size)) for size in sizes]
        return Table("All ticked, over seeds", ("digits", "mean %", "±", "gain", "better in"), tuple(lines))
    lines = [_line(done, runs, names, params.digits, called(names)) for names in rows(params)]
    return Table("Spread over seeds", ("", "mean %", "±", "gain", "better in"), tuple(lines))


def _line(
    done: Mapping[Any, Any], runs: Sequence[Any], names: tuple[str, ...], size: int, label: str
) -> tuple[str, ...]:
    """One row; the gain compares within a seed. A dash where nothing is trained yet."""
    base = {run.seed: done[run].test for run in runs if run in done and run.augments == NONE and run.digits == size}
    mine = {run.seed: done[run].test for run in runs if run in done and run.augments == names and run.digits == size}
    if not mine:
        return label, "–", "", "", ""
    scores = np.array(list(mine.values()))
    gains = np.array([mine[s] - base[s] for s in mine if s in base])
    alone = names == NONE or not len(gains)
    gain = "" if alone else f"{100 * gains.mean():+.1f}".replace("-", "−")
    better = "" if alone else f"{int((gains > 0).sum())}/{len(gains)}"
    return label, f"{100 * scores.mean():.1f}", f"{100 * spread(scores).deviation:.1f}", gain, better


def _curves(params: Any, done: Mapping[Any, Any], finished: Sequence[Any]) -> Chart:
    series = []
    for names in rows(params):
        sizes = sorted({run.digits for run in finished if run.augments == names})
        means = [100 * float(_tests(done, finished, names, size).mean()) for size in sizes]
        if sizes:
            x = np.log10(np.array(sizes, float))
            label = "none" if names == NONE else "augmented"
            series.append(
                Series(label, x, np.array(means), "dashed" if names == NONE else "solid", -2 if names == NONE else -1)
            )
    return Curve(
        "Learning curves", tuple(series), "training digits, log₁₀", "test accuracy, %", (0.0, 100.0), (1.0, 3.05)
    )


def _values(params: Any, done: Mapping[Any, Any], finished: Sequence[Any]) -> dict[str, float]:
    values: dict[str, float] = {}
    sizes = sorted({run.digits for run in finished})
    for size in sizes:
        for names in rows(params):
            scores = _tests(done, finished, names, size)
            if not len(scores):
                continue
            key = "none" if not names else names[0].replace("-", "_") if len(names) == 1 else "all"
            at = f"_{size}_digits" if params.show == "curves" else ""
            values[f"accuracy_{key}{at}_percent"] = 100 * float(scores.mean())
            if params.show == "bars":
                values[f"deviation_{key}_percent"] = 100 * spread(scores).deviation
    known = [done[run].train for run in finished]
    if known:
        values["accuracy_train_percent"] = 100 * float(np.mean(known))
    return values


def _reading(params: Any, done: Mapping[Any, Any], finished: Sequence[Any], wanted: int) -> str:
    going = "" if len(finished) == wanted else f" {len(finished)} of {wanted} nets are trained."
    if params.show == "curves":
        return _about_curves(params, done, finished) + going
    base = _tests(done, finished, NONE, params.digits)
    if not len(base):
        return f"The first net of {wanted} is in training."
    got = [(names, _tests(done, finished, names, params.digits)) for names in rows(params) if names]
    got = [(names, scores) for names, scores in got if len(scores)]
    start = (
        f"Without augmentation a net that learned from {params.digits} digits reads "
        f"{words.percent(float(base.mean()))} of 500 others right"
    )
    if not got:
        return f"{start}.{going}"
    best = max(got, key=lambda one: float(one[1].mean()))
    worst = min(got, key=lambda one: float(one[1].mean()))
    over_seeds = f" (±{100 * spread(base).deviation:.1f} points over {len(base)} seeds)" if len(base) > 1 else ""
    return (
        f"{start}{over_seeds}. Best is “{called(best[0])}” with {100 * best[1].mean():.1f} %, "
        f"worst “{called(worst[0])}” with {100 * worst[1].mean():.1f} %. "
        f"A difference that is smaller than the spread says little.{going}"
    )


def _about_curves(params: Any, done: Mapping[Any, Any], finished: Sequence[Any]) -> str:
    names = rows(params)[-1]
    sizes = sorted({run.digits for run in finished if run.augments == names})
    gains = [
        (size, 100 * float(_tests(done, finished, names, size).mean() - _tests(done, finished, NONE, size).mean()))
        for size in sizes
        if len(_tests(done, finished, NONE, size))
    ]
    if names == NONE:
        return "Tick an augmentation to compare it with none."
    if not gains:
        return "The first nets are in training."
    parts = ", ".join(f"{gain:+.1f} at {words.thousands(size)}".replace("-", "−") for size, gain in gains)
    return f"Gain of the ticked augmentations in points of test accuracy, by number of training digits: {parts}."
