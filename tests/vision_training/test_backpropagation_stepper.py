"""The stepper as a demo: each step shows its own part, and says what the numbers say."""

import numpy as np
import pytest

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.layers import Arrows, Heat
from explainer.demos.learning import _stepper_words as spoken
from explainer.demos.learning.backpropagation_stepper import BackpropagationStepper, Params
from explainer.runtime.context import JobContext
from explainer.runtime.memo import Memo
from explainer.runtime.token import JobToken

DEMO = BackpropagationStepper()
FRAME = Frame(np.zeros((4, 4, 3), np.uint8))


def run(seed=0, **params):
    ctx = JobContext(DEMO, Settings(seed=seed), None, Memo(), JobToken())
    return DEMO.run(FRAME, Params(**params), ctx)


def panel(result, start):
    return next(p for p in result.panels if p.title.startswith(start))


def rows(result, title):
    """Largest magnitude in each layer, from the digit to the pool."""
    found = {}
    for layer in panel(result, title).layers:
        if isinstance(layer, Heat):
            name = layer.name.rpartition(",")[0]
            found[name] = max(found.get(name, 0.0), float(np.abs(layer.values).max()))
    return np.array(list(found.values()))


@pytest.mark.parametrize("depth", [2, 6, 12])
def test_the_gradient_comes_back_row_by_row(depth):
    for step in range(depth + 3):
        result = run(depth=depth, step=step)
        lit = rows(result, "Backward") > 0
        assert lit.tolist() == [row >= depth + 1 - step for row in range(depth + 1)]
        assert (rows(result, "Forward") > 0).all()


def test_each_step_has_its_own_panel():
    titles = [run(depth=4, step=step).panels[2].title for step in range(7)]
    expected = ["At the loss", "In the linear layer", "In the pool", "In conv 3", "In conv 2", "In conv 1"]
    assert titles == [*expected, "In the optimiser"]
    assert run(depth=4, step=14).panels[2].title == "In the optimiser"


def test_the_weight_layer_follows_the_step():
    shown = [run(depth=4, step=step).values["layer_here"] for step in range(7)]
    assert shown == [4, 4, 4, 3, 2, 1, 1]


def test_three_ways_to_one_slope():
    for step in range(9):
        values = run(step=step).values
        assert values["slope_backpropagation"] == pytest.approx(values["slope_autograd"], rel=1e-9)
        assert values["slope_backpropagation"] == pytest.approx(values["slope_difference"], rel=1e-3)
        assert values["slope_backpropagation"] != 0


def test_a_weight_that_a_layer_has_not_becomes_its_last() -> None:
    assert run(step=4, weight=100).charts[1].title == "Weight 100 of conv 4"
    assert run(step=7, weight=1279).charts[1].title == "Weight 71 of conv 1"


@pytest.mark.parametrize(("depth", "count"), [(2, 4), (7, 4), (8, 8)])
def test_the_net_is_drawn_from_left_to_right_with_the_maps_that_answer_most(depth: int, count: int) -> None:
    maps = [one for one in panel(run(depth=depth), "Forward").layers if isinstance(one, Heat)]
    lefts = [float(one.to_panel[0, 2]) for one in maps]
    assert lefts == sorted(lefts)
    assert len(maps) == 1 + count * depth
    (arrows,) = [one for one in panel(run(depth=depth, step=2), "Backward").layers if isinstance(one, Arrows)]
    assert (arrows.start[:, 0] > arrows.end[:, 0]).all()
    assert arrows.colours == (*[-2] * (depth - 1), -1)


def test_the_loss_panel_is_p_y_and_their_difference():
    result = run(step=0)
    p, y, gradient = panel(result, "At the loss").layers[0].values[:, 0]
    np.testing.assert_allclose(p - y, gradient, atol=1e-6)
    assert p.sum() == pytest.approx(1, abs=1e-6)
    assert result.values["loss"] == pytest.approx(-np.log(p[int(result.values["label"])]), rel=1e-5)
    assert f"{result.values['loss']:.2f}" in result.reading


def test_the_optimiser_is_said_to_update_and_backpropagation_not():
    result = run(step=8, learning_rate=0.0001)
    assert "Backpropagation is done; it changed nothing" in result.reading
    assert "**optimiser**" in result.reading
    assert result.values["fall"] == pytest.approx(result.values["fall_expected"], rel=0.02)
    assert result.values["loss_after"] == pytest.approx(result.values["loss"] - result.values["fall"])
    too_long = run(step=14, digit=0, depth=12, activation="tanh", learning_rate=1.0)
    assert too_long.values["fall"] < 0
    assert "the loss rose" in too_long.reading


def test_the_gate_is_named_for_what_it_does():
    assert "ReLU blocks" in run(step=4).reading
    assert "the sigmoid multiplies by 0.2" in run(step=4, activation="sigmoid").reading
    assert "with what went past it" in run(step=4, residual=True).reading


def test_a_vanished_slope_is_said_to_be_too_small_to_measure():
    result = run(step=13, depth=12, activation="sigmoid", start="small")
    assert "too small for a finite difference" in result.reading
    assert result.values["size_ratio"] < 1e-8


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("residual", [False, True])
def test_the_ends_stay_finite(activation, residual):
    for start in ("small", "large"):
        result = run(step=14, depth=12, activation=activation, start=start, residual=residual, learning_rate=1.0)
        for one in result.panels:
            values = one.layers[0].values
            assert np.isfinite(values).all()
            assert abs(values).max() <= one.layers[0].hi * (1 + 1e-6)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0434, "−0.0434"), (1.5e-7, "1.50·10⁻⁷"), (-2.5e12, "−2.50·10¹²"), (12.345, "12.3")],
)
def test_small_numbers_are_written_for_people(value, text):
    assert spoken.small(value) == text
