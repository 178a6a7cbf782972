"""``explainer shot``: a picture of the real window, once the demo has ended."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from explainer import stopping
from explainer.commands import bootstrap, window
from explainer.core import writing
from explainer.core.problem import ExplainerError, Problem
from explainer.runtime.session import Session

if TYPE_CHECKING:
    from explainer.shell.main_window import MainWindow

TIMEOUT_S = 180.0
LOOK_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``shot``."""
    parser.add_argument("--demo", metavar="ID", default="grad-cam")
    parser.add_argument("--home", action="store_true", help="the home page, and not a demo")
    parser.add_argument("--source", metavar="FILE", default="")
    parser.add_argument("--size", type=bootstrap.size_of, default=(1280, 800), metavar="WxH")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--present", action="store_true")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    parser.add_argument(
        "--measure", action="store_true", help="how much of the stage its pictures take, as JSON beside the picture"
    )
    bootstrap.add_set_argument(parser)
    bootstrap.add_session_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Start the window, wait for the result, save the picture, leave."""
    from explainer.commands.offscreen import without_screen

    without_screen()
    from PySide6.QtWidgets import QApplication

    from explainer.render import headless

    stopping.check()
    _refuse_the_web(args.source)
    writing.make_folder(args.out.absolute().parent)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    shown = window.make_window(_session(args), args.theme, remember=False, at_home=args.home)
    shown.setFixedSize(*args.size)  # also where it is less than the window needs
    shown.show()
    if args.present:
        shown.set_presenting(True)
        shown.dressing.finish()
    problem = wait_for_result(shown)
    shown.lesson.show_now()
    for _ in range(3):  # layouts, then what they post, then what that paints
        app.processEvents()
    shown.showing.results.catch_up()  # a film has gone on meanwhile: words and charts of the picture that stands there
    picture = headless.exact(shown, *args.size)
    measures = _measured(shown) if args.measure else ""
    shown.close()
    stopping.check()
    headless.save(picture, args.out)
    if measures:
        writing.write_text(args.out.with_suffix(".json"), measures)
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def _measured(shown: "MainWindow") -> str:
    import json

    from explainer.shell.measuring import measured

    return json.dumps(measured(shown), indent=1, ensure_ascii=False) + "\n"


def _refuse_the_web(source: str) -> None:
    """Refuse what the window would ask a person about, and nobody is there to answer."""
    from explainer.shell.feed import web_address
    from explainer.sources.opening import open_source

    refused = open_source(web_address(source)) if source and web_address(source) else None
    if isinstance(refused, Problem):
        raise ExplainerError(refused.what, refused.todo)


def _session(args: argparse.Namespace) -> Session:
    from explainer.core.params import to_plain

    demo = bootstrap.demo_of(args.demo)
    settings = bootstrap.settings_of(args)
    params = bootstrap.params_of(demo, args.values, bootstrap.zoo().card(settings.model))
    plain = {demo.info.id: to_plain(params)}
    return Session(demo=demo.info.id, params=plain, source=args.source, settings=settings)


def wait_for_result(shown: "MainWindow") -> str:
    """Run the event loop until the current job has ended; the problem's sentence, or ""."""
    from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

    from explainer.commands.interrupt import closing_when_asked
    from explainer.runtime.events import Finished

    loop = QEventLoop()
    problems: list[str] = []

    def delivered(event: object) -> None:
        if isinstance(event, Finished):
            QTimer.singleShot(0, loop.quit)

    def failed(problem: object) -> None:
        if problem is not None:
            problems.append(problem.sentence)  # type: ignore[attr-defined]
            QTimer.singleShot(0, loop.quit)

    shown.conductor.delivered.connect(delivered)
    shown.conductor.answered.connect(delivered)
    shown.conductor.failed.connect(failed)
    QTimer.singleShot(int(1000 * TIMEOUT_S), loop.quit)
    QTimer.singleShot(0, shown.start)
    with closing_when_asked(shown):
        loop.exec()
        shown.showing.finish()
        shown.conductor.scheduler.wait_idle(LOOK_S)  # the network strip comes after the result
        QCoreApplication.processEvents()
        shown.showing.results.catch_up()  # after several results on end, words and charts are still those before
    return problems[-1] if problems else ""
