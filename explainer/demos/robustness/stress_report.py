"""The stress report: the whole battery over a photo or a folder, as a page that can be kept."""

from dataclasses import dataclass
from typing import Annotated, Any

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.robustness import _report_run as runs
from explainer.demos.robustness import _report_view as view


class Part(Choice):
    """What is tried."""

    CORRUPTIONS = "corruptions", "Noise, blur, weather, files"
    COVERING = "covering", "Covering it bit by bit"
    LIGHT = "light", "Other light"
    VIEWS = "views", "Mirrored, turned, closer"


class Detail(Choice):
    """Detail."""

    QUICK = "quick", "Quick: 97 passes"
    FULL = "full", "Full: 186 passes"


class Fill(Choice):
    """Cover with."""

    GREY = "grey", "Grey"
    BLACK = "black", "Black"
    MEAN = "mean", "Mean colour"
    NOISE = "noise", "Noise"
    BLUR = "blur", "Blur"


@dataclass(frozen=True, slots=True)
class Params:
    """What is tried, and with which networks; on all pictures of the source."""

    parts: Annotated[tuple[Part, ...], Doc("What is tried", "Each part is a section of the page.")] = (
        Part.CORRUPTIONS, Part.COVERING, Part.LIGHT, Part.VIEWS,
    )  # fmt: skip
    detail: Annotated[
        Detail, Doc("Detail", "Passes for each photo: more severities, finer curves, more kinds of light.")
    ] = Detail.QUICK
    fill: Annotated[Fill, Doc("Cover with", "What a covered pixel shows instead.")] = Fill.GREY
    compare: Annotated[bool, Doc("Compare with a second network", "On the same photos; it takes twice as long.")] = (
        False
    )


class StressReport(Demo[Params]):
    """Examine photo after photo, then write down what they have in common."""

    info = DemoInfo(
        id="stress-report", title="Stress report", topics=(15, 39), sample="cat",
        summary="Everything a picture can suffer, over a whole folder, as a page with curves and worst cases.",
        papers=("hendrycks2019", "zeiler2014"),
        cost=Cost(forwards=97),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Run the battery; pages come with the last result."""

        def show(found: Any) -> None:
            ctx.publish(view.result(found, params, frame, ctx, partial=True))

        found = runs.collect(frame, params, ctx, show)
        return view.result(found, params, frame, ctx)
