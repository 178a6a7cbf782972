"""What the demos with the live detector share: the network, its kept answers, boxes and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Image, Layer, Panel, Sets
from explainer.core.memo import latest

if TYPE_CHECKING:
    from explainer.vision.detection.detections import Detections
    from explainer.vision.detection.gfl import Answers
    from explainer.vision.detection.nanodet import NanoDet

T = TypeVar("T")
SIDE = 416


def network(ctx: Context) -> NanoDet:
    """Return the detector, read once in a session."""
    from explainer.vision.detection import nanodet

    return ctx.memo(("nanodet", ctx.device), lambda: nanodet.load(ctx.device), keep=True)


def look(frame: Frame, ctx: Context, side: int = SIDE) -> tuple[Answers, NDArray[np.float32]]:
    """Answers of every cell and the tensor that the network saw; kept as long as the frame and `side` stay."""
    return latest(ctx, "nanodet answers", side, lambda: _look(frame, ctx, side))


def _look(frame: Frame, ctx: Context, side: int) -> tuple[Answers, NDArray[np.float32]]:
    from explainer.vision.detection import nanodet

    net = network(ctx)
    with ctx.stage("prepare"):
        picture, to_frame = nanodet.letterbox(frame.pixels, side)
        x = nanodet.prepare(picture, ctx.device)
    with ctx.stage("model"):
        answers = nanodet.answers(net, x, to_frame, (frame.width, frame.height))
    return answers, np.ascontiguousarray(x.cpu().numpy(), dtype=np.float32)


def tags(found: Detections, scores: NDArray[Any] | None = None) -> tuple[str, ...]:
    """Name and score of each box: ``"dog 0.56"``."""
    from explainer.vision.detection import coco

    shown = found.score if scores is None else scores
    return tuple(f"{coco.name(int(c))} {s:.2f}" for c, s in zip(found.class_id, shown, strict=True))


def box_layer(
    name: str, found: Detections, *, labels: bool = True, dashed: bool = False, sets: Sequence[Sets | None] = ()
) -> Boxes:
    """Boxes in the colours of their classes."""
    colours = tuple(int(c) for c in found.class_id)
    return Boxes(
        name, found.xyxy.astype(np.float64), tags(found) if labels else (), colours, dashed=dashed, sets=tuple(sets)
    )


def frame_panel(title: str, frame: Frame, layers: Sequence[Layer], note: str = "") -> Panel:
    """The picture, and layers over it."""
    return Panel(title, (frame.width, frame.height), (Image("picture", frame.pixels), *layers), note)


def inventory(found: Detections) -> str:
    """What there is, in words: ``"2 × person, 1 × dog"``."""
    from explainer.vision.detection import coco

    counts = Counter(coco.name(int(c)) for c in found.class_id)
    return ", ".join(f"{n} × {name}" for name, n in counts.most_common())
