"""Pictures and charts of adversarial training: attacked digits, gradients, accuracy by epoch and by attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Chart, Curve, Matrix, Series
from explainer.core.layers import Cells, Lines, Panel
from explainer.core.telling import changes, in_proportion
from explainer.core.walls import ABREAST, ACROSS, outlines, wall_of_answers

if TYPE_CHECKING:
    from explainer.vision.training.adversarial import Learnt

NETS = {"usual": "Usual training", "one": "One-step training", "pgd": "PGD training"}
ATTACKS = {"clean": "none", "noise": "noise", "fgsm": "FGSM", "pgd": "PGD", "double": "PGD, 2 ε"}
SHOWN_AS = {"clean": "clean", "noise": "with noise", "fgsm": "under FGSM", "pgd": "under PGD"}
FEW = 4  # gradients that can be told apart in the film
LEFT, RIGHT = 1, 2  # colours of the two nets


def shown_rows(left: Learnt, right: Learnt, attack: str) -> NDArray[np.int64]:
    """Few of the digits whose pictures are kept, in the proportions that hold for all of those at the end."""
    kept = len(left.slopes)
    read = [(one.run.history[attack][-1] == one.examined.labels)[:kept] for one in (left, right)]
    return in_proportion(changes(*read), ABREAST)


def digits_panel(name: str, net: Learnt, attack: str, rows: NDArray[np.int64]) -> Panel:
    """Test digits after an attack on this net, framed where it misreads them."""
    note = f"reads {net.now(attack):.0f} % {SHOWN_AS[attack]}"
    return wall_of_answers(name, net.pictures(attack)[rows], net.examined.labels[rows], net.said(attack)[rows],
                           note=note)  # fmt: skip


def slopes_panel(side: str, net: Learnt, rows: NDArray[np.int64], *, small: bool) -> Panel:
    """Gradients of the same digits, each scaled to its own largest, with the ink outlined; where `small`, of a few."""
    rows, columns = (rows[:FEW], 2) if small else (rows, ACROSS)
    slopes = net.slopes[rows]
    largest = np.abs(slopes).max((1, 2), keepdims=True)
    scaled = (slopes / np.maximum(largest, np.finfo(np.float64).tiny)).astype(np.float32)
    cells = Cells("gradients", scaled, columns, -1.0, 1.0, "diverging")
    ink = Lines("ink", outlines(cells, net.ink[rows]))
    return Panel(f"{side} gradient", cells.size, (cells, ink), f"{net.on_ink:.0f} % on ink", frame=False)


def training_chart(left: Learnt, right: Learnt, *, fast: bool) -> Chart:
    """Digits read by both nets at each mark: clean beside PGD, or one step beside PGD where `fast`."""
    easy, name = ("fgsm", "one step") if fast else ("clean", "clean")
    lines = tuple(
        Series(f"{said}, {side}", net.epochs, net.read(attack), "dashed" if attack == easy else "solid", colour)
        for side, net, colour in (("left", left, LEFT), ("right", right, RIGHT))
        for attack, said in ((easy, name), ("pgd", "PGD"))
    )
    return Curve("While they learn", lines, "epoch", "% read", (0.0, 100.0), (0.0, 30.0))


def attack_chart(nets: dict[str, Learnt]) -> Chart:
    """Digits that every net reads under every attack; a click chooses the attack."""
    table = np.array([[net.now(one) for one in ATTACKS] for net in nets.values()])
    sets = tuple(None if one == "double" else {"attack": one} for _ in nets for one in ATTACKS)
    rows = tuple(NETS[name] for name in nets)
    return Matrix("Digits that are read", table, rows, tuple(ATTACKS.values()), note="%", sets=sets)
