"""The occlusion stress test's work: one picture, its covered copy, and one network's answers to both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.memo import latest, memo_name
from explainer.core.model_card import ModelCard
from explainer.core.numbers import softmax
from explainer.core.subject import resolve_class

GROWING = 11  # steps of the box on the object
OTHER, ANOTHER = "efficientnet-lite1", "efficientnet-lite0"


class Scene:
    """The frame and what covers it; made once for all networks.

    Parameters
    ----------
    seen
        The covered frame.
    region
        ``(H, W) bool``: what is covered.
    """

    def __init__(self, frame: Frame, params: Any, ctx: Context, seats: Mapping[str, Any]) -> None:
        self.frame, self.params, self.ctx, self.seats = frame, params, ctx, seats
        boxes = params.boxes if params.shape == "boxes" else ()
        if params.shape == "object" and params.covered:
            boxes = (grown(params.object_box, params.covered / 100),)
        strokes = params.strokes if params.shape == "brush" else ()
        self.seen, self.region = self.behind(boxes, strokes)

    def behind(self, boxes: tuple[BoxXYXY, ...], strokes: Any = ()) -> tuple[Frame, NDArray[np.bool_]]:
        """Return the frame behind boxes and strokes, and what they cover."""
        from explainer.vision.stress.occluders import occlude

        frame, p = self.frame, self.params
        pixels, region = occlude(frame.pixels, boxes, strokes, p.fill, seed=self.ctx.seed, spot=p.spot)
        return Frame(pixels, frame.source_id, frame.index, frame.time_s, frame.name), region

    @property
    def filling(self) -> tuple[Any, ...]:
        """What the stand-in depends on beside the frame."""
        spot = self.params.spot if self.params.fill == "texture" else None
        return (self.params.fill, spot, self.ctx.seed)

    def instead(self) -> Frame:
        """Return the whole picture behind the fill."""
        from explainer.vision.stress.occluders import stand_in

        def make() -> Frame:
            pixels = stand_in(self.frame.pixels, self.params.fill, seed=self.ctx.seed, spot=self.params.spot)
            return Frame(pixels, self.frame.source_id, self.frame.index)

        return self.ctx.memo(("instead", *self.filling), make)


def grown(box: BoxXYXY, share: float) -> BoxXYXY:
    """Return the box of the same shape and middle that has this share of its area."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    wide, high = (share**0.5 * (b - a) / 2 for a, b in ((box.x0, box.x1), (box.y0, box.y1)))
    return BoxXYXY(x - wide, y - high, x + wide, y + high)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What one network answered.

    Parameters
    ----------
    ready
        The picture as the network sees it.
    before, after
        Probabilities ``(K,)`` of the picture and of its covered copy.
    index
        The class that is watched.
    hidden
        Share of what the network sees that is covered, 0…1.
    curves
        For each order done so far an `explainer.vision.stress.coverage.Coverage`.
    growing
        Score of the class as the box on the object grows from nothing to all, evenly ``(11,)``.
    heat, drops
        Occlusion map ``(S, S)`` and the logit's fall for each window; ``None`` before it is known.
    """

    card: ModelCard
    ready: Any
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    index: int
    hidden: float
    curves: Mapping[str, Any] = field(default_factory=dict)
    growing: NDArray[np.float64] | None = None
    heat: NDArray[np.float32] | None = None
    drops: NDArray[np.float64] | None = None
    input: NDArray[np.float32] | None = None

    @property
    def label(self) -> str:
        """Name of the class, in quotation marks."""
        return f"“{self.card.label(self.index)}”"


def other_than(name: str) -> str:
    """Return the network that stands beside the session's."""
    return OTHER if name != OTHER else ANOTHER


def asked(scene: Scene, net: Any, like: Trial | None = None) -> Trial:
    """Ask one network about the picture and its covered copy.

    Parameters
    ----------
    like
        Trial of the first network, whose class the second is asked for where it knows it too.
    """
    ctx, card = scene.ctx, net.card
    key = (card.name, ctx.device, ctx.settings.fit)  # of this network, which need not be the session's
    with ctx.stage("prepare"):
        ready = ctx.memo(("ready", *key), lambda: net.prepare(scene.frame))
        covered = net.prepare(scene.seen)
    with ctx.stage("model"):
        before = ctx.memo(("before", *key), lambda: _logits(net, ready.tensor))
        after = _logits(net, covered.tensor)
    index = like.index if like and like.card.labels == card.labels else None
    if index is None:
        index = int(np.argmax(before)) if like else resolve_class(scene.params.target, before)
    given = np.ascontiguousarray(covered.tensor.cpu().numpy(), np.float32)
    hidden = _hidden(scene.region, ready.focus)
    return Trial(card, ready, softmax(before), softmax(after), index, hidden, input=given)


def with_growing(scene: Scene, net: Any, test: Trial) -> Trial:
    """Let the box on the object grow; the answers are kept while it stays where it is."""
    ctx, box = scene.ctx, scene.params.object_box

    def make() -> NDArray[np.float64]:
        rows = []
        for share in np.linspace(0.0, 1.0, GROWING):
            ctx.checkpoint()
            seen, _ = scene.behind((grown(box, float(share)),) if share else ())
            rows.append(softmax(_logits(net, net.prepare(seen).tensor)))
        return np.array(rows)

    with ctx.stage("explain"):
        rows = latest(ctx, "growing", (test.card.name, *memo_name(ctx), box, *scene.filling), make)
    return replace(test, growing=rows[:, test.index])


def with_curves(scene: Scene, net: Any, test: Trial, show: Callable[[Trial], None]) -> Trial:
    """Cover more and more of the picture, in four orders; `show` gets the test after each."""
    from explainer.vision.stress.coverage import ORDERS, Coverage, coverage_curves

    ctx = scene.ctx
    known: dict[str, Coverage] = ctx.memo((*_key(scene, test), "curves"), dict)
    missing = [order for order in ORDERS if order not in known]
    if not missing:
        return replace(test, curves={order: known[order] for order in ORDERS})
    run = coverage_curves(
        net, scene.frame, fill=scene.params.fill, orders=missing, class_index=test.index, spot=scene.params.spot,
        seed=ctx.seed, checkpoint=ctx.checkpoint,
    )  # fmt: skip
    with ctx.stage("explain"):
        for number, (order, curve) in enumerate(run, 1):
            known[order] = curve
            ctx.progress(number / len(missing), f"{test.card.title}: {order} order")
            if number < len(missing):
                show(replace(test, curves=dict(known)))
    return replace(test, curves={order: known[order] for order in ORDERS})


def with_map(scene: Scene, net: Any, test: Trial, show: Callable[[Trial], None]) -> Trial:
    """Cover window after window; `show` gets the test after each level of the map."""
    from explainer.vision.attribution.occlusion import Windows, occlusion

    ctx, params = scene.ctx, scene.params
    key = (*_key(scene, test), "map", params.window)
    x, side = test.ready.tensor, int(test.ready.tensor.shape[-1])
    window = round(params.window * side / 224)  # the same share of the picture for every network
    places = Windows(side, window, max(1, window // 2))

    def make() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        instead = net.prepare(scene.instead()).tensor
        whole = float(_logits(net, x)[test.index])
        steps = occlusion(net.network(), x, instead, test.index, places, whole=whole, checkpoint=ctx.checkpoint)
        for step in steps:
            ctx.progress(step.done / places.count, f"{step.done} of {places.count} windows")
            if step.done < places.count:
                show(replace(test, heat=step.values))
        return step.values, step.drops

    with ctx.stage("explain"):
        heat, drops = ctx.memo(key, make)
    return replace(test, heat=heat, drops=drops)


def _key(scene: Scene, test: Trial) -> tuple[Any, ...]:
    return (test.card.name, scene.ctx.device, scene.ctx.settings.fit, test.index, *scene.filling)


def _hidden(region: NDArray[np.bool_], focus: tuple[float, float, float, float]) -> float:
    x0, y0, x1, y1 = (round(v) for v in focus)
    seen = region[max(y0, 0) : max(y1, y0 + 1), max(x0, 0) : max(x1, x0 + 1)]
    return float(seen.mean()) if seen.size else 0.0


def _logits(net: Any, x: Any) -> NDArray[np.float64]:
    return np.asarray(net.logits(x)[0].cpu().numpy(), np.float64)
