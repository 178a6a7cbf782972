"""Write ``golden/imagenet_c.npz``: what the authors' own package makes of two pictures.

Run it in an environment of its own (Python 3.11), which the program never sees::

    pip install "numpy<2" "scipy<1.12" "scikit-image<0.22" "opencv-python-headless<4.11" "Pillow<11" "setuptools<80"
    pip install --no-deps imagenet-c==0.0.3 Wand        # and ImageMagick 6 for Wand
    python tests/vision_corruptions/make_signatures.py

It draws from NumPy's old global generator; the test hands ours the same numbers, so pixels are compared and
not statistics. Of each result are kept the means of 28 × 28 blocks, 400 single colour values, and the
root-mean-square distance to the clean picture. Frost is left out: its photos are not ours to use.
"""

from pathlib import Path

import numpy as np
import skimage
from imagenet_c import corruptions
from PIL import Image

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_images"
NAMES = (
    "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur",
    "snow", "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression",
)  # fmt: skip
SEED = 7


def gaussian(image: np.ndarray, sigma: object, multichannel: bool = False, **more: object) -> np.ndarray:
    """Newer scikit-image calls the argument otherwise."""
    return skimage.filters.gaussian(image, sigma, channel_axis=-1 if multichannel else None, **more)


def random_noise(image: np.ndarray, mode: str, amount: float) -> np.ndarray:
    """Newer scikit-image has a generator of its own, which the test seeds alike."""
    return skimage.util.noise.random_noise(image, mode=mode, amount=amount, rng=SEED)


def square(name: str) -> np.ndarray:
    """The middle 224 × 224 pixels of a sample picture that is at least that large."""
    pixels = np.asarray(Image.open(SAMPLES / f"{name}.jpg").convert("RGB"))
    top, left = ((side - 224) // 2 for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + 224, left : left + 224])


def signature(pixels: np.ndarray, clean: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Block means, single values and distance."""
    blocks = pixels.reshape(8, 28, 8, 28, 3).astype(float).mean(axis=(1, 3))
    places = np.random.RandomState(1).choice(pixels.size, 400, replace=False)
    rms = float(np.sqrt(np.square(pixels.astype(float) - clean).mean()))
    return blocks.astype(np.float32), pixels.reshape(-1)[places], rms


def main() -> None:
    """Corrupt and write."""
    corruptions.gaussian = gaussian
    corruptions.sk.util.random_noise = random_noise
    found: dict[str, np.ndarray] = {}
    for picture in ("cat", "coffee"):
        clean = square(picture)
        for name in NAMES:
            for severity in range(1, 6):
                np.random.seed(SEED)  # noqa: NPY002 (that is what the package draws from)
                pixels = np.uint8(getattr(corruptions, name)(Image.fromarray(clean), severity))
                key = f"{picture}/{name.replace('_', '-')}/{severity}"
                blocks, values, rms = signature(pixels, clean)
                found |= {f"{key}/blocks": blocks, f"{key}/values": values, f"{key}/rms": np.float64(rms)}
    (HERE / "golden").mkdir(exist_ok=True)
    np.savez_compressed(HERE / "golden" / "imagenet_c.npz", **found)


if __name__ == "__main__":
    main()
