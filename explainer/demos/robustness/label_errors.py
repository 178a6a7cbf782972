"""Label errors: which pictures of a folder carry a label that the other pictures contradict.

It looks through a folder of folders, where one is open. Without one it takes 500 garments, some of whose labels it has
made wrong itself, so that the truth is known. A folder's pictures are read and embedded once, a few tens a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Histogram, Matrix, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.memo import is_latest, latest
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.plays import Play, Plays
from explainer.core.result import Result
from explainer.core.walls import wall_of_photos

if TYPE_CHECKING:
    from explainer.vision.training.frozen import Labelled
    from explainer.vision.training.label_errors import Judged

COLUMNS, TILES = 6, 12
LETTERS, NAME = 10, 28  # of a class's name on a tile, and of a picture's in the headline
CLASSES = 10  # of the confident joint that are shown
ALONG = 100  # places along the chart
MOST = 34 * TILES  # places of the list that can be reached here; the file has all
Rows = NDArray[np.int64]


class Kind(Choice):
    """What a garment's label is swapped with."""

    ANY = "any", "Any other"
    TWIN = "twin", "The most similar"


class Rank(Choice):
    """What counts as suspicious."""

    MARGIN = "margin", "Another fits better"
    OWN = "own", "Its own does not fit"
    CONFIDENT = "confident", "Confident learning"


@dataclass(frozen=True, slots=True)
class Params:
    """How the list is ordered, how far it is looked through, and what is made wrong without a folder."""

    looked: Annotated[
        int, Range(1, MOST), Plays(8.0, "Look through the list"),
        Doc("Look at the first", "Most suspicious first; the wall shows 12 at a time."),
    ] = TILES  # fmt: skip
    rank: Annotated[
        Rank, Doc("Suspicious if", "Margin, self-confidence, or the confident joint; the chart compares them.")
    ] = Rank.MARGIN  # fmt: skip
    share: Annotated[
        int, Range(0, 40, 5, unit="%"),
        Doc("Wrong labels", "Of the garments that come with this page; your folder's labels stay as they are."),
    ] = 5  # fmt: skip
    kind: Annotated[
        Kind, Doc("Swapped with", "A random error stands out; a coat among pullovers hardly does.")
    ] = Kind.ANY  # fmt: skip


class LabelErrors(Demo[Params]):
    """Out-of-fold probabilities over frozen features, and the labels that they contradict most."""

    info = DemoInfo(
        id="label-errors", title="Label errors", topics=(39,),
        summary="Your folder of folders, or garments with some labels swapped: which labels are wrong?",
        papers=("northcutt2021",), uses_frame=False, uses_folder=True, uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:  # noqa: ARG002
        """Take the folder or the garments, judge every label, and show the most suspicious."""
        from explainer.vision.training import frozen, label_errors

        def told(done: float, text: str) -> None:
            ctx.checkpoint()
            ctx.progress(done, text)

        def read() -> Labelled:
            with ctx.model(frozen.NETWORK) as net, ctx.stage("model"):
                return frozen.folder_of(ctx.frames, net, told)

        source, made = frozen.is_sorted(ctx.frames), (params.share / 100, params.kind == Kind.TWIN, ctx.seed)
        key = (source, len(ctx.frames), ctx.seed) if source else made
        looked = latest(ctx, "labelled", key, read if source else lambda: frozen.garments_with(*made))
        if not is_latest(ctx, "judged", key):
            ctx.publish(begun(looked).result(partial=True))

        def judge() -> Judged:
            with ctx.stage("explain"):
                p = label_errors.out_of_fold(
                    looked.vectors, looked.labels, len(looked.names), ctx.seed, ctx.checkpoint,
                    lambda done: told(0.9 + done / 10, "judging every label"),
                )  # fmt: skip
            return label_errors.Judged(p, looked.labels)

        return shown(looked, latest(ctx, "judged", key, judge), params)


def short(name: str) -> str:
    """A class's name as it fits on a tile."""
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}…"


def begun(looked: Labelled) -> Part:
    """The first pictures with their labels, while they are being judged."""
    rows = np.arange(min(TILES, len(looked.labels)))
    panel = tiles(looked, rows, np.zeros(len(rows), np.bool_), ("",) * len(rows), "")
    say = "Every label is being checked against what the other pictures teach."
    read = f"{words.count(len(looked.labels), 'picture')} in {len(looked.names)} classes."
    return Part((panel,), (), (read,), numbers(pictures=len(looked.labels)), headline=say, heroes=(panel.slug,))


def shown(looked: Labelled, judged: Judged, params: Params) -> Result:
    """The list as far as it is looked through, how good it is, and all of it as a file."""
    from explainer.vision.training import label_report

    order = judged.order(str(params.rank))
    count = min(params.looked, len(order))
    first = (count - 1) // TILES * TILES
    rows = order[first : first + TILES]
    names, p = [short(looked.names[k]) for k in judged.other[rows].tolist()], judged.p[rows, judged.other[rows]]
    below = tuple(f"{name} {score:.2f}" for name, score in zip(names, p.tolist(), strict=True))
    note = "below: what it looks like" + ("" if looked.true is None else "; framed: its label is indeed wrong")
    panel = tiles(looked, rows, np.arange(first, first + len(rows)) < count, below, note)
    hit = (np.cumsum(looked.wrong[order]) / np.arange(1, len(order) + 1))[first : first + len(rows)]
    play = Play(
        "looked", first + 1, first + len(rows), count, curve=hit if len(rows) > 1 and hit.any() else None,
        counted=f"{count} of {words.count(len(order), 'picture')}", note="curve: share that is wrong" * bool(hit.any()),
    )  # fmt: skip
    named = values(looked, judged, order, count)
    return Part(
        (panel,), (ranked_chart(looked, judged, params), joint_chart(looked, judged)), reading(looked, named), named,
        headline=headline(looked, judged, order, named), heroes=(panel.slug,), play=play,
    ).result(documents={"label-errors.csv": label_report.table(looked, judged, order)})  # fmt: skip


def tiles(looked: Labelled, rows: Rows, lit: NDArray[np.bool_], below: tuple[str, ...], note: str) -> Panel:
    """Pictures with their label above; framed where it is known to be wrong and was looked at."""
    labels = tuple(f"label: {short(looked.names[k])}" for k in looked.labels[rows].tolist())
    return wall_of_photos(
        "Most suspicious first", looked.squares[rows], labels, below, columns=COLUMNS, lit=lit,
        smooth=looked.true is None, note=note, wrong=looked.wrong[rows] & lit,
    )  # fmt: skip


def ranked_chart(looked: Labelled, judged: Judged, params: Params) -> Chart:
    """How good each order is where the truth is known; else how likely the labels are."""
    if not looked.wrong.any():
        edges = np.linspace(0.0, 1.0, 21)
        counts = np.histogram(judged.own, edges)[0].astype(np.float64)
        return Histogram("Probability of its own label", edges, counts, "probability", note="pictures")
    n = np.arange(1, min(ALONG, len(looked.labels)) + 1, dtype=np.float64)
    lines = [
        Series(
            one.label[0].lower() + one.label[1:], n, 100 * np.cumsum(looked.wrong[judged.order(one)])[: len(n)] / n,
            "solid" if one == params.rank else "dashed", colour,
        )
        for colour, one in enumerate(Rank, 1)
    ]  # fmt: skip
    lines.append(Series("by chance", n[[0, -1]], np.full(2, 100 * looked.wrong.mean()), "dotted", -2))
    return Curve("Indeed wrong among the first", tuple(lines), "looked at", "%", (0.0, 100.0), (1.0, float(n[-1])))


def joint_chart(looked: Labelled, judged: Judged) -> Chart:
    """Labels against what the pictures confidently look like: of many classes those with the most suspects."""
    classes, joint = judged.errors(CLASSES)
    names = tuple(short(looked.names[k]) for k in classes.tolist())
    note = "suspects; agreements left out"
    return Matrix("Confident joint", joint.astype(np.float64), names, names, "looks like", "label", note=note)


def values(looked: Labelled, judged: Judged, order: Rows, count: int) -> dict[str, float]:
    """Counts, and where the truth is known how many were found."""
    wrong, total = looked.wrong, int(looked.wrong.sum())
    named = numbers(
        pictures=len(order), classes=len(looked.names), looked_count=count, suspects=int(judged.suspect.sum()),
        contradicted=int((judged.margin > 0).sum()), agree_percent=100 * (judged.margin <= 0).mean(),
    )  # fmt: skip
    if looked.true is None:
        return named | numbers(unread=looked.unread, classes_left_out=len(looked.alone))
    named |= numbers(
        wrong_count=total, hits=int(wrong[order[:count]].sum()), suspects_wrong=int((judged.suspect & wrong).sum())
    )  # fmt: skip
    each = {f"{one}_hits": int(wrong[judged.order(one)[:total]].sum()) for one in Rank}
    return named | numbers(**each)


def headline(looked: Labelled, judged: Judged, order: Rows, named: dict[str, float]) -> str:
    """Say how many of those looked at are wrong; of a folder, how many seem so."""
    count, suspects = int(named["looked_count"]), int(named["suspects"])
    if looked.true is None:
        if not (odd := int(named["contradicted"])):
            return "No label stands out here: each agrees with what the other pictures teach."
        row, look = int(order[0]), "looks" if odd == 1 else "look"
        called, other = looked.called[row][-NAME:], looked.names[int(judged.other[row])]
        return f"{odd} of {len(order)} pictures {look} more like another class, first of all “{called}” like “{other}”."
    if not looked.wrong.any():
        return f"Every label is right, and still {suspects} look wrong: suspicion is no proof."
    hits = int(named["hits"])
    if count == 1:
        return f"The most suspicious label of all is indeed {'wrong' if hits else 'right: it only looks unusual'}."
    return f"{'All' if hits == count else f'{hits} of the'} {count} most suspicious labels are indeed wrong."


def reading(looked: Labelled, named: dict[str, float]) -> tuple[str, ...]:
    """Say how the list was made, what it missed, and what was left out."""
    from explainer.vision.training import label_report

    how = (
        f"Each of {words.count(len(looked.labels), 'picture')} was judged by a classifier that had not seen it; "
        f"**{named['agree_percent']:.0f} %** are taken for what their label says."
    )
    if not looked.wrong.any():
        return how, *label_report.left_out(looked)
    found = f"{named['wrong_count']:.0f} labels were made wrong; the list has named {named['hits']:.0f} of them so far."
    return how, found, f"Confident learning suspects {named['suspects']:.0f}, {named['suspects_wrong']:.0f} rightly."
