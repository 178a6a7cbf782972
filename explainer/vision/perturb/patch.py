"""The adversarial patch: a small square that may look as it likes (Brown et al. 2017).

Theirs is trained over many pictures, places and sizes to work anywhere; this one is made for one picture and
one place, which is easier. No ball limits it: it need not be hard to see.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.vision.perturb.attacks import WHITE, Victim, loss_and_gradient

LAST_STEP = 0.1  # the step shrinks linearly to this share of the first, so that the end is no zigzag


@dataclass(frozen=True, slots=True)
class Square:
    """Pixels ``top … top + side`` by ``left … left + side`` of the network's input."""

    left: int
    top: int
    side: int

    def part(self, x: Tensor) -> Tensor:
        """The patch within ``(B, C, S, S)``; a view."""
        return x[:, :, self.top : self.top + self.side, self.left : self.left + self.side]

    def pasted(self, x: Tensor, patch: Tensor) -> Tensor:
        """Return a copy of `x` with `patch` ``(B, 3, side, side)`` in its place."""
        out = x.clone(memory_format=torch.preserve_format)
        self.part(out).copy_(patch)
        return out


def square_at(x_px: float, y_px: float, share: float, size: int) -> Square:
    """Place a square of `share` of the input's side round a point, moved inside the input where it sticks out."""
    side = min(size, max(1, round(share * size)))
    left, top = (min(max(round(at - side / 2), 0), size - side) for at in (x_px, y_px))
    return Square(left, top, side)


def random_patch(x: Tensor, square: Square, seed: int) -> Tensor:
    """Return `x` with a square of random pixels: the control that covers as much and knows nothing."""
    noise = torch.rand((1, 3, square.side, square.side), generator=torch.Generator().manual_seed(seed))
    return square.pasted(x, (noise * WHITE).round().to(x))


def optimise(
    victim: Victim,
    x: Tensor,
    label: Tensor,
    square: Square,
    *,
    steps: int,
    step: float,
    targeted: bool,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Tensor, float]]:
    """Descend on the patch's pixels along the sign of the gradient, from random ones.

    ``p ← clip(p ± α sign ∂J/∂p)``, ``J = −log softmax(f(x with p))_label``: up to get away from the label,
    down to reach it.

    Parameters
    ----------
    x
        ``(1, 3, S, S)`` grey levels.
    label
        ``(1,) int64``.
    step
        First α as a share of the whole range 0…255.

    Yields
    ------
    picture, loss
        The picture after each step, and the loss before it.
    """
    now = random_patch(x, square, seed)
    sign = -1.0 if targeted else 1.0
    for count in range(steps):
        checkpoint()
        loss, gradient = loss_and_gradient(victim, now, label)
        length = step * WHITE * (1.0 - (1.0 - LAST_STEP) * count / max(1, steps - 1))
        patch = square.part(now) + sign * length * square.part(gradient).sign()
        now = square.pasted(x, patch.clamp(0.0, WHITE))
        yield now, float(loss)
