"""Channel gates: a squeeze-and-excitation block weighs feature maps, and one may take over."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Cells, Heat, Label, Layer, Panel
from explainer.core.numbers import numbers
from explainer.core.result import Result
from explainer.core.walls import squares

ANSWERS = 3  # digits whose scores are shown
LAST_MAP = 11
COLUMNS = 3  # of maps
RIGHT, WRONG = 2, 5  # colours of an answer, and of a gate that is set by hand
TEST_SEED = 1  # as the score in the manifest was measured


class Gates(Choice):
    """Who sets them."""

    OWN = "own", "As the net sets them"
    UNIFORM = "uniform", "All alike"
    USUAL = "usual", "Always the usual ones"


APPLIED = {Gates.OWN: "the net's gates", Gates.UNIFORM: "all alike", Gates.USUAL: "usual gates"}
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Params:
    """Which scene, and who sets the gates."""

    digit: Annotated[int, Range(0, 499), Doc("Test digit", "One of 500 that the net has not seen.")] = 29
    clutter: Annotated[
        int, Range(0, 8, unit="pieces"), Doc("Clutter", "Pieces of other digits, strewn over the field.")
    ] = 4
    gates: Annotated[
        Gates,
        Doc("Other gates", "All but one set by hand. Alike: this scene's mean. Usual: each map's mean in training."),
    ] = Gates.OWN
    channel: Annotated[int, Range(0, LAST_MAP), Doc("Map", "Click a tile or a bar to choose.")] = 6
    override: Annotated[bool, Doc("Set this gate", "Takes the chosen map's gate out of the net's hands.")] = True
    value: Annotated[
        float,
        Range(0.0, 2.0, 0.05),
        When("override", (True,)),
        Doc("Gate", "0 shuts the map out, 1 lets it pass; more than 1 the net could never choose."),
    ] = 0.0


class ChannelGates(Demo[Params]):
    """A small net's gates, live."""

    info = DemoInfo(
        id="channel-gates", title="Channel gates", topics=(41,),
        summary="Turn feature maps up and down by hand, and see what the net makes of it.",
        papers=("hu2018", "woo2018"), uses_frame=False, uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Read one scene, and all test scenes at the same clutter, with the gates that are asked for."""
        from explainer.vision.attention import squeeze
        from explainer.vision.training import digits

        test = digits.split()[1]
        net = ctx.memo(("se-digits",), squeeze.load, keep=True)
        with ctx.stage("model"):
            bench = ctx.memo(("se scenes", params.clutter), lambda: squeeze.bench(net, test, params.clutter, TEST_SEED))
            scenes, maps, own = bench
        with ctx.stage("explain"):
            used = squeeze.chosen_gates(own, net.usual, params.gates, _override(params))
            own_scores = ctx.memo(
                ("se own scores", params.clutter), lambda: squeeze.scores(net, maps, own, ctx.checkpoint)
            )
            scores = squeeze.scores(net, maps, used, ctx.checkpoint)
        k, labels = params.digit, test.labels
        return _result(
            Seen(
                scenes[k, 0], int(labels[k]), maps[k].numpy(), own[k].numpy(), used[k].numpy(), net.usual.numpy(),
                params.channel, params.gates, params.override, scores[k], own_scores[k],
                float((scores.argmax(1) == labels).mean()), float((own_scores.argmax(1) == labels).mean()),
                len(labels), float(own.std(0).mean()),
            )
        )  # fmt: skip


def _override(params: Params) -> tuple[int, float] | None:
    return (params.channel, params.value) if params.override else None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One scene in the network, and how many of the test scenes it reads with the same gates.

    Parameters
    ----------
    scene, label
        ``(16, 16)`` in 0…1, and the digit in it.
    maps
        Feature maps before the gates ``(12, 16, 16)``.
    own, used, usual
        The network's gates for this scene, those that are applied, and each one's mean over the training
        scenes, ``(12,)``.
    chosen, forced
        The map that is looked at, and whether its gate is set by hand.
    probabilities, own_probabilities
        Of the ten digits, with the gates that are applied and with the network's own.
    accuracy, own_accuracy
        Share of `tested` scenes that are read rightly, likewise.
    spread
        Standard deviation of each gate over the test scenes, averaged over the gates.
    """

    scene: Floats
    label: int
    maps: Floats
    own: Floats
    used: Floats
    usual: Floats
    chosen: int
    rule: Gates
    forced: bool
    probabilities: Floats
    own_probabilities: Floats
    accuracy: float
    own_accuracy: float
    tested: int
    spread: float

    @property
    def answer(self) -> int:
        """The digit with the highest score."""
        return int(self.probabilities.argmax())


def _result(seen: Seen) -> Result:
    """Put all of it together."""
    limit = float(np.percentile(seen.maps, 97.5)) or 1.0  # single hot pixels would leave the rest dark
    panels = (
        _scene(seen, limit), _mosaic("After the gates", seen, seen.used, limit, "each map × its gate"),
        _mosaic("Before the gates", seen, np.ones_like(seen.used), limit, "same scale"),
    )  # fmt: skip
    return Result(
        _reading(seen), _values(seen), panels, (_gates(seen), _answers(seen)), headline=_headline(seen),
        heroes=tuple(panel.slug for panel in panels[:2]),
    )  # fmt: skip


def _applied(seen: Seen) -> str:
    """Which gates are applied."""
    if not seen.forced:
        return APPLIED[seen.rule]
    value = seen.used[seen.chosen]
    rest = "" if seen.rule == Gates.OWN else f", else {APPLIED[seen.rule]}"
    return f"map {seen.chosen} {'shut' if value == 0 else f'at {value:.2g}'}{rest}"


def _verdict(gates: str, answer: int, seen: Seen, at: tuple[float, float] = (0.6, 1.3)) -> Label:
    """What the net reads, as a chip."""
    verdict, colour = ("right", RIGHT) if answer == seen.label else ("wrong", WRONG)
    return Label(gates, f"{gates}: reads {answer}, {verdict}", at, colour)


def _scene(seen: Seen, limit: float) -> Panel:
    """The scene, what the chosen map answers to in it, and what the net reads with its own gates."""
    layers: tuple[Layer, ...] = (
        Heat("ink", seen.scene, 0.0, 1.0, colours="grey", over=False),
        Heat("map", seen.maps[seen.chosen], 0.0, limit),
        _verdict(APPLIED[Gates.OWN], int(seen.own_probabilities.argmax()), seen),
    )
    size, note = seen.scene.shape[::-1], f"there is a {seen.label} in it; glowing: map {seen.chosen}"
    return Panel("Scene", size, layers, note, frame=False)


def _mosaic(title: str, seen: Seen, gates: Floats, limit: float, note: str) -> Panel:
    """All maps times their gates, the chosen one framed; over those that are applied, what the net reads."""
    every, applied = range(len(gates)), gates is seen.used
    labels = tuple(f"{k} × {gates[k]:.2f}" if applied else str(k) for k in every)
    mosaic = Cells(
        "maps", seen.maps * gates[:, None, None], COLUMNS, 0.0, limit, labels=labels,
        sets=tuple({"channel": k} for k in every), chosen=seen.chosen,
    )  # fmt: skip
    which = (np.arange(len(gates)) == seen.chosen) & applied & seen.forced
    hand = squares(mosaic, which)
    layers: list[Layer] = [mosaic, Boxes("set by hand", hand, colours=(WRONG,) * len(hand))]
    if applied and not np.array_equal(seen.used, seen.own):
        x, y = hand.reshape(-1, 2, 2).mean((0, 1)) if len(hand) else (0.6, 1.3)
        layers.append(_verdict(_applied(seen), seen.answer, seen, (float(x), float(y))))
    return Panel(title, mosaic.size, tuple(layers), note, frame=False)


def _gates(seen: Seen) -> Bars:
    return Bars(
        "Gates", tuple(f"map {k}" for k in range(len(seen.used))), tuple(float(v) for v in seen.used),
        hi=max(1.0, float(seen.used.max())), chosen=seen.chosen, note="1: passes as it is",
        sets=tuple({"channel": k} for k in range(len(seen.used))),
    )  # fmt: skip


def _answers(seen: Seen) -> Bars:
    best = [int(k) for k in np.argsort(-seen.probabilities, kind="stable")[:ANSWERS]]
    shown = best if seen.label in best else [*best[:-1], seen.label]
    return Bars(
        "Digit", tuple(str(k) for k in shown), tuple(float(seen.probabilities[k]) for k in shown),
        chosen=shown.index(seen.label), note="accent: the true one",
    )  # fmt: skip


def _values(seen: Seen) -> dict[str, float]:
    own, one = seen.own, seen.chosen
    return numbers(
        digit=seen.label, answer=seen.answer, true_score=seen.probabilities[seen.label],
        own_true_score=seen.own_probabilities[seen.label], accuracy=seen.accuracy, own_accuracy=seen.own_accuracy,
        tested_scenes=seen.tested, gate=seen.used[one], own_gate=own[one], usual_gate=seen.usual[one],
        gate_min=own.min(), gate_max=own.max(), gate_mean=own.mean(), gate_spread=seen.spread,
        map_mean=seen.maps[one].mean(),
    )  # fmt: skip


def _headline(seen: Seen) -> str:
    own = int(seen.own_probabilities.argmax())
    if np.array_equal(seen.used, seen.own):
        verdict = "rightly" if own == seen.label else f"though it is a {seen.label}"
        return f"The net weighs each map by a gate of its own, and reads the digit as {own}, {verdict}."
    done = "Other gates"
    if np.flatnonzero(seen.used != seen.own).tolist() == [seen.chosen]:
        done = "One feature map of twelve shut out" if seen.used[seen.chosen] == 0 else "One gate of twelve moved"
    if own == seen.answer:
        return f"{done}, and the net still reads the digit as {own}."
    turned = f"the net takes the {own} for a" if own == seen.label else f"the answer turns from {own} to"
    return f"{done}, and {turned} {seen.answer}."


def _reading(seen: Seen) -> str:
    verdict, k = "rightly" if seen.answer == seen.label else f"though it is a {seen.label}", seen.chosen
    gates = f"Map {k} passes with gate {seen.used[k]:.2f} (its own is {seen.own[k]:.2f}, usually {seen.usual[k]:.2f})."
    score = f"With these gates the net reads {100 * seen.accuracy:.1f} % of {seen.tested} test scenes"
    against = "." if np.array_equal(seen.used, seen.own) else f", with its own {100 * seen.own_accuracy:.1f} %."
    said = f"The net says {seen.answer} (score {seen.probabilities[seen.answer]:.2f}), {verdict}."
    return f"{said} {gates} {score}{against}"
