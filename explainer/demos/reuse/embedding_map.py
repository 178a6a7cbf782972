"""A map of pictures: hundreds of points of a space of many dimensions laid flat, and which neighbours that tears apart.

The pictures are those of the user's folder, garments or digits that ship, or noise. t-SNE is watched while it moves
them; the way is kept, so that one may go back to any moment of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from explainer.core import words
from explainer.core.charts import Bars, Chart, Table
from explainer.core.context import Context
from explainer.core.controls import LAST, Choice, Doc, LayerName, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.memo import latest
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.problem import ExplainerError
from explainer.core.result import Result

if TYPE_CHECKING:
    from collections.abc import Hashable

    from explainer.vision.retrieval.mapped import Cloud, Mapped, Trail

STEPS, EVERY, PUBLISHED = 500, 10, 20  # steps of t-SNE in all, between two moments that are kept, and that are shown
LEAST, MOST = 12, 600  # pictures of a folder


class Method(Choice):
    """How the space is laid flat."""

    TSNE = "tsne", "t-SNE"
    PCA = "pca", "PCA"


class Pictures(Choice):
    """What is laid out."""

    OWN = "own", "Your folder, else garments"
    GARMENTS = "garments", "Garments"
    DIGITS = "digits", "Digits"
    NOISE = "noise", "Pure noise"


class Features(Choice):
    """What a picture becomes."""

    NETWORK = "network", "A layer of the network"
    PIXELS = "pixels", "Its pixels"


REAL = (Pictures.OWN, Pictures.GARMENTS, Pictures.DIGITS)


@dataclass(frozen=True, slots=True)
class Params:
    """What is laid out, in which space, and how it is laid flat."""

    seen: Annotated[
        int, Range(0, STEPS, EVERY, "steps"), Plays(8.0, "Watch clusters form"), When("method", (Method.TSNE,)),
        Doc("Look after", "Go to another moment while the map takes shape."),
    ] = STEPS  # fmt: skip
    perplexity: Annotated[
        float, Range(2.0, 100.0, log=True), When("method", (Method.TSNE,)),
        Doc("Perplexity", "About how many neighbours each point tries to keep: small ones make clumps of anything."),
    ] = 30.0  # fmt: skip
    method: Annotated[Method, Doc("Laid flat by", "PCA keeps large distances, t-SNE neighbours.")] = Method.TSNE
    pictures: Annotated[Pictures, Doc("Pictures", "Open a folder to map your own.")] = Pictures.OWN
    features: Annotated[
        Features, When("pictures", REAL), Doc("Space", "What makes two pictures near: pixels, or a network's numbers.")
    ] = Features.NETWORK  # fmt: skip
    layer: Annotated[
        LayerName, When("features", (Features.NETWORK,)), Doc("Layer", "Early layers see texture, late ones things.")
    ] = LAST  # fmt: skip
    picked: Annotated[
        int, Range(0, MOST, lowest="misplaced"), Doc("Ask for", "Click a picture to see its true neighbours.")
    ] = 0  # fmt: skip


class EmbeddingMap(Demo[Params]):
    """One vector a picture, two numbers on the map."""

    info = DemoInfo(
        id="embedding-map", title="A map of pictures", topics=(9,),
        summary="Hundreds of pictures find their places on a map while you watch, and lines show what it tears apart.",
        papers=("vandermaaten2008", "venna2001", "wattenberg2016"), uses_frame=False, uses_folder=True, budget_s=60.0,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Gather the pictures, lay them out, and say what came of their neighbours."""
        from explainer.vision.retrieval.mapped import Mapped

        key, cloud = clouded(params, ctx)
        with ctx.stage("explain"):
            if params.method == Method.PCA:
                one = Mapped(cloud, cloud.flat[0])
                return shown(one, params, chosen(params, one)).result()
            trail = latest(ctx, "trail", (key, params.perplexity), lambda: walk(cloud, params, ctx))
            last = latest(ctx, "last", (key, params.perplexity), lambda: Mapped(cloud, trail.xy[-1]))
            mark = trail.mark(params.seen)
            one = last if mark == len(trail.xy) - 1 else Mapped(cloud, trail.xy[mark])
            return shown(one, params, chosen(params, last), (trail, mark)).result()


def clouded(params: Params, ctx: Context) -> tuple[Hashable, Cloud]:
    """The pictures with their vectors, and a name for them."""
    from explainer.vision.retrieval import mapped
    from explainer.vision.retrieval.gallery import kept

    if params.pictures == Pictures.NOISE:
        return ("noise", ctx.seed), latest(ctx, "cloud", ("noise", ctx.seed), lambda: mapped.noise(ctx.seed))
    key, gallery = kept(ctx, str(params.pictures), params.layer, LEAST, MOST)
    pixels, told = params.features == Features.PIXELS, 2 * LEAST
    if gallery.at < len(gallery.rows):
        with ctx.model() as net, ctx.stage("model"):
            for done in gallery.fill(net, params.layer):
                ctx.progress(0.7 * done / len(gallery.rows), f"embedding {done} of {len(gallery.rows)} pictures")
                if len(gallery) >= told:
                    ctx.publish(begun(mapped.gathered(gallery, pixels=pixels), params))
                    told = 2 * len(gallery)
    if len(gallery) < LEAST:
        raise ExplainerError("There are too few pictures that can be read.", f"Open a folder with {LEAST} or more.")
    named = (key, pixels, len(gallery))
    return named, latest(ctx, "cloud", named, lambda: mapped.gathered(gallery, pixels=pixels))


def walk(cloud: Cloud, params: Params, ctx: Context) -> Trail:
    """The way of t-SNE, shown as it goes."""
    from explainer.vision.retrieval.mapped import Mapped, walked

    def told(step: int, so_far: Trail) -> None:
        if step % PUBLISHED == 0 and step < STEPS:
            ctx.progress(0.7 + 0.3 * step / STEPS, f"step {step} of {STEPS}")
            one = Mapped(cloud, so_far.xy[-1])
            ctx.publish(shown(one, params, None, (so_far, len(so_far.xy) - 1)).result(partial=True))

    return walked(cloud, params.perplexity, ctx.checkpoint, told)


def begun(cloud: Cloud, params: Params) -> Result:
    """Those that are embedded so far, by PCA."""
    from explainer.vision.retrieval.mapped import Mapped

    say = f"{len(cloud.vectors)} pictures are on the map so far; the rest is being embedded."
    return (shown(Mapped(cloud, cloud.flat[0]), params, None) + Part(headline=say)).result(partial=True)


def chosen(params: Params, last: Mapped) -> int:
    """The picture that is asked for; else the one that the finished map misplaces most, so that it stays on the way."""
    return min(params.picked, len(last.xy)) - 1 if params.picked else last.telling()


def shown(one: Mapped, params: Params, row: int | None, way: tuple[Trail, int] | None = None) -> Part:
    """The map, one picture's neighbours, and the numbers; `way` is that of t-SNE, and where on it."""
    from explainer.vision.retrieval import map_views as view

    cloud = one.cloud
    step = None if way is None else way[1] * EVERY
    note = "framed: misplaced; lines: true neighbours" if row is not None else words.count(len(one.xy), "picture")
    panel = view.map_panel("Map", note, one, row)
    panels = (panel,) if row is None else (panel, view.wall(one, row))
    found = values(one, params, row, way)
    play = None
    if way is not None and step is not None:
        curve = way[0].divergence if len(way[0].divergence) > STEPS // EVERY else None
        play = Play(
            "seen", 0, STEPS, step, curve=curve, counted=f"{step} of {STEPS} steps", note="curve: KL divergence"
        )
    return Part(
        panels, charts(one, params, found), reading(cloud, params, found), found,
        headline=headline(one, params, row, step), heroes=(panel.slug,), play=play,
    )  # fmt: skip


def values(one: Mapped, params: Params, row: int | None, way: tuple[Trail, int] | None) -> dict[str, float]:
    """What the map keeps, of all pictures and of the one in question."""
    from explainer.vision.retrieval.neighbour_map import possible

    space, drawn = (None if share is None else 100 * share for share in (one.right(one.true), one.right(one.shown)))
    found = numbers(
        pictures=len(one.xy), vector_numbers=one.cloud.vectors.shape[1], k_count=one.cloud.k,
        trust_percent=100 * one.trust, continuity_percent=100 * one.continuity, kept_percent=100 * one.kept.mean(),
        misplaced_count=int(one.misplaced.sum()), variance_percent=100 * one.cloud.flat[1],
        knn_space_percent=space, knn_map_percent=drawn,
    )  # fmt: skip
    if way is not None:
        trail, mark = way
        found |= numbers(step=mark * EVERY, kl_nats=trail.divergence[mark])
        found |= numbers(perplexity=possible(params.perplexity, len(one.xy)))
    if row is not None:
        found |= numbers(picked_number=row + 1, picked_kept_count=round(one.cloud.k * one.kept[row]))
    return found


def charts(one: Mapped, params: Params, found: dict[str, float]) -> tuple[Chart, ...]:
    """How good neighbours are as a classifier, in the space and on the map; and what the map keeps."""
    rows = (
        ("Trustworthiness", f"{found['trust_percent']:.1f} %"), ("Continuity", f"{found['continuity_percent']:.1f} %"),
        ("Neighbours kept", f"{found['kept_percent']:.0f} %"),
    )  # fmt: skip
    table = Table("What the map keeps", ("", params.method.label), rows, f"of {one.cloud.k} nearest")
    if "knn_map_percent" not in found:
        return (table,)
    both = (found["knn_space_percent"] / 100, found["knn_map_percent"] / 100)
    return (Bars("k-NN accuracy", ("in the space", "on the map"), both, note=f"k = {one.cloud.k}"), table)


# Words --------------------------------------------------------------------------------------------------


def headline(one: Mapped, params: Params, row: int | None, step: int | None) -> str:
    """Say what the map does to the picture in question, or to neighbours at large."""
    from explainer.vision.metrics.neighbours import voted

    cloud, k = one.cloud, one.cloud.k
    if params.pictures == Pictures.NOISE and step in (None, STEPS):
        return f"Every pixel here is chance: whatever groups you see among these {len(one.xy)} pictures mean nothing."
    if row is None or step not in (None, STEPS):
        after = "At first" if not step else f"After {step} steps"
        return f"{after} the map keeps {100 * one.kept.mean():.0f} % of all true neighbours together."
    if cloud.labels is None or not one.misplaced[row]:
        return f"The map keeps {k * one.kept[row]:.0f} of this picture’s {k} nearest neighbours near it."
    mine, beside = int(cloud.labels[row]), int(voted(one.shown, cloud.labels)[row])
    called = tuple(f"“{name}”" for name in cloud.names) if cloud.own else cloud.many
    own, space = int((cloud.labels[one.true[row]] == mine).sum()), "pixel" if by_pixels(params) else "feature"
    return f"The map lays this among {called[beside]}; in {space} space {own} of its {k} nearest are {called[mine]}."


def by_pixels(params: Params) -> bool:
    """Whether the space is that of the pixels."""
    return params.features == Features.PIXELS or params.pictures == Pictures.NOISE


def reading(cloud: Cloud, params: Params, found: dict[str, float]) -> tuple[str, ...]:
    """Say what the space is, how many are misplaced, and what must not be read off the map."""
    of = "pixels" if by_pixels(params) else "numbers of the network"
    what = f"{words.count(len(cloud.vectors), 'picture')} of {found['vector_numbers']:,.0f} {of} each lie in a plane."
    torn = "none of their nearest is near them here"
    why = torn if cloud.labels is None else "they lie among another class here, and among their own in the space"
    odd = f"Misplaced are {found['misplaced_count']:.0f}: {why}." if found["misplaced_count"] else ""
    if params.method == Method.PCA:
        return what, odd, f"Two directions show {found['variance_percent']:.0f} % of the variance."
    return what, odd, "How large a group is, and how far from the next, means nothing on a t-SNE map."
