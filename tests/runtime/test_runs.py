"""Runs that are kept on disk: whole, bounded, and passed over when they are damaged."""

import os
from dataclasses import replace

import numpy as np
import pytest

from explainer.runtime.runs import DiskRuns

ARRAYS = {
    "weights/a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "counts": np.array([4, 0]),
    "scalar": np.array(2.5),
}


@pytest.fixture
def runs(tmp_path):
    return DiskRuns(tmp_path / "runs")


def test_what_is_kept_comes_back_to_the_bit(runs):
    runs.save("a", 10, 4, ARRAYS)
    kept = runs.load("a", 10)
    assert kept.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert kept.arrays[name].dtype == array.dtype
        assert kept.arrays[name].shape == array.shape
        assert np.array_equal(kept.arrays[name], array)
    assert kept.when.tzinfo is not None
    assert runs.load("b", 10) is None


def test_the_furthest_that_is_not_beyond_what_is_asked_for(runs):
    for steps in (5, 20, 60):
        runs.save("a", steps, steps, {"n": np.array(steps)})
    assert [int(runs.load("a", steps).arrays["n"]) for steps in (5, 19, 20, 99)] == [5, 5, 20, 60]
    assert runs.load("a", 4) is None


def test_a_script_is_given_back_only_what_was_broken_off(runs):
    script = replace(runs, finished=False)
    runs.save("a", 5, 5, {"n": np.array(5)})
    assert script.load("a", 20) is None
    runs.save("a", 20, 8, {"n": np.array(8)})
    assert int(script.load("a", 20).arrays["n"]) == int(runs.load("a", 20).arrays["n"]) == 8


def test_a_file_that_is_cut_off_or_foreign_is_passed_over(runs):
    runs.save("a", 5, 5, {"n": np.array(5)})
    runs.save("a", 9, 9, {"n": np.array(9)})
    file = runs.folder / "a-9.safetensors"
    file.write_bytes(file.read_bytes()[:-3])
    (runs.folder / "a-8.safetensors").write_bytes(b"nothing of the kind")
    assert int(runs.load("a", 9).arrays["n"]) == 5


def test_the_least_used_go_when_there_is_too_much(runs):
    small = replace(runs, most_bytes=3000)
    for number, key in enumerate("abc"):
        small.save(key, 1, 1, {"n": np.zeros(100)})  # some 900 bytes each
        file = small.folder / f"{key}-1.safetensors"
        os.utime(file, (1000 + number, 1000 + number))
    small.load("a", 1)  # used now
    small.save("d", 1, 1, {"n": np.zeros(100)})
    assert sorted(file.name[0] for file in small.folder.iterdir()) == ["a", "c", "d"]


def test_a_folder_that_cannot_be_made_keeps_nothing_and_says_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    runs = DiskRuns(tmp_path / "file" / "runs")
    runs.save("a", 1, 1, ARRAYS)
    assert runs.load("a", 1) is None
