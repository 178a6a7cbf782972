"""Progress over several parts."""

import pytest

from explainer.core.way import Way


def test_parts_count_as_much_as_they_cost():
    told = []
    way = Way(lambda share, text: told.append((share, text)), {"draw": 1.0, "test": 3.0})
    way.tell("draw", 0.5, "a")
    way.tell("draw", 1.0, "b")
    way.tell("test", 0.0, "c")
    way.tell("test", 1.0, "d")
    assert told == [(pytest.approx(0.125), "a"), (0.25, "b"), (0.25, "c"), (1.0, "d")]
