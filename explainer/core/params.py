"""Values of controls: checked, read from text, written to JSON and read back."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import chain, islice
from typing import Any

from explainer.core.controls import AUTO, SYMBOLIC, Control, control, controls, record_kind
from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.model_card import ModelCard
from explainer.core.numerals import is_whole, read_number
from explainer.core.words import one_line

_DEEPEST, _MOST_PARTS, _MOST_SIGNS, _SHOWN_SIGNS = 12, 200_000, 2_000_000, 60
# What is raised for values that mean nothing; what Python says then is no sentence.
_NO_SENTENCES = (TypeError, LookupError, ValueError, AttributeError, ArithmeticError, RecursionError, MemoryError)


class _NotAllowedError(ValueError):
    """Says in a sentence what is allowed."""


def checked(one: Control, value: Any, card: ModelCard | None = None) -> Any:
    """Return `value` in the control's own type.

    Parameters
    ----------
    card
        The session's model; without it names of layers and classes are taken on trust.

    Raises
    ------
    ValueError
        With one sentence that says what is allowed.
    """
    try:
        if not _is_bounded(value):
            raise _NotAllowedError(f"{one.name} cannot hold that much, or lists nested that deeply.")
        if one.auto and isinstance(value, str) and value == AUTO:
            return AUTO
        return _CHECKS[one.kind](one, value, card)
    except _NotAllowedError:
        raise
    except _NO_SENTENCES as error:
        raise ValueError(f"{one.name} cannot be {_short(value)}.") from error


def _is_bounded(value: Any) -> bool:
    """Whether a value is no deeper and longer than any that means something; without recursion of its own."""
    level: list[Any] = [value]
    seen = 0
    for _ in range(_DEEPEST):
        seen += len(level)
        if seen > _MOST_PARTS or any(isinstance(part, str) and len(part) > _MOST_SIGNS for part in level):
            return False
        inner = (part.values() if isinstance(part, Mapping) else part for part in level if _holds_others(part))
        level = list(islice(chain.from_iterable(inner), _MOST_PARTS + 1))
        if not level:
            return True
    return False


def _holds_others(part: Any) -> bool:
    return isinstance(part, Mapping | list | tuple)


def _read_json(text: str) -> Any:
    """Read JSON whose numbers are of a size that Python reads in no time."""
    value = json.loads(text)
    if not _is_bounded(value):
        raise ValueError("too deep")
    return value


def _short(value: Any) -> str:
    """What was given, as far as it fits into a sentence."""
    text = one_line(" ".join((value if isinstance(value, str) else repr(value)).split()))
    return text if len(text) <= _SHOWN_SIGNS else f"{text[:_SHOWN_SIGNS]}…"


def _number(one: Control, value: Any, _card: ModelCard | None) -> float | int:
    number = read_number(value, whole=one.integer) if isinstance(value, str) else float(value)
    if not math.isfinite(number) or not one.lo <= number <= one.hi:
        raise _NotAllowedError(f"{one.name} must lie between {one.lo:g} and {one.hi:g}, not {_short(value)}.")
    if one.integer and number != int(number):
        raise _NotAllowedError(f"{one.name} must be a whole number, not {_short(value)}.")
    return int(number) if one.integer else number


def _choice(one: Control, value: Any, _card: ModelCard | None) -> str:
    allowed = [key for key, _ in one.choices]
    if value not in allowed:
        raise _NotAllowedError(f"{one.name} must be one of {', '.join(allowed)}, not {_short(value)}.")
    return one.choice(value)


def _multichoice(one: Control, value: Any, card: ModelCard | None) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    return tuple(_choice(one, item, card) for item in items if item)


def _toggle(one: Control, value: Any, _card: ModelCard | None) -> bool:
    words = dict.fromkeys(("true", "1", "on", "yes"), True) | dict.fromkeys(("false", "0", "off", "no"), False)
    if isinstance(value, bool):
        return value
    if str(value).lower() not in words:
        raise _NotAllowedError(f"{one.name} must be on or off, not {_short(value)}.")
    return words[str(value).lower()]


def _text(_one: Control, value: Any, _card: ModelCard | None) -> str:
    return str(value)


def _button(one: Control, value: Any, _card: ModelCard | None) -> int:
    if int(value) < 0:
        raise _NotAllowedError(f"{one.name} counts presses and cannot be {_short(value)}.")
    return int(value)


def _layer(one: Control, value: Any, card: ModelCard | None) -> str:
    if card is not None and not card.has_layer(str(value)):
        raise _NotAllowedError(f"{one.name}: {card.title} has no layer {_short(value)}.")
    return str(value)


def _class(one: Control, value: Any, card: ModelCard | None) -> str:
    text = str(value)
    if text in SYMBOLIC["class"]:
        return text
    if not is_whole(text) and card is not None:
        text = _class_by_name(one, text, card)
    if not is_whole(text) or (card is not None and int(text) >= len(card.labels)):
        raise _NotAllowedError(f"{one.name} must be top-1, top-2, a class number or its name, not {_short(value)}.")
    return text


def _class_by_name(one: Control, name: str, card: ModelCard) -> str:
    for index, label in enumerate(card.labels):
        if label.lower() == name.lower():
            return str(index)
    raise _NotAllowedError(f"{one.name}: {card.title} has no class called {_short(name)}.")


def _fractions(one: Control, value: Any, count: int) -> list[float]:
    parts = value.split(",") if isinstance(value, str) else list(value)
    if len(parts) != count:
        raise _NotAllowedError(f"{one.name} needs {count} numbers between 0 and 1.")
    numbers = [float(p) for p in parts]
    if not all(math.isfinite(n) and 0.0 <= n <= 1.0 for n in numbers):
        raise _NotAllowedError(f"{one.name} takes fractions of the picture, each between 0 and 1.")
    return numbers


def _point(one: Control, value: Any, _card: ModelCard | None) -> PointXY:
    return PointXY(*_fractions(one, value, 2))


def _box(one: Control, value: Any, _card: ModelCard | None) -> BoxXYXY:
    box = BoxXYXY(*_fractions(one, value, 4))
    if box.x1 <= box.x0 or box.y1 <= box.y0:
        raise _NotAllowedError(f"{one.name} is x0,y0,x1,y1 with x0 < x1 and y0 < y1.")
    return box


def _boxes(one: Control, value: Any, card: ModelCard | None) -> tuple[BoxXYXY, ...]:
    items = [part for part in value.split(";") if part.strip()] if isinstance(value, str) else value
    return tuple(_box(one, item, card) for item in items)


def _strokes(one: Control, value: Any, _card: ModelCard | None) -> tuple[Stroke, ...]:
    raw = _read_json(value) if isinstance(value, str) else value
    return tuple(
        Stroke(tuple(PointXY(*_fractions(one, p, 2)) for p in points), _fractions(one, [radius], 1)[0])
        for points, radius in raw
    )


def _grid(one: Control, value: Any, card: ModelCard | None) -> tuple[tuple[float, ...], ...]:
    raw = [row.split(",") for row in value.split(";")] if isinstance(value, str) else value
    rows = tuple(tuple(float(_number(one, cell, card)) for cell in row) for row in raw)
    if not rows or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise _NotAllowedError(f"{one.name} must be a rectangle of numbers (rows split by ; and cells by ,).")
    return rows


def _cards(one: Control, value: Any, card: ModelCard | None) -> tuple[Any, ...]:
    raw = _read_json(value) if isinstance(value, str) else value
    if isinstance(raw, str | Mapping):
        raise _NotAllowedError(f"{one.name} is a list of records in JSON.")
    return tuple(
        item if isinstance(item, one.records) else _record(one, item, number, card)
        for number, item in enumerate(raw, start=1)
    )


def _record(one: Control, item: Any, number: int, card: ModelCard | None) -> Any:
    """Read one record; what it leaves out has its default, and what it does not know is refused."""
    where = f"{one.name}, record {number}"
    if not isinstance(item, Mapping):
        raise _NotAllowedError(f"{where}: a record is written {{“name”: value, …}}, not {_short(item)}.")
    kinds = {record_kind(record): record for record in one.records}
    wanted = item.get("kind", "") if len(kinds) > 1 else next(iter(kinds))
    if wanted not in kinds:
        raise _NotAllowedError(f"{where}: its kind must be one of {', '.join(kinds)}, not {_short(wanted)}.")
    fields = {field.name: field for field in controls(kinds[wanted])}
    unknown = [name for name in item if name not in fields]
    if unknown:
        raise _NotAllowedError(f"{where} has no field {_short(unknown[0])}; it has {', '.join(fields)}.")
    try:
        return kinds[wanted](**{name: checked(fields[name], plain, card) for name, plain in item.items()})
    except ValueError as error:
        raise _NotAllowedError(f"{where}: {error}") from error


_CHECKS: Mapping[str, Any] = {
    "number": _number, "choice": _choice, "multichoice": _multichoice, "toggle": _toggle, "text": _text,
    "button": _button, "layer": _layer, "class": _class, "point": _point, "box": _box, "boxes": _boxes,
    "strokes": _strokes, "grid": _grid, "cards": _cards,
}  # fmt: skip


def changed(params: Any, card: ModelCard | None = None, **values: Any) -> Any:
    """Return a copy of `params` with checked `values`.

    Raises
    ------
    KeyError
        For a name that is no parameter.
    ValueError
        For a value that is not allowed.
    """
    kind = type(params)
    return replace(params, **{name: checked(control(kind, name), v, card) for name, v in values.items()})


def typed(params: Any) -> Any:
    """Return `params` with choices in their own type, where whoever made them wrote plain strings."""
    kind: Any = type(params)
    loose: dict[str, Any] = {}
    for one in controls(kind):
        value = getattr(params, one.name)
        if one.kind == "choice" and not isinstance(value, one.choice):
            loose[one.name] = one.choice(value)
        elif one.kind == "multichoice" and not all(isinstance(item, one.choice) for item in value):
            loose[one.name] = tuple(one.choice(item) for item in value)
    return replace(params, **loose) if loose else params


def to_plain(params: Any) -> dict[str, Any]:
    """Return JSON-ready values (tuples become lists when written)."""
    return asdict(params)


def from_plain(kind: type, data: Mapping[str, Any], card: ModelCard | None = None) -> tuple[Any, list[str]]:
    """Read values back; what is unknown or no longer allowed becomes the default, and a note says so.

    Returns
    -------
    params, notes
        The dataclass, and one sentence for each value that was replaced.
    """
    values: dict[str, Any] = {}
    notes: list[str] = []
    data = data if isinstance(data, Mapping) else {}
    for one in controls(kind):
        if one.name not in data:
            continue
        try:
            values[one.name] = checked(one, data[one.name], card)
        except ValueError:
            notes.append(f"{one.label} went back to its default.")
    return kind(**values), notes
