"""Charts of the imbalance lab: all remedies side by side, or two nets while they train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart, Curve, Matrix, Series

if TYPE_CHECKING:
    from explainer.vision.training.imbalance import Learnt

PLAIN, HELPED = 1, 2  # colours of the two nets
Sets = tuple[Mapping[str, Any], ...]


def rare_chart(nets: list[Learnt], which: int, names: tuple[str, ...], sets: Sets) -> Chart:
    """Share of the rare digits that each net reads; a click chooses the remedy."""
    found = tuple(100 * net.rare_recall for net in nets)
    return Bars("Rare digits that are read", names, found, 100.0, format=".0f", chosen=which, note="%", sets=sets)


def class_chart(nets: list[Learnt], names: tuple[str, ...], sets: Sets) -> Chart:
    """Recall of every class under every remedy; rare classes are starred."""
    columns = tuple(f"{one}*" if rare else f"{one}" for one, rare in enumerate(nets[0].rare))
    table = np.stack([100 * net.recall for net in nets])
    cells = tuple(one for one in sets for _ in columns)
    return Matrix("Recall of every digit", table, names, columns, note="%, * rare", sets=cells)


def training_charts(plain: Learnt, helped: Learnt, name: str) -> tuple[Chart, ...]:
    """Loss, share of the gradient and lead of the logit of the rare classes, step by step."""
    pairs = ((plain, "no remedy", PLAIN), (helped, name.lower(), HELPED))
    made = []
    for title, key, label, pooled in (
        ("Loss of rare digits", "loss", "nats", np.mean),
        ("Their share of the gradient", "pull", "%", np.sum),
        ("Lead of their logits", "logit", "logit", np.mean),
    ):
        lines = tuple(_line(net, who, colour, key, pooled) for net, who, colour in pairs[: 1 + (plain is not helped)])
        made.append(Curve(title, lines, "step", label))
    return tuple(made)


def _line(net: Learnt, who: str, colour: int, key: str, pooled: Any) -> Series:
    history: NDArray[np.float64] = net.run.history[key][:, net.rare]
    scale = 100.0 if key == "pull" else 1.0
    return Series(who, net.steps.astype(np.float64), scale * pooled(history, axis=1), colour=colour)
