"""RISE: the score behind many random masks tells which pixels it needs (Petsiuk, Das and Saenko 2018).

A mask ``M`` is a random grid of zeros and ones, enlarged bilinearly and shifted by part of a cell. The importance
of pixel λ is the expected score given that it is seen, eq. 5 of the paper:
``S_λ = 1/(N E[M]) Σ_n sᶜ(x ⊙ M_n) M_n(λ)``, ``s`` the softmax score.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

CPU_BATCH, GPU_BATCH = 8, 64


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far it has come.

    Parameters
    ----------
    done
        Number of masks so far.
    expected
        ``(S, S) float32``: the paper's map, the mean score given that a pixel is seen.
    gain
        ``(S, S) float32``: how far seeing the pixel lifts the score above the mean over all masks,
        ``1/(N p) Σ (s_n − s̄) M_n``. The same picture without the large constant, and with a sign.
    scores
        ``(done,)``: score behind each mask.
    best, worst
        ``(S, S) float32``: the masks with the highest and the lowest score so far.
    """

    done: int
    expected: NDArray[np.float32]
    gain: NDArray[np.float32]
    scores: NDArray[np.float64]
    best: NDArray[np.float32]
    worst: NDArray[np.float32]


def random_masks(count: int, side: int, cells: int, seen: float, generator: torch.Generator) -> Tensor:
    """Draw soft masks ``(count, 1, side, side)``, 0…1.

    Parameters
    ----------
    cells
        Cells of the grid along a side.
    seen
        Chance p that a cell is seen.
    """
    pitch = -(-side // cells)
    grid = (torch.rand((count, 1, cells + 1, cells + 1), generator=generator) < seen).float()
    large = interpolate(grid, size=(cells + 1) * pitch, mode="bilinear", align_corners=False)
    shifts = torch.randint(0, pitch, (count, 2), generator=generator).tolist()
    return torch.stack([m[:, dy : dy + side, dx : dx + side] for m, (dy, dx) in zip(large, shifts, strict=True)])


def seen_through(x: Tensor, instead: Tensor, mask: NDArray[np.float32]) -> Tensor:
    """Picture ``(1, 3, S, S)`` behind a soft mask ``(S, S)``: 1 shows `x`, 0 shows `instead`."""
    return torch.lerp(instead, x, torch.from_numpy(mask).to(x.device))


def rise(
    net: nn.Module,
    x: Tensor,
    instead: Tensor,
    class_index: int,
    *,
    masks: int,
    cells: int = 7,
    seen: float = 0.5,
    seed: int = 0,
    batch: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Progress]:
    """Score random views of the picture; the running mean after each batch.

    Parameters
    ----------
    instead
        ``(1, 3, S, S)``: what hidden pixels show.
    masks
        Their number N. The paper takes 4,000 to 8,000.
    seed
        The same seed draws the same masks for every `masks` and on every device.
    """
    batch = batch or (CPU_BATCH if x.device.type == "cpu" else GPU_BATCH)
    generator = torch.Generator().manual_seed(seed)
    side, scores = int(x.shape[-1]), np.empty(0)
    best = worst = np.zeros((side, side), np.float32)
    weighted, shown = torch.zeros((side, side), dtype=torch.float64), torch.zeros((side, side), dtype=torch.float64)
    while len(scores) < masks:
        checkpoint()
        drawn = _drawn(min(batch, masks - len(scores)), side, cells, seen, generator)
        score = _scores(net, x, instead, drawn.to(x.device), class_index)
        weighted += torch.einsum("n,nhw->hw", score, drawn[:, 0].double())
        shown += drawn[:, 0].double().sum(dim=0)
        if not scores.size or float(score.max()) > scores.max():
            best = np.asarray(drawn[int(score.argmax()), 0].numpy())
        if not scores.size or float(score.min()) < scores.min():
            worst = np.asarray(drawn[int(score.argmin()), 0].numpy())
        scores = np.concatenate([scores, score.numpy()])
        scale = 1.0 / (len(scores) * seen)
        gain = scale * (weighted - float(scores.mean()) * shown)
        yield Progress(len(scores), _array(scale * weighted), _array(gain), scores, best, worst)


def gathered(
    scores: NDArray[np.float64], done: int, side: int, cells: int, seen: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Map of the first `done` masks alone, as `Progress.gain`, from their scores, and the last of these masks.

    The masks are drawn again, as `rise` with this seed drew them: keeping them would take much more room.
    """
    generator, weight = torch.Generator().manual_seed(seed), torch.from_numpy(scores[:done] - scores[:done].mean())
    total = torch.zeros((side, side), dtype=torch.float64)
    for first in range(0, done, CPU_BATCH):
        count = min(CPU_BATCH, len(scores) - first)
        drawn = random_masks(count, side, cells, seen, generator)[: done - first]
        total += torch.einsum("n,nhw->hw", weight[first : first + len(drawn)], drawn[:, 0].double())
    return _array(total / (done * seen)), np.asarray(drawn[-1, 0].numpy())


def _drawn(count: int, side: int, cells: int, seen: float, generator: torch.Generator) -> Tensor:
    """Draw masks in portions of the CPU's, however many a device takes at once: so all devices see the same ones."""
    starts = range(0, count, CPU_BATCH)
    return torch.cat([random_masks(min(CPU_BATCH, count - at), side, cells, seen, generator) for at in starts])


def _array(values: Tensor) -> NDArray[np.float32]:
    return np.asarray(values.float().numpy())


def _scores(net: nn.Module, x: Tensor, instead: Tensor, masks: Tensor, class_index: int) -> Tensor:
    views = torch.lerp(instead, x, masks).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        found: Tensor = net(views).softmax(dim=1)[:, class_index].double().cpu()
    return found
