"""What following many shows and says, from the numbers of one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart, Curve, Matrix, Series, Table
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Image, Label, Layer, Lines, Panel
from explainer.core.result import Result
from explainer.core.words import count

if TYPE_CHECKING:
    from explainer.vision.tracking.crowd import Crowd
    from explainer.vision.tracking.many import Step, Tracks
    from explainer.vision.tracking.track_history import Scores, TrackHistory

COLOURS = 7  # class colours that identities take in turn
MUTED = 7
MATRIX = 9  # rows and columns of the cost matrix that are shown
LIVES = 12  # identities in the chart of lives


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The picture that is detected in, and the figures in it where they are known."""

    pixels: NDArray[np.uint8]
    truth: Crowd | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What one picture leaves to the next.

    Parameters
    ----------
    time_s, intervals
        Time of the newest picture and the newest intervals between two, in seconds.
    restarted
        Whether the picture's size has just changed.
    """

    frame_size: tuple[int, int]
    tracks: Tracks | None
    history: TrackHistory
    time_s: float | None = None
    intervals: tuple[float, ...] = ()
    restarted: bool = False


def result(frame: Frame, params: Any, state: Memory, step: Step, now: Moment, passed: float) -> Result:
    """Everything of one picture."""
    from dataclasses import replace

    assert state.tracks is not None
    scale = (frame.width / now.pixels.shape[1], frame.height / now.pixels.shape[0])
    documents = {"tracks.txt": str(state.history.tracks)}
    if now.truth is not None:
        documents["truth.txt"] = str(state.history.truth)
    return Result(
        reading=_reading(params, state, step, now, passed),
        values=_values(state, step, now),
        panels=(_tracks(frame, state, step, now, scale), _predictions(frame, params, step, now, scale)),
        charts=_charts(state, step),
        documents=documents,
        badges=(f"tracks.txt to save: {state.history.count} pictures in the format of the MOT Challenge",),
        state=replace(state, restarted=False),
        headline=_headline(state, step),
        heroes=("input",),
    )


def _scaled(boxes: NDArray[np.floating], scale: tuple[float, float]) -> NDArray[np.float64]:
    return np.asarray(boxes, np.float64).reshape(-1, 4) * (*scale, *scale)


def _colour(identity: int) -> int:
    return int(identity) % COLOURS


def _name(class_id: int) -> str:
    from explainer.vision.detection import coco

    return coco.name(int(class_id))


# Panels -------------------------------------------------------------------------------------------------


def _tracks(frame: Frame, state: Memory, step: Step, now: Moment, scale: tuple[float, float]) -> Panel:
    """The picture with what the tracker puts out: boxes with their identities, and the way they came."""
    tracks = state.tracks
    assert tracks is not None
    ids, classes = tracks.identity[step.shown], tracks.class_id[step.shown]
    colours = tuple(_colour(one) for one in ids)
    labels = tuple(f"#{one} {_name(c)}" for one, c in zip(ids, classes, strict=True))
    ways = {one: way for one, way in state.history.trails.items() if len(way) > 1}
    layers: list[Layer] = [Image("picture", now.pixels, scale_shift(*scale))]
    if ways:
        paths = tuple(np.array(way) * scale for way in ways.values())
        layers.append(Lines("trails", paths, tuple(_colour(one) for one in ways)))
    layers.append(Boxes("tracks", _scaled(tracks.belief.xyxy[step.shown], scale), labels, colours))
    note = f"picture {state.history.count}: {len(ids)} of {len(tracks)} tracks shown"
    return Panel("Input", (frame.width, frame.height), tuple(layers), note)


def _predictions(frame: Frame, params: Any, step: Step, now: Moment, scale: tuple[float, float]) -> Panel:
    """Where the Kalman filters expected everything, with their gates, and what was detected."""
    from explainer.vision.tracking import kalman

    before, seen = step.before, step.seen
    colours = tuple(_colour(one) for one in before.identity)
    layers: list[Layer] = [Image("picture", (now.pixels * 0.55).astype(np.uint8), scale_shift(*scale))]
    sure = seen.score >= params.sure
    for part, dashed, name in ((sure, False, "sure detections"), (~sure, True, "doubtful")):
        if part.any() and (not dashed or params.association == "bytetrack"):
            labels = tuple(f"{score:.2f}" for score in seen.score[part])
            shown = labels if not dashed else ()
            layers.append(Boxes(name, _scaled(seen.xyxy[part], scale), shown, (MUTED,) * int(part.sum()), dashed))
    if len(before):
        outlines = tuple(path * scale for path in kalman.ellipses(before.belief, params.gate))
        layers.append(Lines("gates", outlines, colours, closed=True))
        layers.append(Boxes("predictions", _scaled(before.belief.xyxy, scale), (), colours, dashed=True))
        for one, mean in zip(before.identity, before.belief.mean, strict=True):
            layers.append(Label(f"#{one}", f"#{one}", (mean[0] * scale[0], mean[1] * scale[1]), _colour(one)))
    note = f"dashed: expected; ellipse: gate of {params.gate:g} σ; yellow: detected"
    return Panel("Expected and seen", (frame.width, frame.height), tuple(layers), note)


# Charts -------------------------------------------------------------------------------------------------


def _charts(state: Memory, step: Step) -> tuple[Chart, ...]:
    found = (_matrix(step), _lives(state.history), _table(state.history))
    return tuple(chart for chart in found if chart is not None)


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


def _lives(history: TrackHistory) -> Curve | None:
    """When each identity was born and died."""
    lives = list(history.lives.items())[-LIVES:]
    if not lives:
        return None
    lines = tuple(
        Series(f"#{one}", np.array([life.first, life.last + 0.5]), np.array([row, row], float),
               "dotted" if life.ended else "solid", _colour(one))
        for row, (one, life) in enumerate(lives, 1)
    )  # fmt: skip
    start = float(min(life.first for _, life in lives))
    span = (start, float(max(history.count + 1, start + 20)))
    note = "dotted: ended"
    return Curve("Births and deaths", lines, "picture", "", (0.0, len(lives) + 1.0), span, note)


def _table(history: TrackHistory) -> Table:
    if history.scores is None:
        counts = (("begun", str(history.born)), ("ended", str(history.died)), ("pictures", str(history.count)))
        return Table("Tracks so far", ("", ""), counts, "no truth to count by")
    scores = history.scores
    rows = (
        ("MOTA", _share(scores.clear.mota)),
        ("IDF1", _share(scores.identity.f1)),
        ("HOTA", _share(scores.hota.hota if scores.hota else None)),
        ("switches", str(scores.clear.switches)),
        ("missed", str(scores.clear.misses)),
        ("false", str(scores.clear.false_positives)),
    )
    return Table("Against the truth", ("", ""), rows, f"{scores.clear.truth} true boxes")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %".replace("-", "−")


# Words and numbers --------------------------------------------------------------------------------------


def _values(state: Memory, step: Step, now: Moment) -> dict[str, float]:
    history, before = state.history, step.before
    found = {
        "pictures": float(history.count),
        "detections": float(len(step.seen)),
        "tracks": float(len(state.tracks or ())),
        "shown": float(step.shown.sum()),
        "paired": float(len(step.pairs)),
        "doubtful_paired": float(step.doubtful.sum()),
        "begun": float(history.born),
        "ended": float(history.died),
    }
    if len(step.pairs):
        costs = step.costs.cost[step.pairs[:, 0], step.pairs[:, 1]]
        found["mean_cost"] = float(costs.mean())
    if len(before):
        found["unseen_most"] = float(before.unseen.max() - 1)
        found["sigma_px"] = float(np.sqrt(before.belief.cov[:, 0, 0]).mean())
    if now.truth is not None:
        found["visible_figures"] = float(now.truth.there.sum())
    if history.scores is not None:
        found |= _counted(history.scores)
    return found


def _counted(scores: Scores) -> dict[str, float]:
    clear = scores.clear
    found = {
        "switches": float(clear.switches), "missed": float(clear.misses), "false": float(clear.false_positives),
        "true_boxes": float(clear.truth),
    }  # fmt: skip
    shares = {"mota": clear.mota, "motp": clear.motp, "idf1": scores.identity.f1}
    if scores.hota is not None:
        shares |= {"hota": scores.hota.hota, "assa": scores.hota.association, "deta": scores.hota.detection}
    return found | {f"{name}_percent": 100 * value for name, value in shares.items() if value is not None}


def _headline(state: Memory, step: Step) -> str:
    switches = state.history.switches
    if switches:
        times = "once" if len(switches) == 1 else f"{len(switches)} times"
        return f"A figure came back under another number {times}: an identity switch."
    if not len(step.before):
        return "Nothing is followed yet: what is seen twice will become a track."
    without = len(step.before) - len(step.pairs)
    found = f"{count(without, 'track')} found no detection" if without else "Every track found its detection"
    return f"{found}{_switches(state.history.scores)}."


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
    text = f"{len(step.pairs)} of {len(step.before)} tracks got one of {len(step.seen)} detections"
    waiting = int(((state.tracks.unseen > 0).sum()) if state.tracks is not None else 0)
    if waiting:
        text += f"; {waiting} {'goes' if waiting == 1 else 'go'} on unseen, on prediction alone"
    scores = state.history.scores
    mota = f", MOTA {_share(scores.clear.mota)}" if scores else ""
    return f"{text}{_switches(scores)}{mota}."
