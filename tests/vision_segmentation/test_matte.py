"""The person matte against the graph that it was taken from, and what is put together with it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from explainer.core.problem import ExplainerError
from explainer.vision.segmentation import compositing, matte

GOLDEN = Path(__file__).parent / "golden" / "selfie.npz"


@pytest.fixture(scope="module")
def net() -> matte.Selfie:
    return matte.load()


@pytest.fixture(scope="module")
def person() -> torch.Tensor:
    from explainer.contract.runs import photo

    return matte.prepare(photo("astronaut").pixels)


def test_logits_are_those_of_the_original_graph(net: matte.Selfie, person: torch.Tensor) -> None:
    noise = torch.from_numpy(np.random.default_rng(7).random((1, 3, 256, 256), np.float32))
    with np.load(GOLDEN) as golden, torch.no_grad():
        for name, x in (("noise", noise), ("person", person)):
            found = net(x)[0, 0, ::4, ::4].numpy()
            assert np.abs(found - golden[name]).max() < 1e-4 * np.abs(golden[name]).max()
            assert np.abs(expit(found) - expit(golden[name])).max() < 1e-3


def test_a_person_stands_where_she_stands(net: matte.Selfie, person: torch.Tensor) -> None:
    with torch.no_grad():
        score = net(person).sigmoid()[0, 0]
    assert score.shape == (256, 256)
    assert score[60, 115] > 0.99  # her face
    assert score[30, 200] < 0.01  # the wall behind the rocket
    assert sum(p.numel() for p in net.parameters()) == 106_401


def test_a_skip_connection_that_is_cut_adds_nothing(net: matte.Selfie, person: torch.Tensor) -> None:
    up = net.ups[2]
    coarse, skip = torch.rand(1, 16, 8, 8), torch.rand(1, 16, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(up(coarse, None), up(coarse, torch.zeros_like(skip)))
        assert not torch.allclose(up(coarse, None), up(coarse, skip))
        whole, none = net(person), net(person, ())
        assert torch.equal(net(person, (8, 4, 2)), whole)
    agree = ((whole > 0) & (none > 0)).sum() / ((whole > 0) | (none > 0)).sum()
    assert 0.2 < float(agree) < 0.9


def test_broken_weights_are_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "selfie.safetensors"
    broken.write_bytes(b"nothing")
    with pytest.raises(ExplainerError, match="cannot be read"):
        matte.load(file=broken)
    with pytest.raises(ExplainerError, match="cannot be read"):
        matte.load(file=tmp_path / "missing.safetensors")


@pytest.mark.parametrize("shape", [(1, 1), (6000, 12), (48, 64)])
def test_any_picture_is_squeezed_into_the_square(net: matte.Selfie, shape: tuple[int, int]) -> None:
    x = matte.prepare(np.full((*shape, 3), 200, np.uint8))
    assert x.shape == (1, 3, 256, 256)
    assert torch.isfinite(net(x)).all()


# Putting together ---------------------------------------------------------------------------------------


def test_over_is_front_where_alpha_is_one_and_background_where_it_is_zero() -> None:
    rng = np.random.default_rng(0)
    front, behind = (rng.integers(0, 256, (8, 9, 3), dtype=np.uint8) for _ in range(2))
    alpha = np.zeros((8, 9), np.float32)
    alpha[:, 5:], alpha[:, 4] = 1, 0.25
    out = compositing.over(front, behind, alpha)
    np.testing.assert_array_equal(out[:, 5:], front[:, 5:])
    np.testing.assert_array_equal(out[:, :4], behind[:, :4])
    np.testing.assert_array_equal(out[:, 4], np.round(0.25 * front[:, 4] + 0.75 * behind[:, 4]))


def test_softening_keeps_the_order_and_one_half() -> None:
    scores = np.linspace(0.01, 0.99, 50, dtype=np.float32)[None]
    soft = compositing.softened(scores, 0.3)
    assert (np.diff(soft) > 0).all()
    assert soft[0, 0] > scores[0, 0]
    np.testing.assert_array_equal(soft > 0.5, scores > 0.5)
    assert compositing.softened(scores, 1.0) is scores


@pytest.mark.parametrize("kind", ["blur", "plain", "grey", "checker", *compositing.SCENES])
@pytest.mark.parametrize("shape", [(1, 1), (40, 7), (30, 50)])
def test_backgrounds_have_the_pictures_shape(kind: str, shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    behind = compositing.background(picture, kind, 0.02, 0.3)
    assert behind.shape == picture.shape
    assert behind.dtype == np.uint8


def test_what_is_cut_out_keeps_its_colours_and_the_rest_is_dark_and_grey() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    mask = np.zeros((20, 30), bool)
    mask[5:10, 4:20] = True
    out = compositing.cut_out(picture, mask)
    np.testing.assert_array_equal(out[10:20, 8:40], picture[10:20, 8:40])
    rest = np.delete(out.reshape(-1, 3), np.flatnonzero(mask.repeat(2, 0).repeat(2, 1)), axis=0)
    assert (rest == rest[:, :1]).all()
    assert rest.max() <= 0.4 * 255


@pytest.mark.parametrize(("height", "width"), [(40, 40), (20, 80), (80, 20)])
def test_a_scene_covers_the_picture_from_its_middle(height: int, width: int) -> None:
    ramp = np.zeros((40, 80, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = np.arange(80)[None], np.arange(40)[:, None]
    out = compositing.covering(ramp, height, width).astype(float)
    assert out.shape == (height, width, 3)
    assert out[..., 0].mean() == pytest.approx(39.5, abs=1.0)
    assert out[..., 1].mean() == pytest.approx(19.5, abs=1.0)
    across, down = np.ptp(out[height // 2, :, 0]), np.ptp(out[:, width // 2, 1])
    assert across / width == pytest.approx(down / height, abs=0.06)  # not stretched
    assert max(across / 80, down / 40) > 0.9  # one side is seen whole


@pytest.mark.parametrize("edge", ["soft", "guided", "hard"])
def test_alpha_lies_between_zero_and_one(edge: str) -> None:
    rng = np.random.default_rng(2)
    alpha = compositing.edged(rng.random((16, 16), np.float32), rng.integers(0, 256, (33, 47, 3), dtype=np.uint8), edge)
    assert alpha.shape == (33, 47)
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    if edge == "hard":
        assert set(np.unique(alpha)) <= {0.0, 1.0}
