"""What went wrong, as a value: one sentence that says what, and one that says what to do."""

from dataclasses import dataclass

from explainer.core.words import one_line


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure in plain words.

    Parameters
    ----------
    what
        One sentence: what happened, with the name of the thing it happened to.
    todo
        One sentence: the way on. May be empty where there is none.
    details
        Technical cause (a traceback, a library's message) for "copy details"; never shown unasked.

    Names of files, models and lessons stand in both sentences and may hold anything: see `words.one_line`.
    """

    what: str
    todo: str = ""
    details: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "what", one_line(self.what))
        object.__setattr__(self, "todo", one_line(self.todo))

    @property
    def sentence(self) -> str:
        """Both sentences on one line."""
        return f"{self.what} {self.todo}".strip()


class ExplainerError(Exception):
    """Raised where a value cannot carry the problem; always caught before a user sees a traceback."""

    def __init__(self, what: str, todo: str = "", details: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(what, todo, details)


class Cancelled(BaseException):
    """The job is no longer wanted. A ``BaseException`` so that no ``except Exception`` swallows it."""
