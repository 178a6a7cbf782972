"""Self-attention: from which patches a vision transformer takes what one patch becomes."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.explained import _attention_view as view

if TYPE_CHECKING:
    from explainer.vision.attention.kept import Kept

DEPTH, TELLING = 12, 11  # layers; the one before the last tells most of objects
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
        OnPicture("attention"),
        When("asking", (Asking.PATCH,)),
        Doc("Patch", "Drag the ring: the map shows what this patch looks at. At first it stands where it looks far."),
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
    ] = TELLING
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
        id="self-attention", title="Self-attention", topics=(41,), sample="cat",
        summary="Click a patch and see where it takes from, head by head and layer by layer.",
        papers=("vaswani2017", "dosovitskiy2021", "oquab2023", "abnar2020", "jain2019", "wiegreffe2019"),
        cost=Cost(),  # no pass of the session's classifier
        uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Read one row of one layer's attention, or of all layers' product."""
        from explainer.vision import seating
        from explainer.vision.attention.kept import Kept
        from explainer.vision.attention.maps import patch_at

        kept, layer, rolling = Kept(frame, params.size, ctx), params.layer, params.view == "rollout"
        params, seats = seating.seated(params, frame, ctx, query=partial(_query, kept))
        head = None if rolling or params.head == MEAN else int(params.head) - 1
        with ctx.stage("explain"):
            patch = patch_at(*cast("PointXY", params.query), kept.grid) if params.asking == "patch" else None
            token = 0 if patch is None else 1 + patch
            rolled = kept.rolled(token, layer, params.residual)
            of_class = kept.rolled(0, layer, params.residual) if rolling else kept.row(0, layer, head)
            seen = view.Seen(
                frame, kept.grid, _title(params), layer, rolled if rolling else kept.row(token, layer, head), rolled,
                kept.heads(layer)[:, token].astype(np.float64), head, patch, of_class, *kept.colours(layer),
            )  # fmt: skip
        play = Play("layer", 1, DEPTH, layer, counted=f"layer {layer} of {DEPTH}")
        return view.part(seen).result(play=play, resolved=seats)


def _query(kept: "Kept", _wanted: str, frame: Frame, ctx: Context) -> PointXY:
    """Seat the patch where it has something to tell."""
    from explainer.vision import seating
    from explainer.vision.attention import maps, telling

    def make() -> PointXY:
        mean = kept.mean(TELLING)
        patch = telling.telling_patch(mean[1:, 1:], mean[0, 1:], kept.grid)
        return PointXY(*maps.centres(kept.grid, (1.0, 1.0))[patch].tolist())

    return seating.once(f"telling patch of {kept.grid}", frame, ctx, make)


def _title(params: Params) -> str:
    if params.view == "rollout":
        return f"rollout, {params.layer} layers" if params.layer > 1 else "rollout, 1 layer"
    return f"{'mean' if params.head == MEAN else f'head {params.head}'}, layer {params.layer}"
