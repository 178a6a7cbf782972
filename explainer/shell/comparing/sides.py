"""What one side of a comparison holds, and what two of them amount to, in words and as a panel."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any

import numpy as np

from explainer.core import comparing
from explainer.core.controls import controls
from explainer.core.geometry import scale_shift
from explainer.core.heroes import main_views, shown_part
from explainer.core.layers import Heat, Image, Panel
from explainer.core.number_text import compact
from explainer.core.result import Result

OWN_PEAKS = "Difference B − A, each over its own peak"
ONE_SCALE = "Difference B − A, on one scale"
MOST_NUMBERS = 12  # rows of the table
LEAST_CHANGE = 1e-6  # of a number: less is rounding


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A result with all that it was made from."""

    demo: str
    title: str
    model: str
    params: Any
    result: Result
    picture: tuple[str, int]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Param name → value."""
        return {one.name: getattr(self.params, one.name) for one in fields(self.params)}

    @property
    def hero(self) -> Panel | None:
        """The picture that is compared: a hero with a map, else the first hero."""
        heroes = [self.result.panels[i] for i in main_views(self.result).panels]
        mapped = (one for one in heroes if comparing.heat_of(one) is not None)
        return next(mapped, heroes[0] if heroes else None)


def lettered(side: Side, letter: str) -> Panel | None:
    """The hero with its letter before the title."""
    return replace(side.hero, title=f"{letter}  {side.hero.title}") if side.hero is not None else None


def may_overlay(a: Side, b: Side) -> bool:
    """Whether the pictures cover the same ground, so that one can lie over the other."""
    one, other = a.hero, b.hero
    if one is None or other is None or one.size != other.size:
        return False
    return shown_part(one) == shown_part(other) and a.picture == b.picture and (one.frame == other.frame)


def difference(a: Side, b: Side, scale: comparing.Scale) -> tuple[Panel | None, str]:
    """The panel of B − A and what it means; no panel where a difference makes no sense, and why."""
    if a.picture != b.picture:
        return None, "A is of an earlier picture, so the two are not subtracted."
    if a.demo != b.demo:
        return None, "Two demos measure different things, so their pictures are not subtracted."
    one, other = a.hero, b.hero
    found = comparing.map_difference(one, other, scale) if one is not None and other is not None else None
    if one is None or found is None:
        return None, "These pictures have no maps that could be subtracted; the numbers show what differs."
    x0, y0, x1, y1 = shown_part(one)
    limit = float(np.abs(found.values).max()) or 1.0
    tall, wide = found.values.shape
    grown = scale_shift((x1 - x0) / wide, (y1 - y0) / tall, x0, y0)
    heat = Heat("difference", found.values, -limit, limit, to_panel=grown, colours="diverging")
    photo = tuple(layer for layer in one.layers if isinstance(layer, Image))
    title = OWN_PEAKS if scale == "own peaks" else ONE_SCALE
    return Panel(title, one.size, (*photo, heat), frame=one.frame), comparing.in_words(found)


def sheet_text(a: Side, b: Side) -> str:
    """Settings and numbers of both sides as HTML."""
    return f"{_settings(a, b)}{_numbers(a, b)}"


def _settings(a: Side, b: Side) -> str:
    rows = [("Demo", a.title, b.title)] if a.demo != b.demo else []
    rows += [("Network", a.model, b.model)] if a.model != b.model else []
    found, same = comparing.differing(controls(type(a.params)), a.settings, b.settings)
    if a.demo == b.demo:
        rows += [(one.label, _word(one.a), _word(one.b)) for one in found]
        rest = f"{same} more {'is' if same == 1 else 'are'} the same" if rows else "All settings are the same yet"
    else:
        rest = "Settings of two demos are not compared"
    return _table("Settings", ("A", "B"), rows) + f"<p>{rest}.</p>"


def _numbers(a: Side, b: Side) -> str:
    shared = comparing.shared_numbers(a.result.values, b.result.values)
    if not shared:
        return ""
    shown = sorted(shared, key=lambda one: not _differs(one))[:MOST_NUMBERS]
    rows = [(one.name.replace("_", " "), compact(one.a), compact(one.b), _change(one)) for one in shown]
    left = len(shared) - len(rows)
    return _table("Numbers", ("A", "B", "B − A"), rows) + (f"<p>{left} more.</p>" if left else "")


def _change(one: comparing.Number) -> str:
    return f"+{compact(one.change)}" if _differs(one) and one.change > 0 else compact(one.change * _differs(one))


def _differs(one: comparing.Number) -> bool:
    """Whether it is more than what two runs of the same differ by in float32."""
    return abs(one.change) > LEAST_CHANGE * max(abs(one.a), abs(one.b))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return compact(value)
    if isinstance(value, tuple | list):
        return ", ".join(_word(one) for one in value)
    return str(value)


def _table(title: str, heads: tuple[str, ...], rows: list[Any]) -> str:
    top = "".join(f"<th align='right'>{escape(one)}</th>" for one in heads)
    lines = (
        f"<tr><td>{escape(row[0])}</td>" + "".join(f"<td align='right'>{escape(one)}</td>" for one in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<table width='100%' cellpadding='3'><tr><th align='left'>{title}</th>{top}</tr>{''.join(lines)}</table>"
