"""How far somebody has come on the way that a newcomer is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from explainer.lessons.chapters import Step


class Mark(Enum):
    """What is known of a step."""

    DONE = "done"
    HERE = "here"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps, and those that were opened, the last one at the end.

    The last one is where one stands; it is done once another has been opened.
    """

    steps: tuple[Step, ...]
    opened: tuple[str, ...] = ()

    @classmethod
    def of(cls, steps: Iterable[Step], opened: Iterable[str]) -> "Walk":
        """Return the walk with what is still a step of what was opened, each once."""
        kept = tuple(steps)
        known = {step.lesson for step in kept}
        return cls(kept, tuple(dict.fromkeys(one for one in opened if one in known)))

    def after(self, lesson: str) -> "Walk":
        """Return the walk once `lesson` has been opened."""
        if lesson not in {step.lesson for step in self.steps}:
            return self
        return Walk(self.steps, (*(one for one in self.opened if one != lesson), lesson))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """One for each step."""
        return tuple(self._mark(step.lesson) for step in self.steps)

    def _mark(self, lesson: str) -> Mark:
        if lesson not in self.opened:
            return Mark.AHEAD
        return Mark.HERE if lesson == self.opened[-1] else Mark.DONE

    @property
    def here(self) -> int:
        """Index of the step on which one stands; −1 before the first."""
        return next((at for at, mark in enumerate(self.marks) if mark is Mark.HERE), -1)

    def following(self, lesson: str) -> int:
        """Index of the step to go on with while `lesson` is open: the one after it, else where one stands.

        Past the end it begins again with the first that was left out, or the first of all.
        """
        names = [step.lesson for step in self.steps]
        if lesson not in names:
            return max(0, self.here)
        ahead = [at for at, mark in enumerate(self.marks) if mark is Mark.AHEAD]
        after = names.index(lesson) + 1
        return after if after < len(names) else (ahead or [0])[0]
