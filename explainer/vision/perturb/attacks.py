"""Gradient attacks on a classifier, in grey levels.

Pixels run from 0 to 255 and budgets are counted in the same unit, so that a picture of 8 bits, a radius in
quarters of a level and their sum are exact in float32: the ball is respected to the last bit.

Symbols: ``x`` the picture ``(B, 3, S, S)``, ``c`` the label, ``J(x, c) = −log softmax(f(x))_c``,
``g = ∂J/∂x``, ``ε`` the radius. An untargeted attack raises J of the true class, a targeted one lowers J of
the class that is wanted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from numpy.typing import NDArray
from torch import Tensor, nn

Norm = Literal["linf", "l2"]
Front = Callable[[Tensor], Tensor]

WHITE = 255.0
# Pictures that go through the network together, forward and backward; four were fastest on two cores.
CPU_BATCH, GPU_BATCH = 4, 32
SHRINK = 1.0 - 2.0**-40  # leaves room for the rounding of a length that is summed in float64


def grey_levels(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Undo the normalisation of an 8-bit picture ``(B, 3, S, S)``: whole numbers 0…255, float32."""
    return ((x * _planes(std, x) + _planes(mean, x)) * WHITE).round_().clamp_(0.0, WHITE)


def _planes(numbers: tuple[float, ...], like: Tensor) -> Tensor:
    return torch.tensor(numbers, device=like.device, dtype=like.dtype).view(1, -1, 1, 1)


@dataclass(frozen=True, slots=True)
class Victim:
    """A network as a function of grey levels: what stands before it, and what is done to its logits.

    Parameters
    ----------
    net
        Frozen, in evaluation mode; takes normalised pictures.
    mean, std
        Of the normalisation, on the scale 0…1.
    front
        A defence that the picture passes first, grey levels to grey levels.
    scale
        Factor on the logits; a large one makes softmax saturate.
    draws
        Copies of each picture that pass a `front` which rolls dice; answers and losses are averaged
        (expectation over transformation, Athalye et al. 2018).
    """

    net: nn.Module
    mean: tuple[float, ...]
    std: tuple[float, ...]
    front: Front | None = None
    scale: float = 1.0
    draws: int = 1

    def logits(self, x: Tensor) -> Tensor:
        """Map ``(B, 3, S, S)`` grey levels to logits ``(B · draws, K)``."""
        if self.draws > 1:
            x = x.repeat_interleave(self.draws, dim=0)
        if self.front is not None:
            x = self.front(x)
        weight, shift = 1.0 / (WHITE * _planes(self.std, x)), _planes(self.mean, x) / _planes(self.std, x)
        ready = (x * weight - shift).contiguous(memory_format=torch.channels_last)
        out: Tensor = self.net(ready)
        return out * self.scale if self.scale != 1.0 else out

    def probabilities(self, x: Tensor, checkpoint: Callable[[], None] = lambda: None) -> Tensor:
        """Softmax ``(B, K)``, the mean over `draws`; no graph, a few pictures at a time."""
        rows = []
        for part in torch.split(x, max(1, 2 * batch_size(x) // self.draws)):
            checkpoint()
            with torch.no_grad():
                answers = self.logits(part).softmax(dim=1)
            rows.append(answers.view(len(part), self.draws, -1).mean(dim=1))
        return torch.cat(rows)

    def answers(self, *pictures: Tensor) -> NDArray[np.float64]:
        """Probabilities ``(N, K)`` for pictures ``(·, 3, S, S)`` of one size, N in all."""
        return np.asarray(self.probabilities(torch.cat(pictures)).double().cpu().numpy())


def resized(x: Tensor, side: int) -> Tensor:
    """Pictures ``(B, 3, S, S)`` for a network with an input of `side` pixels; bilinear, antialiased."""
    return F.interpolate(x, (side, side), mode="bilinear", antialias=True)


def pixels(x: Tensor) -> NDArray[np.float32]:
    """Turn ``(1, 3, S, S)`` grey levels into ``(S, S, 3)``."""
    return np.ascontiguousarray(x[0].permute(1, 2, 0).cpu().numpy(), dtype=np.float32)


def slope_numbers(gradient: Tensor) -> tuple[float, float]:
    """Euclidean length of a gradient ``(1, 3, S, S)``, and the share of it that is exactly zero."""
    return float(lengths(gradient)), float((gradient == 0).double().mean())


def batch_size(x: Tensor) -> int:
    """Return how many pictures are best sent forward and back together on the device of `x`."""
    return CPU_BATCH if x.device.type == "cpu" else GPU_BATCH


class LossGraph:
    """One forward pass that is kept: gradients of the loss for any label cost a backward pass each."""

    def __init__(self, victim: Victim, x: Tensor) -> None:
        with torch.enable_grad():
            self._x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
            self._logits = victim.logits(self._x)
        self._draws = victim.draws

    @property
    def logits(self) -> Tensor:
        """``(B, K)``, the mean over draws, without a graph."""
        return self._logits.detach().view(len(self._x), self._draws, -1).mean(dim=1)

    def gradient(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return loss ``(B,)`` and its gradient ``(B, 3, S, S)``, per grey level.

        Parameters
        ----------
        labels
            ``(B,) int64``.
        """
        with torch.enable_grad():
            each = F.cross_entropy(self._logits, labels.repeat_interleave(self._draws), reduction="none")
            loss = each.view(len(labels), self._draws).mean(dim=1)
            (gradient,) = torch.autograd.grad(loss.sum(), self._x, retain_graph=True)
        return loss.detach(), gradient


def loss_and_gradient(victim: Victim, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Loss ``(B,)`` and ``∂J/∂x`` ``(B, 3, S, S)``, a few pictures at a time."""
    size = max(1, batch_size(x) // victim.draws)
    pairs = [
        LossGraph(victim, part).gradient(label)
        for part, label in zip(torch.split(x, size), torch.split(labels, size), strict=True)
    ]
    return torch.cat([loss for loss, _ in pairs]), torch.cat([gradient for _, gradient in pairs])


@dataclass(frozen=True, slots=True)
class Budget:
    """How far an attack may go.

    Parameters
    ----------
    norm
        ``"linf"``: no pixel moves by more than `eps`; ``"l2"``: the change is no longer than `eps`.
    eps
        Radius in grey levels, one number or one for each picture.
    step
        Length of a step of PGD as a share of `eps`.
    targeted
        Whether the label is where to go to, rather than what to get away from.
    """

    norm: Norm = "linf"
    eps: float | tuple[float, ...] = 2.0
    step: float = 0.25
    targeted: bool = False

    def radii(self, x: Tensor) -> Tensor:
        """``(B or 1, 1, 1, 1) float64``."""
        numbers = self.eps if isinstance(self.eps, tuple) else (self.eps,)
        return torch.tensor(numbers, dtype=torch.float64, device=x.device).view(-1, 1, 1, 1)


def fgsm(x: Tensor, gradient: Tensor, budget: Budget) -> Tensor:
    """One step of full length along the sign of the gradient (Goodfellow, Shlens and Szegedy 2015, sec. 4).

    ``x' = clip(x + ε sign g)``; targeted, the sign is reversed. Where g is exactly zero nothing moves.
    """
    return _step(x, x, gradient, budget, 1.0)


def pgd(
    victim: Victim, x: Tensor, labels: Tensor, budget: Budget, steps: int,
    checkpoint: Callable[[], None] = lambda: None, start: Tensor | None = None,
) -> Iterator[Tensor]:  # fmt: skip
    """Projected gradient descent (Madry et al. 2018, sec. 2.1), started at `x` itself, or carried on from `start`.

    ``x ← Π(x + α d)``, where Π projects on the ball and on 0…255; ``d = sign g`` in L∞, ``g / ‖g‖₂`` in L2.

    Yields
    ------
    Tensor
        The picture after each of the `steps` steps, ``(B, 3, S, S)``.
    """
    now = x if start is None else start
    for _ in range(steps):
        checkpoint()
        _, gradient = loss_and_gradient(victim, now, labels)
        now = _step(now, x, gradient, budget, budget.step)
        yield now


def _step(now: Tensor, x: Tensor, gradient: Tensor, budget: Budget, share: float) -> Tensor:
    radius = budget.radii(x)
    length = (radius * share).to(x.dtype)
    way = gradient.sign() if budget.norm == "linf" else _unit(gradient)
    moved = now - length * way if budget.targeted else now + length * way
    return project(moved, x, budget.norm, radius)


def _unit(gradient: Tensor) -> Tensor:
    size = lengths(gradient)
    return torch.where(size > 0, gradient / size.clamp_min(torch.finfo(gradient.dtype).tiny), 0.0).to(gradient.dtype)


def lengths(change: Tensor) -> Tensor:
    """Euclidean length of each picture's change, ``(B, 1, 1, 1) float64``."""
    sizes: Tensor = torch.linalg.vector_norm(change.double(), dim=(1, 2, 3), keepdim=True)
    return sizes


def project(moved: Tensor, x: Tensor, norm: Norm, radius: Tensor) -> Tensor:
    """Put `moved` back into the ball of `radius` round `x` and into 0…255; exact in the last bit.

    The second clip cannot leave the ball: `x` lies in the box, so each pixel only comes nearer to it.

    Parameters
    ----------
    radius
        ``(B or 1, 1, 1, 1) float64``, grey levels.
    """
    if norm == "linf":
        low, high = _inside(x.double() - radius, 1), _inside(x.double() + radius, -1)
        return torch.maximum(torch.minimum(moved, high), low).clamp(0.0, WHITE)
    return _shortened(moved.clamp(0.0, WHITE), x, radius)


def _inside(bound: Tensor, towards: int) -> Tensor:
    """Round a float64 bound to float32, never past it."""
    near = bound.float()
    past = near.double() < bound if towards > 0 else near.double() > bound
    return torch.where(past, torch.nextafter(near, torch.full_like(near, towards * torch.inf)), near)


def _shortened(moved: Tensor, x: Tensor, radius: Tensor) -> Tensor:
    """Scale a change that is too long; each value is rounded towards `x`, so that the length is never exceeded."""
    change = moved.double() - x.double()
    size = lengths(change)
    kept = SHRINK * radius / size.clamp_min(1e-300) * change
    near = (x.double() + kept).float()
    past = (near.double() - x.double()).abs() > kept.abs()
    return torch.where(size > radius, torch.where(past, torch.nextafter(near, x), near), moved)


def random_change(x: Tensor, norm: Norm, radius: Tensor, seed: int) -> Tensor:
    """Return `x` with noise that uses up the whole radius, but knows no gradient.

    In L∞ each value moves by exactly ±ε, a fair coin each, as in FGSM; in L2 it is Gaussian noise of length ε.
    Clipping to 0…255 may shorten it.

    Parameters
    ----------
    radius
        ``(B or 1, 1, 1, 1) float64``; the same noise is scaled for each.
    """
    noise = torch.randn((1, *x.shape[1:]), generator=torch.Generator().manual_seed(seed)).to(x.device)
    way = torch.where(noise < 0, -1.0, 1.0) if norm == "linf" else _unit(noise)
    return project(x + radius.to(x.dtype) * way, x, norm, radius)
