"""What the imbalance demos share: what can be rare, what can be done about it, the digits, and charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from explainer.core.charts import Bars, Chart, Matrix
from explainer.core.controls import Choice
from explainer.core.layers import Panel
from explainer.core.walls import wall

if TYPE_CHECKING:
    from explainer.vision.training.imbalance import Learnt
    from explainer.vision.training.recipe import Recipe

RARE_COLOUR = 1
SHOWN, COLUMNS = 40, 8
GAMMA = 2.0  # of the focal loss
Sets = tuple[Mapping[str, Any], ...]


class Remedy(Choice):
    """What the net on the right does about rare digits."""

    NONE = "none", "No remedy"
    FOCAL = "focal", "Focal loss"
    UNDER = "under", "Undersampling"
    OVER = "over", "Oversampling"
    WEIGHTS = "weights", "Class weights"
    ADJUSTED = "adjusted", "Logit adjustment"
    SHIFTED = "shifted", "Shifted copies"


class Rare(Choice):
    """Which digits are rare."""

    HIGH = "56789", "5 to 9"
    LOW = "01234", "0 to 4"
    EVEN = "02468", "Even digits"
    EIGHT = "8", "The 8 alone"


def rare_of(rare: Rare) -> tuple[int, ...]:
    """Classes that are rare."""
    return tuple(int(one) for one in str(rare))


def recipe_of(remedy: Remedy, rare: Rare, ratio: int, seed: int, gamma: float = GAMMA) -> Recipe:
    """The recipe of a net with that remedy."""
    from explainer.vision.augment.retrain import Augmented
    from explainer.vision.training import imbalance

    return imbalance.recipe(str(remedy), rare_of(rare), ratio, seed, gamma, Augmented(("shift",)))


def digits_panel(title: str, net: Learnt) -> Panel:
    """Test digits of the rare classes, as many of each; bright where they are read."""
    classes = np.flatnonzero(net.rare)
    each = SHOWN // len(classes)
    rows = np.concatenate([np.flatnonzero(net.test.labels == one)[:each] for one in classes])
    true, said = net.test.labels[rows], net.said[rows]
    note = f"reads {100 * net.rare_recall:.0f} % of the rare"
    return wall(title, net.test.images[rows], true, said, columns=COLUMNS, lit=said == true, note=note)


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
