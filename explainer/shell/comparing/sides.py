"""What one side of a comparison holds, and what two of them amount to, in words, rows and as a panel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import comparing
from explainer.core.controls import AUTO, Control, controls
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.heroes import main_views, shown_part
from explainer.core.layers import Heat, Image, Panel
from explainer.core.model_card import ModelCard
from explainer.core.number_text import compact, number, with_unit
from explainer.core.result import Result

MOST_NUMBERS = 12  # rows of the table
LEAST_CHANGE = 1e-6  # of a number: less is rounding
TITLE = "Difference “B − A”"
MAPS, LIGHT = ("more in A", "more in B"), ("darker in B", "lighter in B")
NAMES = re.compile(r"(.*_)?(index|class|id|map|channel|label|digit|winner)")  # of what a number only names
UNITS = {"px": "px", "percent": "%", "ms": "ms", "bits": "bits", "logits": "logits", "255": "of 255"}


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A result with all that it was made from."""

    demo: str
    title: str
    card: ModelCard
    params: Any
    result: Result
    frame: Frame | None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Param name → value."""
        return {one.name: getattr(self.params, one.name) for one in fields(self.params)}

    def word(self, one: Control) -> str:
        """A setting as it is read: a layer by its label, and what the frame seated by what it became."""
        value = getattr(self.params, one.name)
        value = self.result.resolved.get(one.name, value) if value == AUTO else value
        if one.kind == "layer" and self.card.has_layer(str(value)):
            return self.card.layer(str(value)).label.split(" · ")[0]
        if one.kind == "class" and str(value).isdigit():
            return self.card.label(int(value))
        if isinstance(value, str):
            return dict(one.choices).get(str(value), value)
        return with_unit(_word(value), one.unit)

    @property
    def hero(self) -> Panel | None:
        """The picture that is compared: a hero with a map, else the first hero."""
        heroes = [self.result.panels[i] for i in main_views(self.result).panels]
        mapped = (one for one in heroes if comparing.heat_of(one) is not None)
        return next(mapped, heroes[0] if heroes else None)


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """B − A as a panel, with what its two colours mean, its unit, and what it amounts to.

    Where a difference makes no sense there is no panel, and `words` say why. `limit` is the largest size of a change.
    """

    words: str
    panel: Panel | None = None
    more: str = ""
    ends: tuple[str, str] = MAPS
    unit: str = ""
    limit: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a name, A, B, and what it changed by.

    Parameters
    ----------
    unit
        Of the three numbers.
    way
        B − A over the larger of the two sizes, −1…1, where it is a number that can be more or less.
    """

    name: str
    a: str
    b: str
    change: str = ""
    unit: str = ""
    way: float | None = None


def same_picture(a: Side, b: Side) -> bool:
    """Whether both were made from the same pixels, even where the source was opened once more."""
    one, other = a.frame, b.frame
    if one is None or other is None:
        return one is other
    return one.pixels is other.pixels or np.array_equal(one.pixels, other.pixels)


def is_still(a: Side, b: Side) -> bool:
    """Whether nothing was changed since A was kept."""
    same = (a.demo, a.card.name, a.params) == (b.demo, b.card.name, b.params)
    return same and same_picture(a, b)


def may_overlay(a: Side, b: Side) -> bool:
    """Whether the pictures cover the same ground, so that one can lie over the other."""
    one, other = a.hero, b.hero
    if one is None or other is None or one.size != other.size:
        return False
    return shown_part(one) == shown_part(other) and one.frame == other.frame and same_picture(a, b)


def difference(a: Side, b: Side, scale: comparing.Scale) -> Difference:
    """What B − A is."""
    one, other = a.hero, b.hero
    if is_still(a, b):
        return Difference("Nothing differs yet: change a control, and see here what it does.")
    if not same_picture(a, b):
        return Difference("A is of an earlier picture, so the two are not subtracted.")
    if a.demo != b.demo:
        return Difference("Two demos measure different things, so their pictures are not subtracted.")
    if one is None or other is None:
        return Difference("There are no pictures to be subtracted; the numbers show what differs.")
    found = comparing.map_difference(one, other, scale)
    if found is not None:
        return _of_maps(one, found)
    pictures = comparing.picture_difference(one, other)
    if pictures is None:
        return Difference("These pictures cannot be subtracted; the numbers show what differs.")
    if not pictures.changed:
        return Difference("The two pictures are the same; what is drawn on them and the numbers may differ.")
    words = comparing.picture_in_words(pictures)
    limit = float(np.abs(pictures.values).max()) or 1.0
    return Difference(words, _panel(one, pictures.values, limit, over=False), "", LIGHT, "of 255", limit)


def _of_maps(panel: Panel, found: comparing.MapDifference) -> Difference:
    limit = float(np.abs(found.values).max()) or 1.0
    words, drawn = comparing.in_words(found), _panel(panel, found.values, limit, over=True)
    if not found.values.any():
        return Difference("The two maps are the same at every place.", drawn)
    more = f"On average the two maps are {number(found.mean)} {found.unit}".rstrip() + " apart."
    unit = "of own peak" if found.unit == comparing.OF_PEAK else found.unit
    return Difference(words, drawn, more, MAPS, unit, limit)


def _panel(panel: Panel, values: NDArray[np.float32], limit: float, *, over: bool) -> Panel:
    """Draw a difference over the picture, which stays to be seen below a map."""
    x0, y0, x1, y1 = shown_part(panel)
    tall, wide = values.shape
    grown = scale_shift((x1 - x0) / wide, (y1 - y0) / tall, x0, y0)
    heat = Heat("difference", values, -limit, limit, to_panel=grown, colours="diverging", over=over)
    photo = tuple(layer for layer in panel.layers if isinstance(layer, Image))
    return Panel(TITLE, panel.size, (*photo, heat), frame=panel.frame)


# In words -----------------------------------------------------------------------------------------------


def said(a: Side, b: Side) -> list[tuple[str, str]]:
    """What to write at the two pictures, the settings that differ; then shorter ways to say it."""
    if a.demo != b.demo:
        return [(f"“{a.title}”", f"“{b.title}”")]
    rows, _ = settings(a, b)
    if not rows:
        return [("As it was kept", "As it is now"), ("kept", "now")]
    named = [(f"{row.name} “{row.a}”", f"{row.name} “{row.b}”") for row in rows]
    plain = [(f"“{row.a}”", f"“{row.b}”") for row in rows]
    ways = ([*zip(*pairs, strict=True)] for pairs in (named, plain, named[:1], plain[:1]))
    return [(" · ".join(of_a), " · ".join(of_b)) for of_a, of_b in ways]


def settings(a: Side, b: Side) -> tuple[list[Row], str]:
    """Settings that differ, and what is to be said of the rest."""
    rows = [Row("Demo", a.title, b.title)] if a.demo != b.demo else []
    rows += [Row("Network", a.card.title, b.card.title)] if a.card.name != b.card.name else []
    if a.demo != b.demo:
        return rows, "Settings of two demos are not compared."
    every = controls(type(a.params))
    found, same = comparing.differing(every, a.settings, b.settings)
    names = {one.label for one in found}
    rows += [Row(one.label, a.word(one), b.word(one)) for one in every if one.label in names]
    if not rows:
        return rows, "All settings are the same yet: change one below, and it is B's."
    return rows, f"{same} more {'is' if same == 1 else 'are'} the same."


def numbers(a: Side, b: Side) -> tuple[list[Row], str]:
    """Numbers that both have, those that differ first, and how many more there are."""
    shared = sorted(comparing.shared_numbers(a.result.values, b.result.values), key=lambda one: not _differs(one))
    left = len(shared) - MOST_NUMBERS
    return [_row(one) for one in shared[:MOST_NUMBERS]], f"{left} more." if left > 0 else ""


def _row(one: comparing.Number) -> Row:
    name, unit = _name_and_unit(one.name)
    a, b = compact(one.a), compact(one.b)
    if NAMES.fullmatch(one.name):
        return Row(name, number(one.a, ".0f"), number(one.b, ".0f"), "another" if _differs(one) else "same")
    if not _differs(one):
        return Row(name, a, b, "0", unit, 0.0)
    change = compact(one.change)
    return Row(name, a, b, f"+{change}" if one.change > 0 else change, unit, one.change / max(abs(one.a), abs(one.b)))


def _name_and_unit(name: str) -> tuple[str, str]:
    """``"peak_x_px"`` → ``"Peak x"``, ``"px"``."""
    head, _, last = name.rpartition("_")
    kept, unit = (head, UNITS[last]) if head and last in UNITS else (name, "")
    return kept.replace("_", " ").capitalize(), unit


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
