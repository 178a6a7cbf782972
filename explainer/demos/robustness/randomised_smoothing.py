"""Randomised smoothing: the majority under noise, and the weakest change that could alter it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Doc, Plays, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.layers import Boxes, Image, Label, Layer, Panel
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import panel
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.core.way import Way
from explainer.demos.robustness._tiles import SAME, mosaic

if TYPE_CHECKING:
    from explainer.vision.perturb.smoothing import Certificate, Poll

WHITE, SHOWN, STEPS = 255.0, 5, 10  # the steps are PGD's
FEWEST, USUAL = 16, 128  # votes that prove: where their play begins and ends
CALM = 0.02  # σ that most pictures bear
TILE, NAMED = 32, 3  # pixels of a copy on the wall; classes of dissenters that are written there


@dataclass(frozen=True, slots=True)
class Params:
    """What the certificate rests on."""

    sigma: Annotated[
        float,
        Doc("Noise σ", "White is 1. More noise can prove more, but this network never trained with any."),
        Range(0.01, 0.5, step=0.01),
    ] = 0.09
    choosing: Annotated[
        int, Doc("Votes that choose", "They name the class and prove nothing."), Range(8, 128, step=8)
    ] = 16
    proving: Annotated[
        int, Doc("Votes that prove", "Fresh noise. The more of them, the tighter the bound."),
        Range(FEWEST, 1024, log=True), Plays(6.0, "Let the copies vote, one after the other"),
    ] = USUAL  # fmt: skip
    alpha: Annotated[float, Doc("Risk α", "How often the statement may be wrong."), Range(1e-5, 0.1, log=True)] = 1e-3
    attack: Annotated[
        bool, Doc("Attack at that radius", "PGD against the network without noise, as long as the radius allows.")
    ] = False


class RandomisedSmoothing(Demo[Params]):
    """Votes of noisy copies, their confidence bound, and the radius that follows."""

    info = DemoInfo(
        id="randomised-smoothing", title="Randomised smoothing", topics=(42,), sample="dog",
        summary="A radius within which the majority under noise provably stays.",
        papers=("cohen2019", "clopper1934"),
        cost=Cost(forwards=144),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Vote, bound, certify."""
        from explainer.vision.perturb.smoothing import seeds

        with ctx.model() as net:
            at = Booth(frame, net, ctx, params)
            first, second = seeds(ctx.seed)
            chosen = at.poll(at.x, first, "that choose", params.choosing, None)
            found = at.poll(at.x, second, "that prove", params.proving, chosen.winner)
            return at.result(_part(at, found) + _attacked(at, found), unsuitable=_offers(at, found))


class Booth:
    """Where one picture is voted on."""

    def __init__(self, frame: Frame, net: Any, ctx: Context, params: Params) -> None:
        from explainer.vision.perturb.attacks import Victim, grey_levels

        self.frame, self.ctx, self.params = frame, ctx, params
        self.ready = prepared(frame, net, ctx)
        self.x = grey_levels(self.ready.tensor, ctx.card.mean, ctx.card.std)
        self.victim = Victim(net.network(), ctx.card.mean, ctx.card.std)
        passes = {"that choose": params.choosing, "that prove": max(USUAL, params.proving)}
        after = {"attack": 3 * STEPS, "on the attacked picture": passes["that prove"]} if params.attack else {}
        self.way = Way(ctx.progress, passes | after)

    @cached_property
    def plain(self) -> NDArray[np.float64]:
        """Probabilities of the picture without noise."""
        return self.ctx.memo(("without noise", *memo_name(self.ctx)), lambda: self.victim.answers(self.x)[0])

    def name(self, k: int) -> str:
        """Class in quotation marks."""
        return f"“{self.ctx.card.label(k)}”"

    def result(self, part: Part, **more: Any) -> Result:
        """Make it a result."""
        return part.result(input=self.ready.tensor.cpu().numpy(), **more)

    def poll(self, x: Any, seed: int, what: str, of: int, winner: int | None, before: Part | None = None) -> Poll:
        """Count votes on `x`: without a `winner` those that choose one, else those that prove; partials meanwhile."""
        from explainer.vision.perturb.smoothing import Ballots

        ctx, sigma = self.ctx, WHITE * self.params.sigma
        key, room = (*memo_name(ctx), sigma, seed, float(x.sum())), of if winner is None else max(of, USUAL)
        held = latest(ctx, what, key, lambda: Ballots(self.victim, x, sigma, seed, TILE))
        with ctx.stage("model"):
            for done in held.grow(room, ctx.checkpoint):
                self.way.tell(what, done / room, f"{done} of {room} votes {what}")
                if done < of:
                    ctx.publish(self.result(before or _part(self, held.poll(done, winner)), partial=True))
        return held.poll(of, winner)


def _part(at: Booth, poll: Poll) -> Part:
    """What the votes so far show and say."""
    from explainer.vision.perturb.smoothing import certify, largest_radius, noise_length

    sigma, alpha = at.params.sigma, at.params.alpha
    found = certify(poll.count, poll.done, alpha, sigma)
    radius = found.radius if poll.proves else None
    values = numbers(
        winner=poll.winner, votes=poll.done, votes_for=poll.count, vote_share=found.share,
        classes_named=(poll.counts > 0).sum(),
    )  # fmt: skip
    if poll.proves:
        values |= numbers(
            p_lower=found.p_lower, sigma_255=sigma * WHITE, radius_largest=largest_radius(poll.done, alpha, sigma),
            abstains=radius is None, radius=radius, radius_255=None if radius is None else radius * WHITE,
            noise_255=noise_length(sigma * WHITE, at.x.numel()),
        )  # fmt: skip
    panels = (_wall(at, poll), _copy(at, poll), _patch(at, radius))
    return Part(
        panels, _charts(at, poll), (_sentence(at, poll, found),), values, headline=_headline(at, poll, radius),
        heroes=(panels[0].slug, panels[2].slug), play=_play(at, poll),
    )  # fmt: skip


# What is shown ------------------------------------------------------------------------------------------


def _wall(at: Booth, poll: Poll) -> Panel:
    """Every copy that has voted, with room for those to come; who votes otherwise is tinted and framed."""
    others = [k for k in poll.leaders(1 + NAMED) if k != poll.winner]
    rank = {poll.winner: 0, **{k: n for n, k in enumerate(others, 1)}}
    colours = np.array([rank.get(k, 1 + NAMED) for k in poll.answers.tolist()])
    names = {n: at.ctx.card.label(k) for n, k in enumerate(others, 1)}
    note = f"{poll.count} of {poll.done} say {at.name(poll.winner)}"
    return mosaic("All votes", poll.small, max(USUAL, poll.done), colours, names, note)


def _patch(at: Booth, radius: float | None) -> Panel:
    """The picture with a change on it that is as strong as the proof allows."""
    from explainer.vision.perturb.smoothing import patch_side

    middle = np.array(at.x.shape[:1:-1]) / 2
    if radius is None:
        layer: Layer = Label("none", "nothing is proved", tuple(apply(at.ready.to_frame, middle[None])[0]))
        return panel(at.frame, "The patch", layer, focus=at.ready.focus)
    side = patch_side(WHITE * radius, 1.0)
    half, levels = max(side, 1) / 2, 1.0 if side else WHITE * radius / np.sqrt(3)
    corners = apply(at.ready.to_frame, np.stack([middle - half, middle + half])).reshape(1, 4)
    said = f"{2 * half:.0f} × {2 * half:.0f} px, {levels:.2g} grey level lighter"
    note = f"{_sure(at)} sure: nothing this weak alters the vote"
    box = Boxes("patch", corners, (said,), (SAME,))
    return panel(at.frame, "The patch", box, note=note, focus=at.ready.focus)


def _copy(at: Booth, poll: Poll) -> Panel:
    """One copy as the network sees it, one that votes otherwise if there is any."""
    from explainer.vision.perturb.smoothing import examples, seeds

    n, sigma, seed = int([*poll.against, 0][0]), WHITE * at.params.sigma, seeds(at.ctx.seed)[poll.proves]
    (pixels,) = latest(at.ctx, "copy", (*memo_name(at.ctx), sigma, seed, n), lambda: examples(at.x, sigma, seed, [n]))
    size = (float(pixels.shape[1]), float(pixels.shape[0]))
    title = "One that votes otherwise" if len(poll.against) else "One copy"
    return Panel(title, size, (Image("copy", pixels),), at.name(int(poll.answers[n])), frame=False)


def _charts(at: Booth, poll: Poll) -> tuple[Chart, ...]:
    bars = _bars(at, "Votes", poll, f"{poll.done} noisy copies")
    if not poll.proves:
        return (bars,)
    cast = np.unique(np.r_[np.arange(8, poll.done, 8), poll.done])
    (share, proved), x = poll.bounds(cast, at.params.alpha), cast.astype(float)
    series = (
        Series("share", x, share, "dashed", -2), Series("proved", x, proved),
        Series("one half", x, np.full(len(x), 0.5), "dotted", -2),
    )  # fmt: skip
    return bars, Curve("What the votes prove", series, "votes", "probability", (0.0, 1.0), (0.0, max(poll.done, USUAL)))


def _bars(at: Booth, title: str, poll: Poll, note: str) -> Bars:
    """Votes of the classes with most of them."""
    best = poll.leaders(SHOWN)
    labels, votes = tuple(map(at.ctx.card.label, best)), tuple(float(poll.counts[k]) for k in best)
    return Bars(title, labels, votes, hi=poll.done, format=".0f", chosen=best.index(poll.winner), note=note)


def _play(at: Booth, poll: Poll) -> Play | None:
    if not poll.proves or len(poll.every) < USUAL:
        return None
    cast, stands = np.rint(np.geomspace(FEWEST, USUAL, 25)).astype(np.int64), float(min(poll.done, USUAL))
    curve, counted = poll.bounds(cast, at.params.alpha)[1], f"{poll.done} copies have voted"
    return Play("proving", FEWEST, USUAL, stands, curve, counted, log=True, note="curve: share that is proved")


# What is said -------------------------------------------------------------------------------------------


def _sure(at: Booth) -> str:
    return f"{100 * (1 - at.params.alpha):.4g} %"


def _headline(at: Booth, poll: Poll, radius: float | None) -> str:
    name, plain = at.name(poll.winner), at.name(int(at.plain.argmax()))
    votes = f"{'All' if poll.count == poll.done else f'{poll.count} of'} {poll.done} noisy copies say {name}"
    if not poll.proves:
        return f"Noise is added again and again; most copies are called {name} so far."
    if radius is None:
        return f"Only {poll.count} of {poll.done} noisy copies vote {name}: nothing is proved, the vote abstains."
    if name == plain:
        return f"{votes}: no change weaker than the marked patch can alter that vote."
    return f"Without noise it is {plain}. {votes}, and nothing weaker than the marked patch alters that."


def _offers(at: Booth, poll: Poll) -> Unsuitable | None:
    from explainer.vision.perturb.smoothing import lower_bound

    if lower_bound(poll.count, poll.done, at.params.alpha) > 0.5:
        return None
    said = f"Noise of this strength leaves no clear majority, so nothing is proved for {at.name(poll.winner)}."
    calmer = (Offer("set", {"sigma": CALM}, "Less noise"),) if at.params.sigma > CALM else ()
    return Unsuitable(said, (*calmer, Offer("sample", "dog")))


def _sentence(at: Booth, poll: Poll, found: Certificate) -> str:
    from explainer.vision.perturb.smoothing import noise_length

    name, sigma = at.name(poll.winner), WHITE * at.params.sigma
    if not poll.proves:
        return f"{poll.done} noisy copies so far; most often they are called {name}."
    votes = f"{poll.count} of {poll.done} noisy copies are called {name}"
    proved = f"{votes}, so its probability is at least {found.p_lower:.3f}, with {_sure(at)} confidence."
    if found.radius is None:
        return f"{proved} That is no proven majority: **the smoothed classifier abstains**."
    times = words.thousands(round(noise_length(sigma, at.x.numel()) / (WHITE * found.radius)))
    return (
        f"{proved} So **no change shorter than {found.radius * WHITE:.1f} grey levels alters the vote**. "
        "The length is the root of all squared changes added up, and no change of each pixel. "
        f"The marked patch is just that long; the noise in each copy is {times} times as long, but aims nowhere."
    )


# The attack ---------------------------------------------------------------------------------------------


def _attacked(at: Booth, found: Poll) -> Part:
    """Attack the bare network within the radius, and let the majority vote again."""
    from explainer.vision.perturb.attacks import Budget, pgd
    from explainer.vision.perturb.smoothing import certify, seeds

    radius = certify(found.count, found.done, at.params.alpha, at.params.sigma).radius
    if not at.params.attack or radius is None:
        return Part()
    label, moved = at.x.new_tensor([found.winner]).long(), at.x
    run = pgd(at.victim, at.x, label, Budget("l2", WHITE * radius), STEPS, at.ctx.checkpoint)
    for count, moved in enumerate(run, 1):  # noqa: B007 (the last one counts)
        at.way.tell("attack", count / STEPS, "attacking the bare network")
    noise, what = seeds(at.ctx.seed + 1)[1], "on the attacked picture"
    again = at.poll(moved, noise, what, found.done, found.winner, _part(at, found))
    return _attack_part(at, again, at.victim.answers(moved)[0], radius)


def _attack_part(at: Booth, again: Poll, bare: NDArray[np.float64], radius: float) -> Part:
    """Say what the attack within the radius did to the bare network and to the majority."""
    best, leader = int(np.argmax(bare)), int(np.argmax(again.counts))
    values = numbers(
        attack_score=bare[again.winner], attack_flipped=best != again.winner, attack_votes_for=again.count,
        attack_majority_kept=leader == again.winner,
    )  # fmt: skip
    said = "now answers" if best != again.winner else "still answers"
    sentence = (
        f"Attacked within that radius, the network without noise {said} {at.name(best)} "
        f"({words.score(float(bare[best]))}). The majority under noise is {at.name(leader)} with "
        f"{again.counts[leader]} of {again.done} votes."
    )
    return Part((), (_bars(at, "Votes after the attack", again, f"length up to {radius:.3f}"),), (sentence,), values)
