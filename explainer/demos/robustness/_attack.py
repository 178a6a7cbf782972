"""The adversarial panel's work: attack one picture, and let the network behind its defence answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.geometry import apply, invert
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.numbers import softmax
from explainer.core.subject import resolve_class

L2_METHODS = ("pgd-l2",)
WHITE = 255.0
EPS_TRIED = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)  # of 255
PLAYED = 20  # steps of PGD
RADII_TRIED = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # white is 1


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One attacked picture and what was answered to it.

    Parameters
    ----------
    clean, adversarial, random
        Grey levels ``(S, S, 3) float32``: before, after, and with noise of the same size.
    before, after, noise
        Probabilities ``(K,)`` of the network behind its defence for the three.
    bare
        Probabilities of the undefended network for the adversarial picture.
    truth
        Class that the undefended network gives the clean picture.
    label
        Class that the attack leaves, or goes to where it is targeted.
    gradient_length
        Euclidean length of the loss's gradient at the clean picture as the attacker sees it, per grey level.
    zero_share
        Share of the gradient's entries that are exactly zero.
    losses
        Loss at each step of the patch; empty for the others.
    path
        Probability of the label after each step of PGD that is known; empty for the others, and on the way.
    tensor
        The adversarial picture as ``(1, 3, S, S)``; passed on and never looked into here.
    """

    clean: NDArray[np.float32]
    adversarial: NDArray[np.float32]
    random: NDArray[np.float32]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    noise: NDArray[np.float64]
    bare: NDArray[np.float64]
    truth: int
    label: int
    gradient_length: float
    zero_share: float
    losses: tuple[float, ...] = ()
    path: tuple[float, ...] = ()
    tensor: Any = None


class Scene:
    """Where one picture is attacked: the network, its defence, the picture and the gradient at it."""

    def __init__(self, frame: Frame, net: Any, params: Any, ctx: Context) -> None:
        from explainer.vision.perturb.attacks import Victim, grey_levels
        from explainer.vision.perturb.defences import Defence

        card = ctx.card
        self.frame, self.params, self.ctx = frame, params, ctx
        self.ready = prepared(frame, net, ctx)
        self.x = grey_levels(self.ready.tensor, card.mean, card.std)
        self.victim = Victim(net.network(), card.mean, card.std)
        self.defence = Defence(
            params.defence, params.quality, params.sigma_px, params.bits, params.noise, params.scale
        )  # fmt: skip
        self.graph = latest(ctx, "loss graph", self._seen(), self._graph)
        self.plain = self._plain_logits()
        self.truth = int(np.argmax(self.plain))
        self.label = self.truth
        if params.targeted:
            wanted = resolve_class(params.target, self.plain)
            self.label = wanted if wanted != self.truth else resolve_class("top-2", self.plain)

    def attacker(self) -> Any:
        """Return what the attacker differentiates; its dice are new each time."""
        from explainer.vision.perturb.defences import target_of

        return target_of(self.victim, self.defence, self.ctx.seed, adaptive=self.params.adaptive)

    def judge(self) -> Any:
        """Return the network behind its defence; its dice are new each time."""
        from explainer.vision.perturb.defences import defended

        return defended(self.victim, self.defence, self.ctx.seed)

    def gradient(self) -> tuple[float, Any]:
        """Loss at the clean picture and its gradient, as the attacker sees it; made once for each label."""

        def make() -> tuple[float, Any]:
            with self.ctx.stage("explain"):
                loss, slope = self.graph.gradient(self.labels)
            return float(loss), slope

        return self.ctx.memo(("slope", *memo_name(self.ctx), self._seen(), self.label), make)

    @property
    def labels(self) -> Any:
        """The label as the tensor ``(1,)``."""
        return self.x.new_tensor([self.label]).long()

    @property
    def budget(self) -> Any:
        """How far the attack may go."""
        from explainer.vision.perturb.attacks import Budget

        p = self.params
        if p.method in L2_METHODS:
            return Budget("l2", WHITE * p.radius, p.stride, p.targeted)
        return Budget("linf", p.eps, p.stride, p.targeted)

    @property
    def square(self) -> Any:
        """Where the patch goes, in input pixels."""
        from explainer.vision.perturb.patch import square_at

        place = self.params.place
        spot = np.array([[place.x * self.frame.width, place.y * self.frame.height]])
        x_px, y_px = apply(invert(self.ready.to_frame), spot)[0]
        return square_at(float(x_px), float(y_px), self.params.size / 100.0, int(self.x.shape[-1]))

    def _seen(self) -> tuple[Any, ...]:
        """What the attacker's gradient depends on beside the frame."""
        blind = not self.params.adaptive and self.defence.kind != "masking"
        hidden = blind or self.defence.kind == "none"
        return ("bare",) if hidden else (self.defence, self.params.adaptive)

    def _graph(self) -> Any:
        from explainer.vision.perturb.attacks import LossGraph

        with self.ctx.stage("model"):
            return LossGraph(self.attacker(), self.x)

    def _plain_logits(self) -> NDArray[np.float64]:
        if self._seen() == ("bare",):
            return np.asarray(self.graph.logits[0].cpu().numpy(), np.float64)

        def make() -> NDArray[np.float64]:
            return np.asarray(np.log(self.victim.answers(self.x)[0] + 1e-30))

        return self.ctx.memo(("plain", *memo_name(self.ctx)), make)


def attacked(at: Scene, show: Callable[[Shot], None]) -> Shot:
    """Attack, make the control of equal size, and ask; `show` gets the first step of a longer attack."""
    return _patched(at, show) if at.params.method == "patch" else _moved(at, show)


def _moved(at: Scene, show: Callable[[Shot], None]) -> Shot:
    from explainer.vision.perturb.attacks import fgsm, pgd, random_change

    _, slope = at.gradient()
    noise = random_change(at.x, at.budget.norm, at.budget.radii(at.x), at.ctx.seed)
    if at.params.method == "fgsm":
        with at.ctx.stage("explain"):
            moved = fgsm(at.x, slope, at.budget)
        return _asked(at, moved, noise)
    steps, key = at.params.steps, (*memo_name(at.ctx), at._seen(), at.label, at.budget, at.ctx.seed)
    dice = at.params.adaptive and at.defence.kind == "noise"  # they fall anew, so that no path can be carried on
    way: list[Any] = [] if dice else latest(at.ctx, "path", key, list)
    start = way[-1] if way else None
    run = pgd(at.attacker(), at.x, at.labels, at.budget, steps - len(way), at.ctx.checkpoint, start)
    for moved in run:
        way.append(moved)
        _tell(at, len(way), lambda now=moved: show(_asked(at, now, noise)))  # type: ignore[misc]
    scores = latest(at.ctx, "scores on the path", (key, at.defence, len(way)), lambda: _followed(at, way))
    return replace(_asked(at, way[steps - 1], noise), path=scores)


def _followed(at: Scene, way: Sequence[Any]) -> tuple[float, ...]:
    """Score of the label after each step."""
    with at.ctx.stage("model"):
        return tuple(at.judge().answers(*way)[:, at.label].tolist())


def _patched(at: Scene, show: Callable[[Shot], None]) -> Shot:
    from explainer.vision.perturb.patch import optimise, random_patch

    p, square = at.params, at.square
    noise, moved, losses = random_patch(at.x, square, at.ctx.seed), at.x, []
    run = optimise(
        at.attacker(), at.x, at.labels, square, steps=p.steps, step=p.stride, targeted=p.targeted,
        seed=at.ctx.seed + 1, checkpoint=at.ctx.checkpoint,
    )  # fmt: skip
    for count, (moved, loss) in enumerate(run, 1):
        losses.append(loss)
        _tell(at, count, lambda now=moved: show(_asked(at, now, noise, losses)))  # type: ignore[misc]
    return _asked(at, moved, noise, losses)


def _tell(at: Scene, count: int, show: Callable[[], None]) -> None:
    at.ctx.progress(count / at.params.steps, f"step {count} of {at.params.steps}")
    if count == 1 < at.params.steps:
        show()


def _asked(at: Scene, moved: Any, noise: Any, losses: Sequence[float] = ()) -> Shot:
    from explainer.vision.perturb.attacks import pixels, slope_numbers

    with at.ctx.stage("model"):
        guarded = at.defence.kind != "none"
        rows = at.judge().answers(*([at.x, moved, noise] if guarded else [moved, noise]))
        bare = at.victim.answers(moved)[0] if guarded else rows[-2]
    before = rows[0] if guarded else softmax(at.plain)
    _, slope = at.gradient()
    return Shot(
        pixels(at.x), pixels(moved), pixels(noise), before, rows[-2], rows[-1], bare, at.truth, at.label,
        *slope_numbers(slope), tuple(losses), tensor=moved,
    )  # fmt: skip


def swept(at: Scene) -> Any:
    """Attack at ten radii; see `explainer.vision.perturb.sweep.Sweep`."""
    from explainer.vision.perturb.sweep import sweep

    l2 = at.params.method in L2_METHODS
    eps = tuple(WHITE * r for r in RADII_TRIED) if l2 else EPS_TRIED
    slope = at.gradient()[1] if at.params.method == "fgsm" else None
    return sweep(
        at.attacker(), at.judge(), at.x, at.truth, at.label, at.budget, eps, gradient=slope, steps=at.params.steps,
        seed=at.ctx.seed, checkpoint=at.ctx.checkpoint, progress=lambda done: at.ctx.progress(done, "growing budgets"),
    )  # fmt: skip


def transferred(at: Scene, shot: Shot, name: str) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
    """Show clean and adversarial picture to another network, resized to its input.

    Returns
    -------
    card, before, after
        Of the other network, with its probabilities ``(K,)`` for both.
    """
    from explainer.vision.perturb.attacks import Victim, resized

    with at.ctx.model(name) as other, at.ctx.stage("model"):
        card = other.card
        pair = (resized(x, card.input_px) for x in (at.x, shot.tensor))
        answers = Victim(other.network(), card.mean, card.std).answers(*pair)
    return card, answers[0], answers[1]
