"""What the missing-pixels demo shows and says."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Series
from explainer.core.layers import Image, Label, Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.robustness._missing import SHARES, Fill, Pixels, Trial

SHORT = {
    "black": "black", "zero": "zero", "mean": "mean", "nearest": "nearest", "telea": "Telea",
    "navier-stokes": "Navier–Stokes",
}  # fmt: skip
NAMES = SHORT | {
    "zero": "grey", "mean": "mean colour", "nearest": "nearest pixel", "telea": "inpainting",
    "navier-stokes": "Navier–Stokes inpainting",
}  # fmt: skip
COLUMNS, TILE_PX, GAP_PX = 3, 240, 6
HOLE = (255, 64, 200)  # a pink that photos seldom have
COLOURS = {"black": -2, "zero": 1, "mean": 3, "nearest": 2, "telea": 0, "navier-stokes": 4}


def result(trial: Trial, *, partial: bool = False) -> Result:
    """Put panels, charts, words and numbers together."""
    charts: list[Chart] = [_bars(trial)]
    if trial.curves:
        charts.append(_curve(trial))
    how, rival = trial.scene.params.fill, _rival(trial)
    heroes = (_filled(trial, how, "Filled in"), _filled(trial, rival, "Beside it"))
    panels = (*heroes, _input(trial), _all_six(trial))
    return Result(
        " ".join(_sentences(trial)), _values(trial), panels, tuple(charts), input=trial.input, partial=partial,
        headline=_headline(trial), heroes=(panels[0].slug, panels[1].slug), play=_play(trial),
    )  # fmt: skip


def _rival(trial: Trial) -> Fill:
    """Filling that stands beside the chosen one: inpainting, and beside that plain grey."""
    return Fill.ZERO if trial.scene.params.fill in (Fill.TELEA, Fill.NAVIER_STOKES) else Fill.TELEA


def _play(trial: Trial) -> Play:
    """How much is lost at random; the curve is the score with the chosen fill."""
    params, most = trial.scene.params, SHARES[-1]
    known = trial.curves.get(params.fill, ())
    whole = len(known) == len(SHARES)
    curve = np.interp(np.linspace(0.0, most, 40), SHARES, known) if whole else None
    counted = f"{params.share} % lost at random" + (" and the stroke" if params.erased else "")
    note = "curve: score, so filled" if whole else ""
    return Play("share", 0, 100 * most, params.share, curve, counted, note=note)


# Panels -------------------------------------------------------------------------------------------------


def _input(trial: Trial) -> Panel:
    holes, region = trial.scene.plain.copy(), trial.scene.region
    holes[region] = HOLE
    note = f"{words.percent(float(region.mean()))} missing, in pink"
    return _panel(trial, "Input", holes, f"whole: {_said(trial, trial.plain)}", 0, note)


def _filled(trial: Trial, how: str, title: str) -> Panel:
    """The picture filled in one way, with the answer on it."""
    text, colour = f"{NAMES[how]}: {_answer(trial, how)}", 0 if trial.kept(how) else 1
    return _panel(trial, title, trial.pictures[how], text, colour, Fill(how).label)


def _panel(trial: Trial, title: str, pixels: Pixels, text: str, colour: int, note: str) -> Panel:
    """A version of the picture with what the network says on it."""
    frame, (x0, y0, x1, y1) = trial.scene.frame, trial.focus
    picture = Image("picture", pixels, Copy(frame, pixels.shape).to_frame, focus=trial.focus)
    chip = Label("answer", text, (x0 + 0.04 * (x1 - x0), y0 + 0.08 * (y1 - y0)), colour)
    return Panel(title, (frame.width, frame.height), (picture, chip), note)


def _all_six(trial: Trial) -> Panel:
    """All fills side by side, each with its name."""
    step = max(1, round(max(trial.scene.size) / TILE_PX))
    tiles = {how: pixels[::step, ::step] for how, pixels in trial.pictures.items()}
    height, width = next(iter(tiles.values())).shape[:2]
    places = [(n // COLUMNS * (height + GAP_PX), n % COLUMNS * (width + GAP_PX)) for n in range(len(tiles))]
    sheet: Pixels = np.full((places[-1][0] + height, places[-1][1] + width, 3), 128, np.uint8)
    labels = []
    for (how, tile), (top, left) in zip(tiles.items(), places, strict=True):
        sheet[top : top + height, left : left + width] = tile
        name = "N.–Stokes" if how == "navier-stokes" else SHORT[how]
        labels.append(Label(how, name, (left + 0.03 * width, top + 0.06 * height)))
    size = (float(sheet.shape[1]), float(sheet.shape[0]))
    return Panel("All six", size, (Image("fills", sheet), *labels), frame=False)


# Charts -------------------------------------------------------------------------------------------------


def _bars(trial: Trial) -> Bars:
    index, how = trial.index, trial.scene.params.fill
    labels = ("nothing missing", *(SHORT[name] for name in trial.answers))
    scores = (float(trial.plain[index]), *(float(row[index]) for row in trial.answers.values()))
    clicks = (None, *({"fill": name} for name in trial.answers))
    return Bars("Score", labels, scores, chosen=1 + list(trial.answers).index(how), note=trial.label, sets=clicks)


def _curve(trial: Trial) -> Curve:
    x = 100.0 * np.array(SHARES)
    lines = tuple(Series(SHORT[how], x[: len(y)], np.array(y), colour=COLOURS[how]) for how, y in trial.curves.items())
    return Curve("Lost at random", lines, "% missing", "score", (0.0, 1.0), (0.0, 100.0), trial.label)


# Numbers and words --------------------------------------------------------------------------------------


def _values(trial: Trial) -> dict[str, float]:
    index = trial.index
    values = numbers(
        class_index=index, missing_share=trial.scene.region.mean(), score_complete=trial.plain[index]
    )  # fmt: skip
    for how, row in trial.answers.items():
        name, changed = how.replace("-", "_"), float(not trial.kept(how))
        values |= {f"score_{name}": float(row[index]), f"error_{name}_255": trial.error_255(how)}
        values |= {f"changed_{name}": changed}
    for how, scores in trial.curves.items():
        if len(scores) > 3:
            values[f"curve_{how.replace('-', '_')}_40"] = scores[3]
    return values


def _headline(trial: Trial) -> str:
    how, share = trial.scene.params.fill, words.percent(float(trial.scene.region.mean()))
    first, now = (f"“{trial.card.label(int(row.argmax()))}”" for row in (trial.plain, trial.answers[how]))
    if not trial.scene.region.any():
        return f"Nothing is missing, and the network says {first}."
    rival = _rival(trial)
    other = f"“{trial.card.label(int(trial.answers[rival].argmax()))}”"
    gone, one, two = f"{share} of the pixels are gone", NAMES[how], NAMES[rival]
    match trial.kept(how), trial.kept(rival):
        case False, True:
            return f"{gone}: with {one}, {first} becomes {now}; with {two} it stays."
        case True, False:
            return f"{gone}: with {one} it is still {first}, with {two} it is {other}."
        case True, True:
            scores = (float(trial.answers[name].max()) for name in (how, rival))
            return f"{gone}, and it is still {first}: {' and '.join(map(_scored, (one, two), scores))}."
        case _:
            return f"{gone}, and {first} is lost: with {one} it is {now}, with {two} {other}."


def _scored(name: str, score: float) -> str:
    return f"{words.score(score)} with {name}"


def _sentences(trial: Trial) -> Iterator[str]:
    index, share = trial.index, float(trial.scene.region.mean())
    whole = words.score(float(trial.plain[index]))
    if share == 0:
        yield f"Nothing is missing: {trial.label} scores {whole}, whatever would be filled in."
        return
    ranked = sorted(trial.answers, key=lambda how: float(trial.answers[how][index]))
    worst, best = ranked[0], ranked[-1]
    low, high = (words.score(float(trial.answers[how][index])) for how in (worst, best))
    yield (
        f"Whole, the picture scores {whole} for {trial.label}; with {words.percent(share)} missing it scores "
        f"{high} at best, filled with {NAMES[best]}, and {low} at worst, with {NAMES[worst]}."
    )
    how = trial.scene.params.fill
    changed = not trial.kept(how)
    said = "the answer is now" if changed else "the answer stays"
    yield (
        f"{Fill(how).label} is off by {trial.error_255(how):.0f} grey levels on what is missing, and {said} "
        f"{'**' if changed else ''}{_answer(trial, how)}{'**' if changed else ''}."
    )


def _answer(trial: Trial, how: str) -> str:
    return _said(trial, trial.answers[how])


def _said(trial: Trial, row: NDArray[np.float64]) -> str:
    best = int(row.argmax())
    return f"“{trial.card.label(best)}” {words.score(float(row[best]))}"
