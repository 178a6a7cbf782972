"""Integrated Gradients: slopes added up along the straight path from a baseline to the picture.

Sundararajan, Taly and Yan 2017, eq. 1:
``IG = (x − x') ⊙ ∫₀¹ ∂yᶜ/∂x (x' + α (x − x')) dα``, ``x`` the picture, ``x'`` the baseline, ``yᶜ`` the logit.
By the chain rule the attributions add up to ``yᶜ(x) − yᶜ(x')`` (completeness). A sum over a few points of the
path does so only as well as those points catch the places where the score changes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.attribution.controls import stand_in
from explainer.vision.attribution.gradients import CPU_BATCH, GPU_BATCH

Floats = NDArray[np.float64]

# Where the score is looked at before points are placed: closer together near the baseline, where it rises.
PROBES = np.linspace(0.0, 1.0, 17) ** 3
EVEN_SHARE = 0.2  # of the points are spread evenly, so that no part of the path is left out


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Places on the path where the gradient is taken.

    Parameters
    ----------
    alphas
        ``(N,)``, 0…1, rising.
    weights
        ``(N,)``: length of path that each stands for; they add up to 1.
    """

    alphas: Floats
    weights: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far the sum has come.

    Parameters
    ----------
    done
        Points used so far.
    attributions
        ``(1, 3, S, S)``: weighted sum so far, divided by the weight that it has so far.
    scores, slopes
        ``(N,)``, NaN where not yet computed: logit at each point, and its derivative along the path.
    """

    done: int
    attributions: Tensor
    scores: Floats
    slopes: Floats


def points(rule: str, steps: int, along: tuple[Floats, Floats] | None = None) -> Points:
    """Points and weights of a quadrature rule over 0…1.

    ``right``: k/N, ``left``: (k − 1)/N, ``trapezoid``: N points from 0 to 1 with half weight at the ends,
    ``gauss``: zeros of the Legendre polynomial of degree N, exact for polynomials up to degree 2 N − 1.

    Parameters
    ----------
    steps
        Number of points N, ≥ 2.
    along
        ``(t, α)``, rising from 0 to 1: the rule is laid over ``t`` and carried to the path by straight lines
        between these pairs. Each point then stands for the stretch of path that its weight became.
    """
    if rule == "gauss":
        nodes, doubled = np.polynomial.legendre.leggauss(steps)
        t, weights = (nodes + 1.0) / 2.0, doubled / 2.0
    elif rule == "trapezoid":
        t, weights = np.linspace(0.0, 1.0, steps), np.full(steps, 1.0 / (steps - 1))
        weights[[0, -1]] /= 2.0
    else:
        t = (np.arange(steps) + (rule == "right")) / steps
        weights = np.full(steps, 1.0 / steps)
    if along is None:
        return Points(t, weights)
    # The running sum of a rule's weights separates its points, so each stretch holds its own point.
    edges = np.concatenate([[0.0], np.cumsum(weights)[:-1], [1.0]])
    return Points(np.interp(t, *along), np.diff(np.interp(edges, *along)))


def following(alphas: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Pairs ``(t, α)`` that put points where the score changes, for `points`.

    ``t`` grows with ``|Δscore|``, and with `EVEN_SHARE` of it evenly, so it never stands still.

    Parameters
    ----------
    alphas, scores
        ``(P,)``: rising from 0 to 1, and the score there.
    """
    change = np.abs(np.diff(scores))
    total = float(change.sum())
    moving = change / total if total > 0 else np.diff(alphas)
    steps = (1.0 - EVEN_SHARE) * moving + EVEN_SHARE * np.diff(alphas)
    t = np.concatenate([[0.0], np.cumsum(steps)])
    return t / t[-1], alphas


def baseline(x: Tensor, kind: str, mean: tuple[float, ...], std: tuple[float, ...], seed: int = 0) -> Tensor:
    """Picture at the start of the path.

    Parameters
    ----------
    x
        ``(1, 3, S, S)``, normalised.
    kind
        ``black`` and ``grey`` are pixels 0 and ½ *before* normalising, ``blur`` the blurred picture, ``noise``
        even random numbers 0…1 for each pixel and colour.
    mean, std
        Of the normalisation, on the scale 0…1.
    """
    if kind == "blur":
        return stand_in(x, "blur")
    shape = torch.empty_like(x)
    if kind == "noise":
        drawn = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype)
        shape.copy_(drawn)
    else:
        shape.fill_(0.0 if kind == "black" else 0.5)
    centre, scale = (torch.tensor(v, dtype=x.dtype, device=x.device).view(1, 3, 1, 1) for v in (mean, std))
    return shape.sub_(centre).div_(scale)


def scores_along(
    net: nn.Module,
    x: Tensor,
    start: Tensor,
    class_index: int,
    alphas: Floats,
    *,
    checkpoint: Callable[[], None] = lambda: None,
) -> Floats:
    """Logit at places of the path, ``(N,)``; forward passes only."""
    found: list[float] = []
    for group in np.array_split(alphas, max(1, -(-len(alphas) // _batch(x)))):
        checkpoint()
        with torch.no_grad():
            found += net(_on_path(x, start, group))[:, class_index].double().tolist()
    return np.array(found)


def integrate(
    net: nn.Module,
    x: Tensor,
    start: Tensor,
    class_index: int,
    where: Points,
    *,
    batch: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
    stretches: Tensor | None = None,
) -> Iterator[Progress]:
    """Add up slopes along the path, given out as the sum grows.

    Points are taken in strides over the whole path, so that the first sums already span it.

    Parameters
    ----------
    start
        Baseline ``(1, 3, S, S)``.
    batch
        Points that go through the network together; 0 takes what was fastest on such a device.
    stretches
        ``(K, S, S)`` of zeros, where each K-th part of the points, in the order of the path, leaves what it adds,
        colours added up.
    """
    batch = batch or _batch(x)
    count, difference = len(where.alphas), (x - start).contiguous(memory_format=torch.channels_last)
    total, weight, done = torch.zeros_like(difference), 0.0, 0
    scores, slopes = np.full(count, np.nan), np.full(count, np.nan)
    for chosen in _strided(count, batch):
        checkpoint()
        logits, gradients = _gradients(net, _on_path(x, start, where.alphas[chosen]), class_index)
        gradients *= difference
        shares = torch.as_tensor(where.weights[chosen], dtype=x.dtype, device=x.device)
        total = total + (gradients * shares.view(-1, 1, 1, 1)).sum(dim=0, keepdim=True)
        if stretches is not None:
            part = torch.as_tensor(chosen * len(stretches) // count, device=stretches.device)
            stretches.index_add_(0, part, (gradients.sum(dim=1) * shares.view(-1, 1, 1)).to(stretches))
        scores[chosen], slopes[chosen] = logits, gradients.sum(dim=(1, 2, 3), dtype=torch.float64).cpu().numpy()
        weight, done = weight + float(where.weights[chosen].sum()), done + len(chosen)
        yield Progress(done, total / weight if 0 < weight < 1 and done < count else total, scores, slopes)


def _gradients(net: nn.Module, pictures: Tensor, class_index: int) -> tuple[Floats, Tensor]:
    """Logits ``(B,)`` and their gradients ``(B, 3, S, S)``."""
    with torch.enable_grad():
        leaf = pictures.requires_grad_()
        logits = net(leaf.clone(memory_format=torch.preserve_format))[:, class_index]
        (gradient,) = torch.autograd.grad(logits.sum(), leaf)
    return logits.detach().double().cpu().numpy(), gradient


def _on_path(x: Tensor, start: Tensor, alphas: Floats) -> Tensor:
    """``x' + α (x − x')`` for each α, ``(B, 3, S, S)``."""
    shares = torch.as_tensor(alphas, dtype=x.dtype, device=x.device).view(-1, 1, 1, 1)
    return torch.lerp(start, x, shares).contiguous(memory_format=torch.channels_last)


def _strided(count: int, batch: int) -> list[NDArray[np.int64]]:
    groups = -(-count // batch)
    return [np.arange(first, count, groups) for first in range(groups)]


def _batch(x: Tensor) -> int:
    return CPU_BATCH if x.device.type == "cpu" else GPU_BATCH


def reached(alphas: NDArray[np.float64], made: NDArray[np.float64], share: float) -> float:
    """First place of a path from which on `share` of the change was made, between points by a straight line.

    Parameters
    ----------
    alphas, made
        Places of the points on the way, from 0 to 1, and the share of the change that was made there.
    """
    alphas, made = (np.concatenate([[0.0], inside, [1.0]]) for inside in (alphas, made))
    after = int(np.argmax(made >= share))
    before = after - 1
    rise = made[after] - made[before]
    part = (share - made[before]) / rise if rise > 0 else 1.0
    return float(alphas[before] + part * (alphas[after] - alphas[before]))
