"""Which of the user's own pictures excite a channel or class most."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.problem import ExplainerError
from explainer.vision.attribution.feature_vis import maps_and_logits
from explainer.vision.attribution.strongest import cut_out, patch_box, peaks

MOST = 64  # pictures that are searched


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Strongest cell of every channel in each picture, or every class's logit.

    Parameters
    ----------
    numbers
        Which of the source's pictures were looked at, ``(N,)``.
    values, cells
        ``(N, C)`` and ``(N, C, 2)``.
    shape
        Rows and columns of the channels' maps; ``None`` for classes.
    of
        How many the source has.
    """

    numbers: NDArray[np.int64]
    values: NDArray[np.float32]
    cells: NDArray[np.int64]
    shape: tuple[int, int] | None
    of: int

    def best(self, index: int, count: int) -> NDArray[np.int64]:
        """Rows of the `count` pictures that excite a channel or class most, the best first; of equals the first."""
        return np.argsort(-self.values[:, index], kind="stable")[:count]


def searched(layer: str, net: Any, ctx: Context) -> Found | None:
    """Look through the source once; every channel of the layer is noted, so another one costs nothing.

    Parameters
    ----------
    layer
        Name of a layer; "" for the logits of the classes.

    Returns
    -------
    Found | None
        ``None`` where there is no picture that can be read.
    """
    total = len(ctx.frames)
    if not total:
        return None
    numbers = np.unique(np.linspace(0, total - 1, min(total, MOST)).round().astype(np.int64))
    key = ("examples", _first(ctx), total, layer)
    return ctx.memo(key, lambda: _search(layer, numbers, net, ctx), keep=True)


def cut(found: Found, row: int, index: int, net: Any, ctx: Context) -> tuple[NDArray[np.uint8], str]:
    """Cut the part around the strongest cell out of one picture; of a class, all that the network sees. And its name.

    Parameters
    ----------
    row
        Of `found`.
    """
    frame = ctx.frames[int(found.numbers[row])]
    ready = net.prepare(frame)
    if found.shape is None:
        return cut_out(frame.pixels, ready.focus), frame.name
    y, x = found.cells[row, index].tolist()
    box = patch_box((y, x), found.shape, int(ready.tensor.shape[2]), ready.to_frame, ready.focus)
    return cut_out(frame.pixels, box), frame.name


def _first(ctx: Context) -> Any:
    try:
        return ctx.frames[0].key
    except ExplainerError:
        return None


def _search(layer: str, numbers: NDArray[np.int64], net: Any, ctx: Context) -> Found | None:
    kept, values, cells, shape = [], [], [], None
    for done, number in enumerate(numbers.tolist()):
        ctx.checkpoint()
        ctx.progress(done / len(numbers), f"picture {done + 1} of {len(numbers)}")
        try:
            ready = net.prepare(ctx.frames[number])
        except ExplainerError:
            continue  # one that cannot be read is no example
        if layer:
            maps = maps_and_logits(net.network(), layer, ready.tensor)[0]
            top, shape = peaks(maps), (int(maps.shape[2]), int(maps.shape[3]))
            values.append(top.values)
            cells.append(top.cells)
        else:
            logits = net.logits(ready.tensor)[0].cpu().numpy()
            values.append(logits)
            cells.append(np.zeros((len(logits), 2), np.int64))
        kept.append(number)
    return Found(np.array(kept), np.stack(values), np.stack(cells), shape, len(ctx.frames)) if kept else None
