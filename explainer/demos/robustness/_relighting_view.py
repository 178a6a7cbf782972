"""What the illumination stress test shows and says."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart, Curve, Matrix, Series
from explainer.core.geometry import identity, resized
from explainer.core.layers import Image, Panel
from explainer.core.result import Result
from explainer.demos.robustness._relighting import Pixels, Trial

BINS = 64
NOTICED = 0.01  # a smaller change of a score is no news
NAMES: Mapping[str, str] = {
    "grey-world": "grey-world balance",
    "white-patch": "white-patch balance",
    "retinex": "Retinex",
    "equalise": "global equalisation",
    "clahe": "CLAHE",
    "local-contrast": "local contrast normalisation",
}


def result(trial: Trial, *, partial: bool = False) -> Result:
    """Put panels, charts, words and numbers together."""
    charts: list[Chart] = [_bars(trial), _histogram(trial)]
    if trial.tone_map is not None:
        charts.append(_matrix(trial))
    return Result(
        " ".join(_sentences(trial)), _values(trial), tuple(_panels(trial)), tuple(charts), input=trial.input,
        partial=partial, headline=_headline(trial),
        heroes=("other-light", "after-the-remedy") if trial.scene.has_remedy else ("input", "other-light"),
    )  # fmt: skip


def _headline(trial: Trial) -> str:
    was, lit = (f"“{trial.card.label(int(row.argmax()))}”" for row in (trial.plain, trial.lit))
    if was != lit:
        return f"In this light the network no longer says {was}: it says {lit}."
    before, after = (words.score(float(row[trial.index])) for row in (trial.plain, trial.lit))
    kept = "that stays the answer" if int(trial.plain.argmax()) == trial.index else f"the answer stays {was}"
    return f"In this light the score of {trial.label} goes from {before} to {after}; {kept}."


# Panels and charts --------------------------------------------------------------------------------------


def _panels(trial: Trial) -> Iterator[Panel]:
    scene = trial.scene
    yield _panel(trial, "Input", None, _answer(trial, trial.plain))
    yield _panel(trial, "Other light", scene.lit, _answer(trial, trial.lit))
    if scene.has_remedy:
        yield _panel(trial, "After the remedy", scene.cured, _answer(trial, trial.cured))


def _panel(trial: Trial, title: str, pixels: Pixels | None, note: str) -> Panel:
    frame = trial.scene.frame
    shown = frame.pixels if pixels is None else pixels
    over = resized(identity(), (frame.height, frame.width), (shown.shape[0], shown.shape[1]))
    return Panel(title, (frame.width, frame.height), (Image("picture", shown, over, focus=trial.focus),), note)


def _bars(trial: Trial) -> Bars:
    rows = [("as it is", trial.plain), ("other light", trial.lit)]
    if trial.scene.has_remedy:
        rows += [("with remedy", trial.cured), ("remedy alone", trial.only_cured)]
    scores = tuple(float(row[trial.index]) for _, row in rows)
    return Bars("Score", tuple(name for name, _ in rows), scores, chosen=len(rows) // 2, note=trial.label)


def _histogram(trial: Trial) -> Curve:
    scene = trial.scene
    rows = [("as it is", scene.plain, "dotted", -2), ("other light", scene.lit, "solid", 1)]
    if scene.params.remedies:
        rows.append(("with remedy", scene.cured, "solid", -1))
    lines = tuple(Series(name, *_counted(pixels), style, colour) for name, pixels, style, colour in rows)  # type: ignore[arg-type]
    return Curve("Brightness", lines, "grey level", "% of pixels", None, (0.0, 255.0))


def _counted(pixels: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from explainer.vision.stress.light import luma

    counts, edges = np.histogram(luma(pixels), BINS, (0, 256))
    return (edges[1:] + edges[:-1]) / 2 - 0.5, 100.0 * counts / counts.sum()


def _matrix(trial: Trial) -> Matrix:
    from explainer.vision.stress.light_map import GAINS, GAMMAS

    found = trial.tone_map
    best = trial.scene.params.map_of == "best"
    names = ["¼", *[""] * 4, "1", *[""] * 4, "4"]  # more would not fit under the cells
    clicks = tuple({"gain": gain, "gamma": gamma} for gamma in GAMMAS for gain in GAINS)
    kept = found.kept(trial.index)
    return Matrix(
        "Gain × gamma", found.best_scores if best else found.scores, tuple(names), tuple(names),
        "gain", "gamma", ".2f", f"{trial.label} wins in {words.percent(kept)}", sets=clicks,
    )  # fmt: skip


def _answer(trial: Trial, row: NDArray[np.float64]) -> str:
    best = int(row.argmax())
    return f"“{trial.card.label(best)}” {words.score(float(row[best]))}"


# Numbers ------------------------------------------------------------------------------------------------


def _values(trial: Trial) -> dict[str, float]:
    from explainer.vision.stress.light import clipped_shares, luma

    scene, index = trial.scene, trial.index
    black, white = clipped_shares(scene.lit)
    values = {
        "class_index": float(index),
        "score_as_it_is": float(trial.plain[index]),
        "score_lit": float(trial.lit[index]),
        "answer_changed": float(trial.lit.argmax() != trial.plain.argmax()),
        "luma_as_it_is_255": float(luma(scene.plain).mean()),
        "luma_lit_255": float(luma(scene.lit).mean()),
        "black_share": black,
        "white_share": white,
        "shadow_share": float(scene.shadow.mean()),
    }
    if scene.has_remedy:
        values |= {
            "score_remedy": float(trial.cured[index]),
            "score_remedy_alone": float(trial.only_cured[index]),
            "luma_remedy_255": float(luma(scene.cured).mean()),
            "answer_restored": float(trial.cured.argmax() == trial.plain.argmax()),
        }
    if trial.tone_map is not None:
        values |= {
            "map_cells": float(trial.tone_map.done),
            "map_kept_share": trial.tone_map.kept(index),
            "map_mean_score": float(trial.tone_map.scores.mean()),
            "map_lowest_score": float(trial.tone_map.scores.min()),
        }
    return values


# Words --------------------------------------------------------------------------------------------------


def _sentences(trial: Trial) -> Iterator[str]:
    yield _under_light(trial)
    yield from _lost(trial)
    if trial.scene.has_remedy:
        yield _under_remedy(trial)
    if trial.tone_map is not None:
        share = words.percent(trial.tone_map.kept(trial.index))
        yield f"Over {trial.tone_map.done} steps of gain and gamma {trial.label} is the answer in {share}."


def _under_light(trial: Trial) -> str:
    before, after = (words.score(float(row[trial.index])) for row in (trial.plain, trial.lit))
    moved = f"Under this light {trial.label} goes from {before} to {after}"
    if trial.lit.argmax() == trial.plain.argmax():
        return f"{moved}; the answer stays {_answer(trial, trial.lit)}."
    return f"{moved}, and the answer is now **{_answer(trial, trial.lit)}**."


def _lost(trial: Trial) -> Iterator[str]:
    from explainer.vision.stress.light import clipped_shares

    before, after = sum(clipped_shares(trial.scene.plain)), clipped_shares(trial.scene.lit)
    if sum(after) > before + 0.02:
        black, white = (words.percent(share) for share in after)
        yield f"{white} of the pixels are at the white end and {black} at the black: no remedy brings them back."


def _under_remedy(trial: Trial) -> str:
    cured, lit, only, plain = (
        float(row[trial.index]) for row in (trial.cured, trial.lit, trial.only_cured, trial.plain)
    )  # fmt: skip
    p = trial.scene.params
    names = [*(NAMES[name] for name in NAMES if name in p.remedies), *(["refreshed batch norms"] if p.renorm else [])]
    name = words.listed(names)
    verb = "helps" if cured > lit + NOTICED else "**hurts**" if cured < lit - NOTICED else "changes little"
    alone = "costs score" if only < plain - NOTICED else "gains score" if only > plain + NOTICED else "matters little"
    return (
        f"{name[0].upper()}{name[1:]} {verb}: {words.score(cured)}; on the picture as it is the same "
        f"{alone} ({words.score(only)})."
    )
