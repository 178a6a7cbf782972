"""What the classical methods show: marks, what one of them works with, all masks, and how they agree."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series, Table
from explainer.core.layers import Layer, Lines, Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.segmentation import _classical as classical
from explainer.demos.segmentation import _shared as shared
from explainer.demos.segmentation._cuts import Cut, Method, Scene, Tuning

BESIDE = 3
STEPS = {
    Method.WATERSHED: ("water", "level", 0, 255), Method.GRABCUT: ("rounds", "round", 1, classical.MOST_ROUNDS),
    Method.SLIC: ("moves", "move", 1, Tuning().moves),
}  # fmt: skip
PLAIN = {Method.GRABCUT: Tuning().rounds}  # where it stands before anybody plays it
LEARNT = {"person": "people", "semantic": "classes", "instance": "objects"}
BY = {
    "fixed": "brightness alone", "otsu": "brightness alone", "adaptive": "local brightness", "watershed": "edges",
    "grabcut": "colours", "slic": "patches", "graph": "patches",
}  # fmt: skip
SHORT = {
    "fixed": "fixed", "otsu": "Otsu", "adaptive": "adaptive", "watershed": "watershed", "grabcut": "GrabCut",
    "slic": "SLIC", "graph": "graph", "person": "person", "semantic": "semantic", "instance": "instances",
}  # fmt: skip
LINE, SCRAPS = 7, 4  # colour of outlines; so many times as many pieces as another method's are scraps


def result(
    at: Scene, method: Method, tuning: Tuning, names: tuple[Method, ...], done: Mapping[Method, Cut], *,
    partial: bool = False,
) -> Result:  # fmt: skip
    """Put panels, charts and words together; methods that are not ready have an empty mask."""
    cuts = {name: done.get(name) or Cut(np.zeros(at.grey.shape, bool)) for name in names}
    own = cuts[method]
    masks = tuple(_cut(at, name, cuts[name]) for name in names)
    works_with = () if method == Method.GRABCUT else (_works_with(at, method, own),)
    here = {name: cut for name, cut in cuts.items() if not cut.missing}  # an absent network disagrees with nobody
    charts: list[Chart] = [_table(at, here)] if at.wanted.any() else _agreement(method, here)
    if method in (Method.FIXED, Method.OTSU):
        charts.append(_separation(at, own.count if method == Method.OTSU else tuning.level))
    values, play = _values(at, method, cuts), _play(at, method, tuning)
    return Result(
        _reading(at, method, cuts, values), values, (_input(at), *works_with, *masks), tuple(charts), partial=partial,
        headline=_headline(method, cuts, play), heroes=tuple(one.slug for one in masks[:2]), play=play,
    )  # fmt: skip


def _play(at: Scene, method: Method, tuning: Tuning) -> Play | None:
    """What the chosen method goes through."""
    if method == Method.FIXED:
        bright = np.bincount(at.grey.ravel(), minlength=256)[:255].astype(float)
        return Play("level", 0.0, 254.0, float(tuning.level), bright, f"level {tuning.level}", note="curve: pixels")
    if method not in STEPS:
        return None
    name, step, first, last = STEPS[method]
    here = float(getattr(tuning, name))
    return Play(name, first, last, here, counted=f"{step} {here:.0f} of {last}")


def _headline(method: Method, cuts: Mapping[Method, Cut], play: Play | None) -> str:
    own = cuts[method]
    if own.missing:
        return f"{method.label} needs a network that is not on this machine."
    if not own.mask.any():
        return f"{method.label} finds no object here."
    from explainer.vision.segmentation.instances import pieces

    takes = f"{_verb(method)} {words.percent(float(own.mask.mean()))}"
    other = next((name for name, cut in cuts.items() if name != method and not cut.missing), None)
    if play is not None and method != Method.FIXED and play.at < min(play.last, PLAIN.get(method, play.last)):
        return f"At {STEPS[method][1]} {play.at:.0f}, {method.label} {takes} of the picture so far."
    if other is None:
        return f"From a few marks, {method.label} {takes} of the picture."
    beside = words.percent(float(cuts[other].mask.mean())) if cuts[other].mask.any() else "nothing"
    if other in LEARNT:
        net = f"a network trained on {LEARNT[other]}"
        return f"From a few marks {method.label} {takes} of the picture; {net}, {beside}."
    one, many = (pieces(cuts[name].mask) for name in (method, other))
    if many > SCRAPS * one:
        return f"{method.label} cuts out {words.count(one, 'piece')}; {other.label}, by {BY[other]}, {many} scraps."
    return f"From the same marks {method.label} {takes} of the picture; {other.label}, by {BY[other]}, {beside}."


def _verb(method: Method) -> str:
    return "take" if method in (Method.SLIC, Method.GRAPH) else "takes"


# Panels -------------------------------------------------------------------------------------------------


def _input(at: Scene) -> Panel:
    copy = Copy(at.frame, at.grey.shape)
    background = copy.mask("marks on the background", at.outside, shared.BACKGROUND)
    inside = copy.mask("marks on the object", at.inside, shared.OBJECT)
    reference = shared.region(copy, "reference", at.wanted, shared.REFERENCE) if at.wanted.any() else ()
    return copy.panel("Input", background, inside, *reference, note="orange: object, blue: background")


def _works_with(at: Scene, method: Method, own: Cut) -> Panel:
    """What the chosen method sees in place of the picture."""
    copy = Copy(at.frame, at.grey.shape)
    if method in (Method.SLIC, Method.GRAPH, Method.INSTANCE) and own.regions is not None:
        return _regions(at, own.regions, own.count)
    if own.relief is None:
        return copy.panel("Works with")
    signed = method == Method.ADAPTIVE
    limit, colours = (0.0, "diverging") if signed else (255.0, "grey")
    layers: list[Layer] = [copy.heat("relief", own.relief, limit=limit, signed=signed, colours=colours, over=False)]
    if method == Method.WATERSHED and own.regions is not None:
        layers.append(copy.mask("object's lake", own.regions == 1, shared.OBJECT))
        layers.append(copy.mask("background's lake", own.regions == 2, shared.BACKGROUND))
    return copy.panel("Works with", *layers, note=NOTES[method])


NOTES = {
    "fixed": "grey levels", "otsu": "grey levels", "adaptive": "difference to the local mean",
    "watershed": "gradient, and the water on it", "person": "score of person, × 255",
    "semantic": "score of the marked class, × 255",
}  # fmt: skip


def _regions(at: Scene, regions: NDArray[np.int32], count: int) -> Panel:
    from explainer.vision.segmentation.painting import borders
    from explainer.vision.segmentation.regions import mean_colours

    copy = Copy(at.frame, regions.shape)
    edges, colours = copy.mask("borders", borders(regions), LINE), mean_colours(at.copy, regions)
    return copy.panel("Works with", edges, note=f"{count} regions, no classes", under=colours)


def _cut(at: Scene, method: Method, cut: Cut) -> Panel:
    from explainer.vision.segmentation.compositing import cut_out
    from explainer.vision.segmentation.scores import area

    copy = Copy(at.frame, cut.mask.shape)
    lines = [one for one in shared.region(copy, "mask", cut.mask, shared.OBJECT) if isinstance(one, Lines)]
    if at.wanted.any():
        note = f"IoU {shared.number(area(cut.mask, at.wanted).iou)}"
        return copy.panel(method.label, *shared.compared(copy, cut.mask, at.wanted), *lines, note=note)
    note = "not on this machine" if cut.missing else f"{words.percent(float(cut.mask.mean()))} of the picture"
    return copy.panel(method.label, *lines, note=note, under=cut_out(at.shown, cut.mask))


# Charts and words ---------------------------------------------------------------------------------------


def _agreement(method: Method, cuts: Mapping[Method, Cut]) -> list[Chart]:
    from explainer.vision.segmentation.scores import area

    if method not in cuts or len(cuts) < 2:
        return []
    with_ = {SHORT[name]: area(cuts[method].mask, cut.mask).iou or 0.0 for name, cut in cuts.items() if name != method}
    return [Bars(f"Overlap with {SHORT[method]} (IoU)", tuple(with_), tuple(with_.values()), chosen=-1)]


def _table(at: Scene, cuts: Mapping[Method, Cut]) -> Table:
    from explainer.vision.segmentation.scores import area, boundary, tolerance

    near, rows = tolerance(*at.grey.shape), []
    for name, cut in cuts.items():
        covered, edge = area(cut.mask, at.wanted), boundary(cut.mask, at.wanted, near)
        scores = (covered.iou, covered.dice, covered.precision, covered.recall, edge.f)
        rows.append((SHORT[name], *map(shared.number, scores)))
    header = ("method", "IoU", "Dice", "precision", "recall", "boundary F")
    return Table("Against the reference", header, tuple(rows), f"boundary within {near:.0f} px of {at.grey.shape[1]}")


def _separation(at: Scene, level: float) -> Curve:
    from explainer.vision.segmentation.thresholds import otsu

    found = otsu(at.grey)
    grey = np.arange(256, dtype=float)
    counts, between = found.counts / found.counts.max(), found.between / (found.between.max() or 1.0)
    series = (
        Series("pixels", grey, counts, "solid", -2),
        Series("σ² between", grey, between, "dashed", 0),
        Series("threshold", np.full(2, float(level)), np.array([0.0, 1.0]), "dotted", -1),
    )
    note = f"two flat tones would explain {words.percent(found.separability)} of the variance"
    return Curve("Grey levels", series, "grey level", "share of the largest", (0.0, 1.05), (0.0, 255.0), note)


def _values(at: Scene, method: Method, cuts: Mapping[Method, Cut]) -> dict[str, float]:
    from explainer.vision.segmentation.scores import area, boundary, tolerance

    own = cuts[method]
    others = [area(own.mask, cut.mask).iou for name, cut in cuts.items() if name != method and not cut.missing]
    known = [iou for iou in others if iou is not None]
    values = numbers(
        mask_percent=100 * own.mask.mean(), count=own.count, marks_object_px=at.inside.sum(),
        marks_background_px=at.outside.sum(), methods=len(cuts), agreement=np.mean(known) if known else None,
    )  # fmt: skip
    if not at.wanted.any():
        return values
    covered, edge = area(own.mask, at.wanted), boundary(own.mask, at.wanted, tolerance(*at.grey.shape))
    reference = 100 * at.wanted.mean()
    return values | numbers(iou=covered.iou, dice=covered.dice, boundary_f=edge.f, reference_percent=reference)


def _reading(at: Scene, method: Method, cuts: Mapping[Method, Cut], values: Mapping[str, float]) -> str:
    name = method.label
    absent = next((cut.missing + " " for cut in cuts.values() if cut.missing), "")
    first = f"{absent}{name} {_verb(method)} **{values['mask_percent']:.0f} %** of the picture"
    if not at.inside.any() or not at.outside.any():
        where = "background" if at.inside.any() else "object"
        return f"{first}. There is no mark on the {where}: methods that grow from marks have nothing to start from."
    if at.wanted.any():
        from explainer.vision.segmentation.scores import area

        scored = {n: area(cut.mask, at.wanted).iou or 0.0 for n, cut in cuts.items() if not cut.missing}
        best = max(scored, key=scored.__getitem__, default=method)
        if not scored:
            return f"{first}."
        own = f"IoU {values.get('iou', 0.0):.2f} with your reference"
        return f"{first}, {own}. Best of those shown: **{best.label}**, {scored[best]:.2f}."
    if "agreement" not in values:
        return f"{first}. Put another method beside it to compare."
    return (
        f"{first}. Its mean agreement with the others is IoU **{values['agreement']:.2f}**; "
        "without a reference nobody knows who is right."
    )
