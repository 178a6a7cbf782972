"""A two-stage detector, one stage after the other, with everything kept that a later choice may need.

torchvision's Faster, Mask and Keypoint R-CNN all have the same parts: ``transform``, ``backbone.body``,
``backbone.fpn``, ``rpn`` and ``roi_heads``. `begin` runs the first four once and keeps each level's best candidates
before suppression. `Stages.proposals`, `Stages.detections` and `Stages.masks` choose among them; the heads run for a
candidate when it is first chosen, and never again. With the published thresholds the outcome equals the network's own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import concat_box_prediction_layers
from torchvision.ops import batched_nms
from torchvision.ops import boxes as box_ops

Rows = NDArray[np.int64]
Array = NDArray[np.float32]
AT_ONCE = 64  # candidates that go through the heads together, so that a call stays short
LEAST_SIDE = 1e-2  # of a refined box, in input pixels


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Objects, best first.

    Parameters
    ----------
    rows
        ``(N,)``: which candidate each came from.
    labels
        ``(N,)`` from 1; 0 would be the background.
    scores
        ``(N,)`` in 0…1.
    boxes
        ``(N, 4)`` refined, in pixels of the resized picture.
    before
        How many pairs of candidate and class reached the score before suppression.
    """

    rows: Rows
    labels: Rows
    scores: Array
    boxes: Array
    before: int

    def part(self, places: Rows) -> "Found":
        """Some of the objects, by their places in this order."""
        return Found(self.rows[places], self.labels[places], self.scores[places], self.boxes[places], self.before)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True, eq=False)
class Stages:
    """What the stages gave for one picture.

    Parameters
    ----------
    x
        ``(1, 3, H, W)``: resized, normalised, padded.
    size
        Width and height of the resized picture inside it.
    body, pyramid
        Feature maps ``(1, C, h, w)`` before and after the pyramid, finest first.
    objectness
        For each level ``(A, h, w)`` logits.
    candidates, scores, levels
        Boxes ``(K, 4)`` cut at the picture, objectness in 0…1 ``(K,)`` and level ``(K,)`` of what each level
        thinks best, before suppression.
    ms
        Milliseconds by stage.
    """

    net: Any
    x: Tensor
    size: tuple[int, int]
    body: tuple[Tensor, ...]
    pyramid: dict[str, Tensor]
    objectness: tuple[Array, ...]
    anchors: int
    candidates: Array
    scores: Array
    levels: Rows
    ms: dict[str, float]
    _probabilities: dict[int, Array] = field(default_factory=dict)
    _refined: dict[int, Array] = field(default_factory=dict)
    _masks: dict[tuple[int, int], Array] = field(default_factory=dict)

    @property
    def passes(self) -> int:
        """Candidates that have been through the box head, and pairs through the mask head."""
        return len(self._probabilities) + len(self._masks)

    def proposals(self, iou: float, most: int) -> Rows:
        """Rows of the candidates that survive suppression within their level, best first, `most` at most."""
        with _timed(self.ms, "suppression"):
            boxes, scores, levels = (torch.from_numpy(v) for v in (self.candidates, self.scores, self.levels))
            return np.asarray(batched_nms(boxes, scores, levels, iou)[:most].numpy())

    def heads(self, rows: Rows, check: Callable[[], None] | None = None) -> tuple[Array, Array]:
        """Class probabilities ``(N, K)`` and refined boxes ``(N, K, 4)`` of candidates, computed where new."""
        new = [int(row) for row in rows if int(row) not in self._probabilities]
        if new:
            self.ms["RoIAlign"] = self.ms["box head"] = 0.0
            for start in range(0, len(new), AT_ONCE):
                if check is not None:
                    check()
                self._run_heads(np.array(new[start : start + AT_ONCE]))
        if not len(rows):
            classes = self.net.roi_heads.box_predictor.cls_score.out_features
            return np.empty((0, classes), np.float32), np.empty((0, classes, 4), np.float32)
        return np.stack([self._probabilities[int(k)] for k in rows]), np.stack([self._refined[int(k)] for k in rows])

    @torch.no_grad()
    def _run_heads(self, rows: Rows) -> None:
        roi, boxes = self.net.roi_heads, [torch.from_numpy(self.candidates[rows]).to(self.x.device)]
        with _timed(self.ms, "RoIAlign"):
            pooled = roi.box_roi_pool(self.pyramid, boxes, [self.size[::-1]])
        with _timed(self.ms, "box head"):
            logits, offsets = roi.box_predictor(roi.box_head(pooled))
            refined = box_ops.clip_boxes_to_image(roi.box_coder.decode(offsets, boxes), self.size[::-1])
        for row, probabilities, moved in zip(
            rows, logits.softmax(-1).cpu().numpy(), refined.cpu().numpy(), strict=True
        ):
            self._probabilities[int(row)], self._refined[int(row)] = probabilities, moved

    def detections(self, rows: Rows, score: float, iou: float, most: int) -> Found:
        """Every class of every proposal that scores more than `score`, suppressed within its class."""
        probabilities, refined = self.heads(rows)
        with _timed(self.ms, "choice"):
            at, of = np.nonzero(probabilities[:, 1:] > score)
            of = of + 1
            boxes, scores = refined[at, of], probabilities[at, of]
            large = ((boxes[:, 2:] - boxes[:, :2]) >= LEAST_SIDE).all(1)
            at, of, boxes, scores = at[large], of[large], boxes[large], scores[large]
            kept = batched_nms(*(torch.from_numpy(np.ascontiguousarray(v)) for v in (boxes, scores, of)), iou)
            kept = np.asarray(kept[:most].numpy())
        return Found(rows[at[kept]], of[kept], scores[kept], boxes[kept], len(at))

    @property
    def has_masks(self) -> bool:
        """Whether the network has a mask head."""
        return bool(self.net.roi_heads.has_mask())

    def masks(self, found: Found) -> Array:
        """Mask logits ``(N, 28, 28)`` of the class of each object, computed where new."""
        keys = [(int(row), int(label)) for row, label in zip(found.rows, found.labels, strict=True)]
        new = [k for k, key in enumerate(keys) if key not in self._masks]
        with _timed(self.ms, "mask head", bool(new)):
            for start in range(0, len(new), AT_ONCE):
                part = new[start : start + AT_ONCE]
                logits = self.all_masks(found.boxes[part])
                for k, one in zip(part, logits, strict=True):
                    self._masks[keys[k]] = one[keys[k][1]]
        return np.stack([self._masks[key] for key in keys]) if keys else np.empty((0, 28, 28), np.float32)

    @torch.no_grad()
    def all_masks(self, boxes: Array) -> Array:
        """Mask logits of all classes for boxes ``(N, 4)``: ``(N, K, 28, 28)``."""
        roi = self.net.roi_heads
        pooled = roi.mask_roi_pool(self.pyramid, [torch.from_numpy(boxes).to(self.x.device)], [self.size[::-1]])
        return np.asarray(roi.mask_predictor(roi.mask_head(pooled)).cpu().numpy())

    @torch.no_grad()
    def pooled(self, box: Array) -> tuple[Array, int]:
        """Features ``(C, 7, 7)`` that RoIAlign reads for a box, and the level (from 0) that it reads from."""
        pool, boxes = self.net.roi_heads.box_roi_pool, [torch.from_numpy(box[None]).to(self.x.device)]
        out = pool(self.pyramid, boxes, [self.size[::-1]])[0].cpu().numpy()
        return np.asarray(out), int(pool.map_levels(boxes)[0])


@contextmanager
def _timed(ms: dict[str, float], name: str, keep: bool = True) -> Iterator[None]:
    """Note how long the block took; parts of the box head, which runs in portions, are added up."""
    start = time.perf_counter()
    yield
    if keep:
        spent = 1000 * (time.perf_counter() - start)
        ms[name] = spent + (ms.get(name, 0.0) if name in ("RoIAlign", "box head") else 0.0)


@torch.no_grad()
def begin(net: Any, pixels: NDArray[np.uint8], device: str = "cpu") -> Stages:
    """Run a two-stage detector up to its candidates.

    Parameters
    ----------
    net
        A torchvision Faster, Mask or Keypoint R-CNN in evaluation mode.
    pixels
        ``(H, W, 3) uint8`` RGB.
    """
    ms: dict[str, float] = {}
    with _timed(ms, "resize"):
        image = torch.from_numpy(_thick(pixels, net.transform.max_size)).permute(2, 0, 1).to(device).float() / 255
        images, _ = net.transform([image])
    with _timed(ms, "backbone"):
        body = net.backbone.body(images.tensors)
    with _timed(ms, "pyramid"):
        pyramid = net.backbone.fpn(body)
    with _timed(ms, "region head"):
        logits, offsets = net.rpn.head(list(pyramid.values()))
    with _timed(ms, "candidates"):
        kept = _candidates(net.rpn, images, pyramid, logits, offsets)
    height, width = images.image_sizes[0]
    return Stages(
        net, images.tensors, (width, height), tuple(body.values()), pyramid,
        tuple(np.asarray(one[0].cpu().numpy()) for one in logits), sum(one[0].numel() for one in logits), *kept, ms,
    )  # fmt: skip


def _thick(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return a copy, its shorter side stretched where resizing would leave less than a pixel of it."""
    height, width = pixels.shape[:2]
    least = -(-max(height, width) // longest)
    if min(height, width) >= least:
        return np.array(pixels)
    return np.asarray(cv2.resize(pixels, (max(width, least), max(height, least))), np.uint8)


def _candidates(
    rpn: Any, images: ImageList, pyramid: dict[str, Tensor], logits: list[Tensor], offsets: list[Tensor]
) -> tuple[Array, Array, Rows]:
    """Each level's best anchors, moved by their offsets and cut at the picture."""
    anchors = rpn.anchor_generator(images, list(pyramid.values()))
    counts = [one[0].numel() for one in logits]
    flat, moves = concat_box_prediction_layers(logits, offsets)
    boxes = rpn.box_coder.decode(moves, anchors).view(-1, 4)
    best = rpn._get_top_n_idx(flat.view(1, -1), counts)[0]
    level = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts)).to(best.device)[best]
    boxes, scores = box_ops.clip_boxes_to_image(boxes[best], images.image_sizes[0]), flat.view(-1)[best].sigmoid()
    keep = box_ops.remove_small_boxes(boxes, rpn.min_size)
    keep = keep[scores[keep] >= rpn.score_thresh]
    return boxes[keep].cpu().numpy(), scores[keep].cpu().numpy(), level[keep].cpu().numpy()


def sample_points(box: Array, stride: float, cells: int = 7, ratio: int = 2) -> NDArray[np.float64]:
    """Where RoIAlign reads for a box: ``(cells² · ratio², 2)`` in input pixels, cell after cell.

    Without alignment to half pixels, as torchvision's pyramid pooling has it, a map's value ``(i, j)`` lies at
    ``(stride · i, stride · j)``, and a box less than one map cell wide counts as one wide.
    """
    x0, y0, x1, y1 = np.asarray(box, np.float64) / stride
    w, h = max(x1 - x0, 1.0), max(y1 - y0, 1.0)
    steps = (np.arange(cells * ratio) + 0.5) / (cells * ratio)
    x, y = np.meshgrid(x0 + steps * w, y0 + steps * h)
    shaped = np.stack([x, y], -1).reshape(cells, ratio, cells, ratio, 2).transpose(0, 2, 1, 3, 4)
    return np.asarray(shaped.reshape(-1, 2) * stride)


def mask_in_box(logits: Array, width: int, height: int) -> Array:
    """Probabilities ``(height, width)`` of a mask stretched over its box; bilinear, without seams at the rim."""
    probability = (1 / (1 + np.exp(-np.asarray(logits, np.float64)))).astype(np.float32)
    return np.asarray(cv2.resize(probability, (max(width, 1), max(height, 1)), interpolation=cv2.INTER_LINEAR))
