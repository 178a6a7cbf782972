"""What the classical methods show: marks, what one of them works with, all masks, and how they agree."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Matrix, Series, Table
from explainer.core.layers import Layer, Lines, Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.result import Result
from explainer.demos.segmentation import _shared as shared
from explainer.demos.segmentation._cuts import Cut, Method, Scene

BESIDE = 3
SHORT = {
    "fixed": "fixed", "otsu": "Otsu", "adaptive": "adaptive", "watershed": "watershed", "grabcut": "GrabCut",
    "slic": "SLIC", "graph": "graph", "person": "person",
    "semantic": "semantic", "instance": "instances",
}  # fmt: skip
LINE = 7


def result(
    at: Scene,
    method: Method,
    level: int,
    names: tuple[Method, ...],
    done: Mapping[Method, Cut],
    *,
    partial: bool = False,
) -> Result:
    """Put panels, charts and words together; methods that are not ready have an empty mask."""
    cuts = {name: done.get(name) or Cut(np.zeros(at.grey.shape, bool)) for name in names}
    own = cuts[method]
    panels = (_input(at), _works_with(at, method, own), *(_cut(at, name, cuts[name]) for name in names))
    here = {name: cut for name, cut in cuts.items() if not cut.missing}  # an absent network disagrees with nobody
    charts: list[Chart] = [_table(at, here) if at.wanted.any() else _agreement(here or cuts)]
    if method in (Method.FIXED, Method.OTSU):
        charts.append(_separation(at, own.count if method == Method.OTSU else level))
    values = _values(at, method, cuts)
    return Result(
        _reading(at, method, cuts, values), values, panels, tuple(charts), partial=partial,
        headline=_headline(method, own, values), heroes=(panels[2 + names.index(method)].slug,),
    )  # fmt: skip


def _headline(method: Method, own: Cut, values: Mapping[str, float]) -> str:
    if own.missing:
        return f"{method.label} needs a network that is not on this machine."
    if not own.mask.any():
        return f"{method.label} finds no object here."
    cut = f"{method.label} cuts out {values['mask_percent']:.0f} % of the picture"
    if "agreement" not in values:
        return f"{cut}."
    return f"{cut}; with the other methods it shares {values['agreement']:.2f} of the union (IoU)."


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
    if method == Method.GRABCUT:
        return copy.panel("Works with", note="colours, 224 px long", under=_shrunk(at))
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


def _shrunk(at: Scene) -> NDArray[np.uint8]:
    from explainer.vision.segmentation.grab import LONGEST
    from explainer.vision.segmentation.painting import small

    return np.ascontiguousarray(small(at.copy, LONGEST))


def _regions(at: Scene, regions: NDArray[np.int32], count: int) -> Panel:
    from explainer.vision.segmentation.painting import borders
    from explainer.vision.segmentation.regions import mean_colours

    copy = Copy(at.frame, regions.shape)
    edges, colours = copy.mask("borders", borders(regions), LINE), mean_colours(at.copy, regions)
    return copy.panel("Works with", edges, note=f"{count} regions, no classes", under=colours)


def _cut(at: Scene, method: Method, cut: Cut) -> Panel:
    from explainer.vision.segmentation.scores import area

    copy = Copy(at.frame, cut.mask.shape)
    outlined = shared.region(copy, "mask", cut.mask, shared.OBJECT)
    if not at.wanted.any():
        note = "not on this machine" if cut.missing else f"{words.percent(float(cut.mask.mean()))} of the picture"
        return copy.panel(method.label, *outlined, note=note)
    lines = (one for one in outlined if isinstance(one, Lines))
    layers = (*shared.compared(copy, cut.mask, at.wanted), *lines)
    return copy.panel(method.label, *layers, note=f"IoU {shared.number(area(cut.mask, at.wanted).iou)}")


# Charts and words ---------------------------------------------------------------------------------------


def _agreement(cuts: Mapping[Method, Cut]) -> Matrix:
    from explainer.vision.segmentation.scores import area

    names = tuple(SHORT[name] for name in cuts)
    table = [[area(one.mask, other.mask).iou for other in cuts.values()] for one in cuts.values()]
    values = np.array([[0.0 if v is None else v for v in row] for row in table])
    return Matrix(
        "Agreement", values, names, names, format=".2f", note="IoU of each two masks; paint a reference for scores"
    )


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
    first = f"{absent}{name} takes **{values['mask_percent']:.0f} %** of the picture"
    if not at.inside.any() or not at.outside.any():
        missing = "object" if not at.inside.any() else "background"
        return f"{first}. There is no mark on the {missing}: methods that grow from marks have nothing to start from."
    if at.wanted.any():
        from explainer.vision.segmentation.scores import area

        scored = {n: area(cut.mask, at.wanted).iou or 0.0 for n, cut in cuts.items() if not cut.missing}
        if not scored:
            return f"{first}."
        best = max(scored, key=lambda n: scored[n])
        return (
            f"{first}, IoU {values.get('iou', 0.0):.2f} with your reference. "
            f"Best of those shown: **{best.label}**, {scored[best]:.2f}."
        )
    if "agreement" not in values:
        return f"{first}. Put another method beside it to compare."
    return (
        f"{first}. Its mean agreement with the others is IoU **{values['agreement']:.2f}**; "
        "without a reference nobody knows who is right."
    )
