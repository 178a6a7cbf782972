"""The composition root: where rooms meet that do not know one another."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from explainer.core.context import CancelScope, Settings
from explainer.core.controls import Control, controls
from explainer.core.demo import Demo
from explainer.core.model_card import ModelCard
from explainer.core.networks import NO_NETWORKS, Networks, TrainedNetwork
from explainer.core.numerals import MOST_FIGURES, is_whole
from explainer.core.params import changed
from explainer.core.problem import ExplainerError, Problem
from explainer.core.runs import NO_RUNS, Runs
from explainer.core.words import one_line
from explainer.demos.finding import Demos
from explainer.lessons.catalogue import Library, read_library
from explainer.runtime.cores import allowed
from explainer.runtime.engine import Engine
from explainer.runtime.scheduler import Scheduler
from explainer.runtime.token import JobToken
from explainer.runtime.watch import Watch
from explainer.shell.model_manager import ModelRow
from explainer.vision.zoo.cards import Offer
from explainer.vision.zoo.task_cards import TaskOffer
from explainer.vision.zoo.threads import TorchThreads
from explainer.vision.zoo.zoo import Zoo

MOST_THREADS = 1024  # more than any one machine computes with; a million fills the memory


@cache
def library() -> Library:
    """All lessons."""
    return read_library()


@cache
def demos() -> Demos:
    """All demos."""
    return Demos(library().outline.chapter_of)


@cache
def zoo() -> Zoo:
    """All models."""
    return Zoo(TorchThreads(allowed()))


def threads() -> int:
    """Threads that the last run computed with; 1 where torch had no part in it."""
    import sys

    torch = sys.modules.get("torch")
    return zoo().threads or (torch.get_num_threads() if torch is not None else 1)


def _cancel_scope() -> CancelScope:
    """Asked for in the thread that computes, before anything there needs torch."""
    from explainer.vision import torch_libraries

    torch_libraries.load()
    from explainer.vision.zoo.cancelling import cancel_scope

    return cancel_scope


def engine(runs: Runs = NO_RUNS, networks: Networks = NO_NETWORKS) -> Engine:
    """Return a new engine over the zoo; it keeps no training runs and no networks unless it is told where."""
    return Engine(zoo(), _cancel_scope, Watch(zoo().computing), runs, networks)


@dataclass(frozen=True, slots=True)
class ZooNetworks:
    """Implements `explainer.core.networks.Networks`: what is kept is one of the zoo's models from then on."""

    at_once: bool

    def keep(self, network: TrainedNetwork) -> ModelCard | None:
        """Write weights and card into the user's folder of models."""
        import torch

        from explainer.vision.zoo import kept

        tensors = {name: torch.from_numpy(array.copy()) for name, array in network.weights.items()}
        return kept.keep(network.card, network.architecture, tensors)


def kept_runs(*, finished: bool = True) -> Runs:
    """Training runs in the user's cache, and those that ship; without `finished` only what was broken off."""
    from explainer.runtime.runs import DiskRuns, runs_folder, shipped_folder

    return DiskRuns(runs_folder(), finished, shipped=shipped_folder())


def scheduler(emit: Callable[[Any], None], *, keeps_runs: bool = False) -> Scheduler:
    """Return a new scheduler with an engine of its own, which may show and keep training runs."""
    keeping = (kept_runs(), ZooNetworks(at_once=False)) if keeps_runs else ()
    return Scheduler(engine(*keeping), emit)


# Arguments that all computing commands take -------------------------------------------------------------


def add_session_arguments(parser: argparse.ArgumentParser) -> None:
    """``--model --device --threads --seed``."""
    parser.add_argument("--model", metavar="NAME", help="model, as “explainer models list” names it")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--threads", type=few, metavar="N", help="threads to compute with; 0: torch's default")
    parser.add_argument("--seed", type=whole, metavar="N")
    parser.add_argument("--fit", choices=("crop", "whole"), help="centre crop as tested, or the whole picture")


def add_set_argument(parser: argparse.ArgumentParser) -> None:
    """``--set name=value``."""
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="name=value", dest="values")


def settings_of(args: argparse.Namespace, base: Settings | None = None) -> Settings:
    """Session settings from arguments over `base`; an unknown model is an error."""
    given = {n: getattr(args, n) for n in ("model", "device", "threads", "seed", "fit")}
    settings = replace(base or Settings(), **{n: v for n, v in given.items() if v is not None})
    if settings.threads:  # for demos with a network of their own, which no lease tells; torch is not loaded yet
        os.environ["OMP_NUM_THREADS"] = str(settings.threads)
    zoo().card(settings.model)
    return settings


def params_of(demo: Demo[Any], pairs: Sequence[str], card: ModelCard, base: Any = None) -> Any:
    """Params with ``name=value`` pairs laid over the defaults.

    Raises
    ------
    WrongUse
        For a pair that is none, an unknown name, or a value that is not allowed.
    """
    values = dict(_pair(pair) for pair in pairs)
    try:
        return changed(base or demo.defaults(), card, **values)
    except KeyError as error:
        names = ", ".join(control.name for control in demo.controls()) or "none"
        raise WrongUse(f"{demo.info.id} has no parameter {error.args[0]}; there are: {names}.") from error
    except ValueError as error:
        raise WrongUse(str(error)) from error


class WrongUse(SystemExit):
    """One sentence on stderr and exit code 2."""

    def __init__(self, sentence: str) -> None:
        import sys

        print(one_line(sentence), file=sys.stderr)
        super().__init__(2)


def demo_of(demo_id: str) -> Demo[Any]:
    """Demo by its id; an unknown one is wrong use."""
    try:
        return demos().demo(demo_id)
    except ExplainerError as error:
        raise WrongUse(error.problem.sentence) from error


def size_of(text: str) -> tuple[int, int]:
    """``1280x800`` as width and height."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(is_whole(p) and 16 <= int(p) <= 8192 for p in parts):
        raise argparse.ArgumentTypeError("a size is WIDTHxHEIGHT, each from 16 to 8192")
    return int(parts[0]), int(parts[1])


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise WrongUse(f"“{text}” is not name=value.")
    return name, value


def whole(text: str) -> int:
    """Read a whole number, 0 or more."""
    if not is_whole(text):
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, of at most {MOST_FIGURES} figures")
    return int(text)


def few(text: str) -> int:
    """Read a number of threads."""
    number = whole(text)
    if number > MOST_THREADS:
        raise argparse.ArgumentTypeError(f"must be at most {MOST_THREADS}")
    return number


def plain_control(control: Control) -> Mapping[str, Any]:
    """A control as ``list --json`` prints it."""
    row: dict[str, Any] = {"name": control.name, "kind": control.kind, "label": control.label}
    if control.kind in ("number", "grid"):
        row["range"] = [control.lo, control.hi]
    if control.choices:
        row["choices"] = [value for value, _ in control.choices]
    if control.choices_from:
        row["choices_from"] = control.choices_from
    if control.unit:
        row["unit"] = control.unit
    if control.kind == "cards":
        row["records"] = [[plain_control(field) for field in controls(record)] for record in control.records]
    if control.auto:
        row["auto"] = True
    row["default"] = control.default
    return row


def _model_row(offer: Offer) -> ModelRow:
    note = f"{offer.card.trained_on}, top-1 {offer.top1_percent:.1f} %"
    return ModelRow(offer.card.name, offer.card.title, note, offer.megabytes, offer.path.exists())


def _task_row(offer: TaskOffer) -> ModelRow:
    card = offer.card
    note = f"{card.trained_on}, {card.metric} {card.score:.1f} %"
    return ModelRow(card.name, card.title, note, offer.megabytes, offer.path.exists(), classifies=False)


class ZooModelManager:
    """Implements `explainer.shell.model_manager.ModelManager` over the zoo."""

    def rows(self) -> Sequence[ModelRow]:
        """Models of torchvision: classifiers by name, then detectors and segmenters."""
        from explainer.vision.zoo import cards, task_cards

        offers = sorted(cards.catalogue().values(), key=lambda o: o.card.name)
        return [*map(_model_row, offers), *map(_task_row, task_cards.catalogue().values())]

    def architectures(self) -> Sequence[str]:
        """Names that own weights may be for."""
        from explainer.vision.zoo import cards

        return [*cards.SHIPPED, *sorted(cards.catalogue())]

    def fetch(self, name: str, progress: Callable[[float], None], token: JobToken) -> Path | Problem:
        """Fetch one; blocks."""
        from explainer.vision.zoo.fetching import fetch

        return fetch(name, lambda have, total: progress(have / total if total else 0.0), token)

    def add_own(self, file: Path, architecture: str) -> str | Problem:
        """Check and keep the user's weights."""
        from explainer.vision.zoo.own_weights import adopt

        try:
            return adopt(file, architecture).name
        except ExplainerError as error:
            return error.problem

    def devices(self) -> Sequence[str]:
        """Ask torch once it is loaded; loading it here would stop the window."""
        import sys

        cpu_only = ("cpu",)
        if "explainer.vision.zoo.classifier" not in sys.modules:  # torch may be half loaded
            return cpu_only
        return tuple(dict.fromkeys((*cpu_only, zoo().device("cuda"), zoo().device("mps"))))

    def threads(self) -> tuple[int, int]:
        """Threads torch computes with, and those of a quiet machine; 0 before it has."""
        return zoo().computing.in_force, zoo().computing.of
