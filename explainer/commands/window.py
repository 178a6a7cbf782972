"""``explainer``: open the window."""

import argparse
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from explainer import stopping
from explainer.commands import bootstrap, display
from explainer.commands.gc_paused import gc_paused
from explainer.core.context import Settings
from explainer.core.params import to_plain
from explainer.core.problem import Problem
from explainer.runtime.keeping import Keeper, Opening, take_place
from explainer.runtime.session import Session

if TYPE_CHECKING:
    from explainer.shell.main_window import MainWindow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of the window."""
    parser.add_argument("--demo", metavar="ID")
    parser.add_argument("--source", metavar="FILE", help="file, folder or camera:N")
    parser.add_argument("--theme", choices=("system", "light", "dark"), default="")
    parser.add_argument("--present", action="store_true", help="start in the presenter view")
    bootstrap.add_set_argument(parser)
    bootstrap.add_session_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Show the window and stay until it is closed."""
    with gc_paused():
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from explainer.render import source_reading

    source_reading.switch_off()
    from explainer.commands.first_paint import FirstPaint
    from explainer.commands.interrupt import closing_when_asked

    stopping.check()
    display.require()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    window, opening = remembering_window(args)
    FirstPaint(window, window.start)
    window.show()
    if args.present:
        window.set_presenting(True)
        window.showFullScreen()
    window.memory.offer(opening.offered)
    for text in (opening.remark, opening.problem.sentence if opening.problem is not None else ""):
        if text:
            window.say(text)
    QTimer.singleShot(3000, window.find_cameras)
    app.commitDataRequest.connect(lambda _manager: window.remember_now())  # the desktop logs out
    app.aboutToQuit.connect(window.memory.close)  # an end in order, even if nobody closed the window
    with closing_when_asked(window):
        return app.exec()


def remembering_window(args: argparse.Namespace) -> "tuple[MainWindow, Opening]":
    """Put the window together as it was left, with the command line laid over it."""
    keeper, home = take_place(), begins_at_home(args)
    if isinstance(keeper, Problem):
        opening = Opening(Session(), problem=keeper)
        return make_window(asked_for(args, opening.session), args.theme, remember=False, at_home=home), opening
    try:
        opening = keeper.opening()
        return make_window(asked_for(args, opening.session), args.theme, keeper=keeper, at_home=home), opening
    except BaseException:  # wrong use of an argument is no crash of the last session
        keeper.end()
        raise


def begins_at_home(args: argparse.Namespace) -> bool:
    """Whether the home page is shown first: unless a demo is asked for, or something of one."""
    return not (args.demo or args.values or args.present)


def asked_for(args: argparse.Namespace, session: Session) -> Session:
    """Return `session` with the command line laid over it."""
    demo = bootstrap.demo_of(args.demo) if args.demo else None
    if args.source:
        session = replace(session, source=args.source)
    if demo is not None:
        session = replace(session, demo=demo.info.id)
    settings = bootstrap.settings_of(args, known(session.settings))
    session = replace(session, settings=settings)
    if args.values:
        chosen = demo or bootstrap.demo_of(session.demo or "grad-cam")
        params = bootstrap.params_of(chosen, args.values, bootstrap.zoo().card(settings.model))
        session = session.with_params(chosen.info.id, to_plain(params))
    return session


def known(settings: Settings) -> Settings:
    """Settings whose model is still there."""
    names = {card.name for card in bootstrap.zoo().cards()}
    return settings if settings.model in names else replace(settings, model=Settings().model)


def make_window(
    session: Session, theme: str = "", *, remember: bool = True, keeper: Keeper | None = None, at_home: bool = False
) -> "MainWindow":
    """Put the window together; the application object exists already.

    Parameters
    ----------
    remember
        Whether it keeps its session: with `keeper`, else in the first place that is free.
    at_home
        Whether it shows the home page first, and not the session's demo.
    """
    from explainer.shell.conductor import Conductor
    from explainer.shell.main_window import MainWindow

    if remember and keeper is None:
        place = take_place()
        keeper = place if isinstance(place, Keeper) else None
    scheduler = partial(bootstrap.scheduler, keeps_runs=remember)
    conductor = Conductor(bootstrap.demos(), bootstrap.library(), bootstrap.zoo(), scheduler, session, at_home=at_home)
    return MainWindow(conductor, bootstrap.ZooModelManager(), theme=theme, keeper=keeper)
