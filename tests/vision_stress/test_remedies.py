"""Remedies: against OpenCV and scikit-image, and what each must not notice."""

import cv2
import numpy as np
import pytest
from skimage.exposure import equalize_adapthist, equalize_hist

from explainer.core.geometry import PointXY, Stroke
from explainer.vision.stress.light import Light, decoded, encoded, illumination, luma, shadow_of, to_bytes
from explainer.vision.stress.remedies import (
    REMEDIES,
    clahe,
    equalise,
    grey_world,
    local_contrast,
    remedied,
    retinex,
    white_patch,
)


def scene(seed: int = 0, size: tuple[int, int] = (96, 128), *, grey: bool = False) -> np.ndarray:
    """Return smooth random patches with some texture, no value near the ends."""
    rng = np.random.default_rng(seed)
    rough = rng.uniform(60, 190, (6, 8, 1 if grey else 3)).astype(np.float32)
    large = cv2.resize(rough, size[::-1], interpolation=cv2.INTER_CUBIC).reshape(*size, -1)
    noisy = large + rng.normal(0, 6, large.shape)
    return np.clip(noisy, 20, 220).astype(np.uint8).repeat(3 if grey else 1, axis=2)


def test_equalisation_is_opencv_s_and_scikit_image_s() -> None:
    grey = scene(grey=True)
    found = equalise(grey)[..., 0]
    assert (found == cv2.equalizeHist(grey[..., 0])).all()
    assert np.abs(found - 255 * equalize_hist(grey[..., 0], 256)).mean() < 3.0


def test_clahe_flattens_as_scikit_image_s_does() -> None:
    grey = scene(grey=True)
    theirs = 255 * equalize_adapthist(grey[..., 0], (12, 16), clip_limit=2 / 256)
    assert (
        np.corrcoef(clahe(grey)[..., 0].ravel(), theirs.ravel())[0, 1] > 0.85
    )  # they hand out what is clipped differently


def test_clahe_is_opencv_s_on_l() -> None:
    one = scene()
    lab = cv2.cvtColor(one, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    assert (clahe(one) == cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)).all()


@pytest.mark.parametrize("gamma", [0.6, 1.6])
def test_global_equalisation_does_not_notice_a_rising_curve(gamma: float) -> None:
    grey = scene(grey=True)
    bent = illumination(grey, Light(gamma=gamma))
    assert np.abs(equalise(bent).astype(int) - equalise(grey)).mean() < 2.5
    assert np.abs(bent.astype(int) - grey).mean() > 15  # or there was nothing to notice


def test_global_equalisation_cannot_level_a_shadow_and_the_local_ones_do() -> None:
    grey = scene(3, (192, 256), grey=True)
    shadow = shadow_of((192, 256), (Stroke((PointXY(0.25, 0.0), PointXY(0.25, 1.0)), 0.25),), 0.05)
    dark = illumination(grey, Light(shadow_ev=3.0), shadow=shadow)

    def step(pixels: np.ndarray) -> float:
        """Brightness right of the shadow's edge less that left of it, over what both sides spread."""
        bright = luma(pixels).astype(float)
        return float((bright[:, 150:].mean() - bright[:, :100].mean()) / bright[:, 150:].std())

    assert step(equalise(dark)) > 0.5 * step(dark)
    for local in (retinex, local_contrast):
        assert abs(step(local(dark))) < 0.5 * abs(step(equalise(dark)))


def test_grey_world_makes_means_equal_and_undoes_a_cast() -> None:
    one = scene()
    cast = to_bytes(encoded(decoded(one) * np.array([0.9, 0.6, 0.4], np.float32)))
    balanced = decoded(grey_world(cast)).reshape(-1, 3).mean(axis=0)
    assert balanced == pytest.approx(balanced.mean(), rel=0.02)
    plain, undone = grey_world(one).astype(float), grey_world(cast).astype(float)
    ratio = np.linalg.norm(plain / plain.mean() - undone / undone.mean()) / np.linalg.norm(plain / plain.mean())
    assert ratio < 0.02


def test_grey_world_takes_the_green_out_of_a_lawn() -> None:
    lawn = scene()
    lawn[..., 0], lawn[..., 2] = lawn[..., 0] // 3, lawn[..., 2] // 4
    means = grey_world(lawn).reshape(-1, 3).mean(axis=0)
    assert means[1] - max(means[0], means[2]) < 10  # it was grass, and is grey now


def test_white_patch_makes_white_white() -> None:
    one = scene() // 2
    one[:10, :40] = (220, 170, 120)  # a white wall in warm light
    wall = white_patch(one)[5, 20].astype(int)
    assert wall.max() - wall.min() < 8


def test_retinex_does_not_notice_the_exposure() -> None:
    grey = scene(1, (192, 256), grey=True)
    darker = illumination(grey, Light(exposure_ev=-1.5))
    assert np.abs(retinex(darker).astype(int) - retinex(grey)).mean() < 6
    assert np.abs(darker.astype(int) - grey).mean() > 30


def test_local_contrast_does_not_notice_gain_and_offset() -> None:
    grey = scene(2, grey=True)
    moved = (0.6 * grey.astype(float) + 40).round().astype(np.uint8)
    assert np.abs(local_contrast(moved).astype(int) - local_contrast(grey)).mean() < 3


@pytest.mark.parametrize("name", REMEDIES)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (12, 3000), (33, 20)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_of_any_size_survives(name: str, size: tuple[int, int], level: int) -> None:
    plain = np.full((*size, 3), level, np.uint8)
    out = REMEDIES[name](plain)  # type: ignore[index]
    assert out.shape == plain.shape
    assert out.dtype == np.uint8
    assert out.std() < 1.0


def test_several_go_in_one_order_whatever_is_asked_first() -> None:
    one = scene()
    assert (remedied(one, ("clahe", "grey-world")) == clahe(grey_world(one))).all()
    assert remedied(one, ()) is one
