"""What the demos of this chapter have in common: the class in question, its bars, panels and sentences."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Chart
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, resized
from explainer.core.layers import Heat, Image, Panel
from explainer.core.model_card import ModelCard
from explainer.core.result import Result

SHOWN_CLASSES = 5
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of a result; pieces are added up."""

    panels: tuple[Panel, ...] = ()
    charts: tuple[Chart, ...] = ()
    sentences: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Part") -> "Part":
        return Part(
            self.panels + other.panels,
            self.charts + other.charts,
            self.sentences + other.sentences,
            {**self.values, **other.values},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One picture before one network, and the class that is asked about.

    Parameters
    ----------
    x
        The network's input, a tensor ``(1, 3, S, S)``; passed on and never looked into here.
    to_frame
        Map from input pixels to frame pixels.
    focus
        Part of the frame that the network sees: x0, y0, x1, y1 in frame pixels.
    logits
        ``(K,)``.
    index
        The class in question.
    """

    frame: Frame
    card: ModelCard
    x: Any
    to_frame: Affine
    focus: tuple[float, float, float, float]
    logits: NDArray[np.float64]
    index: int

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Softmax of the logits."""
        powers = np.exp(self.logits - self.logits.max())
        return np.asarray(powers / powers.sum())

    @property
    def label(self) -> str:
        """Name of the class, in quotation marks."""
        return f"“{self.card.label(self.index)}”"

    @property
    def score(self) -> float:
        """Probability of the class."""
        return float(self.probabilities[self.index])

    def map_to_frame(self, shape: tuple[int, ...]) -> Affine:
        """Map from the cells of a map ``(h, w)`` over the input to frame pixels."""
        return resized(self.to_frame, tuple(self.x.shape[2:]), (shape[0], shape[1]))

    def result(self, part: Part, *, partial: bool = False) -> Result:
        """Put the input, the class bars and `part` together."""
        whole = self._opening() + part
        return Result(
            " ".join(whole.sentences), whole.values, whole.panels, whole.charts, partial=partial,
            input=self.x.cpu().numpy(),
        )  # fmt: skip

    def _opening(self) -> Part:
        picture = Image("picture", self.frame.pixels, focus=self.focus)
        panel = Panel("Input", (self.frame.width, self.frame.height), (picture,))
        values = {
            "class_index": float(self.index),
            "class_score": self.score,
            "logit": float(self.logits[self.index]),
        }
        return Part((panel,), (class_bars(self),), (), values)


def memo_name(ctx: Context) -> tuple[str, str, str]:
    """What a memoised pass through the network depends on beside frame and layer."""
    return (ctx.card.name, ctx.device, ctx.settings.fit)


def latest(ctx: Context, slot: str, key: Hashable, make: Callable[[], T]) -> T:
    """Memo with room for one: a pass that keeps its graph is too large to hold for every layer tried."""
    held: dict[Hashable, T] = ctx.memo((slot, *memo_name(ctx)), dict)
    if key not in held:
        held.clear()  # first, so that both are never held at once
        held[key] = make()
    return held[key]


def prepared(frame: Frame, net: Any, ctx: Context) -> Any:
    """Return the network's input for this frame, made once."""
    with ctx.stage("prepare"):
        return ctx.memo(("prepared", *memo_name(ctx)), lambda: net.prepare(frame))


def subject(frame: Frame, ready: Any, logits: Any, target: str, ctx: Context) -> Subject:
    """Resolve the class in question and gather what is known of the picture."""
    values = np.asarray(logits[0].cpu().numpy(), dtype=np.float64)
    index = resolve_class(target, values)
    return Subject(frame, ctx.card, ready.tensor, ready.to_frame, ready.focus, values, index)


def resolve_class(target: str, logits: NDArray[np.float64]) -> int:
    """``"top-1"``, ``"top-2"`` or a number to a class index; equal logits keep their order."""
    if target.startswith("top-"):
        return int(np.argsort(-logits, kind="stable")[int(target[4:]) - 1])
    return min(int(target), len(logits) - 1)


def class_bars(about: Subject) -> Bars:
    """Bars of the five best classes, and of the chosen one where it is not among them; a click asks for one."""
    best = [int(k) for k in np.argsort(-about.logits, kind="stable")[:SHOWN_CLASSES]]
    shown = best if about.index in best else [*best, about.index]
    return Bars(
        "Scores",
        tuple(about.card.label(k) for k in shown),
        tuple(float(about.probabilities[k]) for k in shown),
        chosen=shown.index(about.index),
        sets=tuple({"target": str(k)} for k in shown),
    )


def heat_panel(about: Subject, title: str, values: NDArray[np.float32], note: str, **look: Any) -> Panel:
    """Panel with the picture and over it a map; `look` goes to `Heat`, limits follow the map by default."""
    limit = look.pop("limit", None) or float(np.abs(values).max()) or 1.0
    signed = look.pop("signed", False)
    heat = Heat(
        "map", values, -limit if signed else 0.0, limit, about.map_to_frame(values.shape),
        colours="diverging" if signed else "sequential", **look,
    )  # fmt: skip
    picture = Image("picture", about.frame.pixels, focus=about.focus)
    return Panel(title, (about.frame.width, about.frame.height), (picture, heat), note)


def cells(values: NDArray[np.float32]) -> str:
    """Resolution of a map in words: ``7 × 7``."""
    return f"{values.shape[1]} × {values.shape[0]}"


def where(about: Subject, x_px: float, y_px: float) -> str:
    """Place of a point in the frame, in words and pixels."""
    place = words.place(x_px / about.frame.width, y_px / about.frame.height)
    return f"{place}, at ({x_px:.0f}, {y_px:.0f}) px"
