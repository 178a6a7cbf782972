"""A result as the plain values of ``result.json``."""

from collections.abc import Mapping
from typing import Any

from explainer.core.params import to_plain
from explainer.core.plays import Play
from explainer.core.unsuitable import Unsuitable
from explainer.runtime.events import Finished


def summary(demo_id: str, params: Any, finished: Finished) -> dict[str, Any]:
    """Return what a file keeps of a run: JSON-ready, without pictures and arrays."""
    return {
        "demo": demo_id,
        "params": to_plain(params),
        "values": dict(finished.result.values),
        "measured": dict(finished.result.measured),
        "headline": finished.result.headline,
        "heroes": list(finished.result.heroes),
        "reading": finished.result.reading,
        "resolved": _plain(finished.result.resolved),
        "play": _play(finished.result.play),
        "unsuitable": _unsuitable(finished.result.unsuitable),
        "notes": list(finished.frame.notes),
        "device": finished.device,
        "timings_ms": {name: round(ms, 3) for name, ms in finished.timings_ms.items()},
    }


def _plain(resolved: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in resolved.items()}


def _play(play: Play | None) -> dict[str, Any] | None:
    if play is None:
        return None
    return {"name": play.name, "first": play.first, "last": play.last, "at": play.at, "counted": play.counted}


def _unsuitable(answer: Unsuitable | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {"sentence": answer.sentence, "offers": [to_plain(offer) for offer in answer.offers]}
