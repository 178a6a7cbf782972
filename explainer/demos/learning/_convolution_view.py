"""What the convolution microscope shows and says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Chart, Equation, Grid, Matrix
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, apply, scale_shift
from explainer.core.layers import Boxes, Cells, ColourMap, Heat, Image, Panel, Points
from explainer.core.result import Result

if TYPE_CHECKING:
    from explainer.vision.convolution.arithmetic import Tap, Window
    from explainer.vision.convolution.inside import Operation

STRONG = 0.995  # share of an output map whose numbers are within its colours
FAINT = 0.1  # of such a number: less is no edge to speak of
KERNEL_PX = 16.0  # of the ring around the kernel, which is only a few pixels wide
SHOWN = 12  # input maps that are shown: those that move the sum most
TERMS = 3  # products that are written out in the reading
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
Scale = tuple[float, float, ColourMap]
Answers = Mapping[str, NDArray[np.float32]]  # of the classics to the picture, by name, small and in −1…1
COLOURS = ("red", "green", "blue")
PLANES = {"grey": "grey", "red": "red", "green": "green", "blue": "blue", "rgb": "red, green and blue"}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One cell of one output map, and where it comes from.

    Parameters
    ----------
    maps, output
        ``(C, H, W)`` that were read, and ``(h, w)`` that came out.
    scale
        Pixels of the frame (picture) or of the network's input (network) in one cell of `maps`.
    slope
        What is negative in the output is multiplied by it: 0 for a ReLU; ``None`` for no activation.
    """

    tap: Tap
    window: Window
    maps: NDArray[np.float32]
    output: NDArray[np.float32]
    scale: float
    slope: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of what was read."""
        return int(self.maps.shape[1]), int(self.maps.shape[2])

    def active(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """What is left of numbers of the output behind the activation: ``max(y, 0) + slope · min(y, 0)``."""
        return values if self.slope is None else np.maximum(values, 0) + self.slope * np.minimum(values, 0)


@dataclass(frozen=True, slots=True, eq=False)
class InNetwork:
    """Which number of the network it is.

    Parameters
    ----------
    channel, first
        Output map, and the number of the first input map that it reads.
    folded
        Whether the batch norm behind is part of weights and bias.
    """

    conv: Operation
    channel: int
    first: int
    groups: int
    folded: bool
    to_frame: Affine
    focus: tuple[float, float, float, float]


def on_picture(frame: Frame, seen: Seen, plane: str, groups: int, gallery: Answers) -> Result:
    """Put together the microscope on the picture's own pixels.

    Parameters
    ----------
    plane
        What is read; of several groups the one that is shown.
    gallery
        What each of the classics makes of the picture.
    """
    box = np.array([seen.window.box(seen.tap.at)]) * seen.scale
    cut = _cut(box, frame.width, frame.height)
    kernel = Points("kernel", cut.xyxy.reshape(-1, 2, 2).mean(axis=1), size_px=KERNEL_PX, colours=(0,))
    picture = Panel(
        "Input", (frame.width, frame.height), (Image("picture", frame.pixels), cut, kernel),
        f"read as {PLANES[plane]}",
    )  # fmt: skip
    aligned = seen.output.shape == seen.size and seen.window.stride == (1, 1)
    channel = int(seen.tap.ranked[0])
    name = COLOURS[channel] if len(seen.maps) == 3 else PLANES[plane]
    output = _output(seen, frame if aligned else None, plane if groups > 1 else "")
    reading = f"{_sum(seen.tap)} {_agreement(seen.tap, 'conv2d')} {_work(seen, groups)} {_size(seen)}"
    if len(seen.maps) == 3:
        parts = ", ".join(f"{name} {_signed(value)}" for name, value in zip(COLOURS, seen.tap.by_channel, strict=True))
        reading = f"Three layers of numbers, one for each colour, add {parts}. {reading}"
    if groups > 1:
        reading = f"{groups} groups: each colour has a kernel and an output of its own; {plane} is shown. {reading}"
    values = _values(seen, groups, 0) | {"groups": float(groups)}
    if seen.slope is not None:
        values |= {"activated": float(seen.active(np.array(seen.tap.value))), "negative_share": _negative(seen)}
    return Result(
        reading, values, (picture, output, _kernels(gallery)),
        (_equation(seen, channel, name, (0.0, 1.0, "grey")),), badges=(_badge(seen.tap),),
        headline=_headline(seen), heroes=("equation",),
    )  # fmt: skip


def in_network(frame: Frame, seen: Seen, place: InNetwork, source: int) -> Result:
    """Put together the microscope on a layer of the network."""
    tap = seen.tap
    local = source - place.first if place.first <= source < place.first + len(seen.maps) else int(tap.ranked[0])
    box = np.array(seen.window.box(tap.at)).reshape(2, 2) * seen.scale
    in_frame = apply(place.to_frame, box).reshape(1, 4)
    layers = (Image("picture", frame.pixels, focus=place.focus), _cut(in_frame, frame.width, frame.height))
    panels = [Panel("Input", (frame.width, frame.height), layers), _input_map(seen, local, place)]
    if len(seen.maps) > 1:
        panels.append(_by_channel(tap, local, place))
    panels.append(_output(seen, None, f"map {place.channel} of {place.conv.shape[0]}"))
    outputs, bias = place.conv.shape[0], 1 if tap.bias else 0
    chart = (
        _mixture(tap, place) if seen.window.kernel == (1, 1) else _equation(seen, local, f"map {place.first + local}")
    )
    reading = f"{_which(place)} {_sum(tap)} {_agreement(tap, 'the network')} {_work(seen, outputs)}"
    values = _values(seen, outputs, bias) | {"channel": float(place.channel), "groups": float(place.groups)}
    values["source"] = float(place.first + local)
    return Result(
        reading, values, tuple(panels), (chart,), badges=(_badge(tap),),
        headline=_headline(seen),
        heroes=(panels[1].slug, panels[-1].slug) if seen.window.kernel == (1, 1) else ("equation",),
    )  # fmt: skip


def _headline(seen: Seen) -> str:
    """Say what an edge kernel found, or what the ReLU leaves; of any other kernel, what was added up."""
    if seen.slope is not None:
        share = words.percent(_negative(seen))
        cut = "ReLU cuts off" if seen.slope == 0 else f"A slope of {_signed(seen.slope)} shrinks"
        return f"{cut} what is negative: that is {share} of this map."
    answer, value = _signed(seen.tap.library), seen.tap.value
    flat = seen.tap.kernel.sum(axis=0)
    for axis, along in ((1, "left to right"), (0, "top to bottom")):
        if len(seen.maps) > 1 or not flat.any() or not np.array_equal(flat, -np.flip(flat, axis)):
            continue
        if abs(value) < FAINT * _limit(seen.output):
            return f"Hardly any edge here, {along}: this edge kernel answers {answer}."
        ahead = np.take(flat, range((flat.shape[axis] + 1) // 2, flat.shape[axis]), axis).sum()
        change = "dark to light" if value * ahead > 0 else "light to dark"
        return f"From {change}, {along}: this edge kernel answers {answer}."
    return f"{words.count(seen.tap.products.size, 'product')} add up to one pixel of the output: {answer}."


# Pictures -----------------------------------------------------------------------------------------------


def _cut(boxes: NDArray[np.float64], width: int, height: int) -> Boxes:
    """Outline of the patch, as far as it lies on the picture."""
    return Boxes("patch", np.clip(boxes, 0, [width, height, width, height]).astype(np.float64))


def _input_map(seen: Seen, local: int, place: InNetwork) -> Panel:
    values = seen.maps[local]
    box = np.clip(seen.window.box(seen.tap.at), 0, [*seen.size[::-1]] * 2).reshape(1, 4)
    layers = (_heat("map", replace(seen, output=values, slope=None)), Boxes("patch", box.astype(np.float64)))
    note = f"map {place.first + local}, {seen.size[1]} × {seen.size[0]}"
    return Panel("Input map", (seen.size[1], seen.size[0]), layers, note, frame=False)


def _output(seen: Seen, frame: Frame | None, name: str = "") -> Panel:
    """The output map on the frame where it lies pixel on pixel, else on its own grid."""
    rows, columns = seen.output.shape
    note = f"{name}, {columns} × {rows}".lstrip(", ")
    row, column = seen.tap.at
    if frame is not None:
        to_frame = scale_shift(frame.width / columns, frame.height / rows)
        heat = _heat("map", seen, to_frame)
        return Panel("Output map", (frame.width, frame.height), (heat,), note)
    point = Points("this number", np.array([[column + 0.5, row + 0.5]]), (f"{seen.tap.value:.2f}",))
    return Panel("Output map", (columns, rows), (_heat("map", seen), point), note, frame=False)


def _limit(values: NDArray[np.float32]) -> float:
    """Size of a number that is coloured in full: a few that are larger would leave all others pale."""
    size = np.abs(values)
    return float(np.quantile(size, STRONG)) or float(size.max()) or 1.0


def _heat(name: str, seen: Seen, to_panel: Affine | None = None) -> Heat:
    """The output map behind its activation, in the colours that it had without."""
    limit, signed = _limit(seen.output), bool(seen.output.min() < 0)
    place = scale_shift(1.0, 1.0) if to_panel is None else to_panel
    shown = seen.active(seen.output).astype(np.float32)
    return Heat(
        name, shown, -limit if signed else 0.0, limit, place, "diverging" if signed else "sequential", over=False,
        smooth=False,
    )  # fmt: skip


def _kernels(gallery: Answers) -> Panel:
    """What each of the classics makes of the picture; a click takes it."""
    sets = tuple({"where": "classic", "kernel": kernel} for kernel in gallery)
    tiles = np.stack(list(gallery.values()))
    cells = Cells("answers", tiles, 3, -1.0, 1.0, "grey", tuple(gallery), sets)
    return Panel("Other kernels", cells.size, (cells,), "grey: 0; a click takes one", frame=False)


def _negative(seen: Seen) -> float:
    """Share of the output that is negative before the activation."""
    return float((seen.output < 0).mean())


def _by_channel(tap: Tap, local: int, place: InNetwork) -> Panel:
    shown = [int(k) for k in tap.ranked[:SHOWN]]
    shown = shown if local in shown else [*shown[:-1], local]
    tiles = tap.products[shown].astype(np.float32)
    limit = float(np.abs(tiles).max()) or 1.0
    cells = Cells(
        "products", tiles, min(4, len(shown)), -limit, limit, "diverging",
        tuple(str(place.first + k) for k in shown), tuple({"source": place.first + k} for k in shown),
        shown.index(local),
    )  # fmt: skip
    note = f"{len(shown)} of {words.thousands(len(tap.patch))} input maps"
    return Panel("Products by map", cells.size, (cells,), note, frame=False)


# Charts -------------------------------------------------------------------------------------------------


def _equation(seen: Seen, channel: int, name: str, of_patch: Scale | None = None) -> Equation:
    """Patch times kernel, product by product, and what the products of one input map add up to."""
    tap = seen.tap
    patch, kernel, products = (one[channel] for one in (tap.patch, tap.kernel, tap.products))
    whole = bool((kernel == kernel.round()).all())
    grids = [
        Grid("patch", patch, *(of_patch or _scale(patch))),
        Grid("kernel", kernel, *_scale(kernel), format=".0f" if whole else ".2f"),
        Grid("products", products, *_scale(products)),
        Grid("their sum", np.array([[products.sum()]]), -_limit(seen.output), _limit(seen.output)),
    ]
    signs: tuple[str, ...] = ("×", "=", "Σ")
    if seen.slope is not None:
        left = np.asarray(seen.active(np.array([[tap.value]])), np.float64)
        grids, signs = [*grids, Grid("ReLU", left, -_limit(seen.output), _limit(seen.output))], (*signs, "→")
    at = f"row {tap.at[0]}, column {tap.at[1]} of the output map"
    part = f"{name} only, of {words.count(len(tap.patch), 'map')}" if len(tap.patch) > 1 else at
    return Equation("Equation", tuple(grids), signs, part)


def _scale(values: NDArray[np.floating]) -> Scale:
    limit = float(np.abs(values).max()) or 1.0
    return -limit, limit, "diverging"


def _mixture(tap: Tap, place: InNetwork) -> Chart:
    """A 1 × 1 kernel mixes maps: one value, one weight and one product for each."""
    shown = tap.ranked[: SHOWN - 4]
    numbers = np.stack([tap.patch[shown, 0, 0], tap.kernel[shown, 0, 0], tap.products[shown, 0, 0]])
    names = tuple(str(place.first + int(k)) for k in shown)
    note = f"the {len(shown)} of {words.thousands(len(tap.patch))} that add most"
    return Matrix("Mixture", numbers, ("value", "weight", "product"), names, "input map", format=".2f", note=note,
                  colours="diverging")  # fmt: skip


# Words and numbers --------------------------------------------------------------------------------------


def _values(seen: Seen, outputs: int, bias: int) -> dict[str, float]:
    from explainer.vision.convolution.arithmetic import macs

    tap, window, (rows, columns) = seen.tap, seen.window, seen.size
    taps = tap.kernel.size
    return {
        "output": tap.value,
        "sum": tap.total,
        "bias": tap.bias,
        "library_output": tap.library,
        "difference": abs(tap.value - tap.library),
        "largest_product": float(tap.products.max()),
        "smallest_product": float(tap.products.min()),
        "products": float(taps),
        "in_width": float(columns),
        "in_height": float(rows),
        "in_maps": float(len(seen.maps)),
        "out_width": float(seen.output.shape[1]),
        "out_height": float(seen.output.shape[0]),
        "kernel_width": float(window.kernel[1]),
        "span_px": float(window.span[1]),
        "padding_both_px": float(window.before[1] + window.after[1]),
        "step_px": float(window.stride[1]),
        "parameters": float(outputs * (taps + bias)),
        "multiply_adds": float(macs(window, seen.size, len(seen.maps), outputs)),
        "cell_x": float(tap.at[1]),
        "cell_y": float(tap.at[0]),
        "output_max": float(seen.output.max()),
        "output_min": float(seen.output.min()),
    }


def _sum(tap: Tap) -> str:
    """``0.52·(−1) + … = 0.41``: the products that weigh most, and what all of them add up to."""
    order = np.argsort(-np.abs(tap.products), axis=None, kind="stable")[:TERMS]
    patch, kernel = tap.patch.ravel()[order], tap.kernel.ravel()[order]
    terms = " + ".join(f"{_minus(f'{p:.2f}')}·({_signed(k)})" for p, k in zip(patch, kernel, strict=True))
    more = " + …" if tap.products.size > TERMS else ""
    text = f"{words.thousands(tap.products.size)} products, {terms}{more}, add up to {_signed(tap.total, 3)}"
    return f"{text}, plus bias {_signed(tap.bias, 3)} = **{_signed(tap.value, 3)}**." if tap.bias else f"**{text}**."


def _agreement(tap: Tap, who: str) -> str:
    name = "torch's conv2d gives" if who == "conv2d" else "The network has"
    return f"{name} {_signed(tap.library, 3)} there."


def _size(seen: Seen) -> str:
    window, columns = seen.window, seen.size[1]
    both = window.before[1] + window.after[1]
    formula = f"⌊({columns} + {both} − {window.span[1] - 1} − 1) / {window.stride[1]}⌋ + 1"
    return f"Width of the output: {formula} = {seen.output.shape[1]} px."


def _work(seen: Seen, outputs: int) -> str:
    """How often the kernel's numbers are used."""
    per_map, places = words.thousands(seen.tap.kernel.size), words.thousands(seen.output.size)
    macs = words.thousands(int(_values(seen, outputs, 0)["multiply_adds"]))
    of = f" in each of {outputs} output maps" if outputs > 1 else ""
    return f"{per_map} numbers, used at {places} places{of}: {macs} multiply-adds."


def _which(place: InNetwork) -> str:
    alone = " It reads one map only." if place.groups > 1 and place.first == place.channel else ""
    note = " Batch norm is folded into these numbers." if place.folded else ""
    return f"Map {place.channel} of {place.conv.name} ({place.conv.about}).{alone}{note}"


def _badge(tap: Tap) -> str:
    gap = abs(tap.value - tap.library)
    digits, _, power = f"{gap:.0e}".partition("e-")
    text = f"{digits}·10⁻{power.lstrip('0').translate(RAISED)}" if power else f"{gap:.1g}"
    return f"by hand and by torch differ by {text if gap else 0}"


def _signed(value: float, places: int = 2) -> str:
    return _minus(f"{float(value) + 0.0:.{places}f}")


def _minus(text: str) -> str:
    return text.replace("-", "−")
