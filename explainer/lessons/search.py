"""Find lessons and topics by a few letters."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from explainer.core.problem import ExplainerError
from explainer.lessons.catalogue import Library
from explainer.lessons.front_matter import FrontMatter
from explainer.lessons.lesson import Lesson

EXACT, PREFIX, INSIDE, FUZZY = 1.0, 0.8, 0.4, 0.25
_MIN_INSIDE = 3
_NO_MATCH = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A lesson, or a topic that has none yet (`id` is then the topic's number)."""

    kind: Literal["lesson", "topic"]
    id: str
    title: str
    chapter: int
    score: float


@dataclass(frozen=True, slots=True)
class _Field:
    weight: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: Literal["lesson", "topic"]
    id: str
    title: str
    chapter: int
    fields: tuple[_Field, ...]

    @property
    def letters(self) -> str:
        """The title without spaces and hyphens, in which scattered letters are looked for."""
        return "".join(words_of(self.title))


class SearchIndex:
    """Words of titles, topics, demos, headings and texts.

    Parameters
    ----------
    library
        What to search.
    title_of
        Title of a demo by its id, so that a lesson is found by the name of its demo.
    """

    def __init__(self, library: Library, title_of: Callable[[str], str] | None = None) -> None:
        self._library, self._title_of = library, title_of or (lambda _: "")
        self._waiting = [head.id for head in reversed(library.heads)]
        self._lessons = {head.id: _head_entry(head, library) for head in library.heads}
        taught = {number for head in library.heads for number in head.topics}
        places = library.outline.places
        untaught = sorted((t for t in library.outline.topics if t not in taught), key=places.__getitem__)
        self._topics = [_topic_entry(number, library) for number in untaught]

    def prepare(self) -> bool:
        """Read the words of one more lesson, which takes some milliseconds; False when all have been read."""
        if not self._waiting:
            return False
        lesson_id = self._waiting.pop()
        try:
            lesson = self._library.lesson(lesson_id)
        except ExplainerError:
            return True  # reported elsewhere; it is still found by its title
        self._lessons[lesson_id] = _lesson_entry(lesson, self._library, self._title(lesson.demo))
        return True

    def _title(self, demo_id: str) -> str:
        try:
            return self._title_of(demo_id)
        except ExplainerError:
            return ""

    def find(self, query: str, limit: int = 20) -> tuple[Hit, ...]:
        """Return what matches every word of `query`, the best first; lessons not yet read by title and topic alone.

        A word matches exactly, as a prefix, or inside a longer word (three letters and more). Only where
        nothing does, its letters may lie scattered in the title (``"gcm"`` finds Grad-CAM). Equals keep
        the order of the menu.
        """
        wanted = words_of(query)
        hits = self._scored(wanted, scattered=False) or self._scored(wanted, scattered=True)
        return tuple(sorted(hits, key=lambda hit: -hit.score)[:limit])

    def _scored(self, wanted: tuple[str, ...], *, scattered: bool) -> list[Hit]:
        scores = (
            (_sum_of_matches(entry, wanted, scattered), entry) for entry in (*self._lessons.values(), *self._topics)
        )
        return [Hit(e.kind, e.id, e.title, e.chapter, score) for score, e in scores if score > 0]


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words without accents: ``"Grad-CAM à la carte"`` → grad, cam, a, la, carte."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(re.findall(r"[a-z0-9]+", bare.casefold()))


def _sum_of_matches(entry: _Entry, wanted: tuple[str, ...], scattered: bool) -> float:
    """Add the best match of each word; 0 as soon as one word matches nowhere."""
    scores = [_best(entry, word, scattered) for word in wanted]
    return sum(scores) if all(scores) else _NO_MATCH


def _best(entry: _Entry, word: str, scattered: bool) -> float:
    in_fields = max(f.weight * _closeness(word, f.words) for f in entry.fields)
    in_title = entry.fields[0].weight * _scattered(word, entry.letters) if scattered else _NO_MATCH
    return max(in_fields, in_title)


def _closeness(word: str, words: tuple[str, ...]) -> float:
    if word in words:
        return EXACT
    if any(other.startswith(word) for other in words):
        return PREFIX
    if len(word) >= _MIN_INSIDE and any(word in other for other in words):
        return INSIDE
    return _NO_MATCH


def _scattered(word: str, letters: str) -> float:
    """Score letters that come in this order in `letters`: more, the closer together they stand."""
    places: list[int] = []
    at = -1
    for letter in word:
        at = letters.find(letter, at + 1)
        if at < 0:
            return _NO_MATCH
        places.append(at)
    span = places[-1] - places[0] + 1
    return FUZZY * len(word) / span if len(word) > 1 and span <= 3 * len(word) else _NO_MATCH


def _head_entry(head: FrontMatter | Lesson, library: Library) -> _Entry:
    topics = [library.outline.topics[t].title for t in head.topics if t in library.outline.topics]
    fields = (_Field(8.0, words_of(head.title)), _Field(4.0, words_of(" ".join(topics))))
    return _Entry("lesson", head.id, head.title, head.chapter, fields)


def _lesson_entry(lesson: Lesson, library: Library, demo_title: str) -> _Entry:
    known = _head_entry(lesson, library)
    fields = (
        *known.fields,
        _Field(5.0, words_of(demo_title)),
        _Field(2.0, words_of(" ".join(heading.text for heading in lesson.headings))),
        _Field(1.0, tuple(dict.fromkeys(words_of(lesson.text)))),
    )
    return replace(known, fields=fields)


def _topic_entry(number: int, library: Library) -> _Entry:
    topic = library.outline.topics[number]
    return _Entry("topic", str(number), topic.title, topic.chapter, (_Field(4.0, words_of(topic.title)),))
