"""Every fuzzer, a few cases of each: ``--fuzz 5000`` for many, ``--fuzz-seed N`` for others (see CONTRIBUTING.md)."""

import pytest
from fuzzing import campaign

SHORT = {
    "pictures": 120, "films": 60, "sessions": 30, "params": 50, "lessons": 40, "names": 80, "folders": 40,
    "cameras": 15,
    "weights": 80, "demos": 2, "monkey": 2,
}  # fmt: skip
"""Fuzzer → cases in an ordinary run of the tests."""


@pytest.mark.timeout(0)  # a run of thousands is asked for; each case has a bound of its own
@pytest.mark.parametrize("name", SHORT)
def test_fuzz(name, fuzz_cases, fuzz_seed, tmp_path):
    found = campaign(name, fuzz_seed, fuzz_cases or SHORT[name], tmp_path)
    assert not found, "\n\n".join(map(str, found))
