"""Runs that are kept on disk: whole, bounded, and passed over when they are damaged."""

import hashlib
import json
import os
from dataclasses import replace

import numpy as np
import pytest

from explainer.core.runs import of_recipe
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


KEY = "a" * 24 + "b" * 8


@pytest.fixture
def shipping(tmp_path, runs):
    """A store beside one run that came along."""
    folder = tmp_path / "came along"
    DiskRuns(folder).save(KEY, 10, 10, ARRAYS)
    (file,) = folder.iterdir()
    row = {"file": file.name, "recipe": of_recipe(KEY), "steps": 10, "date": "2026-01-02T03:04:05+01:00",
           "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps([row]), encoding="utf-8")
    return replace(runs, shipped=folder)


def test_a_run_that_ships_is_found_whatever_program_trained_it(shipping):
    found = shipping.load(of_recipe(KEY) + "other-version", 10)
    assert found.when.isoformat() == "2026-01-02T03:04:05+01:00"
    assert np.array_equal(found.arrays["weights/a"], ARRAYS["weights/a"])
    assert shipping.load("c" * 32, 10) is None
    assert shipping.load(KEY, 9) is None


def test_what_the_user_trained_comes_before_what_ships(shipping):
    shipping.save(KEY, 10, 10, {"counts": np.array([10, 0])})
    assert shipping.load(KEY, 10).arrays.keys() == {"counts"}


def test_a_script_is_not_given_what_ships(shipping):
    assert replace(shipping, finished=False).load(KEY, 10) is None


def test_a_shipped_file_that_was_changed_is_passed_over(shipping):
    (file,) = shipping.shipped.glob("*.safetensors")
    held = bytearray(file.read_bytes())
    held[-1] ^= 1
    file.write_bytes(held)
    assert shipping.load(KEY, 10) is None
