"""What belongs to the view and not to the computation: moving it recomputes nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewState:
    """How results are looked at.

    Parameters
    ----------
    opacity
        Of the warmest places of heat-maps over pictures, 0…1; cold places are fainter.
    colours
        The sequential colour map, a key of ``colours.SEQUENTIAL``.
    hidden
        Names of layers that are switched off.
    """

    opacity: float = 0.8
    colours: str = "inferno"
    hidden: frozenset[str] = frozenset()
