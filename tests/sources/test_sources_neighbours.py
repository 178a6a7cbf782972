"""Which pictures lie beside one, and what is said of a folder that has none."""

import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.sources import listing, neighbours
from explainer.sources.listing import Listing, instead, listing_of, natural
from explainer.sources.neighbours import Neighbours


def put(folder, *names):
    for name in names:
        (folder / name).touch()


def names(steps):
    return [path.name for path, _wrapped in steps]


def test_order_is_natural_and_each_other_picture_comes_once(tmp_path):
    put(tmp_path, "img10.png", "img2.png", "IMG1.png", "img3.jpg")
    beside = Neighbours()
    assert names(beside.beside(tmp_path / "img2.png", 1)) == ["img3.jpg", "img10.png", "IMG1.png"]
    assert names(beside.beside(tmp_path / "img2.png", -1)) == ["IMG1.png", "img10.png", "img3.jpg"]
    assert names(beside.beside(tmp_path / "img2.png", 2))[:2] == ["img10.png", "IMG1.png"]


def test_the_end_of_the_folder_is_told(tmp_path):
    put(tmp_path, "a.png", "b.png", "c.png")
    assert list(Neighbours().beside(tmp_path / "b.png", 1)) == [(tmp_path / "c.png", False), (tmp_path / "a.png", True)]
    assert list(Neighbours().beside(tmp_path / "b.png", -1)) == [
        (tmp_path / "a.png", False),
        (tmp_path / "c.png", True),
    ]


def test_what_is_no_picture_to_a_person_is_left_out(tmp_path):
    put(tmp_path, "a.png", "._a.png", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden.jpg", "notes.txt", "b.png")
    (tmp_path / "folder.png").mkdir()
    assert names(Neighbours().beside(tmp_path / "a.png", 1)) == ["b.png"]


def test_a_picture_that_is_gone_still_has_its_place(tmp_path):
    put(tmp_path, "a.png", "c.png", "d.png")
    assert names(Neighbours().beside(tmp_path / "b.png", 1)) == ["c.png", "d.png", "a.png"]
    assert names(Neighbours().beside(tmp_path / "b.png", -1)) == ["a.png", "d.png", "c.png"]


def test_a_folder_that_is_gone_has_none(tmp_path):
    assert names(Neighbours().beside(tmp_path / "no" / "a.png", 1)) == []


@given(count=st.integers(0, 9), here=st.integers(0, 9), by=st.integers(-25, 25).filter(bool))
def test_everything_else_is_offered_once_whatever_the_leap(count, here, by):
    beside = Neighbours()
    beside._pictures = lambda folder: Listing(tuple(f"{i}.png" for i in range(count)))
    offered = [int(path.stem) for path, _ in beside.beside(neighbours.Path(f"/x/{here}.png"), by)]
    others = [i for i in range(count) if i != here]
    assert len(offered) == len(set(offered))
    assert set(offered) <= set(others)
    if abs(by) == 1:
        assert sorted(offered) == others


def test_a_folder_is_listed_once_until_it_changes(tmp_path):
    put(tmp_path, *[f"{i}.jpg" for i in range(50)])
    os.utime(tmp_path, ns=(1, 1))
    beside = Neighbours()
    for i in range(49):
        assert next(beside.beside(tmp_path / f"{i}.jpg", 1))[0].name == f"{i + 1}.jpg"
    assert beside.listed == 1
    put(tmp_path, "49b.jpg")
    assert next(beside.beside(tmp_path / "49.jpg", 1))[0].name == "49b.jpg"
    assert beside.listed == 2


def test_names_are_taken_from_the_folder_and_no_file_is_touched(tmp_path, monkeypatch):
    put(tmp_path, *[f"{i}.jpg" for i in range(200)])
    touched = []
    monkeypatch.setattr(listing.Path, "stat", lambda *a, **k: touched.append(a))
    monkeypatch.setattr(listing.Path, "open", lambda *a, **k: touched.append(a))
    assert len(listing_of(tmp_path).pictures) == 200
    assert touched == []


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({}, ""), ({"HEIC": 1}, "1 HEIC picture, which is not read here"),
        ({"HEIC": 2, "DNG": 1}, "1 DNG picture and 2 HEIC pictures, which are not read here"),
        ({"A": 1, "B": 1, "C": 1}, "1 A picture, 1 B picture and 1 C picture, which are not read here"),
        ({"film": 1}, "1 film"), ({"film": 1200, "CR2": 3}, "3 CR2 pictures, which are not read here, and 1,200 films"),
    ],
)  # fmt: skip
def test_what_a_folder_holds_instead(others, said):
    assert instead(Counter(others)) == said


def test_windows_hides_by_attribute(monkeypatch):
    class Entry:
        name = "a.png"

        def stat(self, *, follow_symlinks):
            return Attributed()

    class Attributed:
        st_file_attributes = 0x2

    monkeypatch.setattr(listing, "_ON_WINDOWS", True)
    assert listing._is_hidden(Entry())


def test_numbers_of_any_length_are_numbers():
    assert sorted(["a" + "9" * 40, "a" + "1" + "0" * 40], key=natural) == ["a" + "9" * 40, "a" + "1" + "0" * 40]
