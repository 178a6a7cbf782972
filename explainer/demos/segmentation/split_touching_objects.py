"""One region, several objects: distance from the edge, hilltops as markers, and a watershed between them."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, OnPicture, Plays, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.geometry import Stroke
from explainer.core.layers import Layer
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.plays import Play
from explainer.core.result import Result
from explainer.core.unsuitable import Offer, Unsuitable
from explainer.core.words import count
from explainer.demos.segmentation._shared import named

LONGEST = 384  # px of the copy that is worked on
WHOLE, TOP = 100, 255  # % of the water's way, and levels
RAGGED = 0.85  # of their convex hulls that things fill, at least
COUNTED = 30  # objects that bear numbers
COLOURS, EDGE = 7, 7  # objects take the palette's in turn; neighbours may meet, so they are outlined
BLOBS = Offer("set", {"foreground": "discs", "grow": 10}, "Lay discs that touch over it")
WHY = "Light and dark do not divide this picture into separate things: the pieces would be ragged shadows."
LAID = "Light and dark do not divide this picture into separate things, so six discs are laid over it. "
LEARNT = Offer("demo", "detector-stages", "Objects that a network has learnt")
OFFERS = (BLOBS, Offer("sample", "coins"), Offer("sample", "galaxies"), Offer("open"), LEARNT)
DEPTHS = np.round(np.arange(0.25, 12.01, 0.25), 2)


class Ground(Choice):
    """What is to be divided."""

    AUTO = "auto", "Found, or else discs"
    BRIGHTER = "brighter", "Brighter than the threshold"
    DARKER = "darker", "Darker than the threshold"
    DISCS = "discs", "Discs laid over it"
    PAINTED = "painted", "What I paint"


MADE = (Ground.DISCS, Ground.PAINTED)


@dataclass(frozen=True, slots=True)
class Params:
    """What is foreground, and when a notch divides it."""

    foreground: Annotated[
        Ground, Doc("Foreground", "What is to be divided: one side of Otsu's threshold. Where that is ragged, discs.")
    ] = Ground.AUTO
    light: Annotated[
        int, Range(0, 40, 1, unit="%"),
        Doc("Even out light", "Subtracts a blur so wide, in shares of the picture, first; 0 leaves it as it is."),
        When("foreground", (Ground.AUTO, Ground.BRIGHTER, Ground.DARKER)),
    ] = 12  # fmt: skip
    grow: Annotated[
        int, Range(-10, 20, 1, unit="px"),
        Doc("Grow the region", "Until objects touch: then counting connected parts no longer counts objects."),
    ] = 10  # fmt: skip
    strokes: Annotated[
        tuple[Stroke, ...],
        OnPicture("foreground"),
        Doc("Paint", "Draw blobs that touch; they are added to the foreground. Right button takes one back."),
    ] = ()
    h: Annotated[
        float,
        Range(0.25, 12.0, 0.25, unit="px"),
        Doc("Depth of a notch", "A hill counts if one must go down so far on the way to a higher one."),
    ] = 1.0
    smoothing: Annotated[
        float, Range(0.0, 6.0, 0.25, unit="px"), Doc("Smooth the distance", "Wipes out hills that ragged edges make.")
    ] = 1.0
    water: Annotated[
        int,
        Range(0, 100, 1, unit="%"),
        Plays(6.0, "Let the water rise"),
        Doc("Water level", "The distance is turned over and flooded from every hilltop at once."),
    ] = WHOLE
    smallest: Annotated[
        int, Range(0, 400, 5, unit="px"), Doc("Drop below", "Regions with fewer pixels are left out.")
    ] = 40
    fill: Annotated[bool, Doc("Fill holes", "A hole makes an edge, and an edge makes hills around it.")] = True

    @property
    def ground(self) -> tuple[object, ...]:
        """What the foreground depends on."""
        return (self.foreground, self.light, self.grow, self.strokes, self.smallest, self.fill)


class SplitTouchingObjects(Demo[Params]):
    """Threshold, distance transform, h-maxima, watershed."""

    info = DemoInfo(
        id="split-touching-objects", title="Split touching objects", topics=(21, 20), sample="coins",
        summary="One region into several objects by distance transform and watershed.",
        papers=("vincent1991", "otsu1979"), uses_model=False,
    )  # fmt: skip

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Divide the foreground; the water's level alone needs no new flood, and the notch no new measuring."""
        from explainer.vision.segmentation.instances import divided, landscape, plateau

        with ctx.stage("prepare"):
            ragged = (solid := _solidity(frame, params, ctx)) is not None and solid < RAGGED
            if ragged and params.foreground == Ground.AUTO:
                params = replace(params, foreground=Ground.DISCS)
            mask = ctx.memo(("foreground", *params.ground), lambda: _foreground(frame, params))
        with ctx.stage("explain"):
            key = ("landscape", *params.ground, params.smoothing)
            land = ctx.memo(key, lambda: landscape(mask, params.smoothing, ctx.checkpoint))
            found = ctx.memo((*key, params.h), lambda: divided(land, params.h, ctx.checkpoint))
        hills = np.array([land.hills.count(float(h)) for h in DEPTHS], float)
        steady, play = plateau(DEPTHS, hills), _play(found, params.water)
        laid = LAID if ragged and params.foreground == Ground.DISCS else ""
        values = _values(land, found, steady) | numbers(solidity=solid)
        return Result(
            laid + _reading(land, found, steady), values, _panels(frame, params, land, found),
            (_curve(hills, land, params, steady),), headline=_headline(land, found, play, params),
            heroes=("foreground", "objects"), play=play,
            unsuitable=Unsuitable(WHY, OFFERS) if ragged and not laid else None,
        )  # fmt: skip


def _solidity(frame: Frame, params: Params, ctx: Context) -> float | None:
    """How much of their convex hulls things fill into which light and dark divide this picture; ragged ones little."""
    from explainer.vision.segmentation.instances import divided, landscape, solidity

    if params.foreground in MADE:
        return None
    asked = replace(params, grow=0, strokes=())
    key = ("solidity", *asked.ground, params.smoothing, params.h)
    return ctx.memo(
        key, lambda: solidity(divided(landscape(_foreground(frame, asked), asked.smoothing), asked.h).labels)
    )


def _foreground(frame: Frame, params: Params) -> NDArray[np.bool_]:
    """Foreground ``(h, w) bool`` of a copy of the frame."""
    from explainer.vision.segmentation import instances, painting, thresholds

    copy = painting.small(frame.pixels, LONGEST)
    height, width = copy.shape[:2]
    mask = painting.rosette(height, width) if params.foreground == Ground.DISCS else np.zeros((height, width), bool)
    if params.foreground not in MADE:
        levels = thresholds.grey(copy)
        if params.light:
            levels = thresholds.evened(levels, round(params.light / 100 * max(height, width)))
        on = levels > thresholds.otsu(levels).threshold
        mask = {Ground.BRIGHTER: on, Ground.DARKER: ~on}.get(params.foreground, thresholds.off_the_rim(on))
        mask = instances.cleaned(mask, params.smallest, params.fill)
    mask = mask | painting.painted(params.strokes, height, width)
    return instances.cleaned(instances.grown(mask, params.grow), params.smallest, params.fill)


def _play(found: Any, water: int) -> Play:
    """How far the water stands: which lakes have begun, and the whole of the foreground at the end."""
    springs = np.sort(found.wet[found.markers > 0]).astype(float)
    lakes = np.searchsorted(springs, np.linspace(0, TOP, WHOLE + 1), side="right").astype(float)
    begun = found.count if water == WHOLE else int(lakes[water])
    return Play("water", 0.0, float(WHOLE), float(water), lakes, f"{begun} of {count(found.count, 'lake')}",
                note="curve: lakes that have begun")  # fmt: skip


def _panels(frame: Frame, params: Params, land: Any, found: Any) -> tuple[Any, ...]:
    from explainer.vision.segmentation.instances import components
    from explainer.vision.segmentation.painting import borders, contours, lit

    copy, paths, whole = Copy(frame, land.mask.shape), contours(land.mask), params.water == WHOLE
    under = found.labels if whole else np.where(found.wet <= TOP * params.water / WHOLE, found.labels, 0)
    painted = count(len(params.strokes), "strokes painted", "strokes painted") if params.strokes else ""
    joined, shown = components(land.mask), lit(frame.pixels, land.mask)
    parts, objects = _coloured(copy, "part", joined, joined), _coloured(copy, "objects", under, found.labels)
    outline = copy.outline("foreground outline", paths, EDGE)
    note = count(found.count, "object") if whole else f"water at {params.water} %"
    return (
        copy.panel("Foreground", *parts, *outline, note=painted or count(land.parts, "connected part"), under=shown),
        copy.panel("Objects", *objects, copy.mask("borders", borders(under) & (under > 0), EDGE), *outline, note=note,
                   under=shown),
        copy.panel("Distance", copy.heat("distance", land.smoothed, unit="px", over=False),
                   *copy.points("hilltops", np.argwhere(found.markers), EDGE, 7.0), note=count(found.count, "hilltop")),
    )  # fmt: skip


def _coloured(copy: Copy, name: str, labels: NDArray[np.int32], every: NDArray[np.int32]) -> list[Layer]:
    """Each in its colour, as far as there are colours, and with its number among `every`, counted from the left."""
    there, first = np.unique(every.T, return_index=True)
    order = [k for k in there[np.argsort(first)].tolist() if k > 0]
    ranks = np.full(int(every.max(initial=0)) + 1, -1)
    ranks[order] = np.arange(len(order)) % COLOURS
    ranked = ranks[labels]
    layers: list[Layer] = [
        copy.mask(f"{name} {k + 1}", ranked == k, k) for k in np.unique(ranked[ranked >= 0]).tolist()
    ]
    if len(order) <= COUNTED:
        layers += [tag for n, k in enumerate(order) for tag in named(copy, labels == k, str(n + 1), n % COLOURS)]
    return layers


def _curve(hills: NDArray[np.float64], land: Any, params: Params, steady: tuple[float, float, int]) -> Curve:
    top = max(float(hills.max()), 1.0)
    parts = Series("parts", DEPTHS[[0, -1]], np.full(2, float(land.parts)), "dashed", 0)
    now = Series("now", np.array([params.h, params.h]), np.array([0.0, top]), "dotted", -2)
    lines = Series("objects", DEPTHS, hills), parts, now
    note, span = f"steady from {steady[0]:g} to {steady[1]:g} px", (float(DEPTHS[0]), float(DEPTHS[-1]))
    return Curve("Objects by depth of a notch", lines, "depth in px", "", (0.0, 1.08 * top), span, note)


def _values(land: Any, found: Any, steady: tuple[float, float, int]) -> dict[str, float]:
    areas = np.bincount(found.labels.ravel(), minlength=1)[1:].astype(float)
    some = len(areas) > 0
    return numbers(
        objects=found.count, parts=land.parts, foreground_percent=100 * land.mask.mean(),
        distance_highest_px=land.distance.max(), objects_steady=steady[2], steady_from_px=steady[0],
        steady_to_px=steady[1], copy_width_px=land.mask.shape[1],
        area_median_px=np.median(areas) if some else None, area_smallest_px=areas.min() if some else None,
    )  # fmt: skip


def _headline(land: Any, found: Any, play: Play, params: Params) -> str:
    if not land.mask.any() or land.mask.all():
        return "There is no edge between foreground and background, so there is nothing to divide."
    if play.at < play.last:
        return f"Water rises from every hilltop, {play.counted} so far; where two meet, a border stays."
    if found.count <= land.parts:
        return f"{count(found.count, 'object')}: no part has a notch deep enough to be cut."
    joined, who = count(land.parts, "connected part"), "the discs" if params.foreground == Ground.DISCS else "they"
    return f"{joined}, but {found.count} objects: the watershed cuts where {who} touch."


def _reading(land: Any, found: Any, steady: tuple[float, float, int]) -> str:
    if not land.mask.any():
        return "There is no foreground: 0 pixels. Paint some, or choose another side of the threshold."
    if land.mask.all():
        return "All 100 % of the picture is foreground, so there is no edge to measure a distance from."
    more = found.count - land.parts
    split = (
        f"the watershed adds {more} cuts" if more > 1 else "the watershed adds one cut" if more == 1
        else "no part has a notch deep enough to be cut" if more == 0
        else f"{-more} parts are too shallow for a hill of that depth and are left out"
    )  # fmt: skip
    return (
        f"The foreground hangs together in {count(land.parts, 'part')}; **{found.count} objects** are found: {split}. "
        f"The count stays at {steady[2]} for depths from {steady[0]:g} to {steady[1]:g} px."
    )
