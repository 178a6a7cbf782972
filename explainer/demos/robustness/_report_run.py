"""The stress report's work: photo after photo, network after network; what cannot be read is counted."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.model_card import ModelCard
from explainer.core.problem import ExplainerError

FIRST, SECOND = "efficientnet-lite0", "efficientnet-lite1"
THUMB_PX = 176
MOST = 200  # photos; of a longer source so many are taken, evenly spaced
REMEMBERED = 600  # exams that are kept for a source


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One photo and what came of it.

    Parameters
    ----------
    place
        Its number in the source.
    exams
        One for each network.
    notes
        What the reader of the file had to remark ("it is cut off").
    """

    place: int
    name: str
    size: tuple[int, int]
    thumb: NDArray[np.uint8]
    exams: tuple[Any, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is known so far.

    Parameters
    ----------
    wanted
        Photos that are to be examined, readable or not.
    skipped
        One sentence for each that could not be read.
    """

    cards: tuple[ModelCard, ...]
    plan: Any
    photos: tuple[Photo, ...]
    skipped: tuple[str, ...]
    wanted: int
    total: int
    worst: tuple["Worst", ...] = ()

    def exams(self, net: int = 0) -> list[Any]:
        """Return the exams of one network."""
        return [photo.exams[net] for photo in self.photos]


@dataclass(frozen=True, slots=True, eq=False)
class Worst:
    """A changed answer that was given with a high score.

    Parameters
    ----------
    pixels, clean
        ``(224, 224, 3)``: the corrupted square and the one before.
    """

    photo: Photo
    corruption: str
    severity: int
    answer: int
    score: float
    pixels: NDArray[np.uint8]
    clean: NDArray[np.uint8]


def collect(frame: Frame, params: Any, ctx: Context, show: Callable[[Found], None]) -> Found:
    """Examine every photo; `show` gets what is known after each."""
    from explainer.vision.stress_report.exam import FULL, QUICK

    frames, places = _source(frame, ctx)
    plan = _planned(FULL if params.detail == "full" else QUICK, params)
    names = [ctx.card.name, *([SECOND if ctx.card.name != SECOND else FIRST] if params.compare else [])]
    with ExitStack() as stack:
        nets = [stack.enter_context(ctx.model(name if n else None)) for n, name in enumerate(names)]
        found = Found(tuple(net.card for net in nets), plan, (), (), len(places), len(frames))
        show(found)
        key = ("exams", plan, tuple(names), ctx.settings.fit)
        known: dict[Any, Photo] = ctx.memo(key, dict, keep=True)
        for done, place in enumerate(places):
            found = _with(found, frames, place, nets, known, ctx, done)
            if done + 1 < len(places):
                show(found)
        return _add_worst(found, frames, ctx)


def _planned(base: Any, params: Any) -> Any:
    from dataclasses import replace

    return replace(base, parts=tuple(params.parts), fill=params.fill)


def _source(frame: Frame, ctx: Context) -> tuple[Sequence[Frame], list[int]]:
    """Return the source's pictures and which of them are wanted; a camera has only the present one."""
    try:
        frames: Sequence[Frame] = ctx.frames if len(ctx.frames) else (frame,)
    except ExplainerError:
        frames = (frame,)
    count = len(frames)
    if count <= MOST:
        return frames, list(range(count))
    return frames, sorted({int(n) for n in np.linspace(0, count - 1, MOST).round()})


def _with(
    found: Found,
    frames: Sequence[Frame],
    place: int,
    nets: Sequence[Any],
    known: dict[Any, Photo],
    ctx: Context,
    done: int,
) -> Found:
    """Read and examine one more photo, or note why it cannot be read."""
    from dataclasses import replace

    try:
        frame = frames[place]
    except ExplainerError as error:
        return replace(found, skipped=(*found.skipped, error.problem.what))
    key = (frame.source_id, frame.index, frame.name, frame.pixels.shape)
    if key not in known:
        if len(known) >= REMEMBERED:
            known.clear()
        known[key] = _examined(frame, place, nets, found, ctx, done)
    return replace(found, photos=(*found.photos, known[key]))


def _examined(frame: Frame, place: int, nets: Sequence[Any], found: Found, ctx: Context, done: int) -> Photo:
    from explainer.vision.stress_report.exam import examine
    from explainer.vision.stress_report.pictures import thumbnail

    exams, each = [], found.plan.forwards
    for number, net in enumerate(nets):
        exam = None
        with ctx.stage("model"):
            for passes, exam in examine(  # noqa: B007 (the last one counts)
                net, frame, found.plan, seed=ctx.seed, fit=ctx.settings.fit, checkpoint=ctx.checkpoint
            ):
                share = (number + passes / each) / len(nets)
                ctx.progress((done + share) / found.wanted, f"photo {done + 1} of {found.wanted}")
        exams.append(exam)
    name = frame.name or f"picture {place + 1}"
    return Photo(place, name, (frame.width, frame.height), thumbnail(frame.pixels, THUMB_PX), tuple(exams), frame.notes)


# Worst cases --------------------------------------------------------------------------------------------

SHOWN_WORST = 10


def _add_worst(found: Found, frames: Sequence[Frame], ctx: Context) -> Found:
    """Make the pictures of the surest wrong answers of the first network again, of as many photos as there are."""
    from dataclasses import replace

    every = [(rank, photo, *one) for photo in found.photos for rank, one in enumerate(_wrong(photo.exams[0]))]
    first = sorted(every, key=lambda one: (one[0], -one[-1]))[:SHOWN_WORST]
    cases = [_case(found, photo, (row, column), frames, ctx) for _, photo, row, column, _ in first]
    return replace(found, worst=tuple(sorted(cases, key=lambda one: -one.score)))


def _wrong(exam: Any) -> list[tuple[int, int, float]]:
    """Row, column and score of the surest changed answer under each corruption, the surest first."""
    if not exam.kept.size:
        return []
    scores = np.where(exam.kept, 0.0, exam.best_scores)
    found = [(row, int(one.argmax()), float(one.max())) for row, one in enumerate(scores) if one.any()]
    return sorted(found, key=lambda one: -one[2])


def _case(found: Found, photo: Photo, at: tuple[int, int], frames: Sequence[Frame], ctx: Context) -> Worst:
    from explainer.vision.corruptions.battery import Recipe, dirtied
    from explainer.vision.corruptions.published import NAMES
    from explainer.vision.stress_report.exam import square_seen

    ctx.checkpoint()
    (row, column), exam = at, photo.exams[0]
    severity = found.plan.severities[column]
    clean = square_seen(frames[photo.place], found.cards[0], ctx.settings.fit)
    pixels = dirtied(clean, Recipe((NAMES[row], severity)), ctx.seed)
    score = float(exam.best_scores[at])
    return Worst(photo, NAMES[row], severity, int(exam.best[at]), score, pixels, clean)
