"""Panels, charts, values and sentences of the gates on a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.layers import Cells, Panel
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import Subject

SHOWN, ENDS = 16, 4  # tiles; gates named at either end of their order
Floats = NDArray[np.float32]
WITH_GATES = ("mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0")


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture before a network's gates.

    Parameters
    ----------
    about, before
        The picture and its class with the gates that are applied, and with the network's own.
    site
        Where the gates stand that are looked at.
    modules
        All such places, from the input to the output.
    gates
        The network's own gates of each of them.
    maps
        Before the gates ``(C, h, w)``.
    own, used
        Gates of the chosen place: the network's, and those that are applied, ``(C,)``.
    beyond
        Whether a map was asked for that the layer has not.
    """

    about: Subject
    before: Subject
    site: Any
    modules: Sequence[str]
    gates: Mapping[str, Floats]
    maps: Floats
    own: Floats
    used: Floats
    channel: int
    rule: str
    beyond: bool

    @property
    def order(self) -> NDArray[np.int64]:
        """Maps by their gate, widest open first; where all are alike by how much they answer."""
        alike = float(np.ptp(self.own)) == 0.0
        key = np.abs(self.maps).mean((1, 2)) if alike else self.own
        return np.argsort(-key, kind="stable")

    @property
    def label(self) -> str:
        """Name of the layer, as the control has it."""
        card = self.about.card
        return card.layer(self.site.layer).label.split(" · ")[0] if card.has_layer(self.site.layer) else self.site.layer


def result(seen: Seen) -> Result:
    """Put all of it together."""
    from explainer.vision.metrics.heat import upper_limit

    shown = [int(k) for k in seen.order]
    half = SHOWN // 2
    picked = [*shown[:half], *shown[-half:]] if seen.site.real and len(shown) > SHOWN else shown[:SHOWN]
    if seen.channel not in picked:
        picked[half - 1] = seen.channel
    limit = upper_limit(seen.maps[picked])
    after = seen.maps * seen.used[:, None, None]
    chosen = seen.maps[seen.channel] * seen.used[seen.channel]
    panels = (
        seen.about.heat_panel("Map behind its gate", chosen, f"map {seen.channel} × {seen.used[seen.channel]:.2f}",
            limit=upper_limit(seen.maps[seen.channel]), signed=bool(seen.maps.min() < 0),
        ),
        _mosaic("Before the gates", seen, seen.maps, picked, limit, _which(seen, len(picked))),
        _mosaic("Behind the gates", seen, after, picked, limit, "same scale"),
    )  # fmt: skip
    part = Part(panels, _charts(seen), (_reading(seen),), _values(seen))
    return seen.about.result(part)


def _which(seen: Seen, count: int) -> str:
    if count == len(seen.own):
        return f"all {count}"
    what = "widest open and most shut" if seen.site.real else "most active"
    return f"{count} of {words.thousands(len(seen.own))}: {what}"


def _mosaic(title: str, seen: Seen, maps: Floats, picked: Sequence[int], limit: float, note: str) -> Panel:
    signed = bool(seen.maps.min() < 0)
    mosaic = Cells(
        "maps", np.ascontiguousarray(maps[list(picked)]), 4, -limit if signed else 0.0, limit,
        colours="diverging" if signed else "sequential", labels=tuple(str(k) for k in picked),
        sets=tuple({"channel": k} for k in picked), chosen=list(picked).index(seen.channel),
    )  # fmt: skip
    return Panel(title, mosaic.size, (mosaic,), note, frame=False)


def _charts(seen: Seen) -> tuple[Chart, ...]:
    order = [int(k) for k in seen.order]
    real = seen.site.real and len(order) > 2 * ENDS
    ends = [*order[:ENDS], *order[-ENDS:]] if real else order[: 2 * ENDS]
    shown = ends if seen.channel in ends else [*ends[:ENDS], seen.channel, *ends[ENDS:]]
    bars = Bars(
        "Gates", tuple(f"map {k}" for k in shown), tuple(float(seen.used[k]) for k in shown),
        hi=max(1.0, float(seen.used.max())), chosen=shown.index(seen.channel), note=seen.label,
        sets=tuple({"channel": k} for k in shown),
    )  # fmt: skip
    return (bars, _by_block(seen))


def _by_block(seen: Seen) -> Curve:
    """Own gates of all places: mean, and the range that holds nine tenths of them."""
    x = np.arange(1, len(seen.modules) + 1, dtype=np.float64)
    low, mean, high = (
        np.array([float(f(seen.gates[m])) for m in seen.modules])
        for f in (lambda g: np.quantile(g, 0.05), np.mean, lambda g: np.quantile(g, 0.95))
    )
    here = np.full(2, float(list(seen.modules).index(seen.site.module) + 1))
    spread = (Series("95 %", x, high, "dashed", -2), Series("5 %", x, low, "dashed", -2)) if seen.site.real else ()
    series = (Series("mean", x, mean), *spread, Series("here", here, np.array([0.0, 1.05]), "dotted", -2))
    return Curve("Own gates, layer by layer", series, "block" if seen.site.real else "layer", "gate", (0.0, 1.05))


def _values(seen: Seen) -> dict[str, float]:
    about, before = seen.about, seen.before
    return {
        "own_score": before.score,
        "own_logit": float(before.logits[before.index]),
        "best_class_index": float(about.logits.argmax()),
        "channel": float(seen.channel),
        "gate": float(seen.used[seen.channel]),
        "own_gate": float(seen.own[seen.channel]),
        "gate_min": float(seen.own.min()),
        "gate_mean": float(seen.own.mean()),
        "gate_max": float(seen.own.max()),
        "gates_here": float(len(seen.own)),
        "blocks_with_gates": float(len(seen.modules) if seen.site.real else 0),
        "map_mean": float(seen.maps[seen.channel].mean()),
    }


def _reading(seen: Seen) -> str:
    about = seen.about
    own, used = seen.own[seen.channel], seen.used[seen.channel]
    if seen.site.real:
        intro = (
            f"{about.card.title} sets {len(seen.own)} gates in {seen.label}, from {seen.own.min():.2f} to "
            f"{seen.own.max():.2f} on this picture; map {seen.channel} gets {own:.2f}."
        )
    else:
        intro = (
            f"**{about.card.title} has no gates of its own**: every map passes with 1. To see real ones fetch "
            f"MobileNetV3 or EfficientNet-B0 under More models (or: explainer models fetch {WITH_GATES[0]}) and "
            f"choose it."
        )
    beyond = f" The layer has {words.thousands(len(seen.own))} maps, so the last one is shown." if seen.beyond else ""
    return f"{intro}{beyond} {_effect(seen, used)}"


def _effect(seen: Seen, used: float) -> str:
    about, before = seen.about, seen.before
    if np.array_equal(seen.used, seen.own) and np.array_equal(about.logits, before.logits):
        return f"{about.label} scores {words.score(about.score)}."
    what = f"map {seen.channel} at {used:.2f}" if seen.rule == "own" else f"all alike at {_level(seen):.2f}"
    best = int(about.logits.argmax())
    turned = "" if best == int(before.logits.argmax()) else f" The answer is now “{about.card.label(best)}”."
    return (
        f"With {what}, {about.label} goes from {words.score(before.score)} to {words.score(about.score)} "
        f"(logit {before.logits[before.index]:.2f} to {about.logits[about.index]:.2f}).{turned}"
    )


def _level(seen: Seen) -> float:
    return float(np.median(seen.used))
