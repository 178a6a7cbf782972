"""Values of every control of every demo, as the window, a session, a lesson's link and ``--set`` hand them over."""

import contextlib
import io
import json

from judging import shown
from mutations import altered, spoiled, text, value

from explainer.commands import bootstrap
from explainer.contract.cases import cases
from explainer.core.params import changed, from_plain, to_plain
from explainer.lessons.links import parse_try

KEPT = 12


def case(draw, _folder):
    """A few controls of one demo, each by a door of its own."""
    demo, card = draw.choice(bootstrap.demos().demos()), draw.choice(bootstrap.zoo().cards())
    params = demo.defaults()
    for one in draw.sample(demo.controls(), min(KEPT, len(demo.controls()))):
        given = _given(draw, one, card)
        params = _changed(params, card, one.name, given)
        _set(demo, card, draw.choice((one.name, one.name, text(draw))), _as_text(draw, given))
    _read_back(draw, demo, card, params)


def _given(draw, one, card):
    """Something allowed, something allowed with a part altered, or anything."""
    allowed = [*cases(one, card, one.default), one.default]
    way = draw.randrange(4)
    if way == 0:
        return draw.choice(allowed)
    if way == 1:
        return altered(draw, json.loads(json.dumps(draw.choice(allowed), default=to_plain)))
    return value(draw) if way == 2 else text(draw)


def _changed(params, card, name, given):
    try:
        made = changed(params, card, **{name: given})
    except ValueError as error:
        _sentence(str(error))
        return params
    hash(made)
    return made


def _as_text(draw, given):
    if isinstance(given, str):
        return given
    try:
        written = json.dumps(given, default=to_plain)
    except RecursionError:
        written = "[" * 9000
    return written if draw.random() < 0.5 else spoiled(draw, written.encode()).decode("utf8", "surrogateescape")


def _set(demo, card, name, given):
    """The command line's door, and a lesson's."""
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            bootstrap.params_of(demo, [f"{name}={given}"], card)
    except bootstrap.WrongUse as error:
        assert error.code == 2
        _sentence(told.getvalue().rstrip("\n"))
    with contextlib.suppress(ValueError):
        parse_try(f"try:{name}={given}")


def _read_back(draw, demo, card, params):
    plain = json.loads(json.dumps(to_plain(params), allow_nan=False))
    made, notes = from_plain(demo.params_type, plain, card)
    assert notes == []
    assert made == params
    other = altered(draw, plain)
    made, notes = from_plain(demo.params_type, other, draw.choice((card, None)))
    for note in notes:
        _sentence(note)
    again, _ = from_plain(demo.params_type, to_plain(made), None)
    assert again == made


def _sentence(said):
    assert said.endswith((".", "…")), said
    assert len(said) < 2500, said[:300]
    shown(said)
