"""From arguments to an exit code: each command is loaded when it is asked for, and whatever fails is one sentence."""

import argparse
import importlib
import sys
import threading
from types import TracebackType

from explainer import __version__, stopping, terminal
from explainer.core.problem import ExplainerError
from explainer.vision.zoo.threads import wait_briefly

COMMANDS = {
    "window": "open the window (the default)",
    "list": "list demos and their parameters",
    "render": "run a demo on a source and write pictures and numbers",
    "shot": "save a picture of the whole window",
    "bench": "measure demos against their floor",
    "models": "list, verify and fetch weights",
    "doctor": "say what this machine has and how fast the program starts",
    "check": "check every lesson, link, formula, paper, manifest and demo contract",
}
DONE, FAILED, WRONG_USE = 0, 1, 2


class Parser(argparse.ArgumentParser):
    """An error is one sentence on stderr."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Leave with code 2."""
        terminal.say(f"{self.prog}: {message}")
        self.exit(WRONG_USE)


def code(given: list[str]) -> int:
    """Run one command; the exit code says too whether what it printed has arrived, and whether a signal came."""
    wait_briefly()  # before any command loads torch
    done = _guarded(given)
    broken = terminal.wrong() is not None
    if sentence := terminal.lost():
        terminal.say(sentence)
    if stopping.asked():
        return stopping.code_of(stopping.asked())
    return (done or FAILED) if broken else done


def _guarded(given: list[str]) -> int:
    """Run, and make one sentence of whatever goes wrong."""
    try:
        return _chosen(given)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else DONE if leaving.code is None else FAILED
    except ExplainerError as error:
        terminal.show_trace(error)
        terminal.say(error.problem.sentence)
    except stopping.Stopped as stopped:
        terminal.say(str(stopped) or "Stopped.")
    except Exception as error:  # noqa: BLE001 - the last place where it can be put into words
        if terminal.wrong() is None:  # that is said once, at the end
            terminal.show_trace(error)
            terminal.say(unexpected(error))
    return FAILED


def _chosen(given: list[str]) -> int:
    if given and given[0] in ("-h", "--help"):
        return _help()
    if given and given[0] in ("-V", "--version"):
        print(f"explainer {__version__}")
        return DONE
    name = given.pop(0) if given and given[0] in COMMANDS else "window"
    if given and name == "window" and not given[0].startswith("-"):
        terminal.say(f"explainer: there is no command {given[0]}; there are {', '.join(COMMANDS)}")
        return WRONG_USE
    module = importlib.import_module(f"explainer.commands.{name}")
    parser = Parser(prog=f"explainer {name}", description=COMMANDS[name])
    module.add_arguments(parser)
    parsed = parser.parse_args(given)
    stopping.check()
    done: int = module.run(parsed)
    return done


def unexpected(error: BaseException) -> str:
    """Put an error that nobody reckoned with into one sentence, and say how to see more of it."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "There is not enough memory for that. Close other programs, or ask for less."
    if isinstance(error, ImportError):
        library = "shared object" in text
        todo = "Install the system's package that holds it." if library else "Install the program again."
        return f"A part of the installation is missing ({text}). {todo}"
    named = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"Something unexpected went wrong ({named}). Set {terminal.DEBUG}=1 and try again to see where."


def own_process() -> None:
    """Make printing safe, and a sentence of what is raised where nobody can catch it: in a thread, in a slot of Qt."""
    terminal.prepare()

    def said(_kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
        if error is not None:
            terminal.show_trace(error)
            terminal.say(unexpected(error))

    def quietly(given: "sys.UnraisableHookArgs") -> None:
        if given.exc_value is not None:
            terminal.show_trace(given.exc_value)

    sys.excepthook = said
    sys.unraisablehook = quietly
    threading.excepthook = lambda given: said(given.exc_type, given.exc_value, given.exc_traceback)


def _help() -> int:
    print("usage: explainer [command] [options]\n\ncommands:")
    for name, text in COMMANDS.items():
        print(f"  {name:8} {text}")
    print("\n“explainer COMMAND --help” tells more.")
    return DONE
