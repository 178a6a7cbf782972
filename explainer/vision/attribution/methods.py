"""All methods behind one door: a picture, a class and a network in, one map out.

The networks may be leased or a randomised copy of one, so that the same call serves the sanity check.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.attribution import cam, rectified
from explainer.vision.attribution.deeplift import deep_lift
from explainer.vision.attribution.gradients import batch_gradient, gradient_x_input, smooth_grad, to_map
from explainer.vision.attribution.integrated import PROBES, baseline, following, integrate, points, scores_along
from explainer.vision.attribution.lrp import Rule, relevance
from explainer.vision.attribution.occlusion import Windows, cover, occlusion
from explainer.vision.attribution.rise import rise
from explainer.vision.attribution.superpixels import CPU_BATCH, Fit, coalition_score, kernel_shap, lime, superpixels
from explainer.vision.zoo.split import split

Map = NDArray[np.float32]
Effort = str  # quick, usual, thorough
NOISE = 0.15


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much the methods that repeat themselves do.

    Parameters
    ----------
    path
        Points of Integrated Gradients.
    copies
        Noisy copies of SmoothGrad.
    windows
        Windows of occlusion along a side, half a window apart.
    masks, coalitions
        Of RISE; of KernelSHAP and LIME.
    """

    path: int
    copies: int
    windows: int
    masks: int
    coalitions: int


EFFORTS: Mapping[Effort, Amounts] = {
    "quick": Amounts(8, 4, 6, 64, 64),
    "usual": Amounts(32, 16, 13, 256, 256),
    "thorough": Amounts(128, 64, 27, 1024, 1024),
}
SUPERPIXELS, RISE_CELLS = 40, 7
SIGNED = frozenset(
    {
        "gradient-x-input", "integrated-gradients", "deeplift", "lrp-epsilon", "lrp-gamma", "lrp-alpha-beta",
        "occlusion", "rise", "kernel-shap", "lime",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a method is asked.

    Parameters
    ----------
    network
        In evaluation mode, frozen; left as it was.
    x
        ``(1, 3, S, S)``.
    layer
        Module path of the layer that class activation maps look at.
    title
        The network's name, for what goes wrong.
    mean, std
        Of the normalisation.
    show
        Called with the map as it grows and the share that is done, 0…1.
    """

    network: nn.Module
    x: Tensor
    class_index: int
    layer: str
    title: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    seed: int = 0
    effort: Effort = "usual"
    checkpoint: Callable[[], None] = lambda: None
    show: Callable[[Map, float], None] = lambda _map, _share: None

    @property
    def amounts(self) -> Amounts:
        """How much is done."""
        return EFFORTS[self.effort]


def answer(method: str, asked: Question) -> Map:
    """Map of one method, ``(h, w) float32`` at its own resolution; signed where `SIGNED` has it.

    Raises
    ------
    ExplainerError
        If the network does not allow the method.
    """
    return METHODS[method](asked)


def cells_of(method: str, effort: Effort) -> int:
    """Cells along a side that a map really tells apart; 0 where each of its own is one.

    Occlusion knows its lattice, RISE the grid of its masks, and 40 superpixels are as many parts as 6 × 6 cells.
    """
    known = {"occlusion": EFFORTS[effort].windows + 1, "rise": RISE_CELLS}
    return known.get(method, round(SUPERPIXELS**0.5) if method in ("kernel-shap", "lime") else 0)


def _gradient(q: Question) -> Map:
    return to_map(batch_gradient(q.network, q.x, q.class_index), "max")


def _gradient_x_input(q: Question) -> Map:
    return to_map(gradient_x_input(q.x, batch_gradient(q.network, q.x, q.class_index)), "sum")


def _smooth_grad(q: Question) -> Map:
    copies = q.amounts.copies
    steps = smooth_grad(
        q.network, q.x, q.class_index, samples=copies, noise=NOISE, seed=q.seed, checkpoint=q.checkpoint
    )
    return _grown(q, ((done, to_map(mean, "max")) for done, mean in steps), copies)


def _black(q: Question) -> Tensor:
    return baseline(q.x, "black", q.mean, q.std)


def _integrated(q: Question) -> Map:
    start = _black(q)
    scores = scores_along(q.network, q.x, start, q.class_index, PROBES, checkpoint=q.checkpoint)
    where = points("trapezoid", q.amounts.path, following(PROBES, scores))
    steps = integrate(q.network, q.x, start, q.class_index, where, checkpoint=q.checkpoint)
    return _grown(q, ((s.done, to_map(s.attributions, "sum")) for s in steps), q.amounts.path)


def _deep_lift(q: Question) -> Map:
    return to_map(deep_lift(q.network, q.x, _black(q), q.class_index), "sum")


def limits(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Black and white, normalised: the lowest and the highest value of each pixel, ``(1, 3, S, S)``."""
    black = baseline(x, "black", mean, std)
    return black, black + (1.0 / torch.tensor(std, dtype=x.dtype, device=x.device)).view(1, 3, 1, 1)


def _relevance(rule: Rule, q: Question) -> Map:
    return to_map(relevance(q.network, q.x, q.class_index, rule, limits(q.x, q.mean, q.std)).pixels, "sum")


def _rectified(rule: rectified.Rule, q: Question) -> Map:
    return to_map(batch_gradient(rectified.rectified(q.network, rule), q.x, q.class_index), "max")


def _cam(method: str, q: Question) -> Map:
    cut = split(q.network, q.x, q.layer, q.title)
    return cam.class_map(cut.activation, cut.gradient(q.class_index), method).finite


def _occlusion(q: Question) -> Map:
    side = int(q.x.shape[-1])
    stride = max(1, round(side / (q.amounts.windows + 1)))
    places = Windows(side, 2 * stride, stride)
    instead = cover(q.x, "grey", q.mean, q.std)
    whole = float(_logit(q, q.x))
    steps = occlusion(q.network, q.x, instead, q.class_index, places, whole=whole, checkpoint=q.checkpoint)
    return _grown(q, ((s.done, s.values) for s in steps), places.count)


def _rise(q: Question) -> Map:
    instead = cover(q.x, "grey", q.mean, q.std)
    steps = rise(
        q.network, q.x, instead, q.class_index, masks=q.amounts.masks, cells=RISE_CELLS, seed=q.seed,
        checkpoint=q.checkpoint,
    )  # fmt: skip
    return _grown(q, ((s.done, s.gain) for s in steps), q.amounts.masks)


def _on_superpixels(explain: Any, q: Question) -> Map:
    segments = superpixels(q.x, SUPERPIXELS)
    score = coalition_score(q.network, q.x, cover(q.x, "grey", q.mean, q.std), q.class_index, segments)
    fits: Iterable[Fit] = explain(
        score, int(segments.max()) + 1, samples=q.amounts.coalitions, seed=q.seed, batch=CPU_BATCH,
        checkpoint=q.checkpoint,
    )  # fmt: skip
    return _grown(q, ((fit.done, fit.painted(segments)) for fit in fits), q.amounts.coalitions)


def _grown(q: Question, steps: Iterable[tuple[int, Map]], whole: int) -> Map:
    """Show a map while it grows, and return the last one."""
    heat = np.zeros((1, 1), np.float32)
    for done, heat in steps:
        if done < whole:
            q.show(heat, done / whole)
    return heat


def _logit(q: Question, x: Tensor) -> Tensor:
    from torch import no_grad

    with no_grad():
        found: Tensor = q.network(x)[0, q.class_index]
    return found


METHODS: Mapping[str, Callable[[Question], Map]] = {
    "gradient": _gradient,
    "gradient-x-input": _gradient_x_input,
    "smoothgrad": _smooth_grad,
    "integrated-gradients": _integrated,
    "deeplift": _deep_lift,
    "lrp-epsilon": partial(_relevance, "epsilon"),
    "lrp-gamma": partial(_relevance, "gamma"),
    "lrp-alpha-beta": partial(_relevance, "alpha-beta"),
    "guided-backprop": partial(_rectified, "guided"),
    "deconvnet": partial(_rectified, "deconvnet"),
    "grad-cam": partial(_cam, "grad-cam"),
    "grad-cam-pp": partial(_cam, "grad-cam-pp"),
    "hirescam": partial(_cam, "hirescam"),
    "layercam": partial(_cam, "layercam"),
    "occlusion": _occlusion,
    "rise": _rise,
    "kernel-shap": partial(_on_superpixels, kernel_shap),
    "lime": partial(_on_superpixels, lime),
}
