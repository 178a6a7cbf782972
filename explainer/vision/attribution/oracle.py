"""The same map from captum, where it has the method and one pass is enough."""

from collections.abc import Callable, Mapping

import numpy as np

from explainer.vision.attribution.methods import Map, Question


def _saliency(q: Question) -> Map:
    from captum.attr import Saliency

    found = Saliency(q.network).attribute(_leaf(q), q.class_index)
    return np.asarray(found[0].amax(dim=0).detach().cpu().numpy())


def _input_x_gradient(q: Question) -> Map:
    from captum.attr import InputXGradient

    found = InputXGradient(q.network).attribute(_leaf(q), q.class_index)
    return np.asarray(found[0].sum(dim=0).detach().cpu().numpy())


def _grad_cam(q: Question) -> Map:
    from captum.attr import LayerGradCam

    layer = q.network.get_submodule(q.layer)
    found = LayerGradCam(q.network, layer).attribute(_leaf(q), q.class_index, relu_attributions=True)
    return np.asarray(found[0, 0].detach().cpu().numpy())


def _leaf(q: Question) -> object:
    return q.x.detach().clone().requires_grad_()


ORACLES: Mapping[str, Callable[[Question], Map]] = {
    "gradient": _saliency,
    "gradient-x-input": _input_x_gradient,
    "grad-cam": _grad_cam,
}


def deviation(method: str, asked: Question, heat: Map) -> float | None:
    """Largest difference to captum's map, as a share of its largest magnitude; ``None`` where there is none."""
    if method not in ORACLES:
        return None
    theirs = ORACLES[method](asked)
    scale = float(np.abs(theirs).max())
    return float(np.abs(heat - theirs).max()) / scale if scale > 0 else None
