"""The cards of the augmentation studio: one record for each kind of transform, with a person's units."""

from dataclasses import dataclass
from typing import Annotated, Literal

from explainer.core.controls import Doc, Options, Range

GEOMETRY, COLOUR, SENSOR, POLICY, BATCH = (
    "Geometry",
    "Colour",
    "Sensor and file",
    "Automatic policy",
    "Mix of two pictures",
)
Chance = Annotated[float, Range(0.0, 1.0, 0.05), Doc("Chance", "Share of the samples that it is applied to.")]
Fill = Annotated[int, Range(0, 255, 1), Doc("Fill", "Grey level of what comes in from outside; 0 is black.")]


@dataclass(frozen=True, slots=True)
class FlipHorizontal:
    kind: Annotated[
        Literal["flip-horizontal"],
        Options({"flip-horizontal": "Flip left–right"}),
        Doc(GEOMETRY, "A mirror image. Right for animals, wrong for text and for “turn left”."),
    ] = "flip-horizontal"
    on: bool = True
    chance: Chance = 0.5


@dataclass(frozen=True, slots=True)
class FlipVertical:
    kind: Annotated[
        Literal["flip-vertical"],
        Options({"flip-vertical": "Flip up–down"}),
        Doc(GEOMETRY, "Upside down. Right for cells and satellites, seldom for the rest."),
    ] = "flip-vertical"
    on: bool = True
    chance: Chance = 0.5


@dataclass(frozen=True, slots=True)
class Rotate:
    kind: Annotated[Literal["rotate"], Doc(GEOMETRY, "Cameras are seldom held straight.")] = "rotate"
    on: bool = True
    degrees: Annotated[float, Range(0.0, 180.0, 1.0, "°"), Doc("Up to", "To either side.")] = 15.0
    fill: Fill = 0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Affine:
    kind: Annotated[
        Literal["affine"],
        Options({"affine": "Affine map"}),
        Doc(GEOMETRY, "Rotate, shift, scale and shear in one resampling, which blurs less than four."),
    ] = "affine"
    on: bool = True
    degrees: Annotated[float, Range(0.0, 180.0, 1.0, "°"), Doc("Rotate", "To either side.")] = 8.0
    shift: Annotated[float, Range(0.0, 50.0, 1.0, "%"), Doc("Shift", "Of the side, in each direction.")] = 8.0
    zoom: Annotated[float, Range(0.0, 90.0, 1.0, "%"), Doc("Scale", "Smaller and larger by as much.")] = 10.0
    shear: Annotated[float, Range(0.0, 45.0, 1.0, "°"), Doc("Shear", "Slants along both axes.")] = 0.0
    fill: Fill = 0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Perspective:
    kind: Annotated[Literal["perspective"], Doc(GEOMETRY, "As if seen at an angle; a flat picture stays flat.")] = (
        "perspective"
    )
    on: bool = True
    distortion: Annotated[float, Range(0.0, 1.0, 0.05), Doc("Distortion", "How far corners move inwards.")] = 0.4
    fill: Fill = 0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Elastic:
    kind: Annotated[Literal["elastic"], Doc(GEOMETRY, "Rubber sheet: made for handwriting and tissue.")] = "elastic"
    on: bool = True
    alpha: Annotated[float, Range(0.0, 300.0, 5.0), Doc("Pull", "Displacement before it is smoothed, px.")] = 80.0
    sigma: Annotated[float, Range(1.0, 8.0, 0.5, "px"), Doc("Smooth", "Wide waves, or a crumple.")] = 4.0
    fill: Fill = 0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Crop:
    kind: Annotated[
        Literal["crop"],
        Options({"crop": "Pad and crop"}),
        Doc(GEOMETRY, "A square window at a random place, of the picture with its short side at 256 px."),
    ] = "crop"
    on: bool = True
    size: Annotated[int, Range(8, 512, 8, "px"), Doc("Window", "One larger than the picture cannot be cut.")] = 224
    padding: Annotated[int, Range(0, 128, 2, "px"), Doc("Padding", "Black added on each side before.")] = 0


@dataclass(frozen=True, slots=True)
class ZoomCrop:
    kind: Annotated[
        Literal["zoom-crop"],
        Options({"zoom-crop": "Resized crop"}),
        Doc(GEOMETRY, "A part of random size and shape, brought to one size: what ImageNet nets are trained with."),
    ] = "zoom-crop"
    on: bool = True
    size: Annotated[int, Range(16, 384, 8, "px"), Doc("Size", "Of the result, a square.")] = 224
    least: Annotated[
        float, Range(1.0, 100.0, 1.0, "%"), Doc("Least part", "Of the area; small parts may lack the object.")
    ] = 35.0


@dataclass(frozen=True, slots=True)
class Resize:
    kind: Annotated[
        Literal["resize"],
        Options({"resize": "Lower resolution"}),
        Doc(GEOMETRY, "What a far or cheap camera leaves. Lengths of the cards after it are in its pixels."),
    ] = "resize"
    on: bool = True
    size: Annotated[int, Range(4, 256, 4, "px"), Doc("Short side", "Fine detail goes first.")] = 64


@dataclass(frozen=True, slots=True)
class Jitter:
    kind: Annotated[
        Literal["jitter"],
        Options({"jitter": "Colour jitter"}),
        Doc(COLOUR, "Light and cameras differ: brightness is a gain, contrast a spread, hue a turn of the colours."),
    ] = "jitter"
    on: bool = True
    brightness: Annotated[float, Range(0.0, 1.0, 0.05), Doc("Brightness", "Gain from 1 − b to 1 + b.")] = 0.3
    contrast: Annotated[float, Range(0.0, 1.0, 0.05), Doc("Contrast", "Spread about the mean grey.")] = 0.3
    saturation: Annotated[float, Range(0.0, 1.0, 0.05), Doc("Saturation", "0 is grey.")] = 0.3
    hue: Annotated[float, Range(0.0, 0.5, 0.01), Doc("Hue", "Share of the colour circle; half turns it round.")] = 0.03
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Gamma:
    kind: Annotated[Literal["gamma"], Doc(COLOUR, "Exposure and screens: midtones move, black and white stay.")] = (
        "gamma"
    )
    on: bool = True
    low: Annotated[float, Range(0.2, 1.0, 0.05), Doc("Lightest", "Powers below 1 lighten.")] = 0.5
    high: Annotated[float, Range(1.0, 5.0, 0.1), Doc("Darkest", "Powers above 1 darken.")] = 2.0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Equalize:
    kind: Annotated[Literal["equalize"], Doc(COLOUR, "Spreads each channel's histogram; tints may shift.")] = "equalize"
    on: bool = True
    chance: Chance = 0.5


@dataclass(frozen=True, slots=True)
class Solarize:
    kind: Annotated[Literal["solarize"], Doc(COLOUR, "Inverts what is brighter than a threshold.")] = "solarize"
    on: bool = True
    threshold: Annotated[float, Range(0.0, 255.0, 1.0), Doc("Threshold", "Grey level; 0 inverts all.")] = 160.0
    chance: Chance = 0.5


@dataclass(frozen=True, slots=True)
class Posterize:
    kind: Annotated[Literal["posterize"], Doc(COLOUR, "Few levels for each colour.")] = "posterize"
    on: bool = True
    bits: Annotated[int, Range(1, 8), Doc("Bits", "8 change nothing.")] = 3
    chance: Chance = 0.5


@dataclass(frozen=True, slots=True)
class Grayscale:
    kind: Annotated[Literal["grayscale"], Doc(COLOUR, "So that colour alone is not enough.")] = "grayscale"
    on: bool = True
    chance: Chance = 0.3


@dataclass(frozen=True, slots=True)
class Invert:
    kind: Annotated[Literal["invert"], Doc(COLOUR, "A negative: no camera makes one.")] = "invert"
    on: bool = True
    chance: Chance = 0.3


@dataclass(frozen=True, slots=True)
class Noise:
    kind: Annotated[
        Literal["noise"],
        Options({"noise": "Gaussian noise"}),
        Doc(SENSOR, "What a sensor adds. It does not stand for light: gain, gamma and colour do."),
    ] = "noise"
    on: bool = True
    sigma: Annotated[float, Range(0.0, 100.0, 1.0, "of 255"), Doc("Strength", "Standard deviation.")] = 12.0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Blur:
    kind: Annotated[Literal["blur"], Options({"blur": "Gaussian blur"}), Doc(SENSOR, "Out of focus, or far away.")] = (
        "blur"
    )
    on: bool = True
    sigma: Annotated[float, Range(0.1, 12.0, 0.1, "px"), Doc("Up to", "Standard deviation.")] = 2.0
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Jpeg:
    kind: Annotated[Literal["jpeg"], Options({"jpeg": "JPEG"}), Doc(SENSOR, "Blocks of 8 px and smeared colour.")] = (
        "jpeg"
    )
    on: bool = True
    worst: Annotated[int, Range(1, 100), Doc("Worst quality", "Drawn between this and 95.")] = 20
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class Erase:
    kind: Annotated[
        Literal["erase"],
        Options({"erase": "Erase, cutout"}),
        Doc(SENSOR, "Something in front: the net must not rest on one part. Labels stay as they are."),
    ] = "erase"
    on: bool = True
    least: Annotated[float, Range(0.5, 90.0, 0.5, "%"), Doc("Least", "Of the picture's area.")] = 3.0
    most: Annotated[float, Range(0.5, 90.0, 0.5, "%"), Doc("Most", "Of the picture's area.")] = 15.0
    square: Annotated[bool, Doc("Square (cutout)", "Otherwise of any shape up to 1 : 3.")] = False
    fill: Fill = 128
    chance: Chance = 0.5


@dataclass(frozen=True, slots=True)
class AutoAugment:
    kind: Annotated[
        Literal["autoaugment"],
        Options({"autoaugment": "AutoAugment"}),
        Doc(POLICY, "25 pairs of operations that a search found to help on one data set."),
    ] = "autoaugment"
    on: bool = True
    policy: Annotated[
        Literal["imagenet", "cifar10", "svhn"],
        Options({"imagenet": "ImageNet", "cifar10": "CIFAR-10", "svhn": "House numbers"}),
        Doc("Found on", "House numbers: shears and inversions, no mirror."),
    ] = "imagenet"
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class RandAugment:
    kind: Annotated[
        Literal["randaugment"],
        Options({"randaugment": "RandAugment"}),
        Doc(POLICY, "A few of 14 operations, all at one strength: two numbers instead of a search."),
    ] = "randaugment"
    on: bool = True
    ops: Annotated[int, Range(1, 8), Doc("Operations", "In a row.")] = 2
    magnitude: Annotated[int, Range(0, 30), Doc("Strength", "Of 30.")] = 9
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class TrivialAugment:
    kind: Annotated[
        Literal["trivialaugment"],
        Options({"trivialaugment": "TrivialAugment"}),
        Doc(POLICY, "One operation at a random strength, nothing to tune."),
    ] = "trivialaugment"
    on: bool = True
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class AugMix:
    kind: Annotated[
        Literal["augmix"],
        Options({"augmix": "AugMix"}),
        Doc(POLICY, "Several chains of operations, blended with the original."),
    ] = "augmix"
    on: bool = True
    severity: Annotated[int, Range(1, 10), Doc("Severity", "Of 10.")] = 3
    width: Annotated[int, Range(1, 8), Doc("Chains", "Blended with one another.")] = 3
    chance: Chance = 1.0


@dataclass(frozen=True, slots=True)
class MixUp:
    kind: Annotated[
        Literal["mixup"],
        Options({"mixup": "MixUp"}),
        Doc(BATCH, "A blend with another picture of the folder, and of the labels. It comes last wherever it stands."),
    ] = "mixup"
    on: bool = True
    alpha: Annotated[float, Range(0.05, 8.0, log=True), Doc("α", "Small: hardly mixed. Large: half and half.")] = 0.4


@dataclass(frozen=True, slots=True)
class CutMix:
    kind: Annotated[
        Literal["cutmix"],
        Options({"cutmix": "CutMix"}),
        Doc(BATCH, "A rectangle of another picture; labels by area. It comes last wherever it stands."),
    ] = "cutmix"
    on: bool = True
    alpha: Annotated[float, Range(0.05, 8.0, log=True), Doc("α", "1 draws every area alike.")] = 1.0


AnyCard = (
    FlipHorizontal | FlipVertical | Rotate | Affine | Perspective | Elastic | Crop | ZoomCrop | Resize
    | Jitter | Gamma | Equalize | Solarize | Posterize | Grayscale | Invert
    | Noise | Blur | Jpeg | Erase
    | AutoAugment | RandAugment | TrivialAugment | AugMix
    | MixUp | CutMix
)  # fmt: skip
