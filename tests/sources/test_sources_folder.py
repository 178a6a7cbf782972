"""Order of a folder's pictures, and what is said of files that cannot be shown."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources.folder import natural, open_folder


def put(folder, name, grey=0):
    Image.new("RGB", (4, 3), (grey, grey, grey)).save(folder / name)


def drain(source):
    got = []
    while (item := source.read()) is not None:
        got.append(item)
    return got


def test_natural_order(tmp_path):
    wanted = ["IMG_2.png", "img_03.png", "img_10.png", "img_10b.png", "img_100.png", "zebra.png"]
    for i, name in enumerate(reversed(wanted)):
        put(tmp_path, name, i)
    source = open_folder(tmp_path)
    assert [f.name for f in drain(source)] == wanted
    assert source.count == 6
    assert [f.index for f in (source.at(i) for i in range(6))] == list(range(6))


@given(st.lists(st.integers(0, 10**12)))
def test_numbers_sort_as_numbers(numbers):
    names = [f"a{n}.png" for n in numbers]
    assert sorted(names, key=natural) == [f"a{n}.png" for n in sorted(numbers)]


@given(st.lists(st.text("aA0١12²_é", max_size=8), unique=True), st.randoms())
def test_order_does_not_depend_on_where_it_began(names, random):
    shuffled = list(names)
    random.shuffle(shuffled)
    assert sorted(names, key=natural) == sorted(shuffled, key=natural)


def test_unreadable_files_are_said_and_skipped(tmp_path):
    for i in (1, 3, 5):
        put(tmp_path, f"{i}.png", i)
    (tmp_path / "2.png").touch()
    (tmp_path / "4.jpg").write_text("no picture at all")
    (tmp_path / "6.png").write_bytes((tmp_path / "5.png").read_bytes()[:20])
    source = open_folder(tmp_path)
    got = drain(source)
    assert [f.index for f in got[:3]] == [0, 2, 4]
    assert [int(f.pixels[0, 0, 0]) for f in got[:3]] == [1, 3, 5]
    assert got[0].notes == ()
    assert "Skipped: 2.png is empty (0 bytes)." in got[1].notes
    assert any("4.jpg" in note for note in got[2].notes)
    assert isinstance(got[3], Problem)
    assert "6.png" in got[3].what
    assert len(got) == 4
    assert "2.png" in source.at(1).what
    assert source.read().name == "3.png"


def test_other_files_hidden_files_and_subfolders_are_left_out(tmp_path):
    put(tmp_path, "a.png")
    put(tmp_path, ".hidden.png")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "b.png").mkdir()
    put(tmp_path / "b.png", "deep.png")
    assert open_folder(tmp_path).names == ("a.png",)


def test_at_goes_anywhere_and_read_continues(tmp_path):
    for i in range(4):
        put(tmp_path, f"{i}.png", 10 * i)
    source = open_folder(tmp_path)
    for i in (3, 0, 2):
        frame = source.at(i)
        assert isinstance(frame, Frame)
        assert np.all(frame.pixels == 10 * i)
        assert source.at(i) is frame
    assert source.read().index == 3
    assert source.read() is None
    assert isinstance(source.at(4), Problem)
    assert isinstance(source.at(-1), Problem)
    source.close()
    source.close()


def test_no_picture_is_a_problem(tmp_path):
    assert "no picture" in open_folder(tmp_path).what
    (tmp_path / "a.png").touch()
    (tmp_path / "b.png").touch()
    problem = open_folder(tmp_path)
    assert "None of the 2" in problem.what
    assert "a.png" in problem.details
    assert "missing" in open_folder(tmp_path / "nowhere").what
    assert "not a folder" in open_folder(tmp_path / "a.png").what


def test_a_folder_says_what_it_holds_instead(tmp_path):
    (tmp_path / "IMG_1.JXL").touch()
    (tmp_path / "IMG_2.JXL").touch()
    problem = open_folder(tmp_path)
    assert problem.what == f"{tmp_path.name} holds 2 JPEG XL pictures, which are not read here."
    assert problem.todo
    (tmp_path / "clip.MOV").touch()
    assert "2 JPEG XL pictures, which are not read here, and 1 film." in open_folder(tmp_path).what


def test_a_folder_of_films_says_so(tmp_path):
    (tmp_path / "clip.mp4").touch()
    problem = open_folder(tmp_path)
    assert problem.what.endswith("has no picture in it, but 1 film.")
    assert "film" in problem.todo


def test_a_thousand_broken_files_are_told_in_a_few_words(tmp_path):
    for i in range(60):
        (tmp_path / f"{i}.jpg").write_text("no picture at all")
    put(tmp_path, "good.png", 9)
    source = open_folder(tmp_path)
    frame = source.read()
    assert frame.name == "good.png"
    assert len(frame.notes) <= 5
    assert "Skipped: 57 more." in frame.notes
