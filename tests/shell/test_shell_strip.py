"""What the strip says of threads and of the time that is left."""

import pytest

from explainer.shell.strip import threads_in_force


@pytest.mark.parametrize(
    ("number", "of", "said"),
    [(0, 0, ""), (1, 1, "1 thread"), (2, 2, "2 threads"), (1, 2, "1 of 2 threads: the machine is busy")],
)
def test_the_threads_in_force_are_said(number, of, said):
    assert threads_in_force(number, of) == said
