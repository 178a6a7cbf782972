"""GrabCut: colour models of inside and outside, and the cheapest cut between them, in turn.

Rother, Kolmogorov and Blake 2004. OpenCV's own, one round for each call, on a copy small enough that no call
takes long.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

LONGEST = 224  # px: a round takes about a tenth of a second there
LEAST = 5  # pixels that a colour model of five Gaussians needs


def grabcut(
    pixels: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_], rounds: int
) -> Iterator[NDArray[np.bool_]]:
    """Refine a mask round by round.

    Parameters
    ----------
    pixels
        ``(H, W, 3) uint8 RGB``; meant to be at most `LONGEST` pixels long.
    inside, outside
        ``(H, W) bool``: pixels that are surely object, or surely background. Where both are marked, `inside` wins.
        All others start as "perhaps object" if nothing tells.

    Yields
    ------
    NDArray
        The mask after each round, ``(H, W) bool``. Without marks of both kinds, one empty mask.
    """
    state = np.full(pixels.shape[:2], cv2.GC_PR_FGD, np.uint8)
    state[outside] = cv2.GC_BGD
    state[inside] = cv2.GC_FGD
    if (state == cv2.GC_BGD).sum() < LEAST or (state != cv2.GC_BGD).sum() < LEAST or not inside.any():
        yield np.zeros(state.shape, bool)
        return
    image = np.ascontiguousarray(pixels[:, :, ::-1])
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(0)  # its k-means starts at random
    cv2.grabCut(image, state, None, *models, 1, cv2.GC_INIT_WITH_MASK)
    for done in range(1, rounds + 1):
        yield np.asarray((state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD))
        if done == rounds or not (state == cv2.GC_PR_FGD).any() or (state != cv2.GC_BGD).sum() < LEAST:
            return
        cv2.grabCut(image, state, None, *models, 1, cv2.GC_EVAL)


class Rounds:
    """The rounds of one `grabcut`, each made when it is first asked for, and kept."""

    def __init__(
        self, pixels: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_], most: int
    ) -> None:
        self._going_on = grabcut(pixels, inside, outside, most)
        self._made: list[NDArray[np.bool_]] = []

    def after(self, done: int) -> NDArray[np.bool_]:
        """Return the mask after so many rounds, or after the last one where it ended before: ``(H, W) bool``."""
        while len(self._made) < done and (mask := next(self._going_on, None)) is not None:
            self._made.append(mask)
        return self._made[min(done, len(self._made)) - 1]
