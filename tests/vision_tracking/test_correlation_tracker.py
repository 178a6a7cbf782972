"""The tracker as a demo: what it hands on, shows and says."""

import cv2
import numpy as np
import pytest
from skimage import data

from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY
from explainer.core.layers import Boxes, Heat, Points
from explainer.demos.tracking.correlation_tracker import CorrelationTracker, Params
from explainer.runtime.context import JobContext
from explainer.runtime.memo import Memo
from explainer.runtime.token import JobToken
from explainer.vision.seating import MIDDLE

DEMO = CorrelationTracker()
ASTRONAUT = cv2.resize(data.astronaut(), (320, 320), interpolation=cv2.INTER_AREA)


def run(pixels, params=None, state=None, index=0):
    ctx = JobContext(DEMO, Settings(), None, Memo(), JobToken(), state=state)
    return DEMO.run(Frame(pixels, "test", index), params or Params(box=MIDDLE), ctx)


def layer(result, panel, name):
    found = {p.title: p for p in result.panels}[panel]
    return {one.name: one for one in found.layers}[name]


def pan(count, step=(3, 2), size=(240, 240)):
    for i in range(count):
        x, y = step[0] * i, step[1] * i
        yield np.ascontiguousarray(ASTRONAUT[y : y + size[1], x : x + size[0]])


def follow(pictures, params=None):
    state, results = None, []
    for i, pixels in enumerate(pictures):
        results.append(run(pixels, params, state, i))
        state = results[-1].state
    return results


def test_a_pan_moves_the_box_against_it():
    results = follow(pan(16))
    for i, one in enumerate(results):
        assert one.values["lost"] == 0
        assert one.values["x_px"] == pytest.approx(120 - 3 * i, abs=1.5)
        assert one.values["y_px"] == pytest.approx(120 - 2 * i, abs=1.5)
    last = results[-1]
    assert last.values["shift_px"] == pytest.approx(np.hypot(3, 2), abs=0.5)
    assert last.values["pictures"] == 16
    assert f"PSR {last.values['psr']:.1f}" in last.reading
    assert "First picture" in results[0].reading
    assert "First picture" not in last.reading


def test_what_is_drawn_is_what_was_measured():
    results = follow(pan(5))
    last = results[-1]
    target = layer(last, "Input", "target")
    assert isinstance(target, Boxes)
    assert (target.xyxy[0, :2] + target.xyxy[0, 2:]) / 2 == pytest.approx([last.values["x_px"], last.values["y_px"]])
    assert target.xyxy[0, 2] - target.xyxy[0, 0] == pytest.approx(0.24 * 240)
    response, peak = layer(last, "Response", "response"), layer(last, "Response", "peak")
    assert isinstance(response, Heat)
    assert isinstance(peak, Points)
    row, column = np.unravel_index(response.values.argmax(), response.values.shape)
    np.testing.assert_allclose(peak.xy[0], [column + 0.5, row + 0.5], atol=0.5)
    assert response.lo <= response.values.min()
    assert response.values.max() <= response.hi
    kernel = layer(last, "Filter", "filter")
    assert kernel.lo == -kernel.hi == -np.abs(kernel.values).max()
    assert len(layer(last, "Input", "trail").paths[0]) == 5
    psr, limit = last.charts[0].series
    np.testing.assert_array_equal(psr.y, [one.values["psr"] for one in results])
    np.testing.assert_array_equal(psr.x, [1, 2, 3, 4, 5])
    assert set(limit.y) == {7.0}


def test_the_same_picture_and_state_give_the_same_result():
    before = follow(pan(3))[-1].state
    one, two = (run(ASTRONAUT[8:248, 12:252].copy(), None, before, 3) for _ in range(2))
    assert one.values == two.values
    np.testing.assert_array_equal(one.state.track.numerator, two.state.track.numerator)


def test_a_covered_target_is_called_lost_and_comes_back():
    pictures = list(pan(12, step=(1, 0)))
    noise = np.random.default_rng(0).integers(0, 255, (240, 240, 3), dtype=np.uint8)
    pictures[5:8] = [noise, noise, np.full_like(noise, 80)]
    results = follow(pictures)
    assert [one.values["lost"] for one in results] == [0] * 5 + [1] * 3 + [0] * 4
    found_again = ["Found again" in one.headline for one in results]
    assert found_again == [False] * 8 + [True] + [False] * 3, "only what was lost is found again"
    for one in results[1:5]:
        assert f"PSR {one.values['psr']:.0f} against {results[0].values['psr']:.0f}" in one.headline
    assert results[5].reading.startswith("**Lost**")
    assert "flat" in results[7].reading
    assert results[7].values["psr"] == 0
    assert results[6].values["shift_px"] == 0
    assert layer(results[6], "Input", "target").dashed
    assert results[-1].values["x_px"] == pytest.approx(120 - 11, abs=1.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("box", BoxXYXY(0.1, 0.1, 0.3, 0.3)),
        ("learning_rate", 0.9),
        ("psr_threshold", 20.0),
        ("padding", 2.5),
        ("sigma", 4.0),
        ("look_around", True),
    ],
)
def test_each_parameter_matters_from_the_first_picture(name, value):
    plain, other = run(ASTRONAUT), run(ASTRONAUT, Params(**{"box": MIDDLE, name: value}))
    if name == "look_around":  # it shows where it would look
        assert len(layer(other, "Input", "search window").xyxy) == 9
        assert len(layer(plain, "Input", "search window").xyxy) == 1
    elif name == "learning_rate":
        a, b = (layer(one, "Filter", "filter").values for one in (plain, other))
        assert not np.array_equal(a, b)
    else:
        assert plain.values != other.values


def test_a_flat_box_says_what_to_do_and_starts_when_it_can():
    flat = np.full((240, 240, 3), 128, np.uint8)
    refused = run(flat)
    assert refused.state is None
    assert "flat" in refused.reading
    assert refused.values["lost"] == 1
    assert run(ASTRONAUT, None, refused.state, 1).values["lost"] == 0


@pytest.mark.parametrize(
    "box",
    [
        BoxXYXY(0.5, 0.5, 0.5001, 0.5001),
        BoxXYXY(0.99, 0.99, 1.0, 1.0),
        BoxXYXY(0.0, 0.0, 1.0, 1.0),
        BoxXYXY(0.8, 0.9, 1.4, 1.2),
        BoxXYXY(0.6, 0.6, 0.4, 0.3),
    ],
)
def test_any_box_is_taken(box):
    result = follow(pan(3), Params(box=box))[-1]
    assert all(np.isfinite(v) for v in result.values.values())
    assert 0 <= result.values["x_px"] <= 240
    small = (box.x1 - box.x0) * 240 < 8 and box.x1 > box.x0
    assert ("px: what surrounds it" in result.reading) == small


def test_another_frame_size_starts_anew():
    state = follow(pan(4))[-1].state
    again = run(np.ascontiguousarray(ASTRONAUT[:200, :300]), None, state, 4)
    assert again.values["pictures"] == 1
    assert again.values["x_px"] == pytest.approx(150, abs=1)


def test_history_is_bounded(monkeypatch):
    monkeypatch.setattr("explainer.demos.tracking.correlation_tracker.TRAIL", 6)
    last = follow(list(pan(2, step=(0, 0))) * 5)[-1]
    assert len(last.state.trail) == len(last.state.psrs) == 6
    np.testing.assert_array_equal(last.charts[0].series[0].x, np.arange(5, 11))
