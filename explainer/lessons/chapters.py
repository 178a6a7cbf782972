"""The ten chapters and their fifty topics, read from ``resources/lessons/chapters.json``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from explainer.core.paths import resource


@dataclass(frozen=True, slots=True)
class Topic:
    """One of the fifty topics, whether or not a lesson on it has been written."""

    number: int
    title: str
    chapter: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter and its topics, in the order in which they are best read.

    Parameters
    ----------
    line
        What one does in it, in a few words.
    cover
        The lesson whose picture stands for it; "" for a chapter that has none yet.
    """

    number: int
    title: str
    topics: tuple[Topic, ...]
    line: str = ""
    cover: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson on the way that a newcomer is shown, and what to call it there."""

    lesson: str
    title: str


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """All chapters in order.

    Parameters
    ----------
    chapters
        In the order of the menu.
    topics
        Topic number → topic.
    start
        The way that a newcomer is shown.
    """

    chapters: tuple[Chapter, ...]
    topics: Mapping[int, Topic]
    start: tuple[Step, ...] = ()

    def chapter(self, number: int) -> Chapter:
        """Return one chapter.

        Raises
        ------
        KeyError
            If no chapter has that number.
        """
        for one in self.chapters:
            if one.number == number:
                return one
        raise KeyError(number)

    @property
    def chapter_of(self) -> Mapping[int, int]:
        """Topic number → number of its chapter."""
        return {number: topic.chapter for number, topic in self.topics.items()}

    @property
    def places(self) -> Mapping[int, int]:
        """Topic number → its place when the chapters are read from front to back, from 0."""
        in_order = (topic for chapter in self.chapters for topic in chapter.topics)
        return {topic.number: place for place, topic in enumerate(in_order)}


def read_outline(path: Path) -> Outline:
    """Read chapters and topics from a JSON file.

    Raises
    ------
    ValueError
        If a topic stands in no chapter, in two, or has no title.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    titles = {int(number): str(title) for number, title in data["topics"].items()}
    chapters = tuple(_chapter(row, titles) for row in data["chapters"])
    placed = [topic.number for chapter in chapters for topic in chapter.topics]
    if sorted(placed) != sorted(titles):
        odd = sorted({n for n in placed if placed.count(n) > 1} | (set(titles) - set(placed)))
        raise ValueError(f"{path.name}: these topics do not stand in exactly one chapter: {odd}")
    start = tuple(Step(row["lesson"], row["title"]) for row in data.get("start", ()))
    return Outline(chapters, {t.number: t for c in chapters for t in c.topics}, start)


def _chapter(row: Mapping[str, Any], titles: Mapping[int, str]) -> Chapter:
    number = row["number"]
    topics = tuple(_topic(topic, titles, number) for topic in row["topics"])
    return Chapter(number, row["title"], topics, row.get("line", ""), row.get("cover", ""))


def _topic(number: int, titles: Mapping[int, str], chapter: int) -> Topic:
    if not titles.get(number):
        raise ValueError(f"topic {number} of chapter {chapter} has no title")
    return Topic(number, titles[number], chapter)


@cache
def outline() -> Outline:
    """Return the chapters that come with the program; read once."""
    return read_outline(resource("lessons", "chapters.json"))
