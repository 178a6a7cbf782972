"""Which side panes are shown: those that one wants, as far as the window is wide enough."""

from dataclasses import dataclass, replace
from typing import Literal

Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for.

    Parameters
    ----------
    left, right
        Whether the pane is wanted at all.
    asked
        The pane that was opened by hand last, "" at first: it stays where there is room for one only, and
        where there is room for none.
    """

    left: bool = True
    right: bool = True
    asked: Literal["left", "right", ""] = ""

    def toggled(self, side: Side, *, shown: bool) -> "Wishes":
        """Return the wishes after a key that opens a pane, or closes one that is `shown`."""
        return replace(self, **{side: not shown}, asked="" if shown else side)


def fitting(wishes: Wishes, width: int, left: int, stage: int, right: int, between: int = 0) -> tuple[bool, bool]:
    """Return whether left and right pane are shown in a window of `width` px; the others are least widths in px.

    Parameters
    ----------
    between
        What the stage wants between two panes that nobody asked for by hand: its pictures come first.
    """
    if not (wishes.left and wishes.right):
        return _alone(wishes, "left", width, left + stage), _alone(wishes, "right", width, stage + right)
    if left + (stage if wishes.asked else max(stage, between)) + right <= width:
        return True, True
    first: Side = wishes.asked or "right"  # the lesson explains what is on the stage
    shown = _alone(wishes, first, width, stage + (left if first == "left" else right))
    return (shown, False) if first == "left" else (False, shown)


def _alone(wishes: Wishes, side: Side, width: int, needed: int) -> bool:
    wanted = wishes.left if side == "left" else wishes.right
    return wanted and (needed <= width or wishes.asked == side)
