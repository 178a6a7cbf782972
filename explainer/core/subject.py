"""One picture before one network, and the class in question: its score, its bars, its panels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, resized
from explainer.core.layers import Layer, Panel
from explainer.core.memo import memo_name, prepared
from explainer.core.model_card import ModelCard
from explainer.core.numbers import numbers, softmax
from explainer.core.parts import Part
from explainer.core.picture import Focus, heat, panel
from explainer.core.result import Result

SHOWN_CLASSES = 5


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
    focus: Focus
    logits: NDArray[np.float64]
    index: int

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Softmax of the logits."""
        return softmax(self.logits)

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

    def where(self, x_px: float, y_px: float) -> str:
        """Place of a point, in words and in pixels of the frame."""
        return f"{self.place(x_px, y_px)}, at ({x_px:.0f}, {y_px:.0f}) px"

    def place(self, x_px: float, y_px: float) -> str:
        """Place of a point within the part that the network sees, in words."""
        left, top, right, bottom = self.focus
        return words.place((x_px - left) / max(right - left, 1.0), (y_px - top) / max(bottom - top, 1.0))

    def panel(self, title: str, *layers: Layer, note: str = "") -> Panel:
        """Panel with the picture, dimmed where the network does not look, and layers over it."""
        return panel(self.frame, title, *layers, note=note, focus=self.focus)

    def heat_panel(self, title: str, values: NDArray[np.float32], note: str = "", **look: Any) -> Panel:
        """Panel with the picture and over it a map of the input; `look` as `explainer.core.picture.heat` takes it."""
        return self.panel(title, heat(values, self.map_to_frame(values.shape), **look), note=note)

    def bars(self) -> Bars:
        """Bars of the five best classes, and of this one where it is not among them; a click asks for one."""
        best = [int(k) for k in np.argsort(-self.logits, kind="stable")[:SHOWN_CLASSES]]
        shown = best if self.index in best else [*best, self.index]
        return Bars(
            "Scores", tuple(self.card.label(k) for k in shown), tuple(float(self.probabilities[k]) for k in shown),
            chosen=shown.index(self.index), sets=tuple({"target": str(k)} for k in shown),
        )  # fmt: skip

    def opening(self) -> Part:
        """Picture, class bars and the numbers of the class: what such a result begins with."""
        values = numbers(class_index=self.index, class_score=self.score, logit=self.logits[self.index])
        return Part((self.panel("Input"),), (self.bars(),), (), values)

    def result(self, part: Part, **more: Any) -> Result:
        """Put the opening and `part` together; `more` as `Part.result` takes it."""
        return (self.opening() + part).result(input=self.x.cpu().numpy(), **more)


def ask(net: Any, frame: Frame, target: str, ctx: Context) -> Subject:
    """Prepare the frame and run the leased network once; both are made once for a frame."""
    ready = prepared(frame, net, ctx)
    with ctx.stage("model"):
        logits = ctx.memo(("logits", *memo_name(ctx)), lambda: net.logits(ready.tensor))
    return subject(frame, ready, logits, target, ctx)


def subject(frame: Frame, ready: Any, logits: Any, target: str, ctx: Context) -> Subject:
    """Resolve the class in question and gather what is known of the picture.

    Parameters
    ----------
    ready
        The network's input as `explainer.core.memo.prepared` gives it.
    logits
        Tensor ``(1, K)``.
    target
        A `ClassIndex` of the params.
    """
    values = as_floats(logits)
    index = resolve_class(target, values)
    return Subject(frame, ctx.card, ready.tensor, ready.to_frame, ready.focus, values, index)


def as_floats(logits: Any) -> NDArray[np.float64]:
    """First row of a tensor ``(N, K)`` as numbers ``(K,)``."""
    return np.asarray(logits[0].cpu().numpy(), dtype=np.float64)


def resolve_class(target: str, logits: NDArray[np.float64]) -> int:
    """``"top-1"``, ``"top-2"`` or a number to a class index; equal logits keep their order."""
    if target.startswith("top-"):
        return int(np.argsort(-logits, kind="stable")[int(target[4:]) - 1])
    return min(int(target), len(logits) - 1)
