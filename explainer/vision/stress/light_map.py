"""What becomes of the answer as the light changes step by step: a gain × gamma map, and sweeps of one setting."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from explainer.core.frame import Frame
from explainer.vision.stress.asking import ask, square_of, squares_of
from explainer.vision.stress.light import Light, Pixels, illumination, tone_table, work_copy
from explainer.vision.stress.remedies import Remedy, remedied

SIDE = 11
STOPS = 2.0  # the map runs from a quarter to four times
LEVELS = (5, 2, 1)  # every fifth row and column first, then every second, then all
BATCH = 14
GAINS: tuple[float, ...] = tuple(float(v) for v in np.exp2(np.linspace(-STOPS, STOPS, SIDE)))
GAMMAS = GAINS
SWEEP_PX = 256  # a report relights copies of this size: the network sees little more
SWEEPS: Mapping[str, tuple[float | None, ...]] = {
    "exposure_ev": (-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0),
    "kelvin": (2000.0, 2700.0, 3500.0, 5000.0, 6500.0, 9000.0, 15_000.0),
    "gamma": (0.25, 0.4, 0.63, 1.0, 1.6, 2.5, 4.0),
    "contrast": (0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5),
    "haze": (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95),
    "vignette_ev": (0.0, 1.0, 2.0, 4.0, 6.0, 8.0),
    "photons": (None, 1000.0, 200.0, 50.0, 20.0, 8.0, 3.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class ToneMap:
    """A gain × gamma map, known in part.

    Parameters
    ----------
    done
        How many of the cells were asked.
    scores
        ``(gammas, gains)``: probability of the class in question; where it was not asked yet, that of the
        nearest cell that was.
    best, best_scores
        Likewise: which class won, and with what probability.
    """

    done: int
    scores: NDArray[np.float64]
    best: NDArray[np.int64]
    best_scores: NDArray[np.float64]

    def kept(self, class_index: int) -> float:
        """Share of the cells in which a class is the answer."""
        return float((self.best == class_index).mean())


def gain_gamma_map(
    net: Any,
    square: Pixels,
    class_index: int,
    *,
    gains: Sequence[float] = GAINS,
    gammas: Sequence[float] = GAMMAS,
    remedies: Sequence[Remedy] = (),
    network: nn.Module | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[ToneMap]:
    """Ask about ``gain · v^gamma`` of one picture in every cell, from a coarse lattice to the full one.

    Parameters
    ----------
    net
        A lent classifier.
    square
        ``(S, S, 3)``: the picture as the network sees it (`square_of`).
    remedies
        Applied after gain and gamma, at this size.
    network
        What is asked in place of the classifier's own network.

    Yields
    ------
    ToneMap
        After each batch; the first is the coarsest lattice, nine cells.
    """
    shape = (len(gammas), len(gains))
    found = np.full((*shape, 3), np.nan)
    for step in LEVELS:
        cells = [(r, c) for r in _lattice(shape[0], step) for c in _lattice(shape[1], step)]
        new = [cell for cell in cells if np.isnan(found[cell][0])]
        for first in range(0, len(new), BATCH):
            group = new[first : first + BATCH]
            pictures = [remedied(tone_table(gains[c], gammas[r])[square], remedies) for r, c in group]
            rows = ask(net, pictures, network=network, checkpoint=checkpoint)
            for cell, row in zip(group, rows, strict=True):
                found[cell] = row[class_index], row.argmax(), row.max()
            yield _so_far(found)


def _lattice(count: int, step: int) -> list[int]:
    return sorted({*range(0, count, step), count - 1})


def _so_far(found: NDArray[np.float64]) -> ToneMap:
    known = np.argwhere(~np.isnan(found[..., 0]))
    every = np.argwhere(np.ones(found.shape[:2], bool))
    away = np.abs(every[:, None] - known[None]).sum(axis=2)
    nearest = known[away.argmin(axis=1)]
    filled = found[nearest[:, 0], nearest[:, 1]].reshape(found.shape)
    return ToneMap(len(known), filled[..., 0], filled[..., 1].astype(np.int64), filled[..., 2])


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One setting of the light moved alone.

    Parameters
    ----------
    values
        What it was set to; ``None`` is no noise.
    scores, kept
        ``(N,)``: probability of the class, and whether it is still the answer.
    best
        ``(N,)``: which class won.
    """

    values: tuple[float | None, ...]
    scores: NDArray[np.float64]
    kept: NDArray[np.bool_]
    best: NDArray[np.int64]


def light_sweep(
    net: Any,
    frame: Frame,
    setting: str,
    values: Sequence[float | None] | None = None,
    *,
    class_index: int | None = None,
    remedies: Sequence[Remedy] = (),
    seed: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> Sweep:
    """Relight one picture with one setting at several values and ask each time.

    Parameters
    ----------
    setting
        Field of `Light`; `SWEEPS` has usual values for most.
    class_index
        Whose probability is watched; the answer to the picture as it is by default.
    """
    tried = tuple(SWEEPS[setting] if values is None else values)
    small = work_copy(frame.pixels, SWEEP_PX)
    if class_index is None:
        class_index = int(ask(net, [square_of(net, frame)])[0].argmax())
    lights = [replace(Light(), **{setting: v}) for v in tried]  # type: ignore[arg-type]
    lit = [remedied(illumination(small, light, seed=seed), remedies) for light in lights]
    rows = ask(net, squares_of(net, lit), checkpoint=checkpoint)
    best = rows.argmax(axis=1)
    return Sweep(tried, rows[:, class_index], best == class_index, best)
