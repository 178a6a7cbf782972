"""LIME and KernelSHAP on superpixels: a small linear model of what hiding parts of the picture does.

A coalition ``z ∈ {0, 1}^M`` says which of M superpixels are seen; the others show a baseline. Both methods fit
``f(z) ≈ φ₀ + Σ φ_i z_i`` to the scores of sampled coalitions by weighted least squares and differ in the weights.
KernelSHAP's make φ the Shapley values, and with them ``Σ φ_i = f(all) − f(none)`` (efficiency).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

CPU_BATCH, GPU_BATCH = 8, 64
LIME_WIDTH = 0.25  # of the kernel, as in the authors' code for pictures
RIDGE = 1.0  # LIME's penalty, as there

Floats = NDArray[np.float64]
Score = Callable[[NDArray[np.bool_]], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Linear model of the score.

    Parameters
    ----------
    done
        Number of coalitions that it rests on.
    phi
        ``(M,)``: what each superpixel adds.
    none, whole
        Score with all superpixels hidden, and with all seen.
    """

    done: int
    phi: Floats
    none: float
    whole: float

    def painted(self, segments: NDArray[np.int64]) -> NDArray[np.float32]:
        """Map ``(S, S)`` with each superpixel in its own value."""
        return self.phi[segments].astype(np.float32)


def superpixels(x: Tensor, wanted: int) -> NDArray[np.int64]:
    """Number of the superpixel at each pixel, ``(S, S)``, 0…M − 1; M is near `wanted`.

    SLIC (Achanta et al. 2012) on the colours in CIELAB; a grid where OpenCV comes without it.
    """
    side = int(x.shape[-1])
    region = max(4, round(side / wanted**0.5))
    if not hasattr(cv2, "ximgproc"):
        cells = np.arange(side) // region
        return _renumbered(cells[:, None] * (cells.max() + 1) + cells[None, :])
    pixels = x[0].detach().permute(1, 2, 0).cpu().numpy()
    low, span = pixels.min(), max(float(np.ptp(pixels)), 1e-6)
    as_bytes = np.ascontiguousarray(255 * (pixels - low) / span).astype(np.uint8)
    slic = cv2.ximgproc.createSuperpixelSLIC(cv2.cvtColor(as_bytes, cv2.COLOR_RGB2LAB), cv2.ximgproc.SLIC, region, 20.0)
    slic.iterate(10)
    slic.enforceLabelConnectivity(25)
    return _renumbered(slic.getLabels())


def _renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int64)


def coalition_score(net: nn.Module, x: Tensor, instead: Tensor, class_index: int, segments: NDArray[np.int64]) -> Score:
    """Logit of a class for coalitions ``(B, M) bool`` → ``(B,)``; hidden superpixels show `instead`."""
    places = torch.from_numpy(segments).to(x.device)

    def score(coalitions: NDArray[np.bool_]) -> Floats:
        seen = torch.from_numpy(coalitions).to(x.device)[:, places][:, None]  # (B, 1, S, S)
        views = torch.where(seen, x, instead).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            return np.asarray(net(views)[:, class_index].double().cpu().numpy())

    return score


def kernel_shap(
    score: Score,
    count: int,
    *,
    samples: int,
    seed: int,
    batch: int = CPU_BATCH,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Fit]:
    """Shapley values by sampling (Lundberg and Lee 2017, theorem 2), given out as they settle.

    The Shapley kernel ``π(z) = (M − 1) / (C(M, |z|) |z| (M − |z|))`` is met by drawing sizes |z| with chance
    ∝ 1 / (|z| (M − |z|)) and then members evenly, so that all samples weigh the same; each is followed by its
    complement. Efficiency is a condition of the fit and holds exactly from the first batch on.

    Parameters
    ----------
    count
        Number of superpixels M, ≥ 2.
    samples
        Number of coalitions, besides none and all.
    """
    rng = np.random.default_rng(seed)
    none, whole = score(np.array([np.zeros(count, bool), np.ones(count, bool)]))
    sizes = np.arange(1, count)
    chance = 1.0 / (sizes * (count - sizes))
    seen, found = np.empty((0, count), bool), np.empty(0)
    while len(seen) < samples:
        checkpoint()
        half = -(-min(batch, samples - len(seen)) // 2)
        drawn = _drawn(rng.choice(sizes, half, p=chance / chance.sum()), count, rng)
        group = np.stack([drawn, ~drawn], axis=1).reshape(-1, count)
        seen, found = np.concatenate([seen, group]), np.concatenate([found, score(group)])
        yield Fit(len(seen), _constrained(seen.astype(float), found - none, whole - none), none, whole)


def _drawn(sizes: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    ranks = np.argsort(np.argsort(rng.random((len(sizes), count)), axis=1), axis=1)
    return np.asarray(ranks < sizes[:, None])


def _constrained(z: Floats, y: Floats, total: float) -> Floats:
    """Least squares ``z φ ≈ y`` under ``Σ φ = total``; of many solutions the one nearest to equal shares."""
    share = total / z.shape[1]
    free = z - z.mean(axis=1, keepdims=True)  # a step that adds up to zero is what is left to choose
    step = np.linalg.lstsq(free, y - z.sum(axis=1) * share, rcond=1e-9)[0]
    return np.asarray(share + step - step.mean())


def lime(
    score: Score,
    count: int,
    *,
    samples: int,
    seed: int,
    batch: int = CPU_BATCH,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Fit]:
    """Local linear model (Ribeiro, Singh and Guestrin 2016), given out as it settles.

    Superpixels are seen with chance ½; a coalition weighs ``exp(−d² / 0.25²)`` with ``d = 1 − √(|z| / M)``, the
    cosine distance to the whole picture; ridge regression with penalty 1.
    """
    rng = np.random.default_rng(seed)
    none, whole = score(np.array([np.zeros(count, bool), np.ones(count, bool)]))
    seen, found = np.ones((1, count), bool), np.array([whole])
    while len(seen) < samples:
        checkpoint()
        group = rng.random((min(batch, samples - len(seen)), count)) < 0.5
        seen, found = np.concatenate([seen, group]), np.concatenate([found, score(group)])
        yield Fit(len(seen), _ridge(seen.astype(float), found), none, whole)


def _ridge(z: Floats, y: Floats) -> Floats:
    distance = 1.0 - np.sqrt(z.mean(axis=1))
    weight = np.exp(-((distance / LIME_WIDTH) ** 2))
    centred = z - np.average(z, axis=0, weights=weight)
    target = y - np.average(y, weights=weight)
    gram = centred.T @ (weight[:, None] * centred) + RIDGE * np.eye(z.shape[1])
    return np.asarray(np.linalg.solve(gram, centred.T @ (weight * target)))
