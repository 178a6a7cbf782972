"""From the answers of an anchor-free head to boxes, as generalised focal loss has it (Li et al. 2020).

A cell of stride s stands for its centre ((i + ½) s, (j + ½) s). For each side of the box it gives a
distribution P over n = 0…10, and the distance of that side is its mean, in cells:

    d = s · Σ n P(n),   P = softmax of 11 logits

so a box is (x − left, y − top, x + right, y + bottom). The score of a class is the sigmoid of its logit, and
was trained to be the IoU of the box with the object: it judges class and place at once.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.core.geometry import Affine, apply
from explainer.vision.detection.detections import Detections

SIDES = ("left", "top", "right", "bottom")
MOST = 1000  # cells that become boxes; as published, more are only noise


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the network says of every cell of every level, kept so that thresholds can move without it.

    Rows are cells: all of the finest level row by row, then the next level.

    Parameters
    ----------
    scores
        ``(N, C) float32`` in [0, 1].
    sides
        ``(N, 4, K) float32``: distribution over 0…K − 1 cells for left, top, right, bottom; sums to one.
    centres
        ``(N, 2) float64``, x and y of each cell's centre in input pixels.
    stride
        ``(N,) float64`` in input pixels.
    grids
        Stride, rows and columns of each level.
    to_frame
        Map from input pixels to frame pixels.
    frame
        Width and height of the frame in pixels.
    """

    scores: NDArray[np.float32]
    sides: NDArray[np.float32]
    centres: NDArray[np.float64]
    stride: NDArray[np.float64]
    grids: tuple[tuple[int, int, int], ...]
    to_frame: Affine
    frame: tuple[int, int]

    def level(self, k: int) -> slice:
        """Rows of level `k`, from 0."""
        sizes = [rows * columns for _, rows, columns in self.grids]
        return slice(sum(sizes[:k]), sum(sizes[: k + 1]))

    def level_of(self, row: int) -> int:
        """Level that a row belongs to, from 0."""
        return next(k for k in range(len(self.grids)) if row < self.level(k).stop)


@torch.no_grad()
def answers(logits: list[Tensor], strides: tuple[int, ...], to_frame: Affine, frame: tuple[int, int]) -> Answers:
    """Turn a head's logits into probabilities.

    Parameters
    ----------
    logits
        For each level ``(C + 4 K, h, w)``: class logits, then K for each side.
    strides
        Of each level, in input pixels.
    """
    bins = 11
    grids = tuple((s, level.shape[1], level.shape[2]) for s, level in zip(strides, logits, strict=True))
    flat = torch.cat([level.flatten(1) for level in logits], 1).T  # (N, C + 4 K)
    classes = flat.shape[1] - 4 * bins
    scores, sides = flat[:, :classes].sigmoid(), flat[:, classes:].reshape(-1, 4, bins).softmax(-1)
    centres, stride = cells(grids)
    return Answers(
        np.ascontiguousarray(scores.cpu().numpy()), np.ascontiguousarray(sides.cpu().numpy()),
        centres, stride, grids, to_frame, frame,
    )  # fmt: skip


def cells(grids: tuple[tuple[int, int, int], ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres ``(N, 2)`` and strides ``(N,)`` of all cells of all levels, in input pixels."""
    places, strides = [], []
    for stride, rows, columns in grids:
        y, x = np.mgrid[:rows, :columns]
        places.append((np.stack([x.ravel(), y.ravel()], 1) + 0.5) * stride)
        strides.append(np.full(rows * columns, float(stride)))
    return np.concatenate(places), np.concatenate(strides)


def distances(sides: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of each side's distribution ``(…, 4, K)`` in cells: ``(…, 4)``."""
    return np.asarray(sides @ np.arange(sides.shape[-1]), np.float64)


def spreads(sides: NDArray[np.float32]) -> NDArray[np.float64]:
    """Standard deviation of each side's distribution ``(…, 4, K)`` in cells: ``(…, 4)``."""
    n = np.arange(sides.shape[-1], dtype=np.float64)
    return np.asarray(np.sqrt(np.maximum(sides @ n**2 - distances(sides) ** 2, 0.0)))


def boxes_of(kept: Answers, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Boxes ``(n, 4)`` of some cells in frame pixels, cut at the frame's edge."""
    away = distances(kept.sides[rows]) * kept.stride[rows, None]
    corners = np.concatenate([kept.centres[rows] - away[:, :2], kept.centres[rows] + away[:, 2:]], 1)
    in_frame = apply(kept.to_frame, corners.reshape(-1, 2)).reshape(-1, 4)
    return np.clip(in_frame, 0.0, np.array([*kept.frame, *kept.frame], np.float64))


def above(kept: Answers, score: float, *, every: bool = False) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells and classes whose score reaches `score`, best first, at most `MOST` of them.

    Parameters
    ----------
    every
        All classes of a cell that reach it, as the published detector has it, and not the best alone.
    """
    if every:
        rows, classes = np.nonzero(kept.scores >= score)
    else:
        rows = np.flatnonzero(kept.scores.max(1) >= score)
        classes = kept.scores[rows].argmax(1)
    order = np.argsort(-kept.scores[rows, classes], kind="stable")[:MOST]
    return rows[order], classes[order]


def boxes(kept: Answers, score: float, *, every: bool = False) -> Detections:
    """One box for each cell and class that `above` names, in its order, before any suppression."""
    rows, classes = above(kept, score, every=every)
    return Detections(boxes_of(kept, rows).astype(np.float32), kept.scores[rows, classes], classes)
