"""Labelled pictures as one record: garments that are shipped, shots, and halves."""

import numpy as np
import pytest
from PIL import Image

from explainer.core.problem import Cancelled, ExplainerError
from explainer.runtime.frames import SourceFrames
from explainer.sources.opening import open_source
from explainer.vision.training import garments
from explainer.vision.training.examples import Examples, from_frames, from_pictures, halves, tensors


def test_garments_are_balanced_and_apart():
    train, test = garments.split()
    assert (train.images.shape, test.images.shape) == ((5000, 28, 28), (1000, 28, 28))
    assert np.bincount(train.labels).tolist() == [500] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert np.bincount(train.first(30).labels).tolist() == [3] * 10
    assert (train.images.min(), train.images.max()) == (0.0, 1.0)
    assert train.names[9] == "ankle boot"
    seen = {one.tobytes() for one in garments.stored("train")[0]}
    assert not any(one.tobytes() in seen for one in garments.stored("test")[0])


def test_garments_can_be_told_apart_by_what_their_names_say():
    """Trousers leave a gap between two legs, ankle boots are wide at the foot: the names are not mixed up."""
    train, _ = garments.split()
    mean = {name: train.images[train.labels == k].mean(0) for k, name in enumerate(train.names)}
    legs = mean["trousers"][20]
    assert legs[13:15].mean() < 0.6 * max(legs[9:12].mean(), legs[16:19].mean())
    assert mean["ankle boot"][22].sum() > 1.3 * mean["ankle boot"][8].sum()
    assert mean["dress"][:, 13].mean() > 2 * mean["sandal"][:, 13].mean()


def test_a_damaged_file_is_one_sentence(tmp_path):
    file = tmp_path / "garments.npz"
    file.write_bytes(b"no zip")
    with pytest.raises(ExplainerError, match=r"garments in garments\.npz cannot be read"):
        garments.stored("train", file)
    np.savez(file, train=np.zeros((2, 28, 28), np.uint8), train_labels=np.array([0, 10]))
    with pytest.raises(ExplainerError, match="cannot be read"):
        garments.stored("train", file)


def test_shots_of_any_size_become_squares_from_their_middle():
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = (255, 0, 0)
    tall = np.full((50, 10, 3), 255, np.uint8)
    made = from_pictures([wide, tall], [1, 0], ("white", "red"), 5)
    assert made.images.shape == (2, 5, 5, 3)
    assert np.allclose(made.images[0], [1, 0, 0])
    assert np.allclose(made.images[1], 1)
    assert (made.channels, made.classes, made.side) == (3, 2, 5)
    grey = from_pictures([wide], [0], ("red",), 5, grey=True)
    assert grey.images.shape == (1, 5, 5)
    assert tensors(made)[0].shape == (2, 3, 5, 5)
    assert tensors(grey)[0].shape == (1, 1, 5, 5)


def test_halves_keep_the_share_of_each_class():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    whole = Examples(np.arange(100, dtype=np.float32)[:, None, None] / 100, labels, ("a", "b", "c"))
    train, test = halves(whole, 0.3)
    assert np.bincount(test.labels).tolist() == [18, 9, 3]
    assert sorted(np.concatenate([train.images, test.images]).ravel()) == sorted(whole.images.ravel())
    assert halves(whole, 0.3) == halves(whole, 0.3)
    assert halves(whole, 0.3, seed=1).test != test
    few = Examples(np.zeros((4, 2, 2), np.float32), np.array([0, 0, 1, 1]))
    assert np.bincount(halves(few, 0.3).test.labels).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("labels", "what"), [([0, 0, 0], "All pictures are of one class"), ([0, 0, 1], "too few pictures of b")]
)
def test_what_cannot_be_halved_is_one_sentence(labels, what):
    few = Examples(np.zeros((3, 4, 4), np.float32), np.array(labels), ("a", "b")[: max(labels) + 1])
    with pytest.raises(ExplainerError, match=what):
        halves(few)


def test_pictures_without_labels_are_refused():
    with pytest.raises(ValueError, match="do not belong together"):
        Examples(np.zeros((3, 4, 4), np.float32), np.zeros(2))


# A folder of folders ------------------------------------------------------------------------------------


def picture(path, colour):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), colour).save(path)


def opened(folder):
    return SourceFrames(lambda: open_source(str(folder)))


def test_a_folder_of_folders_names_its_classes(tmp_path):
    for number in (1, 2, 10):
        picture(tmp_path / "red" / f"{number}.png", (255, 0, 0))
    picture(tmp_path / "blue" / "1.jpg", (0, 0, 255))
    (tmp_path / "red" / "3.png").write_bytes(b"\x89PNG broken")
    (tmp_path / "empty").mkdir()
    picture(tmp_path / ".hidden" / "1.png", (0, 255, 0))
    examples, called = from_frames(opened(tmp_path), 4)
    assert called == ("blue/1.jpg", "red/1.png", "red/2.png", "red/10.png")
    assert examples.names == ("blue", "red")
    assert examples.labels.tolist() == [0, 1, 1, 1]
    assert examples.images.shape == (4, 4, 4, 3)
    assert np.allclose(examples.images[1], [1, 0, 0])
    assert from_frames(opened(tmp_path), 4, grey=True)[0].images.shape == (4, 4, 4)


def test_pictures_beside_the_folders_come_first_and_have_no_class(tmp_path):
    picture(tmp_path / "red" / "1.png", (255, 0, 0))
    picture(tmp_path / "1.png", (255, 0, 0))
    source = open_source(str(tmp_path))
    assert source.names == ("1.png",)
    with pytest.raises(ExplainerError, match="not sorted into folders"):
        from_frames(opened(tmp_path), 4)


def test_reading_a_folder_can_be_stopped(tmp_path):
    picture(tmp_path / "red" / "1.png", (255, 0, 0))

    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        from_frames(opened(tmp_path), 4, asked=stop)


def test_a_folder_of_empty_folders_has_no_picture(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert "no picture" in open_source(str(tmp_path)).what
