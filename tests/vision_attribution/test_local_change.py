"""Early layers on a crop: the same logits as the whole pass, wherever the window stands."""

import pytest
import torch

from explainer.vision.attribution.local_change import EARLY_STRIDE, LocalChange, local_change
from explainer.vision.attribution.occlusion import Windows, occlusion
from explainer.vision.zoo.fold import folded
from explainer.vision.zoo.lite0 import lite0, lite1


@pytest.fixture(scope="module")
def net() -> torch.nn.Module:
    torch.manual_seed(0)
    found = lite0(20).eval().requires_grad_(False)
    for module in found.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.bias.normal_(0, 0.5)
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)  # so that a change is still felt at the end
    return found


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize(
    "box", [(0, 0, 32, 32), (97, 3, 129, 35), (192, 192, 224, 224), (50, 111, 53, 112), (216, 0, 224, 32)]
)
def test_a_change_in_a_window_gives_the_logits_of_the_whole_pass(net: torch.nn.Module, fold: bool, box: tuple) -> None:
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    chosen = folded(net) if fold else net
    x0, y0, x1, y1 = box
    changed = x.clone()
    changed[:, :, y0:y1, x0:x1] = 3.0
    local = LocalChange(chosen, x, 32)
    with torch.no_grad():
        expected, found = chosen(changed), local.logits(changed, [box])
        assert (chosen(x) - expected).abs().max() > 1e-3
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)


def test_a_change_outside_the_box_is_not_seen(net: torch.nn.Module) -> None:
    """Proves that the crop and not the picture is computed."""
    x = torch.randn(1, 3, 224, 224)
    far = x.clone()
    far[:, :, 200:, 200:] = 5.0
    local = LocalChange(net, x, 32)
    with torch.no_grad():
        torch.testing.assert_close(local.logits(far, [(0, 0, 32, 32)]), net(x), atol=2e-5, rtol=1e-4)


def test_the_crop_is_small_and_lies_on_whole_cells(net: torch.nn.Module) -> None:
    local = LocalChange(net, torch.zeros(1, 3, 224, 224), 32)
    assert 32 < local._crop <= 80
    assert local._crop % EARLY_STRIDE == 0


def test_other_networks_sides_and_large_windows_run_whole(net: torch.nn.Module) -> None:
    x = torch.zeros(1, 3, 224, 224)
    assert local_change(torch.nn.Conv2d(3, 3, 1), x, 32) is None
    assert local_change(net, torch.zeros(1, 3, 227, 227), 32) is None
    assert local_change(net, x, 200) is None
    assert local_change(net, x, 32) is not None
    assert local_change(lite1(5).eval(), torch.zeros(1, 3, 240, 240), 32) is not None


def test_occlusion_is_the_same_with_and_without(net: torch.nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(3))
    places, whole = Windows(128, 16, 24), float(net(x)[0, 2])
    *_, fast = occlusion(net, x, x * 0, 2, places, whole=whole)
    assert local_change(net, x, 16) is not None
    monkeypatch.setattr("explainer.vision.attribution.occlusion.local_change", lambda *_: None)
    *_, slow = occlusion(net, x, x * 0, 2, places, whole=whole)
    torch.testing.assert_close(torch.from_numpy(fast.values), torch.from_numpy(slow.values), atol=1e-5, rtol=1e-3)
