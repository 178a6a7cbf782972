"""The noise and corruption bench: fifteen ways to spoil a picture, at five severities each."""

from dataclasses import dataclass
from typing import Annotated, Literal

from explainer.core.context import Context
from explainer.core.controls import TOP_1, Choice, ClassIndex, Doc, Options, Plays, Presses, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.parts import Part
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.robustness import _corruption_table as tables
from explainer.demos.robustness import _corruption_view as view
from explainer.demos.robustness._corruption_scene import Scene
from explainer.demos.robustness._corruption_view import Corruption

Second = Literal[
    "none", "gaussian-noise", "shot-noise", "impulse-noise", "defocus-blur", "glass-blur", "motion-blur", "zoom-blur",
    "snow", "frost", "fog", "brightness", "contrast", "elastic-transform", "pixelate", "jpeg-compression",
]  # fmt: skip
SECONDS = Options({"none": "Nothing more", **view.LABELS})


class Remedy(Choice):
    """Denoise with."""

    NONE = "none", "None"
    MEDIAN = "median", "Median"
    BILATERAL = "bilateral", "Bilateral"
    NLM = "nlm", "Non-local means"


class Metric(Choice):
    """Table shows."""

    SCORE = "score", "Score of the class"
    RANK = "rank", "Its rank"
    KEPT = "kept", "Is the answer kept?"


class Scope(Choice):
    """Table of."""

    PICTURE = "picture", "This picture"
    FOLDER = "folder", "All pictures of the source"


@dataclass(frozen=True, slots=True)
class Params:
    """What is done to the picture, and what is looked at."""

    corruption: Annotated[
        Corruption, Doc("Corruption", "One of the fifteen of ImageNet-C; or click a cell of the table.")
    ] = Corruption.GAUSSIAN_NOISE
    severity: Annotated[
        int,
        Doc("Severity", "The published constants, mild to strong."),
        Range(1, 5),
        Plays(5.0, "Go through the severities"),
    ] = 3
    second: Annotated[Second, Doc("Then", "A mix of your own: a second corruption on top of the first."), SECONDS] = (
        "none"
    )
    second_severity: Annotated[
        int, Doc("Its severity", "Severity of the second one."), Range(1, 5), When("second", tuple(view.LABELS))
    ] = 2
    remedy: Annotated[
        Remedy, Doc("Denoise with", "A filter before the network; it also removes some of the picture.")
    ] = Remedy.NONE
    strength: Annotated[
        int,
        Doc("Strength", "Stronger takes more noise and more detail."),
        Range(1, 5),
        When("remedy", (Remedy.MEDIAN, Remedy.BILATERAL, Remedy.NLM)),
    ] = 3
    target: Annotated[
        ClassIndex, Doc("Class", "Whose score and map are followed; top-1 is the answer to the clean picture.")
    ] = TOP_1
    sheet: Annotated[bool, Doc("Sheet of all fifteen", "At this severity, each with its answer.")] = True
    maps: Annotated[bool, Doc("Maps over the sheet", "Draws Grad-CAM over each."), When("sheet", (True,))] = False
    metric: Annotated[Metric, Doc("Table shows", "What each cell says.")] = Metric.SCORE
    scope: Annotated[Scope, Doc("Table of", "A whole folder takes a while; it can be stopped.")] = Scope.PICTURE
    again: Annotated[Presses, Doc("Roll the dice again", "Other noise, other snow, another cloud.")] = 0


class CorruptionBench(Demo[Params]):
    """Corrupt the square that the network sees, ask, explain, and tabulate."""

    info = DemoInfo(
        id="corruption-bench", title="Noise and corruption bench", topics=(39,), sample="dog",
        summary="Noise, blur, weather and files: what each does to the answer and to its map.",
        papers=("hendrycks2019", "tomasi1998", "buades2005"),
        cost=Cost(forwards=77),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Show one corruption or all of them, then fill the table."""
        with ctx.model() as net:
            at = Scene(frame, net, params, ctx)
            play = Play("severity", 1, 5, params.severity, counted=f"severity {params.severity} of 5")
            for part in view.sheet_parts(at) if params.sheet else (view.pair_part(at),):
                shown = part + Part(play=play)
                ctx.publish(at.result(shown, partial=True))
            if params.scope == "folder":
                found = tables.of_folder(at, lambda part: ctx.publish(at.result(shown + part, partial=True)))
            else:
                found = tables.of_picture(at, lambda part: ctx.publish(at.result(shown + part, partial=True)))
            return at.result(shown + found)
