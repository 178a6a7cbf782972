"""One network before one photo: corruptions, covering, light and other views, each against the clean answer.

There are no labels, so nothing here is an accuracy. What is counted is whether the network keeps the answer
that it gives to the photo as it is; it may be wrong from the start.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Fit
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.vision.corruptions.battery import Recipe, battery
from explainer.vision.corruptions.published import NAMES
from explainer.vision.corruptions.square import answers, square_of
from explainer.vision.stress.coverage import ORDERS, Coverage, coverage_curves
from explainer.vision.stress.light import work_copy
from explainer.vision.stress.light_map import SWEEPS, Sweep, light_sweep
from explainer.vision.stress.occluders import Fill
from explainer.vision.stress_report.views import VIEWS

Part = Literal["corruptions", "covering", "light", "views"]
PARTS: tuple[Part, ...] = ("corruptions", "covering", "light", "views")
SETTINGS = ("exposure_ev", "gamma", "contrast", "kelvin", "haze", "photons")
WORK_PX = 512  # shorter side of the copy that is covered and relit; a network sees half of it


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried on each photo.

    Parameters
    ----------
    severities
        Of the corruptions, 1…5.
    steps
        Shares of the picture that are covered in turn.
    draws
        Random orders that the random curve is the mean of.
    settings
        Of the light, each moved alone.
    fill
        What a covered pixel shows.
    """

    parts: tuple[Part, ...] = PARTS
    severities: tuple[int, ...] = (1, 2, 3, 4, 5)
    steps: int = 10
    draws: int = 3
    settings: tuple[str, ...] = SETTINGS
    fill: Fill = "grey"

    @property
    def forwards(self) -> int:
        """Forward passes for one photo and one network."""
        covering = 3 + (len(ORDERS) - 1 + self.draws) * (self.steps - 1)
        count = {
            "corruptions": len(NAMES) * len(self.severities),
            "covering": covering,
            "light": sum(len(SWEEPS[s]) for s in self.settings),
            "views": len(VIEWS),
        }
        return 1 + sum(count[part] for part in self.parts)


QUICK = Plan(severities=(1, 3, 5), steps=5, draws=1, settings=("exposure_ev", "gamma", "photons"))
FULL = Plan()


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """What came of one photo and one network. Where a part was not asked for its arrays are empty.

    Parameters
    ----------
    answer, score
        Class of the clean photo and its probability.
    scores, kept, best, best_scores
        ``(15, severities)``: probability of that class under each corruption, whether it is still the
        answer, the answer, and its probability.
    coverage
        Curve for each order.
    light
        Sweep for each setting.
    views
        View → probability of the class and whether it is still the answer.
    """

    answer: int
    score: float
    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), bool))
    best: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    best_scores: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    light: Mapping[str, Sweep] = field(default_factory=dict)
    views: Mapping[str, tuple[float, bool]] = field(default_factory=dict)


def examine(
    net: Any,
    frame: Frame,
    plan: Plan,
    *,
    seed: int = 0,
    fit: Fit = "crop",
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Exam | None]]:
    """Put one photo through the plan.

    Parameters
    ----------
    net
        A lent `explainer.vision.zoo.classifier.Classifier`.
    fit
        The session's.

    Yields
    ------
    done, exam
        Forward passes so far, after each small step; the exam comes last, with the last count.
    """
    small = _small(frame)
    square = square_of(small, net.card, fit).pixels
    clean = answers(net, [square], checkpoint)[0]
    answer, found, done = int(clean.argmax()), dict[str, Any](), 1
    yield done, None
    if "corruptions" in plan.parts:
        rows = []
        for row in battery(
            net, square, [Recipe((n, 1)) for n in NAMES], plan.severities, seed=seed, checkpoint=checkpoint
        ):
            rows.append(row)
            done += len(row)
            yield done, None
        found |= _corrupted(np.stack(rows), answer)
    if "covering" in plan.parts:
        found["coverage"] = curves = {}
        for order, curve in coverage_curves(
            net,
            small,
            fill=plan.fill,
            class_index=answer,
            steps=plan.steps,
            draws=plan.draws,
            seed=seed,
            checkpoint=checkpoint,
        ):
            curves[order] = curve
            done += (plan.steps - 1) * (plan.draws if order == "random" else 1)
            yield done, None
        done += 3
    if "light" in plan.parts:
        found["light"] = sweeps = {}
        for setting in plan.settings:
            sweeps[setting] = light_sweep(
                net, small, setting, class_index=answer, seed=seed, checkpoint=checkpoint
            )  # fmt: skip
            done += len(SWEEPS[setting])
            yield done, None
    if "views" in plan.parts:
        found["views"] = _views(net, square, answer, checkpoint)
        done += len(VIEWS)
    yield done, Exam(answer, float(clean[answer]), **found)


def square_seen(frame: Frame, card: ModelCard, fit: Fit) -> NDArray[np.uint8]:
    """Return the square ``(224, 224, 3)`` that `examine` corrupts."""
    return square_of(_small(frame), card, fit).pixels


def _small(frame: Frame) -> Frame:
    return Frame(np.ascontiguousarray(work_copy(frame.pixels, WORK_PX)), frame.source_id, frame.index, name=frame.name)


def _corrupted(rows: NDArray[np.float64], answer: int) -> dict[str, Any]:
    """Read ``(15, severities, K)``."""
    best = rows.argmax(axis=2)
    return {"scores": rows[..., answer], "kept": best == answer, "best": best, "best_scores": rows.max(axis=2)}


def _views(
    net: Any, square: NDArray[np.uint8], answer: int, checkpoint: Callable[[], None]
) -> dict[str, tuple[float, bool]]:
    rows = answers(net, [view(square) for view in VIEWS.values()], checkpoint)
    kept = rows.argmax(axis=1) == answer
    return {name: (float(row[answer]), bool(k)) for name, row, k in zip(VIEWS, rows, kept, strict=True)}


def mean_and_margin(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean over photos and half the width of its 95 % interval, by Student's t; ``None`` below five photos."""
    from scipy.stats import t

    sample = np.asarray(values, float)
    if len(sample) < 5:
        return float(sample.mean()), None
    spread = float(sample.std(ddof=1)) / np.sqrt(len(sample))
    return float(sample.mean()), float(t.ppf(0.975, len(sample) - 1) * spread)
