"""Attribution methods, training recipes and task models give on a device what they give on the CPU."""

import computed_on_a_device as computed
import numpy as np
import pytest
from on_a_device import in_the_worker

from explainer.vision.attribution.methods import METHODS

# Two networks, or kernels that were chosen for another layout of memory, differ in the last digits.
CLOSE = {"rtol": 1e-3, "atol": 1e-5}


@pytest.mark.parametrize("method", METHODS)
def test_attribution_methods(method: str) -> None:
    here, there = in_the_worker(computed.maps, method)
    assert there.dtype == here.dtype
    # At the kinks of ReLU6 a gradient jumps with the last digit of a sum.
    assert np.corrcoef(there.ravel(), here.ravel())[0, 1] > 0.9999
    np.testing.assert_allclose(there, here, atol=0.06 * float(np.abs(here).max()))


@pytest.mark.parametrize("name", computed.RECIPES)
def test_training_recipes(name: str) -> None:
    here, there = in_the_worker(computed.trained, name)
    assert there.keys() == here.keys()
    for part, numbers in here.items():
        np.testing.assert_allclose(there[part], numbers, err_msg=part, **CLOSE)


@pytest.mark.parametrize("name", computed.TASKS)
def test_task_models(name: str) -> None:
    here, there = in_the_worker(computed.answered, name)
    assert len(here) == len(there) > 0
    for one, other in zip(here, there, strict=True):
        np.testing.assert_allclose(other, one, **CLOSE)
