"""The convolution microscope on its way: which places are written, and what is shown of the rest."""

import numpy as np
import pytest

from explainer.core.charts import Equation
from explainer.core.layers import Cells, Heat, Image
from explainer.demos.learning.convolution_microscope import ConvolutionMicroscope
from explainer.testing import photo, run_demo, tiny
from explainer.vision.convolution.sweep import SWEEPS, Sweep


def test_bands_are_written_from_left_to_right_one_below_the_other() -> None:
    half = Sweep(24, 10, 0.5)
    assert (half.band, half.across, half.places) == ((12, 14), 0, 120)
    later = Sweep(24, 10, 0.5 + 0.5 / SWEEPS)
    assert (later.band, later.across, later.places, later.at) == ((12, 14), 5, 130, (12, 4))
    whole = Sweep(24, 10, 1.0)
    assert (whole.band, whole.across, whole.places) == ((22, 24), 10, 240)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (5, 7), (12, 3), (301, 451)])
def test_places_never_go_back_and_end_with_all(rows: int, columns: int) -> None:
    places = [Sweep(rows, columns, share).places for share in np.linspace(0, 1, 300)]
    assert places == sorted(places)
    assert places[-1] == rows * columns
    cells = [Sweep(rows, columns, share).at for share in np.linspace(0, 1, 50)]
    assert all(0 <= row < rows and 0 <= column < columns for row, column in cells)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_kernel_stands_where_the_map_is_being_written(stride: int) -> None:
    result = run_demo(ConvolutionMicroscope(), photo(48, 64), tiny(), written=40.0, stride=stride)
    rows, columns = 48 // stride, 64 // stride
    sweep = Sweep(rows, columns, 0.4)
    assert (result.values["cell_y"], result.values["cell_x"]) == sweep.at
    assert result.play is not None
    assert result.play.at == 40.0
    assert result.play.counted.startswith(f"{sweep.places:,} of ")
    output = next(panel for panel in result.panels if panel.title == "Output map")
    (heat,) = [layer for layer in output.layers if isinstance(layer, Heat)]
    covered = sum(layer.pixels.shape[0] * layer.pixels.shape[1] for layer in output.layers if isinstance(layer, Image))
    assert heat.values.size - covered == sweep.places


def relu(slope: float):
    result = run_demo(ConvolutionMicroscope(), photo(48, 64), tiny(), after="relu", slope=slope)
    output = next(panel for panel in result.panels if panel.title == "Output map")
    return result, next(layer for layer in output.layers if isinstance(layer, Heat))


@pytest.mark.parametrize("slope", [1.0, 0.3, 0.0])
def test_the_relu_takes_away_what_is_negative_and_keeps_the_colours(slope: float) -> None:
    plain = run_demo(ConvolutionMicroscope(), photo(48, 64), tiny())
    result, heat = relu(slope)
    before = next(layer for panel in plain.panels[1:2] for layer in panel.layers if isinstance(layer, Heat))
    np.testing.assert_allclose(
        heat.values, np.where(before.values < 0, slope * before.values, before.values), atol=1e-6
    )
    assert (heat.lo, heat.hi) == (before.lo, before.hi)
    assert result.values["negative_share"] == pytest.approx((before.values < 0).mean())
    assert (result.play.name, result.play.first, result.play.last, result.play.at) == ("slope", 1.0, 0.0, slope)


def test_the_equation_is_the_hero_and_goes_on_through_the_relu() -> None:
    for result, names in (
        (run_demo(ConvolutionMicroscope(), photo(48, 64), tiny()), ["patch", "kernel", "products", "their sum"]),
        (relu(0.0)[0], ["patch", "kernel", "products", "their sum", "ReLU"]),
    ):
        (equation,) = [chart for chart in result.charts if isinstance(chart, Equation)]
        assert result.heroes == ("equation",)
        assert [grid.name for grid in equation.grids] == names
        patch, kernel, products, total, *left = (grid.values for grid in equation.grids)
        np.testing.assert_allclose(patch * kernel, products)
        assert products.sum() == pytest.approx(total.item())
        assert [one.item() for one in left] == [pytest.approx(max(0.0, total.item()))] * len(left)


def test_a_click_on_another_kernel_takes_it() -> None:
    result = run_demo(ConvolutionMicroscope(), photo(48, 64), tiny())
    (cells,) = [layer for panel in result.panels for layer in panel.layers if isinstance(layer, Cells)]
    taken = run_demo(ConvolutionMicroscope(), photo(48, 64), tiny(), **cells.sets[cells.labels.index("sharpen")])
    assert taken.charts[0].grids[1].values[1, 1] == 5
