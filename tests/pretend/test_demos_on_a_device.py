"""Every demo at its defaults gives on a device what it gives on the CPU."""

import pytest
from on_a_device import DEMOS, NAME, both, compared, in_the_worker

from explainer.contract.clauses import against_golden

ON_THE_CPU = {
    "backpropagation-stepper": "written out by hand in NumPy: that is its lesson",
    "channel-gates": "a net of 4,000 weights, which a GPU only keeps waiting",
    "convolution-microscope": "one patch and nine numbers",
    "augment-and-retrain": "small nets train one to a core",
    "train-small-net": "at this size a GPU spends its time on being asked",
    "trained-for-holes": "at this size a GPU spends its time on being asked",
    "wrong-labels": "small nets train one to a core",
    "label-errors": "the vectors of its garments are shipped; only a folder needs the network",
    "search-by-picture": "the vectors of its garments are shipped; only a folder needs the network",
    "embedding-map": "the vectors of its garments are shipped, and the map of 500 points is NumPy's",
    "metric-learning": "at this size a GPU spends its time on being asked",
    "learning-without-labels": "at this size a GPU spends its time on being asked",
    "freeze-depth": "frozen layers answer once, and the few that learn are small at 96 pixels",
    "missing-digit": "small nets train one to a core",
    "distillation-lab": "small nets train one to a core",
    "ensembles": "small nets train one to a core",
    "adversarial-training": "small nets train one to a core",
    "robust-regression": "small nets train one to a core",
    "imbalance-lab": "small nets train one to a core",
    "imbalance-training": "at this size a GPU spends its time on being asked",
    "several-labels": "small nets train one to a core",
    "thresholds-and-curves": "at this size a GPU spends its time on being asked",
    "correlation-tracker": "Fourier transforms of 64 cells a side",
    "split-touching-objects": "distances and floods are OpenCV's",
}
"""Demos of which nothing is computed on the session's device, and why."""


@pytest.mark.parametrize("demo_id", DEMOS)
def test_a_device_gives_the_values_of_the_cpu(demo_id: str) -> None:
    here, there = both(demo_id)
    assert there.problem == ""
    assert here.problem == ""
    assert against_golden({"cat": there.values}, {"cat": here.values}) == []
    assert there.parts == here.parts
    assert (there.device == NAME) != (demo_id in ON_THE_CPU)


def test_what_stays_on_the_cpu_is_a_demo_and_says_why() -> None:
    assert ON_THE_CPU.keys() <= set(DEMOS)
    assert all(ON_THE_CPU.values())


def test_the_script_for_real_devices_counts_copies_and_compares() -> None:
    row = in_the_worker(compared, "grad-cam")
    assert row["differs"] == ""
    assert row["used"] == NAME
    assert row["copies"] >= 2  # the picture goes there, and a map comes back
