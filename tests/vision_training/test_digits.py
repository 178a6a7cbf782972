"""The bundled digits and their split."""

import numpy as np
import pytest

from explainer.core.problem import ExplainerError
from explainer.vision.training import digits


def test_the_digits_are_the_ones_they_say():
    everything = digits.load()
    assert everything.images.shape == (1797, 8, 8)
    assert everything.images.dtype == np.float32
    assert (everything.images.min(), everything.images.max()) == (0.0, 1.0)
    # Counts per class of the UCI test half.
    assert np.bincount(everything.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    np.testing.assert_array_equal(everything.labels[:10], range(10))
    np.testing.assert_array_equal(16 * everything.images[0, 0], [0, 0, 5, 13, 9, 1, 0, 0])


def test_training_and_test_digits_share_nothing():
    train, test = digits.split()
    assert (len(train), len(test)) == (1297, 500)
    everything = digits.load()
    both = np.concatenate([train.images, test.images]).reshape(1797, -1)
    key = lambda a: sorted(map(bytes, np.ascontiguousarray(a)))  # noqa: E731
    assert key(both) == key(everything.images.reshape(1797, -1))
    assert np.bincount(test.labels).min() > 30
    assert digits.split() is digits.split()


@pytest.mark.parametrize(
    "content",
    [None, b"no zip", {"images": np.zeros((3, 7, 8)), "labels": np.zeros(3)}, {"images": np.zeros((3, 8, 8))}],
)
def test_what_is_no_set_of_digits_is_one_sentence(tmp_path, content):
    file = tmp_path / "digits.npz"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        np.savez(file, **content)
    with pytest.raises(ExplainerError, match=r"digits\.npz") as caught:
        digits.load(file)
    assert caught.value.problem.todo
