"""Randomised smoothing: the majority under noise, and a radius within which it provably stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Doc, Range
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.core.way import Way
from explainer.demos.robustness._tiles import OTHER, SAME, sheet

WHITE, SHOWN, STEPS = 255.0, 5, 10  # the steps are PGD's
COLUMNS, TILES = 3, 6  # of the sheet; the first tile is the picture without noise
DISSENT = 3  # tiles at most that go to copies with another answer
CALM = 0.02  # σ that most pictures bear


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
        id="randomised-smoothing", title="Randomised smoothing", topics=(42,), sample="dog",
        summary="A radius within which the majority under noise provably stays.",
        papers=("cohen2019", "clopper1934"),
        cost=Cost(forwards=144),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Vote, bound, certify."""
        with ctx.model() as net:
            at = Booth(frame, net, ctx, params)
            found = _poll(at, _poll(at, None))
            return at.result(_part(at, found) + _attacked(at, found), unsuitable=_offers(at, found))


@dataclass(frozen=True, slots=True, eq=False)
class Poll:
    """Votes so far, one of `answers` a copy; votes cast (`after`) and those for the winner (`heard`) after each batch.

    `counts` ``(K,)`` are the votes for each class. `winner` is the class that the first poll chose, or the leader
    while that goes on; votes prove something where they are independent of that choice.
    """

    answers: NDArray[np.int64]
    counts: NDArray[np.int64]
    winner: int
    proves: bool
    after: tuple[int, ...]
    heard: tuple[int, ...]

    @staticmethod
    def of(answers: NDArray[np.int64], classes: int, before: "Poll | None", chosen: "Poll | None") -> "Poll":
        """Append what was counted since the poll `before`."""
        counts = np.bincount(answers, minlength=classes)
        winner = chosen.winner if chosen else int(np.argmax(counts))
        after, heard = (before.after, before.heard) if before else ((), ())
        proves = chosen is not None
        return Poll(answers, counts, winner, proves, (*after, len(answers)), (*heard, int(counts[winner])))

    @property
    def done(self) -> int:
        """Votes cast."""
        return self.after[-1]

    @property
    def count(self) -> int:
        """Votes for the winner."""
        return self.heard[-1]


class Booth:
    """Where one picture is voted on."""

    def __init__(self, frame: Frame, net: Any, ctx: Context, params: Params) -> None:
        from explainer.vision.perturb.attacks import Victim, grey_levels

        self.frame, self.ctx, self.params = frame, ctx, params
        self.ready = prepared(frame, net, ctx)
        self.x = grey_levels(self.ready.tensor, ctx.card.mean, ctx.card.std)
        self.victim = Victim(net.network(), ctx.card.mean, ctx.card.std)
        after = {"attack": 3 * STEPS, "on the attacked picture": params.proving} if params.attack else {}  # passes
        self.way = Way(ctx.progress, {"that choose": params.choosing, "that prove": params.proving, **after})

    @property
    def plain(self) -> NDArray[np.float64]:
        """Probabilities of the picture without noise."""
        return self.ctx.memo(("without noise", *memo_name(self.ctx)), lambda: self.victim.answers(self.x)[0])

    def result(self, part: Part, **more: Any) -> Result:
        """Make it a result."""
        seen = np.ascontiguousarray(self.ready.tensor.cpu().numpy(), dtype=np.float32)
        return part.result(input=seen, **more)

    def bars(self, title: str, poll: Poll, shown: list[int], **more: Any) -> Bars:
        """Votes of some classes."""
        labels, votes = (tuple(map(self.ctx.card.label, shown)), tuple(float(poll.counts[k]) for k in shown))
        return Bars(title, labels, votes, hi=float(poll.done), format=".0f", **more)


def _leaders(poll: Poll) -> list[int]:
    return [int(k) for k in np.argsort(-poll.counts, kind="stable")[:SHOWN] if poll.counts[k] > 0]


def _voting(at: Booth, x: Any, of: int, seed: int, chosen: Poll | None, what: str) -> Iterator[Poll]:
    from explainer.vision.perturb.smoothing import votes

    poll = None
    for answers, classes in votes(at.victim, x, WHITE * at.params.sigma, of, seed, at.ctx.checkpoint):
        poll = Poll.of(answers, classes, poll, chosen)
        at.way.tell(what, poll.done / of, f"{poll.done} of {of} votes {what}")
        yield poll


def _poll(at: Booth, chosen: Poll | None) -> Poll:
    """Count votes: first those that choose the class, then with fresh noise those that prove."""
    from explainer.vision.perturb.smoothing import seeds

    ctx, params, first = at.ctx, at.params, chosen is None
    of, seed = params.choosing if first else params.proving, seeds(ctx.seed)[0 if first else 1]

    def count() -> Poll:
        for poll in _voting(at, at.x, of, seed, chosen, "that choose" if first else "that prove"):
            if poll.done < of:
                ctx.publish(at.result(_part(at, poll), partial=True))
        return poll

    key = (*memo_name(ctx), params.sigma, params.choosing, None if first else of)
    with ctx.stage("model"):
        return ctx.memo(("votes", *key), count)


def _part(at: Booth, poll: Poll) -> Part:
    """What the votes so far show and say."""
    from explainer.vision.perturb.smoothing import certify, largest_radius

    sigma, alpha = at.params.sigma, at.params.alpha
    found = certify(poll.count, poll.done, alpha, sigma)
    values = numbers(
        winner=poll.winner, votes=poll.done, votes_for=poll.count, vote_share=found.share,
        classes_named=(poll.counts > 0).sum(),
    )  # fmt: skip
    if poll.proves:
        radius = found.radius
        values |= numbers(
            p_lower=found.p_lower, sigma_255=sigma * WHITE, radius_largest=largest_radius(poll.done, alpha, sigma),
            abstains=radius is None, radius=radius, radius_255=None if radius is None else radius * WHITE,
        )  # fmt: skip
    best = _leaders(poll)
    shown = best if poll.winner in best else [poll.winner, *best[: SHOWN - 1]]
    bars = at.bars("Votes", poll, shown, chosen=shown.index(poll.winner), note=f"{poll.done} noisy copies")
    charts = (bars, _bound_chart(poll, alpha)) if poll.proves else (bars,)
    said, headline = _sentence(at, poll, found, alpha), _headline(at, poll, found)
    return Part(
        (_sheet(at, poll),), charts, (said,), values, headline=headline, heroes=("noisy-copies",)
    )  # fmt: skip


def _sheet(at: Booth, poll: Poll) -> Panel:
    """Show the picture without noise, copies that vote otherwise, and others that agree."""
    from explainer.vision.perturb.smoothing import examples, seeds

    against, agree = (np.flatnonzero(one) for one in (poll.answers != poll.winner, poll.answers == poll.winner))
    few = against[: max(DISSENT, TILES - 1 - len(agree))]
    chosen = [int(n) for n in (*few, *agree)][: TILES - 1]
    sigma, seed = WHITE * at.params.sigma, seeds(at.ctx.seed)[int(poll.proves)]
    key = (*memo_name(at.ctx), sigma, seed, *chosen)
    noisy = latest(at.ctx, "sheet", key, lambda: examples(at.x, sigma, seed, chosen))
    clean = examples(at.x, 0.0, 0, [0])
    label = at.ctx.card.label
    said = [int(at.plain.argmax()), *(int(poll.answers[n]) for n in chosen)]
    words_said = [f"no noise: {label(said[0])}", *map(label, said[1:])]
    colours = [SAME if k == poll.winner else OTHER for k in said]
    others = f"{len(against)} of {poll.done} vote otherwise, those first" if len(against) else "all vote alike"
    note = f"{others}; σ is {sigma:.3g} of 255 grey levels"
    return sheet("Noisy copies", [*clean, *noisy], words_said, colours, note, columns=COLUMNS)


def _bound_chart(poll: Poll, alpha: float) -> Curve:
    from explainer.vision.perturb.smoothing import lower_bound

    cast, heard = np.asarray(poll.after, float), np.asarray(poll.heard, float)
    bounds = np.array([lower_bound(k, n, alpha) for k, n in zip(poll.heard, poll.after, strict=True)])
    series = (
        Series("share", cast, heard / cast, "dashed", -2),
        Series("proved", cast, bounds, "solid", -1),
        Series("one half", cast, np.full(len(cast), 0.5), "dotted", -2),
    )
    return Curve("What the votes prove", series, "votes", "probability", (0.0, 1.0), (0.0, float(cast[-1])))


def _headline(at: Booth, poll: Poll, found: Any) -> str:
    name, plain = (f"“{at.ctx.card.label(k)}”" for k in (poll.winner, int(at.plain.argmax())))
    if not poll.proves:
        return f"Noise is added again and again; most copies are called {name} so far."
    if found.radius is None:
        return f"Only {poll.count} of {poll.done} noisy copies vote {name}: nothing is proved, the vote abstains."
    sure, length = f"{100 * (1 - at.params.alpha):.4g} %", f"{found.radius * WHITE:.1f} grey levels"
    if name == plain:
        return f"{name} wins the vote; with {sure} confidence no change shorter than {length} alters that."
    bound = f"with {sure} confidence no change shorter than {length} alters the vote"
    return f"Without noise {plain}, by vote {name}: {bound}."


def _offers(at: Booth, poll: Poll) -> Unsuitable | None:
    from explainer.vision.perturb.smoothing import lower_bound

    if lower_bound(poll.count, poll.done, at.params.alpha) > 0.5:
        return None
    said = (
        f"Noise of this strength leaves no clear majority, so nothing is proved for “{at.ctx.card.label(poll.winner)}”."
    )
    calmer = (Offer("set", {"sigma": CALM}, "Less noise"),) if at.params.sigma > CALM else ()
    return Unsuitable(said, (*calmer, Offer("sample", "dog")))


def _sentence(at: Booth, poll: Poll, found: Any, alpha: float) -> str:
    name = f"“{at.ctx.card.label(poll.winner)}”"
    if not poll.proves:
        return f"{poll.done} noisy copies so far; most often they are called {name}."
    begun = f"{poll.count} of {poll.done} noisy copies are called {name}, so its probability is at least"
    proved = f"{begun} {found.p_lower:.3f}, with {100 * (1 - alpha):.4g} % confidence."
    if found.radius is None:
        return f"{proved} That is no proven majority: **the smoothed classifier abstains**."
    return (
        f"{proved} So **no change shorter than {found.radius * WHITE:.1f} grey levels alters the vote** "
        f"({found.radius:.3f} where white is 1). The length is the root of the summed squares over all colour values: "
        "one value may change by that much, or all together far less."
    )


def _attacked(at: Booth, found: Poll) -> Part:
    """Attack the bare network within the radius, and let the majority vote again."""
    from explainer.vision.perturb.attacks import Budget, pgd
    from explainer.vision.perturb.smoothing import certify, seeds

    radius = certify(found.count, found.done, at.params.alpha, at.params.sigma).radius
    if not at.params.attack or radius is None:
        return Part()
    at.ctx.publish(at.result(_part(at, found), partial=True))
    label, moved = at.x.new_tensor([found.winner]).long(), at.x
    run = pgd(at.victim, at.x, label, Budget("l2", WHITE * radius), STEPS, at.ctx.checkpoint)
    for count, moved in enumerate(run, 1):  # noqa: B007 (the last one counts)
        at.way.tell("attack", count / STEPS, "attacking the bare network")
    bare, noise = at.victim.answers(moved)[0], seeds(at.ctx.seed + 1)[1]
    for again in _voting(at, moved, at.params.proving, noise, found, "on the attacked picture"):
        part = _attack_part(at, found.winner, again, bare, radius)
        at.ctx.publish(at.result(_part(at, found) + part, partial=True))
    return part


def _attack_part(at: Booth, winner: int, again: Poll, bare: NDArray[np.float64], radius: float) -> Part:
    """Say what the attack within the radius did to the bare network and to the majority."""
    best, leader, label = int(np.argmax(bare)), int(np.argmax(again.counts)), at.ctx.card.label
    values = numbers(
        attack_score=bare[winner], attack_flipped=best != winner, attack_votes_for=again.count,
        attack_majority_kept=leader == winner,
    )  # fmt: skip
    classes = list(dict.fromkeys([winner, leader, *_leaders(again)]))[:SHOWN]
    chart = at.bars("Votes after the attack", again, classes, note=f"length up to {radius:.3f}")
    said = "now answers" if best != winner else "still answers"
    sentence = (
        f"Attacked within that radius, the network without noise {said} “{label(best)}” "
        f"({words.score(float(bare[best]))}); the majority under noise is “{label(leader)}” with "
        f"{again.counts[leader]} of {again.done} votes."
    )
    return Part((), (chart,), (sentence,), values)
