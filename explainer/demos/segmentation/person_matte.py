"""Cut a person out: a soft mask from a small encoder and decoder, with its skip connections on switches."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from explainer.core import words
from explainer.core.charts import Bars, Curve, Series
from explainer.core.context import Context
from explainer.core.controls import Choice, Doc, Range, When
from explainer.core.demo import Demo, DemoInfo
from explainer.core.frame import Frame
from explainer.core.layers import Panel
from explainer.core.numbers import numbers
from explainer.core.picture import Copy
from explainer.core.result import Result
from explainer.demos.segmentation import _masks

LONGEST = 640  # px of the picture that is put together
SOFT = (0.02, 0.98)
Floats = NDArray[np.float32]


class Skip(Choice):
    """A connection from encoder to decoder, by its stride."""

    EIGHT = "8", "Stride 8"
    FOUR = "4", "Stride 4"
    TWO = "2", "Stride 2"


class Edge(Choice):
    """What becomes of the scores."""

    SOFT = "soft", "As the network says"
    GUIDED = "guided", "Along the picture's edges"
    HARD = "hard", "Cut at one half"


class Background(Choice):
    """What is put behind the person."""

    LAKE = "lake", "By a lake"
    NIGHT = "night", "The Starry Night"
    SPACE = "space", "Among galaxies"
    BLUR = "blur", "Its own, blurred"
    PLAIN = "plain", "One colour"
    GREY = "grey", "Its own, without colour"
    CHECKER = "checker", "Checkerboard"


ALL = tuple(Skip)
BEFORE = {
    "lake": "stands by a lake", "night": "stands in the Starry Night", "space": "floats among galaxies",
    "blur": "stands out from the blur", "plain": "stands before one colour", "grey": "alone keeps the colours",
    "checker": "stands before a checkerboard",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Params:
    """What the network may use, and what is done with its answer."""

    skips: Annotated[
        tuple[Skip, ...],
        Doc("Skip connections", "Take one away and the decoder must guess what the encoder saw at that resolution."),
    ] = ALL
    edge: Annotated[Edge, Doc("Edge", "Hair and blur need values between 0 and 1.")] = Edge.SOFT
    background: Annotated[Background, Doc("Background", "What is put behind the person.")] = Background.LAKE
    strength: Annotated[
        float,
        Range(0.2, 8.0, 0.1, unit="%"),
        Doc("Blur", "Of the longer side."),
        When("background", (Background.BLUR,)),
    ] = 2.0
    hue: Annotated[
        int,
        Range(0, 359, 1, unit="°"),
        Doc("Colour", "Of the new background."),
        When("background", (Background.PLAIN,)),
    ] = 140
    gain: Annotated[
        float,
        Range(0.1, 1.0, 0.05, unit="×"),
        Doc("Soften logits", "Below 1 the scores move towards one half; the order of the pixels stays."),
    ] = 1.0


class PersonMatte(Demo[Params]):
    """MediaPipe's selfie network on the whole picture."""

    info = DemoInfo(
        id="person-matte",
        title="Person matte",
        topics=(20, 7),
        sample="astronaut",
        summary="A soft mask of a person, with the network's skip connections on switches.",
        papers=("howard2019", "ronneberger2015", "he2013"),
        uses_model=False,
    )

    def run(self, frame: Frame, params: Params, ctx: Context) -> Result:
        """Cut out, and set beside it what the network says without the chosen connections."""
        from explainer.vision import suiting
        from explainer.vision.segmentation import compositing

        kept = tuple(one for one in ALL if one in params.skips)
        with ctx.stage("model"):
            full, now, none = (
                compositing.softened(_masks.person(frame, ctx, tuple(map(int, skips))), params.gain)
                for skips in (ALL, kept, ())
            )
        with ctx.stage("explain"):
            copy = _masks.copy_of(frame, ctx, LONGEST)
            alpha = compositing.edged(now, copy, params.edge)
            behind = compositing.background(copy, params.background, params.strength / 100, params.hue / 360)
            picture = np.ascontiguousarray(compositing.over(copy, behind, alpha))
        values = _values(kept, full, now, alpha)
        panels, charts = _panels(frame, kept, now, none, picture), (_shares(alpha), _row(frame, full, none, alpha))
        return Result(
            _reading(kept, values), values, panels, charts,
            headline=_headline(kept, values, params.background), heroes=("composite", "person"),
            unsuitable=suiting.without_person(frame, ctx, marked=float((full > 0.5).mean())),
        )  # fmt: skip


def _values(kept: tuple[Skip, ...], full: Floats, now: Floats, alpha: Floats) -> dict[str, float]:
    from explainer.vision.segmentation import scores

    hard, whole = now > 0.5, full > 0.5
    return numbers(
        person_percent=100 * hard.mean(),
        soft_percent=100 * ((alpha > SOFT[0]) & (alpha < SOFT[1])).mean(),
        score_highest=now.max(),
        score_mean=now.mean(),
        connections=len(kept),
        boundary_roughness=_roughness(hard),
        iou_with_all=scores.area(hard, whole).iou,
        boundary_f_with_all=scores.boundary(hard, whole, 2.0).f,
    )


def _roughness(mask: NDArray[np.bool_]) -> float:
    """Length of the outline in pixels over that of a disc as large; 0 for an empty mask."""
    from explainer.vision.segmentation.scores import outline

    area = float(mask.sum())
    return float(outline(mask).sum()) / (2 * np.sqrt(np.pi * area)) if area else 0.0


def _panels(
    frame: Frame, kept: tuple[Skip, ...], now: Floats, none: Floats, picture: NDArray[np.uint8]
) -> tuple[Panel, ...]:
    copy = Copy(frame, now.shape)
    without = "none" if not kept else "all" if kept == ALL else "at stride " + ", ".join(kept)
    person, bare = (
        copy.heat("person", scores, limit=1.0, colours="grey", unit="score", over=False) for scores in (now, none)
    )
    return (
        copy.panel("Input"),
        copy.panel("Person", person, note=f"{words.cells(now.shape)}; connections: {without}"),
        copy.panel("Without connections", bare, note="what comes from 16 × 16 alone"),
        copy.panel("Composite", note="α · person + (1 − α) · background", under=picture),
    )


def _shares(alpha: Floats) -> Bars:
    """Shares of the picture by α: how much is decided, how much in between."""
    low, high = float((alpha <= SOFT[0]).mean()), float((alpha >= SOFT[1]).mean())
    return Bars(
        "Share of the picture", ("background", "in between", "person"), (low, 1 - low - high, high), chosen=1,
        note="α up to 0.02, between, from 0.98",
    )  # fmt: skip


def _row(frame: Frame, full: Floats, none: Floats, alpha: Floats) -> Curve:
    """α along the row that crosses most of the edge, before and after."""
    row = int(np.abs(np.diff(full, axis=1)).sum(1).argmax())
    line = row * alpha.shape[0] // full.shape[0]
    coarse, fine = ((np.arange(n) + 0.5) * frame.width / n for n in (full.shape[1], alpha.shape[1]))
    series = (
        Series("α", fine, alpha[line].astype(float), "solid", -1),
        Series("no connections", coarse, none[row].astype(float), "dotted", -2),
    )
    where = f"at y = {(row + 0.5) * frame.height / full.shape[0]:.0f} px"
    return Curve("Along one row", series, "x in px", "score", (0.0, 1.05), None, where)


def _headline(kept: tuple[Skip, ...], values: dict[str, float], background: str) -> str:
    if not values["person_percent"]:
        return "The network sees no person in this picture."
    if kept == ALL or "iou_with_all" not in values:
        mixed = f"{values['soft_percent']:.0f} % of the pixels mix old and new"
        return f"Cut out, the person {BEFORE[background]}; {mixed}."
    less = len(ALL) - len(kept)
    without = f"Without {'this skip connection' if less == 1 else f'{less} of the skip connections'}"
    return f"{without} the mask overlaps the full network's by {values['iou_with_all']:.2f} (IoU)."


def _reading(kept: tuple[Skip, ...], values: dict[str, float]) -> str:
    if not values["person_percent"]:
        return f"It sees no person: no pixel scores above one half, the highest {words.score(values['score_highest'])}."
    first = (
        f"**{values['person_percent']:.0f} %** of the picture counts as person, and {values['soft_percent']:.1f} % "
        "lies in between."
    )
    if kept == ALL or "iou_with_all" not in values:
        return f"{first} All three skip connections are in use."
    missing = ", ".join(one for one in ALL if one not in kept)
    f = f" and boundary F {values['boundary_f_with_all']:.2f}" if "boundary_f_with_all" in values else ""
    return (
        f"{first} Without the connection at stride {missing} the mask overlaps the full network's by "
        f"IoU {values['iou_with_all']:.2f}{f}."
    )
