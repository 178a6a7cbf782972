"""Panels, charts, values and sentences of the self-attention demo."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars
from explainer.core.frame import Frame
from explainer.core.geometry import scale_shift
from explainer.core.layers import Boxes, Cells, Heat, Image, Panel
from explainer.core.number_text import number
from explainer.core.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was found for one token of one picture.

    Parameters
    ----------
    title
        What the map is: ``"head 3 of layer 12"``.
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
    def size(self) -> tuple[int, int]:
        """Width and height of the frame."""
        return self.frame.width, self.frame.height

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a patch in frame pixels."""
        return self.frame.width / self.grid[1], self.frame.height / self.grid[0]

    @property
    def distances(self) -> NDArray[np.float64]:
        """Distance of each patch from the asking one, in frame pixels, ``(P,)``; zeros for the class token."""
        from explainer.vision.attention.maps import centres

        places = centres(self.grid, self.size)
        away = places - places[self.patch if self.patch is not None else 0]
        return np.asarray(np.hypot(away[:, 0], away[:, 1])) * (self.patch is not None)


def result(seen: Seen) -> Result:
    """Put all of it together."""
    panels = [_input(seen), _over(seen, "Attention", seen.row, seen.title), _heads(seen), _components(seen)]
    if seen.rolled is not seen.row:
        note = f"layers 1 to {seen.layer} together" if seen.layer > 1 else "layer 1 alone"
        panels.insert(2, _over(seen, "Rollout", seen.rolled, note))
    return Result(
        _reading(seen), _values(seen), tuple(panels), (_entropies(seen),), headline=_headline(seen),
        heroes=tuple(one.slug for one in panels[1:-2]),
    )  # fmt: skip


def _box(seen: Seen) -> tuple[Boxes, ...]:
    if seen.patch is None:
        return ()
    down, across = divmod(seen.patch, seen.grid[1])
    w, h = seen.cell
    corners = np.array([[across * w, down * h, (across + 1) * w, (down + 1) * h]])
    return (Boxes("asking patch", corners),)


def _input(seen: Seen) -> Panel:
    note = f"{seen.grid[1]} × {seen.grid[0]} patches"
    return Panel("Input", seen.size, (Image("picture", seen.frame.pixels), *_box(seen)), note)


def _over(seen: Seen, title: str, row: NDArray[np.float64], note: str) -> Panel:
    """Attention to the patches, over the picture."""
    values = row[1:].reshape(seen.grid).astype(np.float32)
    lo, hi = float(np.median(values)) if title == "Rollout" else 0.0, _limit(values)  # all layers leave some everywhere
    heat = Heat("attention", values, min(lo, 0.9 * hi), hi, scale_shift(*seen.cell), smooth=False)
    return Panel(title, seen.size, (Image("picture", seen.frame.pixels), heat, *_box(seen)), note)


def _heads(seen: Seen) -> Panel:
    tiles = seen.heads[:, 1:].reshape(-1, *seen.grid).astype(np.float32)
    count = len(tiles)
    mosaic = Cells(
        "heads", tiles, 3, 0.0, _limit(tiles), labels=tuple(f"head {k + 1}" for k in range(count)),
        sets=tuple({"head": str(k + 1), "view": "layer"} for k in range(count)),
        chosen=-1 if seen.head is None else seen.head,
    )  # fmt: skip
    return Panel("Heads", mosaic.size, (mosaic,), f"layer {seen.layer}, one scale for all", frame=False)


def _components(seen: Seen) -> Panel:
    picture = Image("components", seen.colours, scale_shift(*seen.cell), smooth=False)
    note = f"{words.percent(seen.colour_share)} of variance"
    return Panel("Patch PCA", seen.size, (picture,), note)


def _limit(values: NDArray[np.float32]) -> float:
    """Upper end of the scale: a few patches often draw ten times more than all others, and would leave them dark."""
    return float(np.percentile(values, 99.5)) or float(values.max()) or 1.0


def _entropies(seen: Seen) -> Bars:
    from explainer.vision.attention.maps import entropy_bits

    bits = entropy_bits(seen.heads)
    return Bars(
        "Entropy of the heads", tuple(f"head {k + 1}" for k in range(len(bits))), tuple(float(b) for b in bits),
        hi=float(np.log2(seen.heads.shape[1])), chosen=-1 if seen.head is None else seen.head,
        note=f"bits, layer {seen.layer}; full bar: all alike",
        sets=tuple({"head": str(k + 1), "view": "layer"} for k in range(len(bits))),
    )  # fmt: skip


def _values(seen: Seen) -> dict[str, float]:
    from explainer.vision.attention.maps import centres, entropy_bits, mean_distance

    patches = seen.row[1:]
    top = int(patches.argmax())
    x, y = centres(seen.grid, seen.size)[top]
    values = {
        "entropy_bits": float(entropy_bits(seen.row)),
        "uniform_bits": float(np.log2(len(seen.row))),
        "row_sum": float(seen.row.sum()),
        "peak_x_px": float(x),
        "peak_y_px": float(y),
        "peak_share": float(patches[top]),
        "times_uniform": float(patches[top] * len(seen.row)),
        "class_token_share": float(seen.row[0]),
        "half_patches": float(_half(seen.row)),
        "rollout_half_patches": float(_half(seen.rolled)),
        "patch_count": float(len(patches)),
        "patches_across": float(seen.grid[1]),
        "patches_down": float(seen.grid[0]),
        "layer_number": float(seen.layer),
        "component_share": seen.colour_share,
    }
    if seen.patch is None:
        return values
    values["self_share"] = float(patches[seen.patch])
    away = mean_distance(patches, seen.distances)
    if away is not None:
        values["mean_distance_px"] = away
    if patches.std() > 0 and seen.of_class[1:].std() > 0:
        values["correlation_with_class_token"] = float(np.corrcoef(patches, seen.of_class[1:])[0, 1])
    return values


def _headline(seen: Seen) -> str:
    asking = "the class token" if seen.patch is None else "the framed patch"
    few = words.count(_half(seen.row), "patch", "patches")
    if seen.rolled is seen.row:
        return f"Through all layers up to {seen.layer}, half of what {asking} is made of comes from {few}."
    return f"In this layer {asking} looks mostly at {few}; all layers so far mix in {_half(seen.rolled)}."


def _half(row: NDArray[np.float64]) -> int:
    """How many patches, the strongest first, hold half of what goes to patches."""
    total = np.cumsum(np.sort(row[1:])[::-1])
    return int(np.searchsorted(total, 0.5 * total[-1])) + 1


def _reading(seen: Seen) -> str:
    values = _values(seen)
    x, y = values["peak_x_px"], values["peak_y_px"]
    asking = "The class token" if seen.patch is None else "The framed patch"
    itself = seen.patch is not None and seen.patch == int(seen.row[1:].argmax())
    where = "itself" if itself else f"the patch {words.place(x / seen.size[0], y / seen.size[1])}"
    likeness, away = values.get("correlation_with_class_token"), values.get("mean_distance_px")
    far = "" if away is None else f", mean distance {away:.0f} px"
    alike = "" if likeness is None else f" Correlation with the class token's map: {number(likeness)}."
    nowhere = " The class token stands nowhere in the picture, so there is no distance." if seen.patch is None else ""
    return (
        f"{asking} takes most from {where}, at ({x:.0f}, {y:.0f}) px ({seen.title}). That is "
        f"{100 * values['peak_share']:.1f} % of all, {values['times_uniform']:.0f} times an equal share. "
        f"Entropy is {values['entropy_bits']:.1f} of {values['uniform_bits']:.1f} bits{far}.{nowhere}{alike}"
    )
