"""What was read off the attention of one picture and need not be again: heads of a layer, rollout, colours."""

import numpy as np
from numpy.typing import NDArray

from explainer.core.context import Context
from explainer.core.frame import Frame
from explainer.core.memo import latest
from explainer.vision.attention import maps, vit


class Kept:
    """One picture before the transformer, at one size; only the last layer that was asked for stays in memory.

    Parameters
    ----------
    size
        Side in pixels of a square with as many pixels as the input.
    """

    def __init__(self, frame: Frame, size: int, ctx: Context) -> None:
        self._ctx, self._side = ctx, round(size / vit.PATCH) * vit.PATCH
        self._net = ctx.memo(("vit-s14", ctx.device), lambda: vit.load(ctx.device), keep=True)
        with ctx.stage("model"):
            look = lambda: vit.look(self._net, frame.pixels, self._side)  # noqa: E731 (made once)
            self.trace = latest(ctx, "vit trace", self._side, look)

    @property
    def grid(self) -> tuple[int, int]:
        """Patches down and across."""
        return self.trace.grid

    def mean(self, layer: int) -> NDArray[np.float32]:
        """Attention of a layer, averaged over its heads, ``(N, N)``."""
        return np.asarray(self._net.attention(self.trace, layer).mean(0).cpu().numpy())

    def heads(self, layer: int) -> NDArray[np.float32]:
        """Attention of all heads of a layer, ``(6, N, N)``."""
        make = lambda: self._net.attention(self.trace, layer).cpu().numpy()  # noqa: E731
        return latest(self._ctx, "vit heads", (self._side, layer), make)

    def row(self, token: int, layer: int, head: int | None) -> NDArray[np.float64]:
        """Attention of one token in one head, or in the mean of all, ``(N,)``."""
        rows = self.heads(layer)[:, token].astype(np.float64)
        return np.asarray(rows.mean(0) if head is None else rows[head])

    def rolled(self, token: int, layers: int, residual: float) -> NDArray[np.float64]:
        """What one token is made of after the first `layers`, ``(N,)``; what was averaged for fewer is taken again."""
        means: list[NDArray[np.float32]] = latest(self._ctx, "vit means", self._side, list)
        for layer in range(len(means) + 1, layers + 1):
            self._ctx.checkpoint()
            self._ctx.progress((layer - 1) / layers, "attention of all layers")
            means.append(self.mean(layer))
        return maps.rollout_row(means[:layers], token, residual)

    def colours(self, layer: int) -> tuple[NDArray[np.uint8], float]:
        """Patches in the colours of their first three components ``(h, w, 3)``, and the variance these hold."""

        def make() -> tuple[NDArray[np.uint8], float]:
            found = maps.principal(self._net.features(self.trace, layer)[1:].cpu().numpy())
            return maps.as_colours(found.scores, self.grid), float(found.shares.sum())

        return latest(self._ctx, "vit colours", (self._side, layer), make)
