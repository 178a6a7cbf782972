"""The illumination stress test's work: relight one picture, cure it, and ask the network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.subject import resolve_class

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
DAY, NIGHT = 0.0, -6.0  # EV between which the light falls
FALL = np.linspace(DAY, NIGHT, 13)


class Scene:
    """One frame at working size, relit and cured.

    Parameters
    ----------
    plain, lit, cured, only_cured
        ``(h, w, 3)``: the picture, under other light, that with the remedies, and the remedies alone.
    """

    def __init__(self, frame: Frame, params: Any, ctx: Context) -> None:
        from explainer.vision.stress.light import Light, shadow_of, work_copy
        from explainer.vision.stress.remedies import remedied

        p = params
        self.frame, self.params, self.ctx = frame, params, ctx
        self.light = Light(
            p.exposure_ev, p.kelvin, p.tint / 1000.0, p.shadow_ev, p.vignette_ev, p.haze / 100.0,
            p.photons if p.grain else None, p.contrast, p.gain, p.gamma,
        )  # fmt: skip
        self.painted = (p.shadow, p.softness)
        with ctx.stage("prepare"):
            self.plain: Pixels = ctx.memo("work copy", lambda: work_copy(frame.pixels))
            size = (self.plain.shape[0], self.plain.shape[1])
            self.shadow = latest(ctx, "shadow", self.painted, lambda: shadow_of(size, p.shadow, p.softness / 100.0))
            self.lit = latest(ctx, "lit", (self.light, *self.painted), lambda: self.relit(self.light))
            ctx.checkpoint()
            self.cured: Pixels = remedied(self.lit, p.remedies)
            self.only_cured = latest(ctx, "only cured", p.remedies, lambda: remedied(self.plain, p.remedies))

    def relit(self, light: Any) -> Pixels:
        """The picture under a light."""
        from explainer.vision.stress.light import illumination

        return illumination(self.plain, light, shadow=self.shadow, seed=self.ctx.seed)

    @property
    def has_remedy(self) -> bool:
        """Whether anything is tried."""
        return bool(self.params.remedies) or self.params.renorm


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What the network answered.

    Parameters
    ----------
    plain, lit, cured, only_cured
        Probabilities ``(K,)`` for the four pictures; the last two through the refreshed batch norms where asked.
    focus
        What the network sees, in frame pixels.
    fall
        Scores of the class as the light falls `FALL`, without and with the remedies ``(2, 13)``; once it is known.
    turned
        The step of `FALL` from which on the answer is never again that of the picture as it is, and the
        probabilities ``(K,)`` there; ``None`` where it is so to the end.
    tone_map
        An `explainer.vision.stress.light_map.ToneMap`, once it is known.
    """

    scene: Scene
    card: Any
    index: int
    plain: Floats
    lit: Floats
    cured: Floats
    only_cured: Floats
    focus: tuple[float, float, float, float]
    input: NDArray[np.float32]
    fall: Floats | None = None
    turned: tuple[int, Floats] | None = None
    tone_map: Any = None

    @property
    def label(self) -> str:
        """Name of the class, in quotation marks."""
        return self.name(self.index)

    def name(self, index: int) -> str:
        """Name of any class, in quotation marks."""
        return f"“{self.card.label(index)}”"


def asked(scene: Scene, net: Any) -> Trial:
    """Put the pictures to the network."""
    from explainer.vision.stress.asking import ask, squares_of

    ctx, params = scene.ctx, scene.params
    ready = prepared(scene.frame, net, ctx)
    with ctx.stage("prepare"):
        tensor = net.prepare(Frame(np.ascontiguousarray(scene.cured))).tensor
    with ctx.stage("model"):
        plain = ctx.memo(("plain", *memo_name(ctx)), lambda: ask(net, squares_of(net, [scene.plain]))[0])
        lit = ask(net, squares_of(net, [scene.lit]))[0]
        cured, only_cured = lit, plain
        if scene.has_remedy:
            both = squares_of(net, [scene.cured, scene.only_cured])
            cured, only_cured = ask(net, both, network=_network(net, params), checkpoint=ctx.checkpoint)
    given = np.asarray(tensor.cpu().numpy(), np.float32)
    return Trial(
        scene, net.card, resolve_class(params.target, plain), plain, lit, cured, only_cured, ready.focus, given
    )


def fallen(trial: Trial, net: Any) -> Trial:
    """Ask again for every step of the falling light, all else as it stands."""
    from explainer.vision.stress.asking import ask, squares_of
    from explainer.vision.stress.remedies import remedied

    scene, ctx, params = trial.scene, trial.scene.ctx, trial.scene.params

    def make() -> tuple[Floats, Floats]:
        rows: list[tuple[Floats, Floats]] = []
        for done, ev in enumerate(FALL):
            ctx.checkpoint()
            ctx.progress(done / len(FALL), "letting the light fall")
            lit = scene.relit(replace(scene.light, exposure_ev=float(ev)))
            seen, repaired = squares_of(net, [lit, remedied(lit, params.remedies)])
            rows.append((ask(net, [seen])[0], ask(net, [repaired], network=_network(net, params))[0]))
        return np.array([bare for bare, _ in rows]), np.array([cured for _, cured in rows])

    key = (replace(scene.light, exposure_ev=DAY), *scene.painted, params.remedies, params.renorm)
    with ctx.stage("explain"):
        both = latest(ctx, ("fall", *memo_name(ctx)), key, make)
    from_here = lost_for_good(both[0].argmax(1) == trial.plain.argmax())
    turned = (from_here, both[0][from_here]) if from_here < len(FALL) else None
    return replace(trial, fall=np.stack([one[:, trial.index] for one in both]), turned=turned)


def lost_for_good(right: NDArray[np.bool_]) -> int:
    """First step after which no answer is right any more; as many as there are steps where the last one still is.

    The first wrong answer of all would mean less: between two like classes the answer often comes and goes.
    """
    return int(np.flatnonzero(right)[-1]) + 1 if right.any() else 0


def mapped(trial: Trial, net: Any, show: Callable[[Trial], None]) -> Trial:
    """Add the gain × gamma map of the lit picture, remedies included; `show` gets it as it grows."""
    from explainer.vision.stress.asking import squares_of
    from explainer.vision.stress.light_map import GAINS, gain_gamma_map

    scene, ctx, params = trial.scene, trial.scene.ctx, trial.scene.params
    cells, untoned = len(GAINS) ** 2, scene.light.untoned()

    def make() -> Any:
        (square,) = squares_of(net, [scene.relit(untoned)])
        steps = gain_gamma_map(
            net, square, trial.index, remedies=params.remedies, network=_network(net, params),
            checkpoint=ctx.checkpoint,
        )  # fmt: skip
        for found in steps:
            ctx.progress(found.done / cells, f"{found.done} of {cells} steps of gain and gamma")
            if found.done < cells:
                show(replace(trial, tone_map=found))
        return found

    with ctx.stage("explain"):
        key = (untoned, *scene.painted, params.remedies, params.renorm, trial.index)
        return replace(trial, tone_map=latest(ctx, "tone map", key, make))


def _network(net: Any, params: Any) -> Any:
    """Return what answers to the cured picture: the network, or the one with refreshed batch norms."""
    from explainer.vision.stress.renorm import Renormed

    return Renormed(net.network(stock=True)) if params.renorm else net.network()
