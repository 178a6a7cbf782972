"""What a network answers all over a picture: at its positions, in between, and for the whole."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.frame import Frame
from explainer.core.geometry import Affine, PointXY, apply, compose, scale_shift
from explainer.core.numbers import softmax
from explainer.vision.segmentation.dense import Dense, Seen, aligned
from explainer.vision.segmentation.semantic import Segmenter
from explainer.vision.segmentation.upsample import sampled, upsampled

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Logits ``(1, K, h, w)`` of one frame: at each position, and averaged over windows.

    Parameters
    ----------
    net
        The classifier's twin, or a trained segmenter, whose title is `trained`.
    seen
        The network's input.
    labels
        Names of the classes; of a trained segmenter the first is the background.
    """

    frame: Frame
    net: Dense | Segmenter
    seen: Seen
    logits: Any
    windowed: Any
    labels: tuple[str, ...]
    trained: str = ""

    def label(self, index: int) -> str:
        """Name of a class."""
        return self.labels[index].strip("_")

    def overall(self) -> NDArray[np.float64]:
        """Logits by which classes are ranked for the whole picture; the background never comes first."""
        if not self.trained:
            return np.asarray(self.logits[0].double().mean((1, 2)).cpu().numpy())
        mean = self.logits[0].double().softmax(0).mean((1, 2)).clamp_min(1e-12).log().cpu().numpy()
        mean[0] = mean.min() - 1
        return np.asarray(mean)

    def fine(self, maps: Floats, how: str) -> Floats:
        """Bring maps to the size of the network's input."""
        height, width = self.seen.pixels.shape[:2]
        out = upsampled(np.ascontiguousarray(maps), self.net.stride, how, self.seen.pixels)
        return np.clip(aligned(out, self.net.offset)[:, :height, :width], 0, 1)

    def best(self, scores: Floats, shown: list[int], how: str) -> tuple[NDArray[np.intp], Floats]:
        """Return which of the `shown` classes is best at each pixel of the network's input, and with what score.

        Where it is another class, the number is that of the classes shown.
        """
        rest = np.delete(scores, shown, axis=0)
        maps = np.concatenate([scores[shown], rest.max(0, keepdims=True)]) if len(rest) else scores[shown]
        fine = self.fine(maps, how)
        return fine.argmax(0), fine.max(0)

    @property
    def cells(self) -> Affine:
        """Map from the cells of the answers to frame pixels."""
        return compose(self.seen.to_frame, scale_shift(*(self.net.stride,) * 2, *(self.net.offset,) * 2))

    def surest(self, scores: Floats) -> PointXY:
        """Middle of the cell where `scores` ``(h, w)`` are highest, in fractions of the frame."""
        row, column = np.unravel_index(int(scores.argmax()), scores.shape)
        (place,) = apply(self.cells, np.array([[column + 0.5, row + 0.5]])) / [self.frame.width, self.frame.height]
        return PointXY(*(float(np.clip(v, 0.0, 1.0)) for v in place))

    def at_pixel(self, pixel: PointXY) -> NDArray[np.float64]:
        """Scores ``(K,)`` at the ring, from logits interpolated between the positions around it."""
        height, width = self.seen.pixels.shape[:2]
        x, y = ((part - self.net.offset) / self.net.stride for part in (pixel.x * width, pixel.y * height))
        return softmax(sampled(self.windowed, x, y))

    def ranking(self, scores: Floats) -> NDArray[np.float64]:
        """At how many positions each class ``(K,)`` wins, then its mean score; the background comes last."""
        ranked = scores.mean((1, 2), dtype=np.float64)  # below one: it decides where counts are equal
        best, counts = np.unique(scores.argmax(0), return_counts=True)
        ranked[best] += counts
        if self.trained:
            ranked[0] = -1.0
        return np.asarray(ranked)

    @staticmethod
    def winners(scores: Floats) -> list[tuple[int, float]]:
        """Classes of `scores` ``(K, h, w)`` that win somewhere and their shares of the positions, the largest first."""
        best, counts = np.unique(scores.argmax(0), return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [(int(best[k]), float(counts[k] / counts.sum())) for k in order]
