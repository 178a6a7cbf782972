"""All lessons in the order in which they are read, and the topics that still wait for one."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from explainer.core.paths import resource
from explainer.core.problem import ExplainerError, Problem
from explainer.lessons.chapters import Chapter, Outline, Topic, outline, read_outline
from explainer.lessons.front_matter import LONGEST, FrontMatter, split
from explainer.lessons.lesson import Lesson
from explainer.lessons.papers import Paper, read_papers


@dataclass(frozen=True, slots=True, eq=False)
class TopicEntry:
    """A topic in the menu; without lessons it is shown greyed."""

    topic: Topic
    lessons: tuple[FrontMatter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ChapterEntry:
    """A chapter in the menu with all its topics."""

    chapter: Chapter
    topics: tuple[TopicEntry, ...]


class Library:
    """Lessons, chapters and papers. Only the heads are read at once; a text is read when it is asked for.

    Parameters
    ----------
    plan
        Chapters and topics.
    sources
        Name of each file and what it holds: a head and Markdown.
    bib
        The file of papers.
    problems
        One for each file that could not even be opened.

    Attributes
    ----------
    heads
        By chapter, then by the topic's place in the chapter, then by title.
    """

    def __init__(self, plan: Outline, sources: Mapping[str, str], bib: Path, problems: Iterable[Problem] = ()) -> None:
        self.outline = plan
        self._bib, self._head_problems = bib, list(problems)
        self._texts: dict[str, tuple[FrontMatter, str, str]] = {}  # id: head, Markdown, file
        self._read: dict[str, Lesson] = {}
        for where, source in sources.items():
            try:
                self._take(source, where)
            except ExplainerError as error:
                self._head_problems.append(error.problem)
        self.heads = ordered((head for head, _, _ in self._texts.values()), plan)

    def _take(self, source: str, where: str) -> None:
        head, body = split(source, where)
        if head.id in self._texts:
            raise ExplainerError(f"Lesson {where} has the id {head.id}, which another has.", "Give it its own id.")
        self._texts[head.id] = head, body, where

    @cached_property
    def papers(self) -> Mapping[str, Paper]:
        """Key → paper.

        Raises
        ------
        ExplainerError
            If the file cannot be read.
        """
        try:
            return read_papers(self._bib)
        except (OSError, UnicodeDecodeError) as error:
            raise ExplainerError(
                "The list of papers cannot be read.", "Install the program again.", str(error)
            ) from error

    def lesson(self, lesson_id: str) -> Lesson:
        """Return one lesson by its id.

        Raises
        ------
        ExplainerError
            If there is none (the sentence names near matches), or its text cannot be read.
        """
        from explainer.lessons.markdown import read  # Markdown is read after the window is on screen

        self._require(lesson_id)
        if lesson_id in self._read:
            return self._read[lesson_id]
        return self._read.setdefault(lesson_id, read(*self._texts[lesson_id], self.papers))  # one for all threads

    def readable(self, lesson_id: str) -> bool:
        """Whether `lesson` would return it."""
        try:
            self.lesson(lesson_id)
        except ExplainerError:
            return False
        return True

    @cached_property
    def _all(self) -> tuple[tuple[Lesson, ...], tuple[Problem, ...]]:
        lessons, problems = [], list(self._head_problems)
        try:
            _ = self.papers
        except ExplainerError as error:
            return (), (*problems, error.problem)
        for head in self.heads:
            try:
                lessons.append(self.lesson(head.id))
            except ExplainerError as error:
                problems.append(error.problem)
        return tuple(lessons), tuple(problems)

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """All that can be read, in the order of `heads`."""
        return self._all[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each file that could not be read; the others are there all the same."""
        return self._all[1]

    def of_demo(self, demo_id: str) -> tuple[FrontMatter, ...]:
        """Lessons that open this demo, the one that bears its name first."""
        found = [one for one in self.heads if one.demo == demo_id]
        return tuple(sorted(found, key=lambda one: one.id != demo_id))

    def next(self, lesson_id: str) -> FrontMatter | None:
        """Return the lesson after this one, ``None`` at the end."""
        return self._beside(lesson_id, 1)

    def previous(self, lesson_id: str) -> FrontMatter | None:
        """Return the lesson before this one, ``None`` at the start."""
        return self._beside(lesson_id, -1)

    def place_of(self, lesson_id: str) -> str:
        """Where a lesson stands: ``"Explained predictions · 3 of 10"``."""
        self._require(lesson_id)
        chapter = self._texts[lesson_id][0].chapter
        beside = [one.id for one in self.heads if one.chapter == chapter]
        title = next((one.title for one in self.outline.chapters if one.number == chapter), f"Chapter {chapter}")
        return f"{title} · {beside.index(lesson_id) + 1} of {len(beside)}"

    def menu(self) -> tuple[ChapterEntry, ...]:
        """Every chapter with every topic; a lesson stands under each of its topics."""
        return tuple(
            ChapterEntry(chapter, tuple(TopicEntry(t, self._on(t.number)) for t in chapter.topics))
            for chapter in self.outline.chapters
        )

    def _on(self, topic: int) -> tuple[FrontMatter, ...]:
        return tuple(one for one in self.heads if topic in one.topics)

    def _beside(self, lesson_id: str, step: int) -> FrontMatter | None:
        self._require(lesson_id)
        at = [one.id for one in self.heads].index(lesson_id) + step
        return self.heads[at] if 0 <= at < len(self.heads) else None

    def _require(self, lesson_id: str) -> None:
        if lesson_id in self._texts:
            return
        near = difflib.get_close_matches(lesson_id, self._texts)
        todo = f"Did you mean {' or '.join(near)}?" if near else "Choose one from the menu."
        raise ExplainerError(f"There is no lesson called {lesson_id}.", todo)


def read_library(folder: Path | None = None, bib: Path | None = None) -> Library:
    """Read every ``*.md`` of a folder that starts with front matter.

    Parameters
    ----------
    folder
        Where the lessons lie, with their ``chapters.json``; by default the program's own.
    bib
        The papers; by default the program's own.
    """
    plan = read_outline(folder / "chapters.json") if folder else outline()
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted((folder or resource("lessons")).glob("*.md")):
        try:
            sources[path.name] = _text(path)
        except (OSError, UnicodeDecodeError) as error:
            what = f"Lesson {path.name} cannot be read."
            problems.append(Problem(what, "Save it as UTF-8 text.", str(error)))
    return Library(plan, sources, bib or resource("papers.bib"), problems)


def _text(path: Path) -> str:
    """Read no more of a file than `split` needs to see that it is too long."""
    with path.open(encoding="utf-8") as file:
        return file.read(LONGEST + 1)


def ordered(heads: Iterable[FrontMatter], plan: Outline) -> tuple[FrontMatter, ...]:
    """Sort by chapter, the topic's place in it, and title; unknown topics come last."""
    places = plan.places
    last = len(places)
    return tuple(sorted(heads, key=lambda one: (places.get(one.topics[0], last), one.title.casefold())))
