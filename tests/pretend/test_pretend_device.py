"""The pretend device does what it is for: it computes as the CPU does, and refuses what a GPU refuses."""

import numpy as np
import pytest
import torch
from computed_on_a_device import weights_after_three_steps
from on_a_device import in_the_worker
from pretend_device import NAME, On, TwoDevicesError, pretending


@pytest.fixture(autouse=True)
def device():
    with pretending() as name:
        yield name


def test_tensors_say_where_they_lie(device: str) -> None:
    for one in (torch.zeros(3, device=device), torch.ones(3).to(device), torch.tensor([1.0], device=device)):
        assert isinstance(one, On)
        assert one.device.type == NAME
    assert torch.zeros(3).device.type == "cpu"


def test_what_comes_back_is_what_the_cpu_computes(device: str) -> None:
    a, b = torch.randn(4, 5), torch.randn(5, 3)
    there = (a.to(device) @ b.to(device)).relu().sum(0)
    assert torch.equal(there.cpu(), (a @ b).relu().sum(0))
    assert float(there.max()) == float((a @ b).relu().sum(0).max())


def test_two_devices_do_not_meet(device: str) -> None:
    with pytest.raises(TwoDevicesError, match="same device"):
        torch.ones(3, device=device) + torch.ones(3)
    assert float((torch.ones(3, device=device) + torch.tensor(2.0)).sum()) == 9  # a single number may come along


def test_it_gives_no_numpy_array(device: str) -> None:
    with pytest.raises((TypeError, RuntimeError)):
        torch.ones(3, device=device).numpy()


def test_gradients_and_an_optimiser_go_as_on_the_cpu() -> None:
    here, there = in_the_worker(weights_after_three_steps)
    np.testing.assert_array_equal(there, here)
