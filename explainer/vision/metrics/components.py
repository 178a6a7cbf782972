"""Principal components: the directions in which vectors vary most."""

import numpy as np
from numpy.typing import NDArray


def axes(centred: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Directions ``(D, count)`` of largest variance, of length 1 and the largest first.

    By the eigenvectors of the smaller of covariance ``XᵀX`` and Gram matrix ``XXᵀ``. The sign of a direction is free:
    its largest entry is made positive.

    Parameters
    ----------
    centred
        Vectors ``(N, D)`` about their mean; `count` is at most the smaller of N and D.
    """
    wide = centred.shape[1] > centred.shape[0]
    found = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)[1][:, ::-1][:, :count]
    along = centred.T @ found if wide else found
    along = along / np.maximum(np.linalg.norm(along, axis=0), 1e-12)
    return np.asarray(along * np.where(along[np.abs(along).argmax(0), np.arange(along.shape[1])] < 0, -1.0, 1.0))


def laid_flat(vectors: NDArray[np.floating], count: int = 2) -> tuple[NDArray[np.float64], float]:
    """Coordinates ``(N, count)`` of ``(N, D)`` along its first components, and their share of the variance, 0…1."""
    centred = np.asarray(vectors, np.float64) - vectors.mean(0, dtype=np.float64)
    found = centred @ axes(centred, count)
    return found, float((found**2).sum() / max(float((centred**2).sum()), 1e-300))
