"""What a detector found in one picture: arrays of equal length, read-only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes with a score and a class each; row *i* of every array belongs to box *i*.

    Parameters
    ----------
    xyxy
        ``(N, 4) float32``: left, top, right, bottom in frame pixels. A box may have no area, but its right
        side never lies left of its left side.
    score
        ``(N,) float32`` in [0, 1].
    class_id
        ``(N,) int64``, from 0; see `explainer.vision.detection.coco` for the names.
    mask
        ``(N, H, W) bool`` in frame pixels, where the detector gives masks.
    track_id
        ``(N,) int64``, where a tracker has named them.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, a box is turned inside out, or a score or class is
        out of range.
    """

    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    class_id: NDArray[np.int64]
    mask: NDArray[np.bool_] | None = None
    track_id: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        kinds = {"xyxy": np.float32, "score": np.float32, "class_id": np.int64, "mask": np.bool_, "track_id": np.int64}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if value is not None:
                value = np.array(value, dtype=kind)  # a copy: the caller's array stays writeable
                value.flags.writeable = False
                object.__setattr__(self, name, value)
        _check(self)

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.int64] | Sequence[int] | slice) -> "Detections":
        """Rows by a boolean mask, by indices (in their order), or by a slice."""
        pick = rows if isinstance(rows, slice) else np.asarray(rows)
        if not isinstance(pick, slice) and pick.dtype != bool:
            pick = pick.astype(np.int64).reshape(-1)
        return Detections(
            self.xyxy[pick], self.score[pick], self.class_id[pick],
            None if self.mask is None else self.mask[pick],
            None if self.track_id is None else self.track_id[pick],
        )  # fmt: skip

    @property
    def area(self) -> NDArray[np.float32]:
        """Area of each box in square pixels, ``(N,)``."""
        return np.asarray((self.xyxy[:, 2] - self.xyxy[:, 0]) * (self.xyxy[:, 3] - self.xyxy[:, 1]))

    @property
    def centre(self) -> NDArray[np.float32]:
        """Centre of each box in frame pixels, ``(N, 2)``."""
        return np.asarray((self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2)

    def at_least(self, score: float) -> "Detections":
        """Those with at least this score."""
        return self[self.score >= score]

    def of_class(self, *class_ids: int) -> "Detections":
        """Those of one of these classes."""
        return self[np.isin(self.class_id, class_ids)]


def _check(found: Detections) -> None:
    n = len(found.score)
    if found.xyxy.shape != (n, 4) or found.score.shape != (n,) or found.class_id.shape != (n,):
        shapes = f"{found.xyxy.shape}, {found.score.shape}, {found.class_id.shape}"
        raise ValueError(f"boxes, scores and classes must be (N, 4), (N,), (N,), got {shapes}")
    if found.mask is not None and (found.mask.ndim != 3 or len(found.mask) != n):
        raise ValueError(f"masks must be ({n}, H, W), got {found.mask.shape}")
    if found.track_id is not None and found.track_id.shape != (n,):
        raise ValueError(f"track ids must be ({n},), got {found.track_id.shape}")
    if not np.isfinite(found.xyxy).all():
        raise ValueError("a box is not finite")
    if (found.xyxy[:, 2:] < found.xyxy[:, :2]).any():
        raise ValueError("a box is turned inside out")
    if not ((found.score >= 0) & (found.score <= 1)).all():  # also false for nan
        raise ValueError("a score lies outside 0…1")
    if (found.class_id < 0).any():
        raise ValueError("a class is negative")
