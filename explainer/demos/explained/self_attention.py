"""Self-attention: from which patches a vision transformer takes what one patch becomes."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, cast

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.memo import latest
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.explained import _attention_view as view

DEPTH = 12
MEAN = "mean"


class Asking(Choice):
    """Who asks."""

    PATCH = "patch", "A patch"
    CLASS = "class", "The class token"


class View(Choice):
    """Map."""

    LAYER = "layer", "One layer"
    ROLLOUT = "rollout", "Rollout"


class Head(Choice):
    """Head."""

    MEAN = "mean", "Mean of all"
    HEAD_1 = "1", "Head 1"
    HEAD_2 = "2", "Head 2"
    HEAD_3 = "3", "Head 3"
    HEAD_4 = "4", "Head 4"
    HEAD_5 = "5", "Head 5"
    HEAD_6 = "6", "Head 6"


@dataclass(frozen=True, slots=True)
class Params:
    """Who asks, and how the answer is read."""

    asking: Annotated[
        Asking,
        Doc("Who asks", "The class token stands for the whole picture and belongs to no place in it."),
    ] = Asking.PATCH
    query: Annotated[
        PointXY | Auto,
        OnPicture("input"),
        When("asking", (Asking.PATCH,)),
        Doc(
            "Patch", "Drag the ring: the map shows from where this patch takes. By itself it stands on the best object."
        ),
    ] = AUTO
    view: Annotated[
        View,
        Doc("Map", "Rollout follows attention back through all layers down to the input."),
    ] = View.LAYER
    layer: Annotated[
        int,
        Range(1, DEPTH),
        Doc("Layer", "What a patch looks for changes from layer to layer."),
        Plays(9.0, "Roll the layers out, one after the other"),
    ] = DEPTH
    head: Annotated[
        Head,
        When("view", (View.LAYER,)),
        Doc("Head", "Each layer has six maps of its own. Click a tile to choose."),
    ] = Head.MEAN
    residual: Annotated[
        float,
        Range(0.0, 0.95, 0.05),
        When("view", (View.ROLLOUT,)),
        Doc("Share that stays", "How much of a token passes a layer unmixed. Nobody has measured it; 0.5 is a guess."),
    ] = 0.5
    size: Annotated[
        int,
        Range(224, 448, 14, unit="px"),
        Doc("Input size", "Side of a square with as many pixels. More patches, finer maps, more time."),
    ] = 322


class SelfAttention(Demo[Params]):
    """Attention maps of a small vision transformer."""

    info = DemoInfo(
        id="self-attention", title="Self-attention", topics=(41,), sample="dog",
        summary="Click a patch and see where it takes from, head by head and layer by layer.",
        papers=("vaswani2017", "dosovitskiy2021", "oquab2023", "abnar2020", "jain2019", "wiegreffe2019"),
        cost=Cost(),  # no pass of the session's classifier
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Read one row of one layer's attention, or of all layers' product."""
        from explainer.vision import seating
        from explainer.vision.attention import maps, vit

        params, seats = seating.seated(params, frame, ctx, query=seating.point)
        net = ctx.memo(("vit-s14", ctx.device), lambda: vit.load(ctx.device), keep=True)
        side = round(params.size / vit.PATCH) * vit.PATCH
        trace = _trace(frame, net, side, ctx)
        with ctx.stage("explain"):
            heads = _heads(net, trace, side, params.layer, ctx)
            colours, share = _colours(net, trace, side, params.layer, ctx)
            patch = maps.patch_at(*cast("PointXY", params.query), trace.grid) if params.asking == "patch" else None
            token = 0 if patch is None else 1 + patch
            row, of_class = (_row(net, trace, heads, t, params, side, ctx) for t in (token, 0))
            rolled = row if params.view == "rollout" else _rolled(net, trace, token, params, side, ctx)
        head = int(params.head) - 1 if params.view == "layer" and params.head != MEAN else None
        seen = view.Seen(
            frame, trace.grid, _title(params), params.layer, row, rolled, heads[:, token].astype(np.float64), head,
            patch, of_class, colours, share,
        )  # fmt: skip
        play = Play("layer", 1, DEPTH, params.layer, counted=f"layer {params.layer} of {DEPTH}")
        return replace(view.result(seen), play=play, resolved=seats)


def _title(params: Params) -> str:
    if params.view == "rollout":
        return f"rollout, {params.layer} layers" if params.layer > 1 else "rollout, 1 layer"
    return f"{'mean' if params.head == MEAN else f'head {params.head}'}, layer {params.layer}"


def _trace(frame: Frame, net: Any, side: int, ctx: Context) -> Any:
    from explainer.vision.attention import vit

    with ctx.stage("model"):
        return latest(ctx, "vit trace", side, lambda: vit.look(net, frame.pixels, side))


def _heads(net: Any, trace: Any, side: int, layer: int, ctx: Context) -> Any:
    """Attention of all heads of a layer, ``(6, N, N)``."""
    key = (side, layer)
    return latest(ctx, "vit heads", key, lambda: net.attention(trace, layer).cpu().numpy())


def _colours(net: Any, trace: Any, side: int, layer: int, ctx: Context) -> Any:
    from explainer.vision.attention import maps

    def make() -> Any:
        found = maps.principal(net.features(trace, layer)[1:].cpu().numpy())
        return maps.as_colours(found.scores, trace.grid), float(found.shares.sum())

    return latest(ctx, "vit colours", (side, layer), make)


def _row(net: Any, trace: Any, heads: Any, token: int, params: Params, side: int, ctx: Context) -> Any:
    """Attention of one token, ``(N,)``, in float64."""
    if params.view == "rollout":
        return _rolled(net, trace, token, params, side, ctx)
    rows = heads[:, token].astype(np.float64)
    return rows.mean(0) if params.head == MEAN else rows[int(params.head) - 1]


def _rolled(net: Any, trace: Any, token: int, params: Params, side: int, ctx: Context) -> Any:
    """What one token is made of after all layers up to the chosen one, ``(N,)``."""
    from explainer.vision.attention import maps

    means: list[Any] = latest(ctx, "vit means", side, list)
    _means(means, params.layer, net, trace, ctx)
    return maps.rollout_row(means[: params.layer], token, params.residual)


def _means(means: list[Any], layers: int, net: Any, trace: Any, ctx: Context) -> None:
    """Add to the attention of the first layers, averaged over their heads, ``(N, N)`` each, what is missing."""
    for layer in range(len(means) + 1, layers + 1):
        ctx.checkpoint()
        ctx.progress((layer - 1) / layers, "attention of all layers")
        means.append(net.attention(trace, layer).mean(0).cpu().numpy())
