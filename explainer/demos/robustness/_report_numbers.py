"""What several photos have in common, as numbers and as sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.numbers import numbers
from explainer.demos.robustness._corruption_view import LABELS, lower
from explainer.demos.robustness._report_run import Found

GROUPS: Mapping[str, slice] = {
    "Noise": slice(0, 3), "Blur": slice(3, 7), "Weather": slice(7, 11), "Digital": slice(11, 15),
}  # fmt: skip
ORDERS = {
    "random": "at random", "centre-out": "from the middle", "most-first": "what matters first",
    "least-first": "what matters last",
}  # fmt: skip
SETTINGS = {
    "exposure_ev": "exposure, stops", "gamma": "gamma", "contrast": "contrast", "kelvin": "colour, kelvin",
    "haze": "haze", "photons": "photons at white",
}  # fmt: skip
SURE = 0.5
Floats = NDArray[np.float64]


def corruption_table(found: Found, net: int = 0) -> Floats | None:
    """Share of photos that keep their answer, ``(15, severities)``."""
    tables = [exam.kept for exam in found.exams(net) if exam.kept.size]
    return np.mean(tables, axis=0) if tables else None


def coverage(found: Found, order: str, net: int = 0) -> tuple[Floats, Floats, Floats] | None:
    """Shares covered, mean share of answers kept, mean score."""
    curves = [exam.coverage[order] for exam in found.exams(net) if order in exam.coverage]
    if not curves:
        return None
    return curves[0].shares, np.mean([c.kept for c in curves], axis=0), np.mean([c.scores for c in curves], axis=0)


def light(found: Found, setting: str, net: int = 0) -> tuple[list[str], Floats] | None:
    """Values of a setting, in words, and the share of answers kept at each."""
    sweeps = [exam.light[setting] for exam in found.exams(net) if setting in exam.light]
    if not sweeps:
        return None
    names = ["none" if v is None else f"{v:,.4g}".replace("-", "−") for v in sweeps[0].values]
    return names, np.mean([s.kept for s in sweeps], axis=0)


def views(found: Found, net: int = 0) -> dict[str, float]:
    """Share of photos that keep their answer in each view."""
    every = [exam.views for exam in found.exams(net) if exam.views]
    return {name: float(np.mean([v[name][1] for v in every])) for name in every[0]} if every else {}


def kept_of_photo(exam: Any) -> dict[str, float]:
    """Share of one photo's trials in which the answer is kept, by part."""
    found: dict[str, float] = {}
    if exam.kept.size:
        found["corruptions"] = float(exam.kept.mean())
    if exam.coverage:
        found["covering"] = float(np.mean([c.kept[1:].mean() for c in exam.coverage.values()]))
    if exam.light:
        found["light"] = float(np.concatenate([s.kept for s in exam.light.values()]).mean())
    if exam.views:
        found["views"] = float(np.mean([kept for _, kept in exam.views.values()]))
    return found


def trials(exam: Any) -> Floats:
    """For each trial of one photo whether the answer is kept; of random orders the share that keep it."""
    rows = [exam.kept.ravel(), *(c.kept[1:] for c in exam.coverage.values()), *(s.kept for s in exam.light.values())]
    return np.concatenate([*rows, [kept for _, kept in exam.views.values()]]).astype(float)


def parts_kept(found: Found, net: int = 0) -> dict[str, float]:
    """Mean over photos of `kept_of_photo`."""
    every = [kept_of_photo(exam) for exam in found.exams(net)]
    return {name: float(np.mean([one[name] for one in every])) for name in every[0]} if every else {}


def survived(found: Found, net: int = 0) -> dict[str, float]:
    """Bars of the stage: share of answers kept by kind of trial."""
    bars: dict[str, float] = {}
    table = corruption_table(found, net)
    if table is not None:
        bars |= {name: float(table[rows].mean()) for name, rows in GROUPS.items()}
    parts = parts_kept(found, net)
    labels = {"covering": "Covering", "light": "Other light", "views": "Other views"}
    return bars | {labels[name]: share for name, share in parts.items() if name in labels}


def values(found: Found) -> dict[str, float]:
    """Return the result's values."""
    passes = found.plan.forwards * len(found.cards)
    out = numbers(photos=len(found.photos), photos_skipped=len(found.skipped), passes_per_photo=passes)
    for net in range(len(found.cards)) if found.photos else ():
        before = "second_" if net else ""
        exams = found.exams(net)
        out[f"{before}clean_score"] = float(np.mean([exam.score for exam in exams]))
        out |= {f"{before}{name}_kept": share for name, share in parts_kept(found, net).items()}
        for order in ORDERS:
            flip = flip_share(found, order, net)
            if flip is not None:
                out[f"{before}half_lost_{order.replace('-', '_')}"] = flip
    return out


def flip_share(found: Found, order: str, net: int = 0) -> float | None:
    """Least share covered at which at most half of the photos keep their answer."""
    curve = coverage(found, order, net)
    lost = np.flatnonzero(curve[1] <= 0.5) if curve is not None else np.empty(0)
    return float(curve[0][lost[0]]) if curve is not None and lost.size else None


# In words -----------------------------------------------------------------------------------------------


def summed_up(found: Found) -> str:
    """How many answers are kept, and the surest of those that are not."""
    card, every = found.cards[0], [trials(exam) for exam in found.exams()]
    kept, count = float(np.mean(np.concatenate(every))), sum(map(len, every))
    wrong = f"; the surest other answer is “{card.label(found.worst[0].answer)}”" if found.worst else ""
    if len(every) > 1:
        return f"On {len(every)} photos the answer is kept in {words.percent(kept)} of the trials{wrong}."
    name = f"“{card.label(found.photos[0].exams[0].answer)}”"
    if kept == 1:
        return f"{name} is kept in all {count} trials: nothing that was tried changes it."
    return f"{name} is kept in {words.percent(kept)} of {count} trials{wrong}."


def conclusions(found: Found) -> list[str]:
    """Sentences that follow from the numbers, the weightiest first."""
    if not found.photos:
        return []
    said = [*_of_corruptions(found), *_of_covering(found), *_of_views(found), *_of_scores(found)]
    return [*said, *_of_two(found), *_of_few(found)]


def _of_corruptions(found: Found) -> list[str]:
    table = corruption_table(found)
    if table is None:
        return []
    means, names = table.mean(axis=1), [lower(name) for name in LABELS.values()]
    order = np.argsort(means, kind="stable")
    worst, best = ((names[n], means[n]) for n in (order[0], order[-1]))
    mild = float(table[:, 0].mean())
    changed = "none" if mild == 1 else words.percent(1 - mild)
    over_all = (
        f"At severity {found.plan.severities[0]}, {changed} of the answers change; over all severities "
        f"{words.percent(1 - float(means.mean()))} do."
    )
    extremes = (
        f"Most harmful is {worst[0]}: {words.percent(float(worst[1]))} of the answers survive it. Least harmful is "
        f"{best[0]}: {words.percent(float(best[1]))}."
    )
    return [over_all, extremes]


def _of_covering(found: Found) -> list[str]:
    tried = (("most-first", "where the map is hottest"), ("random", "at random"))
    said = []
    for order, how in tried:
        share, curve = flip_share(found, order), coverage(found, order)
        if share and curve is not None:
            before = float(curve[0][curve[0] < share].max())  # it happens somewhere between the two
            said.append(f"{words.percent(before)} to {words.percent(share)} {how}")
    if not said:
        return []
    lost = "The answer is" if len(found.photos) == 1 else "Half of the answers are"
    return [f"{lost} lost when {' or '.join(said)} is covered."]


def _of_views(found: Found) -> list[str]:
    shares = views(found)
    if not shares:
        return []
    worst = min(shares, key=lambda name: shares[name])
    mirrored = shares["mirrored"]
    text = f"A mirrored photo keeps its answer in {words.percent(mirrored)} of the cases"
    if shares[worst] == 1:
        return [f"{text}, and so does every other view."]
    return [f"{text}; “{worst}” keeps the fewest, {words.percent(shares[worst])}, though the same thing is shown."]


def _of_scores(found: Found) -> list[str]:
    exams = [exam for exam in found.exams() if exam.kept.size]
    changed = np.concatenate([exam.best_scores[~exam.kept] for exam in exams]) if exams else np.empty(0)
    if not changed.size:
        return []
    sure = float((changed >= SURE).mean())
    verdict = "the score is no warning" if sure >= 0.2 else "a low score warns of most of them"
    changed_so = f"Of the answers that changed under corruption {words.percent(sure)} were given with a score of"
    return [f"{changed_so} {SURE:g} or more: {verdict}."]


def _of_two(found: Found) -> list[str]:
    if len(found.cards) < 2:
        return []
    from explainer.vision.stress_report.exam import mean_and_margin

    def overall(exam: Any) -> float:
        return float(np.mean(list(kept_of_photo(exam).values()) or [0.0]))

    gaps = [overall(photo.exams[1]) - overall(photo.exams[0]) for photo in found.photos]
    mean, margin = mean_and_margin(gaps)
    one, two = (card.title for card in found.cards)
    gap = f"{100 * mean:+.0f}".replace("-", "−")
    text = f"On the same photos {two} keeps {gap} points of its answers compared with {one}"
    if margin is None:
        return [f"{text}; with fewer than five photos nothing follows from that."]
    sign = "a difference that chance alone would rarely make" if abs(mean) > margin else "no clear difference"
    return [f"{text} (95 % interval ±{100 * margin:.0f}): {sign}."]


def _of_few(found: Found) -> list[str]:
    count = len(found.photos)
    if count >= 30:
        return []
    photos = "one photo" if count == 1 else f"{count} photos"
    return [f"All this rests on {photos}: it describes what was tried and says little about other photos."]


def listed(items: Sequence[str], most: int = 3) -> str:
    """The first few items, and how many more."""
    more = len(items) - most
    return "; ".join(items[:most]) + (f"; and {more} more" if more > 0 else "")
