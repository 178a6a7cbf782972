"""Tracks as lines of text in the format of the MOT Challenge: ``frame,id,left,top,width,height,score,-1,-1,-1``.

Frames and identities count from 1, positions are pixels. Any evaluation kit for that format can read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.problem import ExplainerError


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Boxes of a clip: frame ``(N,)`` from 1, identity ``(N,)``, ``xyxy (N, 4)`` in pixels, score ``(N,)``."""

    frame: NDArray[np.int64]
    identity: NDArray[np.int64]
    xyxy: NDArray[np.float64]
    score: NDArray[np.float64]

    def by_frame(self, last: int) -> Iterator["Rows"]:
        """Rows of frames 1…`last` in turn, empty where a frame has none."""
        for number in range(1, last + 1):
            here = self.frame == number
            yield Rows(self.frame[here], self.identity[here], self.xyxy[here], self.score[here])


def lines(
    frame: int, identity: NDArray[np.int64], xyxy: NDArray[np.floating], score: NDArray[np.floating] | None = None
) -> str:
    """Lines of one picture, each with its line end."""
    scores = np.ones(len(identity)) if score is None else score
    return "".join(
        f"{frame},{int(one)},{x0:.2f},{y0:.2f},{x1 - x0:.2f},{y1 - y0:.2f},{float(s):.4g},-1,-1,-1\n"
        for one, (x0, y0, x1, y1), s in zip(identity, xyxy, scores, strict=True)
    )


def parsed(text: str) -> Rows:
    """Read lines back; further columns are ignored.

    Raises
    ------
    ExplainerError
        If a line has fewer than seven numbers.
    """
    rows = [line.split(",")[:7] for line in text.splitlines() if line.strip()]
    try:
        table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    except ValueError as error:
        what = "This is no text in the format of the MOT Challenge."
        raise ExplainerError(what, "Each line is frame,id,left,top,width,height,score.", str(error)) from error
    xyxy = np.concatenate([table[:, 2:4], table[:, 2:4] + table[:, 4:6]], axis=1)
    return Rows(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), xyxy, table[:, 6])
