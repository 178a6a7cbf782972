"""The slider "Randomised layers": the same map of a network that has lost part of what it learnt."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.number_text import number
from explainer.core.parts import Part
from explainer.core.subject import Subject

LEARNT, SAME = 0.3, 0.7  # rank correlations: below the first the maps differ, from the second they are alike


def forgetful(net: Any, count: int, ctx: Context) -> tuple[Any, int]:
    """Copy the leased network with its last `count` layers drawn anew; the last copy is kept.

    Returns
    -------
    network, count
        The copy, and how many layers it really forgot: a small network has fewer than were asked for.
    """
    from explainer.vision.attribution.randomise import OneRandomised, units

    stock = net.network(stock=True)
    really = min(count, len(units(stock)))
    keeper = ctx.memo(("one randomised",), OneRandomised, keep=True)
    return keeper.at((ctx.card.name, ctx.device), stock, really, ctx.seed), really


def compared(
    about: Subject, original: NDArray[np.float32], other: NDArray[np.float32], count: int, **look: Any
) -> Part:
    """Add the forgetful network's map and how like the trained one's it is.

    Parameters
    ----------
    original, other
        Maps ``(h, w)`` of the trained and of the randomised network.
    count
        Number of layers that were drawn anew.
    """
    from explainer.vision.metrics.similarity import similarity

    finite = np.nan_to_num(other, nan=0.0, posinf=0.0, neginf=0.0)
    layers = "last layer" if count == 1 else f"last {count} layers"
    panel = about.heat_panel("Randomised", finite, f"{layers} drawn anew", **look)
    found = similarity(original, other)
    named = {
        "similarity_pearson": found.pearson,
        "similarity_spearman": found.spearman,
        "similarity_ssim": found.ssim,
    }
    values = {"layers_randomised": float(count)} | {k: v for k, v in named.items() if v is not None}
    return Part(
        (panel,), (), (_likeness(found, layers),), values, headline=_verdict(found, layers), heroes=(panel.slug,)
    )


def _verdict(found: Any, layers: str) -> str:
    if found.spearman is None:
        return f"With the {layers} forgotten, one of the two maps is blank."
    if found.spearman < LEARNT:
        return f"With the {layers} forgotten the map is a different one: it depends on what was learnt."
    if found.spearman < SAME:
        return f"With the {layers} forgotten, part of the map stays: that part shows the picture, not what was learnt."
    return f"With the {layers} forgotten the map hardly changes, so it says little about what was learnt."


def _likeness(found: Any, layers: str) -> str:
    if found.spearman is None:
        return f"With the {layers} drawn anew one of the two maps is blank or constant, so their likeness is undefined."
    rho = round(found.spearman, 2) + 0.0  # never −0.00
    shown = number(rho)
    likeness = f"With the {layers} drawn anew the rank correlation with the trained map is {shown}"
    if rho < LEARNT:
        return f"{likeness}: the map depends on what the network learnt."
    if rho < SAME:
        return f"{likeness}: part of the map stays, and that part shows the picture, not the learning."
    return f"{likeness}: the map hardly changes, so it says little about what the network learnt."
