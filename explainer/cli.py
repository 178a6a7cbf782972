"""The command line: parsing only. Each command lives in a file of its own and is loaded when it is asked for."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from explainer import __version__
from explainer.core.problem import ExplainerError

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
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 done, 1 it did not hold, 2 wrong use.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in ("-h", "--help"):
        return _help()
    if given and given[0] in ("-V", "--version"):
        print(f"explainer {__version__}")
        return DONE
    name = given.pop(0) if given and given[0] in COMMANDS else "window"
    if given and name == "window" and not given[0].startswith("-"):
        print(f"explainer: there is no command {given[0]}; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return WRONG_USE
    return _run(name, given)


def _run(name: str, given: list[str]) -> int:
    try:
        module = importlib.import_module(f"explainer.commands.{name}")
        parser = Parser(prog=f"explainer {name}", description=COMMANDS[name])
        module.add_arguments(parser)
        code: int = module.run(parser.parse_args(given))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else FAILED
    except ExplainerError as error:
        print(error.problem.sentence, file=sys.stderr)
        return FAILED
    except ImportError as error:
        print(f"A part of the installation is missing ({error}). Install it again.", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return FAILED
    return code


def _help() -> int:
    print("usage: explainer [command] [options]\n\ncommands:")
    for name, text in COMMANDS.items():
        print(f"  {name:8} {text}")
    print("\n“explainer COMMAND --help” tells more.")
    return DONE
