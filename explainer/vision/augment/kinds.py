"""Every kind of card as a call of torchvision's transforms v2.

Units of a card are a person's (degrees, pixels of the resized picture, percent); those of the call torchvision's.

References
----------
Cubuk et al. *AutoAugment.* CVPR 2019; *RandAugment.* NeurIPS 2020. Müller, Hutter. *TrivialAugment.* ICCV 2021.
Hendrycks et al. *AugMix.* ICLR 2020. Zhong et al. *Random erasing.* AAAI 2020. Zhang et al. *mixup.* ICLR 2018.
Yun et al. *CutMix.* ICCV 2019. Simard, Steinkraus, Platt. *Best practices …* (elastic distortions), ICDAR 2003.
"""

from collections.abc import Callable, Mapping
from typing import Any

from explainer.vision.augment.calls import BILINEAR, Call, Fill, Symbol

Values = Mapping[str, Any]

GEOMETRY = frozenset(
    ("flip-horizontal", "flip-vertical", "rotate", "affine", "perspective", "elastic", "crop", "zoom-crop", "resize")
)
POLICIES = frozenset(("autoaugment", "randaugment", "trivialaugment", "augmix"))  # they refuse boxes and masks
MIXES = frozenset(("mixup", "cutmix"))
ERASED_RATIO = (0.3, 3.3)  # torchvision's own range of height to width
BEST_JPEG = 95


def call_of(kind: str, values: Values) -> Call:
    """Return the call for a card.

    Parameters
    ----------
    values
        The card's fields by name.

    Raises
    ------
    KeyError
        For a kind or field that is unknown.
    """
    return _CALLS[kind](values)


def _chance(values: Values, call: Call) -> Call:
    """Apply a transform that has no chance of its own with that of the card."""
    chance = values["chance"]
    return call if chance >= 1.0 else Call("RandomApply", {"p": chance}, (call,))


def _rotate(v: Values) -> Call:
    options = {"degrees": v["degrees"], "interpolation": BILINEAR, "fill": Fill(v["fill"])}
    return _chance(v, Call("RandomRotation", options))


def _affine(v: Values) -> Call:
    shift, zoom, shear = v["shift"] / 100, v["zoom"] / 100, v["shear"]
    options = {
        "degrees": v["degrees"], "translate": (shift, shift), "scale": (round(1 - zoom, 4), round(1 + zoom, 4)),
        "shear": (-shear, shear, -shear, shear) if shear else None, "interpolation": BILINEAR, "fill": Fill(v["fill"]),
    }  # fmt: skip
    return _chance(v, Call("RandomAffine", options))


def _perspective(v: Values) -> Call:
    return Call("RandomPerspective", {"distortion_scale": v["distortion"], "p": v["chance"], "fill": Fill(v["fill"])})


def _elastic(v: Values) -> Call:
    return _chance(v, Call("ElasticTransform", {"alpha": v["alpha"], "sigma": v["sigma"], "fill": Fill(v["fill"])}))


def _crop(v: Values) -> Call:
    return Call("RandomCrop", {"size": v["size"], "padding": v["padding"]})


def _zoom_crop(v: Values) -> Call:
    return Call("RandomResizedCrop", {"size": v["size"], "scale": (v["least"] / 100, 1.0), "antialias": True})


def _resize(v: Values) -> Call:
    return Call("Resize", {"size": v["size"], "antialias": True})


def _jitter(v: Values) -> Call:
    return _chance(v, Call("ColorJitter", {n: v[n] for n in ("brightness", "contrast", "saturation", "hue")}))


def _gamma(v: Values) -> Call:
    return _chance(v, Call("RandomGamma", {"low": v["low"], "high": v["high"]}))


def _noise(v: Values) -> Call:
    return _chance(v, Call("GaussianNoise", {"sigma": round(v["sigma"] / 255, 6)}))


def _blur(v: Values) -> Call:
    reach = 2 * round(3 * v["sigma"]) + 1  # three standard deviations to each side
    return _chance(v, Call("GaussianBlur", {"kernel_size": max(3, reach), "sigma": (min(0.1, v["sigma"]), v["sigma"])}))


def _jpeg(v: Values) -> Call:
    return _chance(v, Call("JPEG", {"quality": (v["worst"], max(v["worst"], BEST_JPEG))}))


def _erase(v: Values) -> Call:
    least, most = sorted((v["least"] / 100, v["most"] / 100))
    ratio = (1.0, 1.0) if v["square"] else ERASED_RATIO
    return Call("RandomErasing", {"p": v["chance"], "scale": (least, most), "ratio": ratio, "value": v["fill"]})


def _autoaugment(v: Values) -> Call:
    return _chance(v, Call("AutoAugment", {"policy": Symbol(f"AutoAugmentPolicy.{v['policy'].upper()}")}))


def _randaugment(v: Values) -> Call:
    return _chance(v, Call("RandAugment", {"num_ops": v["ops"], "magnitude": v["magnitude"]}))


def _augmix(v: Values) -> Call:
    return _chance(v, Call("AugMix", {"severity": v["severity"], "mixture_width": v["width"]}))


_CALLS: Mapping[str, Callable[[Values], Call]] = {
    "flip-horizontal": lambda v: Call("RandomHorizontalFlip", {"p": v["chance"]}),
    "flip-vertical": lambda v: Call("RandomVerticalFlip", {"p": v["chance"]}),
    "rotate": _rotate,
    "affine": _affine,
    "perspective": _perspective,
    "elastic": _elastic,
    "crop": _crop,
    "zoom-crop": _zoom_crop,
    "resize": _resize,
    "jitter": _jitter,
    "gamma": _gamma,
    "equalize": lambda v: Call("RandomEqualize", {"p": v["chance"]}),
    "solarize": lambda v: Call("RandomSolarize", {"threshold": v["threshold"], "p": v["chance"]}),
    "posterize": lambda v: Call("RandomPosterize", {"bits": v["bits"], "p": v["chance"]}),
    "grayscale": lambda v: Call("RandomGrayscale", {"p": v["chance"]}),
    "invert": lambda v: Call("RandomInvert", {"p": v["chance"]}),
    "noise": _noise,
    "blur": _blur,
    "jpeg": _jpeg,
    "erase": _erase,
    "autoaugment": _autoaugment,
    "randaugment": _randaugment,
    "trivialaugment": lambda v: _chance(v, Call("TrivialAugmentWide")),
    "augmix": _augmix,
    "mixup": lambda v: Call("MixUp", {"alpha": v["alpha"], "num_classes": 2}),
    "cutmix": lambda v: Call("CutMix", {"alpha": v["alpha"], "num_classes": 2}),
}
KINDS = tuple(_CALLS)
