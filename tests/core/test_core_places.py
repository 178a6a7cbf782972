"""Places in words."""

import pytest

from explainer.core import words


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (0.5, 0.5, "in the middle"),
        (0.62, 0.38, "above and right of the middle"),
        (0.5, 0.62, "just below the middle"),
        (0.4, 0.5, "left of the middle"),
        (0.1, 0.5, "on the left"),
        (0.9, 0.9, "at the bottom right"),
    ],
)
def test_only_what_is_near_it_is_in_the_middle(x: float, y: float, said: str) -> None:
    assert words.place(x, y) == said
