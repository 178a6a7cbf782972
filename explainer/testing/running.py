"""Run a demo as the program would, and hold it to its contract."""

from collections.abc import Sequence
from typing import Any

from explainer.commands import bootstrap
from explainer.contract import clauses
from explainer.contract.processor import asks_often
from explainer.contract.runs import Bench, Scene, contract_frames, run_scene
from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.frame import Frame
from explainer.core.params import changed
from explainer.core.result import Result
from explainer.testing.context import FakeContext
from explainer.testing.frames import photo

ONE_THREAD = Settings(threads=1)


def run_demo(
    demo: Demo[Any],
    frame: Frame | Sequence[Frame] | None = None,
    context: FakeContext | None = None,
    *,
    settings: Settings = ONE_THREAD,
    **params: Any,
) -> Result:
    """Run a demo to its end.

    Parameters
    ----------
    frame
        A frame, or consecutive ones for a temporal demo, of which the last one's result counts; random blocks by
        default.
    context
        Run in this context, directly; by default in an engine with the models of the program.
    params
        What differs from the defaults, as ``--set`` takes it.

    Raises
    ------
    AssertionError
        If the demo failed in the engine.
    ValueError
        If a control does not take its value.
    """
    given = photo() if frame is None else frame
    frames = (given,) if isinstance(given, Frame) else tuple(given)
    card = bootstrap.zoo().card(settings.model) if context is None else context.card
    wanted = changed(demo.defaults(), card, **params)
    if context is not None:
        return _directly(demo, frames, wanted, context)
    outcome = run_scene(bootstrap.engine(), demo, wanted, Scene("given", frames), settings)
    assert outcome.result is not None, outcome.problem
    return outcome.result


def _directly(demo: Demo[Any], frames: Sequence[Frame], params: Any, context: FakeContext) -> Result:
    for frame in frames:
        result = demo.run(frame, params, context)
        context.state = result.state
    return result


def check_contract(demo: Demo[Any], *, quick: bool = False) -> list[str]:
    """Return one sentence for each promise of the contract that the demo does not keep.

    Parameters
    ----------
    quick
        Only what ``explainer check`` runs: every control at its ends and choices, whether each matters, and how
        often the demo asks whether it is still wanted are left out.
    """
    card = bootstrap.zoo().card(ONE_THREAD.model)
    bench = Bench(demo, bootstrap.engine, card, contract_frames(), ONE_THREAD)
    found = clauses.demo_problems(bench, bootstrap.zoo())
    if not quick:
        found += clauses.every_case_shows(bench) + clauses.every_parameter_matters(bench)
        found += asks_often(bench, bootstrap.zoo())
    return list(dict.fromkeys(found))
