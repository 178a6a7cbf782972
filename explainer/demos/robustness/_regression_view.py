"""Pictures and charts of robust regression: digits set upright, errors by loss, losses and influences, outliers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.layers import Panel
from explainer.core.walls import framed, wall_of_words

if TYPE_CHECKING:
    from explainer.vision.training.robust_regression import Learnt

SHOWN, COLUMNS, SIDE = 24, 6, 24
FAR = 15.0  # degrees from which on a digit is framed
WIDEST = 150.0  # degrees to both sides of the curves
Sets = tuple[Mapping[str, Any] | None, ...]


def upright_panel(name: str, net: Learnt) -> Panel:
    """Test digits turned back by what a net says, labelled by how far they are off, framed where that is far."""
    errors = net.errors[:SHOWN]
    return _wall(name, net.set_upright(SHOWN, SIDE), errors, np.abs(errors) > FAR, f"{net.now:.1f}° off on average")


def taught_panel(net: Learnt) -> Panel:
    """Training digits as the nets see them, labelled by the angle that is taught, framed where it is wrong."""
    note = f"{net.wrong.sum()} of {len(net.wrong)} are wrong"
    return _wall("What both are taught", net.taught(SHOWN, SIDE), net.points[:SHOWN, 1], net.wrong[:SHOWN], note)


def _wall(name: str, pictures: Any, angles: NDArray[np.float64], which: NDArray[np.bool_], note: str) -> Panel:
    labels = tuple(signed(angle, 0) for angle in angles.tolist())
    return framed(wall_of_words(name, pictures, labels, columns=COLUMNS, note=note), which)


def bars(title: str, unit: str, found: Mapping[str, float], chosen: int, sets: Sets) -> Chart:
    """Numbers by name; a click on one chooses it."""
    high, digits = (100.0, 0) if unit == "%" else (max(10.0, *found.values()), 1)
    return Bars(
        title, tuple(found), tuple(found.values()), high, format=f".{digits}f", chosen=chosen, note=unit, sets=sets
    )


def curves(square: Learnt, other: Learnt, name: str) -> tuple[Chart, Chart]:
    """The loss beside the square, and the influence of an error with both, as shares of their largest."""
    from explainer.vision.training.robust_regression import curves as of

    x = np.linspace(-WIDEST, WIDEST, 301)
    pairs = (("square", 1, of(square.loss, x)), (name.lower(), 2, of(other.loss, x)))[: 1 + (other is not square)]
    loss, influence = (
        tuple(Series(who, x, both[part], colour=colour) for who, colour, both in pairs) for part in (0, 1)
    )
    wide = (-WIDEST, WIDEST)
    return (
        Curve("Loss of an error", loss, "error in °", "of its largest", (0.0, 1.0), wide),
        Curve("Influence of an error", influence, "error in °", "of its largest", (-1.0, 1.0), wide),
    )


def signed(degrees: float, digits: int = 1) -> str:
    """``+3.2°``, with a proper minus, and none before a zero."""
    rounded = round(degrees, digits) or 0.0
    return f"{rounded:{'+' if rounded else ''}.{digits}f}°".replace("-", "−")
