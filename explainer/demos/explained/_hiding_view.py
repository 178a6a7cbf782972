"""What is drawn and said of maps that come from hiding parts of the picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Histogram
from explainer.core.layers import Image, Panel
from explainer.core.parts import Part
from explainer.core.subject import Subject

BINS = 24
TITLES = {"occlusion": "Occlusion", "rise": "RISE"}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A map, and two telling views of the picture.

    Parameters
    ----------
    method
        ``"occlusion"`` or ``"rise"``.
    heat
        ``(S, S)``, signed.
    numbers
        Of each window its drop of the logit, of each mask its score.
    views
        Network inputs, each ``(1, 3, S, S)``: with the window hidden that is missed most and with the one that
        is missed least, or behind the best mask and the worst.
    view_scores
        Probability of the class for each.
    """

    method: str
    heat: NDArray[np.float32]
    numbers: NDArray[np.float64]
    views: tuple[Any, Any]
    view_scores: tuple[float, float]


def growing(about: Subject, method: str, heat: NDArray[np.float32], done: int) -> Part:
    """What can be shown before the end."""
    things = "windows" if method == "occlusion" else "masks"
    panel = _map_panel(about, method, heat)
    return Part((panel,), (), (f"{done} {things} so far.",), {things: float(done)})


def finished(about: Subject, seen: Seen) -> Part:
    """All of it."""
    panels = (_map_panel(about, seen.method, seen.heat), *_view_panels(about, seen))
    tell = _of_occlusion if seen.method == "occlusion" else _of_rise
    chart, sentence, values = tell(about, seen)
    return Part(panels, (chart,), (sentence,), values | _peak(about, seen.heat))


def _map_panel(about: Subject, method: str, heat: NDArray[np.float32]) -> Panel:
    from explainer.vision.metrics.heat import upper_limit

    return about.heat_panel(TITLES[method], heat, about.label, limit=upper_limit(heat), signed=True)


def _view_panels(about: Subject, seen: Seen) -> Iterator[Panel]:
    from explainer.vision.attribution.views import to_pixels

    titles = ("Missed most", "Missed least") if seen.method == "occlusion" else ("Best mask", "Worst mask")
    for title, view, score in zip(titles, seen.views, seen.view_scores, strict=True):
        shown = Image("view", to_pixels(view, about.card.mean, about.card.std), about.to_frame)
        picture = Image("picture", about.frame.pixels, focus=about.focus)
        note = f"score {words.score(score)}"
        yield Panel(title, (about.frame.width, about.frame.height), (picture, shown), note)


def _peak(about: Subject, heat: NDArray[np.float32]) -> dict[str, float]:
    if not np.any(heat):
        return {}
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    x, y = about.map_to_frame(heat.shape) @ np.array([column + 0.5, row + 0.5, 1.0])
    return {"peak_x_px": float(x), "peak_y_px": float(y), "map_max": float(heat.max()), "map_min": float(heat.min())}


def _histogram(title: str, numbers: NDArray[np.float64], label: str) -> Histogram:
    low, spread = float(numbers.min()), float(np.ptp(numbers)) or 1.0
    counts, edges = np.histogram(numbers, bins=BINS, range=(low, low + spread))
    return Histogram(title, edges.astype(np.float64), counts.astype(np.float64), label)


def _of_occlusion(about: Subject, seen: Seen) -> tuple[Histogram, str, dict[str, float]]:
    drops = seen.numbers
    better = int(np.count_nonzero(drops < 0))
    values = {
        "windows": float(len(drops)),
        "drop_max": float(drops.max()),
        "drop_min": float(drops.min()),
        "drop_median": float(np.median(drops)),
        "windows_that_help": float(better),
        "score_covered": seen.view_scores[0],
        "score_covered_least": seen.view_scores[1],
    }
    most = f"{drops.max():.2f}".replace("-", "−")
    sentence = (
        f"Of {len(drops)} windows the one that is missed most lowers the logit of {about.label} by {most} and its "
        f"score from {words.score(about.score)} to {words.score(seen.view_scores[0])}; {better} of them raise the "
        f"logit when they are hidden."
    )
    return _histogram("Drops", drops, "fall of the logit"), sentence, values


def _of_rise(about: Subject, seen: Seen) -> tuple[Histogram, str, dict[str, float]]:
    scores = seen.numbers
    low, mean, high = float(scores.min()), float(scores.mean()), float(scores.max())
    values = {"masks": float(len(scores)), "score_mean": mean, "score_best": high, "score_worst": low}
    sentence = (
        f"Behind {words.thousands(len(scores))} random masks {about.label} scores {words.score(mean)} on average, "
        f"from {words.score(low)} to {words.score(high)} ({words.score(about.score)} for the whole picture); where "
        f"the map is positive, seeing the pixel raises the score."
    )
    return _histogram("Scores behind the masks", scores, "score"), sentence, values
