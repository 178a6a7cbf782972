"""The framework finds what it is there to find, and nothing else."""

import os
from pathlib import Path

import pytest
from fuzzing import campaign


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are asked of POSIX")
def test_each_fault_is_found_and_the_cases_behind_it_run(tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    found = {finding.seed: str(finding) for finding in campaign("faults", 0, 11, place)}
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 8, 9]
    assert "KeyError: 'x'" in found[1]
    assert "the process ended with -6" in found[2]
    assert f"outside: open {Path(tmp_path).resolve() / 'outside'}" in found[3]
    assert "outside: subprocess.Popen" in found[4]
    assert "standard error: something to a developer" in found[5]
    assert "logged: odd" in found[6]
    assert "the process ended with -27" in found[8]  # SIGPROF
    assert "MB, allowed are 200" in found[9]
    assert "--fuzz 1 --fuzz-seed 9" in found[9]
