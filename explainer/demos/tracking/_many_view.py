"""What following many shows and says, from the numbers of one picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Curve, Matrix, Series, Table
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Arrows, Boxes, Image, Layer, Lines, Panel
from explainer.core.numbers import numbers
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.unsuitable import Unsuitable
from explainer.core.words import count

if TYPE_CHECKING:
    from explainer.vision.tracking.crowd import Crowd
    from explainer.vision.tracking.many import Step
    from explainer.vision.tracking.memory import Memory
    from explainer.vision.tracking.track_history import Scores, TrackHistory

COLOURS = 7  # class colours that identities take in turn
MUTED = 7
MATRIX = 9  # rows and columns of the cost matrix that are shown
DOUBTS = 5  # tracks in the chart of doubts
MOMENTS = "expected", "found", "corrected"


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The picture that is detected in, and the figures in it where they are known."""

    pixels: NDArray[np.uint8]
    truth: Crowd | None = None
    ways: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 1, 2)))  # ahead of each figure, where known


def result(
    frame: Frame, params: Any, state: Memory, step: Step, now: Moment, passed: float, unfit: Unsuitable | None
) -> Result:
    """Everything of one picture, at one of its moments."""
    assert state.tracks is not None
    scale = (frame.width / now.pixels.shape[1], frame.height / now.pixels.shape[0])
    documents, keeps = {"tracks.txt": str(state.history.tracks)}, replace(state, restarted=False)
    if now.truth is not None:
        documents["truth.txt"] = str(state.history.truth)
    draw = _tracks if params.moment == len(MOMENTS) else _expected
    charts = (_doubts(state), _matrix(step), _table(state.history))
    return Result(
        _reading(params, state, step, now, passed), _values(state, step, now),
        (draw(frame, params, state, step, now, scale), _predictions(frame, params, step, now, scale)),
        tuple(chart for chart in charts if chart is not None), documents=documents,
        badges=(f"tracks.txt to save: {count(state.history.count, 'picture')} in the format of the MOT Challenge",),
        headline=_headline(params, state, step, len(now.ways) > 1), heroes=("input",), unsuitable=unfit,
        play=Play("moment", 1, len(MOMENTS), params.moment, counted=MOMENTS[params.moment - 1]), state=keeps,
    )  # fmt: skip


def _scaled(boxes: NDArray[np.floating], scale: tuple[float, float]) -> NDArray[np.float64]:
    return np.asarray(boxes, np.float64).reshape(-1, 4) * (*scale, *scale)


def _colour(identity: int) -> int:
    return int(identity) % COLOURS


def _name(class_id: int) -> str:
    from explainer.vision.detection import coco

    return coco.name(int(class_id))


# Panels -------------------------------------------------------------------------------------------------


def _tracks(frame: Frame, _params: Any, state: Memory, step: Step, now: Moment, scale: tuple[float, float]) -> Panel:
    """The picture with what the tracker puts out: boxes with their identities, and the way they came."""
    tracks = state.tracks
    assert tracks is not None
    ids, classes = tracks.identity[step.shown], tracks.class_id[step.shown]
    colours = tuple(_colour(one) for one in ids)
    labels = tuple(f"#{one} {_name(c)}" for one, c in zip(ids, classes, strict=True))
    ways = {one: way for one, way in state.history.trails.items() if len(way) > 1}
    layers: list[Layer] = [Image("picture", now.pixels, scale_shift(*scale))]
    if len(now.ways):
        layers.append(Lines("ways ahead", tuple(now.ways * scale), width_px=2.0))
    if ways:
        paths = tuple(np.array(way) * scale for way in ways.values())
        layers.append(Lines("trails", paths, tuple(_colour(one) for one in ways)))
    layers.append(Boxes("tracks", _scaled(tracks.belief.xyxy[step.shown], scale), labels, colours))
    unseen = (tracks.unseen > 0) & np.isin(tracks.identity, list(state.history.lives))
    if unseen.any():
        who = tracks.identity[unseen].tolist()
        names = tuple(f"#{one} not found" for one in who)
        boxes = _scaled(tracks.belief.xyxy[unseen], scale)
        layers.append(Boxes("unseen", boxes, names, tuple(map(_colour, who)), dashed=True))
    note = f"picture {state.history.count}; dashed: expected, not found"
    return Panel("Input", (frame.width, frame.height), tuple(layers), note)


def _expected(frame: Frame, params: Any, _state: Memory, step: Step, now: Moment, scale: tuple[float, float]) -> Panel:
    """The picture at a moment before the correction: what is expected, then what is found and whose it is."""
    layers = [Image("picture", now.pixels, scale_shift(*scale)), *_expectations(params, step, scale, named=True)]
    if params.moment > 1:
        layers += [*_detections(params, step, scale), *_pairs(step, scale)]
    note = ("dashed: expected here; ellipse: how far off it may be", "yellow: detected; arrow: whose it is")
    return Panel("Input", (frame.width, frame.height), tuple(layers), note[params.moment - 1])


def _predictions(frame: Frame, params: Any, step: Step, now: Moment, scale: tuple[float, float]) -> Panel:
    """Where the Kalman filters expected everything, with their gates, and what was detected."""
    dark = Image("picture", (now.pixels * 0.55).astype(np.uint8), scale_shift(*scale))
    layers = (dark, *_detections(params, step, scale), *_expectations(params, step, scale))
    note = f"dashed: expected; ellipse: gate of {params.gate:g} σ; yellow: detected"
    return Panel("Expected and seen", (frame.width, frame.height), layers, note)


def _detections(params: Any, step: Step, scale: tuple[float, float]) -> list[Layer]:
    """Those that may begin or continue a track; doubtful ones where ByteTrack looks at them."""
    sure, layers = step.seen.score >= params.sure, list[Layer]()
    for part, dashed, name in ((sure, False, "sure detections"), (~sure, True, "doubtful")):
        if part.any() and (not dashed or params.association == "bytetrack"):
            labels = tuple(f"{score:.2f}" for score in step.seen.score[part]) if not dashed else ()
            layers.append(Boxes(name, _scaled(step.seen.xyxy[part], scale), labels, (MUTED,) * int(part.sum()), dashed))
    return layers


def _expectations(params: Any, step: Step, scale: tuple[float, float], *, named: bool = False) -> list[Layer]:
    """Boxes that the filters expect, and the gates around their middles."""
    from explainer.vision.tracking import kalman

    before = step.before
    if not len(before):
        return []
    colours = tuple(_colour(one) for one in before.identity)
    labels = tuple(f"#{one}" for one in before.identity) if named else ()
    gates = tuple(path * scale for path in kalman.ellipses(before.belief, params.gate))
    return [
        Lines("gates", gates, colours, closed=True),
        Boxes("predictions", _scaled(before.belief.xyxy, scale), labels, colours, dashed=True),
    ]


def _pairs(step: Step, scale: tuple[float, float]) -> list[Layer]:
    """From where each track was expected to its detection."""
    rows, found = step.pairs[:, 0], step.pairs[:, 1]
    boxes = step.seen.xyxy[found]
    start, end = step.before.belief.mean[rows, :2] * scale, (boxes[:, :2] + boxes[:, 2:]) / 2 * scale
    return [Arrows("pairs", start, end, tuple(_colour(one) for one in step.before.identity[rows]))] if len(rows) else []


# Charts -------------------------------------------------------------------------------------------------


def _doubts(state: Memory) -> Curve | None:
    """How far off each track's place may be: up by each prediction, down by each detection."""
    living = [(one, notes) for one, notes in state.doubts.items() if one in state.history.lives and len(notes) > 1]
    if not living:
        return None
    lines = tuple(
        Series(f"#{one}", np.repeat([n for n, _, _ in notes], 2), np.array([two for _, *two in notes]).ravel(),
               "solid", _colour(one))
        for one, notes in living[:DOUBTS]
    )  # fmt: skip
    return Curve("Doubt of the tracks", lines, "picture", "σ in px", note="up: predicted; down: corrected")


def _matrix(step: Step) -> Matrix | None:
    """Costs of tracks and sure detections, those that were paired on the diagonal."""
    pairs = step.pairs
    rows = [*pairs[:, 0], *np.setdiff1d(np.arange(len(step.before)), pairs[:, 0])][:MATRIX]
    best = np.argsort(-step.seen.score, kind="stable")
    columns = [*pairs[:, 1], *(one for one in best if one not in pairs[:, 1])][:MATRIX]
    if not rows or not columns:
        return None
    costs = step.costs.cost[np.ix_(rows, columns)]
    names = tuple(f"#{step.before.identity[row]}" for row in rows)
    heads = tuple(f"{_name(step.seen.class_id[c])[:6]} {step.seen.score[c]:.2f}" for c in columns)
    note = f"the first {min(len(pairs), MATRIX)} on the diagonal are paired"
    return Matrix("Cost of each pair", costs, names, heads, "detection", "track", ".2f", note)


def _table(history: TrackHistory) -> Table:
    if history.scores is None:
        counts = (("begun", str(history.born)), ("ended", str(history.died)), ("pictures", str(history.count)))
        return Table("Tracks so far", ("", ""), counts, "no truth to count by")
    names, scores = ("MOTA", "IDF1", "HOTA", "switches", "missed", "false"), _counts(history)
    if scores is None:
        return Table("Against the truth", ("", ""), tuple((name, "–") for name in names), "from the next picture on")
    clear, hota = scores.clear, scores.hota.hota if scores.hota else None
    shares = (_share(clear.mota), _share(scores.identity.f1), _share(hota))
    cells = (*shares, str(clear.switches), str(clear.misses), str(clear.false_positives))
    return Table("Against the truth", ("", ""), tuple(zip(names, cells, strict=True)), f"{clear.truth} true boxes")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %".replace("-", "−")


# Words and numbers --------------------------------------------------------------------------------------


def _values(state: Memory, step: Step, now: Moment) -> dict[str, float]:
    history, before, pairs = state.history, step.before, step.pairs
    return numbers(
        pictures=history.count, detections=len(step.seen), tracks=len(state.tracks or ()), shown=step.shown.sum(),
        paired=len(pairs) if len(before) else None,
        doubtful_paired=step.doubtful.sum(), begun=history.born, ended=history.died,
        mean_cost=step.costs.cost[pairs[:, 0], pairs[:, 1]].mean() if len(pairs) else None,
        unseen_most=before.unseen.max() - 1 if len(before) else None,
        sigma_px=np.sqrt(before.belief.cov[:, 0, 0]).mean() if len(before) else None,
        visible_figures=now.truth.there.sum() if now.truth is not None else None,
        **(_counted(scores) if (scores := _counts(history)) is not None else {}),
    )  # fmt: skip


def _counted(scores: Scores) -> dict[str, float | None]:
    clear, hota = scores.clear, scores.hota
    shares = {"mota": clear.mota, "motp": clear.motp, "idf1": scores.identity.f1}
    if hota is not None:
        shares |= {"hota": hota.hota, "assa": hota.association, "deta": hota.detection}
    return {
        "switches": clear.switches, "missed": clear.misses, "false": clear.false_positives, "true_boxes": clear.truth,
        **{f"{name}_percent": None if value is None else 100 * value for name, value in shares.items()},
    }  # fmt: skip


def _headline(params: Any, state: Memory, step: Step, crossing: bool) -> str:
    switches, before = state.history.switches, step.before
    if switches:
        times = "once" if len(switches) == 1 else f"{len(switches)} times"
        return f"A figure came back under another number {times}: an identity switch."
    if not len(before):
        return _beginning(len(state.tracks or ()), state.history, crossing)
    number, paired = count(len(before), "track"), len(step.pairs)
    if params.moment == 1:
        moves = "moves on at its last speed, and its doubt grows"
        return f"Predict: each of {number} {moves}." if len(before) > 1 else f"Predict: the track {moves}."
    if params.moment == 2:
        return f"Look: {paired} of {number} {'finds' if paired == 1 else 'find'} a detection where it was expected."
    lost = np.setdiff1d(np.arange(len(before)), step.pairs[:, 0])
    known = [int(before.identity[row]) for row in lost if int(before.identity[row]) in state.history.lives]
    if known:
        who = f"#{known[0]} goes" if len(known) == 1 else f"{len(known)} tracks go"
        return f"{who} on by prediction alone, not found{_switches(_counts(state.history))}."
    if paired:
        were = "was" if paired == 1 else "were"
        found = "The track was" if paired == 1 == len(before) else f"{paired} of {number} {were}"
        return f"{found} predicted, found and corrected{_switches(_counts(state.history))}."
    return f"No track found a detection{_switches(_counts(state.history))}."


def _beginning(begun: int, history: TrackHistory, crossing: bool) -> str:
    """What the first tracks are, and which of them are round no figure where that is known."""
    if not begun:
        return "Nothing is found surely enough in this picture, so no track begins."
    false = history.scores.clear.false_positives if history.scores is not None and history.count == 1 else 0
    wrong = f", {false} of them round no figure" if false else ""
    way = "along the white lines" if crossing else "in the next pictures"
    return f"{count(begun, 'track begins', 'tracks begin')}{wrong}: each should follow its figure {way}."


def _counts(history: TrackHistory) -> Scores | None:
    """The scores, from the first picture on in which there was a track to follow; before that they count nothing."""
    return history.scores if history.count > 1 and history.born else None


def _switches(scores: Scores | None) -> str:
    counted = count(scores.clear.switches, "identity switch", "identity switches") if scores else ""
    return f"; {counted} so far".replace(" 0 ", " no ") if scores else ""


def _reading(params: Any, state: Memory, step: Step, now: Moment, passed: float) -> str:
    history = state.history
    if state.restarted:
        return "The picture has another size than the one before: all tracks begin anew. " + _now(state, step)
    text = _now(state, step)
    if history.switches:
        who = "; ".join(f"figure {thing} was #{old} and is #{new}" for thing, old, new in history.switches)
        text = f"**Identity switch**: {who}. " + text
    if passed > 2:
        text += f" This picture came late: the predictions went on for {passed:.3g} pictures' worth of time."
    if now.truth is None:
        text += " A filmed source has no truth to count switches by."
    elif params.detector == "simulated":
        text += " The detections are simulated: the truth, shaken."
    if state.history.tracks.full:
        text += " The file of tracks is full; no more lines are added."
    return text


def _now(state: Memory, step: Step) -> str:
    if not len(step.seen) and not len(step.before):
        return "0 detections and 0 tracks: there is nothing to follow."
    if not len(step.before):
        found = count(len(step.seen), "detection is", "detections are")
        begun, then = len(state.tracks or ()), "; the next picture pairs them" if state.tracks else ""
        return f"{begun} of {found} sure enough to begin a track{then}."
    text = f"{len(step.pairs)} of {len(step.before)} tracks got one of {len(step.seen)} detections"
    waiting = int((state.tracks.unseen > 0).sum()) if state.tracks is not None else 0
    if waiting:
        text += f"; {waiting} {'goes' if waiting == 1 else 'go'} on by prediction alone, not found"
    scores = _counts(state.history)
    mota = f", MOTA {_share(scores.clear.mota)}" if scores else ""
    return f"{text}{_switches(scores)}{mota}."
