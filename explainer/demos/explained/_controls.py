"""The toggle "Compare with controls": a map against a random map and against mere edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Choice
from explainer.core.layers import Panel
from explainer.core.memo import memo_name
from explainer.core.number_text import number
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.subject import Subject


class Removal(Choice):
    """What takes the place of pixels that a test removes."""

    BLUR = "blur", "Blurred picture"
    MEAN = "mean", "Mean colour"


@dataclass(frozen=True, slots=True)
class TestedMap:
    """A map that takes the deletion and insertion test, and how.

    Parameters
    ----------
    name
        Title of the map; names its line in the charts.
    heat
        ``(h, w)``, the larger the earlier removed.
    key
        What the map depends on beside frame and network.
    """

    name: str
    heat: NDArray[np.float32]
    key: tuple[Any, ...]
    removal: Removal = Removal.BLUR
    draws: int = 1


def control_panels(about: Subject, tested: TestedMap, seed: int) -> tuple[Panel, ...]:
    """Draw the random map and the edge map, each at the tested map's resolution."""
    from explainer.vision.attribution.controls import edge_map, random_map

    size = tested.heat.shape
    return (
        about.heat_panel("Random map", random_map(size, seed), f"no network, {words.cells(size)}"),
        about.heat_panel("Edge map", edge_map(about.x, size), f"no network, {words.cells(size)}"),
    )


def with_controls(about: Subject, base: Part, tested: TestedMap, net: Any, ctx: Context) -> Part:
    """Add the controls' panels, the curves of all three maps and what they come to."""
    from explainer.vision.attribution.controls import compare_with_controls
    from explainer.vision.metrics.heat import is_blank

    shown = base + Part(panels=control_panels(about, tested, ctx.seed))
    if is_blank(tested.heat):
        return shown + Part(sentences=("A blank map orders no pixels, so it cannot be tested.",))

    def run_test() -> Any:
        ctx.publish(about.result(shown, partial=True))
        return compare_with_controls(
            net.network(), about.x, about.index, tested.heat, removal=tested.removal, seed=ctx.seed,
            draws=tested.draws, checkpoint=ctx.checkpoint,
            progress=lambda done: ctx.progress(done, "deletion and insertion"),
        )  # fmt: skip

    how = (about.index, tested.removal, tested.draws, ctx.seed)
    found = ctx.memo(("controls", *memo_name(ctx), tested.name, *tested.key, *how), run_test)
    return shown + Part(
        (), _curves(tested, found), (_verdict(tested, found),), _curve_values(found), headline=_won(tested, found)
    )


def _curves(tested: TestedMap, found: Any) -> tuple[Chart, ...]:
    lines = (
        (tested.name, found.method, "solid", -1),
        ("edges", found.edges, "dashed", -2),
        ("random", found.random, "dotted", -2),
    )
    charts = []
    for title, what, label in (
        ("Deletion", "deletion", "share removed"),
        ("Insertion", "insertion", "share put back"),
    ):
        series = tuple(
            Series(name, 100 * curve.fractions, getattr(curve, what), style, colour)  # type: ignore[arg-type]
            for name, curve, style, colour in lines
        )
        note = "lower is better" if what == "deletion" else "higher is better"
        charts.append(Curve(title, series, f"{label}, %", "score", (0.0, 1.0), (0.0, 100.0), note))
    return tuple(charts)


def _curve_values(found: Any) -> dict[str, float]:
    values = numbers(score_removed=found.bare)
    for suffix, curve in (("", found.method), ("_edges", found.edges), ("_random", found.random)):
        areas = {
            "deletion_auc": curve.deletion_auc,
            "insertion_auc": curve.insertion_auc,
            "faithfulness_gap": curve.gap,
        }
        values |= numbers(**{name + suffix: value for name, value in areas.items()})
    return values


def _verdict(tested: TestedMap, found: Any) -> str:
    """Say who won, also when it was not the map. What is printed equal counts as equal."""
    gap, edges, random = (_two_places(c.gap) for c in (found.method, found.edges, found.random))
    stand_in = "their blurred copy" if tested.removal == Removal.BLUR else "the mean colour"
    told = (
        f"With pixels replaced by {stand_in}, insertion minus deletion is {number(gap)} for {tested.name}, "
        f"{number(edges)} for mere edges and {number(random)} for {_draws(found.random_gaps)}"
    )
    rivals = [name for name, value in (("edges", edges), ("a random map", random)) if value >= gap]
    if rivals:
        return (
            f"{told}. **{' and '.join(rivals).capitalize()} did at least as well here**, so on this "
            f"picture the score is no evidence that the map shows what the network used."
        )
    return f"{told}: the map does better than both on this picture.{_deletion_alone(found)}"


def _won(tested: TestedMap, found: Any) -> str:
    gap = _two_places(found.method.gap)
    rivals = {"Mere edges do": _two_places(found.edges.gap), "A random map does": _two_places(found.random.gap)}
    better = max(rivals, key=lambda name: rivals[name])
    if rivals[better] >= gap:
        return f"{better} at least as well as {tested.name} here: the test is no evidence for this map."
    return f"{tested.name} beats both controls on this picture: mere edges and a random map."


def _deletion_alone(found: Any) -> str:
    method, random = _two_places(found.method.deletion_auc), _two_places(found.random.deletion_auc)
    if random >= method:
        return ""
    return f" By deletion alone the random map would have won ({random:.2f} against {method:.2f})."


def _two_places(value: float) -> float:
    return round(value, 2) + 0.0  # never −0.00


def _draws(gaps: Sequence[float]) -> str:
    if len(gaps) == 1:
        return "one random map of the same resolution"
    return (
        f"{len(gaps)} random maps of the same resolution ({_two_places(min(gaps)):.2f} to {_two_places(max(gaps)):.2f})"
    )
