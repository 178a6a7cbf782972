"""What the feature visualization shows and says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series, Style
from explainer.core.context import Context
from explainer.core.geometry import apply
from explainer.core.layers import Boxes, Image, Label, Panel
from explainer.core.model_card import LayerCard
from explainer.core.number_text import number
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.subject import Subject

if TYPE_CHECKING:
    from explainer.vision.attribution.ascents import Drawn
    from explainer.vision.attribution.feature_vis import Recipe

SHOWN, BEST, COLUMNS, TILE_PX = 6, 6, 3, 112
STYLES: tuple[Style, Style] = ("solid", "dashed")
MEASURES = {"channel": "mean activation", "unit": "activation", "class": "logit"}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The frame as the wish sees it.

    Parameters
    ----------
    objective, index
        ``"channel"``, ``"unit"`` or ``"class"``, and the number of the channel or class.
    layer
        Where the channel is; for a class the layer of its Grad-CAM.
    heat
        The channel's map ``(h, w)``, or the class's Grad-CAM.
    loudness
        Strongest cell of every channel, or every class's logit, ``(C,)``.
    brings
        The objective of the frame.
    fine
        Share of the frame's contrast in short waves.
    asked
        The channel that was asked for; a layer may have fewer.
    """

    about: Subject
    objective: str
    index: int
    layer: LayerCard
    heat: NDArray[np.float32]
    loudness: NDArray[np.float64]
    brings: float
    fine: float
    asked: int = 0

    @property
    def is_class(self) -> bool:
        """Whether a class is maximised."""
        return self.objective == "class"

    @property
    def name(self) -> str:
        """The channel, unit or class in words."""
        return self.about.label if self.is_class else f"channel {self.index} of {self.layer.label.split(' · ')[0]}"

    @property
    def silent(self) -> bool:
        """Whether the frame excites it nowhere."""
        return bool(self.heat.max() <= 0)

    @property
    def peak(self) -> tuple[int, int]:
        """Row and column of the map's largest cell."""
        row, column = np.unravel_index(int(self.heat.argmax()), self.heat.shape)
        return int(row), int(column)

    @property
    def loudest(self) -> bool:
        """Whether no other channel answers more strongly anywhere in the frame."""
        return self.index == int(self.loudness.argmax())


def part(seen: Seen, drawn: Sequence["Drawn"]) -> Part:
    """Pictures, charts and words; the second ascent is the comparison."""
    pictures = _pictures(seen, drawn)
    charts = (_loudest(seen), _curve(seen, drawn), _said(seen, drawn[0]))
    return pictures + Part((), charts, _sentences(seen, drawn), _values(seen, drawn), (), {},
                           _headline(seen, drawn[0]), ("photo", "grown-from-noise"))  # fmt: skip


def title(recipe: "Recipe") -> str:
    """Which rules kept an ascent natural, in few words."""
    rules = {"waves": recipe.canvas.waves, "photo colours": recipe.canvas.colours, "moves": recipe.robust}
    on, off = ([name for name, kept in rules.items() if kept == wanted] for wanted in (True, False))
    if on and off:
        return f"Only {on[0]}" if len(on) == 1 else f"Without {off[0]}"
    return "Without rules" if off else "With rules"


# Pictures -----------------------------------------------------------------------------------------------


def _pictures(seen: Seen, drawn: Sequence["Drawn"]) -> Part:
    from explainer.vision.attribution.strongest import cut_out, patch_box

    what, about = "logit" if seen.is_class else "activation", seen.about
    titles = ["Grown from noise", *(title(other.recipe) for other in drawn[1:])]
    notes = [f"{what} {number(d.heights[-1], '.1f')}" for d in drawn]
    notes[0] = f"{title(drawn[0].recipe).lower()}, {notes[0]}"
    made = [_square(*one) for one in zip(titles, (d.picture for d in drawn), notes, strict=True)]
    own = about.heat_panel("Photo", np.maximum(seen.heat, 0.0), f"what {seen.name} answers")
    if seen.silent:
        return Part((own, *made))
    box = patch_box(seen.peak, seen.heat.shape, int(about.x.shape[2]), about.to_frame, about.focus)
    framed = Panel(own.title, own.size, (*own.layers, Boxes("strongest part", np.array([box]), colours=(1,))), own.note)
    return Part((framed, made[0], _square("Framed part", cut_out(about.frame.pixels, box), "of your photo"), *made[1:]))


def _square(name: str, pixels: NDArray[np.uint8], note: str) -> Panel:
    return Panel(name, (pixels.shape[1], pixels.shape[0]), (Image("picture", pixels),), note, frame=False)


def examples(seen: Seen, net: Any, ctx: Context) -> Part:
    """Tiles of the user's pictures that excite it most; says so where there is nothing to search."""
    from explainer.vision.attribution.examples import cut, searched

    found = searched("" if seen.is_class else seen.layer.name, net, ctx)
    if found is None:
        none = ("There are no pictures to search (0 found): open a folder.",)
        return Part(sentences=none, values=numbers(searched_count=0))
    rows = found.best(seen.index, BEST)
    scores, tiles = found.values[rows, seen.index], [cut(found, int(row), seen.index, net, ctx) for row in rows]
    looked, best = len(found.numbers), tiles[0][1] or f"number {found.numbers[rows[0]] + 1}"
    note = f"{looked} searched" if looked == found.of else f"{looked} of {found.of} searched"
    said = f"Of {looked} pictures {best} excites it most ({scores[0]:.2f})."
    if looked == 1:
        said = "The source has only 1 picture to search; open a folder for more."
    values = numbers(searched_count=looked, best_example=scores[0])
    return Part((_sheet([pixels for pixels, _ in tiles], scores, note),), (), (said,), values)


def _sheet(tiles: list[NDArray[np.uint8]], scores: NDArray[np.float32], note: str) -> Panel:
    from explainer.vision.attribution.strongest import GAP_PX, mosaic

    columns, pitch = min(COLUMNS, len(tiles)), TILE_PX + GAP_PX
    sheet = mosaic(tiles, columns, TILE_PX)
    corners = [(pitch * (n % columns), pitch * (n // columns) + 20.0) for n in range(len(tiles))]
    labels = (
        Label(f"score {n + 1}", f"{one:.1f}", xy, 0) for n, (one, xy) in enumerate(zip(scores, corners, strict=True))
    )
    size = (sheet.shape[1], sheet.shape[0])
    return Panel("Best of your pictures", size, (Image("tiles", sheet), *labels), note, frame=False)


# Charts -------------------------------------------------------------------------------------------------


def _loudest(seen: Seen) -> Bars:
    """What answers most strongly to the frame, to be clicked; the one that is maximised stands with them."""
    best = [int(k) for k in np.argsort(-seen.loudness, kind="stable")[:SHOWN]]
    shown = best if seen.index in best else [*best[: SHOWN - 1], seen.index]
    values = tuple(float(seen.loudness[k]) for k in shown)
    key, label = ("target", seen.about.card.label) if seen.is_class else ("channel", "channel {}".format)
    return Bars(
        "Best classes here" if seen.is_class else "Loudest channels here", tuple(map(label, shown)),
        values, hi=max(*values, 1e-6), lo=min(*values, 0.0), format=".1f", chosen=shown.index(seen.index),
        note="click one", sets=tuple({key: str(k) if seen.is_class else k} for k in shown),
    )  # fmt: skip


def _curve(seen: Seen, drawn: Sequence["Drawn"]) -> Curve:
    lines = [
        Series(title(d.recipe).lower(), np.array(d.steps, float), np.array(d.heights), style, colour)
        for d, style, colour in zip(drawn, STYLES, (-1, 1), strict=False)
    ]
    ends = np.array([0.0, max(drawn[0].steps[-1], 1)])
    lines.append(Series("your photo", ends, np.full(2, seen.brings), "dotted", -2))
    return Curve("Climb", tuple(lines), "step", MEASURES[seen.objective], note="measured on the picture as shown")


def _said(seen: Seen, drawn: "Drawn") -> Bars:
    best = [int(k) for k in np.argsort(-drawn.said, kind="stable")[: SHOWN - 1]]
    return Bars(
        "The net calls it", tuple(map(seen.about.card.label, best)), tuple(float(drawn.said[k]) for k in best),
        chosen=best.index(seen.index) if seen.is_class and seen.index in best else -1,
        note=f"at {seen.about.x.shape[2]} px", sets=tuple({"objective": "class", "target": str(k)} for k in best),
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def _values(seen: Seen, drawn: Sequence["Drawn"]) -> dict[str, float]:
    first, other, about = drawn[0], drawn[1] if len(drawn) > 1 else None, seen.about
    x, y = apply(about.map_to_frame(seen.heat.shape), np.array([seen.peak[::-1]]) + 0.5)[0]
    return numbers(
        wished_index=seen.index, step_count=first.step, height_start=first.heights[0], height_end=first.heights[-1],
        fine_share=first.fine, frame_fine_share=seen.fine, called_index=first.said.argmax(),
        called_score=first.said.max(), frame_height=seen.brings, frame_peak=seen.heat.max(),
        frame_rank=np.count_nonzero(seen.loudness > seen.loudness[seen.index]) + 1, peak_x_px=x, peak_y_px=y,
        answer_count=len(seen.loudness), wished_score=first.said[seen.index] if seen.is_class else None,
        frame_score=about.score if seen.is_class else None,
        times_frame=first.heights[-1] / seen.brings if seen.brings > 0 else None,
        other_height_end=other.heights[-1] if other else None, other_fine_share=other.fine if other else None,
    )  # fmt: skip


def _headline(seen: Seen, first: "Drawn") -> str:
    """Say what excites it in the photo, and what the grown picture does."""
    if seen.is_class:
        called = seen.about.card.label(int(first.said.argmax()))
        return f"This picture grew from noise to excite {seen.name}; the network calls it “{called}”."
    if seen.silent:
        return f"Nothing in the photo excites channel {seen.index}; the picture beside it grew from noise to do so."
    most = "loudest" if seen.loudest else "most"
    what = "it everywhere" if seen.objective == "channel" else "its middle cell"
    grown = f"the picture beside it grew from noise to excite {what}"
    return f"Channel {seen.index} answers {most} to the framed part; {grown}."


def _sentences(seen: Seen, drawn: Sequence["Drawn"]) -> tuple[str, ...]:
    first, count = drawn[0], words.thousands(len(seen.loudness))
    called = f"“{seen.about.card.label(int(first.said.argmax()))}” ({words.score(float(first.said.max()))})"
    start, end, brings = (number(one, ".1f") for one in (first.heights[0], first.heights[-1], seen.brings))
    measure = {"channel": "the mean of ", "unit": "the middle cell of ", "class": "the logit of "}[seen.objective]
    fewer = not seen.is_class and seen.asked > seen.index
    return (
        f"This layer has {count} channels, so the last one is taken." if fewer else "",
        f"In {first.step} steps {measure}{seen.name} climbs from {start} to **{end}**; your photo reaches {brings}.",
        f"The net calls the result {called}.",
        "Its gradient has become zero, so it climbs no further." if not first.moving else "",
        *(_comparison(seen, first, other) for other in drawn[1:]),
    )


def _comparison(seen: Seen, first: "Drawn", other: "Drawn") -> str:
    return (
        f"{title(other.recipe)} it reaches {number(other.heights[-1], '.1f')}. Waves shorter than 4 pixels hold "
        f"{words.percent(first.fine)} of the first picture's contrast, {words.percent(other.fine)} of the second's "
        f"and {words.percent(seen.fine)} of your photo's."
    )
