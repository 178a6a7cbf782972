"""What the imbalance demos share: what can be rare, what can be done about it, the digits, and charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart, Matrix
from explainer.core.controls import Choice
from explainer.core.layers import Boxes, Panel
from explainer.core.telling import changes, in_proportion, taken_in_turn
from explainer.core.walls import wall_of_answers, wall_of_words

if TYPE_CHECKING:
    from explainer.vision.training.examples import Examples
    from explainer.vision.training.imbalance import Learnt
    from explainer.vision.training.recipe import Recipe

RARE_COLOUR = 1
SHOWN, COLUMNS = 12, 4
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
    SMOTE = "smote", "SMOTE, features"
    GHOSTS = "ghosts", "SMOTE, pixels"

    @property
    def spoken(self) -> str:
        """The label as it stands within a sentence."""
        return self.label.replace(",", " in") if self.label.startswith("SMOTE") else self.label.lower()


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


def shown_rows(plain: Learnt, helped: Learnt) -> NDArray[np.int64]:
    """Few rare test digits, those that the remedy repairs first, in the proportions that hold for all at the end."""
    rare = _in_turn(plain.test, plain)
    before, after = ((net.run.history["said"][-1] == net.test.labels)[rare] for net in (plain, helped))
    return np.asarray(rare[in_proportion(changes(before, after), SHOWN)])


def _in_turn(test: Examples, net: Learnt) -> NDArray[np.int64]:
    rare = np.flatnonzero(net.rare[test.labels])
    return rare[taken_in_turn(test.labels[rare])]


def digits_panel(title: str, net: Learnt, rows: NDArray[np.int64]) -> Panel:
    """Test digits of the rare classes; framed where they are misread."""
    note = f"reads {100 * net.rare_recall:.0f} % of the rare"
    return wall_of_answers(
        title, net.test.images[rows], net.test.labels[rows], net.said[rows], columns=COLUMNS, note=note
    )


def own_panel(title: str, net: Learnt) -> Panel:
    """The same of the test digits that were split off too late."""
    assert net.own is not None
    test, said = net.own
    rare = _in_turn(test, net)
    rows = rare[in_proportion((said == test.labels)[rare].astype(np.int64), SHOWN)]
    note, few = f"reads {100 * net.own_recall:.0f} % of the rare", test.take(rows)
    return wall_of_answers(title, few.images, few.labels, said[rows], columns=COLUMNS, note=note)


def ghosts_panel(net: Learnt, train: Examples, remedy: Remedy) -> Panel | None:
    """A column for each rare class: a digit, what lies half-way to one of its neighbours in pixels, and that one."""
    from explainer.vision.training import smote
    from explainer.vision.training.examples import tensors

    images = tensors(train)[0]
    points = net.run.module().hidden(images) if remedy == Remedy.SMOTE else images.flatten(1)  # type: ignore[operator]
    pairs = smote.pairs(points.detach(), train.labels, net.rare)
    if not len(pairs):
        return None
    first, second = (train.images[rows] for rows in pairs.T)
    ends = tuple(str(one) for one in train.labels[pairs[:, 0]])
    panel = wall_of_words(
        "Between two digits", np.concatenate([first, (first + second) / 2, second]), (*ends, *["½"] * len(ends), *ends),
        columns=len(ends), note="features are mixed, not these" if remedy == Remedy.SMOTE else "ghosts",
    )  # fmt: skip
    width, third = panel.size[0], panel.size[1] / 3
    box = np.array([[0.0, third - 0.5, width - 1, 2 * third - 0.5]])
    return replace(panel, layers=(*panel.layers, Boxes("ghosts", box, dashed=True, colours=(RARE_COLOUR,))))


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
