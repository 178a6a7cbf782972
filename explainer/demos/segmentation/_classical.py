"""The classical methods by name: each turns the same marks into a mask, and hands out what it works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.demos.segmentation import _learnt
from explainer.demos.segmentation._cuts import Cut, Scene, of_regions

if TYPE_CHECKING:
    from explainer.demos.segmentation.classical_segmentation import Params

SLOW = [
    "fixed",
    "otsu",
    "adaptive",
    "slic",
    "graph",
    "watershed",
    "person",
    "semantic",
    "instance",
    "grabcut",
]  # the slowest comes last
SMALLEST = 30  # px of a graph-based region
Bools = NDArray[np.bool_]


def scene(frame: Frame, copy: NDArray[np.uint8], params: Params) -> Scene:
    """Bring frame and paint together; where both kinds of marks lie, the object's win. No reference unless asked."""
    from explainer.vision.segmentation.painting import painted
    from explainer.vision.segmentation.thresholds import grey

    height, width = copy.shape[:2]
    inside, outside, wanted, erased = (
        painted(strokes, height, width)
        for strokes in (params.inside, params.outside, params.reference, params.erased)
    )  # fmt: skip
    wanted &= ~erased & (params.brush in ("reference", "erased"))
    return Scene(frame, copy, grey(copy), inside, outside & ~inside, wanted)


def steps(name: str, at: Scene, params: Params, ctx: Context) -> Iterator[Cut]:
    """Run a method; GrabCut hands out each round, and what was made for the same marks is taken again."""
    own = params.method == name  # another method's controls are not shown, so it runs as it is by default
    asked = params if own else type(params)()
    key = ("cut", name, params.inside, params.outside, *(getattr(asked, one) for one in CONTROLS[name]))
    held: list[Cut] = ctx.memo(key, list)
    if not held:
        for cut in METHODS[name](at, asked, ctx):
            if not cut.final:
                yield cut
        held.append(cut)
    yield held[0]


CONTROLS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("level",), "otsu": (), "adaptive": ("window", "margin"), "watershed": ("blur", "water"),
    "grabcut": ("rounds",), "slic": ("superpixels", "compactness"), "graph": ("scale", "blur"), "person": (),
    "semantic": (), "instance": (),
}  # fmt: skip


def _side(bright: Bools, at: Scene, dark: Bools | None = None) -> Bools:
    """Return the side of a threshold on which more of the object's marks lie than of the background's."""
    dark = ~bright if dark is None else dark
    if at.inside.any() and at.outside.any():
        gains = [float(side[at.inside].mean() - side[at.outside].mean()) for side in (bright, dark)]
        return bright if gains[0] >= gains[1] else dark
    rim = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    return dark if rim.mean() > 0.5 else bright


def _fixed(at: Scene, params: Params, _ctx: Context) -> Iterator[Cut]:
    yield Cut(_side(at.grey > params.level, at), relief=at.grey.astype(np.float32))


def _otsu(at: Scene, _params: Params, _ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation.thresholds import otsu

    found = otsu(at.grey)
    yield Cut(_side(at.grey > found.threshold, at), relief=at.grey.astype(np.float32), count=found.threshold)


def _adaptive(at: Scene, params: Params, _ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation.thresholds import adaptive, local_mean

    bright, dark = (adaptive(levels, params.window, params.margin) for levels in (at.grey, 255 - at.grey))
    yield Cut(_side(bright, at, dark), relief=at.grey.astype(np.float32) - local_mean(at.grey, params.window))


def _watershed(at: Scene, params: Params, ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation.flood import flooded, relief

    heights = relief(at.copy, params.blur)
    markers = np.where(at.inside, 1, np.where(at.outside, 2, 0)).astype(np.int32)
    lakes = flooded(heights, markers, up_to=params.water, checkpoint=ctx.checkpoint)
    yield Cut(lakes == 1, lakes, heights.astype(np.float32), 2)


def _grabcut(at: Scene, params: Params, ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation import grab, painting

    yield Cut(np.zeros(at.grey.shape, bool), final=False)  # the other methods are shown while this one works
    small = painting.small(at.copy, grab.LONGEST)
    size = small.shape[:2]
    inside, outside = (painting.fitted(one, *size) for one in (at.inside, at.outside))
    for done, mask in enumerate(grab.grabcut(small, inside, outside & ~inside, params.rounds), 1):
        ctx.checkpoint()
        ctx.progress(done / params.rounds, f"round {done} of {params.rounds}")
        last = Cut(painting.fitted(mask, *at.grey.shape), count=done, final=False)
        yield last
    yield Cut(last.mask, count=last.count)


def _slic(at: Scene, params: Params, ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation import regions

    latest = np.zeros(at.grey.shape, np.int32)
    for labels in regions.slic(at.copy, params.superpixels, params.compactness):
        ctx.checkpoint()
        latest = labels
    yield of_regions(latest, at)


def _graph(at: Scene, params: Params, _ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation import regions

    yield of_regions(regions.graph_regions(at.copy, params.scale, params.blur, SMALLEST), at)


METHODS: Mapping[str, Any] = {
    "fixed": _fixed, "otsu": _otsu, "adaptive": _adaptive, "watershed": _watershed, "grabcut": _grabcut,
    "slic": _slic, "graph": _graph,
    "person": _learnt.person, "semantic": _learnt.semantic, "instance": _learnt.instance,
}  # fmt: skip
