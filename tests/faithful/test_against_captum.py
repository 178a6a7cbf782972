"""What ``explainer render grad-cam`` writes, against captum on the very input it saw and a fresh stock net."""

from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from skimage.data import astronaut, chelsea, coffee

from explainer.cli import main
from explainer.core.paths import resource
from explainer.vision.zoo.lite0 import EfficientNetLite, lite0

PHOTOS = {"chelsea": chelsea, "astronaut": astronaut, "coffee": coffee}


@pytest.fixture(scope="module")
def stock() -> EfficientNetLite:
    """The published net, read from its file without the zoo."""
    net = lite0()
    net.load_state_dict(load_file(resource("weights", "efficientnet-lite0.safetensors")))
    return net.eval()


def saved(
    photo: str, layer: str, folder: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> dict[str, NDArray[np.float32]]:
    monkeypatch.setenv("EXPLAINER_HOME", str(folder / "home"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    Image.fromarray(PHOTOS[photo]()).save(folder / f"{photo}.png")
    where = ["--source", str(folder / f"{photo}.png"), "--out", str(folder / "out")]
    how = ["--set", f"layer={layer}", f"target={target}", "--device", "cpu", "--threads", "1", "--size", "160x140"]
    assert main(["render", "grad-cam", *where, *how]) == 0
    with np.load(folder / "out" / "arrays.npz") as arrays:
        return {"map": arrays["grad-cam/map"], "input": arrays["input"]}


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize(("layer", "module"), [("last", "head"), ("blocks.10", "blocks.10"), ("blocks.4", "blocks.4")])
@pytest.mark.parametrize("target", ["top-1", "top-2"])
def test_saved_map_is_captums(
    stock: EfficientNetLite,
    photo: str,
    layer: str,
    module: str,
    target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = saved(photo, layer, tmp_path, monkeypatch, target)
    x = torch.from_numpy(ours["input"]).requires_grad_()
    index = int(stock(x)[0].argsort(descending=True)[int(target[-1]) - 1])
    theirs = LayerGradCam(stock, stock.get_submodule(module)).attribute(x, index, relu_attributions=True)
    theirs = theirs[0, 0].detach().numpy()
    assert ours["map"].shape == theirs.shape
    assert theirs.std() > 0
    assert np.corrcoef(ours["map"].ravel(), theirs.ravel())[0, 1] >= 0.9999
    np.testing.assert_allclose(ours["map"], theirs, atol=2e-2 * theirs.max())  # in scale too, not in form alone
