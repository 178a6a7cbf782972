"""Gates on your picture: what a network's own channel gates let through of it, and what a hand can change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, Choice, ClassIndex, Doc, LayerName, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Cells, Panel
from explainer.core.memo import latest, prepared
from explainer.core.number_text import number
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import Subject, subject
from explainer.demos.explained import channel_gates

SHOWN, ENDS = 16, 4  # tiles; gates named at either end of their order
WITH_GATES = "mobilenet_v3_small"
Floats = NDArray[np.float32]


class Gates(Choice):
    """Who sets them."""

    OWN = "own", "As the network sets them"
    MEAN = "mean", "All alike: their mean"
    LEVEL = "level", "All alike: by hand"


@dataclass(frozen=True, slots=True)
class Params:
    """Whose gates, and who sets them."""

    target: Annotated[ClassIndex, Doc("Class", "Whose score is watched.")] = TOP_1
    layer: Annotated[LayerName, Doc("Layer", "The gates of this layer, or of the last one before it.")] = LAST
    gates: Annotated[Gates, Doc("Gates", "All alike: the network loses what its gates could tell.")] = Gates.OWN
    level: Annotated[
        float, Range(0.0, 1.5, 0.05), When("gates", (Gates.LEVEL,)), Doc("Level", "What each map is multiplied by.")
    ] = 0.5
    everywhere: Annotated[
        bool, When("gates", (Gates.LEVEL, Gates.MEAN)), Doc("In all layers", "And not in the chosen one alone.")
    ] = False
    channel: Annotated[int, Range(-1, 4095, lowest="widest open"), Doc("Map", "Click a tile or a bar to choose.")] = -1
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
        id="picture-gates", title="Gates on your picture", topics=(41,), sample="dog",
        summary="What a large network's channel gates let through of your picture.",
        papers=("hu2018", "howard2019", "tan2019"),
        cost=Cost(forwards=1),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Pass the picture once with the network's gates, and once more where a hand moved one."""
        from explainer.vision.attention import gates

        layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
        by_hand = params.gates != Gates.OWN or params.override
        with ctx.model() as net:
            network = net.network()
            found = gates.sites(network, layers)
            ready = prepared(frame, net, ctx)
            site = gates.site_at(found, layers, ctx.card.layer(params.layer).name)
            with ctx.stage("model"):
                own = latest(ctx, "gates", site.module, lambda: gates.passed(network, ready.tensor, found, site))
            about = subject(frame, ready, own.logits[None], params.target, ctx)
            if not site.real and not by_hand:
                return _of_the_small_net(frame, params, ctx, about, len(own.maps))
            open_gates = own.used.cpu().numpy()
            channel = _channel(params.channel, open_gates, own.maps)
            with ctx.stage("explain"):
                now = _moved(network, ready.tensor, found, site, channel, params) if by_hand else own
        seen = Seen(
            replace(about, logits=now.logits.double().cpu().numpy()), about, site,
            {one.module: own.gates[one.module].cpu().numpy() for one in found},
            own.maps.cpu().numpy().astype(np.float32), open_gates, now.used.cpu().numpy(), channel,
        )  # fmt: skip
        part = Part(
            _panels(seen), (_bars(seen), _by_block(seen)), (_reading(seen, params),), _values(seen),
            headline=_headline(seen, params.gates),
        )  # fmt: skip
        return seen.about.result(part, heroes=tuple(panel.slug for panel in part.panels[1:]))


def _of_the_small_net(frame: Frame, params: Params, ctx: Context, about: Subject, passing: int) -> Result:
    """A network without gates would show bars of 1: the small one that comes with the program has some."""
    wanted = channel_gates.Params(channel=min(max(params.channel, 0), channel_gates.LAST_MAP), override=False)
    shown = channel_gates.ChannelGates().run(frame, wanted, ctx)
    gates = next(chart for chart in shown.charts if isinstance(chart, Bars))
    most, least = (int(find(gates.values)) for find in (np.argmax, np.argmin))
    if params.channel < 0 and most != wanted.channel:
        return _of_the_small_net(frame, replace(params, channel=most), ctx, about, passing)
    title, score = ctx.card.title, words.score(about.score)
    headline = (
        f"This network has no gates. A small net that has some dims its maps to between {gates.values[least]:.2f} "
        f"and {gates.values[most]:.2f}."
    )
    reading = (
        f"{title} has no gates of its own: all {words.thousands(passing)} maps of the layer pass as they are, and "
        f"{about.label} scores {score} here. So this is a small net for digits that has twelve. For large networks "
        f"with gates choose MobileNetV3 or EfficientNet-B0; if need be, fetch one under More models (or: explainer "
        f"models fetch {WITH_GATES}). {shown.reading}"
    )
    values = {
        **shown.values, **about.opening().values, "own_score": about.score, "channel": float(wanted.channel),
        "blocks_with_gates": 0.0, "maps_that_pass": float(passing),
    }  # fmt: skip
    heroes = ("before-the-gates", "after-the-gates")
    return replace(shown, headline=headline, reading=reading, values=values, heroes=heroes)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture before a network's gates: the class with those that are applied (`about`), and with its own.

    `gates` are the network's own by place, from the input to the output; `site` is the place that is looked at, with
    its maps before the gates ``(C, h, w)``, its own gates ``(C,)`` and those that are `used`.
    """

    about: Subject
    before: Subject
    site: Any
    gates: Mapping[str, Floats]
    maps: Floats
    own: Floats
    used: Floats
    channel: int

    @property
    def order(self) -> list[int]:
        """Maps by their gate, widest open first; where all are alike by how much they answer."""
        alike = float(np.ptp(self.own)) == 0.0
        key = np.abs(self.maps).mean((1, 2)) if alike else self.own
        return [int(k) for k in np.argsort(-key, kind="stable")]

    @property
    def label(self) -> str:
        """Name of the layer, as the control has it."""
        card, layer = self.about.card, self.site.layer
        return str(card.layer(layer).label.split(" · ")[0] if card.has_layer(layer) else layer)


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
        return gates.chosen(own, params.gates, params.level) if params.everywhere and params.gates != Gates.OWN else own

    return gates.passed(network, x, found, site, at)


def _panels(seen: Seen) -> tuple[Panel, ...]:
    from explainer.vision.metrics.heat import upper_limit

    order, half, (one, gate) = seen.order, SHOWN // 2, (seen.channel, float(seen.used[seen.channel]))
    picked = [*order[:half], *order[-half:]] if seen.site.real and len(order) > SHOWN else order[:SHOWN]
    if one not in picked:
        picked[half - 1] = one
    limit, after = upper_limit(seen.maps[picked]), seen.maps * seen.used[:, None, None]
    what = "widest open and most shut" if seen.site.real else "most active"
    every = len(picked) == len(seen.own)
    which = f"all {len(picked)}" if every else f"{len(picked)} of {words.thousands(len(seen.own))}: {what}"
    chosen = seen.about.heat_panel(
        "Map after its gate", seen.maps[one] * seen.used[one], f"map {one} × {gate:.2f}",
        limit=upper_limit(seen.maps[one]), signed=bool(seen.maps.min() < 0),
    )  # fmt: skip
    return (
        chosen,
        _mosaic("Before the gates", seen, seen.maps, picked, limit, which),
        _mosaic("After the gates", seen, after, picked, limit, "same scale"),
    )


def _mosaic(title: str, seen: Seen, maps: Floats, picked: Sequence[int], limit: float, note: str) -> Panel:
    signed = bool(seen.maps.min() < 0)
    mosaic = Cells(
        "maps", np.ascontiguousarray(maps[list(picked)]), 4, -limit if signed else 0.0, limit,
        colours="diverging" if signed else "sequential", labels=tuple(str(k) for k in picked),
        sets=tuple({"channel": k} for k in picked), chosen=list(picked).index(seen.channel),
    )  # fmt: skip
    return Panel(title, mosaic.size, (mosaic,), note, frame=False)


def _bars(seen: Seen) -> Bars:
    order = seen.order
    real = seen.site.real and len(order) > 2 * ENDS
    ends = [*order[:ENDS], *order[-ENDS:]] if real else order[: 2 * ENDS]
    shown = ends if seen.channel in ends else [*ends[:ENDS], seen.channel, *ends[ENDS:]]
    return Bars(
        "Gates", tuple(f"map {k}" for k in shown), tuple(float(seen.used[k]) for k in shown),
        hi=max(1.0, float(seen.used.max())), chosen=shown.index(seen.channel), note=seen.label,
        sets=tuple({"channel": k} for k in shown),
    )  # fmt: skip


def _by_block(seen: Seen) -> Curve:
    """Own gates of all places: mean, and the range that holds nine tenths of them."""
    x, real = np.arange(1, len(seen.gates) + 1, dtype=np.float64), seen.site.real
    low, high = (np.array([float(np.quantile(g, share)) for g in seen.gates.values()]) for share in (0.05, 0.95))
    mean = np.array([float(np.mean(g)) for g in seen.gates.values()])
    here = np.full(2, float(list(seen.gates).index(seen.site.module) + 1))
    spread = (Series("95 %", x, high, "dashed", -2), Series("5 %", x, low, "dashed", -2)) if real else ()
    series = (Series("mean", x, mean), *spread, Series("here", here, np.array([0.0, 1.05]), "dotted", -2))
    return Curve("Own gates, layer by layer", series, "block" if real else "layer", "gate", (0.0, 1.05))


def _values(seen: Seen) -> dict[str, float]:
    about, before, own, one = seen.about, seen.before, seen.own, seen.channel
    return numbers(
        own_score=before.score, own_logit=before.logits[before.index], best_class_index=about.logits.argmax(),
        channel=one, gate=seen.used[one], own_gate=own[one], gate_min=own.min(), gate_mean=own.mean(),
        gate_max=own.max(), gates_here=len(own), blocks_with_gates=len(seen.gates) if seen.site.real else 0,
        map_mean=seen.maps[one].mean(),
    )  # fmt: skip


def _headline(seen: Seen, rule: Gates) -> str:
    if np.array_equal(seen.used, seen.own) and rule == Gates.OWN:
        most, least = f"{seen.own.max():.2f}", f"{seen.own.min():.2f}"
        return f"On this picture one map passes with {most} of its strength, another with {least}."
    before, after = words.score(seen.before.score), words.score(seen.about.score)
    return f"With other gates {seen.about.label} goes from {before} to {after}."


def _reading(seen: Seen, params: Params) -> str:
    title, own, one = seen.about.card.title, seen.own, seen.channel
    intro = (
        f"{title} sets {len(own)} gates in {seen.label}, from {own.min():.2f} to {own.max():.2f} on this picture; "
        f"map {one} gets {own[one]:.2f}."
    )
    if not seen.site.real:
        intro = f"**{title} has no gates of its own**: every map would pass with 1; these are set by hand."
    last = f" The layer has {words.thousands(len(own))} maps, so the last one is shown."
    return f"{intro}{last if params.channel >= len(own) else ''} {_effect(seen, params.gates)}"


def _effect(seen: Seen, rule: Gates) -> str:
    about, before, used = seen.about, seen.before, seen.used
    if np.array_equal(used, seen.own) and np.array_equal(about.logits, before.logits):
        return f"{about.label} scores {words.score(about.score)}."
    what = f"map {seen.channel} at {used[seen.channel]:.2f}"
    if rule != Gates.OWN:
        what = f"all alike at {float(np.median(used)):.2f}"
    best = int(about.logits.argmax())
    turned = "" if best == int(before.logits.argmax()) else f" The answer is now “{about.card.label(best)}”."
    return (
        f"With {what}, {about.label} goes from {words.score(before.score)} to {words.score(about.score)} "
        f"(logit {number(before.logits[before.index])} to {number(about.logits[about.index])}).{turned}"
    )
