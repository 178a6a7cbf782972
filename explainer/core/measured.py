"""Numbers that are measured, such as milliseconds, GB/s and watts: no two runs give the same ones.

They are shown and written. What tells two results apart (the contract, ``packaging/compare_checkouts.py``) leaves
out every field that is marked so.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

MEASURED: Mapping[str, Any] = {"measured": True}
"""``metadata`` of a dataclass's field that holds such numbers."""

_TIMES = ("s", "ms", "us", "ns", "fps", "hz", "mhz", "ghz")
_AMOUNTS = ("b", "kb", "mb", "gb", "bytes", "flops", "gflops", "tflops", "frames", "pixels", "steps", "tokens")
_OTHERS = ("w", "mw", "j", "mj", "celsius", "percent", "times")
UNITS = frozenset((*_TIMES, *_AMOUNTS, *_OTHERS))
"""What the name of a measured number ends with; a rate ends with its last unit: ``read_gb_s``."""


def compared_fields(value: Any) -> tuple[dataclasses.Field[Any], ...]:
    """Fields of a dataclass that two runs share."""
    return tuple(f for f in dataclasses.fields(value) if not f.metadata.get("measured"))
