"""A learnt kernel as a demo: what is written out is what the network computed."""

import numpy as np
import pytest

from explainer.core.charts import Equation
from explainer.core.geometry import PointXY
from explainer.demos.learning.learnt_kernels import LearntKernels
from explainer.testing import photo, run_demo, tiny


@pytest.mark.parametrize("spot", [PointXY(0.0, 0.0), PointXY(0.4, 0.7), PointXY(1.0, 1.0)])
@pytest.mark.parametrize("back", [0, 1])
def test_products_and_bias_are_the_networks_own_answer(spot: PointXY, back: int) -> None:
    result = run_demo(LearntKernels(), photo(64, 64), tiny(), spot=spot, back=back)
    values = result.values
    assert values["output"] == pytest.approx(values["library_output"], abs=1e-4)
    assert values["sum"] + values["bias"] == pytest.approx(values["output"])
    (equation,) = [chart for chart in result.charts if isinstance(chart, Equation)]
    patch, kernel, products, total = (grid.values for grid in equation.grids)
    np.testing.assert_allclose(patch * kernel, products)
    assert total.item() == pytest.approx(products.sum())
    assert result.heroes == ("kernels-it-learnt", "output-map")


def test_another_input_map_shows_its_own_products_and_leaves_the_answer() -> None:
    first, other = (run_demo(LearntKernels(), photo(64, 64), tiny(), back=0, source=source) for source in (0, 1))
    assert (first.values["source"], other.values["source"]) == (0, 1)
    assert first.values["output"] == other.values["output"]
    assert not np.array_equal(first.charts[0].grids[2].values, other.charts[0].grids[2].values)
