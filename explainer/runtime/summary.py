"""A result as the plain values of ``result.json``."""

from typing import Any

from explainer.core.params import to_plain
from explainer.runtime.events import Finished


def summary(demo_id: str, params: Any, finished: Finished) -> dict[str, Any]:
    """Return what a file keeps of a run: JSON-ready, without pictures and arrays."""
    return {
        "demo": demo_id,
        "params": to_plain(params),
        "values": dict(finished.result.values),
        "measured": dict(finished.result.measured),
        "reading": finished.result.reading,
        "notes": list(finished.frame.notes),
        "device": finished.device,
        "timings_ms": {name: round(ms, 3) for name, ms in finished.timings_ms.items()},
    }
