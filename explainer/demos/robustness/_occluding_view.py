"""What the occlusion stress test shows and says."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.geometry import resized
from explainer.core.layers import Image, Label, Panel
from explainer.core.numbers import numbers
from explainer.core.panes import pane
from explainer.core.picture import heat, panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.robustness._occluding import Scene, Trial

SHOWN = 3
FLAT = {"grey": "grey", "black": "black", "mean": "colour"}  # fills without a picture of their own
# Name in the curve, words in the reading, colour of the line.
ORDERS: Mapping[str, tuple[str, str, int]] = {
    "random": ("random", "in random blocks", -2),
    "centre-out": ("centre out", "from the middle outwards", 1),
    "most-first": ("most first", "most important first", 3),
    "least-first": ("least first", "least important first", 0),
}


class Stand:
    """All tests so far, put together into results."""

    def __init__(self, scene: Scene, tests: list[Trial]) -> None:
        self.scene, self.tests = scene, tests

    def add(self, test: Trial) -> None:
        """Add another network's test."""
        self.tests.append(test)

    def replace_last(self, test: Trial) -> None:
        """Take a test that has come further."""
        self.tests[-1] = test

    def result(self, *, partial: bool = False) -> Result:
        """Put panels, charts, words and numbers together."""
        first = self.tests[0]
        values = _values(first) | (_beside(first, self.tests[1]) if len(self.tests) > 1 else {})
        maps = [
            _map_panel(self.scene, test, test.heat, n) for n, test in enumerate(self.tests) if test.heat is not None
        ]
        charts = [_bars(test, n) for n, test in enumerate(self.tests)]
        charts += [_curves(test, n) for n, test in enumerate(self.tests) if test.curves]
        return Result(
            " ".join(_sentences(self.tests)), values, (_input_panel(self.scene, first), *maps), tuple(charts),
            input=first.input, partial=partial, headline=_headline(self.scene, first), heroes=("input",),
            resolved=self.scene.seats, play=_play(self.scene, first),
        )  # fmt: skip


def _play(scene: Scene, test: Trial) -> Play | None:
    if scene.params.shape != "object":
        return None
    at, note = scene.params.covered, f"curve: score of {test.label}" if test.growing is not None else ""
    return Play("covered", 0, 100, at, test.growing, f"{at} % of the object's box", note=note)


# Panels -------------------------------------------------------------------------------------------------


def _input_panel(scene: Scene, test: Trial) -> Panel:
    """What is covered: under a plain colour it shines through for the eye, though not for the network."""
    bare, seen = scene.frame, scene.seen
    flat = scene.params.fill in FLAT
    pixels = pane(bare.pixels, seen.pixels, scene.region) if flat else seen.pixels
    note = f"{words.percent(test.hidden)} of the picture covered"
    note += f"; the network sees plain {FLAT[scene.params.fill]} there" if flat else ""
    shown = Image("picture", pixels, focus=test.ready.focus)
    return Panel("Input", (bare.width, bare.height), (shown, *_change(scene, test)), note if test.hidden else "")


def _change(scene: Scene, test: Trial) -> Iterator[Label]:
    """On the cover: what it does to the class's score."""
    rows, columns = np.nonzero(scene.region)
    if len(rows) and test.hidden:
        before, after = (words.score(float(row[test.index])) for row in (test.before, test.after))
        wide, high = np.ptp(columns) + 1, np.ptp(rows) + 1
        at = (float(columns.min() + 0.04 * wide), float(rows.max() - 0.04 * high))
        yield Label("change", f"{test.card.label(test.index)} {before} → {after}", at)


def _map_panel(scene: Scene, test: Trial, values: NDArray[np.float32], number: int) -> Panel:
    over = resized(test.ready.to_frame, tuple(test.ready.tensor.shape[2:]), values.shape)
    layer = heat(values, over, signed=True, unit="fall of the logit")
    title = "Where covering hurts" if number == 0 else f"{test.card.title}: hurts"
    return panel(scene.frame, title, layer, note=f"for {test.label}", focus=test.ready.focus)


# Charts -------------------------------------------------------------------------------------------------


def _bars(test: Trial, number: int) -> Chart:
    """Bars of the covered picture: the class in question, then the best ones."""
    best = [int(k) for k in np.argsort(-test.after, kind="stable")[:SHOWN]]
    shown = list(dict.fromkeys([test.index, *best]))
    labels, scores = tuple(map(test.card.label, shown)), tuple(float(test.after[k]) for k in shown)
    note = f"{test.label}: {words.score(float(test.before[test.index]))} before"
    sets = tuple({"target": str(k)} for k in shown) if number == 0 else ()
    return Bars("Score now" if number == 0 else test.card.title, labels, scores, note=note, sets=sets)


def _curves(test: Trial, number: int) -> Chart:
    lines = tuple(
        Series(name, 100 * test.curves[order].shares, test.curves[order].scores, colour=colour)
        for order, (name, _, colour) in ORDERS.items()
        if order in test.curves
    )
    title = "Score while covered" if number == 0 else f"{test.card.title}: curves"
    return Curve(title, lines, "% of picture covered", "score", (0.0, _roof(lines)), (0.0, 100.0), test.label)


def _roof(lines: Sequence[Series]) -> float:
    """Upper end of the score's axis: the next tenth above all curves, so that low ones are no flat line."""
    return min(1.0, float(np.ceil(10 * max((float(line.y.max()) for line in lines), default=1.0) + 0.01)) / 10)


# Numbers ------------------------------------------------------------------------------------------------


def _values(test: Trial) -> dict[str, float]:
    before, after = test.before, test.after
    values = numbers(
        covered_share=test.hidden, class_index=test.index, score_before=before[test.index],
        score_after=after[test.index], top_score_after=after.max(), answer_changed=after.argmax() != before.argmax(),
    )  # fmt: skip
    for order, curve in test.curves.items():
        name = order.replace("-", "_")
        values |= numbers(**{f"area_{name}": curve.area, f"flip_share_{name}": curve.flip_share})
    if (drops := test.drops) is not None:
        values |= numbers(
            windows=len(drops), drop_max=drops.max(), drop_min=drops.min(),
            windows_that_help=np.count_nonzero(drops < 0),
        )  # fmt: skip
    return values


def _beside(first: Trial, second: Trial) -> dict[str, float]:
    """Values of the second network, and how alike both maps are."""
    values = {f"second_{name}": value for name, value in _values(second).items()}
    if first.drops is not None and second.drops is not None and first.drops.shape == second.drops.shape:
        both = np.stack([first.drops, second.drops])
        if (both.std(axis=1) > 0).all():
            values["maps_correlation"] = float(np.asarray(np.corrcoef(both))[0, 1])
    return values


# Words --------------------------------------------------------------------------------------------------


def _sentences(tests: list[Trial]) -> Iterator[str]:
    first = tests[0]
    yield _covered(first)
    if first.curves:
        yield _flips(first)
    if first.drops is not None:
        yield (
            f"Of {len(first.drops)} windows, the one that is missed most lowers the logit by "
            f"{first.drops.max():.2f}".replace("-", "−")
            + f"; {np.count_nonzero(first.drops < 0)} raise it when they are hidden."
        )
    if len(tests) > 1:
        yield _second(tests[1], _beside(first, tests[1]).get("maps_correlation"))


def _headline(scene: Scene, test: Trial) -> str:
    was, now = int(test.before.argmax()), int(test.after.argmax())
    if test.hidden == 0:
        return f"Nothing is covered yet: the network says “{test.card.label(was)}”."
    if was != now:
        share = f"{words.percent(test.hidden)} of the picture"
        part = f"{scene.params.covered} % of the box ({share})" if scene.params.shape == "object" else share
        return f"With {part} covered, “{test.card.label(was)}” becomes “{test.card.label(now)}”."
    before, after = (words.score(float(row[now])) for row in (test.before, test.after))
    return f"Covered like this it is still “{test.card.label(now)}” to the network: {before} before, {after} now."


def _covered(test: Trial) -> str:
    was, now = int(test.before.argmax()), int(test.after.argmax())
    before, after = (words.score(float(row[test.index])) for row in (test.before, test.after))
    if test.hidden == 0:
        return f"Nothing that the network sees is covered: {test.label} scores {before}."
    moved = f"With {words.percent(test.hidden)} of the picture covered {test.label} goes from {before} to {after}"
    answer = f"“{test.card.label(now)}” ({words.score(float(test.after[now]))})"
    if was == now:
        return f"{moved}, and the answer stays {answer}."
    return f"{moved}, and the answer is now **{answer}**."


def _flips(test: Trial) -> str:
    parts = []
    for order, curve in test.curves.items():
        share = curve.flip_share
        when = f"at {words.percent(share)}" if share is not None else "never"
        parts.append(f"{ORDERS[order][1]} {when}")
    return f"Covered little by little, the answer changes: {', '.join(parts)}."


def _second(test: Trial, correlation: float | None) -> str:
    before, after = (words.score(float(row[test.index])) for row in (test.before, test.after))
    said = f"{test.card.title} takes {test.label} from {before} to {after} under the same cover"
    if correlation is None:
        return f"{said}."
    alike = f"{correlation:.2f}".replace("-", "−")
    return f"{said}; the two maps have a correlation of {alike}."
