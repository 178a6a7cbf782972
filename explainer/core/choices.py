"""Choices stated once: a type whose members carry their value and their label."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Self


class Choice(StrEnum):
    """Subclass it with one line for each choice: its name in Python, its value, its label.

    ::

        class Edge(Choice):
            SOFT = "soft", "As the network says"
            HARD = "hard", "Cut at one half"

        edge: Annotated[Edge, Doc("Edge")] = Edge.SOFT

    The value is what session files, ``--set`` and lessons write; a member equals it, and is a string.
    """

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member; without a label its value is one."""
        member = str.__new__(cls, value)
        member._value_, member.label = value, label or _said(value)
        return member


class Options(dict[str, str]):
    """Labels for values of a ``Literal``; a value without one is its own label. New choices are a `Choice`."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


def labelled(where: str, values: Sequence[Any], options: Options | None) -> tuple[tuple[str, str], ...]:
    """Pairs of value and label.

    Raises
    ------
    TypeError
        When a label belongs to no value.
    """
    if values and isinstance(values[0], Choice):
        return tuple((str(one), one.label) for one in values)
    given = options or Options()
    stray = [value for value in given if value not in values]
    if stray:
        raise TypeError(f"{where}: there is a label for {', '.join(stray)}, which is no choice")
    return tuple((value, given.get(value, _said(value))) for value in values)


def _said(value: str) -> str:
    return value.replace("-", " ").capitalize()
