"""Runs of demos on the CPU and on the pretend device, in a process of their own.

PyTorch counts its devices when the first gradient is computed, so the pretend one has to be there before: a process in
which other tests have run is too late.
"""

import importlib.util
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pretend_device import NAME, install, pretending

from explainer.commands import bootstrap
from explainer.contract.cases import parts
from explainer.contract.runs import Bench, Outcome, contract_frames
from explainer.core.context import Settings
from explainer.runtime.engine import Engine
from explainer.vision.zoo.zoo import Zoo

DEMOS = [demo.info.id for demo in bootstrap.demos().demos()]


@dataclass(frozen=True, slots=True)
class Ran:
    """What is compared of a run: values, names of panels and charts, the device it says it used."""

    problem: str
    values: dict[str, float]
    parts: list[str]
    device: str


class PretendZoo(Zoo):
    """All models, and the pretend device as the one there is."""

    def device(self, wanted: str) -> str:
        return NAME


@cache
def _worker() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=install)


def both(demo_id: str) -> tuple[Ran, Ran]:
    """One run on the CPU and one on the pretend device, each of the defaults on the first contract frame."""
    return in_the_worker(_both, demo_id)


def in_the_worker(work: Any, *args: Any) -> Any:
    """Call a function of a module in the process that has the device."""
    return _worker().submit(work, *args).result()


def _both(demo_id: str) -> tuple[Ran, Ran]:
    here = _ran(demo_id, bootstrap.engine, "cpu")
    with pretending() as name:
        return here, _ran(demo_id, _engine, name)


def _ran(demo_id: str, make_engine: Any, device: str) -> Ran:
    settings = Settings(threads=1, device=device)
    card = bootstrap.zoo().card(settings.model)
    bench = Bench(bootstrap.demos().demo(demo_id), make_engine, card, _frames(), settings)
    outcome: Outcome = bench.fresh(bench.everyday)
    if outcome.finished is None:
        return Ran(outcome.problem or "it stopped", {}, [], "")
    result = outcome.finished.result
    return Ran("", dict(result.values), list(parts(result)), outcome.finished.device)


def compared(demo_id: str) -> Any:
    """Row of ``packaging/compare_devices.py`` for one demo on the pretend device."""
    file = Path(__file__).parents[2] / "packaging" / "compare_devices.py"
    spec = importlib.util.spec_from_file_location("compare_devices", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with pretending() as name:
        (row,) = module.compare(name, [demo_id], _engine, repeats=0)
    return {"copies": row.copies, "used": row.used, "differs": row.differs}


@cache
def _frames() -> dict[str, Any]:
    return contract_frames()


@cache
def _zoo() -> PretendZoo:
    return PretendZoo()


def _engine() -> Engine:
    from explainer.vision.zoo.cancelling import cancel_scope

    return Engine(_zoo(), lambda: cancel_scope)
