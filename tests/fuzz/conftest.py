"""How many cases each fuzzer has, and from which seed on."""

import pytest


@pytest.fixture(scope="session")
def fuzz_cases(request):
    """Cases asked for, 0 for the few of an ordinary run."""
    return request.config.getoption("--fuzz")


@pytest.fixture(scope="session")
def fuzz_seed(request):
    return request.config.getoption("--fuzz-seed")
