"""How alike two representations of the same pictures are, whatever their axes: linear centred kernel alignment.

References
----------
S. Kornblith, M. Norouzi, H. Lee, G. Hinton. Similarity of neural network representations revisited. ICML 2019.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def gram(features: NDArray[np.floating]) -> Floats:
    """Inner products of rows ``(N, …)``, centred: ``H X Xᵀ H`` with ``H = I − 1/N``, ``(N, N)``."""
    rows = features.reshape(len(features), -1).astype(np.float64)
    products = rows @ rows.T
    return np.asarray(products - products.mean(0) - products.mean(1, keepdims=True) + products.mean())


def alike(one: Floats, other: Floats) -> float:
    """``⟨K, L⟩ / (‖K‖ ‖L‖)`` of two centred Gram matrices, 0…1; 0 where one of them is constant.

    Equal representations have 1, and so have those that differ by a rotation or one scale.
    """
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum() / size) if size > 0 else 0.0
