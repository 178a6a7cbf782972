"""The missing-pixels demo's work: one picture with holes, filled in six ways, and the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import Choice
from explainer.core.frame import Frame
from explainer.core.memo import latest, memo_name, prepared
from explainer.core.subject import resolve_class

Pixels = NDArray[np.uint8]
SEEN_PX = 224
SHARES = (0.0, 0.1, 0.25, 0.4, 0.6, 0.8, 0.95)


class Fill(Choice):
    """What stands where pixels are missing."""

    BLACK = "black", "Black (0 in the file)"
    ZERO = "zero", "Zero in the network"
    MEAN = "mean", "Mean colour"
    NEAREST = "nearest", "Nearest pixel"
    TELEA = "telea", "Inpainted, Telea"
    NAVIER_STOKES = "navier-stokes", "Inpainted, Navier–Stokes"


class Scene:
    """One frame at working size, and what is missing of it.

    Parameters
    ----------
    plain
        ``(h, w, 3)``.
    region
        ``(h, w) bool``: what is missing, erased or lost.
    """

    def __init__(self, frame: Frame, params: Any, ctx: Context) -> None:
        from explainer.vision.stress.light import work_copy
        from explainer.vision.stress.missing import missing_at_random
        from explainer.vision.stress.occluders import region_of

        self.frame, self.params, self.ctx = frame, params, ctx
        self.plain: Pixels = ctx.memo("work copy", lambda: work_copy(frame.pixels))
        self.size = (self.plain.shape[0], self.plain.shape[1])
        self.block_px = max(1, round(params.block * min(self.size) / SEEN_PX))
        lost = missing_at_random(self.size, params.share / 100.0, ctx.seed, self.block_px)
        self.region = region_of(self.size, (), params.erased) | lost

    def filled(self, region: NDArray[np.bool_], zero: tuple[float, ...]) -> dict[str, Pixels]:
        """Fill `region` in every way; listens to a stop in between."""
        from explainer.vision.stress.missing import IMPUTATIONS, imputed

        found: dict[str, Pixels] = {}
        for how in IMPUTATIONS:
            self.ctx.checkpoint()
            found[how] = imputed(self.plain, region, how, zero)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What the network answered.

    Parameters
    ----------
    plain
        Probabilities ``(K,)`` of the whole picture.
    pictures, answers
        For each fill the picture ``(h, w, 3)`` and the probabilities ``(K,)``.
    curves
        For each fill the class's score at the first of `SHARES`; empty before they are known.
    """

    scene: Scene
    card: Any
    index: int
    plain: NDArray[np.float64]
    pictures: Mapping[str, Pixels]
    answers: Mapping[str, NDArray[np.float64]]
    focus: tuple[float, float, float, float]
    input: NDArray[np.float32]
    curves: Mapping[str, tuple[float, ...]]

    @property
    def label(self) -> str:
        """Name of the class, in quotation marks."""
        return f"“{self.card.label(self.index)}”"

    def kept(self, how: str) -> bool:
        """Whether the network's answer is that to the whole picture."""
        return bool(self.answers[how].argmax() == self.plain.argmax())

    def error_255(self, how: str) -> float:
        """Root mean square difference from the true pixels over what is missing, in grey levels."""
        lost = self.scene.region
        if not lost.any():
            return 0.0
        away = self.pictures[how][lost].astype(np.float64) - self.scene.plain[lost]
        return float(np.sqrt(np.mean(away**2)))


def asked(scene: Scene, net: Any) -> Trial:
    """Put the whole picture and its six repaired copies to the network."""
    from explainer.vision.stress.asking import ask, squares_of

    ctx, params = scene.ctx, scene.params
    name = memo_name(ctx)
    with ctx.stage("prepare"):
        ready = prepared(scene.frame, net, ctx)
        key = (*name, params.erased, params.share, params.block, ctx.seed)
        pictures = latest(ctx, "filled", key, lambda: scene.filled(scene.region, net.card.mean))
        tensor = net.prepare(Frame(np.ascontiguousarray(pictures[params.fill]))).tensor
    with ctx.stage("model"):
        plain = ctx.memo(("plain", *name), lambda: ask(net, squares_of(net, [scene.plain]))[0])
        rows = latest(
            ctx, "answers", key, lambda: ask(net, squares_of(net, list(pictures.values())), checkpoint=ctx.checkpoint)
        )
    index = resolve_class(params.target, plain)
    given = np.ascontiguousarray(tensor.cpu().numpy(), np.float32)
    answers = dict(zip(pictures, rows, strict=True))
    return Trial(scene, net.card, index, plain, pictures, answers, ready.focus, given, {})


def curves(trial: Trial, net: Any, show: Callable[[Trial], None]) -> Trial:
    """Score the class as more and more is lost at random; `show` gets the trial after each share."""
    from explainer.vision.stress.asking import ask, squares_of
    from explainer.vision.stress.missing import missing_at_random

    scene, ctx, params = trial.scene, trial.scene.ctx, trial.scene.params
    known: dict[float, NDArray[np.float64]] = latest(ctx, "curves", (*memo_name(ctx), params.block, ctx.seed), dict)

    def so_far() -> Trial:
        count = sum(1 for share in SHARES[1:] if share in known)
        start = float(trial.plain[trial.index])
        curves = {
            how: (start, *(float(known[share][row, trial.index]) for share in SHARES[1 : count + 1]))
            for row, how in enumerate(trial.pictures)
        }
        return replace(trial, curves=curves)

    with ctx.stage("explain"):
        for number, share in enumerate(SHARES[1:], 1):
            if share in known:
                continue
            lost = missing_at_random(scene.size, share, ctx.seed, scene.block_px)
            filled = scene.filled(lost, net.card.mean)
            known[share] = ask(net, squares_of(net, list(filled.values())), checkpoint=ctx.checkpoint)
            ctx.progress(number / len(SHARES[1:]), f"{share:.0%} lost".replace("%", " %"))
            if number < len(SHARES[1:]):
                show(so_far())
    return so_far()
