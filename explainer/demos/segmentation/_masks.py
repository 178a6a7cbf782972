"""Masks by name: what the demos of this chapter compare, each on one copy of the frame."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.demos.segmentation import _shared as shared

LONGEST = 320  # px of the copy that masks are compared on
ROUNDS = 3
LEAST_PERSON = 0.04  # share of the picture: of a smaller one the matte, which is made for portraits, finds little
Bools = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


def copy_of(frame: Frame, ctx: Context, longest: int = LONGEST) -> Pixels:
    """Copy of the whole frame on which masks are made and compared."""
    from explainer.vision.segmentation.painting import small

    return ctx.memo(("segmentation copy", longest), lambda: small(frame.pixels, longest))


def person(frame: Frame, ctx: Context, skips: tuple[int, ...] = (8, 4, 2)) -> NDArray[np.float32]:
    """Score of "person" at 256 × 256 places of the whole picture; made once for each choice of skip connections."""
    from explainer.vision.segmentation.matte import person_scores

    key = ("person", ctx.device, skips)
    return ctx.memo(key, lambda: person_scores(network(ctx), frame.pixels, ctx.device, skips))


def network(ctx: Context) -> Any:
    """Return the person matte's network, kept for the session."""
    from explainer.vision.segmentation import matte

    return ctx.memo(("selfie", ctx.device), lambda: matte.load(ctx.device), keep=True)


def mask(name: str, frame: Frame, copy: Pixels, about: Bools, ctx: Context) -> Bools:
    """Mask of the copy's size by its name, one of `MAKERS`; ``"grabcut"`` works inside the box of `about`."""
    key = ("mask", name, copy.shape, about.tobytes() if name == "grabcut" else b"")
    return ctx.memo(key, lambda: MAKERS[name](frame, copy, about, ctx))


def _by_person(frame: Frame, copy: Pixels, _about: Bools, ctx: Context) -> Bools:
    from explainer.vision.segmentation.painting import fitted

    return fitted(person(frame, ctx) > 0.5, *copy.shape[:2])


def _by_otsu(_frame: Frame, copy: Pixels, _about: Bools, _ctx: Context) -> Bools:
    """Return the side of the threshold that touches the picture's edge less."""
    from explainer.vision.segmentation import thresholds

    levels = thresholds.grey(copy)
    return thresholds.off_the_rim(levels > thresholds.otsu(levels).threshold)


def _by_grabcut(_frame: Frame, copy: Pixels, about: Bools, ctx: Context) -> Bools:
    from explainer.vision.segmentation import grab, painting

    rows, columns = np.nonzero(about)
    if not len(rows):
        return np.zeros(copy.shape[:2], bool)
    small = painting.small(copy, grab.LONGEST)
    box = np.zeros(copy.shape[:2], bool)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    outside = ~painting.fitted(box, *small.shape[:2])
    core = painting.fitted(about, *small.shape[:2])
    found = np.zeros(small.shape[:2], bool)
    for mask_now in grab.grabcut(small, core & ~outside, outside, ROUNDS):
        ctx.checkpoint()
        found = mask_now
    return painting.fitted(found, *copy.shape[:2])


def _by_object(frame: Frame, copy: Pixels, _about: Bools, ctx: Context) -> Bools:
    """GrabCut from the box of the best object; the matte of a person, whom GrabCut mixes up with what is behind."""
    from explainer.vision import seating
    from explainer.vision.segmentation import grab, painting

    if seating.person(frame, ctx) and (matte := mask("person", frame, copy, _about, ctx)).mean() >= LEAST_PERSON:
        return matte
    small, box = painting.small(copy, grab.LONGEST), seating.subject(frame, ctx)
    height, width = small.shape[:2]
    inside = painting.painted(shared.upright(box, frame, 0.4, 0.12), height, width)
    found = np.zeros((height, width), bool)
    for mask_now in grab.grabcut(small, inside, shared.outside_of(box, height, width) & ~inside, ROUNDS):
        ctx.checkpoint()
        found = mask_now
    return painting.fitted(found, *copy.shape[:2])


MAKERS: dict[str, Any] = {"object": _by_object, "person": _by_person, "otsu": _by_otsu, "grabcut": _by_grabcut}
