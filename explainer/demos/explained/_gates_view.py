"""Panels, charts, values and sentences of the channel-gates demo."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars
from explainer.core.layers import Cells, Heat, Panel
from explainer.core.result import Result

NAMES = {"own": "own gates", "uniform": "all alike", "usual": "usual gates"}
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One scene in the network, and how many of the test scenes it reads with the same gates.

    Parameters
    ----------
    scene
        ``(16, 16)`` in 0…1.
    label
        The digit in it.
    maps
        Feature maps before the gates ``(12, 16, 16)``.
    own, used, usual
        The network's gates for this scene, those that are applied, and each one's mean over the training
        scenes, ``(12,)``.
    chosen
        The map that is looked at.
    probabilities, own_probabilities
        Of the ten digits, with the gates that are applied and with the network's own.
    accuracy, own_accuracy
        Share of `tested` scenes that are read rightly, likewise.
    spread
        Standard deviation of each gate over the test scenes, averaged over the gates.
    """

    scene: Floats
    label: int
    maps: Floats
    own: Floats
    used: Floats
    usual: Floats
    chosen: int
    rule: str
    probabilities: Floats
    own_probabilities: Floats
    accuracy: float
    own_accuracy: float
    tested: int
    spread: float

    @property
    def answer(self) -> int:
        """The digit with the highest score."""
        return int(self.probabilities.argmax())


def result(seen: Seen) -> Result:
    """Put all of it together."""
    limit = float(np.percentile(seen.maps, 99.5)) or 1.0  # single hot pixels would leave the rest dark
    after = seen.maps * seen.used[:, None, None]
    panels = (
        _scene(seen),
        _mosaic("Before the gates", seen.maps, limit, seen.chosen, "same scale"),
        _mosaic("Behind the gates", after, limit, seen.chosen, NAMES[seen.rule]),
    )
    return Result(_reading(seen), _values(seen), panels, (_gates(seen), _answers(seen)))


def _scene(seen: Seen) -> Panel:
    side = seen.scene.shape[0]
    ink = Heat("ink", 1 - seen.scene, 0.0, 1.0, colours="grey", over=False, smooth=False)
    return Panel("Scene", (side, side), (ink,), f"there is a {seen.label} in it", frame=False)


def _mosaic(title: str, maps: Floats, limit: float, chosen: int, note: str) -> Panel:
    mosaic = Cells(
        "maps", maps, 4, 0.0, limit, labels=tuple(str(k) for k in range(len(maps))),
        sets=tuple({"channel": k} for k in range(len(maps))), chosen=chosen,
    )  # fmt: skip
    return Panel(title, mosaic.size, (mosaic,), note, frame=False)


def _gates(seen: Seen) -> Bars:
    return Bars(
        "Gates", tuple(f"map {k}" for k in range(len(seen.used))), tuple(float(v) for v in seen.used),
        hi=max(1.0, float(seen.used.max())), chosen=seen.chosen, note="1: passes as it is",
        sets=tuple({"channel": k} for k in range(len(seen.used))),
    )  # fmt: skip


def _answers(seen: Seen) -> Bars:
    return Bars(
        "Digit", tuple(str(k) for k in range(10)), tuple(float(p) for p in seen.probabilities), chosen=seen.label,
        note="accent: the true one",
    )  # fmt: skip


def _values(seen: Seen) -> dict[str, float]:
    return {
        "digit": float(seen.label),
        "answer": float(seen.answer),
        "true_score": float(seen.probabilities[seen.label]),
        "own_true_score": float(seen.own_probabilities[seen.label]),
        "accuracy": seen.accuracy,
        "own_accuracy": seen.own_accuracy,
        "tested_scenes": float(seen.tested),
        "gate": float(seen.used[seen.chosen]),
        "own_gate": float(seen.own[seen.chosen]),
        "usual_gate": float(seen.usual[seen.chosen]),
        "gate_min": float(seen.own.min()),
        "gate_max": float(seen.own.max()),
        "gate_mean": float(seen.own.mean()),
        "gate_spread": seen.spread,
        "map_mean": float(seen.maps[seen.chosen].mean()),
    }


def _reading(seen: Seen) -> str:
    verdict = "rightly" if seen.answer == seen.label else f"though it is a {seen.label}"
    gates = (
        f"Map {seen.chosen} passes with gate {seen.used[seen.chosen]:.2f} (its own is {seen.own[seen.chosen]:.2f}, "
        f"usually {seen.usual[seen.chosen]:.2f})."
    )
    score = f"With these gates the net reads {100 * seen.accuracy:.1f} % of {seen.tested} test scenes"
    unchanged = bool(np.array_equal(seen.used, seen.own))
    against = "." if unchanged else f", with its own {100 * seen.own_accuracy:.1f} %."
    return (
        f"The net says {seen.answer} (score {seen.probabilities[seen.answer]:.2f}), {verdict}. {gates} {score}{against}"
    )
