"""What demos of a convolution share: one number of an output map taken apart, as an equation, a map and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Equation, Grid
from explainer.core.frame import Frame
from explainer.core.geometry import Affine, scale_shift
from explainer.core.layers import Boxes, ColourMap, Heat, Panel, Points

if TYPE_CHECKING:
    from explainer.vision.convolution.arithmetic import Tap, Window

STRONG = 0.995  # share of an output map whose numbers are within its colours
TERMS = 3  # products that are written out in the reading
COLOURS = ("red", "green", "blue")  # maps of a picture
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
Scale = tuple[float, float, ColourMap]


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


# Pictures -----------------------------------------------------------------------------------------------


def cut_off(boxes: NDArray[np.float64], width: int, height: int) -> Boxes:
    """Outline of the patch, as far as it lies on the picture."""
    return Boxes("patch", np.clip(boxes, 0, [width, height, width, height]).astype(np.float64))


def output_map(seen: Seen, frame: Frame | None, name: str = "") -> Panel:
    """The output map on the frame where it lies pixel on pixel, else on its own grid."""
    rows, columns = seen.output.shape
    note = f"{name}, {columns} × {rows}".lstrip(", ")
    row, column = seen.tap.at
    if frame is not None:
        to_frame = scale_shift(frame.width / columns, frame.height / rows)
        heat = map_heat("map", seen, to_frame)
        return Panel("Output map", (frame.width, frame.height), (heat,), note)
    point = Points("this number", np.array([[column + 0.5, row + 0.5]]), (f"{seen.tap.value:.2f}",))
    return Panel("Output map", (columns, rows), (map_heat("map", seen), point), note, frame=False)


def limit(values: NDArray[np.float32]) -> float:
    """Size of a number that is coloured in full: a few that are larger would leave all others pale."""
    size = np.abs(values)
    return float(np.quantile(size, STRONG)) or float(size.max()) or 1.0


def map_heat(name: str, seen: Seen, to_panel: Affine | None = None) -> Heat:
    """The output map behind its activation, in the colours that it had without."""
    most, negative = limit(seen.output), bool(seen.output.min() < 0)
    place = scale_shift(1.0, 1.0) if to_panel is None else to_panel
    shown = seen.active(seen.output).astype(np.float32)
    return Heat(
        name, shown, -most if negative else 0.0, most, place, "diverging" if negative else "sequential", over=False,
        smooth=False,
    )  # fmt: skip


# Charts -------------------------------------------------------------------------------------------------


def names_of(seen: Seen, first: int) -> tuple[str, ...]:
    """Names of the maps that are read, numbered from `first`: those of the picture itself are colours."""
    if len(seen.maps) == len(COLOURS) and seen.scale == 1:
        return COLOURS
    return tuple(f"map {first + k}" for k in range(len(seen.maps)))


def equation(seen: Seen, channel: int, names: tuple[str, ...], of_patch: Scale | None = None) -> Equation:
    """Patch times kernel, product by product, and what the products of one of the named input maps add up to."""
    tap = seen.tap
    patch, kernel, products = (one[channel] for one in (tap.patch, tap.kernel, tap.products))
    whole, alone = bool((kernel == kernel.round()).all()), len(tap.patch) == 1
    grids = [
        Grid("patch", patch, *(of_patch or scale_of(patch))),
        Grid("kernel", kernel, *scale_of(kernel), format=".0f" if whole else ".2f"),
        Grid("products", products, *scale_of(products)),
        Grid("their sum" if alone else f"from {names[channel]}", np.array([[products.sum()]]),
             -limit(seen.output), limit(seen.output)),
    ]  # fmt: skip
    signs: tuple[str, ...] = ("×", "=", "Σ")
    if seen.slope is not None:
        left = np.asarray(seen.active(np.array([[tap.value]])), np.float64)
        grids, signs = [*grids, Grid("ReLU", left, -limit(seen.output), limit(seen.output))], (*signs, "→")
    at = f"row {tap.at[0]}, column {tap.at[1]} of the output map"
    note = at if alone and not tap.bias else made_whole(tap, channel, names)
    return Equation("Equation", tuple(grids), signs, note)


def made_whole(tap: Tap, channel: int, names: tuple[str, ...]) -> str:
    """``29.53 from green, 15.06 from red, blue and bias = 44.59``: from the sum that is shown to the output."""
    part, value = round(float(tap.by_channel[channel]), 2), round(tap.value, 2)  # so that what is printed adds up
    rest = names[:channel] + names[channel + 1 :]
    if len(rest) >= len(COLOURS):
        rest = (words.count(len(rest), "other map"),)
    rest = (*rest, "bias") if tap.bias else rest
    return f"{signed(part)} from {names[channel]}, {signed(value - part)} from {words.listed(rest)} = {signed(value)}"


def scale_of(values: NDArray[np.floating]) -> Scale:
    limit = float(np.abs(values).max()) or 1.0
    return -limit, limit, "diverging"


# Words and numbers --------------------------------------------------------------------------------------


def values(seen: Seen, outputs: int, bias: int) -> dict[str, float]:
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


def added_up(tap: Tap) -> str:
    """``0.52·(−1) + … = 0.41``: the products that weigh most, and what all of them add up to."""
    order = np.argsort(-np.abs(tap.products), axis=None, kind="stable")[:TERMS]
    patch, kernel = tap.patch.ravel()[order], tap.kernel.ravel()[order]
    terms = " + ".join(f"{minus(f'{p:.2f}')}·({signed(k)})" for p, k in zip(patch, kernel, strict=True))
    more = " + …" if tap.products.size > TERMS else ""
    text = f"{words.thousands(tap.products.size)} products, {terms}{more}, add up to {signed(tap.total, 3)}"
    return f"{text}, plus bias {signed(tap.bias, 3)} = **{signed(tap.value, 3)}**." if tap.bias else f"**{text}**."


def agreement(tap: Tap, who: str) -> str:
    name = "torch's conv2d gives" if who == "conv2d" else "The network has"
    return f"{name} {signed(tap.library, 3)} there."


def work(seen: Seen, outputs: int) -> str:
    """How often the kernel's numbers are used."""
    per_map, places = words.thousands(seen.tap.kernel.size), words.thousands(seen.output.size)
    macs = words.thousands(int(values(seen, outputs, 0)["multiply_adds"]))
    of = f" in each of {outputs} output maps" if outputs > 1 else ""
    return f"{per_map} numbers, used at {places} places{of}: {macs} multiply-adds."


def badge(tap: Tap) -> str:
    gap = abs(tap.value - tap.library)
    digits, _, power = f"{gap:.0e}".partition("e-")
    text = f"{digits}·10⁻{power.lstrip('0').translate(RAISED)}" if power else f"{gap:.1g}"
    return f"by hand and by torch differ by {text if gap else 0}"


def signed(value: float, places: int = 2) -> str:
    return minus(f"{float(value) + 0.0:.{places}f}")


def minus(text: str) -> str:
    return text.replace("-", "−")
