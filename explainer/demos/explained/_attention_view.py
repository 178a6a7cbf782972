"""Panels, charts, values and sentences of the self-attention demo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Arrows, Boxes, Cells, Heat, Image, Label, Layer, Panel
from explainer.core.number_text import number
from explainer.core.numbers import numbers
from explainer.core.parts import Part
from explainer.core.picture import Copy, dark, panel

if TYPE_CHECKING:
    from explainer.vision.attention.telling import Gaze


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was found for one token of one picture.

    Parameters
    ----------
    title
        What the map is: ``"head 3, layer 12"``.
    row
        ``(1 + P,)``: the token's attention to the class token and to each patch; sums to one.
    rolled
        ``(1 + P,)``: what the token is made of after all layers up to this one; `row` itself where that is shown.
    heads
        ``(6, 1 + P)``: the same of every head of the layer.
    head
        The head that is drawn large, from 0; ``None`` for their mean and for rollout.
    patch
        Number of the asking patch; ``None`` for the class token.
    of_class
        ``(1 + P,)``: the class token's row in the same map, to compare with.
    colours, colour_share
        Patches in the colours of their first three components ``(h, w, 3) uint8``, and the variance these hold.
    """

    frame: Frame
    grid: tuple[int, int]
    title: str
    layer: int
    row: NDArray[np.float64]
    rolled: NDArray[np.float64]
    heads: NDArray[np.float64]
    head: int | None
    patch: int | None
    of_class: NDArray[np.float64]
    colours: NDArray[np.uint8]
    colour_share: float

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a patch in frame pixels."""
        return self.frame.width / self.grid[1], self.frame.height / self.grid[0]

    @property
    def places(self) -> NDArray[np.float64]:
        """Middles of the patches in frame pixels, ``(P, 2)``."""
        from explainer.vision.attention.maps import centres

        return centres(self.grid, (self.frame.width, self.frame.height))

    @property
    def gaze(self) -> Gaze:
        """Where it looks."""
        from explainer.vision.attention.telling import Gaze

        return Gaze(self.row, self.grid, self.patch)


def part(seen: Seen) -> Part:
    """Put all of it together."""
    own, shown = _box(seen, seen.patch), _pointing(seen)
    panels = [
        panel(seen.frame, "Input", *own, note=f"{seen.grid[1]} × {seen.grid[0]} patches"),
        _over(seen, "Attention", seen.row, seen.title, shown),
        _heads(seen),
        panel(seen.frame, "Patch PCA", Image("components", seen.colours, scale_shift(*seen.cell), smooth=False),
              note=f"{words.percent(seen.colour_share)} of variance"),
    ]  # fmt: skip
    if seen.rolled is not seen.row:
        note = f"layers 1 to {seen.layer} together" if seen.layer > 1 else "layer 1 alone"
        panels.insert(2, _over(seen, "Rollout", seen.rolled, note, own))
    values = _values(seen)
    return Part(
        tuple(panels), (_entropies(seen),), (_reading(seen, values),), values,
        headline=_headline(seen), heroes=("attention",),
    )  # fmt: skip


def _box(seen: Seen, patch: int | None, wide: int = 0) -> tuple[Boxes, ...]:
    """Frame of a patch, or of those `wide` around it."""
    if patch is None:
        return ()
    (x, y), (w, h) = seen.places[patch], (np.array(seen.cell) * (wide + 0.5)).tolist()
    return (Boxes("asking patch" if not wide else "looked at", np.array([[x - w, y - h, x + w, y + h]])),)


def _pointing(seen: Seen) -> tuple[Layer, ...]:
    """Frame the asking patch, and point at where it looks; of the class token, frame that place."""
    gaze = seen.gaze
    if seen.rolled is seen.row or not gaze.far:
        return _box(seen, seen.patch)
    if seen.patch is None:
        return _box(seen, gaze.spot, 1)
    way = Arrows("looks at", seen.places[[seen.patch]], seen.places[[gaze.spot]])
    return (*_box(seen, seen.patch), way, _said(seen, "this patch", seen.patch), _said(seen, "looks here", gaze.spot))


def _said(seen: Seen, text: str, patch: int) -> Label:
    x, y = seen.places[patch].tolist()
    return Label(text, text, (x, y), clear=min(seen.cell) / 2)


def _over(seen: Seen, title: str, row: NDArray[np.float64], note: str, over: tuple[Layer, ...]) -> Panel:
    """Attention to the patches, over the picture."""
    values = row[1:].reshape(seen.grid).astype(np.float32)
    lo, hi = float(np.median(values)) if title == "Rollout" else 0.0, _limit(values)  # all layers leave some everywhere
    heat = Heat("attention", values, min(lo, 0.9 * hi), hi, scale_shift(*seen.cell), smooth=False)
    under = dark(seen.frame.pixels)
    return Copy(seen.frame, under.shape).panel(title, heat, *over, note=note, under=under)


def _heads(seen: Seen) -> Panel:
    tiles = seen.heads[:, 1:].reshape(-1, *seen.grid).astype(np.float32)
    labels, sets = _names(len(tiles))
    mosaic = Cells("heads", tiles, 3, 0.0, _limit(tiles), labels=labels, sets=sets, chosen=_chosen(seen))
    return Panel("Heads", mosaic.size, (mosaic,), f"layer {seen.layer}, one scale for all", frame=False)


def _names(count: int) -> tuple[tuple[str, ...], tuple[dict[str, str], ...]]:
    """Of the heads, and what a click on each sets."""
    each = range(1, count + 1)
    return tuple(f"head {k}" for k in each), tuple({"head": str(k), "view": "layer"} for k in each)


def _chosen(seen: Seen) -> int:
    return -1 if seen.head is None else seen.head


def _limit(values: NDArray[np.floating]) -> float:
    """Upper end of the scale: a few patches often draw ten times more than all others, and would leave them dark."""
    return float(np.percentile(values, 99.5)) or float(values.max()) or 1.0


def _entropies(seen: Seen) -> Bars:
    from explainer.vision.attention.maps import entropy_bits

    bits = entropy_bits(seen.heads)
    labels, sets = _names(len(bits))
    return Bars(
        "Entropy of the heads", labels, tuple(map(float, bits)), hi=float(np.log2(seen.heads.shape[1])),
        chosen=_chosen(seen), note=f"bits, layer {seen.layer}; full bar: all alike", sets=sets,
    )  # fmt: skip


def _values(seen: Seen) -> dict[str, float]:
    from explainer.vision.attention.maps import entropy_bits, mean_distance

    patches, places, asks = seen.row[1:], seen.places, seen.patch is not None
    top, away, alike = int(patches.argmax()), None, None
    if asks:
        away = mean_distance(patches, np.hypot(*(places - places[seen.patch]).T))
        if patches.std() > 0 and seen.of_class[1:].std() > 0:
            alike = float(np.corrcoef(patches, seen.of_class[1:])[0, 1])
    return numbers(
        entropy_bits=entropy_bits(seen.row), uniform_bits=np.log2(len(seen.row)), row_sum=seen.row.sum(),
        peak_x_px=places[top, 0], peak_y_px=places[top, 1], peak_share=patches[top],
        times_uniform=patches[top] * len(seen.row), class_token_share=seen.row[0], half_patches=seen.gaze.half,
        rollout_half_patches=replace(seen.gaze, row=seen.rolled).half, patch_count=len(patches),
        patches_across=seen.grid[1], patches_down=seen.grid[0], layer_number=seen.layer,
        component_share=seen.colour_share,
        spot_x_px=places[seen.gaze.spot, 0], spot_y_px=places[seen.gaze.spot, 1], near_share=seen.gaze.near,
        self_share=patches[seen.patch] if asks else None, mean_distance_px=away, correlation_with_class_token=alike,
    )  # fmt: skip


def _headline(seen: Seen) -> str:
    """Say what it looks at."""
    asking, gaze, count = _asking(seen), seen.gaze, len(seen.row) - 1
    if seen.rolled is seen.row:
        few = words.count(gaze.half, "patch", "patches")
        return f"Through all layers up to {seen.layer}, half of what {asking} is made of comes from {few}."
    looks = f"In {f'layer {seen.layer}' if seen.head is None else f'head {seen.head + 1}'} {asking}"
    if gaze.even:
        return f"{looks} looks at all {count} patches about equally."
    if gaze.near is None:
        return f"{looks}, which stands for the whole picture, looks most at the framed place."
    if not gaze.far:
        return (
            f"{looks} looks around itself: half of its attention goes to {words.count(gaze.half, 'patch', 'patches')}."
        )
    return f"{looks} {gaze.said(_beside(seen), 0.5 * _limit(seen.row[1:]))}."


def _asking(seen: Seen) -> str:
    return "the class token" if seen.patch is None else "the framed patch"


def _beside(seen: Seen) -> str:
    """Where it looks as seen from the asking patch: "left of", "above", "below and right of"."""
    across, down = seen.places[seen.gaze.spot] - seen.places[seen.patch or 0]
    sides = ("below" if down > 0 else "above", "right of" if across > 0 else "left of")
    if min(abs(across), abs(down)) * 2 < max(abs(across), abs(down)):
        return sides[int(abs(across) > abs(down))]
    return " and ".join(sides)


def _reading(seen: Seen, values: dict[str, float]) -> str:
    place, itself = (values["peak_x_px"], values["peak_y_px"]), seen.patch == int(seen.row[1:].argmax())
    where = words.place(place[0] / seen.frame.width, place[1] / seen.frame.height)
    likeness, away = values.get("correlation_with_class_token"), values.get("mean_distance_px")
    far = "" if away is None else f", mean distance {away:.0f} px"
    return (
        f"{_asking(seen).capitalize()} takes most from one patch, {'itself' if itself else f'the one {where}'}, at "
        f"({place[0]:.0f}, {place[1]:.0f}) px ({seen.title}). That is {100 * values['peak_share']:.1f} % of all, "
        f"{values['times_uniform']:.0f} times an equal share. Entropy is {values['entropy_bits']:.1f} of "
        f"{values['uniform_bits']:.1f} bits{far}."
        f"{'' if likeness is None else f' Correlation with the map of the class token: {number(likeness)}.'}"
    )
