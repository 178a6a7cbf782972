"""Strongest cells and the parts of pictures around them."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.geometry import scale_shift
from explainer.vision.attribution.strongest import GAP_PX, cut_out, mosaic, patch_box, peaks


def test_peaks_are_those_of_numpy():
    maps = torch.randn(1, 7, 5, 6, generator=torch.Generator().manual_seed(0))
    found = peaks(maps)
    for channel, plane in enumerate(maps[0].numpy()):
        assert found.values[channel] == plane.max()
        assert tuple(found.cells[channel]) == np.unravel_index(plane.argmax(), plane.shape)


def test_a_patch_lies_around_its_cell():
    # 224 px over 14 × 14 cells of 16 px: side 48 + 32 = 80 around the middle of cell (row 7, column 5).
    box = patch_box((7, 5), (14, 14), 224, scale_shift(2.0, 2.0, 10.0, 20.0), (10.0, 20.0, 458.0, 468.0))
    assert box == (2 * (88 - 40) + 10, 2 * (120 - 40) + 20, 2 * (88 + 40) + 10, 2 * (120 + 40) + 20)


@given(st.integers(0, 6), st.integers(0, 6), st.sampled_from([7, 14, 56]), st.integers(40, 300))
@settings(max_examples=50, deadline=None)
def test_a_patch_never_leaves_what_the_network_sees(row, column, cells, side):
    scale = side / 224
    left, top, right, bottom = patch_box(
        (row, column), (cells, cells), 224, scale_shift(scale, scale, 3.0, 4.0), (3.0, 4.0, 3.0 + side, 4.0 + side)
    )
    assert 3.0 <= left < right <= 3.0 + side
    assert 4.0 <= top < bottom <= 4.0 + side
    np.testing.assert_allclose(right - left, bottom - top)


def test_a_cut_is_whole_pixels_and_never_empty():
    pixels = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    np.testing.assert_array_equal(cut_out(pixels, (1.0, 2.0, 4.0, 4.0)), pixels[2:4, 1:4])
    assert cut_out(pixels, (5.9, 4.9, 6.0, 5.0)).shape == (1, 1, 3)


def test_tiles_stand_in_rows():
    tiles = [np.full((9, 9, 3), 10 * n, np.uint8) for n in range(5)]
    sheet = mosaic(tiles, 3, 8)
    pitch = 8 + GAP_PX
    assert sheet.shape == (2 * pitch - GAP_PX, 3 * pitch - GAP_PX, 3)
    for n in range(5):
        top, left = pitch * (n // 3), pitch * (n % 3)
        assert (sheet[top : top + 8, left : left + 8] == 10 * n).all()
    assert (sheet[:, 8 : 8 + GAP_PX] == sheet[0, 8, 0]).all()
