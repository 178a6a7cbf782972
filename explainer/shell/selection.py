"""What is chosen, as one value: demo, lesson, params, settings, and what can be undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from explainer.core.context import Settings
from explainer.core.demo import Demo
from explainer.core.params import to_plain
from explainer.core.problem import Problem
from explainer.core.words import one_line
from explainer.lessons.lesson import Lesson
from explainer.runtime.history import History
from explainer.runtime.session import Session


class Told(Enum):
    """What is to be read anew after a step; `RUN` is a wish to run what is chosen now."""

    DEMO = auto()
    LESSON = auto()
    PARAMS = auto()
    MODEL = auto()
    HISTORY = auto()
    RUN = auto()


@dataclass(frozen=True, slots=True)
class Said:
    """A quiet remark."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", one_line(self.text))


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for cannot be had; all stays as it was."""

    problem: Problem


News = Told | Said | Refused


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is chosen at one moment.

    Parameters
    ----------
    session
        What was found at the start, with the recent sources since: params of demos not opened yet are in it.
    made
        Params by demo, of every demo opened since.
    lesson
        The lesson that is open; ``None`` for a demo without one that can be read.
    """

    demo: Demo[Any]
    settings: Settings
    session: Session
    made: Mapping[str, Any] = field(default_factory=dict)
    lesson: Lesson | None = None
    history: History = History()  # noqa: RUF009 - frozen

    @property
    def params(self) -> Any:
        """Params of the present demo."""
        return self.made[self.demo.info.id]

    def with_params(self, demo_id: str, params: Any) -> "Selection":
        """Return a copy with one demo's params replaced."""
        return replace(self, made={**self.made, demo_id: params})

    def with_recent(self, source: str) -> "Selection":
        """Return a copy with `source` at the head of the recent ones."""
        return replace(self, session=self.session.with_recent(source))

    def remembered(self, source: str) -> Session:
        """Return the session as it is to be found next time, with what is open now."""
        session = replace(self.session, demo=self.demo.info.id, source=source, settings=self.settings)
        for demo_id, params in self.made.items():
            session = session.with_params(demo_id, to_plain(params))
        return session


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What is chosen after a change, and what has to be told of it, in this order."""

    now: Selection
    news: tuple[News, ...] = ()

    def then(self, act: Callable[[Selection], "Step"]) -> "Step":
        """Do `act` to what is chosen now; its news come after those so far."""
        following = act(self.now)
        return Step(following.now, (*self.news, *following.news))

    def tell(self, *news: News) -> "Step":
        """Return a copy with more to tell."""
        return Step(self.now, (*self.news, *news))
