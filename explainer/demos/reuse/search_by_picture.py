"""Search by picture: the pictures of a gallery that are nearest to one of them, and what "near" depends on.

The gallery is the user's folder or film, or 500 garments or digits that ship. Each picture is embedded once; a folder
is read a few pictures at a time, and a search that was stopped goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.controls import LAST, Choice, Doc, LayerName, OnPicture, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.layers import Image, Panel
from explainer.core.memo import latest
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.problem import ExplainerError
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.metrics.neighbours import Metric
    from explainer.vision.retrieval.searched import Searched, Wanted

INDICES = ("ivf", "pq")
MEASURES: dict[str, Metric] = {"euclid": "euclid", "cosine": "cosine", "dot": "dot"}
WHOLE = BoxXYXY(0.0, 0.0, 1.0, 1.0)
SMALL = 40  # side of a picture whose single pixels are shown
LEAST = 3  # pictures that can be searched
PAIRS = 1000  # near-duplicates in the file
Rows = NDArray[np.int64]


class Pictures(Choice):
    """What is searched."""

    OWN = "own", "Your folder, else garments"
    GARMENTS = "garments", "Garments"
    DIGITS = "digits", "Digits"


class Features(Choice):
    """What a picture becomes."""

    NETWORK = "network", "A layer of the network"
    PIXELS = "pixels", "Its pixels"


class Measure(Choice):
    """By what two vectors are near."""

    EUCLID = "euclid", "Euclidean distance"
    COSINE = "cosine", "Cosine"
    DOT = "dot", "Dot product"


class Beside(Choice):
    """What the first ranking is compared with."""

    FEATURES = "features", "The other features"
    EUCLID = "euclid", "Euclidean distance"
    COSINE = "cosine", "Cosine"
    DOT = "dot", "Dot product"
    IVF = "ivf", "An inverted file"
    PQ = "pq", "Product codes"


@dataclass(frozen=True, slots=True)
class Params:
    """What is searched for, where, and by which vectors and measure."""

    beside: Annotated[Beside, Doc("Compare with", "What the second ranking is made by.")] = Beside.FEATURES
    probes: Annotated[
        int, Range(1, 40), Plays(8.0, "Read more cells"), When("beside", (Beside.IVF,)),
        Doc("Cells read", "More cells, fewer neighbours missed."),
    ] = 3  # fmt: skip
    shortlist: Annotated[
        int, Range(10, 200), When("beside", (Beside.PQ,)), Doc("Checked exactly", "Nearest codes, compared in full.")
    ] = 20  # fmt: skip
    features: Annotated[Features, Doc("Search by", "What is compared: numbers of a network, or pixels.")] = (
        Features.NETWORK
    )
    query: Annotated[
        int, Range(0, 10_000, lowest="a telling one"), Doc("Search for", "Click a picture to search with it.")
    ] = 0  # fmt: skip
    box: Annotated[BoxXYXY, OnPicture("query"), Doc("Part of it", "Search with a part of the query alone.")] = WHOLE
    pictures: Annotated[Pictures, Doc("Among", "Open a folder or a film to search your own.")] = Pictures.OWN
    metric: Annotated[Measure, Doc("Near by", "The three rank differently where vectors differ in length.")] = (
        Measure.EUCLID
    )
    normalise: Annotated[bool, Doc("Length 1", "Divides each vector by its length: then all three rank alike.")] = True
    layer: Annotated[LayerName, Doc("Layer", "Early layers see texture, late ones things.")] = LAST
    dims: Annotated[
        int, Range(0, 128, lowest="all"), Doc("PCA dimensions", "Fewer numbers for each picture.")
    ] = 0  # fmt: skip
    k: Annotated[int, Range(1, 10), Doc("Neighbours", "The k of Recall@k.")] = 10
    alike: Annotated[
        float, Range(0.8, 1.0, 0.01), Doc("Near-duplicate from", "Cosine from which two pictures are listed.")
    ] = 0.92  # fmt: skip


class SearchByPicture(Demo[Params]):
    """One vector a picture, ranked by nearness."""

    info = DemoInfo(
        id="search-by-picture", title="Search by picture", topics=(26,),
        summary="Click a picture: what is near it, by a network, by pixels, by three measures, by an index?",
        papers=("jegou2011",), uses_frame=False, uses_folder=True,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Fill the gallery, rank it twice, and show both rankings."""
        from explainer.vision.retrieval.gallery import kept
        from explainer.vision.retrieval.searched import Searched

        key, gallery = kept(ctx, str(params.pictures), params.layer, LEAST)
        if gallery.at < len(gallery.rows):
            shown_at = 2 * LEAST
            with ctx.model() as net, ctx.stage("model"):
                for done in gallery.fill(net, params.layer):
                    ctx.progress(0.95 * done / len(gallery.rows), f"embedding {done} of {len(gallery.rows)} pictures")
                    if len(gallery) >= shown_at:
                        ctx.publish(so_far(Searched(ctx, gallery, (key, done)), params))
                        shown_at = 2 * len(gallery)
        if len(gallery) < LEAST:
            raise ExplainerError("There are too few pictures that can be read.", f"Open a folder with {LEAST} or more.")
        ctx.progress(0.96, "ranking")
        with ctx.stage("explain"):
            return whole(Searched(ctx, gallery, (key, gallery.at)), params)


def rankings(params: Params) -> tuple[Wanted, Wanted]:
    """Both rankings; an index approximates the first."""
    from explainer.vision.retrieval.searched import Wanted

    one = Wanted(params.features == Features.PIXELS, params.dims, params.normalise, MEASURES[params.metric])
    if params.beside == Beside.FEATURES:
        return one, replace(one, pixels=not one.pixels)
    return one, one if params.beside in INDICES else replace(one, metric=MEASURES[params.beside])


def told_apart(params: Params) -> tuple[Wanted, Wanted]:
    """Two rankings that a telling query tells apart. It stays the same while other controls move."""
    from explainer.vision.retrieval.searched import Wanted

    if params.beside in MEASURES and str(params.beside) != str(params.metric):
        plain = Wanted(params.features == Features.PIXELS, 0, False, MEASURES[params.metric])
        return plain, replace(plain, metric=MEASURES[params.beside])
    return Wanted(False, 0, True, "euclid"), Wanted(True, 0, True, "euclid")


def so_far(made: Searched, params: Params) -> Result:
    """The ranking of what is embedded already; the first picture is the query, so that it stays."""
    part = answered(made, replace(params, query=params.query or 1))
    say = f"{len(made.gallery)} of {len(made.gallery.rows)} pictures are compared so far."
    return (part + Part(sentences=(say,))).result(partial=True)


def answered(made: Searched, params: Params) -> Part:
    """Both rankings of the query's neighbours, with what they say."""
    from explainer.vision.retrieval.gallery import cut

    gallery, (one, other), known = made.gallery, rankings(params), params.beside in INDICES
    k = min(params.k, len(gallery) - 1)
    row = made.telling(told_apart(params), k) if not params.query else min(params.query, len(gallery)) - 1
    part = None if params.box == WHOLE else cut(made.picture(row), params.box)
    spaces = [made.space(w, row, part, params.layer) for w in (one, other)]
    first = spaces[0].order(len(gallery) - 1, row)
    second, compared = spaces[1].order(k, row), len(gallery)
    if known:
        effort = params.probes if params.beside == Beside.IVF else params.shortlist
        second, compared = made.found_by(str(params.beside), spaces[0], one, effort, k, row)
    return shown(made, params, row, first, second, compared)


def titles(params: Params) -> tuple[str, str]:
    """What the two rankings are called: by what each is ranked."""
    features = ("By pixels", "By the network")
    if params.beside == Beside.FEATURES:
        return features if params.features == Features.PIXELS else features[::-1]
    if params.beside in INDICES:
        return "Exact", params.beside.label.removeprefix("An ").capitalize()
    one, other = (chosen.label.replace("C", "c").replace("D", "d") for chosen in (params.metric, params.beside))
    return f"By {one}", f"Once more by {other}" if one == other else f"By {other}"


def shown(made: Searched, params: Params, row: int, first: Rows, second: Rows, compared: int) -> Part:
    """The two walls, the query, the headline and the numbers of this query."""
    from explainer.vision.retrieval import views as view

    gallery, labels, k = made.gallery, made.gallery.labels, min(params.k, len(first))
    one, two, place = first[:k].tolist(), second.tolist(), {other: n for n, other in enumerate(first.tolist(), 1)}
    shared, index = set(one) & set(two), params.beside in INDICES
    below = tuple("missed" * (index and r not in shared) for r in one), tuple(f"{place[r]}" for r in two)
    wrong = [np.zeros(len(r), np.bool_) if labels is None else labels[r] != labels[row] for r in (first[:k], second)]
    notes = ("", "below: its place in the other ranking")
    ranked = [view.Row(*each) for each in zip(titles(params), (first[:k], second), below, wrong, notes, strict=True)]
    panels = tuple(view.wall(one, gallery, row) for one in ranked)
    picture = made.picture(row)
    query = Panel(
        "Query",
        (picture.shape[1], picture.shape[0]),
        (Image("picture", picture, smooth=min(picture.shape[:2]) > SMALL),),
        gallery.called[row],
    )
    here = numbers(
        pictures=len(gallery), query_number=row + 1, k_count=k, shared_count=len(shared), compared_count=compared,
        compared_percent=100 * compared / len(gallery),
        hits=None if labels is None else ranked[0].hits, hits_beside=None if labels is None else ranked[1].hits,
    )  # fmt: skip
    if index:
        say = view.found(len(shared), k, compared / len(gallery))
    else:
        say = view.headline(ranked, "" if labels is None else gallery.many[labels[row]], len(shared), same=one == two)
    return Part((*panels, query), values=here, headline=say, heroes=tuple(one.slug for one in panels))


def whole(made: Searched, params: Params) -> Result:
    """All there is to a search: rankings over all queries, indices, and near-duplicates."""
    from explainer.vision.retrieval import views as view
    from explainer.vision.retrieval.duplicates import near_duplicates

    ctx, one, base = made.ctx, rankings(params)[0], answered(made, params)
    k, gallery = int(base.values["k_count"]), made.gallery
    pairs = latest(
        ctx, "pairs", (made.key, one.pixels, params.alike),
        lambda: near_duplicates(made.raw(one.pixels), params.alike, PAIRS, ctx.checkpoint),
    )  # fmt: skip
    ivf, pq = made.index(one, "ivf", k).effort, made.index(one, "pq", k).effort
    more = numbers(
        vector_numbers=made.raw(one.pixels).shape[1], cells_count=len(ivf[0]), near_duplicates=pairs.total,
        code_bytes=made.index(one, "pq", k).code_bytes, vector_bytes=4 * made.vectors(one)[0].shape[1],
    )  # fmt: skip
    part = base + view.over_all(made, one, k) + Part(charts=(view.saved(ivf, pq, k),), values=more)
    row = int(base.values["query_number"]) - 1
    part += Part(sentences=view.reading(gallery, row, chosen=not params.query, pixels=one.pixels, values=part.values))
    play = None
    if params.beside == Beside.IVF:
        last = min(40, len(ivf[0]))
        play = Play("probes", 1, last, min(params.probes, last), curve=100 * ivf[0][:last], note="curve: recall, %",
                    counted=f"{min(params.probes, last)} of {len(ivf[0])} cells")  # fmt: skip
    documents = {"near-duplicates.csv": view.csv_of(gallery, pairs)}
    return (part + view.twins(gallery, pairs, params.alike) + Part(play=play)).result(documents=documents)
