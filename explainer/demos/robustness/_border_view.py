"""What the border probe shows and says."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.geometry import identity, resized
from explainer.core.layers import Heat, Image, Panel
from explainer.core.result import Result

Maps = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Maps of all layers and answers ``(K,)``: constant picture and this one, each with zeros and without."""

    frame: Frame
    ctx: Context
    ready: Any
    layer: str
    other: str
    colour: tuple[float, float, float]
    flat: tuple[Maps, NDArray[np.float64]]
    flat_other: tuple[Maps, NDArray[np.float64]]
    seen: tuple[Maps, NDArray[np.float64]]
    seen_other: tuple[Maps, NDArray[np.float64]]

    def result(self) -> Result:
        """Put panels, charts, words and numbers together."""
        from explainer.vision.stress.borders import deviation, difference, touched_share

        shown = deviation(self.flat[0][self.layer])
        changed = difference(self.seen[0][self.layer], self.seen_other[0][self.layer])
        share = touched_share(shown)
        size = (self.frame.width, self.frame.height)
        cells = f"{words.cells(shown.shape)} cells"
        picture = Image("picture", self.frame.pixels, focus=self.ready.focus)
        panels = (
            Panel("Input", size, (picture,)),
            Panel("Constant picture", size, (self._one_colour(), self._heat(shown, "of the middle")), cells),
            Panel("This picture", size, (picture, self._heat(changed, "of the mean")), f"zeros against {self.other}"),
        )
        values = self._values(shown, changed, share)
        return Result(
            " ".join(self._sentences(values)), values, panels, (self._depth(), self._across(shown), self._bars()),
            input=np.ascontiguousarray(self.ready.tensor.cpu().numpy(), np.float32),
        )  # fmt: skip

    def _one_colour(self) -> Image:
        pixels = np.full((2, 2, 3), np.rint(np.array(self.colour) * 255.0), np.uint8)
        over = resized(identity(), (self.frame.height, self.frame.width), (2, 2))
        return Image("picture", pixels, over, focus=self.ready.focus)

    def _heat(self, values: NDArray[np.float32], unit: str) -> Heat:
        height, width = self.ready.tensor.shape[2:]
        over = resized(self.ready.to_frame, (height, width), (values.shape[0], values.shape[1]))
        return Heat("map", values, 0.0, float(values.max()) or 1.0, over, unit=unit, smooth=False)

    def _depth(self) -> Curve:
        from explainer.vision.stress.borders import deviation, touched_share

        rows = (("zeros", self.flat[0], -1), (self.other, self.flat_other[0], -2))
        lines = tuple(
            Series(
                name,
                np.arange(1.0, len(maps) + 1),
                np.array([100 * touched_share(deviation(m)) for m in maps.values()]),
                colour=colour,
            )
            for name, maps, colour in rows
        )
        return Curve("Touched by the border", lines, "layer", "% of cells", (0.0, 100.0), None, "constant picture")

    def _across(self, shown: NDArray[np.float32]) -> Curve:
        row = shown[shown.shape[0] // 2].astype(np.float64)
        across = 100.0 * (np.arange(len(row)) + 0.5) / len(row)
        if len(row) == 1:
            across, row = np.array([0.0, 100.0]), row.repeat(2)
        line = Series("deviation", across, row)
        return Curve("Across the middle row", (line,), "% of the width", "deviation", None, (0.0, 100.0))

    def _bars(self) -> Bars:
        index = int(self.seen[1].argmax())
        pairs = ((self.seen, "zeros"), (self.seen_other, self.other))
        return Bars(
            "Score", tuple(name for _, name in pairs), tuple(float(one[1][index]) for one, _ in pairs),
            note=f"“{self.ctx.card.label(index)}”",
        )  # fmt: skip

    def _values(self, shown: Any, changed: Any, share: float) -> dict[str, float]:
        from explainer.vision.stress.borders import deviation

        index = int(self.seen[1].argmax())
        return {
            "touched_share": share,
            "deviation_corner": float(shown[0, 0]),
            "deviation_edge": float(shown[0, shown.shape[1] // 2]),
            "deviation_other_max": float(deviation(self.flat_other[0][self.layer]).max()),
            "picture_change_mean": float(changed.mean()),
            "picture_change_max": float(changed.max()),
            "score_zeros": float(self.seen[1][index]),
            "score_other": float(self.seen_other[1][index]),
            "flat_top_score": float(self.flat[1].max()),
            "flat_answer_changed": float(self.flat[1].argmax() != self.flat_other[1].argmax()),
        }

    def _sentences(self, values: dict[str, float]) -> tuple[str, ...]:
        card, flat = self.ctx.card, int(self.flat[1].argmax())
        without, answer = int(self.flat_other[1].argmax()), int(self.seen[1].argmax())
        one_colour = (
            f"The picture has one colour, yet {words.percent(values['touched_share'])} of the cells of this layer "
            f"differ from the middle one by more than 1 %, the corner by {words.percent(values['deviation_corner'])}."
        )
        named = (
            f"With zeros beyond the edge the network calls it “{card.label(flat)}” "
            f"({words.score(float(self.flat[1][flat]))}), otherwise “{card.label(without)}” "
            f"({words.score(float(self.flat_other[1][without]))})."
        )
        here = (
            f"On this picture “{card.label(answer)}” has {words.score(values['score_zeros'])} with zeros and "
            f"{words.score(values['score_other'])} without."
        )
        return (one_colour, named, here)
