"""The adversarial panel: a change that is made for this network, beside noise of the same size."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import Choice, ClassIndex, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.demos.robustness import _attack as attack
from explainer.demos.robustness import _attack_view as view

GUARDED = ("jpeg", "blur", "quantise", "noise", "masking")
OSTRICH = "9"  # of the 1,000 classes: far from most photos, and the wrong answer of the first such attacks
BELOW = PointXY(0.5, 0.75)
OTHER, ANOTHER = "efficientnet-lite1", "efficientnet-lite0"


class Method(Choice):
    """Attack."""

    FGSM = "fgsm", "FGSM, one step"
    PGD = "pgd", "PGD, L∞"
    PGD_L2 = "pgd-l2", "PGD, L2"
    PATCH = "patch", "Patch"


class Shield(Choice):
    """Defence."""

    NONE = "none", "None"
    JPEG = "jpeg", "JPEG"
    BLUR = "blur", "Blur"
    QUANTISE = "quantise", "Fewer grey levels"
    NOISE = "noise", "Random noise"
    MASKING = "masking", "Masked gradient (logits scaled)"


STEPPING, PATCHED = When("method", (Method.PGD, Method.PGD_L2, Method.PATCH)), When("method", (Method.PATCH,))


@dataclass(frozen=True, slots=True)
class Params:
    """What can be asked of the attack."""

    method: Annotated[
        Method, Doc("Attack", "L∞: every pixel a little; L2: a short change; patch: one square, without a limit.")
    ] = Method.PGD
    eps: Annotated[
        float, Doc("ε", "No colour value may move further than this."), Range(0.0, 16.0, step=0.5, unit="of 255"),
        When("method", (Method.FGSM, Method.PGD)),
    ] = 2.0  # fmt: skip
    radius: Annotated[
        float, Doc("Radius", "Euclidean length of the change, where white is 1."), Range(0.0, 4.0, step=0.05),
        When("method", (Method.PGD_L2,)),
    ] = 0.5  # fmt: skip
    steps: Annotated[
        int, Doc("Steps", "Each costs a forward and a backward pass."), Range(1, 60), STEPPING,
        Plays(6.0, "Attack step by step"),
    ] = 20  # fmt: skip
    stride: Annotated[
        float, Doc("Step, share of the budget", "Large steps arrive soon, small ones aim better."),
        Range(0.02, 1.0, step=0.01), STEPPING,
    ] = 0.25  # fmt: skip
    place: Annotated[
        PointXY, OnPicture("input"), Doc("Patch", "Put it on the object, or far from it."), PATCHED
    ] = BELOW  # fmt: skip
    size: Annotated[
        float, Doc("Side of the patch", "Of the side of what the network sees."), Range(4.0, 50.0, step=1.0, unit="%"),
        PATCHED,
    ] = 16.0  # fmt: skip
    targeted: Annotated[bool, Doc("Targeted attack", "Towards one wrong answer, not just away from the right one.")] = (
        True
    )
    target: Annotated[
        ClassIndex, Doc("Target class", "The wrong answer to be believed; click a bar."), When("targeted", (True,))
    ] = OSTRICH
    defence: Annotated[Shield, Doc("Defence", "What stands before, or behind, the network.")] = Shield.NONE
    quality: Annotated[
        int, Doc("JPEG quality", "Lower throws more away."), Range(5, 100), When("defence", (Shield.JPEG,))
    ] = 50
    sigma_px: Annotated[
        float, Doc("Blur", "Standard deviation."), Range(0.3, 5.0, step=0.1, unit="px"),
        When("defence", (Shield.BLUR,)),
    ] = 1.0  # fmt: skip
    bits: Annotated[
        int, Doc("Bits per colour", "8 is what a file keeps."), Range(1, 8), When("defence", (Shield.QUANTISE,))
    ] = 3
    noise: Annotated[
        float, Doc("Noise", "Standard deviation; the answer is the mean of eight draws."),
        Range(1.0, 32.0, step=1.0, unit="of 255"), When("defence", (Shield.NOISE,)),
    ] = 8.0  # fmt: skip
    scale: Annotated[
        float, Doc("Logits times", "Softmax then rounds to 0 and 1."), Range(1.0, 1000.0, log=True),
        When("defence", (Shield.MASKING,)),
    ] = 200.0  # fmt: skip
    adaptive: Annotated[
        bool,
        Doc("The attack knows it", "It goes through the defence, averages over its noise, or divides the factor out."),
        When("defence", GUARDED),
    ] = False
    curve: Annotated[
        bool, Doc("Robustness curve", "Attack and noise at growing budgets; for the patch, its loss step by step.")
    ] = False
    transfer: Annotated[bool, Doc("Show it to another network", "One that the attack never asked.")] = False


class AdversarialPanel(Demo[Params]):
    """An attack on the frame, its control, and what becomes of defences."""

    info = DemoInfo(
        id="adversarial-panel", title="Adversarial panel", topics=(42,), sample="dog",
        summary="A change too small to see makes any photo an “ostrich”; noise of the same size does not.",
        papers=("goodfellow2015", "madry2018", "brown2017", "athalye2018", "carlini2016"),
        cost=Cost(forwards=43, backwards=20),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Attack the network's answer to the frame."""
        with ctx.model() as net:
            at = attack.Scene(frame, net, params, ctx)

            def show(shot: attack.Shot) -> None:
                ctx.publish(_result(at, view.part(at, shot), partial=True))

            shot = attack.attacked(at, show)
            whole = view.part(at, shot)
            if params.transfer:
                name = OTHER if ctx.card.name != OTHER else ANOTHER
                whole += view.transfer_part(at, shot, *attack.transferred(at, shot, name))
            if params.curve and params.method == "patch":
                whole += view.steps_part(shot)
            elif params.curve:
                ctx.publish(_result(at, whole, partial=True))
                whole += view.curve_part(at, shot, attack.swept(at))
            return _result(at, whole)


def _result(at: Any, whole: Part, *, partial: bool = False) -> Result:
    seen = np.ascontiguousarray(at.ready.tensor.cpu().numpy(), dtype=np.float32)
    return whole.result(input=seen, partial=partial)
