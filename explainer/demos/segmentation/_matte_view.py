"""What the person matte shows: the soft mask, the mask without connections, and the picture put together anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.frame import Frame
from explainer.core.layers import Heat, Panel
from explainer.core.result import Result
from explainer.demos.segmentation import _shared as shared

if TYPE_CHECKING:
    from explainer.demos.segmentation.person_matte import Params

ALL = (8, 4, 2)
LONGEST = 640  # px of the picture that is put together
SOFT = (0.02, 0.98)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Scores ``(256, 256)`` with all skip connections, with those kept, and with none; α and the new picture."""

    frame: Frame
    params: Params
    kept: tuple[int, ...]
    full: Floats
    now: Floats
    none: Floats
    alpha: Floats
    picture: NDArray[np.uint8]


def result(at: Seen) -> Result:
    """Put panels, charts and words together."""
    from explainer.vision.segmentation import scores

    hard, whole = at.now > 0.5, at.full > 0.5
    shared_area = scores.area(hard, whole)
    edge = scores.boundary(hard, whole, 2.0)
    values = {
        "person_percent": 100 * float(hard.mean()),
        "soft_percent": 100 * float(((at.alpha > SOFT[0]) & (at.alpha < SOFT[1])).mean()),
        "score_highest": float(at.now.max()),
        "score_mean": float(at.now.mean()),
        "connections": float(len(at.kept)),
        "boundary_roughness": _roughness(hard),
    }
    if shared_area.iou is not None:
        values["iou_with_all"] = shared_area.iou
    if edge.f is not None:
        values["boundary_f_with_all"] = edge.f
    return Result(_reading(at, values), values, _panels(at), (_histogram(at), _row(at)))


def _panels(at: Seen) -> tuple[Panel, ...]:
    without = "none" if not at.kept else "all" if at.kept == ALL else "at stride " + ", ".join(map(str, at.kept))
    return (
        shared.panel(at.frame, "Input"),
        _heat(at, "Person", at.now, f"256 × 256; connections: {without}"),
        _heat(at, "Without connections", at.none, "what comes from 16 × 16 alone"),
        shared.panel(at.frame, "Composite", (), "α · person + (1 − α) · background", under=at.picture),
    )


def _heat(at: Seen, title: str, values: Floats, note: str) -> Panel:
    place = shared.to_frame(at.frame, values.shape)
    heat = Heat("person", values, 0.0, 1.0, place, colours="grey", unit="score", over=False)
    return shared.panel(at.frame, title, (heat,), note)


def _histogram(at: Seen) -> Bars:
    """Shares of the picture by α: how much is decided, how much in between."""
    low, high = float((at.alpha <= SOFT[0]).mean()), float((at.alpha >= SOFT[1]).mean())
    return Bars(
        "Share of the picture", ("background", "in between", "person"), (low, 1 - low - high, high), chosen=1,
        note="α up to 0.02, between, from 0.98",
    )  # fmt: skip


def _row(at: Seen) -> Curve:
    """α along the row that crosses most of the edge, before and after."""
    crossings = np.abs(np.diff(at.full, axis=1)).sum(1)
    row = int(crossings.argmax())
    x = (np.arange(at.full.shape[1]) + 0.5) * at.frame.width / at.full.shape[1]
    line = row * at.alpha.shape[0] // at.full.shape[0]
    fine = (np.arange(at.alpha.shape[1]) + 0.5) * at.frame.width / at.alpha.shape[1]
    series = (
        Series("α", fine, at.alpha[line].astype(float), "solid", -1),
        Series("no connections", x, at.none[row].astype(float), "dotted", -2),
    )
    where = f"at y = {(row + 0.5) * at.frame.height / at.full.shape[0]:.0f} px"
    return Curve("Along one row", series, "x in px", "score", (0.0, 1.05), None, where)


def _roughness(mask: NDArray[np.bool_]) -> float:
    """Length of the outline in pixels over that of a disc as large; 0 for an empty mask."""
    from explainer.vision.segmentation.scores import outline

    area = float(mask.sum())
    return float(outline(mask).sum()) / (2 * np.sqrt(np.pi * area)) if area else 0.0


def _reading(at: Seen, values: dict[str, float]) -> str:
    if not values["person_percent"]:
        return f"It sees no person: no pixel scores above one half, the highest {words.score(values['score_highest'])}."
    first = (
        f"**{values['person_percent']:.0f} %** of the picture counts as person, and {values['soft_percent']:.1f} % "
        "lies in between."
    )
    if at.kept == ALL or "iou_with_all" not in values:
        return f"{first} All three skip connections are in use."
    missing = ", ".join(str(one) for one in ALL if one not in at.kept)
    f = f" and boundary F {values['boundary_f_with_all']:.2f}" if "boundary_f_with_all" in values else ""
    return (
        f"{first} Without the connection at stride {missing} the mask agrees with the full network's by "
        f"IoU {values['iou_with_all']:.2f}{f}."
    )
