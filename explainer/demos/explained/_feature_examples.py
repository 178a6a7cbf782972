"""Which of the user's own pictures excite a channel or class most."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.layers import Image, Label, Panel
from explainer.core.parts import Part
from explainer.core.problem import ExplainerError
from explainer.demos.explained import _feature_view as view

MOST = 64  # pictures that are searched
BEST, COLUMNS, TILE_PX = 6, 3, 112


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Strongest cell of every channel in each picture, or every class's logit.

    Parameters
    ----------
    numbers
        Which of the source's pictures were looked at, ``(N,)``.
    values, cells
        ``(N, C)`` and ``(N, C, 2)``.
    of
        How many the source has.
    """

    numbers: NDArray[np.int64]
    values: NDArray[np.float32]
    cells: NDArray[np.int64]
    of: int


def part(seen: view.Seen, net: Any, ctx: Context) -> Part:
    """Tiles of the best pictures; says so where there is nothing to search."""
    found = _searched(seen, net, ctx)
    if found is None:
        return Part(
            sentences=("There are no pictures to search (0 found): open a folder.",), values={"searched_count": 0.0}
        )
    order = np.argsort(-found.values[:, seen.index], kind="stable")[:BEST]
    scores = found.values[order, seen.index]
    tiles = [_tile(seen, int(found.numbers[n]), found.cells[n, seen.index], net, ctx) for n in order]
    values = {"searched_count": float(len(found.numbers)), "best_example": float(scores[0])}
    one = len(found.numbers) == 1
    best = tiles[0][1] or f"number {found.numbers[order[0]] + 1}"
    sentence = (
        "The source has only 1 picture to search; open a folder for more."
        if one
        else f"Of {len(found.numbers)} pictures {best} excites it most ({scores[0]:.2f})."
    )
    return Part((_panel(tiles, scores, found),), (), (sentence,), values)


def _searched(seen: view.Seen, net: Any, ctx: Context) -> _Found | None:
    """Look through the source once for each layer; every channel is noted, so another one costs nothing."""
    total = len(ctx.frames)
    if not total:
        return None
    numbers = np.unique(np.linspace(0, total - 1, min(total, MOST)).round().astype(np.int64))
    key = ("examples", _first(ctx), total, seen.is_class or seen.layer.name)
    return ctx.memo(key, lambda: _search(seen, numbers, total, net, ctx), keep=True)


def _first(ctx: Context) -> Any:
    try:
        return ctx.frames[0].key
    except ExplainerError:
        return None


def _search(seen: view.Seen, numbers: NDArray[np.int64], total: int, net: Any, ctx: Context) -> _Found | None:
    from explainer.vision.attribution.feature_vis import maps_and_logits
    from explainer.vision.attribution.strongest import peaks

    kept, values, cells = [], [], []
    for done, number in enumerate(numbers):
        ctx.checkpoint()
        ctx.progress(done / len(numbers), f"picture {done + 1} of {len(numbers)}")
        try:
            ready = net.prepare(ctx.frames[int(number)])
        except ExplainerError:
            continue  # one that cannot be read is no example
        if seen.is_class:
            logits = net.logits(ready.tensor)[0].cpu().numpy()
            values.append(logits)
            cells.append(np.zeros((len(logits), 2), np.int64))
        else:
            top = peaks(maps_and_logits(net.network(), seen.layer.name, ready.tensor)[0])
            values.append(top.values)
            cells.append(top.cells)
        kept.append(number)
    return _Found(np.array(kept), np.stack(values), np.stack(cells), total) if kept else None


def _tile(
    seen: view.Seen, number: int, cell: NDArray[np.int64], net: Any, ctx: Context
) -> tuple[NDArray[np.uint8], str]:
    """Cut the part around the strongest cell out of one picture; of a class, all that the network sees."""
    from explainer.vision.attribution.strongest import cut_out, patch_box

    frame = ctx.frames[number]
    ready = net.prepare(frame)
    if seen.is_class:
        return cut_out(frame.pixels, ready.focus), frame.name
    size = (seen.heat.shape[0], seen.heat.shape[1])
    box = patch_box((int(cell[0]), int(cell[1])), size, int(ready.tensor.shape[2]), ready.to_frame, ready.focus)
    return cut_out(frame.pixels, box), frame.name


def _panel(tiles: list[tuple[NDArray[np.uint8], str]], scores: NDArray[np.float32], found: _Found) -> Panel:
    from explainer.vision.attribution.strongest import GAP_PX, mosaic

    columns = min(COLUMNS, len(tiles))
    sheet = mosaic([pixels for pixels, _ in tiles], columns, TILE_PX)
    pitch = TILE_PX + GAP_PX
    labels = tuple(
        Label(f"score {n + 1}", f"{score:.1f}", (pitch * (n % columns), pitch * (n // columns) + 20.0), 0)
        for n, score in enumerate(scores)
    )
    looked = len(found.numbers)
    note = f"{looked} searched" if looked == found.of else f"{looked} of {found.of} searched"
    return Panel(
        "Best of your pictures", (sheet.shape[1], sheet.shape[0]), (Image("tiles", sheet), *labels), note, frame=False
    )
