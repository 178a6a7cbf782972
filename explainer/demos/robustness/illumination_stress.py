"""Illumination stress test: relight the picture, paint a shadow on it, and see whether a remedy helps or hurts."""

from dataclasses import dataclass
from typing import Annotated

from explainer.core.context import Context
from explainer.core.controls import TOP_1, Choice, ClassIndex, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, Stroke
from explainer.core.result import Result
from explainer.demos.robustness import _relighting as relighting
from explainer.demos.robustness import _relighting_view as view

LEFT_SIDE = (Stroke((PointXY(0.12, 0.0), PointXY(0.3, 1.0)), 0.22),)


class Remedy(Choice):
    """Remedies."""

    GREY_WORLD = "grey-world", "Grey-world balance"
    WHITE_PATCH = "white-patch", "White patch (Retinex)"
    RETINEX = "retinex", "Multi-scale Retinex"
    EQUALISE = "equalise", "Global equalisation"
    CLAHE = "clahe", "CLAHE"
    LOCAL_CONTRAST = "local-contrast", "Local contrast"


@dataclass(frozen=True, slots=True)
class Params:
    """The light, the camera, the editor's curve, and what is tried against it."""

    shadow: Annotated[tuple[Stroke, ...], OnPicture("input"), Doc("Shadow", "Paint it; [ and ] change the brush.")] = (
        LEFT_SIDE
    )
    shadow_ev: Annotated[
        float, Doc("Depth of the shadow", "Each stop halves the light."), Range(0.0, 7.0, step=0.25, unit="EV")
    ] = 1.0
    softness: Annotated[
        int, Doc("Softness of its edge", "A hard edge is a shape of its own."), Range(0, 25, unit="%")
    ] = 8
    exposure_ev: Annotated[
        float, Doc("Exposure", "What passes white is clipped and lost."), Range(-6.0, 5.0, step=0.25, unit="EV"),
        Plays(7.0, "Let the light fall, from day to night"),
    ] = -3.0  # fmt: skip
    kelvin: Annotated[
        int, Doc("Colour of the light", "A candle has 1900 K, a bulb 2700, a blue sky 12,000."),
        Range(1800, 15_000, log=True, unit="K"),
    ] = 6500  # fmt: skip
    tint: Annotated[int, Doc("Tint", "Above zero green as under old tubes, below pink."), Range(-25, 25)] = 0
    vignette_ev: Annotated[
        float, Doc("Vignette", "Stops that the corners lose."), Range(0.0, 8.0, step=0.25, unit="EV")
    ] = 0.0
    haze: Annotated[int, Doc("Haze", "Share of the light that is haze."), Range(0, 95, unit="%")] = 0
    grain: Annotated[bool, Doc("Shot noise", "Few photons are a coarse measurement.")] = True
    photons: Annotated[
        int, Doc("Photons in white", "The noise of N photons is √N."), Range(2, 2000, log=True), When("grain", (True,))
    ] = 200
    contrast: Annotated[
        float, Doc("Contrast", "Distance from the mean grey."), Range(0.0, 3.0, step=0.05, unit="×")
    ] = 1.0
    gain: Annotated[float, Doc("Gain", "Click a cell of the map."), Range(0.25, 4.0, log=True, unit="×")] = 1.0
    gamma: Annotated[float, Doc("Gamma", "Above 1 darkens the middle."), Range(0.25, 4.0, log=True)] = 1.0
    remedies: Annotated[tuple[Remedy, ...], Doc("Remedies", "Colour first, then brightness.")] = (Remedy.EQUALISE,)
    renorm: Annotated[
        bool, Doc("Refresh batch norms", "A seventeenth of their statistics comes from the picture itself.")
    ] = False
    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    tone_map: Annotated[bool, Doc("Gain × gamma map", "121 answers take a while.")] = False


class IlluminationStress(Demo[Params]):
    """Relit picture, its remedy, histograms, and what the network answers to all of them."""

    info = DemoInfo(
        id="illumination-stress", title="Illumination stress test", topics=(33, 15), sample="dog",
        summary="Other light, a painted shadow, and six remedies, one of which may hurt.",
        papers=("zuiderveld1994", "jobson1997", "jarrett2009", "schneider2020"),
        cost=Cost(forwards=30),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Relight, remedy, ask; then let the light fall, and on request bend the curve."""
        with ctx.model() as net:
            trial = relighting.asked(relighting.Scene(frame, params, ctx), net)
            ctx.publish(view.result(trial, partial=True))
            trial = relighting.fallen(trial, net)
            if params.tone_map:
                ctx.publish(view.result(trial, partial=True))
                trial = relighting.mapped(trial, net, lambda one: ctx.publish(view.result(one, partial=True)))
            return view.result(trial)
