"""Gates on your picture: which feature maps a network's own gates let through of it, and what a hand can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Scatter
from explainer.core.context import Context
from explainer.core.controls import LAST, TOP_1, Choice, ClassIndex, Doc, LayerName, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Heat, Image, Label, Layer, Mask, Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.result import Result
from explainer.core.subject import Subject, ask
from explainer.demos.segmentation import _masks

EACH, ENDS = 3, 4  # tiles of maps that pass, and of maps that are held back; bars at either end of the gates' order
SHUT, OPEN = 0.1, 0.9  # a gate below lets next to nothing through, one above nearly all
TILE_PX, APART = 256, 0.04  # longer side of a tile's photo; share of a tile between two
GREY = 0.55  # of its light that a tile's photo keeps
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
    channel: Annotated[int, Range(-1, 4095, lowest="passes most"), Doc("Map", "Click a tile or a bar to choose.")] = -1
    override: Annotated[bool, Doc("Set this gate", "Takes the map's gate out of the network's hands.")] = False
    value: Annotated[
        float,
        Range(0.0, 2.0, 0.05),
        When("override", (True,)),
        Doc("Gate", "0 shuts the map out; more than 1 no gate could choose."),
    ] = 0.0


class PictureGates(Demo[Params]):
    """Squeeze-and-excitation gates of the session's network, or of the person matte's, live."""

    info = DemoInfo(
        id="picture-gates", title="Gates on your picture", topics=(41,), sample="dog",
        summary="Which feature maps a network's gates let through of your picture, and which they shut out.",
        papers=("hu2018", "howard2019", "tan2019"),
        cost=Cost(forwards=3),
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Pass the picture with the network's gates, a grey one for comparison, and once more if a hand moved any."""
        from explainer.vision.attention import gates

        layers = [layer.name for layer in ctx.card.layers if len(layer.shape) == 3]
        with ctx.model() as net:
            about = ask(net, frame, params.target, ctx)
            network, x, layer = net.network(), about.x, ctx.card.layer(params.layer).name
            own_gates = bool(gates.sites(network, layers))
            if not own_gates:
                depth = layers.index(layer) / max(len(layers) - 1, 1)
                network, x, layers, layer = _person_net(frame, ctx, depth)
            found = gates.sites(network, layers)
            site = gates.site_at(found, layers, layer)
            with ctx.stage("explain"):
                key = ("gates", own_gates, site.module, ctx.card.name, ctx.device)
                own, grey = ctx.memo(
                    key, lambda: [gates.passed(network, y, found, site) for y in (x, x * 0 + x.mean())]
                )
                strength = own.maps.abs().mean((1, 2)) * own.used
                channel = min(params.channel, len(strength) - 1) if params.channel >= 0 else int(strength.argmax())
                now = _moved(network, x, found, site, channel, params)
        label = layer if not ctx.card.has_layer(site.layer) else ctx.card.layer(site.layer).label.split(" · ")[0]
        own_gate, grey_gate, used = (one.cpu().numpy() for one in (own.used, grey.used, now.used))
        seen = Seen(
            about, own_gates, label, own.maps.abs().cpu().numpy().astype(np.float32), own_gate, grey_gate, used,
            channel, own.logits.cpu().numpy(), now.logits.cpu().numpy(), params.channel >= len(strength), len(found),
        )  # fmt: skip
        return Result(
            _reading(seen), _values(seen), _panels(seen), _charts(seen), headline=_headline(seen),
            heroes=("before-the-gates", "after-the-gates"), input=about.x.cpu().numpy(),
        )  # fmt: skip


def _person_net(frame: Frame, ctx: Context, depth: float) -> tuple[Any, Any, list[str], str]:
    """Of a network that has gates and comes with the program: itself, its input, its layers, and one at a depth 0…1."""
    from explainer.vision.segmentation import matte

    layers = [f"blocks.{k}" for k in range(len(matte.SHAPES))] + ["context"]  # what follows mixes and draws
    x = ctx.memo(("gates input", ctx.device), lambda: matte.prepare(frame.pixels, ctx.device))
    return _masks.network(ctx), x, layers, layers[round(depth * (len(matte.SHAPES) - 1))]


def _moved(network: Any, x: Any, found: Any, site: Any, channel: int, params: Params) -> Any:
    from explainer.vision.attention import gates

    override = (channel, params.value) if params.override else None

    def at(one: Any, own: Any) -> Any:
        if one is site:
            return gates.chosen(own, params.gates, params.level, override)
        return gates.chosen(own, params.gates, params.level) if params.everywhere and params.gates != Gates.OWN else own

    return gates.passed(network, x, found, site, at)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture before a network's gates.

    Parameters
    ----------
    about
        The session's network and the class in question; `own_gates` says whether the gates are that network's.
    maps
        What the feature maps answer before the gates, without sign, ``(C, h, w)``.
    own, grey, used
        Gates ``(C,)`` for this picture, for a plain grey one, and those that are applied.
    before, after
        Answer with the network's own gates, and with those that are applied.
    """

    about: Subject
    own_gates: bool
    label: str
    maps: Floats
    own: Floats
    grey: Floats
    used: Floats
    channel: int
    before: Floats
    after: Floats
    beyond: bool
    blocks: int

    @property
    def order(self) -> list[int]:
        """Maps by their gate, widest open first."""
        return [int(k) for k in np.argsort(-self.own, kind="stable")]

    @property
    def tiles(self) -> list[int]:
        """Maps that pass most, the chosen one first, and those of which most is held back."""
        size = self.maps.mean((1, 2))
        passes, held = (np.argsort(-size * share, kind="stable").tolist() for share in (self.own, 1 - self.own))
        first = [self.channel, *(k for k in passes if k != self.channel)][:EACH]
        return first + [k for k in held if k not in first][:EACH]

    def answer(self, logits: Floats) -> float:
        """Score of the class; of the person matte the share of the picture that is marked as a person."""
        if not self.own_gates:
            return float((logits > 0).mean())
        shifted = np.exp(logits.astype(np.float64) - logits.max())
        return float(shifted[self.about.index] / shifted.sum())


def _panels(seen: Seen) -> tuple[Panel, ...]:
    frame = seen.about.frame
    copy, ones = Copy(frame, seen.after.shape[-2:] if not seen.own_gates else (1, 1)), np.ones_like(seen.used)
    panels = [seen.about.panel("Input")]
    if not seen.own_gates:
        mask = Mask("person", seen.after[0] > 0, copy.to_frame, 2)
        panels = [copy.panel("Answer", mask, note=f"person: {words.percent(seen.answer(seen.after))} of the picture")]
    return (
        *panels, _tiled("Before the gates", seen, ones, "each map over your picture"),
        _tiled("After the gates", seen, seen.used, "times its gate"),
    )  # fmt: skip


def _tiled(title: str, seen: Seen, gates: Floats, note: str) -> Panel:
    """The picture once for each of a few maps, and over it what the map answers, times its gate."""
    from explainer.vision.segmentation.painting import small

    left, top, right, bottom = np.rint(seen.about.focus).astype(int) if seen.own_gates else (
        0, 0, seen.about.frame.width, seen.about.frame.height
    )  # fmt: skip
    photo = small(np.ascontiguousarray(seen.about.frame.pixels[top:bottom, left:right]), TILE_PX)
    grey = np.repeat((photo.mean(2, keepdims=True) * GREY).astype(np.uint8), 3, axis=2)
    (high, wide), tiles = grey.shape[:2], seen.tiles
    columns, (rows_px, columns_px) = 2 if wide >= high else 3, seen.maps.shape[1:]
    gap, layers, boxes = APART * max(wide, high), list[Layer](), []
    for n, k in enumerate(tiles):
        x, y = n % columns * (wide + gap), n // columns * (high + gap)
        limit = float(seen.maps[k].max()) or 1.0
        place = scale_shift(wide / columns_px, high / rows_px, x, y)
        layers += [
            Image(f"photo {n}", grey, scale_shift(1, 1, x, y)),
            Heat(f"map {k}", seen.maps[k] * gates[k], 0.0, limit, place),
            Label(f"gate {n}", f"map {k}" if gates is not seen.used else f"× {gates[k]:.2f}", (x + 6, y + high - 8)),
        ]
        boxes.append((x, y, x + wide, y + high))
    colours = tuple(-1 if k == seen.channel else -2 for k in tiles)
    layers.append(Boxes("maps", np.array(boxes), colours=colours, sets=tuple({"channel": k} for k in tiles)))
    rows = -(-len(tiles) // columns)
    return Panel(title, (columns * (wide + gap) - gap, rows * (high + gap) - gap), tuple(layers), note, frame=False)


def _charts(seen: Seen) -> tuple[Chart, ...]:
    order = seen.order
    ends = [*order[:ENDS], *order[-ENDS:]] if len(order) > 2 * ENDS else order
    shown = ends if seen.channel in ends else [*ends[:ENDS], seen.channel, *ends[ENDS:]]
    bars = Bars(
        "Gates", tuple(f"map {k}" for k in shown), tuple(float(seen.used[k]) for k in shown),
        hi=max(1.0, float(seen.used.max())), chosen=shown.index(seen.channel), note=seen.label,
        sets=tuple({"channel": k} for k in shown),
    )  # fmt: skip
    pairs, every = np.stack([seen.grey, seen.own], 1).astype(np.float64), range(len(order))
    scatter = Scatter(
        "Gates: plain grey, this picture", pairs, tuple(int(k == seen.channel) for k in every),
        x_label="plain grey", y_label="this picture", sets=tuple({"channel": k} for k in every),
    )  # fmt: skip
    return (seen.about.bars(), bars, scatter) if seen.own_gates else (bars, scatter)


def _values(seen: Seen) -> Mapping[str, float]:
    own, one = seen.own, seen.channel
    found = numbers(
        own_answer=seen.answer(seen.before), answer=seen.answer(seen.after), channel=one, gate=seen.used[one],
        own_gate=own[one], gate_min=own.min(), gate_mean=own.mean(), gate_max=own.max(), gates_here=len(own),
        shut=(own < SHUT).sum(), open=(own > OPEN).sum(), other_than_grey=(np.abs(own - seen.grey) > 0.5).sum(),
        blocks_with_gates=seen.blocks if seen.own_gates else 0, map_mean=seen.maps[one].mean(),
    )  # fmt: skip
    return {**seen.about.opening().values, **found}


def _headline(seen: Seen) -> str:
    shut, other, count = seen.own < SHUT, seen.grey < SHUT, len(seen.own)
    if np.array_equal(seen.after, seen.before):
        if shut.any():
            others = "" if np.array_equal(shut, other) else ", and others for a plain grey one"
            return f"For this picture the gates shut out {shut.sum()} of {count} feature maps{others}."
        most, least = f"{seen.own.max():.2f}", f"{seen.own.min():.2f}"
        return f"On this picture one map passes with {most} of its strength, another with {least}."
    done, form = "With other gates", words.score if seen.own_gates else words.percent
    if np.flatnonzero(seen.used != seen.own).tolist() == [seen.channel]:
        done = f"With one map {'shut' if seen.used[seen.channel] == 0 else 'moved'}"
    what = seen.about.label if seen.own_gates else "what is taken for a person"
    was, now = form(seen.answer(seen.before)), form(seen.answer(seen.after))
    return f"{done}, {what} stays at {now}." if was == now else f"{done}, {what} goes from {was} to {now}."


def _reading(seen: Seen) -> str:
    title, own, one = seen.about.card.title, seen.own, seen.channel
    whose = f"{title} sets" if seen.own_gates else "The network of Person matte sets"
    text = (
        f"{whose} {len(own)} gates in {seen.label}, from {own.min():.2f} to {own.max():.2f} on this picture; map {one} "
        f"gets {own[one]:.2f}, and {seen.grey[one]:.2f} on a plain grey one."
    )
    if seen.beyond:
        text += f" The layer has {words.thousands(len(own))} maps, so the last one is shown."
    if not seen.own_gates:
        text += (
            f" {title}, which says {seen.about.label}, has no gates. For a classifier that has some choose MobileNetV3 "
            f"or EfficientNet-B0; if need be, fetch one under More models (or: explainer models fetch {WITH_GATES})."
        )
    return text
