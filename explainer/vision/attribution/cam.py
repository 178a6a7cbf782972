"""Class activation maps from a layer's feature maps and their gradients.

Symbols: ``A`` the activation ``(C, h, w)``, ``G`` the gradient of the logit ``yᶜ`` of class c with respect
to it, ``k`` a feature map, ``(i, j)`` a cell. Every method is a weighted sum over k cut off below zero,
``L = ReLU(Σ_k W_k ⊙ A_k)``; they differ in the weights W alone. All maps are raw: at the layer's own
resolution and not scaled.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class ClassMap:
    """The map of one class at one layer.

    Parameters
    ----------
    raw
        ``(h, w) float32``: before the cut-off; below zero where the sum speaks against the class.
    weights
        ``(C,) float32``: weight of each feature map; where weights differ from cell to cell, their mean.
    contributions
        ``(C,) float32``: mean over the cells of what each feature map adds to the sum.
    """

    raw: NDArray[np.float32]
    weights: NDArray[np.float32]
    contributions: NDArray[np.float32]

    @property
    def values(self) -> NDArray[np.float32]:
        """The map after the cut-off, ≥ 0."""
        return np.maximum(self.raw, 0.0)

    @property
    def raw_max(self) -> float:
        """Largest value before the cut-off; below zero when nothing at this layer speaks for the class."""
        return float(self.raw.max())

    @property
    def is_finite(self) -> bool:
        """Whether every cell is a finite number."""
        return bool(np.isfinite(self.values).all())

    @property
    def finite(self) -> NDArray[np.float32]:
        """The map with zero where a cell is not a finite number, so that it can be drawn."""
        return np.nan_to_num(self.values, nan=0.0, posinf=0.0, neginf=0.0)

    @property
    def strongest(self) -> int:
        """Index of the feature map that adds most."""
        return int(self.contributions.argmax())


def grad_cam_weights(_activation: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM: ``α_k = mean_ij G_kij`` (Selvaraju et al. 2017, eq. 1)."""
    return gradient.mean(dim=(1, 2), keepdim=True)


def grad_cam_pp_weights(activation: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM++: ``Σ_ij a_kij ReLU(G_kij)`` with ``a = G² / (2 G² + (Σ A_k) G³)``.

    Chattopadhay et al. 2018, eq. 19, for a score ``exp(yᶜ)``; 1e-6 is added below the fraction as in the
    widely used pytorch-grad-cam, and it is not negligible: gradients at a last layer are of the order 1e-3.
    Cells with G ≤ 0 drop out by the ReLU, so their fraction, which may have a pole, is not computed.
    """
    positive = gradient.clamp_min(0.0)
    squared = positive.square()
    total = activation.sum(dim=(1, 2), keepdim=True)
    below = 2.0 * squared + total * squared * positive + 1e-6
    fraction = torch.where((positive > 0) & (below != 0), squared / below, 0.0)
    return (positive * fraction).sum(dim=(1, 2), keepdim=True)


def hirescam_weights(_activation: Tensor, gradient: Tensor) -> Tensor:
    """HiResCAM: ``G`` itself, cell by cell (Draelos and Carin 2020)."""
    return gradient


def layercam_weights(_activation: Tensor, gradient: Tensor) -> Tensor:
    """LayerCAM: ``ReLU(G)``, cell by cell (Jiang et al. 2021, eq. 6)."""
    return gradient.clamp_min(0.0)


def xgrad_cam_weights(activation: Tensor, gradient: Tensor) -> Tensor:
    """XGrad-CAM: ``Σ_ij G_kij A_kij / Σ_ij A_kij`` (Fu et al. 2020, eq. 8; 1e-7 added below)."""
    total = activation.sum(dim=(1, 2), keepdim=True) + 1e-7
    return (gradient * activation).sum(dim=(1, 2), keepdim=True) / total


WEIGHTS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "grad-cam": grad_cam_weights,
    "grad-cam-pp": grad_cam_pp_weights,
    "hirescam": hirescam_weights,
    "layercam": layercam_weights,
    "xgrad-cam": xgrad_cam_weights,
}


def class_map(activation: Tensor, gradient: Tensor, method: str = "grad-cam") -> ClassMap:
    """Weigh feature maps and add them up.

    Parameters
    ----------
    activation, gradient
        ``(1, C, h, w)``, without a graph: output of the layer, and of the class's logit its derivative.
    method
        One of `WEIGHTS`.

    Raises
    ------
    ValueError
        If the layer has no space left, or the two shapes differ.
    """
    if activation.ndim != 4 or activation.shape != gradient.shape or activation.shape[0] != 1:
        raise ValueError(f"a map needs (1, C, h, w) twice, got {activation.shape} and {gradient.shape}")
    maps = activation[0]
    weights = WEIGHTS[method](maps, gradient[0])  # (C, h, w) or (C, 1, 1)
    weighted = weights * maps
    parts = (weighted.sum(dim=0).flatten(), weights.mean(dim=(1, 2)), weighted.mean(dim=(1, 2)))
    return _class_map(torch.cat(parts).float().cpu().numpy(), maps.shape[0], (maps.shape[1], maps.shape[2]))


@dataclass(frozen=True, slots=True, eq=False)
class AddedUp:
    """The sum of a class map on its way: weighted feature maps added one by one, the one that adds most first.

    Parameters
    ----------
    sums
        ``(C, h, w) float32``, ≥ 0: row k is what the k + 1 strongest maps come to, after the cut-off.
    """

    sums: NDArray[np.float32]

    @property
    def peaks(self) -> NDArray[np.float32]:
        """``(C,)``: largest value of each sum; it falls again where maps speak against the class."""
        peaks: NDArray[np.float32] = self.sums.max(axis=(1, 2))
        return peaks


def added_up(activation: Tensor, gradient: Tensor, method: str = "grad-cam") -> AddedUp:
    """Add the weighted maps of `class_map` in the order of what each contributes, the largest first."""
    maps = activation[0]
    weighted = WEIGHTS[method](maps, gradient[0]) * maps
    order = weighted.mean(dim=(1, 2)).argsort(descending=True, stable=True)
    sums = weighted[order].cumsum(dim=0).clamp_min(0.0)
    return AddedUp(sums.float().cpu().numpy())


def _class_map(packed: NDArray[np.float32], channels: int, size: tuple[int, int]) -> ClassMap:
    """Take apart what came from the device in one copy: raw map, weights, contributions."""
    cells = size[0] * size[1]
    raw = packed[:cells].reshape(size)
    return ClassMap(raw, packed[cells : cells + channels], packed[cells + channels :])
