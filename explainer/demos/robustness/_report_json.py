"""The report's numbers as JSON, photo by photo, for whoever wants to go on."""

import json
from typing import Any

import numpy as np

from explainer.demos.robustness import _report_numbers as numbers
from explainer.demos.robustness._corruption_view import LABELS
from explainer.demos.robustness._report_run import Found, Photo


def report_json(found: Found, params: Any, seed: int) -> str:
    """Write everything that was found; shares and scores are 0…1."""
    whole = {
        "what": "Explainer stress report",
        "kept": "share of trials in which the network's answer is the one it gives to the untouched photo; no accuracy",
        "seed": seed,
        "detail": params.detail,
        "parts": list(found.plan.parts),
        "severities": list(found.plan.severities),
        "covered_with": found.plan.fill,
        "passes_per_photo_and_network": found.plan.forwards,
        "photos_examined": len(found.photos),
        "photos_of_source": found.total,
        "skipped": list(found.skipped),
        "conclusions": numbers.conclusions(found),
        "networks": [_network(found, net) for net in range(len(found.cards))],
        "photos": [_photo(photo, found) for photo in found.photos],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _network(found: Found, net: int) -> dict[str, Any]:
    table = numbers.corruption_table(found, net)
    curves = {order: numbers.coverage(found, order, net) for order in numbers.ORDERS}
    sweeps = {setting: numbers.light(found, setting, net) for setting in numbers.SETTINGS}
    return {
        "name": found.cards[net].name,
        "title": found.cards[net].title,
        "kept": _rounded(numbers.parts_kept(found, net)),
        "corruptions_kept": {} if table is None else dict(zip(LABELS, map(_list, table), strict=True)),
        "covering": {
            order: {"share_covered": _list(c[0]), "kept": _list(c[1]), "score": _list(c[2])}
            for order, c in curves.items() if c is not None
        },
        "light": {s: {"values": pair[0], "kept": _list(pair[1])} for s, pair in sweeps.items() if pair is not None},
        "views": _rounded(numbers.views(found, net)),
    }  # fmt: skip


def _photo(photo: Photo, found: Found) -> dict[str, Any]:
    return {
        "name": photo.name,
        "number": photo.place,
        "size": list(photo.size),
        "notes": list(photo.notes),
        "networks": [_exam(exam, card) for exam, card in zip(photo.exams, found.cards, strict=True)],
    }


def _exam(exam: Any, card: Any) -> dict[str, Any]:
    corrupted = {}
    if exam.kept.size:
        for row, name in enumerate(LABELS):
            answers = [card.label(int(k)) for k in exam.best[row]]
            corrupted[name] = {
                "score": _list(exam.scores[row]),
                "answers": answers,
                "answer_scores": _list(exam.best_scores[row]),
            }
    return {
        "answer": card.label(exam.answer),
        "answer_index": exam.answer,
        "score": round(exam.score, 4),
        "kept": _rounded(numbers.kept_of_photo(exam)),
        "corruptions": corrupted,
        "covering": {order: {"score": _list(c.scores), "kept": _list(c.kept)} for order, c in exam.coverage.items()},
        "light": {s: {"score": _list(w.scores), "kept": [bool(k) for k in w.kept]} for s, w in exam.light.items()},
        "views": {name: {"score": round(score, 4), "kept": kept} for name, (score, kept) in exam.views.items()},
    }


def _list(values: Any) -> list[float]:
    return [round(float(v), 4) for v in np.asarray(values, float)]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
