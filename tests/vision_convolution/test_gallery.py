"""The gallery of kernels against what they do to pictures that are known."""

import numpy as np

from explainer.vision.convolution.gallery import LONGEST, answers
from explainer.vision.convolution.kernels import CLASSICS


def test_a_plain_picture_is_mid_grey_to_what_answers_to_change_and_itself_to_the_others() -> None:
    for name, tile in answers(np.full((30, 40), 0.75, np.float32)).items():
        expected = 0.5 if CLASSICS[name].sum() > 0.5 else 0.0
        np.testing.assert_allclose(tile, expected, atol=1e-5, err_msg=name)


def test_an_edge_is_bright_from_dark_to_light_and_dark_the_other_way() -> None:
    bar = np.zeros((40, 60), np.float32)
    bar[:, 20:40] = 1.0
    found = answers(bar)
    assert found["sobel-x"][20, 19] == 1
    assert found["sobel-x"][20, 40] == -1
    assert not found["sobel-y"].any()
    np.testing.assert_allclose(found["identity"], 2 * bar - 1, atol=1e-6)


def test_tiles_are_small_alike_and_within_their_colours() -> None:
    noise = np.random.default_rng(0).random((300, 500), dtype=np.float32)
    found = answers(noise)
    assert list(found) == list(CLASSICS)
    assert {tile.shape for tile in found.values()} == {(72, LONGEST)}
    assert all(np.abs(tile).max() <= 1 for tile in found.values())
