"""Hold maps that ``explainer render`` wrote against captum, pytorch-grad-cam and torch-cam.

Run it in an environment of its own, since pytorch-grad-cam brings another OpenCV:

    uv venv PEERS && uv pip install --python PEERS torch torchvision captum grad-cam torchcam safetensors platformdirs
    explainer render grad-cam --source PHOTO --set layer=blocks.10 --out OUT/one
    PYTHONPATH=. PEERS/bin/python packaging/compare_with_peers.py OUT/one ...

Prints the Pearson correlation with each; 1 means the same map up to scale.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from captum.attr import LayerGradCam, Saliency
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.torch import load_file
from torchcam.methods import GradCAM as TorchCam

from explainer.core.paths import resource
from explainer.vision.attribution.cam import class_map
from explainer.vision.zoo.lite0 import lite0

FAMILY = {"grad-cam-pp": GradCAMPlusPlus, "hirescam": HiResCAM, "layercam": LayerCAM, "xgrad-cam": XGradCAM}


def main(folders: list[str]) -> None:
    """Print a line for each folder."""
    net = lite0()
    net.load_state_dict(load_file(str(resource("weights", "efficientnet-lite0.safetensors"))))
    net.eval()
    for folder in map(Path, folders):
        result = json.loads((folder / "result.json").read_text("utf8"))
        arrays = np.load(folder / "arrays.npz")
        compare = {"grad-cam": cams, "saliency": saliency}[result["demo"]]
        print(folder.name, compare(net, result, arrays))


def saliency(net, result, arrays):
    """Compare the gradient map (largest of the three channels) with captum's."""
    x, index = torch.from_numpy(arrays["input"]), int(result["values"]["class_index"])
    theirs = Saliency(net).attribute(x.requires_grad_(), target=index)[0].amax(0).numpy()
    return f"captum {pearson(theirs, arrays['gradient/map']):.6f}"


def cams(net, result, arrays):
    """Compare Grad-CAM with all three peers, and its kin with pytorch-grad-cam."""
    x, index = torch.from_numpy(arrays["input"]), int(result["values"]["class_index"])
    name, ours = result["params"]["layer"], arrays["grad-cam/map"]
    inner = [n for n, _ in net.named_modules() if n.startswith("head")][-1] if name == "last" else name
    layer, target = net.get_submodule(inner), [ClassifierOutputTarget(index)]
    with TorchCam(net, layer) as peer:
        torch_cam = peer(index, net(x.clone().requires_grad_()))[0][0].numpy()
    captum = torch.relu(LayerGradCam(net, layer).attribute(x, target=index))[0, 0].detach().numpy()
    found = {
        "captum": pearson(captum, ours),
        "torch-cam": pearson(torch_cam, ours),
        "pytorch-grad-cam": pearson(GradCAM(net, [layer])(x.clone(), target)[0], enlarged(ours)),
    }
    activation, gradient = around(net, layer, x, index)
    for method, theirs in FAMILY.items():
        own = class_map(activation, gradient, method).values
        found[method] = pearson(theirs(net, [layer])(x.clone(), target)[0], enlarged(own))
    return ", ".join(f"{peer} {value:.6f}" for peer, value in found.items())


def around(net, layer, x, index):
    """Return a layer's activation and the gradient of the logit with respect to it."""
    kept = {}
    handle = layer.register_forward_hook(lambda _m, _i, output: kept.update(output=output))
    logits = net(x.clone().requires_grad_())
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[0, index], kept["output"])
    return kept["output"].detach(), gradient


def enlarged(values):
    """Scale and enlarge as pytorch-grad-cam does."""
    scaled = values - values.min()
    return cv2.resize(scaled / (1e-7 + scaled.max()), (224, 224))


def pearson(one, other):
    """Correlation of two maps."""
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


if __name__ == "__main__":
    main(sys.argv[1:])
