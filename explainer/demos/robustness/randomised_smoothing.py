"""Randomised smoothing: the majority under noise, and a radius within which it provably stays."""

from dataclasses import dataclass
from typing import Annotated

from explainer.core.context import Context
from explainer.core.controls import Doc, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import memo_name
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.demos.robustness import _smoothing_view as view

WHITE = 255.0


@dataclass(frozen=True, slots=True)
class Params:
    """What the certificate rests on."""

    sigma: Annotated[
        float,
        Doc("Noise σ", "White is 1. More noise can prove more, but this network never trained with any."),
        Range(0.01, 0.5, step=0.01),
    ] = 0.05
    choosing: Annotated[
        int, Doc("Votes that choose", "They name the class and prove nothing."), Range(8, 128, step=8)
    ] = 16
    proving: Annotated[
        int, Doc("Votes that prove", "Fresh noise. The more of them, the tighter the bound."), Range(16, 1024, log=True)
    ] = 128
    alpha: Annotated[float, Doc("Risk α", "How often the statement may be wrong."), Range(1e-5, 0.1, log=True)] = 1e-3
    attack: Annotated[
        bool, Doc("Attack at that radius", "PGD against the network without noise, as long as the radius allows.")
    ] = False


class RandomisedSmoothing(Demo[Params]):
    """Votes of noisy copies, their confidence bound, and the radius that follows."""

    info = DemoInfo(
        id="randomised-smoothing",
        title="Randomised smoothing",
        topics=(42,),
        summary="A radius within which the majority under noise provably stays.",
        papers=("cohen2019", "clopper1934"),
        cost=Cost(forwards=144),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Vote, bound, certify."""
        with ctx.model() as net:
            at = view.Booth(frame, net, ctx, params.sigma)
            chosen = _poll(at, params, None)
            found = _poll(at, params, chosen)
            return at.result(view.part(at, found, params.alpha) + _attacked(at, found, params))


def _poll(at: view.Booth, params: Params, chosen: view.Poll | None) -> view.Poll:
    """Count votes: first those that choose the class, then with fresh noise those that prove."""
    from explainer.vision.perturb.smoothing import seeds, votes

    ctx, of = at.ctx, params.choosing if chosen is None else params.proving
    seed = seeds(ctx.seed)[0 if chosen is None else 1]
    what = "votes that choose" if chosen is None else "votes that prove"

    def count() -> view.Poll:
        poll = None
        for done, counts in votes(at.victim, at.x, WHITE * params.sigma, of, seed, ctx.checkpoint):
            poll = view.Poll.of(counts, done, poll, chosen)
            ctx.progress(done / of, f"{done} of {of} {what}")
            if done < of:
                ctx.publish(at.result(view.part(at, poll, params.alpha), partial=True))
        assert poll is not None
        return poll

    key = (*memo_name(ctx), params.sigma, params.choosing, None if chosen is None else of)
    with ctx.stage("model"):
        return ctx.memo(("votes", *key), count)


def _attacked(at: view.Booth, found: view.Poll, params: Params) -> Part:
    """Attack the bare network within the radius, and let the majority vote again."""
    from explainer.vision.perturb.attacks import Budget, pgd
    from explainer.vision.perturb.smoothing import certify, seeds, votes

    radius = certify(found.count, found.done, params.alpha, params.sigma).radius
    if not params.attack or radius is None:
        return Part()
    label, moved = at.x.new_tensor([found.winner]).long(), at.x
    budget = Budget("l2", WHITE * radius)
    run = pgd(at.victim, at.x, label, budget, view.STEPS, at.ctx.checkpoint)
    for count, moved in enumerate(run, 1):  # noqa: B007 (the last one counts)
        at.ctx.progress(count / view.STEPS, "attacking the bare network")
    bare = at.victim.answers(moved)[0]
    again = None
    for done, counts in votes(
        at.victim, moved, WHITE * params.sigma, params.proving, seeds(at.ctx.seed + 1)[1], at.ctx.checkpoint
    ):
        again = view.Poll.of(counts, done, again, found)
        at.ctx.progress(done / params.proving, "voting on the attacked picture")
    assert again is not None
    return view.attack_part(at, found, again, bare, radius)
