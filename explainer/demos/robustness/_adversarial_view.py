"""Pictures and charts of adversarial training: attacked digits, gradients, accuracy by epoch and by attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explainer.core.charts import Chart, Curve, Matrix, Series
from explainer.core.layers import Cells, Lines, Panel
from explainer.core.walls import framed, outlines, wall

if TYPE_CHECKING:
    from explainer.vision.training.adversarial import Learnt

NETS = {"usual": "Usual training", "one": "One-step training", "pgd": "PGD training"}
ATTACKS = {"clean": "none", "noise": "noise", "fgsm": "FGSM", "pgd": "PGD", "double": "PGD, 2 ε"}
SHOWN_AS = {"clean": "clean", "noise": "with noise", "fgsm": "under FGSM", "pgd": "under PGD"}
COLUMNS = 6
LEFT, RIGHT = 1, 2  # colours of the two nets


def digits_panel(name: str, net: Learnt, attack: str) -> Panel:
    """The first test digits after an attack on this net, framed where it misreads them."""
    pictures, said = net.pictures(attack), net.said(attack)
    true = net.examined.labels[: len(pictures)]
    said = said[: len(pictures)]
    note = f"reads {net.now(attack):.0f} % {SHOWN_AS[attack]}"
    panel = wall(name, pictures, true, said, columns=COLUMNS, note=note)
    return framed(panel, said != true)


def slopes_panel(side: str, net: Learnt) -> Panel:
    """Gradients of the same digits, each scaled to its own largest, with the ink outlined."""
    largest = np.abs(net.slopes).max((1, 2), keepdims=True)
    scaled = (net.slopes / np.maximum(largest, np.finfo(np.float64).tiny)).astype(np.float32)
    cells = Cells("gradients", scaled, COLUMNS, -1.0, 1.0, "diverging")
    ink = Lines("ink", outlines(cells, net.ink))
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
