"""What dense prediction shows: the coarse map, the fine one, the winners, and the answer at one pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars
from explainer.core.frame import Frame
from explainer.core.geometry import compose, scale_shift
from explainer.core.layers import Heat, Layer, Lines, Mask, Panel, Points
from explainer.core.numbers import softmax
from explainer.core.result import Result
from explainer.core.subject import resolve_class
from explainer.demos.segmentation import _shared as shared

if TYPE_CHECKING:
    from explainer.demos.segmentation.dense_prediction import Params
    from explainer.vision.segmentation.dense import Dense, Seen
    from explainer.vision.segmentation.semantic import Segmenter

SHOWN, PAINTED = 4, 6
PROVEN = "stride 32: the mean over all positions is the classifier's answer, tested when the copy was made"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Logits ``(1, K, h, w)`` of one frame: at each position, and averaged over windows.

    Parameters
    ----------
    labels
        Names of the classes; of a trained segmenter the first is the background.
    trained
        Title of the trained segmenter; empty for the classifier.
    """

    frame: Frame
    net: Dense | Segmenter
    seen: Seen
    logits: Any
    windowed: Any
    labels: tuple[str, ...]
    trained: str = ""

    def label(self, index: int) -> str:
        """Name of a class."""
        return self.labels[index].strip("_")

    def overall(self) -> NDArray[np.float64]:
        """Logits by which classes are ranked for the whole picture; the background never comes first."""
        if not self.trained:
            return np.asarray(self.logits[0].double().mean((1, 2)).cpu().numpy())
        mean = self.logits[0].double().softmax(0).mean((1, 2)).clamp_min(1e-12).log().cpu().numpy()
        mean[0] = mean.min() - 1
        return np.asarray(mean)


def result(at: Answers, params: Params, missing: str = "", *, partial: bool = False) -> Result:
    """Put maps, bars and words together; `missing` says which network was asked for and is not here."""
    scores = at.windowed[0].softmax(0).cpu().numpy()
    whole = at.overall()
    overall = softmax(whole)
    index = resolve_class(params.target, whole)
    fine = _fine(at, scores[index : index + 1], params)[0]
    mask = fine >= params.threshold
    there = _at_pixel(at, params)
    winners = _winners(scores)
    name = at.label(index)
    panels = (
        _input(at, there),
        _coarse(at, scores[index], name),
        _upsampled(at, fine, mask, params),
        _painted(at, winners, scores, params),
    )
    charts = (
        _bars("At the ring", there, index, at),
        _shares(winners, at),
    )
    values = _values(at, scores[index], mask, there, overall, index) | {"segmenter_missing": float(bool(missing))}
    return Result(
        missing + _reading(at, values, there, winners, name), values, panels, charts, partial=partial,
        badges=(f"{at.trained}, trained for this",) if at.trained else (PROVEN,),
        input=np.ascontiguousarray(at.seen.tensor.cpu().numpy(), dtype=np.float32),
    )  # fmt: skip


def _fine(at: Answers, maps: NDArray[np.float32], params: Params) -> NDArray[np.float32]:
    """Bring maps to the size of the network's input."""
    from explainer.vision.segmentation.dense import aligned
    from explainer.vision.segmentation.upsample import upsampled

    height, width = at.seen.pixels.shape[:2]
    out = upsampled(np.ascontiguousarray(maps), at.net.stride, params.upsampling, at.seen.pixels)
    return np.clip(aligned(out, at.net.offset)[:, :height, :width], 0, 1)


def _at_pixel(at: Answers, params: Params) -> NDArray[np.float64]:
    """Scores ``(K,)`` at the ring, from logits interpolated between the positions around it."""
    from explainer.vision.segmentation.upsample import sampled

    height, width = at.seen.pixels.shape[:2]
    x = (params.pixel.x * width - at.net.offset) / at.net.stride
    y = (params.pixel.y * height - at.net.offset) / at.net.stride
    return softmax(sampled(at.windowed, x, y))


def _winners(scores: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Classes that win somewhere and their shares of the positions, the largest first."""
    best, counts = np.unique(scores.argmax(0), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(int(best[k]), float(counts[k] / counts.sum())) for k in order]


# Panels -------------------------------------------------------------------------------------------------


def _input(at: Answers, there: NDArray[np.float64]) -> Panel:
    best = int(there.argmax())
    note = f"at the ring: “{at.label(best)}” {words.score(float(there[best]))}"
    return shared.panel(at.frame, "Input", (), note)


def _coarse(at: Answers, scores: NDArray[np.float32], name: str) -> Panel:
    place = compose(at.seen.to_frame, scale_shift(*(at.net.stride,) * 2, *(at.net.offset,) * 2))
    heat = Heat("map", scores, 0.0, 1.0, place, unit="score", smooth=False)
    note = (
        f"“{name}”, {scores.shape[1]} × {scores.shape[0]} answers{'; the last look outside' if at.net.offset else ''}"
    )
    return shared.panel(at.frame, "Coarse map", (heat,), note)


def _upsampled(at: Answers, fine: NDArray[np.float32], mask: NDArray[np.bool_], params: Params) -> Panel:
    place = shared.to_frame(at.frame, fine.shape)
    layers: list[Layer] = [Heat("map", fine, 0.0, 1.0, place, unit="score")]
    layers += [one for one in shared.region(at.frame, "mask", mask, 7) if isinstance(one, Lines)]
    ring = np.array([[params.pixel.x * at.frame.width, params.pixel.y * at.frame.height]])
    layers.append(Points("ring", ring, size_px=7.0))
    return shared.panel(at.frame, "Upsampled", tuple(layers), f"line: score {params.threshold:.2f}")


def _painted(at: Answers, winners: list[tuple[int, float]], scores: NDArray[np.float32], params: Params) -> Panel:
    """Colour each pixel by its best class, for those classes that win most."""
    shown = [index for index, _ in winners[:PAINTED]]
    rest = np.delete(scores, shown, axis=0)
    maps = np.concatenate([scores[shown], rest.max(0, keepdims=True)]) if len(rest) else scores[shown]
    best = _fine(at, maps, params).argmax(0)
    place = shared.to_frame(at.frame, best.shape)
    layers = tuple(Mask(f"class {k + 1}", best == k, place, k) for k in range(len(shown)))
    note = f"the {len(shown)} most frequent of {len(winners)}" if len(winners) > len(shown) else ""
    return shared.panel(at.frame, "Best class", layers, note)


# Charts and words ---------------------------------------------------------------------------------------


def _bars(title: str, scores: NDArray[np.float64], index: int, at: Answers, note: str = "") -> Bars:
    best = [int(k) for k in np.argsort(-scores, kind="stable")[:SHOWN]]
    shown = best if index in best else [*best, index]
    return Bars(
        title, tuple(at.label(k) for k in shown), tuple(float(scores[k]) for k in shown),
        chosen=shown.index(index) if index in shown else -1, note=note,
        sets=tuple({"target": str(k)} for k in shown),
    )  # fmt: skip


def _shares(winners: list[tuple[int, float]], at: Answers) -> Bars:
    shown = winners[:SHOWN]
    return Bars(
        "Share of answers", tuple(at.label(k) for k, _ in shown), tuple(share for _, share in shown),
        chosen=-1, sets=tuple({"target": str(k)} for k, _ in shown),
    )  # fmt: skip


def _values(at: Answers, scores: NDArray[np.float32], mask: NDArray[np.bool_], there: NDArray[np.float64],
            overall: NDArray[np.float64], index: int) -> dict[str, float]:  # fmt: skip
    return {
        "class_index": float(index),
        "map_width": float(scores.shape[1]),
        "map_height": float(scores.shape[0]),
        "answers": float(scores.size),
        "stride_px": float(at.net.stride),
        "score_here": float(there[index]),
        "score_whole": float(overall[index]),
        "score_highest": float(scores.max()),
        "mask_percent": 100 * float(mask.mean()),
        "classes_that_win": float(len(np.unique(at.windowed[0].argmax(0).cpu().numpy()))),
        "best_here": float(there.argmax()),
        "best_score_here": float(there.max()),
        "offset_px": float(at.net.offset),
    }


def _reading(at: Answers, values: dict[str, float], there: NDArray[np.float64], winners: list[tuple[int, float]],
             name: str) -> str:  # fmt: skip
    best, share = winners[0]
    here = int(there.argmax())
    others = f" {len(winners)} classes win somewhere." if len(winners) > 1 else ""
    covers = (
        f"the mask of “{name}” covers {values['mask_percent']:.0f} % of the picture"
        if values["mask_percent"]
        else f"“{name}” reaches the threshold nowhere; its highest score is {words.score(values['score_highest'])}"
    )
    return (
        f"In one pass the network answers at **{values['answers']:.0f} positions**, "
        f"{at.net.stride} px apart: {covers}. "
        f"At the ring it says **“{at.label(here)}”** ({words.score(float(there[here]))}). "
        f"“{at.label(best)}” wins at {words.percent(share)} of the positions.{others}"
    )
