"""Batch norms that look at the picture before them.

In use a batch norm is a fixed scale and shift of each channel, made of the training pictures' mean and variance;
it does not adapt to other light by itself. Schneider et al. 2020 mix in the statistics of the pictures at hand.

References
----------
Schneider, Rusak, Eck, Bringmann, Brendel, Bethge. *Improving robustness against common corruptions by covariate
shift adaptation.* NeurIPS 2020.
"""

from typing import Any

from torch import Tensor, nn

PRIOR = 16.0  # the paper finds 8…32 to be best for one picture


class Renormed(nn.Module):
    """A network whose batch norms mix in the statistics of each picture by itself.

    ``μ = N / (N + 1) μ_train + 1 / (N + 1) μ_picture``, and the same for the variance.

    Parameters
    ----------
    net
        With its batch norms in place (not folded); it is left as it was after each pass.
    prior
        N: how many pictures the training statistics count for. Infinity changes nothing.
    """

    def __init__(self, net: nn.Module, prior: float = PRIOR) -> None:
        super().__init__()
        self._net = (net,)  # in a tuple, so that it is no part of this module
        self._share = 1.0 / (prior + 1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, 3, S, S)`` to logits ``(B, K)``; pictures of a batch do not see each other."""
        net = self._net[0]
        norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
        hooks = [m.register_forward_hook(self._mixed) for m in norms]
        try:
            out: Tensor = net(x)
        finally:
            for hook in hooks:
                hook.remove()
        return out

    def _mixed(self, norm: Any, inputs: tuple[Any, ...], _out: Any) -> Tensor:
        x: Tensor = inputs[0]
        own, share = 1.0 - self._share, self._share
        mean = own * norm.running_mean[None] + share * x.mean(dim=(2, 3))  # (B, C)
        variance = own * norm.running_var[None] + share * x.var(dim=(2, 3), unbiased=False)
        scale = norm.weight[None] / (variance + norm.eps).sqrt()
        shift = norm.bias[None] - mean * scale
        mixed: Tensor = x * scale[..., None, None] + shift[..., None, None]
        return mixed
