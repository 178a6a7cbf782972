"""The wall of learnt kernels: colours, order, clicks and words by hand."""

import numpy as np

from explainer.core.layers import Cells
from explainer.demos.learning._kernel_wall import SHOWN, headline, wall
from explainer.vision.convolution.learnt import Kernels, pictures

RNG = np.random.default_rng(3)


def kernels(count=20, maps=3, chosen=0):
    weight = RNG.normal(size=(count, maps, 3, 3)).astype(np.float32)
    return Kernels(weight, np.arange(count, dtype=np.float32) % 7 - 2, chosen)


def test_three_maps_are_colours_and_zero_is_mid_grey():
    weight = np.zeros((1, 3, 3, 3), np.float32)
    weight[0, 0, 0, 0], weight[0, 2, 2, 1] = 4.0, -2.0
    (picture,) = pictures(weight, 1)
    side = len(picture) // 3
    assert picture[0, 0].tolist() == [255, 128, 128]
    assert picture[-1, side].tolist() == [128, 128, 64]
    assert (picture[side : 2 * side] == 128).all()


def test_of_other_kernels_the_asked_map_is_grey():
    weight = kernels(maps=5).weight
    shown = pictures(weight, 4)
    assert (shown[..., 0] == shown[..., 2]).all()
    step = shown.shape[1] // 3
    brightest = shown[:, ::step, ::step, 0].reshape(len(weight), -1).argmax(1)
    np.testing.assert_array_equal(brightest, weight[:, 4].reshape(len(weight), -1).argmax(1))


def test_the_strongest_come_first_and_the_chosen_one_is_always_there():
    for chosen in (0, 6, 14):
        every = kernels(chosen=chosen)
        cells = next(layer for layer in wall(every, 0).layers if isinstance(layer, Cells))
        shown = [one["channel"] for one in cells.sets]
        assert len(shown) == SHOWN
        assert [cells.marks[n] >= 0 for n in range(SHOWN)] == [one == chosen for one in shown]
        strongest = sorted(every.answers.tolist(), reverse=True)[: SHOWN - 1]
        assert [float(every.answers[one]) for one in shown[:-1]] == strongest
        assert chosen in shown


def test_the_headline_counts_those_that_answer_more_strongly():
    assert headline(kernels(chosen=6)).endswith("here number 6 answers most strongly.")
    assert headline(kernels(chosen=5)) == "Nobody designed this kernel; 2 of the other 19 answer more strongly here."
