"""Grad-CAM and its kin: a layer's feature maps, weighted by what they do for one class."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from explainer.core import words
from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, Choice, ClassIndex, Doc, LayerName, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel, Points
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.number_text import number
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.subject import Subject, subject
from explainer.demos.explained import _forgetting as forgetting
from explainer.demos.explained._controls import Removal, TestedMap, with_controls

MOST_MAPS = 4096  # more than any layer that can be chosen has: all of them
CURVE_POINTS = 96
SAME, PARTLY = 0.5, 0.2  # overlap (IoU) of two maps' hot halves


class Method(Choice):
    """How gradients become weights of the feature maps."""

    GRAD_CAM = "grad-cam", "Grad-CAM"
    GRAD_CAM_PP = "grad-cam-pp", "Grad-CAM++"
    HIRESCAM = "hirescam", "HiResCAM"
    LAYERCAM = "layercam", "LayerCAM"
    XGRAD_CAM = "xgrad-cam", "XGrad-CAM"


@dataclass(frozen=True, slots=True)
class Params:
    """What can be asked of the map."""

    layer: Annotated[LayerName, Doc("Layer", "Early layers see edges finely, late ones see objects coarsely.")] = LAST
    target: Annotated[ClassIndex, Doc("Class", "The map shows what speaks for this class only.")] = TOP_1
    method: Annotated[Method, Doc("Method", "How gradients become weights of the feature maps.")] = Method.GRAD_CAM
    controls: Annotated[
        bool, Doc("Compare with controls", "A random map and a map of edges take the same test as this map.")
    ] = False
    removal: Annotated[
        Removal,
        Doc("Cover with", "What takes the place of the pixels that are removed."),
        When("controls", (True,)),
    ] = Removal.BLUR
    draws: Annotated[
        int,
        Doc("Random maps", "One random map can be lucky; the mean of several cannot."),
        Range(1, 8),
        When("controls", (True,)),
    ] = 1
    added: Annotated[
        int,
        Doc("Maps added", "How many weighted feature maps are added up, the strongest first."),
        Range(1, MOST_MAPS, log=True),
        Plays(7.0, "Add the maps, strongest first"),
    ] = MOST_MAPS
    randomise: Annotated[
        int,
        Doc("Randomised layers", "From the top, this many layers get random weights. Does the map change?"),
        Range(0, 20, step=1),
    ] = 0


class GradCam(Demo[Params]):
    """Weighted sum of feature maps, cut off below zero."""

    info = DemoInfo(
        id="grad-cam",
        title="Grad-CAM",
        topics=(45,),
        sample="dog",
        summary="Where the network found what speaks for a class.",
        papers=(
            "selvaraju2017",
            "chattopadhay2018",
            "draelos2020",
            "jiang2021",
            "fu2020",
            "adebayo2018",
            "petsiuk2018",
        ),
        cost=Cost(forwards=1, tail=True),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Draw the map of one class, and on request test it."""
        layer = ctx.card.layer(params.layer).name
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            name = memo_name(ctx)
            with ctx.stage("model"):
                split = latest(ctx, "split", layer, lambda: net.split(ready.tensor, layer))
            about = subject(frame, ready, split.logits, params.target, ctx)
            with ctx.stage("explain"):
                key = ("gradient", *name, layer)
                found = whole = _map(split, about.index, params.method, key, ctx)
                growth = _growth(split, about.index, params.method, key, ctx)
                if params.added < len(whole.weights):
                    found = replace(whole, raw=growth.sums[params.added - 1])
                rival = _rival(about)
                other = _map(split, rival, params.method, key, ctx)
            part = _map_part(about, found, params.method, whole, params.added)
            part = _against(about, part, whole, other, rival)
            part += Part(play=_play(growth, whole, params.added))
            if params.randomise:
                part += self._randomised(about, found, layer, params, net, ctx)
            if params.controls:
                map_key = (params.method, layer, min(params.added, len(whole.weights)))
                tested = TestedMap(params.method.label, found.values, map_key, params.removal, params.draws)
                part = with_controls(about, part, tested, net, ctx)
            return about.result(part)

    def _randomised(self, about: Subject, found: Any, layer: str, params: Params, net: Any, ctx: Context) -> Part:
        from explainer.vision.zoo.split import split

        twin, count = forgetting.forgetful(net, params.randomise, ctx)
        key = (layer, count, ctx.seed)
        cut = latest(ctx, "randomised split", key, lambda: split(twin, about.x, layer, about.card.title))
        gradient_key = ("randomised gradient", *memo_name(ctx), *key)
        other = _map(cut, about.index, params.method, gradient_key, ctx)
        return forgetting.compared(about, found.values, other.values, count)


def _map(split: Any, index: int, method: Method, key: tuple[Any, ...], ctx: Context) -> Any:
    """Weigh the layer's maps for one class; a change of method alone finds the gradient ready."""
    from explainer.vision.attribution.cam import class_map

    gradient = ctx.memo((*key, index), lambda: split.gradient(index))
    return class_map(split.activation, gradient, method)


def _growth(split: Any, index: int, method: Method, key: tuple[Any, ...], ctx: Context) -> Any:
    """The map's sum on its way, which playing goes through."""
    from explainer.vision.attribution.cam import added_up

    gradient = ctx.memo((*key, index), lambda: split.gradient(index))
    return latest(ctx, "growth", (*key, index, method), lambda: added_up(split.activation, gradient, method))


def _play(growth: Any, whole: Any, added: int) -> Play | None:
    """How far the sum is; the curve is its peak, at places spaced as the scrubber."""
    count = len(whole.weights)
    if count < 2 or not whole.is_finite or not whole.values.any():
        return None
    curve = growth.peaks[np.geomspace(1, count, CURVE_POINTS).round().astype(int) - 1].astype(np.float64)
    at = min(added, count)
    counted = f"{words.thousands(at)} of {words.count(count, 'map')}"
    return Play("added", 1, count, at, curve, counted, log=True, note="strongest first; curve: peak")


def _map_part(about: Subject, found: Any, method: Method, whole: Any, added: int) -> Part:
    from explainer.vision.metrics.heat import hottest_share, is_blank, peak

    title, size = method.label, found.values.shape
    note = f"{about.label}, {words.cells(size)}"
    values = numbers(map_width=size[1], map_height=size[0], map_count=len(found.weights))
    if is_blank(found.values):
        blank = about.heat_panel(title, found.finite, note)
        headline = f"Nothing at this layer speaks for {about.label}."
        return Part((blank,), (), (_why_blank(about, found),), values, headline=headline, heroes=(blank.slug,))
    part = added < len(found.weights)
    panel = about.heat_panel(title, found.values, note, limit=float(whole.values.max()))  # the colours stay
    top, share, strongest = peak(found.values, about.map_to_frame(size)), hottest_share(found.values), found.strongest
    assert top is not None
    assert share is not None
    values |= numbers(
        peak_x_px=top.x_px, peak_y_px=top.y_px, map_max=top.value, share_hottest_tenth=share, strongest_map=strongest,
        strongest_weight=found.weights[strongest], strongest_contribution=found.contributions[strongest],
    )  # fmt: skip
    whose = f"the map of the {words.thousands(added)} strongest" if part else "the map"
    sentence = (
        f"For {about.label} (score {words.score(about.score)}) {whose} peaks "
        f"{about.where(top.x_px, top.y_px)}; its hottest tenth of cells holds {words.percent(share)} "
        f"of it, and feature map {strongest} of {words.thousands(len(found.weights))} adds most."
    )
    headline = f"What speaks for {about.label} is strongest {about.place(top.x_px, top.y_px)}."
    return Part((panel, *_film(about, whole)), (), (sentence,), values, headline=headline, heroes=(panel.slug,))


def _film(about: Subject, whole: Any) -> tuple[Panel, Panel]:
    """The map as it is, cell by cell, and the sum before the cut-off, where blue speaks against the class."""
    alone = {"smooth": False, "over": False}
    return (
        about.heat_panel("Cells", whole.values, words.cells(whole.values.shape), **alone),
        about.heat_panel("Before the ReLU", whole.raw, "blue: against", signed=True, **alone),
    )


def _rival(about: Subject) -> int:
    """The best of the other classes."""
    first, second = np.argsort(-about.logits, kind="stable")[:2]
    return int(second if first == about.index else first)


def _against(about: Subject, part: Part, found: Any, other: Any, rival: int) -> Part:
    """Show where the rival is strongest, and say whether its map lights up the same place."""
    from explainer.vision.metrics.heat import is_blank

    if is_blank(found.values):
        return part
    label = f"“{about.card.label(rival)}”"
    start = part.headline.removesuffix(".")
    if is_blank(other.values):
        return replace(part, headline=f"{start}; nothing speaks for {label}.")
    here, there = (one.values >= one.values.max() / 2 for one in (found, other))
    overlap = float((here & there).sum() / (here | there).sum())
    same = "the same place" if overlap >= SAME else "partly the same place" if overlap >= PARTLY else "another place"
    whose = "Runner-up" if about.logits[rival] <= about.logits[about.index] else "Winner"
    panel = about.heat_panel(whose, other.values, label, limit=float(found.values.max()))
    hero, *film = part.panels
    hero = replace(hero, layers=(*hero.layers, _peaks(about, found, other, rival)))
    return replace(
        part,
        panels=(hero, panel, *film),
        values={**part.values} | numbers(rival_index=rival, rival_overlap=overlap, rival_max=float(other.values.max())),
        headline=f"{start}; {label} lights up {same}.",
    )


def _peaks(about: Subject, found: Any, other: Any, rival: int) -> Points:
    """The brightest cell of either class. The map's value is no score: it stands at the colour bar, not here."""
    from explainer.vision.metrics.heat import peak

    tops = [peak(one.values, about.map_to_frame(one.values.shape)) for one in (found, other)]
    named = zip((about.index, rival), tops, strict=True)
    labels = tuple(f"peak: {about.card.label(index)}" for index, top in named if top)
    places = np.array([(top.x_px, top.y_px) for top in tops if top], float)
    return Points("peaks", places, labels, colours=(0, 1))


def _why_blank(about: Subject, found: Any) -> str:
    if not found.is_finite:
        return f"The gradient of {about.label} is not a finite number at this layer, so there is no map."
    if found.contributions.any():
        most = number(found.raw_max, ".2g")
        return (
            f"No cell of the weighted sum is above zero (at most {most}): nothing at this layer "
            f"speaks for {about.label}, so the map is blank and has no peak."
        )
    return f"Every product of weight and activation is zero at this layer, so the map of {about.label} is blank."
