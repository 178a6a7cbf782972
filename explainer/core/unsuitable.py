"""A demo's answer that this picture or network does not fit, and what would."""

from dataclasses import dataclass
from typing import Any, Literal

OfferKind = Literal["sample", "camera", "open", "model", "demo", "set"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One way on, shown as a button.

    Parameters
    ----------
    kind
        Another picture (``sample``, ``camera``, or ``open`` a file), a ``model`` that is chosen or fetched,
        another ``demo``, or params to ``set``.
    value
        Name of the sample, id of the model or demo, or a mapping of params.
    label
        On the button; by default the window writes one.
    """

    kind: OfferKind
    value: Any = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Unsuitable:
    """Why a result would mean nothing here, in one sentence, and at least one way on.

    Raises
    ------
    ValueError
        Without a sentence or an offer.
    """

    sentence: str
    offers: tuple[Offer, ...]

    def __post_init__(self) -> None:
        if not self.sentence or not self.offers:
            raise ValueError("what does not suit has a sentence and a way on")
