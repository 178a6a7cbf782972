"""A walk from a baseline to the picture: what is drawn of it, and what is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainer.core import words
from explainer.core.charts import Curve, Series
from explainer.core.context import Context
from explainer.core.layers import Image, Panel
from explainer.core.parts import Part
from explainer.core.subject import Subject

CLOSED_PERCENT = 5.0  # a gap below this is called closed: the size that the paper asks steps to be raised at
MADE = 0.9  # share of the change of score that has to be made before the path counts as climbed


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One path: from `start`, whose logit is `bare`, to the picture."""

    about: Subject
    start: Any
    bare: float
    rule: str
    steps: int
    follow: bool

    @property
    def due(self) -> float:
        """What the attributions should add up to."""
        return float(self.about.logits[self.about.index]) - self.bare

    def sums(self, network: Any, ctx: Context) -> Iterator["Sum"]:
        """Sums so far, each with the points that it rests on."""
        from explainer.vision.attribution.integrated import integrate

        about, where = self.about, self._where(network, ctx)
        for s in integrate(network, about.x, self.start, about.index, where, checkpoint=ctx.checkpoint):
            yield Sum(where, s.done, s.attributions, s.scores, s.slopes)

    def _where(self, network: Any, ctx: Context) -> Any:
        from explainer.vision.attribution.integrated import PROBES, following, points, scores_along

        along = None
        if self.follow:
            about = self.about
            scores = scores_along(network, about.x, self.start, about.index, PROBES, checkpoint=ctx.checkpoint)
            along = following(PROBES, scores)
        return points(self.rule, self.steps, along)  # type: ignore[arg-type]

    def growing(self, found: "Sum") -> Part:
        """What can be shown before the end."""
        values = {"steps_done": float(found.done), "score_difference": self.due}
        text = f"{found.done} of {self.steps} points of the path are added up."
        return Part((self._baseline(), self._map(found)), (), (text,), values)

    def part(self, found: "Sum") -> Part:
        """All of it."""
        steep = int(np.abs(found.slopes).argmax())
        panels = (self._baseline(), self._picture_at(found, steep), self._map(found))
        values = self._values(found, steep)
        return Part(panels, (self._score(found), self._slope(found)), (self._reading(values),), values)

    # Panels -----------------------------------------------------------------------------------------

    def _view(self, title: str, x: Any, note: str) -> Panel:
        from explainer.vision.attribution.views import to_pixels

        about = self.about
        seen = Image("view", to_pixels(x, about.card.mean, about.card.std), about.to_frame)
        picture = Image("picture", about.frame.pixels, focus=about.focus)
        return Panel(title, (about.frame.width, about.frame.height), (picture, seen), note)

    def _baseline(self) -> Panel:
        return self._view("Baseline", self.start, f"logit {_signed(self.bare)}")

    def _picture_at(self, found: "Sum", number: int) -> Panel:
        alpha = float(found.where.alphas[number])
        x = self.start + alpha * (self.about.x - self.start)
        note = f"{100 * alpha:.1f} % of the way, logit {_signed(float(found.scores[number]))}"
        return self._view("Steepest point", x, note)

    def _map(self, found: "Sum") -> Panel:
        from explainer.vision.attribution.gradients import to_map
        from explainer.vision.metrics.heat import upper_limit

        heat = to_map(found.attributions, "sum")
        return self.about.heat_panel(
            "Integrated Gradients",
            heat,
            self.about.label,
            limit=upper_limit(heat, 0.99),
            signed=True,
        )

    # Charts -----------------------------------------------------------------------------------------

    def _score(self, found: "Sum") -> Curve:
        alphas = np.concatenate([[0.0], found.where.alphas, [1.0]])
        scores = np.concatenate([[self.bare], found.scores, [self.bare + self.due]])
        summed = np.concatenate([[0.0], np.cumsum(found.where.weights * found.slopes)])
        edges = np.concatenate([[0.0], np.cumsum(found.where.weights)])
        series = (
            Series("logit", alphas, scores),
            Series("slopes added up", edges, self.bare + summed, "dashed", -2),
        )
        return Curve("Score along the path", series, "share of the way α", "logit", None, (0.0, 1.0))

    def _slope(self, found: "Sum") -> Curve:
        series = (Series("slope", found.where.alphas, found.slopes),)
        return Curve("Slope along the path", series, "share of the way α", "logit per way", None, (0.0, 1.0))

    # Numbers and words ------------------------------------------------------------------------------

    def _values(self, found: "Sum", steep: int) -> dict[str, float]:
        from explainer.vision.attribution.gradients import to_map
        from explainer.vision.metrics.heat import peak

        total = float(found.attributions.double().sum())
        values = {
            "steps": float(found.done),
            "baseline_logit": self.bare,
            "score_difference": self.due,
            "attribution_sum": total,
            "gap_logits": total - self.due,
            "steepest_alpha": float(found.where.alphas[steep]),
            "steepest_slope": float(found.slopes[steep]),
        }
        if abs(self.due) > 1e-3:
            values["gap_percent"] = 100.0 * (total - self.due) / abs(self.due)
            climbed = found.reached(self.bare, self.due, MADE)
            values["climbed_alpha"] = climbed
            values["points_in_climb"] = float(np.count_nonzero(found.where.alphas <= climbed))
        heat = to_map(found.attributions, "sum")
        top = peak(heat, self.about.map_to_frame(heat.shape))
        return values if top is None else values | {"peak_x_px": top.x_px, "peak_y_px": top.y_px}

    def _reading(self, values: dict[str, float]) -> str:
        total, due = _signed(values["attribution_sum"]), _signed(values["score_difference"])
        start = (
            f"From the baseline to this picture the logit of {self.about.label} changes by {due}; "
            f"the attributions of {self.steps} points add up to {total}"
        )
        if "gap_percent" not in values:
            return f"{start}. There is nothing to share out: baseline and picture score the same."
        gap, inside = abs(values["gap_percent"]), int(values["points_in_climb"])
        way = (
            f"{words.percent(MADE)} of the change is made in the first {100 * values['climbed_alpha']:.1f} % of the "
            f"way, where {inside} of the points {'lies' if inside == 1 else 'lie'}."
        )
        if gap < CLOSED_PERCENT:
            return f"{start}, a gap of {gap:.1f} %: **they add up**. {way}"
        return f"{start}: **a gap of {gap:.0f} %**. {way}"


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Slopes and scores at points of the path, and the weighted sum."""

    where: Any
    done: int
    attributions: Any
    scores: Any
    slopes: Any

    def reached(self, bare: float, due: float, share: float) -> float:
        """First place, between points by a straight line, from which on `share` of the change was made."""
        alphas = np.concatenate([[0.0], self.where.alphas, [1.0]])
        made = np.concatenate([[0.0], (self.scores - bare) / due, [1.0]])
        after = int(np.argmax(made >= share))
        before = after - 1
        rise = made[after] - made[before]
        part = (share - made[before]) / rise if rise > 0 else 1.0
        return float(alphas[before] + part * (alphas[after] - alphas[before]))


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
