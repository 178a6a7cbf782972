"""Rebuild ``resources/cards/tasks.json`` and its lists of labels: torchvision's detectors and segmenters.

    python packaging/build_task_cards.py

Titles, sizes, addresses and scores are those that torchvision publishes; the number of parameters of each network is
compared with the published one.
"""

import json
from pathlib import Path
from typing import Any

import torch
import torchvision
from torchvision.models import get_model, get_model_weights, list_models

CARDS = Path(__file__).resolve().parent.parent / "resources" / "cards"
TERMS = "Code BSD-3-Clause; weights under the terms of their training data, which torchvision leaves to the user"
COCO = "COCO train2017"
KINDS = {"maskrcnn": "instances", "keypointrcnn": "keypoints"}
TITLES = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": "Faster R-CNN MobileNetV3 FPN, 320 px",
    "fasterrcnn_mobilenet_v3_large_fpn": "Faster R-CNN MobileNetV3 FPN",
    "fasterrcnn_resnet50_fpn": "Faster R-CNN ResNet50 FPN",
    "fasterrcnn_resnet50_fpn_v2": "Faster R-CNN ResNet50 FPN v2",
    "fcos_resnet50_fpn": "FCOS ResNet50 FPN",
    "keypointrcnn_resnet50_fpn": "Keypoint R-CNN ResNet50 FPN",
    "maskrcnn_resnet50_fpn": "Mask R-CNN ResNet50 FPN",
    "maskrcnn_resnet50_fpn_v2": "Mask R-CNN ResNet50 FPN v2",
    "retinanet_resnet50_fpn": "RetinaNet ResNet50 FPN",
    "retinanet_resnet50_fpn_v2": "RetinaNet ResNet50 FPN v2",
    "ssd300_vgg16": "SSD300 VGG16",
    "ssdlite320_mobilenet_v3_large": "SSDLite320 MobileNetV3",
    "deeplabv3_mobilenet_v3_large": "DeepLabV3 MobileNetV3",
    "deeplabv3_resnet50": "DeepLabV3 ResNet50",
    "deeplabv3_resnet101": "DeepLabV3 ResNet101",
    "fcn_resnet50": "FCN ResNet50",
    "fcn_resnet101": "FCN ResNet101",
    "lraspp_mobilenet_v3_large": "LR-ASPP MobileNetV3",
}
METRICS = {"box_map": "box mAP", "miou": "mean IoU"}


def row(name: str, segmenter: bool, labels: dict[str, list[str]]) -> dict[str, Any]:
    """Row of one network."""
    weights = get_model_weights(name).DEFAULT
    categories = list(weights.meta["categories"])
    list_name = "voc" if segmenter else "coco" if len(categories) > 2 else "person"
    assert labels.setdefault(list_name, categories) == categories, name
    with torch.device("meta"):
        extra = {"aux_loss": True} if segmenter and not name.startswith("lraspp") else {}
        net = get_model(name, weights=None, weights_backbone=None, num_classes=len(categories), **extra)
    ours = sum(parameter.numel() for parameter in net.parameters())
    gone = (n for n, m in net.named_modules() if isinstance(m, torch.nn.BatchNorm2d))
    frozen = sum(net.get_submodule(n).weight.numel() * 2 for n in gone)
    if weights.meta["num_params"] not in (ours, ours - frozen):
        raise SystemExit(f"{name}: {ours:,} parameters, published are {weights.meta['num_params']:,}")
    if segmenter:
        short, longest = weights.transforms().resize_size[0], 0
    else:
        fixed = net.transform.fixed_size
        short, longest = (fixed[1], fixed[0]) if fixed else (net.transform.min_size[0], net.transform.max_size)
    scores = next(iter(weights.meta["_metrics"].values()))
    key = next(key for key in METRICS if key in scores)
    card = {
        "name": name,
        "title": TITLES[name],
        "task": "segmentation" if segmenter else KINDS.get(name.split("_", maxsplit=1)[0], "detection"),
        "labels": list_name,
        "short_px": short,
        "long_px": longest,
        "metric": METRICS[key],
        "score": scores[key],
        "trained_on": f"{COCO}, the 20 classes of Pascal VOC" if segmenter else COCO,
        "licence": TERMS,
        "source": f"torchvision {weights}",
    }
    return {"card": card, "url": weights.url, "megabytes": weights.meta["_file_size"]}


def main() -> None:
    """Write the table and the lists."""
    labels: dict[str, list[str]] = {}
    rows = [row(name, False, labels) for name in list_models(module=torchvision.models.detection)]
    rows += [row(name, True, labels) for name in list_models(module=torchvision.models.segmentation)]
    text = "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in rows) + "\n]\n"
    (CARDS / "tasks.json").write_text(text.replace('"labels": "', '"labels": "labels-'), encoding="utf-8")
    for name, categories in labels.items():
        (CARDS / f"labels-{name}.json").write_text(json.dumps(categories, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
