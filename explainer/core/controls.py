"""From the fields of a ``Params`` dataclass to controls.

The same records give the window its widgets, the command line its flags, the session file its checks and
the contract suite its test cases. Annotate a field with what a person needs to know of it::

    radius: Annotated[int, Doc("Radius", "A wider brush hides more."), Range(1, 64, unit="px")] = 8
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from explainer.core.choices import Choice as Choice  # noqa: PLC0414 - authors take all of it from here
from explainer.core.choices import Options as Options  # noqa: PLC0414
from explainer.core.choices import labelled
from explainer.core.geometry import BoxXYXY, PointXY, Stroke
from explainer.core.plays import Plays as Plays  # noqa: PLC0414

Kind = Literal[
    "number", "choice", "multichoice", "toggle", "text", "button", "grid", "cards", "layer", "class",
    "point", "box", "boxes", "strokes",
]  # fmt: skip


# What a field may be annotated with ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doc:
    """Label of a control, and why one would move it."""

    label: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number, both included.

    `step` is what an arrow key moves; `log` spaces the slider; `lowest` is shown in place of `lo`, where that is no
    number but asks the demo to choose.
    """

    lo: float
    hi: float
    step: float = 0.0
    unit: str = ""
    log: bool = False
    lowest: str = ""


@dataclass(frozen=True, slots=True)
class FromCard:
    """Choices come from the session's model card: its ``layers`` or its ``classes``."""

    what: Literal["layers", "classes"]


@dataclass(frozen=True, slots=True)
class OnPicture:
    """The value is a handle on the panel of this title's slug."""

    panel: str = "input"


@dataclass(frozen=True, slots=True)
class Resets:
    """A change drops the state of a temporal demo or starts a training run anew."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button; the value counts how often it was pressed. One that is `held` goes on counting while it is down."""

    held: bool = False


@dataclass(frozen=True, slots=True)
class Repeats:
    """Does what was done once more, to the same bits: no check asks for another result."""


@dataclass(frozen=True, slots=True)
class When:
    """Shown only while another parameter has one of these values."""

    name: str
    values: tuple[Any, ...]


LayerName = Annotated[str, FromCard("layers")]
ClassIndex = Annotated[str, FromCard("classes")]
Presses = Annotated[int, Press()]
Shots = Annotated[int, Press(held=True), Repeats()]
"""Takes what is seen now, and goes on while the button, or the space bar on it, is held down."""
TrainAgain = Annotated[
    int, Press(), Repeats(), Doc("Train again", "Forgets the run that is kept and trains it anew, before your eyes.")
]
UseNetwork = Annotated[
    int, Press(), Repeats(), Doc("Use this network", "Keeps it as a model, for every demo that looks at a classifier.")
]
Auto = Literal["auto"]
"""Beside a point, box, layer or class: seated by the frame. ``spot: Annotated[PointXY | Auto, …] = AUTO``"""
AUTO: Auto = "auto"
LAST = "last"
TOP_1 = "top-1"
TOP_2 = "top-2"
SYMBOLIC: Mapping[str, tuple[str, ...]] = {"layer": (LAST,), "class": (TOP_1, TOP_2)}


# What is derived ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Control:
    """One derived control; plain data, the same for window, command line and tests."""

    name: str
    label: str
    why: str
    kind: Kind
    default: Any
    lo: float = 0.0
    hi: float = 0.0
    step: float = 0.0
    unit: str = ""
    lowest: str = ""
    log: bool = False
    integer: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    panel: str = ""
    resets: bool = False
    repeats: bool = False
    when: When | None = None
    record: type | None = None
    choice: type[str] = str
    auto: bool = False
    plays: Plays | None = None
    held: bool = False

    @property
    def choices_from(self) -> str | None:
        """``"layers"`` or ``"classes"`` where the model card gives the choices."""
        return {"layer": "layers", "class": "classes"}.get(self.kind)

    @property
    def records(self) -> tuple[type, ...]:
        """Dataclasses that an item of ``cards`` may be, in the order of the menu."""
        if self.record is None:
            return ()
        return (self.record,) if is_dataclass(self.record) else get_args(self.record)


@cache
def controls(params: type) -> tuple[Control, ...]:
    """Derive the controls of a ``Params`` dataclass.

    Raises
    ------
    TypeError
        When a field has no default, a number has no `Range`, a type has no control, labels and values of a choice
        do not match, or a default or a value in `When` is not allowed.
    """
    hints = get_type_hints(params, include_extras=True)
    found = tuple(_control(params, f, hints[f.name]) for f in fields(params))
    for one in found:
        _check_default(params, one)
        _check_when(params, one, found)
    return found


def control(params: type, name: str) -> Control:
    """Return the control called `name`.

    Raises
    ------
    KeyError
        If there is none.
    """
    for one in controls(params):
        if one.name == name:
            return one
    raise KeyError(name)


def _control(owner: type, f: "Field[Any]", hint: Any) -> Control:
    where = f"{owner.__qualname__}.{f.name}"
    bare, notes = _unwrap(hint)
    auto, bare, notes = _without_auto(bare, notes)
    if f.default is MISSING:
        raise TypeError(f"{where} has no default")
    marks = {type(note): note for note in notes}
    doc = marks.get(Doc, Doc(f.name.replace("_", " ").capitalize()))
    kind, extra = _kind(where, bare, marks)
    _check_auto_and_plays(where, kind, auto, marks)
    on_picture = marks.get(OnPicture)
    return Control(
        name=f.name, label=doc.label, why=doc.why, kind=kind, default=f.default,
        panel=on_picture.panel if on_picture else "", resets=Resets in marks,
        repeats=Repeats in marks, when=marks.get(When), auto=auto, plays=marks.get(Plays), **extra,
    )  # fmt: skip


def _check_default(owner: type, one: Control) -> None:
    allowed = [value for value, _ in one.choices]
    wrong = {
        "choice": one.default not in allowed,
        "multichoice": one.kind == "multichoice" and not set(one.default) <= set(allowed),
        "number": one.kind == "number" and not one.lo <= one.default <= one.hi,
    }
    if wrong.get(one.kind):
        raise TypeError(f"{owner.__qualname__}.{one.name}: its default {one.default!r} is not allowed")


def _check_when(owner: type, one: Control, every: tuple[Control, ...]) -> None:
    """Refuse a condition that can never hold because a name or a value is misspelt."""
    if one.when is None:
        return
    other = next((other for other in every if other.name == one.when.name), None)
    allowed = [value for value, _ in other.choices] if other is not None else []
    if other is None or (other.kind == "choice" and not set(one.when.values) <= set(allowed)):
        raise TypeError(f"{owner.__qualname__}.{one.name}: {one.when} can never hold")


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        bare, *notes = get_args(hint)
        return bare, tuple(notes)
    return hint, ()


def _without_auto(bare: Any, notes: tuple[Any, ...]) -> tuple[bool, Any, tuple[Any, ...]]:
    """Whether ``auto`` is allowed beside the type, the type without it, and its notes."""
    others = tuple(one for one in get_args(bare) if one != Auto)
    if get_origin(bare) not in (Union, UnionType) or Auto not in get_args(bare) or len(others) != 1:
        return False, bare, notes
    inner, more = _unwrap(others[0])
    return True, inner, (*more, *notes)


def _check_auto_and_plays(where: str, kind: Kind, auto: bool, marks: Mapping[type, Any]) -> None:
    if auto and kind not in ("point", "box", "layer", "class"):
        raise TypeError(f"{where}: only a point, a box, a layer or a class can be auto")
    if Plays in marks and kind not in ("number", "choice"):
        raise TypeError(f"{where}: only a number or a choice can be played")


def _kind(where: str, bare: Any, marks: Mapping[type, Any]) -> tuple[Kind, dict[str, Any]]:
    if FromCard in marks:
        return ("layer" if marks[FromCard].what == "layers" else "class"), {}
    if Press in marks:
        return "button", {"integer": True, "held": marks[Press].held}
    simple: dict[Any, Kind] = {
        bool: "toggle",
        PointXY: "point",
        BoxXYXY: "box",
        tuple[BoxXYXY, ...]: "boxes",
        tuple[Stroke, ...]: "strokes",
    }
    if bare in simple:
        return simple[bare], {}
    if _is_choice(bare):
        return "choice", _choices(where, bare, marks)
    if bare in (int, float):
        return "number", _bounds(where, marks) | {"integer": bare is int}
    if bare is str:
        return "text", {}
    return _compound(where, bare, marks)


def _compound(where: str, bare: Any, marks: Mapping[type, Any]) -> tuple[Kind, dict[str, Any]]:
    if get_origin(bare) is tuple:
        item = get_args(bare)[0]
        if _is_choice(item):
            return "multichoice", _choices(where, item, marks)
        if get_origin(item) is tuple:
            return "grid", _bounds(where, marks)
        if is_dataclass(item) or get_origin(item) in (Union, UnionType):
            return "cards", {"record": _checked_records(where, item)}
    raise TypeError(f"{where}: no control for {bare}")


def _checked_records(where: str, item: Any) -> Any:
    """Return `item` if its records have controls, and a name each where there are several."""
    records = (item,) if is_dataclass(item) else get_args(item)
    if any(one.kind == "cards" for record in records for one in controls(record)):
        raise TypeError(f"{where}: a card's record has no cards of its own")
    names = [record_kind(record) for record in records]
    if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
        raise TypeError(f"{where}: several kinds of record need a field “kind”, a Literal of one value of its own")
    return item


def record_kind(record: type) -> str:
    """Name of a record of ``cards``: the only value of its field ``kind``, "" where it has none."""
    found = [one for one in controls(record) if one.name == "kind"]
    return found[0].choices[0][0] if found and len(found[0].choices) == 1 else ""


def _is_choice(bare: Any) -> bool:
    return get_origin(bare) is Literal or (isinstance(bare, type) and issubclass(bare, Choice))


def _choices(where: str, bare: Any, marks: Mapping[type, Any]) -> dict[str, Any]:
    values = get_args(bare) or tuple(bare)
    kind = str if get_args(bare) else bare
    return {"choices": labelled(where, values, marks.get(Options)), "choice": kind}


def _bounds(where: str, marks: Mapping[type, Any]) -> dict[str, Any]:
    if Range not in marks:
        raise TypeError(f"{where} is a number without a range")
    r: Range = marks[Range]
    return {"lo": r.lo, "hi": r.hi, "step": r.step, "unit": r.unit, "log": r.log, "lowest": r.lowest}


def visible(all_controls: tuple[Control, ...], params: Any) -> Iterator[Control]:
    """Controls that matter for the present values of the others, which have to matter themselves."""
    named = {one.name: one for one in all_controls}

    def matters(one: Control) -> bool:
        if one.when is None:
            return True
        above = named.get(one.when.name)
        return getattr(params, one.when.name) in one.when.values and (above is None or matters(above))

    yield from (one for one in all_controls if matters(one))
