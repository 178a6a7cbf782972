"""Order, neighbours, menu and search."""

import json

import pytest

from explainer.core.problem import ExplainerError
from explainer.lessons.catalogue import read_library
from explainer.lessons.search import SearchIndex, words_of

PLAN = {
    "chapters": [
        {"number": 1, "title": "First", "topics": [3, 1]},
        {"number": 2, "title": "Second", "topics": [2]},
    ],
    "topics": {"1": "Gradients", "2": "Tracking", "3": "Feature extraction"},
}


def _write(folder, name, topic, title, demo="d", body="text"):
    chapter = 2 if str(topic).startswith("2") else 1
    head = f"---\nid: {name}\ntopic: {topic}\nchapter: {chapter}\ntitle: {title}\ndemo: {demo}\n---\n"
    (folder / f"{name}.md").write_text(head + body, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "chapters.json").write_text(json.dumps(PLAN), encoding="utf-8")
    (tmp_path / "papers.bib").write_text("", encoding="utf-8")
    _write(tmp_path, "zebra", 1, "Grad-CAM", "cam", "## Heat\n\nwhere the cat is")
    _write(tmp_path, "alpha", 1, "saliency", "cam")
    _write(tmp_path, "cam", 1, "Zoom", "cam")
    _write(tmp_path, "conv", 3, "Convolution", body="A cat and a grid, naïve edges")
    _write(tmp_path, "follow", "2, 1", "Correlation tracker")
    return tmp_path


@pytest.fixture
def library(folder):
    return read_library(folder, folder / "papers.bib")


def test_order_is_chapter_topic_title(library):
    assert [one.id for one in library.lessons] == ["conv", "zebra", "alpha", "cam", "follow"]
    assert not library.problems


def test_neighbours(library):
    assert library.previous("conv") is None
    assert library.next("conv").id == "zebra"
    assert library.previous("follow").id == "cam"
    assert library.next("follow") is None


def test_unknown_lesson_names_near_ones(library):
    with pytest.raises(ExplainerError, match="no lesson called folow") as caught:
        library.next("folow")
    assert "follow" in caught.value.problem.todo


def test_lessons_of_a_demo_start_with_its_own(library):
    assert [one.id for one in library.of_demo("cam")] == ["cam", "zebra", "alpha"]
    assert library.of_demo("nothing") == ()


def test_menu_knows_topics_without_lessons(folder):
    (folder / "conv.md").unlink()
    menu = read_library(folder, folder / "papers.bib").menu()
    assert [(e.chapter.number, [t.topic.number for t in e.topics]) for e in menu] == [(1, [3, 1]), (2, [2])]
    by_topic = {t.topic.number: [one.id for one in t.lessons] for e in menu for t in e.topics}
    assert by_topic == {3: [], 1: ["zebra", "alpha", "cam", "follow"], 2: ["follow"]}


def test_one_bad_file_does_not_take_the_others_along(folder):
    (folder / "broken.md").write_text("no head", encoding="utf-8")
    (folder / "latin.md").write_bytes(b"---\nid: \xe9\n---\n")
    _write(folder, "twin", 1, "Twin")
    (folder / "twin.md").write_text((folder / "zebra.md").read_text(), encoding="utf-8")
    library = read_library(folder, folder / "papers.bib")
    assert len(library.lessons) == 5
    assert {p.what.split()[1] for p in library.problems} == {"broken.md", "latin.md", "zebra.md"}
    assert all(p.todo for p in library.problems)


# Search -------------------------------------------------------------------------------------------------


@pytest.fixture
def index(library):
    return read_whole(SearchIndex(library, {"cam": "Class activation", "d": "Other"}.__getitem__))


def read_whole(index):
    while index.prepare():
        pass
    return index


def _ids(hits):
    return [(hit.kind, hit.id) for hit in hits]


def test_words_lose_case_and_accents():
    assert words_of("Grad-CAM naïve 3×3") == ("grad", "cam", "naive", "3", "3")


def test_title_beats_heading_beats_text(index):
    assert _ids(index.find("convolution"))[0] == ("lesson", "conv")
    assert _ids(index.find("heat")) == [("lesson", "zebra")]
    assert _ids(index.find("cat")) == [("lesson", "conv"), ("lesson", "zebra")]


def test_prefix_and_whole_phrase_in_any_order(index):
    assert _ids(index.find("corr"))[0] == ("lesson", "follow")
    assert _ids(index.find("TRACKER corr"))[0] == ("lesson", "follow")
    assert index.find("tracker")[0].score > index.find("track")[0].score


def test_every_word_must_match(index):
    assert index.find("tracker zzzz") == ()


@pytest.mark.parametrize("query", ["gradcam", "gcm", "grdcm"])
def test_letters_in_order_find_the_title(index, query):
    assert _ids(index.find(query))[0] == ("lesson", "zebra")


def test_demo_and_topic_titles_count(index):
    assert {i for _, i in _ids(index.find("activation"))} == {"zebra", "alpha", "cam"}
    assert ("lesson", "follow") in _ids(index.find("tracking"))


def test_topics_without_a_lesson_are_found(folder):
    (folder / "conv.md").unlink()
    index = SearchIndex(read_library(folder, folder / "papers.bib"))
    (hit,) = index.find("extraction")
    assert (hit.kind, hit.id, hit.chapter) == ("topic", "3", 1)
    assert index.find("gradients")[0].kind == "lesson"


@pytest.mark.parametrize("query", ["", "  ", "…", "qqqq"])
def test_nothing_is_found_for_nothing(index, query):
    assert index.find(query) == ()


def test_accents_do_not_matter(index):
    assert _ids(index.find("naïve")) == _ids(index.find("naive")) == [("lesson", "conv")]


def test_limit(index):
    assert len(index.find("a", limit=2)) == 2


# What waits until it is asked for ----------------------------------------------------------------------


def test_a_text_is_read_when_its_lesson_is_asked_for(folder, monkeypatch):
    from explainer.lessons import markdown

    read = []
    monkeypatch.setattr(markdown, "read", lambda *given: read.append(given[0].id) or given[0])
    library = read_library(folder, folder / "papers.bib")
    assert library.menu()
    assert [head.id for head in library.of_demo("cam")] == ["cam", "zebra", "alpha"]
    assert read == []
    library.lesson("zebra")
    library.lesson("zebra")
    assert read == ["zebra"]


def test_a_text_that_cannot_be_read_leaves_the_others(folder):
    _write(folder, "odd", 1, "Odd", body="{value:share:zz}")
    library = read_library(folder, folder / "papers.bib")
    with pytest.raises(ExplainerError, match="prints share"):
        library.lesson("odd")
    assert "odd" in [head.id for head in library.heads]
    assert "odd" not in [lesson.id for lesson in library.lessons]
    assert ["odd.md" in problem.what for problem in library.problems] == [True]
    index = read_whole(SearchIndex(library))
    assert ("lesson", "zebra") in _ids(index.find("heat"))
    assert ("lesson", "odd") in _ids(index.find("odd"))


def test_the_search_knows_titles_at_once_and_texts_when_they_were_read(library):
    index = SearchIndex(library)
    assert _ids(index.find("convolution")) == [("lesson", "conv")]
    assert ("lesson", "follow") in _ids(index.find("tracking"))
    assert index.find("heat") == ()
    steps = 0
    while index.prepare():
        steps += 1
    assert steps == len(library.heads)
    assert _ids(index.find("heat")) == [("lesson", "zebra")]


def test_a_lesson_of_a_demo_that_is_missing_is_found_by_its_words(library):
    def title_of(name):
        raise ExplainerError(f"There is no demo called {name}.")

    assert _ids(read_whole(SearchIndex(library, title_of)).find("heat")) == [("lesson", "zebra")]


def test_papers_that_cannot_be_read_are_one_problem(folder):
    library = read_library(folder, folder / "gone.bib")
    assert [problem.what for problem in library.problems] == ["The list of papers cannot be read."]
    assert library.lessons == ()
    assert not library.readable("conv")
    assert len(library.menu()) == 2


def test_threads_that_ask_at_once_get_the_same_lesson(library):
    import threading

    gate, got = threading.Barrier(8), []

    def ask():
        gate.wait()
        got.append(library.lesson("zebra"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len({id(one) for one in got}) == 1
