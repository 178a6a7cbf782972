"""The corruption bench's table: fifteen rows, five severities, for one picture or for a whole source."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Curve, Matrix, Series
from explainer.core.frame import Frame
from explainer.core.parts import Part
from explainer.core.problem import ExplainerError
from explainer.demos.robustness._corruption_scene import Scene
from explainer.demos.robustness._corruption_view import LABELS, lower

MOST = 200  # pictures of a source; of more, so many are taken evenly
SEVERITIES = np.arange(1, 6)
TITLES = {"score": "Score, %", "rank": "Rank", "kept": "Answer kept, %"}
Show = Callable[[Part], None]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What came of some rows of the table, each ``(R, 5)``.

    Parameters
    ----------
    score, rank
        Of the class in question.
    kept
        Whether (or how often) the answer is that to the clean picture.
    """

    score: NDArray[np.float64]
    rank: NDArray[np.float64]
    kept: NDArray[np.float64]

    @staticmethod
    def of(probabilities: Sequence[NDArray[np.float64]], target: int, answer: int) -> "Rows":
        """Read ``(5, K)`` for each row."""
        from explainer.vision.corruptions.square import ranks

        return Rows(
            np.array([p[:, target] for p in probabilities]),
            np.array([ranks(p, target) for p in probabilities], float),
            np.array([p.argmax(axis=1) == answer for p in probabilities], float),
        )

    @staticmethod
    def mean(every: Sequence["Rows"]) -> "Rows":
        """Average over pictures; of ranks the median is taken, because one may be 1,000."""
        score, kept = (np.mean([getattr(rows, name) for rows in every], axis=0) for name in ("score", "kept"))
        return Rows(score, np.median([rows.rank for rows in every], axis=0), kept)


# This picture -------------------------------------------------------------------------------------------


def of_picture(at: Scene, show: Show) -> Part:
    """Fill the table row by row."""
    found: list[NDArray[np.float64]] = []
    recipes = _recipes(at)
    for done, probabilities in enumerate(_rows(at, recipes), 1):
        found.append(probabilities)
        at.ctx.progress(done / len(recipes), "the table")
        if done < len(recipes):
            show(_part(at, Rows.of(found, at.target, at.clean.answer), None))
    rows = Rows.of(found, at.target, at.clean.answer)
    raw = None
    if at.remedy is not None:
        bare = _bare(at)
        raw = Rows.of(list(_rows(at, [bare])), at.target, at.clean.answer)
    part = _part(at, rows, raw)
    return part + Part((), (), (_verdict(rows),), _numbers(rows))


def _recipes(at: Scene) -> list[Any]:
    from explainer.vision.corruptions.battery import rows_of

    found: list[Any] = rows_of(at.second, at.remedy, at.params.corruption)
    return found


def _bare(at: Scene) -> Any:
    """The chosen row without its remedy."""
    from explainer.vision.corruptions.battery import Recipe

    return Recipe((at.params.corruption, 1), at.second)


def _rows(at: Scene, recipes: Sequence[Any]) -> Iterator[NDArray[np.float64]]:
    """Probabilities ``(5, K)`` of each row; what was asked before is not asked again."""
    from explainer.vision.corruptions.battery import battery

    for recipe in recipes:

        def make(recipe: Any = recipe) -> NDArray[np.float64]:
            with at.ctx.stage("model"):
                run = battery(
                    at.net, at.square.pixels, [recipe], seed=at.ctx.seed, draw=at.params.again,
                    checkpoint=at.ctx.checkpoint,
                )  # fmt: skip
                return next(run)

        yield at.ctx.memo(("row", *at.name, recipe, at.params.again), make)


def _numbers(rows: Rows) -> dict[str, float]:
    return {
        "table_mean_score": float(rows.score[: len(LABELS)].mean()),
        "table_answers_kept": float(rows.kept[: len(LABELS)].sum()),
        "table_worst_score": float(rows.score[: len(LABELS)].min()),
    }


def _verdict(rows: Rows) -> str:
    kept = round(float(rows.kept[: len(LABELS)].sum()))
    names = list(LABELS.values())
    steady = [names[n] for n in range(len(LABELS)) if rows.kept[n].all()]
    text = f"Over the whole table {kept} of 75 answers match the clean picture's"
    return f"{text}; {_listed(steady)}." if steady else f"{text}; no corruption is harmless at every severity."


def _listed(names: Sequence[str]) -> str:
    said = [lower(name) for name in names]
    if len(said) > 4:
        return f"{len(said)} corruptions change none"
    return f"{words.listed(said)} change{'s' if len(said) == 1 else ''} none"


# A whole source -----------------------------------------------------------------------------------------


def of_folder(at: Scene, show: Show) -> Part:
    """Fill the table picture by picture; each is asked for its own answer, and unreadable ones are counted."""
    every: list[Rows] = []
    skipped: list[str] = []
    recipes, places = _recipes(at), _places(len(at.ctx.frames))
    kept = at.ctx.memo(("folder", *at.name, tuple(recipes), at.params.again), dict, keep=True)
    for done, place in enumerate(places):
        at.ctx.progress(done / max(1, len(places)), f"picture {done + 1} of {len(places)}")
        try:
            frame = at.ctx.frames[place]
        except ExplainerError as error:
            skipped.append(error.problem.what)
            continue
        key = (frame.source_id, frame.index, frame.name)
        if key not in kept:
            kept[key] = _of_frame(at, frame, recipes)
        every.append(kept[key])
        if done + 1 < len(places):
            show(_part(at, Rows.mean(every), None, len(every)))
    if not every:
        return of_picture(at, show) + Part((), (), ("No picture of the source could be read.",), {})
    rows = Rows.mean(every)
    values = _numbers(rows) | {"pictures": float(len(every)), "pictures_skipped": float(len(skipped))}
    return _part(at, rows, None, len(every)) + Part((), (), (_said(rows, len(every), skipped),), values)


def _of_frame(at: Scene, frame: Frame, recipes: Sequence[Any]) -> Rows:
    from explainer.vision.corruptions.battery import battery
    from explainer.vision.corruptions.square import answers, square_of

    ctx = at.ctx
    with ctx.stage("model"):
        square = square_of(frame, ctx.card, ctx.settings.fit)
        answer = int(answers(at.net, [square.pixels], ctx.checkpoint)[0].argmax())
        run = battery(
            at.net, square.pixels, recipes, seed=ctx.seed, draw=at.params.again, checkpoint=ctx.checkpoint
        )  # fmt: skip
        return Rows.of(list(run), answer, answer)


def _places(count: int) -> list[int]:
    if count <= MOST:
        return list(range(count))
    return [int(n) for n in np.linspace(0, count - 1, MOST).round()]


def _said(rows: Rows, count: int, skipped: Sequence[str]) -> str:
    means = rows.kept[: len(LABELS)].mean(axis=1)
    worst, names = int(means.argmin()), list(LABELS.values())
    text = (
        f"Over {count} picture{'s' if count > 1 else ''}, each asked for its own answer, "
        f"{words.percent(float(rows.kept[: len(LABELS)].mean()))} of the answers are kept; "
        f"{lower(names[worst])} keeps the fewest, {words.percent(float(means[worst]))}."
    )
    if skipped:
        text += f" {len(skipped)} could not be read and {'was' if len(skipped) == 1 else 'were'} skipped: {skipped[0]}"
    return text


# Charts -------------------------------------------------------------------------------------------------


def _part(at: Scene, rows: Rows, raw: Rows | None, pictures: int = 0) -> Part:
    return Part((), (_curve(at, rows, raw, pictures), _matrix(at, rows, pictures)))


def _curve(at: Scene, rows: Rows, raw: Rows | None, pictures: int) -> Chart:
    names = list(LABELS)
    chosen = (
        len(LABELS) if at.second is not None and len(rows.score) > len(LABELS) else names.index(at.params.corruption)
    )
    x = SEVERITIES.astype(float)
    series = []
    if chosen < len(rows.score):
        label = "mix" if chosen == len(LABELS) else lower(LABELS[names[chosen]])
        series.append(Series("denoised" if raw is not None else label, x, rows.score[chosen]))
    if raw is not None:
        series.append(Series("as it is", x, raw.score[0], "dashed", 1))
    series.append(Series("mean", x, rows.score[: len(LABELS)].mean(axis=0), "dotted", -2))
    note = f"{pictures} pictures" if pictures else ""
    return Curve("By severity", tuple(series), "severity", "score", (0.0, 1.0), (1.0, 5.0), note)


def _matrix(at: Scene, rows: Rows, pictures: int) -> Chart:
    values = getattr(rows, at.params.metric) * (1.0 if at.params.metric == "rank" else 100.0)
    labels = [*LABELS.values(), "Your mix"][: len(values)]
    sets: list[dict[str, Any]] = []
    for name in [*LABELS, at.params.corruption][: len(values)]:
        sets += [{"corruption": name, "severity": int(s)} for s in SEVERITIES]
    note = "by severity; click a cell" if not pictures else f"by severity, {pictures} pictures"
    return Matrix(
        TITLES[at.params.metric], values, tuple(labels), tuple(str(s) for s in SEVERITIES),
        note=note, sets=tuple(sets),
    )  # fmt: skip
