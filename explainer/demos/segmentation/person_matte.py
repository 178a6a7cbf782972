"""Cut a person out: a soft mask from a small encoder and decoder, with its skip connections on switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import Doc, Options, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.segmentation import _masks
from explainer.demos.segmentation import _matte_view as view

Skip = Literal["8", "4", "2"]


@dataclass(frozen=True, slots=True)
class Params:
    """What the network may use, and what is done with its answer."""

    skips: Annotated[
        tuple[Skip, ...],
        Options({"8": "Stride 8", "4": "Stride 4", "2": "Stride 2"}),
        Doc("Skip connections", "Take one away and the decoder must guess what the encoder saw at that resolution."),
    ] = ("8", "4", "2")
    edge: Annotated[
        Literal["soft", "guided", "hard"],
        Options({"soft": "As the network says", "guided": "Along the picture's edges", "hard": "Cut at one half"}),
        Doc("Edge", "Hair and blur need values between 0 and 1."),
    ] = "soft"
    background: Annotated[
        Literal["blur", "plain", "grey", "checker"],
        Options({"blur": "Blurred", "plain": "One colour", "grey": "Without colour", "checker": "Checkerboard"}),
        Doc("Background", "What is put behind the person."),
    ] = "blur"
    strength: Annotated[
        float,
        Range(0.2, 8.0, 0.1, unit="%"),
        Doc("Blur", "Of the longer side."),
        When("background", ("blur",)),
    ] = 2.0
    hue: Annotated[
        int, Range(0, 359, 1, unit="°"), Doc("Colour", "Of the new background."), When("background", ("plain",))
    ] = 140
    gain: Annotated[
        float,
        Range(0.1, 1.0, 0.05, unit="×"),
        Doc("Soften logits", "Below 1 the scores move towards one half; the order of the pixels stays."),
    ] = 1.0


class PersonMatte(Demo[Params]):
    """MediaPipe's selfie network on the whole picture."""

    info = DemoInfo(
        id="person-matte",
        title="Person matte",
        topics=(20, 7),
        summary="A soft mask of a person, with the network's skip connections on switches.",
        papers=("howard2019", "ronneberger2015", "he2013"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Cut out, and set beside it what the network says without the chosen connections."""
        from explainer.vision.segmentation import compositing

        kept = tuple(int(one) for one in ("8", "4", "2") if one in params.skips)
        with ctx.stage("model"):
            full = compositing.softened(_masks.person(frame, ctx), params.gain)
            now = full if kept == view.ALL else compositing.softened(_masks.person(frame, ctx, kept), params.gain)
            none = _masks.person(frame, ctx, ()) if kept != () else now
            none = compositing.softened(none, params.gain) if kept != () else none
        with ctx.stage("explain"):
            copy = _masks.copy_of(frame, ctx, view.LONGEST)
            alpha = compositing.edged(now, copy, params.edge)
            behind = compositing.background(copy, params.background, params.strength / 100, params.hue / 360)
            picture = compositing.over(copy, behind, alpha)
        return view.result(view.Seen(frame, params, kept, full, now, none, alpha, np.ascontiguousarray(picture)))
