"""Gates on your picture: what a network's own channel gates let through of it, and what a hand can change."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, ClassIndex, Doc, LayerName, Options, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import latest, prepared
from explainer.core.result import Result
from explainer.core.subject import subject
from explainer.demos.explained import _picture_gates_view as view


@dataclass(frozen=True, slots=True)
class Params:
    """Whose gates, and who sets them."""

    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    layer: Annotated[LayerName, Doc("Layer", "The gates of this layer, or of the last one before it.")] = LAST
    gates: Annotated[
        Literal["own", "mean", "level"],
        Options({"own": "As the network sets them", "mean": "All alike: their mean", "level": "All alike: by hand"}),
        Doc("Gates", "All alike: the network loses what its gates could tell."),
    ] = "own"
    level: Annotated[
        float, Range(0.0, 1.5, 0.05), When("gates", ("level",)), Doc("Level", "What each map is multiplied by.")
    ] = 0.5
    everywhere: Annotated[
        bool, When("gates", ("level", "mean")), Doc("In all layers", "And not in the chosen one alone.")
    ] = False
    channel: Annotated[
        int, Range(-1, 4095), Doc("Map", "Click a tile or a bar; −1 is the one with the widest open gate.")
    ] = -1
    override: Annotated[bool, Doc("Set this gate", "Takes the map's gate out of the network's hands.")] = False
    value: Annotated[
        float,
        Range(0.0, 2.0, 0.05),
        When("override", (True,)),
        Doc("Gate", "0 shuts the map out; more than 1 no gate could choose."),
    ] = 0.0


class PictureGates(Demo[Params]):
    """Squeeze-and-excitation gates of the session's network, live."""

    info = DemoInfo(
        id="picture-gates",
        title="Gates on your picture",
        topics=(41,),
        summary="What a large network's channel gates let through of your picture.",
        papers=("hu2018", "howard2019", "tan2019"),
        cost=Cost(forwards=1),
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Pass the picture once with the network's gates, and once more where a hand moved one."""
        from explainer.vision.attention import gates

        layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
        with ctx.model() as net:
            ready = prepared(frame, net, ctx)
            network = net.network()
            found = gates.sites(network, layers)
            site = gates.site_at(found, layers, ctx.card.layer(params.layer).name)
            with ctx.stage("model"):
                own = latest(ctx, "gates", site.module, lambda: gates.passed(network, ready.tensor, found, site))
            about = subject(frame, ready, own.logits[None], params.target, ctx)
            open_gates = own.used.cpu().numpy()
            channel = _channel(params.channel, open_gates, own.maps)
            with ctx.stage("explain"):
                now = _moved(network, ready.tensor, found, site, channel, params) if _by_hand(params) else own
        seen = view.Seen(
            replace(about, logits=now.logits.double().cpu().numpy()), about, site, [one.module for one in found],
            {name: g.cpu().numpy() for name, g in own.gates.items()}, own.maps.cpu().numpy().astype(np.float32),
            open_gates, now.used.cpu().numpy(), channel, params.gates, params.channel >= len(open_gates),
        )  # fmt: skip
        return view.result(seen)


def _by_hand(params: Params) -> bool:
    return params.gates != "own" or params.override


def _channel(wanted: int, own: Any, maps: Any) -> int:
    """The map that is looked at; where all gates are alike the widest open one is the most active map."""
    if wanted >= 0:
        return min(wanted, len(own) - 1)
    if float(own.max()) > float(own.min()):
        return int(own.argmax())
    return int(maps.abs().mean((1, 2)).argmax())


def _moved(network: Any, x: Any, found: Any, site: Any, channel: int, params: Params) -> Any:
    from explainer.vision.attention import gates

    override = (channel, params.value) if params.override else None

    def at(one: Any, own: Any) -> Any:
        if one is site:
            return gates.chosen(own, params.gates, params.level, override)
        return gates.chosen(own, params.gates, params.level) if params.everywhere and params.gates != "own" else own

    return gates.passed(network, x, found, site, at)
