"""The two-stage detector that ships: torchvision's Mask R-CNN on MobileNetV2 features with a pyramid.

The parts are torchvision's; only their sizes are ours. Five pyramid levels of 64 channels (strides 4, 8, 16, 32, 64),
anchors of 12 to 192 px in three ratios, a box head of two layers of 256, a mask head of four 3 × 3 convolutions and
one 2 × 2 transposed one to 28 × 28.
"""

from functools import partial
from pathlib import Path

from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNN, MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.mobilenetv2 import MobileNetV2
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign

from explainer.vision.detection.composed_scenes import CLASSES
from explainer.vision.zoo.shipped import read_shipped

FILE = "mask-rcnn-scenes.safetensors"
WIDTH, HIDDEN = 64, 256
TAKEN = {"3": "0", "6": "1", "13": "2", "17": "3"}  # blocks of MobileNetV2 whose outputs feed the pyramid
TAKEN_CHANNELS = [24, 32, 96, 320]
SIZES_PX = (12, 24, 48, 96, 192)
RATIOS = (0.5, 1.0, 2.0)
SHORT_PX, LONG_PX = 192, 320
CANONICAL_PX = 112  # a box of this side is read from the map of stride 16


def build() -> MaskRCNN:
    """Build the network with random weights."""
    features = MobileNetV2(norm_layer=partial(FrozenBatchNorm2d, eps=1e-5)).features[:18]
    backbone = BackboneWithFPN(features, TAKEN, TAKEN_CHANNELS, WIDTH)
    levels = ["0", "1", "2", "3"]
    pool = partial(MultiScaleRoIAlign, levels, sampling_ratio=2, canonical_scale=CANONICAL_PX, canonical_level=4)
    classes = len(CLASSES) + 1
    return MaskRCNN(
        backbone,
        min_size=SHORT_PX,
        max_size=LONG_PX,
        rpn_anchor_generator=AnchorGenerator(tuple((size,) for size in SIZES_PX), (RATIOS,) * len(SIZES_PX)),
        rpn_pre_nms_top_n_train=400,
        rpn_post_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=300,
        rpn_post_nms_top_n_test=100,
        rpn_batch_size_per_image=128,
        box_roi_pool=pool(7),
        box_head=TwoMLPHead(WIDTH * 7 * 7, HIDDEN),
        box_predictor=FastRCNNPredictor(HIDDEN, classes),
        box_batch_size_per_image=48,
        box_detections_per_img=50,
        mask_roi_pool=pool(14),
        mask_head=MaskRCNNHeads(WIDTH, (WIDTH,) * 4, 1),
        mask_predictor=MaskRCNNPredictor(WIDTH, WIDTH, classes),
    )


def load(path: Path | None = None) -> MaskRCNN:
    """Read the trained network, frozen and in evaluation mode.

    Raises
    ------
    ExplainerError
        If the file is missing or damaged.
    """
    return read_shipped(build, FILE, "the two-stage detector", path)
