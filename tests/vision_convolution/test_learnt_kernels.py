"""A learnt kernel as a demo: what is written out is what the network computed."""

import re

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


@pytest.mark.parametrize(("back", "source"), [(1, 0), (1, 1), (1, 2), (0, 0), (0, 1)])
def test_the_note_of_the_equation_leads_from_its_sum_to_the_answer_on_the_tile(back: int, source: int) -> None:
    result = run_demo(LearntKernels(), photo(64, 64), tiny(), back=back, source=source)
    (equation,) = [chart for chart in result.charts if isinstance(chart, Equation)]
    part, rest, whole = map(float, re.findall(r"-?\d+\.\d\d", equation.note.replace("−", "-")))
    assert part == pytest.approx(equation.grids[3].values.item(), abs=0.0051)
    assert whole == pytest.approx(result.values["output"], abs=0.0051)
    assert part + rest == pytest.approx(whole)
    (name,) = re.findall(r"from ([\w ]+),", equation.note)[:1]
    assert equation.grids[3].name == f"from {name}"
    assert name == (("red", "green", "blue")[source] if result.values["in_maps"] == 3 else f"map {source}")
