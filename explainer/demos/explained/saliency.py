"""Saliency: the gradient of a class's logit with respect to each pixel."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, Choice, ClassIndex, Doc, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Image, Label, Lines, Panel
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import heat as as_heat
from explainer.core.result import Result
from explainer.core.subject import Subject, subject
from explainer.demos.explained import _forgetting as forgetting
from explainer.demos.explained._controls import Removal, TestedMap, with_controls

TRAINED = ("trained",)
FADED = 0.6  # how light the picture stays under marked pixels
INSIDE, OUTSIDE = (1, (255, 190, 0)), (4, (86, 180, 233))  # of Grad-CAM's outline: colours of a chip, and of pixels


class Method(Choice):
    """What is done with the gradient."""

    GRADIENT = "gradient", "Gradient"
    GRADIENT_X_INPUT = "gradient-x-input", "Gradient × input"
    SMOOTHGRAD = "smoothgrad", "SmoothGrad"


class Channels(Choice):
    """How three channels become one."""

    MAX = "max", "Largest of |R|, |G|, |B|"
    SUM = "sum", "Sum, signed"
    MEAN = "mean", "Mean of |R|, |G|, |B|"
    L2 = "l2", "Length"


SMOOTHED, TESTED = When("method", (Method.SMOOTHGRAD,)), When("controls", (True,))


@dataclass(frozen=True, slots=True)
class Params:
    """What can be asked of the map."""

    target: Annotated[ClassIndex, Doc("Class", "Whose logit the gradient is taken of.")] = TOP_1
    method: Annotated[Method, Doc("Method", "SmoothGrad averages over noisy copies.")] = Method.GRADIENT
    channels: Annotated[Channels, Doc("Channels", "Only the signed sum tells more light from less.")] = Channels.MAX
    samples: Annotated[
        int, Doc("Noisy copies", "More of them leave less grain, and take longer."), Range(2, 64), SMOOTHED
    ] = 16
    noise: Annotated[
        float, Doc("Noise", "Standard deviation, as a share of the picture's range of values."),
        Range(0.0, 0.5, step=0.01), SMOOTHED,
    ] = 0.15  # fmt: skip
    controls: Annotated[
        bool, Doc("Compare with controls", "A random map and a map of edges take the same test as this map.")
    ] = False
    removal: Annotated[Removal, Doc("Cover with", "What takes the place of removed pixels."), TESTED] = Removal.BLUR
    draws: Annotated[
        int, Doc("Random maps", "One random map can be lucky; the mean of several cannot."), Range(1, 8), TESTED
    ] = 1
    randomise: Annotated[
        int,
        Doc("Randomised layers", "From the top, this many layers get random weights. Does the map change?"),
        Range(0, 20, step=1),
    ] = 0


class Saliency(Demo[Params]):
    """How much each pixel moves the logit."""

    info = DemoInfo(
        id="saliency", title="Saliency", topics=(45,), sample="dog",
        summary="How strongly each pixel moves the logit of a class.",
        papers=("simonyan2014", "smilkov2017", "shrikumar2017", "adebayo2018", "petsiuk2018"),
        cost=Cost(forwards=2, backwards=1, tail=True),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Draw the gradient's map of one class, and on request test it."""
        with ctx.model() as net:
            ready, network = prepared(frame, net, ctx), net.network()
            with ctx.stage("model"):
                graph = _graph(network, ready.tensor, TRAINED, ctx)
            about = subject(frame, ready, graph.logits, params.target, ctx)
            with ctx.stage("explain"):
                heat = _map(about, graph, network, params, TRAINED, ctx)
                found = _found(about, net, ctx)
            part = _map_part(about, heat, params, found)
            if params.randomise:
                part += _randomised(about, heat, params, net, ctx)
            if params.controls:
                key = (params.method, params.channels, params.samples, params.noise)
                tested = TestedMap(params.method.label, np.abs(heat), key, params.removal, params.draws)
                part = with_controls(about, part, tested, net, ctx)
            return about.result(part)


def _graph(network: Any, x: Any, of: tuple[Any, ...], ctx: Context) -> Any:
    from explainer.vision.attribution.gradients import InputGraph

    return latest(ctx, f"{of[0]} graph", of, lambda: InputGraph(network, x))


def _map(
    about: Subject, graph: Any, network: Any, params: Params, of: tuple[Any, ...], ctx: Context
) -> NDArray[np.float32]:
    """Map ``(S, S)`` of the method; gradients are memoised, so another reduction costs nothing."""
    from explainer.vision.attribution.gradients import gradient_x_input, to_map

    if params.method == Method.SMOOTHGRAD:
        return to_map(_smooth(about, network, params, of, ctx), params.channels)
    key = ("input gradient", *memo_name(ctx), *of, about.index)
    gradient = ctx.memo(key, lambda: graph.gradient(about.index))
    if params.method == Method.GRADIENT_X_INPUT:
        gradient = gradient_x_input(about.x, gradient)
    return to_map(gradient, params.channels)


def _smooth(about: Subject, network: Any, params: Params, of: tuple[Any, ...], ctx: Context) -> Any:
    """Mean gradient over noisy copies; the trained network's is shown as it grows."""
    from explainer.vision.attribution.gradients import smooth_grad, to_map

    def average() -> Any:
        steps = smooth_grad(
            network, about.x, about.index, samples=params.samples, noise=params.noise, seed=ctx.seed,
            checkpoint=ctx.checkpoint,
        )  # fmt: skip
        mean = None
        for done, mean in steps:
            ctx.progress(done / params.samples, f"{done} of {params.samples} noisy copies")
            if of == TRAINED and done < params.samples:
                part = _map_part(about, to_map(mean, params.channels), params)
                ctx.publish(about.result(part, partial=True))
        return mean

    key = ("smooth", *memo_name(ctx), *of, about.index, params.samples, params.noise, ctx.seed)
    return ctx.memo(key, average)


def _randomised(about: Subject, heat: NDArray[np.float32], params: Params, net: Any, ctx: Context) -> Part:
    twin, count = forgetting.forgetful(net, params.randomise, ctx)
    of = ("randomised", count, ctx.seed)
    graph = _graph(twin, about.x, of, ctx)
    other = _map(about, graph, twin, params, of, ctx)
    return forgetting.compared(about, heat, other, count, **_look(other, params))


def _look(heat: NDArray[np.float32], params: Params) -> dict[str, Any]:
    """A few pixels are far stronger than the rest, so the colour bar ends at the 99th percentile."""
    from explainer.vision.metrics.heat import upper_limit

    return {"limit": upper_limit(heat, 0.99), "signed": params.channels == Channels.SUM}


def _map_part(
    about: Subject, heat: NDArray[np.float32], params: Params, found: NDArray[np.bool_] | None = None
) -> Part:
    from explainer.vision.metrics.heat import hottest, hottest_share, peak

    note = f"{about.label}, {words.cells(heat.shape)}"
    finite = np.nan_to_num(heat, nan=0.0, posinf=0.0, neginf=0.0)
    under = Image("grey", _grey(about).astype(np.uint8), about.to_frame)
    over = as_heat(finite, about.map_to_frame(heat.shape), **_look(heat, params))
    panel = about.panel(params.method.label, under, over, note=note)
    values = numbers(map_width=heat.shape[1], map_height=heat.shape[0])
    top, share = peak(heat, about.map_to_frame(heat.shape)), hottest_share(heat)
    if top is None or share is None:
        why = _why_blank(about, heat)
        return Part((panel,), (), (why,), values, headline=why, heroes=(panel.slug,))
    values |= numbers(
        peak_x_px=top.x_px, peak_y_px=top.y_px, peak_value=top.value, map_mean=heat.mean(dtype=np.float64),
        share_hottest_tenth=share,
    )  # fmt: skip
    sentence = (
        f"The logit of {about.label}, its number before the softmax, reacts most to the pixel "
        f"{about.where(top.x_px, top.y_px)}. The strongest tenth of all pixels makes up {words.percent(share)} of all "
        "reactions."
    )
    marked = hottest(finite)
    outside = None if found is None else float((marked & ~found).sum() / marked.sum())
    values |= numbers(share_outside=outside)
    headline = _headline(about, marked, outside)
    if params.randomise:  # the forgetful network's map stands beside it
        return Part((panel,), (), (sentence,), values, headline=headline, heroes=(panel.slug,))
    only = _marked_panel(about, marked, found)
    return Part((panel, only), (), (sentence,), values, headline=headline, heroes=(panel.slug, only.slug))


def _found(about: Subject, net: Any, ctx: Context) -> NDArray[np.bool_] | None:
    """Where Grad-CAM finds the class: half of its peak or more, ``(S, S)``; None where its map is blank."""
    from explainer.vision.attribution.cam import class_map
    from explainer.vision.metrics.heat import hot_half, is_blank

    layer = ctx.card.layer(LAST).name
    split = latest(ctx, "split", layer, lambda: net.split(about.x, layer))
    key = ("gradient", *memo_name(ctx), layer, about.index)
    heat = class_map(split.activation, ctx.memo(key, lambda: split.gradient(about.index)), "grad-cam").values
    if is_blank(heat):
        return None
    return hot_half(heat, (about.x.shape[2], about.x.shape[3]))


def _headline(about: Subject, marked: NDArray[np.bool_], outside: float | None) -> str:
    if outside is not None:
        share = f"{words.percent(outside)} of the pixels that move {about.label} most are blue"
        return f"{share}: they lie outside Grad-CAM's outline."
    thirds = np.bincount(3 * marked.nonzero()[0] // marked.shape[0], minlength=3) / marked.sum()
    at = ("top", "middle", "bottom")[int(thirds.argmax())]
    return f"{words.percent(thirds.max())} of the pixels that move {about.label} most lie in the {at} third."


def _marked_panel(about: Subject, marked: NDArray[np.bool_], found: NDArray[np.bool_] | None) -> Panel:
    """The strongest pixels on a grey copy of the picture, coloured by the side of Grad-CAM's outline they lie on."""
    from explainer.vision.metrics.heat import densest
    from explainer.vision.segmentation.painting import contours

    within = np.ones_like(marked) if found is None else found
    shown, chips = FADED * _grey(about), []
    for name, (colour, ink), here in (("inside", INSIDE, marked & within), ("outside", OUTSIDE, marked & ~within)):
        shown[here] = ink
        if found is not None and here.any():
            x, y = apply(about.to_frame, np.array([densest(here)]))[0]
            chips.append(Label(name, f"{name} {words.percent(here.sum() / marked.sum())}", (x, y), colour))
    paths = [apply(about.to_frame, one) for one in contours(within)] if found is not None else []
    outline = Lines("Grad-CAM", tuple(paths), (INSIDE[0],) * len(paths), closed=True, width_px=3.0)
    below = Image("strongest", shown.astype(np.uint8), about.to_frame)
    return about.panel("Strongest tenth", below, outline, *chips, note="of all pixels")


def _grey(about: Subject) -> NDArray[np.float64]:
    from explainer.vision.attribution.views import to_pixels

    seen = to_pixels(about.x, about.card.mean, about.card.std)
    return np.repeat(seen.mean(axis=2, keepdims=True), 3, axis=2)


def _why_blank(about: Subject, heat: NDArray[np.float32]) -> str:
    if not np.isfinite(heat).all():
        return f"The gradient of {about.label} is not finite everywhere, so the map has no peak."
    return f"The logit of {about.label} does not react to any pixel: its gradient is zero everywhere."
