"""Channel gates: a squeeze-and-excitation block weighs feature maps, and one may take over."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.result import Result
from explainer.demos.explained import _gates_view as view

TEST_SEED = 1  # as the score in the manifest was measured


class Gates(Choice):
    """Gates."""

    OWN = "own", "As the net sets them"
    UNIFORM = "uniform", "All alike"
    USUAL = "usual", "Always the usual ones"


@dataclass(frozen=True, slots=True)
class Params:
    """Which scene, and who sets the gates."""

    digit: Annotated[int, Range(0, 499), Doc("Test digit", "One of 500 that the net has not seen.")] = 12
    clutter: Annotated[
        int, Range(0, 8, unit="pieces"), Doc("Clutter", "Pieces of other digits, strewn over the field.")
    ] = 4
    gates: Annotated[
        Gates,
        Doc("Gates", "All alike: the mean of this scene's. Usual: each map's mean over the training scenes."),
    ] = Gates.OWN
    channel: Annotated[int, Range(0, 11), Doc("Map", "Click a tile or a bar to choose.")] = 6
    override: Annotated[bool, Doc("Set this gate", "Takes the chosen map's gate out of the net's hands.")] = False
    value: Annotated[
        float,
        Range(0.0, 2.0, 0.05),
        When("override", (True,)),
        Doc("Gate", "0 shuts the map out, 1 lets it pass; more than 1 the net could never choose."),
    ] = 0.0


class ChannelGates(Demo[Params]):
    """A small net's gates, live."""

    info = DemoInfo(
        id="channel-gates",
        title="Channel gates",
        topics=(41,),
        summary="Turn feature maps up and down by hand, and see what the net makes of it.",
        papers=("hu2018", "woo2018"),
        uses_frame=False,
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Read one scene, and all test scenes at the same clutter, with the gates that are asked for."""
        from explainer.vision.attention import squeeze
        from explainer.vision.training import digits

        test = digits.split()[1]
        net = ctx.memo(("se-digits",), squeeze.load, keep=True)
        with ctx.stage("model"):
            bench = ctx.memo(("se scenes", params.clutter), lambda: _bench(net, params.clutter))
            scenes, maps, own = bench
        with ctx.stage("explain"):
            used = squeeze.chosen_gates(own, net.usual, params.gates, _override(params))
            own_scores = ctx.memo(("se own scores", params.clutter), lambda: _scores(net, maps, own, ctx))
            scores = _scores(net, maps, used, ctx)
        k, labels = params.digit, test.labels
        return view.result(
            view.Seen(
                scenes[k, 0], int(labels[k]), maps[k].numpy(), own[k].numpy(), used[k].numpy(), net.usual.numpy(),
                params.channel, params.gates, scores[k], own_scores[k],
                float((scores.argmax(1) == labels).mean()), float((own_scores.argmax(1) == labels).mean()),
                len(labels), float(own.std(0).mean()),
            )
        )  # fmt: skip


def _override(params: Params) -> tuple[int, float] | None:
    return (params.channel, params.value) if params.override else None


def _bench(net: Any, clutter: int) -> Any:
    """All test scenes at one level of clutter, their maps before the gates, and the net's own gates."""
    from explainer.vision.attention import clutter as field
    from explainer.vision.attention import squeeze
    from explainer.vision.training import digits

    scenes = field.scenes(digits.split()[1], clutter, TEST_SEED)
    return (scenes, *squeeze.before_gates(net, scenes))


def _scores(net: Any, maps: Any, gates: Any, ctx: Context) -> Any:
    """Probabilities ``(N, 10)`` of scenes whose maps pass the given gates."""
    from explainer.vision.attention import squeeze

    found = []
    for some, theirs in zip(maps.split(100), gates.split(100), strict=True):
        ctx.checkpoint()
        found.append(net.rest(squeeze.scaled(some, theirs)).softmax(1).numpy())
    return np.concatenate(found)
