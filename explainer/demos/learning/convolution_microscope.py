"""One number of a convolution, taken apart: patch times kernel, product by product, to the sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.context import Context
from explainer.core.controls import AUTO, Auto, Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Cost, Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY
from explainer.core.layers import Cells, Image, Panel, Points
from explainer.core.memo import latest
from explainer.core.plays import Play
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.learning import _convolution_view as view
from explainer.demos.learning import _sliding as sliding

if TYPE_CHECKING:
    from explainer.vision.convolution.arithmetic import Window

FAINT = 0.1  # of a number that is coloured in full: less is no edge to speak of
KERNEL_PX = 16.0  # of the ring around the kernel, which is only a few pixels wide
COLOURS = view.COLOURS
PLANES = {"grey": "grey", "red": "red", "green": "green", "blue": "blue", "rgb": "red, green and blue"}
Grid = tuple[tuple[float, ...], ...]
Answers = Mapping[str, NDArray[np.float32]]  # of the classics to the picture, by name, small and in −1…1


class Where(Choice):
    """Kernel from."""

    CLASSIC = "classic", "The classics"
    CUSTOM = "custom", "My own numbers"


class Kernel(Choice):
    """Kernel."""

    IDENTITY = "identity", "Identity"
    SOBEL_X = "sobel-x", "Sobel, across"
    SOBEL_Y = "sobel-y", "Sobel, down"
    BLUR = "blur", "Box blur"
    GAUSSIAN = "gaussian", "Gaussian"
    SHARPEN = "sharpen", "Sharpen"
    LAPLACIAN = "laplacian", "Laplacian"
    GABOR = "gabor", "Gabor"
    ONE_BY_ONE = "one-by-one", "1 × 1, mixes maps"


class Plane(Choice):
    """Reads."""

    GREY = "grey", "Grey"
    RED = "red", "Red"
    GREEN = "green", "Green"
    BLUE = "blue", "Blue"
    RGB = "rgb", "Red, green and blue"


class Groups(Choice):
    """Groups."""

    ONE = "one", "1: a kernel reads all maps"
    EACH = "each", "3: each map has its own"


class After(Choice):
    """After the sum."""

    NOTHING = "nothing", "Nothing"
    RELU = "relu", "ReLU: what is negative becomes 0"


class Padding(Choice):
    """Beyond the edge."""

    NONE = "none", "Nothing: stay inside"
    ZEROS = "zeros", "Zeros"
    REFLECT = "reflect", "Mirrored"
    REPLICATE = "replicate", "Edge repeated"
    CIRCULAR = "circular", "Circular"


@dataclass(frozen=True, slots=True)
class Params:
    """Where the kernel comes from, and how it moves."""

    where: Annotated[Where, Doc("Kernel from", "A known filter, or your own numbers.")] = Where.CLASSIC
    spot: Annotated[PointXY | Auto, OnPicture("input"), Doc("Pixel", "Drag the ring to another place.")] = AUTO
    kernel: Annotated[
        Kernel, Doc("Kernel", "What it answers to is written in its numbers."), When("where", (Where.CLASSIC,))
    ] = Kernel.SOBEL_X
    grid: Annotated[
        Grid, Range(-10, 10, 0.5), When("where", (Where.CUSTOM,)),
        Doc("Numbers", "Numbers that add up to 0 answer with 0 where the picture is plain."),
    ] = ((0.0, -1.0, 0.0), (-1.0, 4.0, -1.0), (0.0, -1.0, 0.0))  # fmt: skip
    plane: Annotated[
        Plane,
        Doc("Reads", "To read three maps a kernel has three grids of numbers; all products are added."),
    ] = Plane.GREY  # fmt: skip
    after: Annotated[After, Doc("After the sum", "The activation that stands behind most convolutions.")] = (
        After.NOTHING
    )
    slope: Annotated[
        float, Range(0.0, 1.0, 0.05), When("after", (After.RELU,)), Plays(5.0, "Let what is negative go to 0"),
        Doc("Slope below 0", "What is negative is multiplied by this: 1 leaves it, 0 is the ReLU."),
    ] = 0.0  # fmt: skip
    groups: Annotated[
        Groups, When("plane", (Plane.RGB,)),
        Doc("Groups", "In three groups each kernel sees one colour: depthwise, with a third of the work."),
    ] = Groups.ONE  # fmt: skip
    stride: Annotated[int, Doc("Stride", "Steps over pixels: the output shrinks."), Range(1, 4)] = 1
    padding: Annotated[Padding, Doc("Beyond the edge", "What the kernel reads where the picture ends.")] = Padding.ZEROS
    written: Annotated[
        float, Range(0.0, 100.0, unit="%"), Plays(12.0, "Slide the kernel over the picture"),
        Doc("Map written", "The kernel slides over the picture, several rows at a time; at 100 % it is at the ring."),
    ] = 100.0  # fmt: skip
    dilation: Annotated[
        int, Doc("Dilation", "Gaps between the numbers: the kernel sees wider and costs no more."), Range(1, 4),

    ] = 1  # fmt: skip


class ConvolutionMicroscope(Demo[Params]):
    """Patch, kernel, products, sum: by hand and as torch computes it."""

    info = DemoInfo(
        id="convolution-microscope", title="Convolution microscope", topics=(1,), sample="cat",
        summary="One number of a convolution, taken apart into its products.",
        papers=("goodfellow2016", "lecun1998", "tan2019"),
        cost=Cost(),  # at its defaults it needs no network
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Take one number apart."""
        from explainer.vision import seating

        params, seats = seating.seated(params, frame, ctx, spot=seating.edge)
        return replace(_on_picture(frame, params, ctx), resolved=seats)


def _on_picture(frame: Frame, params: Any, ctx: Context) -> Result:
    from explainer.vision.convolution.arithmetic import convolve, tap_of
    from explainer.vision.convolution.gallery import answers
    from explainer.vision.convolution.kernels import CLASSICS, in_layers
    from explainer.vision.convolution.planes import planes
    from explainer.vision.convolution.sweep import Sweep

    flat = CLASSICS[params.kernel] if params.where == "classic" else np.array(params.grid, np.float32)
    with ctx.stage("prepare"):
        maps, factor = ctx.memo(("planes", params.plane), lambda: planes(frame.pixels, params.plane))
    apart = params.groups == "each" and params.plane == "rgb"
    groups = [maps[k : k + 1] for k in range(len(maps))] if apart else [maps]
    kernel = in_layers(flat, len(groups[0]))  # (C, k, k)
    window = _window(flat.shape, params)
    with ctx.stage("explain"):
        try:
            key = (params.plane, apart, kernel.tobytes(), window)
            outputs = latest(ctx, "outputs", key, lambda: [convolve(group, kernel, window) for group in groups])
        except ValueError as error:
            size = f"{maps.shape[2]} × {maps.shape[1]} px"
            raise ExplainerError(
                f"The kernel spans {window.span[1]} × {window.span[0]} px and the picture has {size}.",
                "Choose a smaller dilation, or padding.",
            ) from error
        at = window.cell_over(params.spot.y * maps.shape[1], params.spot.x * maps.shape[2], maps.shape[1:])
        sweep = Sweep(outputs[0].shape[0], outputs[0].shape[1], params.written / sliding.WHOLE)
        at = sweep.at if params.written < sliding.WHOLE else at
        loudest = max(range(len(groups)), key=lambda k: abs(float(outputs[k][at])))
        group, output = groups[loudest], outputs[loudest]
        tap = tap_of(group, kernel, window, at, output)
    seen = view.Seen(tap, window, group, output, factor, params.slope if params.after == After.RELU else None)
    with ctx.stage("explain"):
        gallery = ctx.memo(("gallery", params.plane), lambda: answers(maps.mean(axis=0)))
    shown = on_picture(frame, seen, COLOURS[loudest] if apart else params.plane, len(groups), gallery)
    if params.written < sliding.WHOLE:
        shown = sliding.on_its_way(shown, sweep, maps.mean(axis=0))
    if seen.slope is not None:
        return replace(shown, play=Play("slope", 1.0, 0.0, seen.slope, counted=f"{seen.slope:.2f} × what is negative"))
    return replace(shown, play=sliding.play_of(sweep, params.written))


def _window(kernel: tuple[int, ...], params: Params) -> Window:
    from explainer.vision.convolution.arithmetic import Window, same_padding

    sides, step, gap = (kernel[0], kernel[1]), (params.stride,) * 2, (params.dilation,) * 2
    if params.padding == "none":
        return Window(sides, step, dilation=gap)
    before, after = same_padding(sides, gap)
    return Window(sides, step, before, after, gap, params.padding)


def on_picture(frame: Frame, seen: view.Seen, plane: str, groups: int, gallery: Answers) -> Result:
    """Put together the microscope on the picture's own pixels.

    Parameters
    ----------
    plane
        What is read; of several groups the one that is shown.
    gallery
        What each of the classics makes of the picture.
    """
    box = np.array([seen.window.box(seen.tap.at)]) * seen.scale
    cut = view.cut_off(box, frame.width, frame.height)
    kernel = Points("kernel", cut.xyxy.reshape(-1, 2, 2).mean(axis=1), size_px=KERNEL_PX, colours=(0,))
    picture = Panel(
        "Input", (frame.width, frame.height), (Image("picture", frame.pixels), cut, kernel),
        f"read as {PLANES[plane]}",
    )  # fmt: skip
    aligned = seen.output.shape == seen.size and seen.window.stride == (1, 1)
    channel = int(seen.tap.ranked[0])
    names = COLOURS if len(seen.maps) == 3 else (PLANES[plane],)
    output = view.output_map(seen, frame if aligned else None, plane if groups > 1 else "")
    reading = f"{view.added_up(seen.tap)} {view.agreement(seen.tap, 'conv2d')} {view.work(seen, groups)} {_size(seen)}"
    if len(seen.maps) == 3:
        parts = ", ".join(
            f"{name} {view.signed(value)}" for name, value in zip(COLOURS, seen.tap.by_channel, strict=True)
        )
        reading = f"Three layers of numbers, one for each colour, add {parts}. {reading}"
    if groups > 1:
        reading = f"{groups} groups: each colour has a kernel and an output of its own; {plane} is shown. {reading}"
    values = view.values(seen, groups, 0) | {"groups": float(groups)}
    if seen.slope is not None:
        values |= {"activated": float(seen.active(np.array(seen.tap.value))), "negative_share": _negative(seen)}
    return Result(
        reading, values, (picture, output, _kernels(gallery)),
        (view.equation(seen, channel, names, (0.0, 1.0, "grey")),), badges=(view.badge(seen.tap),),
        headline=_headline(seen), heroes=("equation",),
    )  # fmt: skip


def _headline(seen: view.Seen) -> str:
    """Say what an edge kernel found, or what the ReLU leaves; of any other kernel, what was added up."""
    if seen.slope is not None:
        share = words.percent(_negative(seen))
        cut = "ReLU cuts off" if seen.slope == 0 else f"A slope of {view.signed(seen.slope)} shrinks"
        return f"{cut} what is negative: that is {share} of this map."
    answer, value = view.signed(seen.tap.library), seen.tap.value
    flat = seen.tap.kernel.sum(axis=0)
    for axis, along in ((1, "left to right"), (0, "top to bottom")):
        if len(seen.maps) > 1 or not flat.any() or not np.array_equal(flat, -np.flip(flat, axis)):
            continue
        if abs(value) < FAINT * view.limit(seen.output):
            return f"Hardly any edge here, {along}: this edge kernel answers {answer}."
        ahead = np.take(flat, range((flat.shape[axis] + 1) // 2, flat.shape[axis]), axis).sum()
        change = "dark to light" if value * ahead > 0 else "light to dark"
        return f"From {change}, {along}: this edge kernel answers {answer}."
    return f"{words.count(seen.tap.products.size, 'product')} add up to one pixel of the output: {answer}."


def _kernels(gallery: Answers) -> Panel:
    """What each of the classics makes of the picture; a click takes it."""
    sets = tuple({"where": "classic", "kernel": kernel} for kernel in gallery)
    tiles = np.stack(list(gallery.values()))
    cells = Cells("answers", tiles, 3, -1.0, 1.0, "grey", tuple(gallery), sets)
    return Panel("Other kernels", cells.size, (cells,), "grey: 0; a click takes one", frame=False)


def _negative(seen: view.Seen) -> float:
    """Share of the output that is negative before the activation."""
    return float((seen.output < 0).mean())


def _size(seen: view.Seen) -> str:
    window, columns = seen.window, seen.size[1]
    both = window.before[1] + window.after[1]
    formula = f"⌊({columns} + {both} − {window.span[1] - 1} − 1) / {window.stride[1]}⌋ + 1"
    return f"Width of the output: {formula} = {seen.output.shape[1]} px."
