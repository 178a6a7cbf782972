"""What the single-object trackers show, from the numbers of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart, Curve, Series, Table
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Heat, Image, Layer, Lines, Panel, Points
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.words import percent
from explainer.demos.tracking import _single_words as words
from explainer.demos.tracking._single_records import NAMES, SEEN_FROM, Box, Memory, Moment, Past

if TYPE_CHECKING:
    from explainer.vision.tracking.lineup import Lineup
    from explainer.vision.tracking.report import Report
    from explainer.vision.tracking.siamese import Sighting

COLOURS = {"mosse": 0, "kcf": 1, "csrt": 2, "mil": 4, "siamese": 5}
TRUTH = 7
KEPT = 600  # pictures whose overlaps are kept


def remembered(memory: Memory, line: Lineup, reports: Mapping[Any, Report], now: Moment) -> Memory:
    """Add this picture to the memory."""
    agreed = _agreed(reports) if now.truth is None else now.truth
    past = {name: _longer(memory.past.get(name, Past()), report, agreed) for name, report in reports.items()}
    visible = (*memory.visible, now.visible)[-KEPT:]
    return replace(memory, line=line, count=memory.count + 1, past=past, visible=visible)


def _longer(past: Past, report: Report, against: Box | None) -> Past:
    from explainer.vision.metrics.overlap import overlap

    value = overlap(report.box, against) if against is not None else 0.0
    return Past((*past.overlaps, value)[-KEPT:], (*past.lost, report.lost)[-KEPT:])


def _agreed(reports: Mapping[Any, Report]) -> Box | None:
    """The box in the middle of those who do not say that they are lost: no truth, only agreement."""
    boxes = [report.box for report in reports.values() if not report.lost]
    return tuple(float(v) for v in np.median(boxes, axis=0)) if boxes else None  # type: ignore[return-value]


# The result ---------------------------------------------------------------------------------------------


def result(frame: Frame, state: Memory, reports: Mapping[Any, Report], now: Moment) -> Result:
    """Everything of one picture."""
    assert state.line is not None
    panels = [_picture(frame, state, reports, now)]
    if state.line.siamese_seen is not None:
        panels.append(_siamese(state.line.siamese_seen))
    return Result(
        f"Picture {state.count}: {words.reading(state, reports, now)}", _values(state, reports, now), tuple(panels),
        _charts(state), state=state, headline=words.headline(state, reports), heroes=("input",),
    )  # fmt: skip


def refused(frame: Frame, error: ExplainerError) -> Result:
    """Nothing can be followed in this picture; the next one tries again."""
    panel = Panel("Input", (frame.width, frame.height), (Image("picture", frame.pixels),))
    values = {"pictures": 0.0, "width_px": float(frame.width), "height_px": float(frame.height)}
    return Result(error.problem.sentence, values, (panel,))


def _picture(frame: Frame, state: Memory, reports: Mapping[Any, Report], now: Moment) -> Panel:
    scale = (frame.width / now.pixels.shape[1], frame.height / now.pixels.shape[0])
    layers: list[Layer] = [Image("picture", now.pixels, scale_shift(*scale))]
    for lost in (True, False):
        some = {name: report for name, report in reports.items() if report.lost == lost}
        labels = tuple(f"{NAMES[name]}: lost" if lost else NAMES[name] for name in some)
        colours = tuple(COLOURS[name] for name in some)
        boxes = _scaled([report.box for report in some.values()], scale)
        layers.append(Boxes("says it is lost" if lost else "trackers", boxes, labels, colours, dashed=lost))
    if now.truth is not None and now.way is not None:
        layers.insert(1, Lines("way ahead", (now.way * scale,), width_px=3.0))
        layers.append(Boxes("truth", _scaled([now.truth], scale), ("true box",), (TRUTH,), dashed=True))
    note = f"picture {state.count}"
    note += f", {percent(now.visible)} of the target to be seen; white: its way" if now.truth is not None else ""
    return Panel("Input", (frame.width, frame.height), tuple(layers), note)


def _scaled(boxes: list[Box], scale: tuple[float, float]) -> NDArray[np.float64]:
    return np.array(boxes, np.float64).reshape(-1, 4) * (*scale, *scale)


def _siamese(seen: Sighting) -> Panel:
    """The search window with the cosine at every place where the exemplar's middle may lie."""
    side, (n, k) = seen.window.shape[0], seen.cells
    cell = side / n
    to_panel = scale_shift(cell, cell, cell * (k - 1) / 2, cell * (k - 1) / 2)
    peak = np.array([[(p + k / 2) * cell for p in seen.peak]])
    half = k * cell / 2
    outline = np.concatenate([peak - half, peak + half], axis=1)
    layers = (
        Image("window", seen.window),
        Heat("cosine", seen.response, min(0.0, float(seen.response.min())), 1.0, to_panel),
        Boxes("exemplar", outline, colours=(COLOURS["siamese"],)),
        Points("peak", peak, (f"{seen.score:.2f}",), (COLOURS["siamese"],)),
    )
    note = f"{k} × {k} of {n} × {n} cells compared"
    return Panel("Siamese response", (side, side), layers, note, frame=False)


# Charts -------------------------------------------------------------------------------------------------


def _charts(state: Memory) -> tuple[Chart, ...]:
    from explainer.vision.metrics.overlap import THRESHOLDS, area_under, success

    true = state.made is not None
    first = state.count - len(state.visible) + 1
    x = np.arange(first, state.count + 1, dtype=np.float64)
    lines = tuple(Series(NAMES[n], x, np.array(p.overlaps), colour=COLOURS[n]) for n, p in state.past.items())
    if true:
        lines += (Series("visible", x, np.array(state.visible), style="dotted", colour=-2),)
    title = "Overlap with the truth" if true else "Overlap with the median box"
    span = (float(first), float(max(state.count, first + 29)))
    over_time = Curve(title, lines, "picture", "IoU", (0.0, 1.05), span)
    if not true:
        return (over_time, _table(state))
    plots = tuple(
        Series(f"{NAMES[n]} {area_under(kept):.2f}", THRESHOLDS, success(kept), colour=COLOURS[n])
        for n, p in state.past.items()
        if (kept := _while_seen(p, state))
    )
    if not plots:
        return (over_time, _table(state))
    plot = Curve("Success plot", plots, "overlap above", "share", (0.0, 1.05), (0.0, 1.0), "area under it")
    return (over_time, plot, _table(state))


def _while_seen(past: Past, state: Memory) -> tuple[float, ...]:
    pairs = zip(past.overlaps, state.visible[-len(past.overlaps) :], strict=True)
    return tuple(value for value, visible in pairs if visible >= SEEN_FROM)


def _table(state: Memory) -> Table:
    from explainer.vision.metrics.overlap import lost_reports

    seen = np.array(state.visible) >= SEEN_FROM
    if state.made is None:
        lines = tuple((NAMES[n], str(sum(p.lost)), f"{np.mean(p.overlaps):.2f}") for n, p in state.past.items())
        return Table("Says it is lost", ("", "pictures", "overlap"), lines, "no truth to check by")
    told = {n: lost_reports(p.overlaps, p.lost, seen) for n, p in state.past.items()}
    rows = tuple((NAMES[n], str(h.off), str(h.told), str(h.false_alarms)) for n, h in told.items())
    return Table("Does it know?", ("", "lost it", "said so", "false alarm"), rows, "in pictures")


# Words and numbers --------------------------------------------------------------------------------------


def _values(state: Memory, reports: Mapping[Any, Report], now: Moment) -> dict[str, float]:
    from explainer.vision.metrics.overlap import area_under, lost_reports

    found = {"pictures": float(state.count), "box_px": float(state.box[2] - state.box[0])}
    seen = np.array(state.visible) >= SEEN_FROM
    if now.truth is not None:
        found |= {"visible_percent": 100 * now.visible, "truth_x_px": (now.truth[0] + now.truth[2]) / 2}
    for name, past in state.past.items():
        found |= {f"{name}_overlap": past.overlaps[-1], f"{name}_lost": float(past.lost[-1])}
        x0, _, x1, _ = reports[name].box
        found[f"{name}_x_px"] = (x0 + x1) / 2
        kept = _while_seen(past, state)
        if now.truth is not None:
            told = lost_reports(past.overlaps, past.lost, seen)
            found |= {f"{name}_off": float(told.off), f"{name}_told": float(told.told)}
            found |= {f"{name}_false_alarms": float(told.false_alarms)}
            if kept:
                found[f"{name}_success"] = area_under(kept) or 0.0
    line = state.line
    if line is not None and line.siamese_seen is not None:
        found["siamese_cosine"] = line.siamese_seen.score
    if line is not None and line.mosse_seen is not None:
        found["mosse_psr"] = line.mosse_seen.psr
    return found
