"""The corruption bench's work: one picture, what is done to it, and what the network answers."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.memo import memo_name
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import resolve_class


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One version of the picture.

    Parameters
    ----------
    pixels
        ``(224, 224, 3) uint8``.
    probabilities
        ``(K,)``.
    split
        The pass behind them, from which the map of any class follows.
    """

    pixels: NDArray[np.uint8]
    probabilities: NDArray[np.float64]
    split: Any

    @property
    def answer(self) -> int:
        """Class with the highest score."""
        return int(np.argmax(self.probabilities))

    def map_of(self, index: int) -> Any:
        """Grad-CAM of a class at the last layer; see `explainer.vision.attribution.cam.ClassMap`."""
        from explainer.vision.attribution.cam import class_map

        return class_map(self.split.activation, self.split.gradient(index), "grad-cam")


class Scene:
    """One picture on the bench."""

    def __init__(self, frame: Frame, net: Any, params: Any, ctx: Context) -> None:
        from explainer.vision.corruptions.battery import Recipe
        from explainer.vision.corruptions.square import square_of

        self.frame, self.net, self.params, self.ctx = frame, net, params, ctx
        self.name = memo_name(ctx)
        with ctx.stage("prepare"):
            key = ("square", *self.name)
            self.square = ctx.memo(key, lambda: square_of(frame, ctx.card, ctx.settings.fit))
        self.second = None if params.second == "none" else (params.second, params.second_severity)
        self.remedy = None if params.remedy == "none" else (params.remedy, params.strength)
        self.recipe = Recipe((params.corruption, params.severity), self.second, self.remedy)
        self.clean = self.look("clean", self.square.pixels)
        self.target = resolve_class(params.target, np.log(self.clean.probabilities + 1e-30))

    @property
    def label(self) -> str:
        """Name of the class in question, in quotation marks."""
        return f"“{self.ctx.card.label(self.target)}”"

    def look(self, key: Hashable, pixels: NDArray[np.uint8]) -> Look:
        """Ask the network about a square; the pass is kept for the frame."""

        def make() -> Look:
            from explainer.vision.corruptions.square import tensor_of

            with self.ctx.stage("model"):
                split = self.net.split(tensor_of(pixels, self.ctx.card, self.net.device), "last")
            return Look(pixels, split.logits[0].double().softmax(0).cpu().numpy(), split)

        return self.ctx.memo(("look", *self.name, key), make)

    def dirty(self, recipe: Any) -> Look:
        """Return the picture as a recipe's corruptions leave it, before any remedy."""
        from explainer.vision.corruptions.battery import dirtied

        key = ("dirty", recipe.first, recipe.second, self.params.again)
        pixels = self._pixels(key, lambda: dirtied(self.square.pixels, recipe, self.ctx.seed, self.params.again))
        return self.look(key, pixels)

    def treated(self, recipe: Any) -> Look:
        """Return the picture after the recipe's remedy."""
        from explainer.vision.corruptions.battery import treated

        if recipe.remedy is None:
            return self.dirty(recipe)
        key = (recipe, self.params.again)
        dirty = self.dirty(recipe).pixels
        return self.look(key, self._pixels(key, lambda: treated(dirty, recipe, self.ctx.checkpoint)))

    def treated_clean(self) -> Look:
        """Return what the remedy alone does to the clean picture."""
        from explainer.vision.corruptions.battery import treated

        key = ("remedy alone", self.remedy)
        pixels = self._pixels(key, lambda: treated(self.square.pixels, self.recipe, self.ctx.checkpoint))
        return self.look(key, pixels)

    def _pixels(self, key: Hashable, make: Any) -> NDArray[np.uint8]:
        with self.ctx.stage("prepare"):
            pixels: NDArray[np.uint8] = self.ctx.memo(("pixels", *self.name, key), make)
        return pixels

    def result(self, part: Part, *, partial: bool = False) -> Result:
        """Make it a result."""
        from explainer.vision.corruptions.square import tensor_of

        seen = tensor_of(self.treated(self.recipe).pixels, self.ctx.card, self.net.device)
        tensor = np.ascontiguousarray(seen.cpu().numpy(), dtype=np.float32)
        return part.result(input=tensor, partial=partial)
