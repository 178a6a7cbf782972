"""Tests of one demo share its runs; dealt out one by one they would make each run anew and take four times as long."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="all tests run in one process")
@pytest.mark.parametrize("demo_id", ["grad-cam"])
def test_the_demo_is_the_group_that_goes_to_one_process(request: pytest.FixtureRequest, demo_id: str) -> None:
    assert request.node.nodeid.endswith(f"@{demo_id}")
