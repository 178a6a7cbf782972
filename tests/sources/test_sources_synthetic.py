"""The drawn sources do what they say they do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.frame import Frame
from explainer.core.geometry import apply
from explainer.core.problem import Problem
from explainer.sources.synthetic import EndlessSource, MovingSquare, pan


def test_the_square_is_where_the_truth_says():
    source = MovingSquare()
    seen = set()
    for index in range(0, source.count, 7):
        frame = source.at(index)
        assert frame.index == index
        rows, columns = np.nonzero((frame.pixels > 200).all(axis=2))
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert box == source.truth(index)
        assert len(rows) == 48 * 48
        seen.add(box)
    assert len(seen) > 30
    source.at(source.count - 1)
    assert source.read() is None


@given(st.integers(0, 10_000))
def test_the_square_stays_inside(index):
    x0, y0, x1, y1 = MovingSquare(count=10_001).truth(index)
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= 640
    assert y1 <= 480


def test_two_openings_draw_the_same_but_are_told_apart():
    a, b = MovingSquare(), MovingSquare()
    assert a.id != b.id
    np.testing.assert_array_equal(a.at(17).pixels, b.at(17).pixels)
    assert a.read().index == 18
    assert isinstance(a.at(240), Problem)
    assert isinstance(a.at(-1), Problem)
    a.close()
    assert a.read() is None


def smooth_photo(height=120, width=160):
    y, x = np.mgrid[:height, :width] + 0.5
    return np.dstack([x, y, 60 + 40 * np.sin(x / 30) * np.cos(y / 30)]).astype(np.uint8)


def test_pan_moves_evenly_and_its_end_joins_its_beginning():
    photo = Frame(smooth_photo(), name="a.png", notes=("kept",))
    source = pan(photo)
    frames = [source.read() for _ in range(60)]
    assert source.read() is None
    assert "kept" in frames[5].notes
    middles = [apply(source.to_photo(i), np.array([[80.0, 60.0]]))[0] for i in range(61)]
    steps = [np.hypot(*(b - a)) for a, b in pairwise(middles)]
    assert min(steps) > 0.6
    assert max(steps) < 1.2  # 2π · 0.06 · 160 / 60 ≈ 1 pixel
    np.testing.assert_allclose(middles[60], middles[0], atol=1e-9)
    assert np.abs(frames[59].pixels.astype(int) - frames[0].pixels).mean() < 3


def test_pan_shows_what_its_map_says():
    """Channels 0 and 1 of the photo hold 4 x and 4 y: so each pixel names the place it came from."""
    y, x = np.mgrid[:60, :60]
    source = pan(Frame(np.dstack([4 * x, 4 * y, 0 * x]).astype(np.uint8)))
    for index in (7, 20, 33, 51):
        ys, xs = np.mgrid[5:55, 5:55]
        centres = np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5], axis=1)
        came_from = apply(source.to_photo(index), centres)
        found = source.at(index).pixels[ys.ravel(), xs.ravel(), :2] / 4 + 0.5  # centres lie at a half
        np.testing.assert_allclose(found, came_from, atol=0.2)
        assert np.abs((found - came_from).mean(axis=0)).max() < 0.03  # rounding has no bias


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (40000, 10)])
@pytest.mark.parametrize("index", [0, 1, 30, 59])
def test_pan_of_odd_shapes(size, index):
    frame = pan(Frame(np.full((size[1], size[0], 3), 77, np.uint8))).at(index)
    assert (frame.pixels == 77).all()
    assert max(frame.width, frame.height) <= 1280


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 59))
@settings(max_examples=60, deadline=None)
def test_the_view_stays_on_the_photo(width, height, index):
    source = pan(Frame(np.zeros((height, width, 3), np.uint8)))
    corners = apply(source.to_photo(index), np.array([[0.0, 0.0], [width, height]]))
    assert corners.min() >= -1e-9
    assert corners[1, 0] <= width + 1e-9
    assert corners[1, 1] <= height + 1e-9


def test_endless_frames_are_distinct_and_free():
    source = EndlessSource()
    frames = [source.read() for _ in range(9)]
    assert [f.index for f in frames] == list(range(9))
    assert {(f.width, f.height) for f in frames} == {(1280, 720)}
    assert all(f.pixels.flags["C_CONTIGUOUS"] for f in frames)
    for a, b in pairwise(frames):
        assert not np.array_equal(a.pixels, b.pixels)
    assert frames[8].pixels is frames[0].pixels  # nothing is made or copied while it is read
    assert frames[8].key != frames[0].key
    assert source.count is None
    assert isinstance(source.at(10**9), Frame)


def test_endless_takes_a_photo_of_any_size():
    photo = np.random.default_rng(0).integers(0, 255, (50, 70, 3), np.uint8)
    assert EndlessSource(photo, size=(64, 48)).read().pixels.shape == (48, 64, 3)
