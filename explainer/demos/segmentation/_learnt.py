"""Masks from networks, beside the classical ones: a shipped one, and two that are fetched at a click."""

from collections.abc import Iterator

import numpy as np

from explainer.core.context import Context
from explainer.core.problem import ExplainerError
from explainer.demos.segmentation import _masks
from explainer.demos.segmentation._cuts import Cut, Scene, Tuning, of_regions

SEMANTIC, INSTANCE = "lraspp_mobilenet_v3_large", "maskrcnn_resnet50_fpn"


def person(at: Scene, _tuning: Tuning, ctx: Context) -> Iterator[Cut]:
    """Return what the person matte gives more than one half."""
    mask = _masks.mask("person", at.frame, at.copy, at.inside, ctx)
    yield Cut(mask, relief=255 * _masks.person(at.frame, ctx))


def semantic(at: Scene, _tuning: Tuning, ctx: Context) -> Iterator[Cut]:
    """Return all pixels of the class that most of the object's marks have."""
    from explainer.vision.zoo import task_cards

    if not task_cards.here(SEMANTIC):  # asked first, because torchvision takes seconds to load
        yield _missing(at, task_cards.absent(SEMANTIC))
        return
    from explainer.vision.segmentation.semantic import scores_for, segmenter

    net = segmenter(SEMANTIC, ctx.device)
    scores = scores_for(net, at.copy, ctx.device)
    best = scores.argmax(0)
    marked = np.bincount(best[at.inside], minlength=len(scores))
    marked[0] = 0  # the background is no object
    chosen = (
        int(marked.argmax()) if marked.any() else int(np.bincount(best.ravel(), minlength=len(scores))[1:].argmax()) + 1
    )
    yield Cut(best == chosen, relief=255 * scores[chosen], count=chosen)


def instance(at: Scene, _tuning: Tuning, ctx: Context) -> Iterator[Cut]:
    """Return the objects that the marks touch."""
    from explainer.vision.zoo import task_cards

    if not task_cards.here(INSTANCE):
        yield _missing(at, task_cards.absent(INSTANCE))
        return
    from explainer.vision.segmentation import instance_masks

    net = instance_masks.detector(ctx.device)
    labels = instance_masks.instance_labels(net, at.copy, ctx.device)
    cut = of_regions(labels, at)
    yield Cut(cut.mask & (labels > 0), labels, count=int(labels.max()))


def _missing(at: Scene, error: ExplainerError) -> Cut:
    problem = error.problem
    return Cut(np.zeros(at.grey.shape, bool), missing=f"{problem.what} {problem.todo}.")
