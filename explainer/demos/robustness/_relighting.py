"""The illumination stress test's work: relight one picture, cure it, and ask the network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.memo import latest, memo_name
from explainer.core.subject import resolve_class

Pixels = NDArray[np.uint8]


class Scene:
    """One frame at working size, relit and cured.

    Parameters
    ----------
    plain, lit, cured, only_cured
        ``(h, w, 3)``: the picture, under other light, that with the remedies, and the remedies alone.
    """

    def __init__(self, frame: Frame, params: Any, ctx: Context) -> None:
        from explainer.vision.stress.light import Light, illumination, shadow_of, work_copy
        from explainer.vision.stress.remedies import remedied

        p = params
        self.frame, self.params, self.ctx = frame, params, ctx
        self.light = Light(
            p.exposure_ev, p.kelvin, p.tint / 1000.0, p.shadow_ev, p.vignette_ev, p.haze / 100.0,
            p.photons if p.grain else None, p.contrast, p.gain, p.gamma,
        )  # fmt: skip
        with ctx.stage("prepare"):
            self.plain: Pixels = ctx.memo("work copy", lambda: work_copy(frame.pixels))
            size = (self.plain.shape[0], self.plain.shape[1])
            painted = (p.shadow, p.softness)
            shadow = latest(ctx, "shadow", painted, lambda: shadow_of(size, p.shadow, p.softness / 100.0))
            self.shadow = shadow

            def lit(light: Any) -> Pixels:
                return illumination(self.plain, light, shadow=shadow, seed=ctx.seed)

            self.lit: Pixels = latest(ctx, "lit", (self.light, *painted), lambda: lit(self.light))
            untoned = self.light.untoned()
            self.untoned: Pixels = latest(ctx, "untoned", (untoned, *painted), lambda: lit(untoned))
            ctx.checkpoint()
            self.cured: Pixels = remedied(self.lit, p.remedies)
            ctx.checkpoint()
            self.only_cured: Pixels = latest(
                ctx, "only cured", p.remedies, lambda: remedied(self.plain, p.remedies)
            )  # fmt: skip
        self.untoned_key = (untoned, *painted)

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
    tone_map
        An `explainer.vision.stress.light_map.ToneMap`, or ``None`` before it is known.
    """

    scene: Scene
    card: Any
    index: int
    plain: NDArray[np.float64]
    lit: NDArray[np.float64]
    cured: NDArray[np.float64]
    only_cured: NDArray[np.float64]
    focus: tuple[float, float, float, float]
    input: NDArray[np.float32]
    tone_map: Any = None

    @property
    def label(self) -> str:
        """Name of the class, in quotation marks."""
        return f"“{self.card.label(self.index)}”"

    def with_map(self, tone_map: Any) -> "Trial":
        """Return the same with a map that is further."""
        return replace(self, tone_map=tone_map)


def asked(scene: Scene, net: Any) -> Trial:
    """Put the pictures to the network."""
    from explainer.vision.stress.asking import ask, squares_of

    ctx, params = scene.ctx, scene.params
    name = memo_name(ctx)
    with ctx.stage("prepare"):
        ready = ctx.memo(("ready", *name), lambda: net.prepare(scene.frame))
        tensor = net.prepare(Frame(np.ascontiguousarray(scene.cured))).tensor
    with ctx.stage("model"):
        plain = ctx.memo(("plain", *name), lambda: ask(net, squares_of(net, [scene.plain]))[0])
        lit = ask(net, squares_of(net, [scene.lit]))[0]
        cured, only_cured = lit, plain
        if scene.has_remedy:
            both = squares_of(net, [scene.cured, scene.only_cured])
            cured, only_cured = ask(net, both, network=_network(net, params), checkpoint=ctx.checkpoint)
    index = resolve_class(params.target, plain)
    given = np.ascontiguousarray(tensor.cpu().numpy(), np.float32)
    return Trial(scene, net.card, index, plain, lit, cured, only_cured, ready.focus, given)


def mapped(trial: Trial, net: Any, show: Callable[[Any], None]) -> Any:
    """Return the gain × gamma map of the lit picture, remedies included; `show` gets it as it grows."""
    from explainer.vision.stress.asking import squares_of
    from explainer.vision.stress.light_map import GAINS, gain_gamma_map

    scene, ctx, params = trial.scene, trial.scene.ctx, trial.scene.params
    cells = len(GAINS) ** 2
    key = (*scene.untoned_key, params.remedies, params.renorm, trial.index)

    def make() -> Any:
        (square,) = squares_of(net, [scene.untoned])
        steps = gain_gamma_map(
            net, square, trial.index, remedies=params.remedies, network=_network(net, params),
            checkpoint=ctx.checkpoint,
        )  # fmt: skip
        for found in steps:
            ctx.progress(found.done / cells, f"{found.done} of {cells} steps of gain and gamma")
            if found.done < cells:
                show(found)
        return found

    with ctx.stage("explain"):
        return latest(ctx, "tone map", key, make)


def _network(net: Any, params: Any) -> Any:
    """Return what answers to the cured picture: the network, or the one with refreshed batch norms."""
    from explainer.vision.stress.renorm import Renormed

    return Renormed(net.network(stock=True)) if params.renorm else net.network()
