"""Where a patch looks, and which patch is asked: by hand, and on a picture with two eyes."""

import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.contract.runs import photo
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.layers import Arrows
from explainer.core.params import changed
from explainer.core.result import Result
from explainer.demos.explained import _attention_view as view
from explainer.runtime.engine import Job
from explainer.runtime.events import Finished
from explainer.runtime.token import JobToken
from explainer.vision.attention import telling
from explainer.vision.attention.telling import Gaze

GRID = (9, 12)
COUNT = 108


def at(row: int, column: int) -> int:
    return row * GRID[1] + column


def looking(near: float, far: float, where: int, patch: int) -> np.ndarray:
    """Attention with the rest shared alike: `near` on the patch itself, `far` on one other, ``(1 + P,)``."""
    row = np.full(1 + COUNT, (1 - near - far) / (1 + COUNT))
    row[1 + patch] += near
    row[1 + where] += far
    return row


def test_steps_are_counted_like_a_king_moves() -> None:
    steps = telling.steps(GRID, at(4, 5)).reshape(GRID)
    assert steps[4, 5] == 0
    assert (steps[3, 4], steps[0, 5], steps[8, 11]) == (1, 4, 6)


@pytest.mark.parametrize("where", [at(4, 9), at(1, 1), at(7, 10)])
def test_the_spot_is_beyond_the_neighbours_though_they_get_more(where: int) -> None:
    gaze = Gaze(looking(0.5, 0.4, where, at(4, 5)), GRID, at(4, 5))
    assert gaze.spot == where
    assert gaze.near == pytest.approx((0.5 + 0.1 * 49 / 109) / (1 - 0.1 / 109))
    assert gaze.far
    assert gaze.half == 1


def test_what_stays_at_home_has_nothing_to_point_at_and_equal_shares_neither() -> None:
    home = Gaze(looking(0.9, 0.0, 0, at(4, 5)), GRID, at(4, 5))
    assert (home.even, home.far) == (False, False)
    alike = Gaze(np.full(1 + COUNT, 1 / (1 + COUNT)), GRID, at(4, 5))
    assert (alike.even, alike.far, alike.half) == (True, False, COUNT // 2)


def test_the_class_token_is_nowhere_and_looks_where_most_is() -> None:
    row = np.full(1 + COUNT, 1e-4)
    row[1 + at(2, 3)] = 0.9
    gaze = Gaze(row / row.sum(), GRID, None)
    assert gaze.near is None
    assert gaze.spot == at(2, 3)


def test_asked_is_the_salient_patch_that_looks_farthest_and_none_on_the_border() -> None:
    attention = np.eye(COUNT)
    of_class = np.full(COUNT, 0.001)
    eyes = at(3, 2), at(3, 9)
    for one, other in (eyes, eyes[::-1]):
        attention[one, other], of_class[one] = 0.5, 0.2
    attention[eyes[1], eyes[0]] = 0.6
    attention[at(0, 6), at(8, 6)], of_class[at(0, 6)] = 1.0, 0.9  # a border patch that stores something
    attention[at(6, 6), at(1, 1)] = 1.0  # looks far, and does not stand out
    assert telling.telling_patch(attention, of_class, GRID) == eyes[1]


def run(name: str, **params: object) -> Result:
    demo, settings = bootstrap.demos().demo("self-attention"), Settings(threads=1)
    asked = changed(demo.defaults(), bootstrap.zoo().card(settings.model), **params)
    done = bootstrap.engine().run(Job(1, demo, asked, photo(name), settings), JobToken(), lambda _event: None)
    assert isinstance(done, Finished), done
    return done.result


def test_one_eye_of_the_cat_looks_at_the_other() -> None:
    result = run("cat")
    attention = next(panel for panel in result.panels if panel.title == "Attention")
    arrow = next(layer for layer in attention.layers if isinstance(layer, Arrows))
    width, height = attention.size
    (x0, y0), (x1, y1) = arrow.start[0] / [width, height], arrow.end[0] / [width, height]
    assert (x0, y0) == pytest.approx((0.70, 0.45), abs=0.06)
    assert (x1, y1) == pytest.approx((0.37, 0.39), abs=0.06)
    assert result.headline.endswith("the framed patch looks most at itself and, farther off, left of it.")
    assert result.values["spot_x_px"] == pytest.approx(x1 * width)


def test_the_headline_says_whether_the_strongest_is_a_neighbour_and_whether_neighbours_glow() -> None:
    patch = at(4, 2)
    row = np.full(1 + COUNT, 1e-4)
    row[1 + at(4, 9)] = row[1 + at(4, 8)] = 0.2

    def said(**more: float) -> str:
        own = row.copy()
        for key, value in more.items():
            own[1 + {"itself": patch, "beside": at(5, 2), "nearby": at(4, 4), "far": at(4, 9)}[key]] = value
        blank = np.zeros((*GRID, 3), np.uint8)
        frame = Frame(np.zeros((GRID[0] * 10, GRID[1] * 10, 3), np.uint8))
        own /= own.sum()
        seen = view.Seen(frame, GRID, "", 11, own, own.copy(), own[None], None, patch, own, blank, 1.0)
        assert (seen.gaze.far, seen.gaze.even) == (True, False)
        return view._headline(seen).removeprefix("In layer 11 the framed patch ").removesuffix(".")

    assert said(far=0.3) == "looks most at the spot right of it, past its neighbours"
    assert said(far=0.3, beside=0.2) == "looks most at the spot right of it, and at its neighbours"
    assert said(beside=0.5) == "looks most at a neighbour and, farther off, right of it"
    assert said(nearby=0.5) == "looks most at a patch nearby and, farther off, right of it"
    assert said(itself=0.5) == "looks most at itself and, past its neighbours, right of it"
    assert said(itself=0.5, beside=0.2) == "looks most at itself and, farther off, right of it"


def test_rollout_points_at_nothing() -> None:
    layers = [layer for panel in run("cat", view="rollout").panels for layer in panel.layers]
    assert not [layer for layer in layers if isinstance(layer, Arrows)]
