"""What an explanation cannot do without, with the stock eager module: the bench's yardsticks."""

import torch
from torch import Tensor, nn


def settle(x: Tensor) -> None:
    """Wait for a GPU, so that a clock around a call measures the work and not its order."""
    if x.device.type == "cuda":
        torch.cuda.synchronize(x.device)
    elif x.device.type == "mps":
        torch.mps.synchronize()


def forward(net: nn.Module, x: Tensor) -> Tensor:
    """Run one bare forward pass; ``(1, K)`` logits."""
    with torch.no_grad():
        logits: Tensor = net(x)
    settle(x)
    return logits


def forward_backward(net: nn.Module, x: Tensor) -> Tensor:
    """Run one forward pass and one backward pass of the best logit to the input ``(1, 3, S, S)``."""
    leaf = x.detach().requires_grad_()
    logits: Tensor = net(leaf)
    (gradient,) = torch.autograd.grad(logits[0].max(), leaf)
    settle(x)
    return gradient


def forward_tail(net: object, x: Tensor, layer: str) -> Tensor:
    """Run one forward pass and the backward pass of the best logit to a layer, ``(1, C, h, w)``.

    Where nothing but pooling and a linear layer follows, that gradient is a row of weights and costs nothing.
    """
    cut = net.split(x, layer, stock=True)  # type: ignore[attr-defined]
    gradient: Tensor = cut.gradient(int(cut.logits[0].argmax()))
    settle(x)
    return gradient
