"""Vectors in which a search is made, and what is kept of one between two runs."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.memo import latest
from explainer.vision.metrics.neighbours import Metric, all_orders, normalised
from explainer.vision.retrieval import inverted_file, product_codes
from explainer.vision.retrieval.exact import Exact
from explainer.vision.retrieval.features import is_grey, pixels_of, pooled, principal
from explainer.vision.retrieval.gallery import Gallery
from explainer.vision.retrieval.judging import Judged, judged
from explainer.vision.retrieval.ranking import as_query, for_euclid, nearest
from explainer.vision.training.examples import centre_square

JUDGED = 500  # queries by which a ranking is judged, evenly taken
FEWEST, WORK = 100, 1_000_000  # of a large gallery fewer: queries times pictures
PROBED = 200  # queries by which an index is judged
Vectors = NDArray[np.floating]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Effort = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a ranking is made: of which vectors, and by which measure."""

    pixels: bool
    dims: int
    normalise: bool
    metric: Metric


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A gallery's vectors ``(N, D)``, the query's ``(D,)``, and by what nearness is measured.

    `exact` sifts vectors that are held in single precision.
    """

    vectors: Vectors
    query: Vectors
    metric: Metric
    dims: int
    exact: Exact | None = None

    def order(self, count: int, leave_out: int) -> Rows:
        """Rows of the nearest."""
        if self.exact is not None and count < len(self.vectors) // 4:
            return self.exact.nearest(self.query, self.metric, count, leave_out)[0]
        return nearest(self.query, self.vectors, self.metric, count, leave_out)[0]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """How an index is asked, its recall against the share that it compares, and the bytes of a code."""

    search: Callable[[Floats, int, int, int], tuple[Rows, int]]
    effort: Effort
    code_bytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """A gallery as it is now, and what was computed of it; `key` changes with its pictures and their vectors."""

    ctx: Context
    gallery: Gallery
    key: Hashable

    def picture(self, row: int) -> NDArray[np.uint8]:
        """One picture of the gallery as large as it is, read once."""
        return latest(self.ctx, "picture", (self.key, row), lambda: self.gallery.picture(row))

    def raw(self, pixels: bool) -> Vectors:
        """Vectors as they come: of the pixels, or of the network."""
        if not pixels:
            return self.gallery.vectors
        return latest(self.ctx, "pixels", self.key, lambda: pixels_of(self.gallery.squares))

    def vectors(self, wanted: Wanted, more: Vectors | None = None) -> tuple[Vectors, Vectors | None]:
        """Vectors in fewer dimensions and at length 1, where that is wanted; `more` in the same way."""
        raw, name = self.raw(wanted.pixels), ("axes", wanted.pixels)
        project = latest(self.ctx, name, (self.key, wanted.dims), lambda: principal(raw, wanted.dims))

        def changed(some: Vectors) -> Vectors:
            fewer = some if project is None else project(some)
            return normalised(fewer) if wanted.normalise else fewer

        slot = ("vectors", wanted.pixels)
        whole = latest(self.ctx, slot, (self.key, wanted.dims, wanted.normalise), lambda: changed(raw))
        return whole, None if more is None else changed(more)

    def space(self, wanted: Wanted, row: int, part: NDArray[np.uint8] | None, layer: str) -> Space:
        """The space with a query in it: a picture of the gallery, or a part of one, ``(h, w, 3) uint8``."""
        whole, query = self.vectors(wanted, None if part is None else self.embedded(wanted.pixels, part, layer))
        asked, name = whole[row] if query is None else query[0], (self.key, wanted.dims, wanted.normalise)
        if whole.dtype != np.float32:
            return Space(whole, asked, wanted.metric, whole.shape[1])
        sifted = latest(self.ctx, ("exact", wanted.pixels), name, lambda: Exact.of(np.asarray(whole, np.float32)))
        return Space(whole, asked, wanted.metric, whole.shape[1], sifted)

    def embedded(self, pixels: bool, part: NDArray[np.uint8], layer: str) -> Vectors:
        """Vector ``(1, D)`` of a part of a picture."""
        side = self.gallery.copy_side if pixels else self.gallery.side
        square = centre_square(part, side)[None]
        if pixels:
            return pixels_of(square, grey=is_grey(self.gallery.squares))
        with self.ctx.model() as net, self.ctx.stage("model"):
            return pooled(net, square, layer)

    @property
    def queries(self) -> Rows:
        """Rows by which a ranking is judged."""
        count = len(self.gallery)
        most = min(count, JUDGED, max(FEWEST, WORK // count))
        return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))

    def judged(self, wanted: Wanted, k: int) -> Judged | None:
        """How good a ranking is over many queries; ``None`` where no classes are known."""
        labels = self.gallery.labels
        if labels is None:
            return None

        def make() -> Judged:
            return judged(self.vectors(wanted)[0], labels, wanted.metric, self.queries, k, self.ctx.checkpoint)

        return latest(self.ctx, ("judged", wanted.pixels, wanted.metric, wanted.normalise), (self.key, wanted, k), make)

    def tops(self, wanted: Wanted, k: int) -> Rows:
        """The k nearest of each of `queries`, ``(Q, k)``."""

        def make() -> Rows:
            found = []
            for _, order in all_orders(self.vectors(wanted)[0], self.queries, wanted.metric):
                self.ctx.checkpoint()
                found.append(order[:, :k])
            return np.concatenate(found)

        return latest(self.ctx, ("tops", wanted.pixels, wanted.metric, wanted.normalise), (self.key, wanted, k), make)

    def telling(self, pair: tuple[Wanted, Wanted], k: int) -> int:
        """The query for which two rankings differ most.

        Where classes are known: for which the ranking that is better on the whole finds the most right ones more.
        Else: for which the two share the fewest.
        """
        (a, b), labels = (self.tops(one, k) for one in pair), self.gallery.labels
        if labels is None:
            shared = np.array([len(set(x) & set(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)])
            return int(self.queries[shared.argmin()])
        own = labels[self.queries, None]
        gain = (labels[a] == own).sum(1) - (labels[b] == own).sum(1)
        return int(self.queries[gain.argmax() if gain.sum() >= 0 else gain.argmin()])

    def index(self, wanted: Wanted, kind: str, k: int) -> Index:
        """An index of the space, and how well it does over `PROBED` queries; `kind` is ``"ivf"`` or ``"pq"``."""

        def make() -> Index:
            vectors = for_euclid(self.vectors(wanted)[0], wanted.metric)
            queries = self.queries[:: -(-len(self.queries) // PROBED)]
            true = np.concatenate([order[:, :k] for _, order in all_orders(vectors, queries, "euclid")])
            self.ctx.checkpoint()
            if kind == "ivf":
                cells = inverted_file.build(vectors, self.ctx.seed)
                return Index(cells.search, inverted_file.effort(cells, queries, true))
            codes = product_codes.build(vectors, self.ctx.seed, asked=self.ctx.checkpoint)
            return Index(codes.search, product_codes.effort(codes, queries, true), codes.code_bytes)

        return latest(self.ctx, ("index", kind), (self.key, wanted, k), make)

    def found_by(
        self, kind: str, space: Space, wanted: Wanted, effort: int, k: int, leave_out: int
    ) -> tuple[Rows, int]:
        """The nearest by an index, and how many vectors were compared.

        Parameters
        ----------
        effort
            Cells that are read, or codes that are compared exactly.
        """
        return self.index(wanted, kind, k).search(as_query(space.query, wanted.metric), k, effort, leave_out)
