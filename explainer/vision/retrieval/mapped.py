"""Pictures as points of a space, a map of them, and what the map does to their neighbours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explainer.vision.metrics import map_quality
from explainer.vision.metrics.components import laid_flat
from explainer.vision.metrics.neighbours import neighbours, normalised, own_share, voted
from explainer.vision.retrieval import neighbour_map as tsne
from explainer.vision.retrieval.features import is_grey, pixels_of
from explainer.vision.retrieval.gallery import COUNT, Gallery

NEAR = 10  # neighbours that are counted; of few pictures fewer
NOISE = 8  # side of a picture of noise
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cloud:
    """Pictures ``(N, S, S, 3) uint8`` with their vectors ``(N, D)``.

    Parameters
    ----------
    labels
        Class of each, ``(N,)``; ``None`` where there are none.
    names, many
        What one and several of a class are called.
    own
        Whether they are the user's.
    """

    pictures: NDArray[np.uint8]
    vectors: NDArray[np.floating]
    labels: Rows | None
    names: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    own: bool = False

    @cached_property
    def order(self) -> Rows:
        """All others of each in the space, nearest first, ``(N, N − 1)``."""
        return neighbours(self.vectors)

    @cached_property
    def flat(self) -> tuple[Floats, float]:
        """First two principal components, ``(N, 2)``, and their share of the variance."""
        return laid_flat(self.vectors)

    @cached_property
    def ink(self) -> bool:
        """Whether the pictures are small and grey, so that they can be drawn in the colour of their class."""
        return not self.own and is_grey(self.pictures)

    @property
    def k(self) -> int:
        """Neighbours that are counted: less than half of all, as trustworthiness asks."""
        return max(1, min(NEAR, (len(self.vectors) - 1) // 2))


def gathered(gallery: Gallery, *, pixels: bool) -> Cloud:
    """A gallery as far as it is filled, by its pixels or by the network's vectors at length 1."""
    vectors = pixels_of(gallery.squares) if pixels else normalised(gallery.vectors)
    labels = gallery.labels  # of a folder, the names follow from these
    return Cloud(gallery.squares, vectors, labels, gallery.names, gallery.many, gallery.own)


def noise(seed: int) -> Cloud:
    """Pictures of which every pixel is drawn by chance: there is nothing to be found in them."""
    grey = np.random.default_rng([seed, 9]).integers(0, 256, (COUNT, NOISE, NOISE), dtype=np.uint8)
    pictures = np.repeat(grey[..., None], 3, 3)
    return Cloud(pictures, pixels_of(pictures), None)


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """A map on its way: its places ``(M, N, 2)`` every `tsne.EVERY` steps, and the divergence at each, ``(M,)``."""

    xy: Floats
    divergence: Floats

    def mark(self, step: int) -> int:
        """The moment that is nearest to a step."""
        return min(round(step / tsne.EVERY), len(self.xy) - 1)


def walked(cloud: Cloud, perplexity: float, asked: Callable[[], None], told: Callable[[int, Trail], None]) -> Trail:
    """The whole way of t-SNE.

    Parameters
    ----------
    asked
        Called at every step, may raise to stop.
    told
        Called every `tsne.EVERY` steps with the number of steps and the way so far.
    """
    p = tsne.affinities(cloud.vectors, tsne.possible(perplexity, len(cloud.vectors)), asked)
    xy = [tsne.begun(cloud.vectors)]
    cost = [tsne.divergence(p, xy[0])]
    told(0, Trail(np.stack(xy), np.array(cost)))
    for step, y in enumerate(tsne.steps(p, xy[0]), 1):
        asked()
        if step % tsne.EVERY == 0:
            xy.append(y)
            cost.append(tsne.divergence(p, y))
            told(step, Trail(np.stack(xy), np.array(cost)))
    return Trail(np.stack(xy), np.array(cost))


@dataclass(frozen=True, eq=False)
class Mapped:
    """A cloud and one map ``(N, 2)`` of it."""

    cloud: Cloud
    xy: Floats

    @cached_property
    def order(self) -> Rows:
        """All others of each on the map, nearest first, ``(N, N − 1)``."""
        return neighbours(self.xy)

    @cached_property
    def true(self) -> Rows:
        """The nearest of each in the space, ``(N, k)``."""
        return self.cloud.order[:, : self.cloud.k]

    @cached_property
    def shown(self) -> Rows:
        """The nearest of each on the map, ``(N, k)``."""
        return self.order[:, : self.cloud.k]

    @cached_property
    def kept(self) -> Floats:
        """Share of each picture's neighbours that the map keeps, ``(N,)``."""
        return map_quality.kept_share(self.cloud.order, self.order, self.cloud.k)

    @cached_property
    def trust(self) -> float:
        """Trustworthiness, 0…1."""
        return map_quality.trustworthiness(self.cloud.order, self.order, self.cloud.k)

    @cached_property
    def continuity(self) -> float:
        """The same the other way: it falls where true neighbours are torn apart."""
        return map_quality.trustworthiness(self.order, self.cloud.order, self.cloud.k)

    def right(self, near: Rows) -> float | None:
        """Share of the pictures whose class most of these neighbours have."""
        labels = self.cloud.labels
        return None if labels is None else float((voted(near, labels) == labels).mean())

    @cached_property
    def misplaced(self) -> NDArray[np.bool_]:
        """Those that the map puts among another class though they lie among their own in the space, ``(N,)``.

        Without labels: those none of whose neighbours the map keeps.
        """
        labels = self.cloud.labels
        if labels is None:
            return np.asarray(self.kept == 0)
        return np.asarray((voted(self.true, labels) == labels) & (voted(self.shown, labels) != labels))

    def telling(self) -> int:
        """The picture that the map misplaces most."""
        labels = self.cloud.labels
        if labels is None or not self.misplaced.any():
            return int(self.kept.argmin())
        lost = own_share(self.true, labels) - own_share(self.shown, labels)
        return int(np.where(self.misplaced, lost, -np.inf).argmax())
