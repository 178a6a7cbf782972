"""What the illumination stress test shows and says."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Matrix, Series
from explainer.core.layers import Image, Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.demos.robustness._relighting import DAY, FALL, NIGHT, Pixels, Trial

NOTICED = 0.01  # a smaller change of a score is no news
NAMES = {
    "grey-world": "grey-world balance", "white-patch": "white-patch balance", "retinex": "Retinex",
    "equalise": "global equalisation", "clahe": "CLAHE", "local-contrast": "local contrast normalisation",
}  # fmt: skip


def result(trial: Trial, *, partial: bool = False) -> Result:
    """Put panels, charts, words and numbers together."""
    scene = trial.scene
    charts: list[Chart] = [] if trial.fall is None else [_fall(trial, trial.fall)]
    charts.append(_bars(trial))
    if trial.tone_map is not None:
        charts.append(_matrix(trial))
    return Result(
        " ".join(_sentences(trial)), _values(trial), tuple(_panels(trial)), tuple(charts), input=trial.input,
        partial=partial, headline=_headline(trial), play=_play(trial),
        heroes=("other-light", "after-the-remedy") if scene.has_remedy else ("input", "other-light"),
    )  # fmt: skip


def _play(trial: Trial) -> Play:
    ev = trial.scene.params.exposure_ev
    curve, note = (None, "") if trial.fall is None else (trial.fall[0], f"curve: score of {trial.label}")
    return Play("exposure_ev", DAY, NIGHT, min(DAY, ev), curve, _of_the_light(ev), note=note)


def _of_the_light(ev: float) -> str:
    return "full light" if ev >= 0 else f"1/{2**-ev:.3g} of the light"


def _headline(trial: Trial) -> str:
    was, lit, cured = (int(row.argmax()) for row in (trial.plain, trial.lit, trial.cured))
    ev, name = trial.scene.params.exposure_ev, trial.name
    if was == lit:
        light = "With so little light" if ev < 0 else "With so much light" if ev > 0 else "In this light"
        before, after = (words.score(float(row[was])) for row in (trial.plain, trial.lit))
        if cured != was:
            return f"{light} {name(was)} stays the answer, but after the remedy it is {name(cured)}."
        if trial.scene.has_remedy:
            gain, left = float(trial.cured[was] - trial.lit[was]), words.score(float(trial.cured[was]))
            does = "helps" if gain > NOTICED else "hurts" if gain < -NOTICED else "changes nothing"
            return f"{light} {name(was)} still scores {after}; {_treatment(trial)} {does}: {left}."
        return f"{light} {name(was)} stays the answer; its score goes from {before} to {after}."
    light = f"With {2 ** abs(ev):.3g} times {'less' if ev < 0 else 'more'} light" if ev else "In this light"
    helps = f", and {_treatment(trial)} {'brings it back' if cured == was else 'does not bring it back'}"
    return f"{light} {name(was)} becomes {name(lit)}{helps if trial.scene.has_remedy else ''}."


def _treatment(trial: Trial) -> str:
    """All that was done, in the singular and without a number: a headline has two already."""
    p = trial.scene.params
    used = [*(NAMES[name] for name in NAMES if name in p.remedies), *(["refreshing batch norms"] if p.renorm else [])]
    return " with ".join(used) if len(used) < 3 else "the chain of remedies"


# Panels and charts --------------------------------------------------------------------------------------


def _panels(trial: Trial) -> Iterator[Panel]:
    scene = trial.scene
    yield _panel(trial, "Input", scene.frame.pixels, trial.plain)
    yield _panel(trial, "Other light", scene.lit, trial.lit)
    if scene.has_remedy:
        yield _panel(trial, "After the remedy", scene.cured, trial.cured)
    if trial.turned is not None:
        step, row = trial.turned
        lit = scene.relit(replace(scene.light, exposure_ev=float(FALL[step])))
        yield _panel(trial, f"Lost at {_of_the_light(float(FALL[step]))}", lit, row)


def _panel(trial: Trial, title: str, pixels: Pixels, row: NDArray[np.float64]) -> Panel:
    frame = trial.scene.frame
    picture = Image("picture", pixels, Copy(frame, pixels.shape).to_frame, focus=trial.focus)
    return Panel(title, (frame.width, frame.height), (picture,), _answer(trial, row))


def _bars(trial: Trial) -> Bars:
    rows = [("as it is", trial.plain), ("other light", trial.lit)]
    if trial.scene.has_remedy:
        rows += [("with remedy", trial.cured), ("remedy alone", trial.only_cured)]
    scores = tuple(float(row[trial.index]) for _, row in rows)
    return Bars("Score", tuple(name for name, _ in rows), scores, chosen=len(rows) // 2, note=trial.label)


def _fall(trial: Trial, fall: NDArray[np.float64]) -> Curve:
    """Score as the light falls, the other changes as they stand."""
    lines = [Series("other light", -FALL, fall[0], colour=1)]
    if trial.scene.has_remedy:
        lines.append(Series("with remedy", -FALL, fall[1]))
    roof = min(1.0, float(np.ceil(10 * fall.max() + 0.01)) / 10)  # low scores are no flat line at the foot
    now = Series("now", np.full(2, max(-trial.scene.params.exposure_ev, 0.0)), np.array([0.0, roof]), "dotted", -2)
    title, axes = "As the light falls", ("stops less light", "score", (0.0, roof), (DAY, -NIGHT))
    return Curve(title, (*lines, now), *axes, trial.label)


def _matrix(trial: Trial) -> Matrix:
    from explainer.vision.stress.light_map import GAINS, GAMMAS

    found = trial.tone_map
    names = ("¼", *[""] * 4, "1", *[""] * 4, "4")  # more would not fit under the cells
    clicks = tuple({"gain": gain, "gamma": gamma} for gamma in GAMMAS for gain in GAINS)
    return Matrix(
        "Gain × gamma", found.scores, names, names, "gain", "gamma", ".2f",
        f"{trial.label} wins in {words.percent(found.kept(trial.index))}", sets=clicks,
    )  # fmt: skip


def _answer(trial: Trial, row: NDArray[np.float64]) -> str:
    best = int(row.argmax())
    return f"{trial.name(best)} {words.score(float(row[best]))}"


# Numbers and words --------------------------------------------------------------------------------------


def _values(trial: Trial) -> dict[str, float]:
    from explainer.vision.stress.light import clipped_shares, luma

    scene, index = trial.scene, trial.index
    black, white = clipped_shares(scene.lit)
    values = numbers(
        class_index=index, score_as_it_is=trial.plain[index], score_lit=trial.lit[index],
        answer_changed=trial.lit.argmax() != trial.plain.argmax(), luma_as_it_is_255=luma(scene.plain).mean(),
        luma_lit_255=luma(scene.lit).mean(), black_share=black, white_share=white, shadow_share=scene.shadow.mean(),
    )  # fmt: skip
    if scene.has_remedy:
        values |= numbers(
            score_remedy=trial.cured[index], score_remedy_alone=trial.only_cured[index],
            luma_remedy_255=luma(scene.cured).mean(), answer_restored=trial.cured.argmax() == trial.plain.argmax(),
        )  # fmt: skip
    if trial.fall is not None:
        values |= numbers(fall_mean_score=trial.fall[0].mean(), fall_mean_remedy=trial.fall[1].mean())
    if (found := trial.tone_map) is not None:
        values |= numbers(
            map_cells=found.done, map_kept_share=found.kept(index), map_mean_score=found.scores.mean(),
            map_lowest_score=found.scores.min(),
        )  # fmt: skip
    return values


def _sentences(trial: Trial) -> Iterator[str]:
    from explainer.vision.stress.light import clipped_shares

    scene = trial.scene
    before, after = (words.score(float(row[trial.index])) for row in (trial.plain, trial.lit))
    now = "stays" if trial.lit.argmax() == trial.plain.argmax() else "is now"
    yield f"Under this light {trial.label} goes from {before} to {after}; the answer {now} {_answer(trial, trial.lit)}."
    lost, kept = clipped_shares(scene.lit), sum(clipped_shares(scene.plain))
    if sum(lost) > kept + 0.02:
        black, white = map(words.percent, lost)
        yield f"{white} of the pixels are at the white end and {black} at the black: no remedy brings them back."
    if scene.has_remedy:
        yield _under_remedy(trial)
    if trial.tone_map is not None:
        share = words.percent(trial.tone_map.kept(trial.index))
        yield f"Over {trial.tone_map.done} steps of gain and gamma {trial.label} is the answer in {share}."


def _under_remedy(trial: Trial) -> str:
    rows = (trial.cured, trial.lit, trial.only_cured, trial.plain)
    cured, lit, only, plain = (float(row[trial.index]) for row in rows)
    verb = "helps" if cured > lit + NOTICED else "**hurts**" if cured < lit - NOTICED else "changes little"
    alone = "costs score" if only < plain - NOTICED else "gains score" if only > plain + NOTICED else "matters little"
    name = _treatment(trial)
    return (
        f"{name[0].upper()}{name[1:]} {verb}: {words.score(cured)}; on the picture as it is the same "
        f"{alone} ({words.score(only)})."
    )
