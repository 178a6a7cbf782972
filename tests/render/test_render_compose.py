"""Raster layers: where each value lands and in which colour, against hand calculations."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.core.geometry import compose as composed
from explainer.core.geometry import resized, scale_shift
from explainer.core.layers import Cells, Heat, Image, Mask, Panel
from explainer.render import colours, compose
from explainer.render.compose import busy, raster, warm
from explainer.render.look import CLASS_COLOURS
from explainer.render.view_state import ViewState

GROUND = (10, 20, 30)
rng = np.random.default_rng(3)


def photo(height=48, width=64):
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def panel_of(*layers, size=(64.0, 48.0)):
    return Panel("P", size, layers)


def heat(values, **more):
    values = np.asarray(values, np.float32)
    more = {"lo": 0.0, "hi": 1.0, "smooth": False} | more
    return Heat("heat", values, **more)


def blended(colour, below, opacity):
    return np.rint(opacity * np.asarray(colour, float) + (1 - opacity) * np.asarray(below, float))


# Pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(32, 24), (16, 12), (64, 24)])
def test_a_picture_is_shrunk_by_area(size):
    pixels = photo()
    expected = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    got = raster(panel_of(Image("i", pixels)), size, ViewState(), GROUND)
    np.testing.assert_allclose(got, expected, atol=1)  # along a side that stays linear rounds otherwise


def test_halving_is_the_mean_of_four_pixels():
    pixels = photo(4, 4)
    got = raster(panel_of(Image("i", pixels), size=(4.0, 4.0)), (2, 2), ViewState(), GROUND)
    means = pixels.reshape(2, 2, 2, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(got - means).max() <= 0.51


def test_at_its_own_size_a_picture_is_unchanged_and_not_shared():
    pixels = photo()
    got = raster(panel_of(Image("i", pixels)), (64, 48), ViewState(), GROUND)
    np.testing.assert_array_equal(got, pixels)
    assert not np.shares_memory(got, pixels)


def test_an_unsmooth_picture_keeps_its_pixels_when_enlarged():
    pixels = photo(2, 3)
    got = raster(panel_of(Image("i", pixels, smooth=False), size=(3.0, 2.0)), (30, 20), ViewState(), GROUND)
    np.testing.assert_array_equal(got, pixels.repeat(10, 0).repeat(10, 1))


def test_a_small_picture_lies_where_its_map_says_and_ground_shows_around_it():
    pixels = np.full((10, 20, 3), 200, np.uint8)
    got = raster(panel_of(Image("i", pixels, scale_shift(1, 1, 8, 4))), (64, 48), ViewState(), GROUND)
    inside = np.zeros((48, 64), bool)
    inside[4:14, 8:28] = True
    assert (got[inside] == 200).all()
    assert (got[~inside] == GROUND).all()


def test_focus_dims_outside_only():
    pixels = photo()
    got = raster(panel_of(Image("i", pixels, focus=(16, 8, 48, 40))), (64, 48), ViewState(), GROUND)
    inside = np.zeros((48, 64), bool)
    inside[8:40, 16:48] = True
    line = np.zeros((48, 64), bool)
    line[7:41, 15:49] = True
    line &= ~inside
    np.testing.assert_array_equal(got[inside], pixels[inside])
    dimmed = compose.DIM * pixels.astype(float)
    outside = ~inside & ~line
    assert np.abs(got[outside] - dimmed[outside]).max() <= 0.51
    assert np.abs(got[line] - (dimmed[line] * 45 + 255 * 210) / 255).max() <= 1.01  # a white hairline around it


@pytest.mark.parametrize("focus", [(0, 0, 64, 48), (-5, -5, 99, 99)])
def test_focus_on_everything_dims_nothing(focus):
    pixels = photo()
    got = raster(panel_of(Image("i", pixels, focus=focus)), (64, 48), ViewState(), GROUND)
    np.testing.assert_array_equal(got, pixels)


# Maps ---------------------------------------------------------------------------------------------------


def shaded(value, below, opacity, size=lambda t: t):
    """By hand: what is cold lets the picture through."""
    lut = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    share = opacity * min(1.0, size(value) / 0.75) ** 0.9
    return share * lut[round(255 * value)].astype(float) + (1 - share) * below


@pytest.mark.parametrize("opacity", [0.25, 0.8, 1.0])
def test_heat_over_a_picture_keeps_its_shading(opacity):
    pixels, values = photo(), rng.random((48, 64), np.float32)
    got = raster(panel_of(Image("i", pixels), heat(values)), (64, 48), ViewState(opacity), GROUND)
    for y, x in [(0, 0), (47, 63), (20, 31), (5, 60)]:
        assert np.abs(got[y, x] - shaded(float(values[y, x]), pixels[y, x], opacity)).max() <= 2.5, (y, x)


def test_where_a_map_is_cold_the_picture_is_itself():
    pixels = photo()
    got = raster(panel_of(Image("i", pixels), heat(np.zeros((7, 7)))), (64, 48), ViewState(1.0), GROUND)
    np.testing.assert_array_equal(got, pixels)
    signed = Heat("h", np.zeros((7, 7), np.float32), -1.0, 1.0, scale_shift(64 / 7, 48 / 7), "diverging")
    got = raster(panel_of(Image("i", pixels), signed), (64, 48), ViewState(1.0), GROUND)
    assert np.abs(got.astype(int) - pixels).max() <= 4  # 256 colours have no middle one


def test_opacity_of_a_map_grows_with_its_size_on_both_sides_of_nought():
    for kind in ("sequential", "diverging"):
        shares = colours.opacities(kind)
        assert shares.min() < 0.02
        assert shares.max() == 1.0
    assert (np.diff(colours.opacities("sequential")) >= 0).all()
    np.testing.assert_allclose(colours.opacities("diverging"), colours.opacities("diverging")[::-1])
    assert (colours.opacities("grey") == 1).all()


@pytest.mark.parametrize("part", [(0, 0, 64, 48), (10, 5, 50, 40), (63, 47, 64, 48)])
@pytest.mark.parametrize("zoom", [1, 3])
def test_a_part_is_the_same_as_that_part_of_the_whole(part, zoom):
    panel = panel_of(
        Image("i", photo(), focus=(8.0, 6.0, 50.0, 40.0)),
        heat(rng.random((7, 7))),
        Mask("m", rng.random((12, 16)) > 0.5, scale_shift(4, 4)),
    )
    whole = raster(panel, (64 * zoom, 48 * zoom), ViewState(), GROUND)
    x0, y0, x1, y1 = (zoom * edge for edge in part)
    got = raster(panel, (64 * zoom, 48 * zoom), ViewState(), GROUND, (x0, y0, x1, y1))
    differs = np.abs(got.astype(int) - whole[y0:y1, x0:x1]).max(axis=2)
    assert differs.max() <= 3  # OpenCV resizes where it can, and warps where a part is asked for
    assert (differs > 1).mean() < 0.2


@pytest.mark.parametrize("kind", ["sequential", "diverging"])
def test_warm_places_are_those_of_the_map(kind):
    values = np.zeros((4, 4), np.float32)
    values[0, 3] = -1.0 if kind == "diverging" else 1.0
    lo = -1.0 if kind == "diverging" else 0.0
    layer = Heat("h", values, lo, 1.0, scale_shift(8, 8, 20, 10), kind)
    found = warm(panel_of(Image("i", photo()), layer), (20.0, 10.0, 52.0, 42.0))
    assert found.shape == (16, 24)
    assert found[:2, 21:].min() > 0.9
    assert found[8:, :12].max() < 0.02
    assert warm(panel_of(Image("i", photo())), (0.0, 0.0, 64.0, 48.0)).max() == 0.0


def test_busy_places_are_those_where_there_is_something_to_see():
    pixels = np.full((160, 240, 3), 120, np.uint8)
    pixels[80:, 120:] = rng.integers(0, 256, (80, 120, 3), np.uint8)
    found = busy(pixels)
    assert found.shape == (16, 24)
    assert found[8:, 12:].min() > 0.3
    assert found[:7].max() < 0.05


def test_opacity_nought_is_the_picture():
    pixels = photo()
    got = raster(panel_of(Image("i", pixels), heat(rng.random((7, 7)))), (64, 48), ViewState(0.0), GROUND)
    np.testing.assert_array_equal(got, pixels)


def test_a_map_that_stands_alone_is_not_blended():
    values = rng.random((48, 64), np.float32)
    got = raster(panel_of(heat(values, over=False)), (64, 48), ViewState(0.1), GROUND)
    np.testing.assert_array_equal(got, colours.paint(values, 0, 1, colours.table("sequential")))


def test_the_view_chooses_the_sequential_map_and_what_is_hidden():
    values = rng.random((48, 64), np.float32)
    panel = panel_of(heat(values, over=False))
    shown = {name: raster(panel, (64, 48), ViewState(colours=name), GROUND) for name in colours.SEQUENTIAL}
    assert len({picture.tobytes() for picture in shown.values()}) == len(colours.SEQUENTIAL)
    assert (raster(panel, (64, 48), ViewState(hidden=frozenset({"heat"})), GROUND) == GROUND).all()


@pytest.mark.parametrize("cell", [(0, 0), (6, 6), (2, 5)])
@pytest.mark.parametrize("buffer", [(640, 480), (320, 240), (777, 583)])
def test_a_hot_cell_lands_on_its_pixels(cell, buffer):
    """A 7 × 7 map of a centre crop of a picture that is wider than high."""
    values = np.zeros((7, 7), np.float32)
    values[cell] = 1.0
    crop = scale_shift(440 / 224, 440 / 224, 100, 20)  # 224 input pixels to a square of 440 of the frame
    to_panel = resized(crop, (224, 224), (7, 7))
    got = raster(
        panel_of(heat(values, to_panel=to_panel, over=False), size=(640.0, 480.0)), buffer, ViewState(), GROUND
    )
    hot = colours.table("sequential")[255]
    rows, columns = np.nonzero((got == hot).all(axis=2))
    near = 1.0 if buffer[0] % 320 == 0 else 1.5  # elsewhere the map's own edges are rounded too
    sx, sy, side = buffer[0] / 640, buffer[1] / 480, 440 / 7
    expected_x = (100 + cell[1] * side) * sx, (100 + (cell[1] + 1) * side) * sx
    expected_y = (20 + cell[0] * side) * sy, (20 + (cell[0] + 1) * side) * sy
    assert columns.min() == pytest.approx(expected_x[0], abs=near)
    assert columns.max() + 1 == pytest.approx(expected_x[1], abs=near)
    assert rows.min() == pytest.approx(expected_y[0], abs=near)
    assert rows.max() + 1 == pytest.approx(expected_y[1], abs=near)


def test_a_letterboxed_map_leaves_the_bars_out_of_the_picture():
    """The whole picture in a square: the input's upper and lower bars lie outside the frame."""
    values = np.zeros((8, 8), np.float32)
    values[4, 4] = 1.0
    letterbox = scale_shift(64 / 224, 64 / 224, 0, -8)  # 224² input over 64 × 64, the frame is its middle 48 rows
    layer = heat(values, to_panel=resized(letterbox, (224, 224), (8, 8)), over=False)
    got = raster(panel_of(layer), (64, 48), ViewState(), GROUND)
    hot = (got == colours.table("sequential")[255]).all(axis=2)
    expected = np.zeros((48, 64), bool)
    expected[24:32, 32:40] = True  # cell (4, 4) is 8 × 8 px at (32, 32 − 8)
    np.testing.assert_array_equal(hot, expected)


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(0.6, 9.0),
    tx=st.floats(-20, 40),
    ty=st.floats(-20, 40),
    row=st.integers(0, 4),
    column=st.integers(0, 5),
)
def test_warp_and_probe_agree_on_where_a_cell_is(scale, tx, ty, row, column):
    """Each buffer pixel shows the cell that the inverse map finds below its centre."""
    values = np.zeros((5, 6), np.float32)
    values[row, column] = 1.0
    to_panel = scale_shift(scale, scale * 1.3, tx, ty)
    got = raster(panel_of(heat(values, to_panel=to_panel, over=False)), (64, 48), ViewState(), GROUND)
    hot = (got == colours.table("sequential")[255]).all(axis=2)
    ys, xs = np.mgrid[0:48, 0:64] + 0.5
    u, v = (xs - tx) / scale, (ys - ty) / (1.3 * scale)
    safe = 0.51 / scale + 1e-6  # a resize may round the map's edges to whole pixels
    certain_in = (abs(u - column - 0.5) < 0.5 - 2 * safe) & (abs(v - row - 0.5) < 0.5 - 2 * safe)
    certain_out = (abs(u - column - 0.5) > 0.5 + 2 * safe) | (abs(v - row - 0.5) > 0.5 + 2 * safe)
    assert hot[certain_in].all()
    assert not hot[certain_out].any()


def test_smooth_maps_are_interpolated_between_cell_centres():
    values = np.array([[0.0, 1.0]], np.float32)
    layer = heat(values, smooth=True, over=False, colours="grey", to_panel=scale_shift(32, 48))
    got = raster(panel_of(layer), (64, 48), ViewState(), GROUND)[24, :, 0]
    x = np.arange(64) + 0.5
    expected = np.clip((x - 16) / 32, 0, 1) * 255  # 0 at the centre of the first cell, 255 at that of the second
    assert np.abs(got - expected).max() <= 1.0


def test_not_a_number_is_drawn_as_the_lowest_value():
    values = np.full((48, 64), np.nan, np.float32)
    values[:, 32:] = 2.0
    got = raster(panel_of(heat(values, lo=-2.0, hi=2.0, over=False)), (64, 48), ViewState(), GROUND)
    lut = colours.table("sequential")
    assert (got[:, :32] == lut[0]).all()
    assert (got[:, 32:] == lut[255]).all()


@pytest.mark.parametrize("far", [np.inf, 3e38, 1e12, 9e6])
def test_values_far_outside_lie_at_the_ends(far):
    values = np.tile(np.array([[-far, 0.0, far]], np.float32), (5, 1))
    index = colours.to_index(values, -1.0, 1.0)
    assert (index == [0, 128, 255]).all()


def test_a_map_without_a_span_is_drawn_in_its_lowest_colour():
    assert (colours.to_index(np.ones((2, 2), np.float32), 1.0, 1.0) == 0).all()


def test_to_index_rounds_and_clips():
    values = np.array([[-1.0, 0.0, 0.5, 1.0, 7.0, 0.1]], np.float32)
    np.testing.assert_array_equal(colours.to_index(values, 0.0, 1.0)[0], [0, 0, 128, 255, 255, 26])


def test_zero_of_a_diverging_map_is_near_white_and_its_ends_are_blue_and_red():
    table = colours.table("diverging").astype(int)
    assert table[127:129].min() > 225
    assert table[0][2] > table[0][0] + 100
    assert table[255][0] > table[255][2] + 100
    layer = heat(np.zeros((4, 4)), lo=-1.0, hi=1.0, colours="diverging", over=False, to_panel=scale_shift(16, 12))
    centred = raster(panel_of(layer), (8, 8), ViewState(), GROUND)
    assert centred.min() > 225


@pytest.mark.parametrize("name", sorted(colours.SEQUENTIAL))
def test_sequential_maps_grow_lighter_all_the_way(name):
    lab = cv2.cvtColor(colours.table("sequential", name)[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]
    assert (np.diff(lab) > -0.6).all()
    assert lab[-1] - lab[0] > 50


# Masks and mosaics --------------------------------------------------------------------------------------


def test_a_mask_is_filled_in_the_colour_of_its_class():
    pixels, values = photo(), np.zeros((48, 64), bool)
    values[:, :20] = True
    got = raster(panel_of(Image("i", pixels), Mask("m", values, colour=2)), (64, 48), ViewState(), GROUND)
    rgb = np.array([int(CLASS_COLOURS[2][i : i + 2], 16) for i in (1, 3, 5)])
    expected = blended(rgb, pixels[:, :20], compose.MASK_OPACITY)
    assert np.abs(got[:, :20] - expected).max() <= 1
    np.testing.assert_array_equal(got[:, 20:], pixels[:, 20:])


def test_tiles_of_a_mosaic_lie_in_their_boxes():
    values = np.stack([np.full((4, 4), k, np.float32) for k in range(5)])
    layer = Cells("c", values, columns=3, lo=0.0, hi=4.0, colours="grey")
    size = layer.size
    buffer = round(size[0] * 10), round(size[1] * 10)
    got = raster(Panel("P", size, (layer,), frame=False), buffer, ViewState(), GROUND)
    for index in range(5):
        x0, y0, x1, y1 = (10 * edge for edge in compose.cell_box(layer, index))
        tile = got[round(y0) + 1 : round(y1) - 1, round(x0) + 1 : round(x1) - 1, 0]
        assert np.unique(tile) == [round(255 * index / 4)]
    assert (got[round(10 * compose.cell_box(layer, 5)[1]) + 5, -20] == GROUND).all()  # no sixth tile


def test_nan_in_a_mosaic_does_not_raise():
    values = np.full((1, 3, 3), np.nan, np.float32)
    layer = Cells("c", values, columns=1, lo=0.0, hi=1.0)
    got = raster(Panel("P", layer.size, (layer,)), (33, 33), ViewState(), GROUND)
    assert (got[4, 4] == colours.table("sequential")[0]).all()


def test_a_picture_shows_through_the_cold_cells_of_a_tile_and_not_through_the_warm():
    values = np.array([[[0.0, 0.0], [1.0, 1.0]]], np.float32)
    under = np.full((8, 8, 3), 77, np.uint8)
    layer = Cells("c", values, columns=1, lo=0.0, hi=1.0, under=under)
    got = raster(Panel("P", layer.size, (layer,)), (54, 54), ViewState(opacity=1.0), GROUND)
    assert (got[2, 2] == 77).all()
    np.testing.assert_array_equal(got[47, 2], colours.table("sequential")[255])


# Odd sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (20000, 10), (12, 6000)])
def test_odd_sizes_are_composed(shape):
    pixels = np.full((*shape, 3), 90, np.uint8)
    size = (float(shape[1]), float(shape[0]))
    layers = (Image("i", pixels), heat(np.ones((3, 3)), to_panel=scale_shift(size[0] / 3, size[1] / 3)))
    for buffer in [(1, 1), (300, 1), (1, 300), (300, 200)]:
        got = raster(Panel("P", size, layers), buffer, ViewState(0.5), GROUND)
        assert got.shape == (buffer[1], buffer[0], 3)
        expected = blended(colours.table("sequential")[255], (90, 90, 90), 0.5)
        assert np.abs(got.reshape(-1, 3) - expected).max() <= 1


def test_a_layer_outside_the_panel_draws_nothing():
    pixels = photo()
    layers = (Image("i", pixels), heat(np.ones((3, 3)), to_panel=scale_shift(1, 1, 500, 500)))
    np.testing.assert_array_equal(raster(panel_of(*layers), (64, 48), ViewState(1.0), GROUND), pixels)


def test_maps_compose_as_functions_do():
    """Guards the order in ``compose(outer, inner)``, on which every placement above rests."""
    both = composed(scale_shift(2, 3), scale_shift(1, 1, 5, 7))
    np.testing.assert_allclose(both @ [1, 1, 1], [12, 24])


@pytest.mark.parametrize(
    ("whole", "part"),
    [((1170, 658), (297, 31, 873, 627)), ((2000, 1125), (900, 200, 1500, 800)), ((801, 450), (0, 10, 300, 400))],
)
def test_a_part_of_a_picture_has_the_pixels_that_it_has_in_the_whole(
    whole: tuple[int, int], part: tuple[int, int, int, int]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 160, 3)).astype(np.uint8)
    picture = cv2.GaussianBlur(cv2.resize(noise, (1280, 720)), (0, 0), 2)
    x0, y0, x1, y1 = part
    whole_first = compose._resize(picture, whole, smooth=True)[y0:y1, x0:x1]
    cut_first = compose._part(picture, whole, part, smooth=True)
    assert cut_first.shape == whole_first.shape
    assert np.abs(cut_first.astype(int) - whole_first).max() <= 1  # of 255
    first, end, _, _ = compose._span(x0, x1, 1280, whole[0])
    assert end - first < 1280  # and it is less that is resized
