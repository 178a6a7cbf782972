"""The classical methods by name: each turns the same marks into a mask, and hands out what it works with."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.demos.segmentation import _learnt
from explainer.demos.segmentation._cuts import Cut, Method, Scene, Tuning, of_regions

SLOW = ("fixed", "otsu", "adaptive", "slic", "graph", "watershed", "person", "semantic", "instance", "grabcut")
SMALLEST = 30  # px of a graph-based region
MOST_ROUNDS = 8  # of GrabCut
Bools = NDArray[np.bool_]


def steps(name: Method, at: Scene, tuning: Tuning, marks: Hashable, ctx: Context) -> Iterator[Cut]:
    """Run a method; GrabCut hands out each round, and what was made for the same `marks` is taken again."""
    key = ("cut", name, marks, *(getattr(tuning, one) for one in CONTROLS[name]))
    held: list[Cut] = ctx.memo(key, list)
    if not held:
        for cut in METHODS[name](at, tuning, ctx):
            if not cut.final:
                yield cut
        held.append(cut)
    yield held[0]


CONTROLS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("level",), "otsu": (), "adaptive": ("window", "margin"), "watershed": ("blur", "water"),
    "grabcut": ("rounds",), "slic": ("superpixels", "compactness", "moves"), "graph": ("scale", "blur"), "person": (),
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


def _fixed(at: Scene, tuning: Tuning, _ctx: Context) -> Iterator[Cut]:
    yield Cut(_side(at.grey > tuning.level, at), relief=at.grey.astype(np.float32))


def _otsu(at: Scene, _tuning: Tuning, _ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation.thresholds import otsu

    found = otsu(at.grey)
    yield Cut(_side(at.grey > found.threshold, at), relief=at.grey.astype(np.float32), count=found.threshold)


def _adaptive(at: Scene, tuning: Tuning, _ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation.thresholds import adaptive, local_mean

    bright, dark = (adaptive(levels, tuning.window, tuning.margin) for levels in (at.grey, 255 - at.grey))
    yield Cut(_side(bright, at, dark), relief=at.grey.astype(np.float32) - local_mean(at.grey, tuning.window))


def _watershed(at: Scene, tuning: Tuning, ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation.flood import flooded, relief

    heights = relief(at.copy, tuning.blur)
    markers = np.where(at.inside, 1, np.where(at.outside, 2, 0)).astype(np.int32)
    lakes = flooded(heights, markers, up_to=tuning.water, checkpoint=ctx.checkpoint)
    yield Cut(lakes == 1, lakes, heights.astype(np.float32), 2)


def _grabcut(at: Scene, tuning: Tuning, ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation import grab, painting

    yield Cut(np.zeros(at.grey.shape, bool), final=False)  # the other methods are shown while this one works
    small = painting.small(at.copy, grab.LONGEST)
    size = small.shape[:2]
    inside, outside = (painting.fitted(one, *size) for one in (at.inside, at.outside))
    key = ("grabcut", inside.tobytes(), outside.tobytes())
    rounds: grab.Rounds = ctx.memo(key, lambda: grab.Rounds(small, inside, outside & ~inside, MOST_ROUNDS))
    for done in range(1, tuning.rounds + 1):
        ctx.checkpoint()
        ctx.progress(done / tuning.rounds, f"round {done} of {tuning.rounds}")
        yield Cut(painting.fitted(rounds.after(done), *at.grey.shape), count=done, final=done == tuning.rounds)


def _slic(at: Scene, tuning: Tuning, ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation import regions

    key = ("slic", tuning.superpixels, tuning.compactness)
    rounds = ctx.memo(key, lambda: list(regions.slic(at.copy, tuning.superpixels, tuning.compactness)))
    yield of_regions(rounds[-1] if tuning.moves == regions.ROUNDS else rounds[min(tuning.moves, len(rounds)) - 1], at)


def _graph(at: Scene, tuning: Tuning, _ctx: Context) -> Iterator[Cut]:
    from explainer.vision.segmentation import regions

    yield of_regions(regions.graph_regions(at.copy, tuning.scale, tuning.blur, SMALLEST), at)


METHODS: Mapping[str, Any] = {
    "fixed": _fixed, "otsu": _otsu, "adaptive": _adaptive, "watershed": _watershed, "grabcut": _grabcut,
    "slic": _slic, "graph": _graph,
    "person": _learnt.person, "semantic": _learnt.semantic, "instance": _learnt.instance,
}  # fmt: skip
