"""A class for each pixel, from a network that learnt one class for each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from explainer.core.context import Context
from explainer.core.controls import TOP_1, ClassIndex, Doc, OnPicture, Options, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.segmentation import _dense_view as view

if TYPE_CHECKING:
    from explainer.vision.segmentation.dense import Dense, Seen

HOW = Options({
    "nearest": "Nearest", "bilinear": "Bilinear", "transposed": "Transposed convolution",
    "uneven": "Transposed, uneven overlap", "guided": "Bilinear, then guided filter",
})  # fmt: skip
NETWORKS = Options({
    "classifier": "The classifier", "lraspp_mobilenet_v3_large": "LR-ASPP MobileNetV3",
    "deeplabv3_mobilenet_v3_large": "DeepLabV3 MobileNetV3", "fcn_resnet50": "FCN ResNet-50",
})  # fmt: skip
FIRST = PointXY(0.5, 0.45)


@dataclass(frozen=True, slots=True)
class Params:
    """How densely to answer, and how to fill in between."""

    pixel: Annotated[
        PointXY, OnPicture("input"), Doc("Pixel", "Drag the ring: the bars show what the network answers there.")
    ] = FIRST
    network: Annotated[
        Literal["classifier", "lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large", "fcn_resnet50"],
        NETWORKS,
        Doc("Network", "The classifier comes with the program; trained segmenters are fetched once, at your click."),
    ] = "classifier"
    target: Annotated[ClassIndex, Doc("Class", "Whose score is mapped.")] = TOP_1
    stride: Annotated[
        Literal["32", "16", "8"],
        Options({"32": "32 px, as published", "16": "16 px, à trous", "8": "8 px, à trous"}),
        Doc("Output stride", "Fewer strides and spread-out kernels: the same weights answer more densely."),
        When("network", ("classifier",)),
    ] = "32"
    upsampling: Annotated[
        Literal["nearest", "bilinear", "transposed", "uneven", "guided"],
        HOW,
        Doc("Upsampling", "How values between the answers come about."),
    ] = "bilinear"
    context: Annotated[
        int,
        Range(1, 7, 1, unit="cells"),
        Doc("Window", "Answers are averaged over so many 32 px cells; at 7 over as much as the classifier's input."),
        When("network", ("classifier",)),
    ] = 3
    threshold: Annotated[
        float, Range(0.02, 0.98, 0.02), Doc("Score at least", "What scores as much belongs to the mask.")
    ] = 0.3
    longest: Annotated[
        int, Range(224, 640, 32, unit="px"), Doc("Input size", "Longer side. Larger: more cells, each sees less.")
    ] = 448


class DensePrediction(Demo[Params]):
    """The classifier's last layers run as convolutions over the whole picture."""

    info = DemoInfo(
        id="dense-prediction",
        title="Dense prediction",
        topics=(7,),
        summary="A class for each pixel, from a network that learnt one for each picture.",
        papers=("long2015", "chen2015", "odena2016", "he2013"),
        cost=Cost(forwards=1),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Answer everywhere; the coarse answer comes first."""
        missing = ""
        if params.network != "classifier":
            try:
                return view.result(_segmented(frame, params, ctx), params)
            except ExplainerError as error:
                missing = f"{error.problem.what} {error.problem.todo}. Until then the classifier answers. "
        stride = int(params.stride)
        if stride < 32 and not ctx.memo(_key(params, ctx, stride), list):
            ctx.publish(view.result(_answers(frame, params, ctx, 32), params, missing, partial=True))
        return view.result(_answers(frame, params, ctx, stride), params, missing)


def _segmented(frame: Frame, params: Params, ctx: Context) -> view.Answers:
    """Return the logit map of a trained segmenter, or raise `ExplainerError` if it is not here."""
    from explainer.vision.zoo import task_cards

    if not task_cards.here(params.network):  # asked first, because torchvision takes seconds to load
        raise task_cards.absent(params.network)
    from explainer.vision.segmentation import semantic

    net = semantic.segmenter(params.network, ctx.device)
    with ctx.stage("prepare"):
        seen = ctx.memo(
            ("segmenter input", params.longest), lambda: semantic.prepare(frame, params.longest, ctx.device)
        )
    with ctx.stage("model"):
        logits = ctx.memo(("segmenter", params.network, params.longest), lambda: net.logits(seen.tensor))
    return view.Answers(frame, net, seen, logits, logits, net.labels, net.title)


def _key(params: Params, ctx: Context, stride: int) -> tuple[Any, ...]:
    return ("dense logits", ctx.card.name, ctx.device, params.longest, stride)


def _answers(frame: Frame, params: Params, ctx: Context, stride: int) -> view.Answers:
    """Return the logit map at one stride; a pass that was made is not made again."""
    from explainer.vision.segmentation import dense

    with ctx.model() as net:
        twin: Dense = ctx.memo(
            ("dense", ctx.card.name, ctx.device, stride),
            lambda: dense.dense(net.network(stock=True), ctx.card.layer("last").name, stride, ctx.card.title),
            keep=True,
        )
        with ctx.stage("prepare"):
            seen: Seen = ctx.memo(
                ("dense input", ctx.card.name, ctx.device, params.longest),
                lambda: dense.prepare(frame, ctx.card, params.longest, net.device),
            )
    with ctx.stage("model"):
        held: list[Any] = ctx.memo(_key(params, ctx, stride), list)
        if not held:
            held.append(twin.logits(seen.tensor))
    with ctx.stage("explain"):
        windowed = dense.over_windows(held[0], params.context * 32 // stride)
    return view.Answers(frame, twin, seen, held[0], windowed, ctx.card.labels)
