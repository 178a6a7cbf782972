"""What the feature visualization shows and says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series, Style
from explainer.core.geometry import apply
from explainer.core.layers import Boxes, Image, Panel, Sets
from explainer.core.model_card import LayerCard
from explainer.core.parts import Part
from explainer.core.result import Result
from explainer.core.subject import Subject

SHOWN = 6
GRAIN = 2.0  # so many times the share of short waves is called grain
STYLES: tuple[Style, Style] = ("solid", "dashed")
NAMES = {"waves": "waves", "colours": "photo colours", "robust": "moves"}
Objective = str  # channel, unit, class


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The frame as the wish sees it.

    Parameters
    ----------
    about
        The frame, the network's input and its scores.
    objective, index
        ``"channel"``, ``"unit"`` or ``"class"``, and the number of the channel or class.
    layer
        Where the channel is; for a class the layer of its Grad-CAM.
    heat
        The channel's map ``(h, w)``, or the class's Grad-CAM.
    answers
        The frame's objective for every channel or class, ``(C,)``.
    fine
        Share of the frame's contrast in short waves.
    asked
        The channel that was asked for; a layer may have fewer.
    """

    about: Subject
    objective: Objective
    index: int
    layer: LayerCard
    heat: NDArray[np.float32]
    answers: NDArray[np.float64]
    fine: float
    asked: int = 0

    @property
    def brings(self) -> float:
        """The objective of the frame."""
        return float(self.answers[self.index])

    @property
    def is_class(self) -> bool:
        """Whether a class is maximised."""
        return self.objective == "class"

    @property
    def name(self) -> str:
        """The channel, unit or class in words."""
        if self.is_class:
            return self.about.label
        where = self.layer.label.split(" · ")[0]
        return f"channel {self.index} of {where}"

    @property
    def measure(self) -> str:
        """What is measured, as the subject of a sentence."""
        start = {"channel": "the mean of ", "unit": "the middle cell of ", "class": "the logit of "}[self.objective]
        return start + self.name

    @property
    def silent(self) -> bool:
        """Whether the frame excites it nowhere."""
        return bool(self.heat.max() <= 0)

    @property
    def peak(self) -> tuple[int, int]:
        """Row and column of the map's largest cell."""
        row, column = np.unravel_index(int(self.heat.argmax()), self.heat.shape)
        return int(row), int(column)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One ascent as it is shown.

    Parameters
    ----------
    picture
        ``(S, S, 3) uint8``.
    steps, heights
        The objective on the way.
    said
        Probabilities that the network gives the picture.
    fine
        Share of its contrast in waves shorter than 4 pixels.
    helps
        Which of the three switches were on.
    moving
        Whether there was any gradient to climb.
    """

    picture: NDArray[np.uint8]
    steps: tuple[int, ...]
    heights: tuple[float, ...]
    said: NDArray[np.float64]
    fine: float
    helps: frozenset[str]
    moving: bool

    @property
    def title(self) -> str:
        """Which rules kept it natural, in few words."""
        on, off = ([name for key, name in NAMES.items() if (key in self.helps) == kept] for kept in (True, False))
        if on and off:
            return f"Only {on[0]}" if len(on) == 1 else f"Without {off[0]}"
        return "Without rules" if off else "With rules"


def result(seen: Seen, drawn: Sequence[Drawn], step: int, more: Part) -> Result:
    """Put pictures, curves and words together; the second ascent is the comparison."""
    part = _pictures(seen, drawn) + Part((), (_curve(seen, drawn), _said(seen, drawn[0]), _loudest(seen)))
    part += Part((), (), _sentences(seen, drawn, step), _values(seen, drawn, step)) + more
    return Result(
        " ".join(part.sentences), part.values, part.panels, part.charts,
        input=np.ascontiguousarray(seen.about.x.cpu().numpy(), dtype=np.float32),
        heroes=(part.panels[0].slug, part.panels[1].slug),
        headline=_headline(seen, drawn),
    )  # fmt: skip


# Pictures -----------------------------------------------------------------------------------------------


def _pictures(seen: Seen, drawn: Sequence[Drawn]) -> Part:
    from explainer.vision.attribution.strongest import cut_out, patch_box

    what = "logit" if seen.is_class else "activation"
    made = tuple(square(d.title, d.picture, f"{what} {_number(d.heights[-1])}") for d in drawn)
    about, note = seen.about, f"{what} {_number(seen.brings)}"
    limit = float(np.abs(seen.heat).max())
    own = about.heat_panel("Photo", seen.heat, note, limit=limit, signed=bool(seen.heat.min() < 0))
    if seen.silent:
        return Part((*made, own))
    input_px = int(about.x.shape[2])
    box = patch_box(seen.peak, (seen.heat.shape[0], seen.heat.shape[1]), input_px, about.to_frame, about.focus)
    outline = Boxes("strongest part", np.array([box]), colours=(1,))
    own = Panel(own.title, own.size, (*own.layers, outline), own.note)
    return Part((*made, own, square("Strongest", cut_out(about.frame.pixels, box), "part of it")))


def square(title: str, pixels: NDArray[np.uint8], note: str) -> Panel:
    """Panel of one picture in its own pixels."""
    return Panel(title, (pixels.shape[1], pixels.shape[0]), (Image("picture", pixels),), note, frame=False)


# Charts -------------------------------------------------------------------------------------------------


def _curve(seen: Seen, drawn: Sequence[Drawn]) -> Curve:
    lines = [
        Series(d.title.lower(), np.array(d.steps, float), np.array(d.heights), style, colour)
        for d, style, colour in zip(drawn, STYLES, (-1, 1), strict=False)
    ]
    last = float(max(drawn[0].steps[-1], 1))
    lines.append(Series("your photo", np.array([0.0, last]), np.array([seen.brings] * 2), "dotted", -2))
    what = {"channel": "mean activation", "unit": "activation", "class": "logit"}[seen.objective]
    return Curve("Climb", tuple(lines), "step", what, note="measured on the picture as shown")


def _said(seen: Seen, drawn: Drawn) -> Bars:
    best = [int(k) for k in np.argsort(-drawn.said, kind="stable")[: SHOWN - 1]]
    return Bars(
        "The net calls it", tuple(seen.about.card.label(k) for k in best), tuple(float(drawn.said[k]) for k in best),
        chosen=best.index(seen.index) if seen.is_class and seen.index in best else -1,
        note=f"at {seen.about.x.shape[2]} px", sets=tuple({"objective": "class", "target": str(k)} for k in best),
    )  # fmt: skip


def _loudest(seen: Seen) -> Bars:
    """What answers most to the frame, to be clicked; the one that is maximised stands with them."""
    best = [int(k) for k in np.argsort(-seen.answers, kind="stable")[:SHOWN]]
    shown = best if seen.index in best else [*best[: SHOWN - 1], seen.index]
    numbers = tuple(float(seen.answers[k]) for k in shown)
    labels = tuple(seen.about.card.label(k) if seen.is_class else f"channel {k}" for k in shown)
    sets: tuple[Sets, ...] = tuple({"target": str(k)} if seen.is_class else {"channel": k} for k in shown)
    title = "Best classes of your photo" if seen.is_class else "Answers to your photo"
    return Bars(
        title, labels, numbers, hi=max(*numbers, 1e-6), lo=min(*numbers, 0.0), chosen=shown.index(seen.index),
        note="click one", sets=sets,
    )  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def _values(seen: Seen, drawn: Sequence[Drawn], step: int) -> dict[str, float]:
    first, about = drawn[0], seen.about
    best = int(first.said.argmax())
    x, y = apply(about.map_to_frame(seen.heat.shape), np.array([seen.peak[::-1]]) + 0.5)[0]
    values = {
        "wished_index": float(seen.index),
        "step_count": float(step),
        "height_start": first.heights[0],
        "height_end": first.heights[-1],
        "fine_share": first.fine,
        "frame_fine_share": seen.fine,
        "called_index": float(best),
        "called_score": float(first.said[best]),
        "frame_height": seen.brings,
        "frame_peak": float(seen.heat.max()),
        "frame_rank": float(np.count_nonzero(seen.answers > seen.answers[seen.index]) + 1),
        "peak_x_px": float(x),
        "peak_y_px": float(y),
        "answer_count": float(len(seen.answers)),
    }
    if seen.is_class:
        values |= {"wished_score": float(first.said[seen.index]), "frame_score": about.score}
    if seen.brings > 0:
        values["times_frame"] = first.heights[-1] / seen.brings
    if len(drawn) > 1:
        values |= {"other_height_end": drawn[1].heights[-1], "other_fine_share": drawn[1].fine}
    return values


def _sentences(seen: Seen, drawn: Sequence[Drawn], step: int) -> tuple[str, ...]:
    first = drawn[0]
    best = int(first.said.argmax())
    said = f"the net calls the result “{seen.about.card.label(best)}” ({words.score(float(first.said[best]))})"
    start, end = _number(first.heights[0]), _number(first.heights[-1])
    sentences = [f"In {step} steps {seen.measure} climbs from {start} to **{end}**, and {said}."]
    sentences += [f"Your photo brings {_number(seen.brings)}{': nothing in it excites it' * seen.silent}."]
    if not seen.is_class and seen.asked > seen.index:
        sentences.insert(0, f"This layer has {words.thousands(len(seen.answers))} channels, so the last one is taken.")
    if not first.moving:
        sentences.append("Its gradient has become zero, so it climbs no further.")
    if len(drawn) > 1:
        sentences.append(_comparison(first, drawn[1], seen))
    return tuple(sentences)


def _headline(seen: Seen, drawn: Sequence[Drawn]) -> str:
    first, other = drawn[0], drawn[-1]
    wished = seen.name if seen.is_class else "this " + ("channel" if seen.objective == "channel" else "unit")
    if len(drawn) == 1:
        called = seen.about.card.label(int(first.said.argmax()))
        return f"This picture grew from noise to excite {wished}; the network calls it “{called}”."
    rules = first.title == "With rules" and other.title == "Without rules"
    if rules and other.fine > GRAIN * first.fine and other.heights[-1] > first.heights[-1]:
        never, more = (", which your photo never does", "") if seen.silent else ("", " that excites it more")
        return f"Grown from noise to excite {wished}{never}: with rules a pattern, without them fine grain{more}."
    return f"Both pictures grew from noise to excite {wished}; only the rules they had to keep differ."


def _comparison(first: Drawn, other: Drawn, seen: Seen) -> str:
    return (
        f"{other.title} it reaches {_number(other.heights[-1])}. Waves shorter than 4 pixels hold "
        f"{words.percent(first.fine)} of the first picture's contrast, {words.percent(other.fine)} of the second's "
        f"and {words.percent(seen.fine)} of your photo's."
    )


def _number(value: float) -> str:
    """Three figures, with a true minus sign."""
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return text.replace("-", "−")
