"""Shots and pictures kept apart: shipped ones and folders, good and bad."""

import numpy as np
import pytest
from PIL import Image

from explainer.core.problem import ExplainerError
from explainer.sources.opening import open_source
from explainer.vision.reuse import sets


@pytest.fixture
def folder(tmp_path):
    def made(**counts):
        for name, count in counts.items():
            (tmp_path / name).mkdir()
            for n in range(count):
                Image.new("RGB", (40, 30), (10 * n, 99, len(name))).save(tmp_path / name / f"{n}.png")
        return tmp_path

    return made


def frames_of(path):
    from explainer.core.problem import Problem

    source = open_source(str(path))
    assert not isinstance(source, Problem)

    class Frames:
        def __len__(self):
            return source.count

        def __getitem__(self, index):
            got = source.at(index)
            if isinstance(got, Problem):
                raise ExplainerError(got.what, got.todo)
            return got

    return Frames()


def look(frames, shots=2):
    return sets.of_folder(frames, shots, 0, lambda _at, _total: None)


@pytest.mark.parametrize("name", ["garments", "digits"])
def test_shipped_shots_are_balanced_and_tests_the_same_for_all_seeds(name):
    one, two = (sets.shipped(name, 3, seed) for seed in (0, 1))
    assert np.bincount(one.split.train.labels).tolist() == [3] * 10
    assert one.split.test.digest == two.split.test.digest
    assert one.split.train.digest != two.split.train.digest
    assert one.train.shape == (30, 160, 160, 3)


def test_a_folder_of_folders_is_split(folder):
    found = look(frames_of(folder(cups=5, dogs=4)))
    assert found.split.train.names == ("cups", "dogs")
    assert np.bincount(found.split.train.labels).tolist() == [2, 2]
    assert np.bincount(found.split.test.labels).tolist() == [3, 2]


def test_a_class_with_one_picture_is_learnt_from(folder):
    found = look(frames_of(folder(cups=4, dogs=1)))
    assert np.bincount(found.split.train.labels).tolist() == [2, 1]
    assert (found.split.test.labels == 0).all()


def test_unreadable_pictures_among_good_ones_are_counted(folder):
    path = folder(cups=4, dogs=3)
    (path / "dogs" / "broken.png").write_bytes(b"no picture")
    assert look(frames_of(path)).left_out == 1


def test_one_class_is_said(folder):
    with pytest.raises(ExplainerError, match="lie in one folder, cups"):
        look(frames_of(folder(cups=3)))


def test_pictures_that_are_not_sorted_are_said(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(ExplainerError, match="not sorted into folders"):
        look(frames_of(tmp_path))


def test_too_many_classes_are_said(folder):
    with pytest.raises(ExplainerError, match="There are 13 folders"):
        look(frames_of(folder(**{f"class{n}": 1 for n in range(13)})))


def test_of_a_long_folder_some_are_looked_at(folder, monkeypatch):
    monkeypatch.setattr(sets, "MOST_READ", 6)
    found = look(frames_of(folder(cups=6, dogs=6)))
    assert found.passed_over == 6
    assert len(found.split.train) + len(found.split.test) == 6
