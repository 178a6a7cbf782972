"""What the classical methods show: marks, what one of them works with, all masks, and how they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from explainer.core import words
from explainer.core.charts import Chart, Curve, Matrix, Series, Table
from explainer.core.layers import Heat, Layer, Lines, Mask, Panel
from explainer.core.result import Result
from explainer.demos.segmentation import _shared as shared
from explainer.demos.segmentation._cuts import NAMES, Cut, Scene

if TYPE_CHECKING:
    from explainer.demos.segmentation.classical_segmentation import Params

BESIDE = 3
SHORT = {
    "fixed": "fixed", "otsu": "Otsu", "adaptive": "adaptive", "watershed": "watershed", "grabcut": "GrabCut",
    "slic": "SLIC", "graph": "graph", "person": "person",
    "semantic": "semantic", "instance": "instances",
}  # fmt: skip
LINE = 7


def result(
    at: Scene, params: Params, names: tuple[str, ...], done: Mapping[str, Cut], *, partial: bool = False
) -> Result:
    """Put panels, charts and words together; methods that are not ready have an empty mask."""
    cuts = {name: done.get(name) or Cut(np.zeros(at.grey.shape, bool)) for name in names}
    own = cuts[params.method]
    panels = (_input(at), _works_with(at, params, own), *(_cut(at, name, cuts[name]) for name in names))
    here = {name: cut for name, cut in cuts.items() if not cut.missing}  # an absent network disagrees with nobody
    charts: list[Chart] = [_table(at, here) if at.wanted.any() else _agreement(here or cuts)]
    if params.method in ("fixed", "otsu"):
        charts.append(_separation(at, params, own))
    values = _values(at, params, cuts)
    return Result(_reading(at, params, cuts, values), values, panels, tuple(charts), partial=partial)


# Panels -------------------------------------------------------------------------------------------------


def _input(at: Scene) -> Panel:
    place = shared.to_frame(at.frame, at.grey.shape)
    layers: list[Layer] = [
        Mask("marks on the background", at.outside, place, shared.BACKGROUND),
        Mask("marks on the object", at.inside, place, shared.OBJECT),
    ]
    if at.wanted.any():
        layers += shared.region(at.frame, "reference", at.wanted, shared.REFERENCE, outlined=True)
    return shared.panel(at.frame, "Input", tuple(layers), "orange: object, blue: background")


def _works_with(at: Scene, params: Params, own: Cut) -> Panel:
    """What the chosen method sees in place of the picture."""
    if params.method == "grabcut":
        return shared.panel(at.frame, "Works with", (), "colours, 224 px long", under=_shrunk(at))
    if params.method in ("slic", "graph", "instance") and own.regions is not None:
        return _regions(at, own)
    if own.relief is None:
        return shared.panel(at.frame, "Works with")
    signed = params.method == "adaptive"
    limit = float(np.abs(own.relief).max()) or 1.0
    heat = Heat(
        "relief", own.relief, -limit if signed else 0.0, limit if signed else 255.0,
        shared.to_frame(at.frame, own.relief.shape), colours="diverging" if signed else "grey", over=False,
    )  # fmt: skip
    layers: list[Layer] = [heat]
    if params.method == "watershed" and own.regions is not None:
        place = shared.to_frame(at.frame, own.regions.shape)
        layers += [
            Mask("object's lake", own.regions == 1, place, shared.OBJECT),
            Mask("background's lake", own.regions == 2, place, shared.BACKGROUND),
        ]
    return shared.panel(at.frame, "Works with", tuple(layers), NOTES[params.method])


NOTES = {
    "fixed": "grey levels", "otsu": "grey levels", "adaptive": "difference to the local mean",
    "watershed": "gradient, and the water on it", "person": "score of person, × 255",
    "semantic": "score of the marked class, × 255",
}  # fmt: skip


def _shrunk(at: Scene) -> object:
    from explainer.vision.segmentation.grab import LONGEST
    from explainer.vision.segmentation.painting import small

    return np.ascontiguousarray(small(at.copy, LONGEST))


def _regions(at: Scene, own: Cut) -> Panel:
    from explainer.vision.segmentation.painting import borders
    from explainer.vision.segmentation.regions import mean_colours

    assert own.regions is not None
    edges = Mask("borders", borders(own.regions), shared.to_frame(at.frame, own.regions.shape), LINE)
    colours = mean_colours(at.copy, own.regions)
    return shared.panel(at.frame, "Works with", (edges,), f"{own.count} regions, no classes", under=colours)


def _cut(at: Scene, name: str, cut: Cut) -> Panel:
    layers = shared.compared(at.frame, cut.mask, at.wanted) if at.wanted.any() else ()
    outline = shared.region(at.frame, "mask", cut.mask, shared.OBJECT)
    lines = tuple(one for one in outline if isinstance(one, Lines))
    note = "not on this machine" if cut.missing else f"{words.percent(float(cut.mask.mean()))} of the picture"
    if at.wanted.any():
        from explainer.vision.segmentation.scores import area

        note = f"IoU {shared.number(area(cut.mask, at.wanted).iou)}"
    return shared.panel(at.frame, NAMES[name], (*layers, *lines) if layers else outline, note)


# Charts and words ---------------------------------------------------------------------------------------


def _agreement(cuts: Mapping[str, Cut]) -> Matrix:
    from explainer.vision.segmentation.scores import area

    names = tuple(SHORT[name] for name in cuts)
    table = [[area(one.mask, other.mask).iou for other in cuts.values()] for one in cuts.values()]
    values = np.array([[0.0 if v is None else v for v in row] for row in table])
    return Matrix(
        "Agreement", values, names, names, format=".2f", note="IoU of each two masks; paint a reference for scores"
    )


def _table(at: Scene, cuts: Mapping[str, Cut]) -> Table:
    from explainer.vision.segmentation.scores import area, boundary, tolerance

    near, rows = tolerance(*at.grey.shape), []
    for name, cut in cuts.items():
        covered, edge = area(cut.mask, at.wanted), boundary(cut.mask, at.wanted, near)
        numbers = (covered.iou, covered.dice, covered.precision, covered.recall, edge.f)
        rows.append((SHORT[name], *(shared.number(v) for v in numbers)))
    header = ("method", "IoU", "Dice", "precision", "recall", "boundary F")
    return Table("Against the reference", header, tuple(rows), f"boundary within {near:.0f} px of {at.grey.shape[1]}")


def _separation(at: Scene, params: Params, own: Cut) -> Curve:
    from explainer.vision.segmentation.thresholds import otsu

    found = otsu(at.grey)
    grey = np.arange(256, dtype=float)
    counts, between = found.counts / found.counts.max(), found.between / (found.between.max() or 1.0)
    at_level = float(own.count if params.method == "otsu" else params.level)
    series = (
        Series("pixels", grey, counts, "solid", -2),
        Series("σ² between", grey, between, "dashed", 0),
        Series("threshold", np.array([at_level, at_level]), np.array([0.0, 1.0]), "dotted", -1),
    )
    note = f"two flat tones would explain {words.percent(found.separability)} of the variance"
    return Curve("Grey levels", series, "grey level", "share of the largest", (0.0, 1.05), (0.0, 255.0), note)


def _values(at: Scene, params: Params, cuts: Mapping[str, Cut]) -> dict[str, float]:
    from explainer.vision.segmentation.scores import area, boundary, tolerance

    own = cuts[params.method]
    values = {
        "mask_percent": 100 * float(own.mask.mean()),
        "count": float(own.count),
        "marks_object_px": float(at.inside.sum()),
        "marks_background_px": float(at.outside.sum()),
        "methods": float(len(cuts)),
    }
    shared_by = [
        area(own.mask, cut.mask).iou for name, cut in cuts.items() if name != params.method and not cut.missing
    ]
    known = [v for v in shared_by if v is not None]
    if known:
        values["agreement"] = float(np.mean(known))
    if at.wanted.any():
        covered, edge = area(own.mask, at.wanted), boundary(own.mask, at.wanted, tolerance(*at.grey.shape))
        named = {"iou": covered.iou, "dice": covered.dice, "boundary_f": edge.f}
        values |= {name: float(v) for name, v in named.items() if v is not None}
        values["reference_percent"] = 100 * float(at.wanted.mean())
    return values


def _reading(at: Scene, params: Params, cuts: Mapping[str, Cut], values: Mapping[str, float]) -> str:
    name = NAMES[params.method]
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
            f"Best of those shown: **{NAMES[best]}**, {scored[best]:.2f}."
        )
    if "agreement" not in values:
        return f"{first}. Put another method beside it to compare."
    return (
        f"{first}. Its mean agreement with the others is IoU **{values['agreement']:.2f}**; "
        "without a reference nobody knows who is right."
    )
