"""A class for each pixel, from a network that learnt one class for each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars
from explainer.core.context import Context
from explainer.core.controls import AUTO, TOP_1, Auto, Choice, ClassIndex, Doc, OnPicture, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.layers import Layer, Lines, Panel
from explainer.core.numbers import numbers, softmax
from explainer.core.picture import Copy, heat, panel
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.subject import resolve_class
from explainer.demos.segmentation import _shared as shared

if TYPE_CHECKING:
    from explainer.vision.segmentation.answers import Answers

SHOWN, PAINTED = 4, 6  # bars; classes that get a colour
NAMED_SHARE, FAINT = 0.03, 0.5  # of the picture, for a class to be named; of a colour, where the score is 0
PROVEN = "stride 32: the mean over all positions is the classifier's answer, tested when the copy was made"
Floats = NDArray[np.float32]
Winners = list[tuple[int, float]]  # classes and their shares of the positions, the largest first


class Network(Choice):
    """Who answers."""

    CLASSIFIER = "classifier", "The classifier"
    LRASPP = "lraspp_mobilenet_v3_large", "LR-ASPP MobileNetV3"
    DEEPLAB = "deeplabv3_mobilenet_v3_large", "DeepLabV3 MobileNetV3"
    FCN = "fcn_resnet50", "FCN ResNet-50"


class Stride(Choice):
    """Input pixels between two answers."""

    COARSE = "32", "32 px, as published"
    MIDDLE = "16", "16 px, à trous"
    FINE = "8", "8 px, à trous"


class Upsampling(Choice):
    """How values between the answers come about."""

    NEAREST = "nearest", "Nearest"
    BILINEAR = "bilinear", "Bilinear"
    TRANSPOSED = "transposed", "Transposed convolution"
    UNEVEN = "uneven", "Transposed, uneven overlap"
    GUIDED = "guided", "Bilinear, then guided filter"


@dataclass(frozen=True, slots=True)
class Params:
    """How densely to answer, and how to fill in between."""

    pixel: Annotated[
        PointXY | Auto,
        OnPicture("best-class"),
        Doc("Pixel", "Drag the ring: the bars show what the network answers there."),
    ] = AUTO
    network: Annotated[
        Network,
        Doc("Network", "The classifier comes with the program; trained segmenters are fetched once, at your click."),
    ] = Network.CLASSIFIER
    target: Annotated[ClassIndex, Doc("Class", "Whose score is mapped; at first the one that wins most places.")] = (
        TOP_1
    )
    stride: Annotated[
        Stride,
        Doc("Output stride", "Fewer strides and spread-out kernels: the same weights answer more densely."),
        When("network", (Network.CLASSIFIER,)),
    ] = Stride.COARSE
    upsampling: Annotated[Upsampling, Doc("Upsampling", "What lies between the answers.")] = Upsampling.BILINEAR
    context: Annotated[
        int,
        Range(1, 7, 1, unit="cells"),
        Doc("Window", "Answers are averaged over this many 32 px cells; 7 cover the classifier's usual input."),
        When("network", (Network.CLASSIFIER,)),
    ] = 3
    threshold: Annotated[float, Range(0.02, 0.98, 0.02), Doc("Score threshold", "Least score in the mask.")] = 0.3
    longest: Annotated[
        int, Range(224, 640, 32, unit="px"), Doc("Input size", "Longer side. Larger: more cells, but each sees less.")
    ] = 448


class DensePrediction(Demo[Params]):
    """The classifier's last layers run as convolutions over the whole picture."""

    info = DemoInfo(
        id="dense-prediction", title="Dense prediction", topics=(7,), sample="dog",
        summary="A class for each pixel, from a network that learnt one for each picture.",
        papers=("long2015", "chen2015", "odena2016", "he2013"),
        cost=Cost(forwards=1),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Answer everywhere; the coarse answer comes first."""
        missing = ""
        if params.network != Network.CLASSIFIER:
            try:
                return _result(_segmented(frame, params, ctx), params)
            except ExplainerError as error:
                missing = f"{error.problem.what} {error.problem.todo}. Until then the classifier answers. "
        stride = int(params.stride)
        if stride < 32 and not ctx.memo(_key(params, ctx, stride), list):
            ctx.publish(_result(_answers(frame, params, ctx, 32), params, missing, partial=True))
        return _result(_answers(frame, params, ctx, stride), params, missing)


def _segmented(frame: Frame, params: Params, ctx: Context) -> Answers:
    """Return the logit map of a trained segmenter, or raise `ExplainerError` if it is not here."""
    from explainer.vision.zoo import task_cards

    if not task_cards.here(params.network):  # asked first, because torchvision takes seconds to load
        raise task_cards.absent(params.network)
    from explainer.vision.segmentation import semantic
    from explainer.vision.segmentation.answers import Answers

    net, size = semantic.segmenter(params.network, ctx.device), params.longest
    with ctx.stage("prepare"):
        seen = ctx.memo(("segmenter input", size), lambda: semantic.prepare(frame, size, ctx.device))
    with ctx.stage("model"):
        logits = ctx.memo(("segmenter", params.network, size), lambda: net.logits(seen.tensor))
    return Answers(frame, net, seen, logits, logits, net.labels, net.title)


def _key(params: Params, ctx: Context, stride: int) -> tuple[Any, ...]:
    return ("dense logits", ctx.card.name, ctx.device, params.longest, stride)


def _answers(frame: Frame, params: Params, ctx: Context, stride: int) -> Answers:
    """Return the logit map at one stride; a pass that was made is not made again."""
    from explainer.vision.segmentation import dense
    from explainer.vision.segmentation.answers import Answers

    where, size, layer = (ctx.card.name, ctx.device), params.longest, ctx.card.layer("last").name
    key, title = ("dense", *where, stride), ctx.card.title
    with ctx.model() as net:
        twin = ctx.memo(key, lambda: dense.dense(net.network(stock=True), layer, stride, title), keep=True)
        with ctx.stage("prepare"):
            seen = ctx.memo(("dense input", *where, size), lambda: dense.prepare(frame, ctx.card, size, net.device))
    with ctx.stage("model"):
        held: list[Any] = ctx.memo(_key(params, ctx, stride), list)
        if not held:
            held.append(twin.logits(seen.tensor))
    with ctx.stage("explain"):
        windowed = dense.over_windows(held[0], params.context * 32 // stride)
    return Answers(frame, twin, seen, held[0], windowed, ctx.card.labels)


def _result(at: Answers, params: Params, missing: str = "", *, partial: bool = False) -> Result:
    """Put maps, bars and words together; `missing` says which network was asked for and is not here."""
    scores, whole = at.windowed[0].softmax(0).cpu().numpy(), at.overall()
    index, winners = resolve_class(params.target, at.ranking(scores)), at.winners(scores)
    pixel = params.pixel if isinstance(params.pixel, PointXY) else at.surest(scores[index])
    there, mask = at.at_pixel(pixel), at.fine(scores[index : index + 1], params.upsampling)[0]
    here = [(int(k), float(there[k])) for k in np.argsort(-there, kind="stable")[:SHOWN]]
    covered, best = mask >= params.threshold, here[0][0]
    values = numbers(
        class_index=index, map_width=scores.shape[2], map_height=scores.shape[1], answers=scores[index].size,
        stride_px=at.net.stride, score_here=there[index], score_whole=softmax(whole)[index],
        score_highest=scores[index].max(), mask_percent=100 * covered.mean(), classes_that_win=len(winners),
        class_percent=100 * dict(winners).get(index, 0.0), whole_index=whole.argmax(),
        best_here=best, best_score_here=there[best], offset_px=at.net.offset, segmenter_missing=bool(missing),
    )  # fmt: skip
    panels = (
        _painted(at, winners, scores, params.upsampling),
        _coarse(at, scores[index], at.label(index)),
        _upsampled(at, mask, covered, f"line: score {params.threshold:.2f}"),
    )
    charts = (_bars(at, "Share of the picture", winners[:SHOWN], index), _bars(at, "At the ring", here, best))
    return Result(
        missing + _reading(at, values, index), values, panels, charts, partial=partial,
        headline=_headline(at, values, index, winners[0][0] == index), heroes=("best-class", "coarse-map"),
        resolved={"pixel": pixel}, badges=(f"{at.trained}, trained for this",) if at.trained else (PROVEN,),
        input=np.ascontiguousarray(at.seen.tensor.cpu().numpy(), dtype=np.float32),
    )  # fmt: skip


def _bars(at: Answers, title: str, shown: Winners, index: int) -> Bars:
    classes = tuple(k for k, _ in shown)
    return Bars(
        title, tuple(map(at.label, classes)), tuple(value for _, value in shown),
        chosen=classes.index(index) if index in classes else -1, sets=tuple({"target": str(k)} for k in classes),
    )  # fmt: skip


def _coarse(at: Answers, scores: Floats, name: str) -> Panel:
    note = f"“{name}”, {words.cells(scores.shape)}{', the last outside' if at.net.offset else ''}"
    cells = heat(scores, at.cells, limit=1.0, unit="score", smooth=False)
    return panel(at.frame, "Coarse map", cells, note=note)


def _upsampled(at: Answers, fine: Floats, covered: NDArray[np.bool_], note: str) -> Panel:
    copy = Copy(at.frame, fine.shape)
    edge = [one for one in shared.region(copy, "mask", covered, 7) if isinstance(one, Lines)]
    return copy.panel("Upsampled", copy.heat("map", fine, limit=1.0, unit="score"), *edge, note=note)


def _painted(at: Answers, winners: Winners, scores: Floats, how: Upsampling) -> Panel:
    """Colour each pixel by its best class over a grey picture, the stronger the surer; other classes stay grey."""
    from explainer.vision.segmentation.thresholds import grey

    best, sure = at.best(scores, [index for index, _ in winners[:PAINTED]], how)
    copy, strength, layers = Copy(at.frame, best.shape), FAINT + (1 - FAINT) * sure, list[Layer]()
    for k, (index, share) in enumerate(winners[:PAINTED]):
        name, here = f"class {k + 1}", best == k
        words_on = shared.named(copy, here, at.label(index), k) if share >= NAMED_SHARE else ()
        layers += [copy.mask(name, strength * here, k), *shared.region(copy, name, here, k)[1:], *words_on]
    ground = np.repeat(grey(at.seen.pixels)[..., None], 3, axis=2)
    return copy.panel("Best class", *layers, note="grey: other classes", under=ground)


def _headline(at: Answers, values: dict[str, float], index: int, leads: bool) -> str:
    """Set what the network says of the whole against what it says of the places; a trained segmenter says no whole."""
    name, share, whole = at.label(index), values["class_percent"] / 100, int(values["whole_index"])
    more = words.count(int(values["classes_that_win"]) - 1, "other class", "other classes")
    if share == 1:
        return f"Asked at every place of the picture, the network says “{name}” everywhere."
    if not share:
        return f"Asked at every place, the network says “{name}” nowhere: other classes scored higher."
    if at.trained or not leads:
        return f"Asked at every place, the network says “{name}” in {words.percent(share)}, elsewhere {more}."
    asked = f"As a whole it is called “{at.label(whole)}”, but place by place"
    if whole == index:
        return f"{asked} {'only ' * (share < 0.5)}{words.percent(share)} is."
    return f"{asked} it is “{name}” ({words.percent(share)}) and {more}."


def _reading(at: Answers, values: dict[str, float], index: int) -> str:
    covers = f"“{at.label(index)}” scores at most {words.score(values['score_highest'])}"
    if values["mask_percent"]:
        covers = f"the mask of “{at.label(index)}” covers {values['mask_percent']:.0f} % of the picture"
    return (
        f"In one pass the network answers at **{values['answers']:.0f} positions**, "
        f"{at.net.stride} px apart: {covers}. At the ring it says "
        f"**“{at.label(int(values['best_here']))}”** ({words.score(values['best_score_here'])})."
    )
