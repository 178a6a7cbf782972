"""Session files: spoiled JSON, wrong types, nested without end; and what a killed window leaves beside them."""

import json
from dataclasses import asdict, replace

from judging import sentence, shown
from mutations import altered, spoiled, text, value

from explainer.commands import bootstrap
from explainer.commands.window import known
from explainer.core.context import Settings
from explainer.core.params import to_plain
from explainer.core.problem import Problem
from explainer.runtime import session as session_file
from explainer.runtime.keeping import take_place
from explainer.runtime.session import Session
from explainer.shell.choosing import Chooser
from explainer.shell.selection import Refused, Said

NAMES = (
    "session.json", "session-2.json", "session.unexpected.json", "session.running", "session.lock", "session-2.running",
)  # fmt: skip


def real(draw):
    """A session as the window writes it, as JSON values."""
    demos = draw.sample(bootstrap.demos().demos(), 3)
    params = {demo.info.id: to_plain(demo.defaults()) for demo in demos}
    made = Session("", demos[0].info.id, params, "sample:cat", ("a.png", "b.png"), "dark", {"scale": 1.2}, Settings())
    return json.loads(json.dumps({"version": session_file.VERSION, **asdict(made)}))


def spoiled_file(draw):
    """The bytes of a session file in which something is wrong."""
    plain = real(draw)
    way = draw.randrange(4)
    if way == 0:
        return spoiled(draw, json.dumps(plain, indent=1).encode())
    data = value(draw) if way == 1 else altered(draw, plain)
    if isinstance(data, dict) and draw.random() < 0.8:
        data["version"] = session_file.VERSION
    try:
        return json.dumps(data).encode()
    except (RecursionError, ValueError):
        return b'{"version": 1, "params": ' + b"[" * 20_000


def case(draw, folder):
    """Read one, choose by it, save it, read it again."""
    path = folder / "session.json"
    path.write_bytes(spoiled_file(draw))
    session, problem = session_file.load(path)
    if problem is not None:
        sentence(problem)
    again = _kept(session, folder / "again.json")
    if again is not None:
        _chosen(draw, again)
    if draw.random() < 0.3:
        _leftovers(draw, folder / "place")


def _kept(session, path):
    """What was read can be saved, and comes back the same."""
    problem = session_file.save(session, path)
    if problem is not None:
        sentence(problem)
        return None
    again, problem = session_file.load(path)
    assert problem is None, problem
    assert again == session
    return again


def _chosen(draw, session):
    """Steps from what it asks for, without the window."""
    session = replace(session, settings=known(session.settings))
    chooser = Chooser(bootstrap.demos(), bootstrap.library(), bootstrap.zoo())
    now = _told(chooser.first(session))
    odd = {text(draw): value(draw), **{name: value(draw) for name in list(to_plain(now.params))[:2]}}
    for take, *given in (
        (chooser.demo, draw.choice(list(session.params) or [""])),
        (chooser.session, session.held_back()),
        (chooser.values, odd),
        (chooser.model, text(draw)),
        (chooser.lesson, text(draw)),
        (chooser.defaults,),
        (chooser.undone,),
        (chooser.redone,),
    ):
        now = _told(take(now, *given))
    json.dumps(asdict(now.remembered("x")), allow_nan=False)


def _told(step):
    for news in step.news:
        if isinstance(news, Refused):
            sentence(news.problem)
        elif isinstance(news, Said):
            shown(news.text)
    return step.now


def _leftovers(draw, place):
    """A settings folder as anything may have left it."""
    place.mkdir()
    for name in draw.sample(NAMES, draw.randrange(1, 5)):
        if draw.random() < 0.1:
            (place / name).mkdir()
        else:
            (place / name).write_bytes(
                spoiled_file(draw) if draw.random() < 0.8 else text(draw).encode("utf8", "replace")
            )
    keeper = take_place(place)
    if isinstance(keeper, Problem):
        sentence(keeper)
        return
    try:
        opening = keeper.opening()
        if opening.problem is not None:
            sentence(opening.problem)
        keeper.begin(opening.session)
        for problem in (keeper.keep(lambda: opening.session.with_recent("x")), keeper.keep_at_the_end(opening.session)):
            if problem is not None:
                sentence(problem)
        keeper.decided()
    finally:
        keeper.end()
