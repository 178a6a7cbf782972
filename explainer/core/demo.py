"""The one demo interface."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar, get_args, get_origin

from explainer.core.context import Context
from explainer.core.controls import Control, controls
from explainer.core.frame import Frame
from explainer.core.result import Result

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Cost:
    """What the explanation needs with a stock module, counted in passes of the default model.

    Parameters
    ----------
    forwards, backwards
        Number of forward passes and of backward passes to the input.
    tail
        Whether a backward pass through the layers after the chosen one comes on top.
    """

    forwards: int = 0
    backwards: int = 0
    tail: bool = False


@dataclass(frozen=True, slots=True)
class DemoInfo:
    """What is known of a demo without running it.

    Parameters
    ----------
    temporal
        Needs consecutive frames and carries state from one to the next.
    lasting
        Of a temporal demo: its state is something collected, which outlives the source and the model; only a param
        that `Resets`, or the demo itself, lets it go.
    uses_frame
        False for training runs that bring their own data.
    uses_folder
        Of a demo that brings its own data: whether it takes the source's pictures instead where those are sorted into
        folders. It is run again when another source is opened.
    uses_model
        Whether it leases the session's classifier.
    sample
        Name of the sample that tells the point, shown until the user has chosen a picture.
    budget_s
        Where the usual 10 s (60 s if it trains) do not fit; say why in the module.
    """

    id: str
    title: str
    topics: tuple[int, ...]
    summary: str = ""
    papers: tuple[str, ...] = ()
    cost: Cost | None = None
    temporal: bool = False
    lasting: bool = False
    uses_frame: bool = True
    uses_folder: bool = False
    uses_model: bool = True
    budget_s: float = 10.0
    sample: str = ""


class Demo(ABC, Generic[P]):
    """Subclass with a frozen ``Params`` dataclass, set ``info`` and write ``run``."""

    info: ClassVar[DemoInfo]
    params_type: ClassVar[type]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            if get_origin(base) is Demo:
                cls.params_type = get_args(base)[0]
                controls(cls.params_type)  # a number without a range fails here, when the module loads

    @abstractmethod
    def run(self, frame: Frame, params: P, ctx: Context) -> Result:
        """Turn a frame into a result. Never draws, sleeps, starts threads or reads files."""

    def yardstick(self, frame: Frame, params: P, device: str) -> Callable[[], object] | None:
        """Return one bare forward pass of the demo's own network on this frame, which ``bench`` times beside it.

        ``None`` where it has none, or uses the session's model, whose yardstick ``bench`` knows.
        """
        del frame, params, device
        return None

    def controls(self) -> tuple[Control, ...]:
        """Controls derived from the params."""
        return controls(self.params_type)

    def defaults(self) -> Any:
        """Params at their defaults."""
        return self.params_type()


class Catalogue(Protocol):
    """All demos that were found."""

    def demos(self) -> Sequence[Demo[Any]]:
        """In the order of chapter and title."""
        ...

    def demo(self, demo_id: str) -> Demo[Any]:
        """Return one by its id.

        Raises
        ------
        ExplainerError
            If there is none; the sentence names near matches.
        """
        ...
