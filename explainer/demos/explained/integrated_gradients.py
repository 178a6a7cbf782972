"""Integrated Gradients: slopes added up on the way from a baseline to the picture, and whether they add up."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import TOP_1, Choice, ClassIndex, Doc, Plays, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Image, Label, Lines, Panel
from explainer.core.memo import latest, memo_name
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import heat
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.subject import Subject, ask

DEFAULT_STEPS = 32
CLOSED_PERCENT = 5.0  # a gap below this is called closed: the size that the paper asks steps to be raised at
PATCHES = 60  # about so many superpixels, where shares are added up by region
TOLD, FAINT = 3, 0.2  # patches whose shares are written, on either side; below this part of the largest none is
WHOLE, FIRST = 100.0, 0.5  # % of the way, where its play ends and begins
STRETCHES, CURVE_POINTS = 64, 101
MADE = 0.9  # share of the change of score that has to be made before the path counts as climbed


class Baseline(Choice):
    """The picture that stands for “nothing there”."""

    BLACK = "black", "Black"
    GREY = "grey", "Mid-grey"
    BLUR = "blur", "Blurred picture"
    NOISE = "noise", "Noise"


class Rule(Choice):
    """How the slopes at single points are added up."""

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
    steps: Annotated[
        int, Doc("Steps", "Points of the path where the slope is taken."), Range(8, 256, log=True)
    ] = DEFAULT_STEPS  # fmt: skip
    rule: Annotated[Rule, Doc("Quadrature rule", "How the slopes at single points are added up.")] = Rule.TRAPEZOID
    spacing: Annotated[
        Spacing, Doc("Points", "Even, or close together where the score changes (17 forward passes more).")
    ] = Spacing.FOLLOWING
    way: Annotated[
        float, Doc("Way gone", "How far along the path slopes are added up; at 100 % the picture is whole."),
        Range(0.0, 100.0, 0.5, unit="%"), Plays(7.0, "Walk from the baseline to the picture"),
    ] = 100.0  # fmt: skip


class IntegratedGradientsDemo(Demo[Params]):
    """The map, the path, and the gap between what should add up and what does."""

    info = DemoInfo(
        id="integrated-gradients", title="Integrated Gradients", topics=(45,), sample="dog",
        summary="Shares a class's score out among the pixels, and says how much is missing.",
        papers=("sundararajan2017", "kokhlikyan2020"),
        cost=Cost(forwards=DEFAULT_STEPS + 17, backwards=DEFAULT_STEPS),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Walk the path; the map is shown as it grows."""
        with ctx.model() as net:
            about = ask(net, frame, params.target, ctx)
            key = (about.index, params.baseline, params.steps, params.rule, params.spacing, ctx.seed)
            with ctx.stage("explain"):
                path = latest(ctx, ("path", *memo_name(ctx)), key, lambda: _walked(about, net, params, ctx))
                return _result(about, path.part(params.way))


def _walked(about: Subject, net: Any, params: Params, ctx: Context) -> "Path":
    from explainer.vision.attribution.integrated import baseline
    from explainer.vision.attribution.superpixels import superpixels

    start = baseline(about.x, params.baseline, about.card.mean, about.card.std, ctx.seed)
    bare, patches = float(net.logits(start)[0, about.index]), superpixels(about.x, PATCHES)
    for where, stretches, found in _sums(about, start, net.network(), params, ctx):
        ctx.progress(found.done / params.steps, f"{found.done} of {params.steps} points")
        path = Path(about, start, bare, patches, where, stretches, found)
        if found.done < params.steps:
            ctx.publish(_result(about, path.growing(params.steps), partial=True))
    return path


def _sums(about: Subject, start: Any, network: Any, params: Params, ctx: Context) -> Iterator[tuple[Any, Any, Any]]:
    """Points of the path, what its stretches added so far, and how far the sum has come."""
    from explainer.vision.attribution.integrated import PROBES, following, integrate, points, scores_along

    path, along = (network, about.x, start, about.index), None
    if params.spacing == Spacing.FOLLOWING:
        along = following(PROBES, scores_along(*path, PROBES, checkpoint=ctx.checkpoint))
    where = points(params.rule, params.steps, along)
    stretches = about.x.new_zeros((min(STRETCHES, params.steps), *about.x.shape[2:]))
    for found in integrate(*path, where, checkpoint=ctx.checkpoint, stretches=stretches):
        yield where, stretches, found


def _result(about: Subject, part: Part, **more: Any) -> Result:
    """The shares' chart stands before the scores of the classes."""
    opening = about.opening()
    charts = (*part.charts, *opening.charts)
    return replace(opening + part, charts=charts).result(input=about.x.cpu().numpy(), **more)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One path: from `start`, whose logit is `bare`, to the picture, and what it gave.

    `patches` ``(S, S)`` are numbers of the picture's regions; `where` the points, `stretches` ``(R, S, S)`` what each
    part of the path adds, `found` the sum of as many points as are done.
    """

    about: Subject
    start: Any
    bare: float
    patches: NDArray[np.int64]
    where: Any
    stretches: Any
    found: Any

    @property
    def due(self) -> float:
        """What the attributions should add up to."""
        return float(self.about.logits[self.about.index]) - self.bare

    @property
    def heat(self) -> NDArray[np.float32]:
        """What each pixel adds ``(S, S)``."""
        from explainer.vision.attribution.gradients import to_map

        return to_map(self.found.attributions, "sum")

    def sums(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Share of each patch."""
        return np.bincount(self.patches.ravel(), values.ravel().astype(np.float64)).astype(np.float32)

    @property
    def scores(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places on the path, and the logit there."""
        alphas = np.concatenate([[0.0], self.where.alphas, [1.0]])
        return alphas, np.concatenate([[self.bare], self.found.scores, [self.bare + self.due]])

    def growing(self, steps: int) -> Part:
        """What can be shown before the end."""
        text, values = f"{self.found.done} of {steps} points of the path are added up.", self.heat
        told = numbers(steps_done=self.found.done, score_difference=self.due)
        panels = self._panels(values, 1.0)
        return Part(panels, (self._bill(values),), (text,), told, heroes=(panels[0].slug,))

    def part(self, way: float) -> Part:
        """The whole result, or as far as `way` per cent of the path."""
        steps, share, values = self.found.done, way / WHOLE, self._values()
        passed = int(np.count_nonzero(self.where.alphas <= share)) if way < WHOLE else steps
        rows = passed * len(self.stretches) // steps
        done = -(-rows * steps // len(self.stretches))  # points that these stretches hold
        logits = np.interp(np.geomspace(FIRST, WHOLE, CURVE_POINTS) / WHOLE, *self.scores)
        note, at = "curve: logit on the way", max(way, FIRST)
        play = Play("way", FIRST, WHOLE, at, logits - logits.min(), f"{done} of {steps} points", log=True, note=note)
        added, headline, reading = self.heat, self._headline(values), self._reading(values, steps)
        if way < WHOLE:
            gone = float(np.interp(share, *self.scores)) - self.bare
            added = self.stretches[:rows].sum(dim=0).float().cpu().numpy()
            values |= numbers(way_percent=way, points_done=done, summed_so_far=added.sum())
            headline = f"{way:.3g} % of the way in, the logit of {self.about.label} has changed by {_signed(gone)}."
            reading = f"{headline} {words.count(done, 'point')} of {steps} add up to {_signed(added.sum())}."
        panels, charts = self._panels(added, share), (self._bill(added), self._chart(done))
        return Part(panels, charts, (reading,), values, headline=headline, heroes=(panels[0].slug,), play=play)

    # Panels and charts ------------------------------------------------------------------------------

    def _panels(self, added: NDArray[np.float32], share: float) -> tuple[Panel, Panel]:
        """Shares of patches of like colour; and of pixels, over the picture as it has come; in the whole's colours."""
        from explainer.vision.metrics.heat import upper_limit

        about, place = self.about, self.about.map_to_frame(added.shape)
        pixel, patch = upper_limit(self.heat, 0.99), upper_limit(self.sums(self.heat))
        of_patches = self.sums(added)
        large = heat(of_patches[self.patches], place, limit=patch, signed=True, smooth=False)
        marks = self._marks(of_patches, patch)
        fine = heat(added, place, limit=pixel, signed=True)
        return (
            about.panel("Shares of patches", self._grey(1.0), large, *marks, note=about.label),
            about.panel("Integrated Gradients", self._grey(share), fine, note="the same for each pixel"),
        )

    def _grey(self, share: float) -> Image:
        """The picture a share of the way in, without its colours, which are the map's."""
        from explainer.vision.attribution.views import to_pixels

        about = self.about
        seen = to_pixels(self.start + share * (about.x - self.start), about.card.mean, about.card.std)
        return Image("grey", np.repeat(seen.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8), about.to_frame)

    def _marks(self, sums: NDArray[np.float32], largest: float) -> Iterator[Lines | Label]:
        """Outline of the patch that adds most, and the shares of those that add or take away most."""
        from explainer.vision.segmentation.painting import contours

        paths = tuple(apply(self.about.to_frame, one) for one in contours(self.patches == int(sums.argmax())))
        yield Lines("adds most", paths, (1,) * len(paths), closed=True, width_px=3.0)
        order = np.argsort(-sums, kind="stable")
        for k in (*order[:TOLD], *order[:-TOLD:-1]):
            if abs(sums[k]) >= FAINT * largest:
                yield Label(f"share {k}", _signed(sums[k], "+.1f"), self._spot(int(k)))

    def _spot(self, patch: int) -> tuple[float, float]:
        """Pixel of a patch that is next to its middle, in frame pixels."""
        cells = np.argwhere(self.patches == patch) + 0.5
        nearest = cells[((cells - cells.mean(0)) ** 2).sum(1).argmin()]
        x, y = apply(self.about.to_frame, nearest[None, ::-1])[0]
        return float(x), float(y)

    def _bill(self, added: NDArray[np.float32]) -> Bars:
        """Whether the shares add up to the change of the logit."""
        sums = self.sums(added).astype(np.float64)
        whole = self.sums(self.heat)
        shown = (sums[sums > 0].sum(), sums[sums < 0].sum(), sums.sum(), self.due)
        lo, hi = min(0.0, whole[whole < 0].sum(), self.due), max(0.0, whole[whole > 0].sum(), self.due)
        labels, shares = ("red patches", "blue patches", "together", "true change"), tuple(map(float, shown))
        return Bars("Do they add up?", labels, shares, float(hi) or 1.0, float(lo), "+.1f", 2, "in logits")

    def _chart(self, done: int) -> Curve:
        """Plot the logit along the path, and slopes added up."""
        weights = self.where.weights[:done]
        edges = np.concatenate([[0.0], np.cumsum(weights)])
        summed = self.bare + np.concatenate([[0.0], np.cumsum(weights * self.found.slopes[:done])])
        series = (Series("logit", *self.scores), Series("slopes added up", edges, summed, "dashed", -2))
        return Curve("Score along the path", series, "share of the way α", "logit", None, (0.0, 1.0))

    # Numbers and words ------------------------------------------------------------------------------

    def _values(self) -> dict[str, float]:
        from explainer.vision.attribution.integrated import reached
        from explainer.vision.metrics.heat import peak

        found, alphas, due, values, added = self.found, self.where.alphas, self.due, {}, self.heat
        total, steep, sums = (
            float(found.attributions.double().sum()),
            int(np.abs(found.slopes).argmax()),
            self.sums(added),
        )
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
        rows, columns = np.nonzero(self.patches == int(sums.argmax()))
        x, y = apply(self.about.to_frame, np.array([[columns.mean() + 0.5, rows.mean() + 0.5]]))[0]
        values |= numbers(patch_most=sums.max(), patch_x_px=x, patch_y_px=y)
        top = peak(added, self.about.map_to_frame(added.shape))
        return values if top is None else values | numbers(peak_x_px=top.x_px, peak_y_px=top.y_px)

    def _headline(self, values: dict[str, float]) -> str:
        if "gap_percent" not in values:
            return "Baseline and picture score the same: there is nothing to share out."
        gap, label, most = abs(values["gap_percent"]), self.about.label, values["patch_most"]
        patch = f"outlined patch {self.about.place(values['patch_x_px'], values['patch_y_px'])}"
        if gap >= CLOSED_PERCENT:
            return f"The {patch} adds most to {label}; all shares together are still {gap:.0f} % off."
        sums = self.sums(self.heat)
        if most <= 0:
            return f"No patch adds to {label}: all of them take away."
        return f"The {patch} adds most to {label}: {most:.1f} of the {sums[sums > 0].sum():.1f} from red patches."

    def _reading(self, values: dict[str, float], steps: int) -> str:
        total, due = _signed(values["attribution_sum"]), _signed(values["score_difference"])
        start = f"From the baseline to this picture the logit of {self.about.label} changes by {due}."
        if "gap_percent" not in values:
            return f"{start} There is nothing to share out: baseline and picture score the same."
        gap, inside = abs(values["gap_percent"]), int(values["points_in_climb"])
        closed = f"a gap of {gap:.1f} %: **they add up**" if gap < CLOSED_PERCENT else f"**a gap of {gap:.0f} %**"
        return (
            f"{start} The shares, from {steps} points, sum to {total}, {closed}. "
            f"{words.percent(MADE)} of the change is made in the first {100 * values['climbed_alpha']:.1f} % of the "
            f"path, where {inside} of the points {'lies' if inside == 1 else 'lie'}."
        )


def _signed(value: float, form: str = ".2f") -> str:
    return f"{value:{form}}".replace("-", "−")
