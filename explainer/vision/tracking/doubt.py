"""How much in doubt each track's place is, from picture to picture: it grows by a prediction, and a detection ends it.

``σ = √((P₀₀ + P₁₁) / 2)`` in pixels, where ``P`` is the covariance of the Kalman filter's state and its first two
entries are the centre of the box.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from explainer.vision.tracking.kalman import Belief
from explainer.vision.tracking.many import Step, Tracks

KEPT = 40  # pictures of each living track
Notes = tuple[tuple[float, float, float], ...]
"""Picture, σ as predicted, σ as corrected; a track that begins was predicted by nobody: both are equal."""


def sigma(belief: Belief) -> NDArray[np.float64]:
    """Standard deviation of each centre, ``(N,)`` in pixels."""
    return np.asarray(np.sqrt((belief.cov[:, 0, 0] + belief.cov[:, 1, 1]) / 2))


def noted(book: Mapping[int, Notes], tracks: Tracks, step: Step) -> dict[int, Notes]:
    """Add one picture to the notes of each identity; tracks that have ended are forgotten."""
    before = dict(zip(step.before.identity.tolist(), sigma(step.before.belief).tolist(), strict=True))
    after = zip(tracks.identity.tolist(), sigma(tracks.belief).tolist(), strict=True)
    return {
        one: (*book.get(one, ())[-KEPT + 1 :], (float(tracks.count), before.get(one, now), now)) for one, now in after
    }
