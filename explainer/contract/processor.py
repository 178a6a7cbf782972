"""How much a run may take, in the process's own time: a busy machine makes that no longer.

What the same machine needs for a bare pass of the network is the measure: a slow one gets more of everything.
"""

from math import inf
from statistics import median
from time import process_time
from typing import Any

from explainer.contract.cases import at_most
from explainer.contract.rounds import ListeningToken, rounds
from explainer.contract.runs import Bench, Outcome
from explainer.core.context import Models, Settings

SILENT_S = 0.2
"""A run asks at least so often whether it is still wanted."""
FIRST_PICTURE_S = 0.5
FORWARDS = 3  # so many passes of the network are allowed on top of either
USUAL_FORWARD_S = 0.025  # one bare pass of the default network with one thread on the machine the budgets are for
WATCHED_S = 2.0  # so much of a long run is looked at
TRIES = 3  # what is loaded or compiled once is not the demo's time


def forward_cpu_s(models: Models, settings: Settings, frame: Any) -> float:
    """Seconds of processor time of one pass of the stock network; the median of three."""
    with models.lease(settings.model, settings) as net:
        x = net.prepare(frame).tensor
        times = []
        for _ in range(3):
            began = process_time()
            net.logits(x, stock=True)
            times.append(process_time() - began)
    return median(times)


def within_budget(bench: Bench, outcome: Outcome, forward: float, slack: float = 1.0) -> list[str]:
    """At its defaults the demo ends within its budget, and does not leave the stage empty for long.

    Parameters
    ----------
    outcome
        A run of the defaults to the end, with the model in memory.
    forward
        Seconds of processor time of one pass of the network, measured now.
    slack
        More than 1 where other demos run beside this one and take their share of caches.
    """
    found, slower = [], slack * max(1.0, forward / USUAL_FORWARD_S)
    if outcome.cpu_s > slower * bench.demo.info.budget_s:
        found.append(f"it took {outcome.cpu_s:.1f} s of processor time; its budget is {bench.demo.info.budget_s:g} s")
    limit = slower * FIRST_PICTURE_S + slack * FORWARDS * forward
    if outcome.first_cpu_s > limit:
        what = f"nothing was shown for {outcome.first_cpu_s:.2f} s of processor time"
        found.append(f"{what}; publish something within {limit:.2f} s")
    return found


def ends_in_time(bench: Bench, models: Models, slack: float = 1.0) -> list[str]:
    """`within_budget` of a run of the defaults, made when all that is loaded once has been loaded."""
    defaults, ran = bench.demo.defaults(), rounds(bench, models)
    if defaults == bench.everyday:
        timed = ran.second
    else:
        timed = bench.fresh(defaults)
        bench.remember(defaults, timed)
    return within_budget(bench, timed, forward_cpu_s(models, bench.settings, bench.scenes[0].frames[0]), slack)


# Being stopped ------------------------------------------------------------------------------------------


def asks_often(bench: Bench, models: Models) -> list[str]:
    """A run asks all the time whether it is still wanted, at the defaults and at the most that can be asked.

    Between two questions lie at most 0.2 s of processor time and three passes of the bare network: so soon it ends
    when it is cancelled; and after the answer is no, it takes no longer to end.
    """
    forward = forward_cpu_s(models, bench.settings, bench.scenes[0].frames[0])
    bound = SILENT_S * max(1.0, forward / USUAL_FORWARD_S) + FORWARDS * forward
    defaults = bench.demo.defaults()
    found = [] if _asked(bench, models, bound) else _silent(bench, defaults, bound, "at its defaults")
    return found + _silent(bench, at_most(bench.demo, bench.card), bound, "at the most that can be asked")


def _asked(bench: Bench, models: Models, bound_s: float) -> bool:
    """Whether the everyday run was of the defaults, asked often enough, and ended before it would be stopped."""
    listened = rounds(bench, models).listened
    short = bench.everyday == bench.demo.defaults() and listened.lasted_s < WATCHED_S
    return short and listened.longest_s <= bound_s


def _silent(bench: Bench, params: Any, bound_s: float, where: str) -> list[str]:
    longest = inf
    for _ in range(TRIES):
        token = ListeningToken(WATCHED_S)
        bench.fresh(params, token=token)
        token.heard()
        longest = min(longest, token.longest_s)
        if longest <= bound_s:
            return []
    return [f"{where}: for {1000 * longest:.0f} ms it did not ask whether it is still wanted, not {1000 * bound_s:.0f}"]
