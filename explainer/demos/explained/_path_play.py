"""Integrated Gradients on its way: the picture fades in, and what was added up so far."""

from dataclasses import replace
from typing import Any

import numpy as np

from explainer.core import words
from explainer.core.charts import Curve
from explainer.core.layers import Layer, Panel
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play

WHOLE = 100.0  # %
STRETCHES, CURVE_POINTS = 64, 101


def stretches(x: Any, steps: int) -> Any:
    """Room for what each stretch of the path adds, for `explainer.vision.attribution.integrated.integrate`."""
    return x.new_zeros((min(STRETCHES, steps), x.shape[2], x.shape[3]))


def played(walk: Any, found: Any, whole: Part, way: float) -> Part:
    """The whole result, or as far as `way` per cent of the path."""
    steps = found.done
    share = way / WHOLE
    done = int(np.count_nonzero(found.where.alphas <= share)) if way < WHOLE else steps
    along = np.linspace(0.0, 1.0, CURVE_POINTS)
    logits = np.interp(along, *_scores(walk, found))
    play = Play(
        "way", 0.0, WHOLE, way, logits - logits.min(), f"{done} of {steps} points", note="curve: logit on the way"
    )
    if way >= WHOLE:
        return whole + Part(play=play)
    here = float(np.interp(share, *_scores(walk, found)))
    values = numbers(way_percent=way, points_done=done, summed_so_far=_summed(found, done))
    text = (
        f"{way:.3g} % of the way from the baseline to the picture the logit of {walk.about.label} has changed by "
        f"{_signed(here - walk.bare)}; {words.count(done, 'point')} of {steps} add up to "
        f"{_signed(values['summed_so_far'])}."
    )
    picture = _picture(walk, share, here)
    shown = _map(walk, found, done, picture.layers[-1])
    regions = walk.regions_panel(shown, whole.panels[2].layers[1].hi)  # type: ignore[union-attr]
    headline = f"{way:.3g} % of the way in, the logit of {walk.about.label} has changed by {_signed(here - walk.bare)}."
    panels = (picture, shown, regions)
    charts = (_until(walk.score_chart(found), float(found.where.weights[:done].sum())), *whole.charts[1:])
    return Part(
        panels, charts, (text,), {**whole.values, **values}, headline=headline,
        heroes=(shown.slug, regions.slug), play=play,
    )  # fmt: skip


def _scores(walk: Any, found: Any) -> tuple[Any, Any]:
    """Places on the path, and the logit there."""
    alphas = np.concatenate([[0.0], found.where.alphas, [1.0]])
    return alphas, np.concatenate([[walk.bare], found.scores, [walk.bare + walk.due]])


def _summed(found: Any, done: int) -> float:
    return float((found.where.weights * found.slopes)[:done].sum())


def _picture(walk: Any, share: float, logit: float) -> Panel:
    x = walk.start + share * (walk.about.x - walk.start)
    panel: Panel = walk.view("On the way", x, f"{WHOLE * share:.0f} % of the way, logit {_signed(logit)}")
    return panel


def _map(walk: Any, found: Any, done: int, picture: Layer) -> Panel:
    """What was added up so far, in the colours of the whole, over the picture as it is there."""
    whole: Panel = walk.map_panel(found)
    *below, heat = whole.layers
    rows = done * len(found.stretches) // found.done
    values = found.stretches[:rows].sum(dim=0).float().cpu().numpy()
    return replace(whole, layers=(*below, picture, replace(heat, values=values)))


def _until(chart: Curve, share: float) -> Curve:
    """The sum's line as far as it has come; the score's line is known."""
    score, summed = chart.series
    near = summed.x <= share + 1e-9
    return replace(chart, series=(score, replace(summed, x=summed.x[near], y=summed.y[near])))


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
