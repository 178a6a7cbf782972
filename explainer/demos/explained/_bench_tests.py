"""Tests that maps of the bench take, and the tables of what came out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.charts import Bars, Chart, Matrix, Table
from explainer.core.context import Context
from explainer.core.controls import Choice
from explainer.core.memo import memo_name
from explainer.core.subject import Subject


class Method(Choice):
    """Who takes part."""

    GRADIENT = "gradient", "Gradient"
    GRADIENT_X_INPUT = "gradient-x-input", "Gradient × input"
    SMOOTHGRAD = "smoothgrad", "SmoothGrad"
    INTEGRATED_GRADIENTS = "integrated-gradients", "Integrated Gradients"
    DEEPLIFT = "deeplift", "DeepLIFT"
    LRP_EPSILON = "lrp-epsilon", "LRP-ε"
    LRP_GAMMA = "lrp-gamma", "LRP-γ"
    LRP_ALPHA_BETA = "lrp-alpha-beta", "LRP-α₁β₀"
    GUIDED_BACKPROP = "guided-backprop", "Guided backprop"
    DECONVNET = "deconvnet", "Deconvnet"
    GRAD_CAM = "grad-cam", "Grad-CAM"
    GRAD_CAM_PP = "grad-cam-pp", "Grad-CAM++"
    HIRESCAM = "hirescam", "HiResCAM"
    LAYERCAM = "layercam", "LayerCAM"
    OCCLUSION = "occlusion", "Occlusion"
    RISE = "rise", "RISE"
    KERNEL_SHAP = "kernel-shap", "KernelSHAP"
    LIME = "lime", "LIME"


NAMES = {one.value: one.label for one in Method}
SHORT = NAMES | {"gradient-x-input": "Grad × inp", "integrated-gradients": "Integrated", "guided-backprop": "Guided"}
GRID = (14, 14)  # cells on which maps of different resolution are compared

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a map reached; ``None`` where it took no test or the answer is undefined.

    Parameters
    ----------
    gap
        Insertion minus deletion.
    road
        ROAD: score with the coldest pixels filled in minus with the hottest filled in.
    forgotten
        Rank correlation with the map of the network that forgot.
    captum
        Largest difference to captum, as a share of the largest magnitude.
    kept
        Sum of a map that shares something out, as a share of what was there to be shared.
    """

    gap: float | None = None
    road: float | None = None
    forgotten: float | None = None
    captum: float | None = None
    kept: float | None = None


@dataclass(slots=True)
class Board:
    """Rows in the order in which they are to be read: methods, then what knows no network."""

    rows: dict[str, Scores] = field(default_factory=dict)

    def note(self, name: str, **found: float | None) -> None:
        """Enter numbers."""
        self.rows[name] = replace(self.rows.get(name, Scores()), **found)

    def values(self) -> dict[str, float]:
        """Numbers as values: ``gap_grad_cam``, ``road_random_7``."""
        found = {
            f"{what}_{name.replace('-', '_')}": getattr(scores, what)
            for name, scores in self.rows.items()
            for what in ("gap", "road", "forgotten", "captum", "kept")
        }
        return {name: float(value) for name, value in found.items() if value is not None}

    def charts(self) -> tuple[Chart, ...]:
        """All numbers: bars where there is only parameter randomisation, else a table; nothing while there are none."""
        columns = (
            ("gap", "ins − del"), ("road", "ROAD"), ("forgotten", "after forgetting"), ("captum", "captum"),
            ("kept", "adds up to"),
        )  # fmt: skip
        used = [(what, head) for what, head in columns if any(getattr(s, what) is not None for s in self.rows.values())]
        if not used:
            return ()
        if [what for what, _ in used] == ["forgotten"]:
            kept = {SHORT[n]: s.forgotten for n, s in self.rows.items() if s.forgotten is not None}
            note = "rank correlation with the map of the randomised network"
            low = min(0.0, *kept.values())
            chosen = max(range(len(kept)), key=[*kept.values()].__getitem__)
            return (Bars("Still the same map", tuple(kept), tuple(kept.values()), lo=low, chosen=chosen, note=note),)
        rows = tuple(
            (_row_name(name), *(_cell(what, getattr(scores, what)) for what, _ in used))
            for name, scores in self.rows.items()
        )
        return (Table("Tests", ("map", *(head for _, head in used)), rows),)


def _row_name(name: str) -> str:
    if name in NAMES:
        return SHORT[name]
    kind, side = name.rsplit("-", 1)
    return f"{kind} {side} × {side}"


def _cell(what: str, value: float | None) -> str:
    if value is None:
        return "–"
    if what == "kept":
        return f"{100 * value:.0f} %".replace("-", "−")
    if what == "captum":
        return f"{value:.0e}".replace("-", "−") if value else "equal"
    return two_places(value)


def two_places(value: float) -> str:
    """``-0.004`` → ``"0.00"``, ``-0.21`` → ``"−0.21"``."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def agreement(maps: Mapping[str, Map]) -> NDArray[np.float64]:
    """Rank correlation of magnitudes, each map averaged or enlarged to `GRID`; 0 where it is undefined."""
    from explainer.vision.metrics.similarity import spearman

    cells = [_on_grid(np.abs(heat)) for heat in maps.values()]
    return np.array([[1.0 if a is b else spearman(a, b) or 0.0 for b in cells] for a in cells])


def _on_grid(heat: Map) -> Map:
    from explainer.vision.metrics.heat import on_grid

    return on_grid(heat, GRID)


def agreement_chart(maps: Mapping[str, Map]) -> Chart:
    """How alike the maps are."""
    rows = tuple(f"{number} {SHORT[name]}" for number, name in enumerate(maps, 1))
    columns = tuple(str(number) for number in range(1, len(maps) + 1))
    note = "rank correlation of magnitudes"
    return Matrix("Agreement", agreement(maps), rows, columns, format=".2f", note=note, colours="diverging")


def faithfulness(
    about: Subject,
    network: Any,
    maps: Mapping[str, Map],
    board: Board,
    ctx: Context,
    tell: Callable[[float, str], None],
) -> Iterator[str]:
    """Let each map, and for each resolution a random map and the edges, take both tests; `board` is filled in.

    Parameters
    ----------
    tell
        Called with the share of the tests that is done, and with what is being tested.

    Yields
    ------
    str
        Name of the map that was tested last.
    """
    from explainer.vision.attribution.controls import edge_map, random_map

    rivals: dict[str, Map] = {}
    for side in sorted({heat.shape[0] for heat in maps.values()}):
        rivals[f"random-{side}"] = random_map((side, side), ctx.seed)
        rivals[f"edges-{side}"] = edge_map(about.x, (side, side))
    whole = {**maps, **rivals}
    # Two thirds of the time go into filling holes for ROAD: the other test's answers are all shown before.
    for number, (what, test) in enumerate((("gap", _gap), ("road", _road))):
        for done, (name, heat) in enumerate(whole.items()):
            tell((number + done / len(whole)) / 2, f"testing {_row_name(name)}")
            key = ("bench test", what, *memo_name(ctx), about.index, ctx.seed, name, heat.tobytes())
            found = ctx.memo(key, lambda heat=heat, test=test: test(about, network, heat, ctx))  # type: ignore[misc]
            board.note(name, **{what: found})
            yield name


def _gap(about: Subject, network: Any, heat: Map, ctx: Context) -> float | None:
    from explainer.vision.attribution.controls import class_score, curves_of
    from explainer.vision.metrics.heat import is_blank

    if is_blank(heat):
        return None
    score = class_score(network, about.index)
    return curves_of(score, about.x, heat, seed=ctx.seed, checkpoint=ctx.checkpoint).gap


def _road(about: Subject, network: Any, heat: Map, ctx: Context) -> float | None:
    from explainer.vision.attribution.controls import class_score, order_of_removal
    from explainer.vision.metrics.heat import is_blank
    from explainer.vision.metrics.road import road

    if is_blank(heat):
        return None
    ranks = order_of_removal(heat, about.x, ctx.seed)
    return road(class_score(network, about.index), about.x, ranks, seed=ctx.seed, checkpoint=ctx.checkpoint).gap
