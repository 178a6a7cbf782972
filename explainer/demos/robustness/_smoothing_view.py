"""What the smoothing demo shows and says of its votes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.layers import Image, Panel
from explainer.core.memo import prepared
from explainer.core.parts import Part
from explainer.core.result import Result

WHITE = 255.0
SHOWN = 5
STEPS = 10  # of PGD


@dataclass(frozen=True, slots=True, eq=False)
class Poll:
    """Votes so far.

    Parameters
    ----------
    counts
        Votes ``(K,)``.
    winner
        The class in question: chosen by the first poll, or the leader while that goes on.
    proves
        Whether the votes are independent of the choice.
    after, heard
        Votes cast, and those for the winner, after each batch.
    """

    counts: NDArray[np.int64]
    winner: int
    proves: bool
    after: tuple[int, ...]
    heard: tuple[int, ...]

    @staticmethod
    def of(counts: NDArray[np.int64], done: int, before: "Poll | None", chosen: "Poll | None") -> "Poll":
        """Append what was counted after `done` votes."""
        winner = chosen.winner if chosen else int(np.argmax(counts))
        after, heard = (before.after, before.heard) if before else ((), ())
        return Poll(counts, winner, chosen is not None, (*after, done), (*heard, int(counts[winner])))

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

    def __init__(self, frame: Frame, net: Any, ctx: Context, sigma: float) -> None:
        from explainer.vision.perturb.attacks import Victim, grey_levels

        self.frame, self.ctx, self.sigma = frame, ctx, sigma
        self.ready = prepared(frame, net, ctx)
        self.x = grey_levels(self.ready.tensor, ctx.card.mean, ctx.card.std)
        self.victim = Victim(net.network(), ctx.card.mean, ctx.card.std)

    def result(self, part: Part, *, partial: bool = False) -> Result:
        """Make it a result."""
        seen = np.ascontiguousarray(self.ready.tensor.cpu().numpy(), dtype=np.float32)
        return Result(
            " ".join(part.sentences), part.values, part.panels, part.charts, input=seen, partial=partial
        )  # fmt: skip


def part(at: Booth, poll: Poll, alpha: float) -> Part:
    """Put panels, charts, sentences and values together."""
    from explainer.vision.perturb.smoothing import certify, largest_radius

    found = certify(poll.count, poll.done, alpha, at.sigma)
    values = {
        "winner": float(poll.winner),
        "votes": float(poll.done),
        "votes_for": float(poll.count),
        "vote_share": found.share,
        "classes_named": float((poll.counts > 0).sum()),
    }
    if poll.proves:
        most = largest_radius(poll.done, alpha, at.sigma)
        values |= {"p_lower": found.p_lower, "sigma_255": at.sigma * WHITE, "radius_largest": most}
        values["abstains"] = float(found.radius is None)
        if found.radius is not None:
            values |= {"radius": found.radius, "radius_255": found.radius * WHITE}
    return Part(_panels(at), _charts(at, poll, alpha), (_sentence(at, poll, found, alpha),), values)


def _panels(at: Booth) -> tuple[Panel, ...]:
    from explainer.vision.perturb.smoothing import example, seeds

    copy = example(at.x, WHITE * at.sigma, seeds(at.ctx.seed)[1])
    size = (at.frame.width, at.frame.height)
    picture = Image("picture", at.frame.pixels, focus=at.ready.focus)
    seen = Image("seen", copy, at.ready.to_frame, smooth=False)
    note = f"σ = {at.sigma:g}, {at.sigma * WHITE:.3g} of 255"
    return Panel("Input", size, (picture,)), Panel("One noisy copy", size, (picture, seen), note)


def _charts(at: Booth, poll: Poll, alpha: float) -> tuple[Chart, ...]:
    best = [int(k) for k in np.argsort(-poll.counts, kind="stable")[:SHOWN] if poll.counts[k] > 0]
    shown = best if poll.winner in best else [poll.winner, *best[: SHOWN - 1]]
    bars = Bars(
        "Votes", tuple(at.ctx.card.label(k) for k in shown), tuple(float(poll.counts[k]) for k in shown),
        hi=float(poll.done), format=".0f", chosen=shown.index(poll.winner), note=f"{poll.done} noisy copies",
    )  # fmt: skip
    return (bars, _bound_chart(poll, alpha)) if poll.proves else (bars,)


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


def _sentence(at: Booth, poll: Poll, found: Any, alpha: float) -> str:
    name = f"“{at.ctx.card.label(poll.winner)}”"
    if not poll.proves:
        return f"{poll.done} noisy copies so far; most often they are called {name}."
    begun = f"{poll.count} of {poll.done} noisy copies are called {name}, so its probability is at least"
    proved = f"{begun} {found.p_lower:.3f} (wrong at most once in {1 / alpha:,.0f} times)."
    if found.radius is None:
        return f"{proved} That is no proven majority: **the smoothed classifier abstains**."
    return (
        f"{proved} **No change shorter than {found.radius:.3f} can alter the majority** (white is 1; "
        f"{found.radius * WHITE:.1f} grey levels on one pixel, or far less on each of many)."
    )


def attack_part(at: Booth, found: Poll, again: Poll, bare: NDArray[np.float64], radius: float) -> Part:
    """Say what the attack within the radius did to the bare network and to the majority."""
    best, winner = int(np.argmax(bare)), found.winner
    leader = int(np.argmax(again.counts))
    values = {
        "attack_score": float(bare[winner]),
        "attack_flipped": float(best != winner),
        "attack_votes_for": float(again.count),
        "attack_majority_kept": float(leader == winner),
    }
    classes = list(
        dict.fromkeys(
            [winner, leader, *(int(k) for k in np.argsort(-again.counts, kind="stable")[:SHOWN] if again.counts[k])]
        )
    )
    chart = Bars(
        "Votes after the attack", tuple(at.ctx.card.label(k) for k in classes[:SHOWN]),
        tuple(float(again.counts[k]) for k in classes[:SHOWN]), hi=float(again.done), format=".0f",
        note=f"length up to {radius:.3f}",
    )  # fmt: skip
    said = "now answers" if best != winner else "still answers"
    sentence = (
        f"Attacked within that radius, the network without noise {said} “{at.ctx.card.label(best)}” "
        f"({words.score(float(bare[best]))}); the majority under noise is “{at.ctx.card.label(leader)}” with "
        f"{again.count if leader == winner else int(again.counts[leader])} of {again.done} votes."
    )
    return Part((), (chart,), (sentence,), values)
