"""Integrated Gradients: slopes added up on the way from a baseline to the picture, and whether they add up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Curve, Series
from explainer.core.context import Context
from explainer.core.controls import TOP_1, Choice, ClassIndex, Doc, Plays, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Image, Lines, Panel
from explainer.core.memo import latest, memo_name
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import Subject, ask
from explainer.demos.explained import _path_play as path_play

DEFAULT_STEPS = 32
CLOSED_PERCENT = 5.0  # a gap below this is called closed: the size that the paper asks steps to be raised at
PATCHES = 60  # about so many superpixels, where shares are added up by region
FADED = (0.1, 0.3, 0.6, 1.0)  # shares of the way that are drawn
MADE = 0.9  # share of the change of score that has to be made before the path counts as climbed


class Baseline(Choice):
    """The picture that stands for “nothing there”."""

    BLACK = "black", "Black"
    GREY = "grey", "Mid-grey"
    BLUR = "blur", "Blurred picture"
    NOISE = "noise", "Noise"


class Rule(Choice):
    """How slopes at points stand for the whole path."""

    TRAPEZOID = "trapezoid", "Trapezoids"
    RIGHT = "right", "Right ends"
    LEFT = "left", "Left ends"
    GAUSS = "gauss", "Gauss–Legendre"


class Spacing(Choice):
    """Where the points lie."""

    EVEN = "even", "Even"
    FOLLOWING = "following", "Follow the score"


@dataclass(frozen=True, slots=True)
class Params:
    """From where, how, and in how many steps."""

    target: Annotated[ClassIndex, Doc("Class", "Whose score is shared out among the pixels.")] = TOP_1
    baseline: Annotated[
        Baseline, Doc("Baseline", "The picture that stands for “nothing there”. There is no neutral one.")
    ] = Baseline.BLACK
    steps: Annotated[int, Doc("Steps", "Points of the path where the slope is taken."), Range(8, 256, log=True)] = (
        DEFAULT_STEPS
    )
    rule: Annotated[Rule, Doc("Quadrature rule", "How slopes at points stand for the whole path.")] = Rule.TRAPEZOID
    spacing: Annotated[
        Spacing, Doc("Points", "Even, or close together where the score changes (17 forward passes more).")
    ] = Spacing.FOLLOWING
    way: Annotated[
        float,
        Doc("Way gone", "How far along the path slopes are added up; at 100 % the picture is whole."),
        Range(0.0, 100.0, 0.5, unit="%"),
        Plays(7.0, "Walk from the baseline to the picture"),
    ] = 100.0


class IntegratedGradientsDemo(Demo[Params]):
    """The map, the path, and the gap between what should add up and what does."""

    info = DemoInfo(
        id="integrated-gradients",
        title="Integrated Gradients",
        topics=(45,),
        sample="dog",
        summary="Shares a class's score out among the pixels, and says how much is missing.",
        papers=("sundararajan2017", "kokhlikyan2020"),
        cost=Cost(forwards=DEFAULT_STEPS + 17, backwards=DEFAULT_STEPS),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Walk the path; the map is shown as it grows."""
        with ctx.model() as net:
            about = ask(net, frame, params.target, ctx)
            key = (about.index, params.baseline, params.steps, params.rule, params.spacing, ctx.seed)
            with ctx.stage("explain"):
                walk, found = latest(ctx, ("path", *memo_name(ctx)), key, lambda: _walked(about, net, params, ctx))
                whole = latest(ctx, ("whole", *memo_name(ctx)), key, lambda: walk.part(found, params.steps))
            return about.result(path_play.played(walk, found, whole, params.way))


def _walked(about: Subject, net: Any, params: Params, ctx: Context) -> tuple["Walk", "Sum"]:
    from explainer.vision.attribution.integrated import baseline
    from explainer.vision.attribution.superpixels import superpixels

    start = baseline(about.x, params.baseline, about.card.mean, about.card.std, ctx.seed)
    walk = Walk(about, start, float(net.logits(start)[0, about.index]), superpixels(about.x, PATCHES))
    for found in walk.sums(net.network(), params, ctx):
        ctx.progress(found.done / params.steps, f"{found.done} of {params.steps} points")
        if found.done < params.steps:
            ctx.publish(about.result(walk.growing(found, params.steps), partial=True))
    return walk, found


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Points of the path, slopes and scores at them, and the weighted sum, of as many as are `done`."""

    where: Any
    done: int
    attributions: Any
    scores: Any
    slopes: Any
    stretches: Any


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One path: from `start`, whose logit is `bare`, to the picture; `patches` (S, S) are numbers of its regions."""

    about: Subject
    start: Any
    bare: float
    patches: NDArray[np.int64]

    @property
    def due(self) -> float:
        """What the attributions should add up to."""
        return float(self.about.logits[self.about.index]) - self.bare

    def sums(self, network: Any, params: Params, ctx: Context) -> Iterator[Sum]:
        """Sums so far, each with the points that it rests on."""
        from explainer.vision.attribution.integrated import PROBES, following, integrate, points, scores_along

        path, along = (network, self.about.x, self.start, self.about.index), None
        if params.spacing == Spacing.FOLLOWING:
            along = following(PROBES, scores_along(*path, PROBES, checkpoint=ctx.checkpoint))
        where = points(params.rule, params.steps, along)
        stretches = path_play.stretches(self.about.x, params.steps)
        for s in integrate(*path, where, checkpoint=ctx.checkpoint, stretches=stretches):
            yield Sum(where, s.done, s.attributions, s.scores, s.slopes, stretches)

    def growing(self, found: Sum, steps: int) -> Part:
        """What can be shown before the end."""
        text = f"{found.done} of {steps} points of the path are added up."
        values = numbers(steps_done=found.done, score_difference=self.due)
        shown = self.map_panel(found)
        panels = (self.fade_panel(), shown, self.regions_panel(shown))
        return Part(panels, (), (text,), values, heroes=tuple(one.slug for one in panels[1:]))

    def part(self, found: Sum, steps: int) -> Part:
        """All of it."""
        steep = int(np.abs(found.slopes).argmax())
        shown = self.map_panel(found)
        panels = (self.fade_panel(), shown, self.regions_panel(shown))
        values = self._values(found, steep)
        charts, reading = (self.score_chart(found), self._slope(found)), (self._reading(values, steps),)
        return Part(
            panels, charts, reading, values, headline=self._headline(values), heroes=tuple(p.slug for p in panels[1:])
        )

    def _headline(self, values: dict[str, float]) -> str:
        if "gap_percent" not in values:
            return "Baseline and picture score the same: there is nothing to share out."
        gap, label = abs(values["gap_percent"]), self.about.label
        if gap >= CLOSED_PERCENT:
            return f"The pixels' shares miss the change in the logit of {label} by {gap:.0f} %: more points are needed."
        where = self.about.place(values["patch_x_px"], values["patch_y_px"])
        most = f"The outlined patch {where} adds most to the logit of {label}: {values['patch_most']:.1f}"
        return f"{most} of {self.due:.1f} as the picture fades in." if self.due > 0 else f"{most}."

    # Panels and charts ------------------------------------------------------------------------------

    def view(self, title: str, x: Any, note: str) -> Panel:
        """Draw a point of the path as a picture."""
        from explainer.vision.attribution.views import to_pixels

        about = self.about
        return about.panel(
            title, Image("view", to_pixels(x, about.card.mean, about.card.std), about.to_frame), note=note
        )

    def fade_panel(self) -> Panel:
        """Draw the picture as it fades in."""
        from explainer.vision.attribution.strongest import mosaic
        from explainer.vision.attribution.views import to_pixels

        mean, std = self.about.card.mean, self.about.card.std
        there = [self.start + share * (self.about.x - self.start) for share in FADED]
        sheet = mosaic([to_pixels(x, mean, std) for x in there], 2, int(self.about.x.shape[-1]))
        return Panel("Fade-in", (sheet.shape[1], sheet.shape[0]), (Image("stages", sheet),), "10–100 %", frame=False)

    def map_panel(self, found: Sum) -> Panel:
        """Draw what each pixel adds."""
        from explainer.vision.attribution.gradients import to_map
        from explainer.vision.metrics.heat import upper_limit

        heat = to_map(found.attributions, "sum")
        limit = upper_limit(heat, 0.99)
        return self.about.heat_panel("Integrated Gradients", heat, self.about.label, limit=limit, signed=True)

    def regions_panel(self, of: Panel, limit: float = 0.0) -> Panel:
        """Draw the same shares added up in patches of like colour, and the one that adds most outlined."""
        from explainer.vision.metrics.heat import upper_limit
        from explainer.vision.segmentation.painting import contours

        sums = self._sums(of.layers[-1].values)  # type: ignore[union-attr]
        look = {"limit": limit or upper_limit(sums), "signed": True, "smooth": False}
        panel = self.about.heat_panel("Shares of patches", sums[self.patches], "pixels added up", **look)
        best = contours(self.patches == int(sums.argmax()))
        paths = tuple(apply(self.about.to_frame, one) for one in best)
        edge = Lines("adds most", paths, (1,) * len(paths), closed=True, width_px=3.0)
        return replace(panel, layers=(*panel.layers, edge))

    def _sums(self, heat: NDArray[np.float32]) -> NDArray[np.float32]:
        """Share of each patch."""
        return np.bincount(self.patches.ravel(), heat.ravel().astype(np.float64)).astype(np.float32)

    def score_chart(self, found: Sum) -> Curve:
        """Plot the logit along the path, and slopes added up."""
        alphas = np.concatenate([[0.0], found.where.alphas, [1.0]])
        scores = np.concatenate([[self.bare], found.scores, [self.bare + self.due]])
        summed = np.concatenate([[0.0], np.cumsum(found.where.weights * found.slopes)])
        edges = np.concatenate([[0.0], np.cumsum(found.where.weights)])
        series = (
            Series("logit", alphas, scores),
            Series("slopes added up", edges, self.bare + summed, "dashed", -2),
        )
        return Curve("Score along the path", series, "share of the way α", "logit", None, (0.0, 1.0))

    def _slope(self, found: Sum) -> Curve:
        series = (Series("slope", found.where.alphas, found.slopes),)
        return Curve("Slope along the path", series, "share of the way α", "logit per way", None, (0.0, 1.0))

    # Numbers and words ------------------------------------------------------------------------------

    def _values(self, found: Sum, steep: int) -> dict[str, float]:
        from explainer.vision.attribution.gradients import to_map
        from explainer.vision.attribution.integrated import reached
        from explainer.vision.metrics.heat import peak

        alphas, total, due = found.where.alphas, float(found.attributions.double().sum()), self.due
        values = numbers(
            steps=found.done, baseline_logit=self.bare, score_difference=due, attribution_sum=total,
            gap_logits=total - due, steepest_alpha=alphas[steep], steepest_slope=found.slopes[steep],
        )  # fmt: skip
        if abs(due) > 1e-3:
            climbed = reached(alphas, (found.scores - self.bare) / due, MADE)
            values |= numbers(
                gap_percent=100.0 * (total - due) / abs(due), climbed_alpha=climbed,
                points_in_climb=np.count_nonzero(alphas <= climbed),
            )  # fmt: skip
        heat = to_map(found.attributions, "sum")
        sums = self._sums(heat)
        rows, columns = np.nonzero(self.patches == int(sums.argmax()))
        x, y = apply(self.about.to_frame, np.array([[columns.mean() + 0.5, rows.mean() + 0.5]]))[0]
        values |= numbers(patch_most=sums.max(), patch_x_px=x, patch_y_px=y)
        top = peak(heat, self.about.map_to_frame(heat.shape))
        return values if top is None else values | numbers(peak_x_px=top.x_px, peak_y_px=top.y_px)

    def _reading(self, values: dict[str, float], steps: int) -> str:
        total, due = _signed(values["attribution_sum"]), _signed(values["score_difference"])
        start = (
            f"From the baseline to this picture the logit of {self.about.label} changes by {due}; "
            f"the attributions of {steps} points add up to {total}"
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


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
