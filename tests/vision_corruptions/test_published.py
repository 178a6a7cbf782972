"""The fifteen corruptions against the authors' own package, other libraries, and what they promise."""

from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from explainer.core import paths
from explainer.vision.corruptions import blur, digital, frost, noise, published, weather
from explainer.vision.corruptions.dice import dice

GOLDEN = np.load(Path(__file__).parent / "golden" / "imagenet_c.npz")
SEED = 7
SHARED = tuple(name for name in published.NAMES if name != "frost")
# By distance to the clean picture the published constants take a step back here, in the authors' package too.
STEPS_BACK = {"glass-blur", "snow", "frost", "fog", "elastic-transform"}


class Legacy:
    """NumPy's old generator under the names of the new one."""

    def __init__(self, seed: int) -> None:
        self._old = np.random.RandomState(seed)
        self.normal, self.uniform, self.poisson = self._old.normal, self._old.uniform, self._old.poisson
        self.integers = self._old.randint


def square(name: str) -> np.ndarray:
    pixels = np.asarray(Image.open(paths.samples() / f"{name}.jpg").convert("RGB"))
    top, left = ((side - 224) // 2 for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + 224, left : left + 224])


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("picture", ["cat", "coffee"])
def test_pixels_are_those_of_the_authors_package(name: str, picture: str) -> None:
    clean = square(picture)
    places = np.random.RandomState(1).choice(clean.size, 400, replace=False)
    for severity in range(1, 6):
        lots = np.random.default_rng(SEED) if name == "impulse-noise" else Legacy(SEED)
        found = published.corrupt(clean, name, severity, lots)
        key = f"{picture}/{name}/{severity}"
        off = np.abs(found.reshape(-1)[places].astype(int) - GOLDEN[f"{key}/values"])
        blocks = found.reshape(8, 28, 8, 28, 3).astype(float).mean(axis=(1, 3))
        apart = np.abs(blocks - GOLDEN[f"{key}/blocks"]).max()
        assert (off <= 1).mean() >= 0.99, f"severity {severity}: {np.sort(off)[-5:]}"
        assert apart < 0.2, f"severity {severity}"


def distance(pixels: np.ndarray, clean: np.ndarray) -> float:
    return float(np.sqrt(np.square(pixels.astype(float) - clean).mean()))


@pytest.mark.parametrize("name", [name for name in published.NAMES if name not in STEPS_BACK])
def test_each_severity_is_further_from_the_clean_picture(name: str) -> None:
    for picture in ("cat", "coffee"):  # on smooth pictures pixelate need not grow: 0.6 of 224 is no whole block
        clean = square(picture)
        far = [distance(published.corrupt(clean, name, s, dice(0, name)), clean) for s in range(1, 6)]
        assert far[0] > 1 and (np.diff(far) > 0).all(), f"{picture}: {far}"


@pytest.mark.parametrize("name", sorted(STEPS_BACK - {"frost"}))
def test_the_five_that_step_back_do_so_as_published(name: str) -> None:
    far = [float(GOLDEN[f"coffee/{name}/{s}/rms"]) for s in range(1, 6)]
    assert (np.diff(far) < 0).any()
    if name != "elastic-transform":
        assert far[4] > far[0]  # over all five they still grow


def test_there_are_fifteen_at_five_severities() -> None:
    assert len(published.NAMES) == 15 == len(set(published.NAMES))
    assert published.SETTINGS.keys() == published.FUNCTIONS.keys() == set(published.NAMES)
    assert all(len(row) == 5 for row in published.SETTINGS.values())
    for severity in (0, 6):
        with pytest.raises(IndexError):
            published.corrupt(square("cat"), "fog", severity, dice(0, "fog"))


@pytest.mark.parametrize("name", published.NAMES)
def test_the_same_dice_give_the_same_picture_and_other_dice_another(name: str) -> None:
    clean = square("cat")
    kept = clean.copy()
    first, again, other = (published.corrupt(clean, name, 3, dice(0, name, draw)) for draw in (0, 0, 1))
    assert (first == again).all() and (clean == kept).all()
    drawn = name not in {"defocus-blur", "zoom-blur", "brightness", "contrast", "pixelate", "jpeg-compression"}
    assert (first != other).any() == drawn
    assert first.shape == (224, 224, 3) and first.dtype == np.uint8 and first.flags.c_contiguous


@pytest.mark.parametrize("name", published.NAMES)
@pytest.mark.parametrize("level", [0, 255])
def test_a_flat_picture_is_no_accident(name: str, level: int) -> None:
    flat = np.full((224, 224, 3), level, np.uint8)
    for severity in (1, 5):
        found = published.corrupt(flat, name, severity, dice(0, name))
        assert found.dtype == np.uint8 and found.shape == flat.shape


# One by one ---------------------------------------------------------------------------------------------


def test_noise_has_the_spread_it_says() -> None:
    grey = np.full((224, 224, 3), 128, np.uint8)
    found = noise.gaussian_noise(grey, 0.08, dice(0, "x"))
    assert np.std(found) == pytest.approx(0.08 * 255, rel=0.01)
    shot = noise.shot_noise(grey, 60, dice(0, "x"))  # Poisson: the variance is the mean
    assert np.var(shot / 255) == pytest.approx(128 / 255 / 60, rel=0.02)
    dots = noise.impulse_noise(grey, 0.17, dice(0, "x"))
    assert (dots != 128).mean() == pytest.approx(0.17, rel=0.02)
    assert (dots == 255).mean() == pytest.approx(0.085, rel=0.05)


def test_brightness_is_that_of_hsv() -> None:
    clean = square("coffee")
    hsv = skimage.color.rgb2hsv(clean / 255.0)
    hsv[..., 2] = np.clip(hsv[..., 2] + 0.3, 0, 1)
    expected = 255 * skimage.color.hsv2rgb(hsv)
    assert np.abs(weather.brightness(clean, 0.3, dice(0, "x")) - expected).max() < 1e-6


def test_the_disk_is_round_and_keeps_the_light() -> None:
    for radius, alias, light in ((3, 0.1, 1.0), (6, 0.5, 1.0), (10, 0.5, 1.0108)):
        kernel = blur.disk(radius, alias)
        assert kernel.sum() == pytest.approx(light, abs=1e-4)
        assert np.allclose(kernel, kernel.T) and np.allclose(kernel, kernel[::-1])
    hard = blur.disk(3, 0.1) > 0.01
    assert hard.sum() == 29  # lattice points within three pixels, Gauss's circle problem


def test_a_dragged_dot_becomes_a_half_line() -> None:
    dot = np.zeros((41, 41), np.float32)
    dot[20, 20] = 1
    drawn = blur.dragged(dot, 5, 3.0, 0.0)
    weights = np.exp(-(np.arange(11) ** 2) / 18.0)
    assert np.allclose(drawn[20, 10:21][::-1], weights / weights.sum(), atol=1e-6)
    assert drawn.sum() == pytest.approx(1, abs=1e-5) and drawn[20, 21:].max() == 0
    slanted = blur.dragged(dot, 5, 3.0, -90.0)
    assert np.allclose(slanted, drawn.T[::-1], atol=1e-6) or np.allclose(slanted, drawn.T, atol=1e-6)


def test_zoom_is_that_of_scipy() -> None:
    import torch
    from scipy.ndimage import zoom

    x = np.random.default_rng(0).random((1, 64, 64))
    found = blur.zoomed(torch.from_numpy(x), 1.25)[0].numpy()
    cut = int(np.ceil(64 / 1.25))
    top = (64 - cut) // 2
    expected = zoom(x[0, top : top + cut, top : top + cut], 1.25, order=1)
    trim = (len(expected) - 64) // 2
    assert np.abs(found - expected[trim : trim + 64, trim : trim + 64]).max() < 1e-9


def test_fog_is_rough_at_every_scale_and_rougher_with_slow_decay() -> None:
    smooth, rough = (weather.plasma(256, decay, dice(0, "fog")) for decay in (2.0, 1.4))
    for cloud in (smooth, rough):
        assert cloud.min() == 0 and cloud.max() == 1
    assert np.abs(np.diff(rough)).mean() > 2 * np.abs(np.diff(smooth)).mean()


@pytest.mark.parametrize("index", range(frost.TEXTURES))
def test_frost_has_the_colours_that_were_measured(index: int) -> None:
    mean, spread, _ = frost.LOOKS[index]
    pixels = frost.texture(index).reshape(-1, 3)
    assert np.abs(pixels.mean(axis=0) - mean).max() < 1
    assert np.abs(pixels.std(axis=0) - spread).max() < 0.08 * spread


def test_frost_is_mixed_as_published() -> None:
    black, half = np.zeros((224, 224, 3), np.uint8), np.full((224, 224, 3), 100, np.uint8)
    ice = weather.frost(black, 0.7, 0.7, dice(0, "frost"))
    both = weather.frost(half, 0.7, 0.7, dice(0, "frost"))
    assert np.allclose(both, np.minimum(ice + 70, 255))


def test_a_wide_blur_as_a_matrix_is_the_filter() -> None:
    from scipy.ndimage import gaussian_filter

    x = np.random.default_rng(0).uniform(-1, 1, (64, 64))
    matrix = digital._blurring(64, 40.0)
    expected = gaussian_filter(x, 40.0, mode="reflect", truncate=3.0)
    assert np.abs(matrix @ x @ matrix.T - expected).max() < 1e-12
