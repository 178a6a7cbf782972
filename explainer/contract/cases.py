"""Values of each control that the contract tries, and what tells two results apart."""

import hashlib
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from explainer.core.controls import AUTO, SYMBOLIC, Control, control
from explainer.core.demo import Demo
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY, Stroke
from explainer.core.measured import compared_fields
from explainer.core.model_card import ModelCard
from explainer.core.params import changed
from explainer.core.result import Result

# What a person reads beside a picture; a change of it alone is no change of the picture.
CAPTIONS = frozenset({"title", "note", "name", "sets"})

# Values to try ------------------------------------------------------------------------------------------


def cases(one: Control, card: ModelCard, now: Any) -> tuple[Any, ...]:
    """Values to try beside `now`: a small step, the ends, every choice, or three of a model's.

    Parameters
    ----------
    card
        The session's model, whose first, middle and last layer and class are taken.
    now
        The present value, which is left out.
    """
    tried = ((AUTO,) if one.auto else ()) + _values(one, card, now)
    found = dict.fromkeys(value for value in tried if value != now)
    return tuple(found)


def _values(one: Control, card: ModelCard, now: Any) -> tuple[Any, ...]:
    match one.kind:
        case "number":
            return _numbers(one, now)
        case "choice":
            return tuple(key for key, _ in one.choices)
        case "multichoice":
            keys = tuple(key for key, _ in one.choices)
            return (keys[:1], keys, ())
        case "toggle":
            return (True, False)
        case "text":
            return ("", f"{now} and more")
        case "button":
            return (now + 1,)
        case "layer":
            names = [layer.name for layer in card.layers if len(layer.shape) == 3]
            return (*SYMBOLIC["layer"], *_three(names))
        case "class":
            return (*SYMBOLIC["class"], *_three([str(i) for i in range(len(card.labels))]))
        case _:
            return _drawn(one, now)


def _drawn(one: Control, now: Any) -> tuple[Any, ...]:
    match one.kind:
        case "grid":
            return tuple(tuple(tuple(end for _ in row) for row in now) for end in (one.hi, one.lo))
        case "cards":
            return (now[::-1], now[:1], (), tuple(record() for record in one.records))
        case "point":
            return (PointXY(0.25, 0.3), PointXY(0.0, 0.0), PointXY(1.0, 1.0), CENTRE)
        case "box":
            return (BoxXYXY(0.3, 0.2, 0.6, 0.7), BoxXYXY(0.0, 0.0, 0.02, 0.02), BoxXYXY(0.0, 0.0, 1.0, 1.0))
        case "boxes":
            return ((BoxXYXY(0.1, 0.2, 0.4, 0.7), BoxXYXY(0.5, 0.5, 1.0, 1.0)), (BoxXYXY(0.0, 0.0, 0.02, 0.02),), ())
        case "strokes":
            return ((Stroke((PointXY(0.2, 0.2), PointXY(0.8, 0.8)), 0.05),), ())
        case _:
            raise TypeError(f"no cases for a control of kind {one.kind}")


def _numbers(one: Control, now: Any) -> tuple[Any, ...]:
    step = one.step or (1 if one.integer else (one.hi - one.lo) / 20)
    near = 2 * now if one.log else now + step
    if not one.lo <= near <= one.hi:
        near = now / 2 if one.log else now - step
    kind = int if one.integer else float
    inside = min(max(near, one.lo), one.hi)
    return kind(inside), kind(one.lo), kind(one.hi)


def _three(items: list[str]) -> tuple[str, ...]:
    return (items[0], items[len(items) // 2], items[-1]) if items else ()


def shown(demo: Demo[Any], one: Control, params: Any) -> Any:
    """Return `params` changed so that the control `one` is to be seen; what it hangs on is set first."""
    if one.when is None:
        return params
    params = shown(demo, control(demo.params_type, one.when.name), params)
    if getattr(params, one.when.name) in one.when.values:
        return params
    return changed(params, None, **{one.when.name: one.when.values[0]})


def at_most(demo: Demo[Any], card: ModelCard) -> Any:
    """Params with every number at its upper end, every toggle on and every choice at its last."""
    params = demo.defaults()
    for one in demo.controls():
        value = {
            "number": int(one.hi) if one.integer else one.hi,
            "toggle": True,
            "choice": one.choices[-1][0] if one.choices else None,
            "multichoice": tuple(key for key, _ in one.choices),
        }.get(one.kind)
        if value is not None:
            params = changed(params, card, **{one.name: value})
    return params


# What was seen ------------------------------------------------------------------------------------------


def parts(result: Result) -> dict[str, bytes]:
    """Hash of each part of a result, to the last bit; the state is nobody's to see, what is measured differs."""
    found = {f"panel {panel.slug}": digest(panel) for panel in result.panels}
    found |= {f"chart {chart.title}": digest(chart) for chart in result.charts}
    found |= {f"value {name}": digest(value) for name, value in result.values.items()}
    others = ("headline", "heroes", "reading", "resolved", "play", "unsuitable", "documents", "badges", "input")
    return found | {name: digest(getattr(result, name)) for name in others}


def sight(result: Result, moved: str = "") -> dict[str, bytes]:
    """Hash of what is drawn, captions aside, and of the values that do not merely repeat the control `moved`."""
    found = {f"panel {n}": digest(panel, CAPTIONS) for n, panel in enumerate(result.panels)}
    found |= {f"chart {n}": digest(chart, CAPTIONS) for n, chart in enumerate(result.charts)}
    kept = {name: value for name, value in result.values.items() if not moved or not name.startswith(moved)}
    return found | {f"value {name}": digest(value) for name, value in kept.items()}


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Names of the parts that are not the same in both."""
    return [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]


def digest(value: Any, leave_out: frozenset[str] = frozenset()) -> bytes:
    """Hash of a plain value: arrays by shape, type and bytes, dataclasses field by field but for measured ones."""
    hashed = hashlib.blake2b(digest_size=16)
    _feed(hashed, value, leave_out)
    return hashed.digest()


def _feed(hashed: Any, value: Any, leave_out: frozenset[str]) -> None:
    if isinstance(value, np.ndarray):
        hashed.update(f"{value.shape} {value.dtype}".encode())
        hashed.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        _feed(hashed, tuple(value.items()), leave_out)
    elif isinstance(value, tuple | list):
        hashed.update(f"({len(value)}".encode())
        for item in value:
            _feed(hashed, item, leave_out)
    elif is_dataclass(value):
        hashed.update(type(value).__name__.encode())
        for f in compared_fields(value):
            if f.name not in leave_out:
                _feed(hashed, getattr(value, f.name), leave_out)
    else:
        hashed.update(f"{value!r};".encode())
