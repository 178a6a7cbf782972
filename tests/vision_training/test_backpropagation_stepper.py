"""The stepper as a demo: each step shows its own part, and says what the numbers say."""

import numpy as np
import pytest

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.layers import Arrows, Cells, Heat, Label
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
        if isinstance(layer, Heat) and layer.name != "scores":
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
    expected = ["In the linear layer", "In the linear layer", "In the pool", "In conv 3", "In conv 2", "In conv 1"]
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
    assert run(depth=6, step=4, weight=100).charts[1].title == "Weight 100 of conv 4"
    assert run(depth=6, step=7, weight=1279).charts[1].title == "Weight 71 of conv 1"


@pytest.mark.parametrize(("depth", "count"), [(2, 3), (4, 3), (5, 4), (7, 4), (8, 8)])
def test_the_net_is_drawn_from_left_to_right_with_the_maps_that_answer_most(depth: int, count: int) -> None:
    maps = [one for one in panel(run(depth=depth), "Forward").layers if isinstance(one, Heat)]
    scores, *lefts = [float(one.to_panel[0, 2]) for one in maps]
    assert lefts == sorted(lefts)
    assert scores > lefts[-1]
    assert len(lefts) == 1 + count * depth
    (arrows,) = [one for one in panel(run(depth=depth, step=2), "Backward").layers if isinstance(one, Arrows)]
    assert (arrows.start[:, 0] > arrows.end[:, 0]).all()
    assert arrows.colours == (*[-2] * (depth - 1), -1, -1)


def test_the_way_back_starts_at_the_scores_with_p_minus_y():
    result = run(step=0)
    label, said = (int(result.values[name]) for name in ("label", "said"))
    p, gradient = (panel(result, title).layers[0].values[:, 0] for title in ("Forward", "Backward"))
    np.testing.assert_allclose(p - np.eye(10)[label], gradient, atol=1e-6)
    assert p.sum() == pytest.approx(1, abs=1e-6)
    assert result.values["loss"] == pytest.approx(-np.log(p[label]), rel=1e-5)
    assert f"{result.values['loss']:.2f}" in result.reading
    words = {layer.text for layer in panel(result, "Forward").layers if isinstance(layer, Label)}
    assert {f"is {label}", f"said {said}"} <= words


def test_the_headline_follows_the_gradient():
    said = [run(depth=6, step=step).headline for step in range(9)]
    assert "from this loss the gradient starts" in said[0]
    assert [text.partition("come back to ")[2].split(",")[0].rstrip(".") for text in said[1:7]] == [
        "the pool", "conv 5", "conv 4", "conv 3", "conv 2", "conv 1",
    ]  # fmt: skip
    took = "The net takes this 2 for an 8; its error reaches the first layer undiminished"
    assert said[7] == f"{took}, so all layers can learn."
    assert run(depth=6, step=7).values["size_ratio"] == pytest.approx(0.89, abs=0.005)
    assert "the loss falls from 2.76 to" in said[8]
    assert "vanishes" in run(depth=12, activation="sigmoid", step=13).headline
    assert "explodes" in run(depth=12, start="large", step=13).headline


def test_it_opens_with_the_gradient_back_at_the_digit():
    play = run().play
    assert (play.at, play.last, play.note) == (5, 5, "back at the digit")
    assert (rows(run(), "Backward") > 0).all()


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
        for layer in (layer for one in result.panels for layer in one.layers if isinstance(layer, Heat | Cells)):
            assert np.isfinite(layer.values).all()
            assert layer.hi > 0
