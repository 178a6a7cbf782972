"""Chapters and topics."""

import json

import pytest

from explainer.lessons.chapters import outline, read_outline


def _write(tmp_path, chapters, topics):
    path = tmp_path / "chapters.json"
    path.write_text(json.dumps({"chapters": chapters, "topics": topics}), encoding="utf-8")
    return path


def test_shipped_outline_has_all_fifty_topics_once():
    plan = outline()
    assert [c.number for c in plan.chapters] == list(range(1, 11))
    assert sorted(t.number for c in plan.chapters for t in c.topics) == list(range(1, 51))
    titles = [t.title for t in plan.topics.values()]
    assert len(set(titles)) == 50
    assert plan.chapter_of[45] == 8
    assert plan.chapter(8).title == "Better and explained predictions"


def test_places_follow_the_chapters_and_not_the_numbers():
    places = outline().places
    assert places[1] == 0
    assert places[16] == 2
    assert places[4] == 3 < places[34] < places[17]
    assert sorted(places.values()) == list(range(50))


def test_unknown_chapter_is_a_key_error():
    with pytest.raises(KeyError):
        outline().chapter(11)


@pytest.mark.parametrize(
    ("chapters", "topics"),
    [
        ([{"number": 1, "title": "A", "topics": [1]}], {"1": "one", "2": "nowhere"}),
        ([{"number": 1, "title": "A", "topics": [1, 1]}], {"1": "twice"}),
        ([{"number": 1, "title": "A", "topics": [1, 2]}], {"1": "one"}),
    ],
)
def test_topics_stand_in_exactly_one_chapter(tmp_path, chapters, topics):
    with pytest.raises(ValueError, match="topic"):
        read_outline(_write(tmp_path, chapters, topics))
