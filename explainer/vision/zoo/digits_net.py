"""The small net for digits that people train in the program, and the same net as a classifier of pictures.

Two convolutions (8 and 16 filters of 3 × 3), a 2 × 2 maximum, and two linear layers (32 and 10 units): 9,802 weights.
"""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

Activation = str  # relu, tanh, sigmoid
ACTIVATIONS: Mapping[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
CELLS = 8  # of ink, on a side
LUMA = (0.299, 0.587, 0.114)


class DigitsNet(nn.Module):
    """Scores ``(B, 10)`` of digits ``(B, 1, 8, 8)``, ink being 1."""

    def __init__(self, activation: Activation = "relu", classes: int = 10) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.conv1, self.act1 = nn.Conv2d(1, 8, 3, padding=1), act()
        self.conv2, self.act2 = nn.Conv2d(8, 16, 3, padding=1), act()
        self.pool = nn.MaxPool2d(2)
        self.linear1, self.act3 = nn.Linear(16 * 4 * 4, 32), act()
        self.linear2 = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Two convolutions, ``(B, 16, 8, 8)``, the maximum of each 2 × 2, two linear maps."""
        out: Tensor = self.linear2(self.hidden(x))
        return out

    def hidden(self, x: Tensor) -> Tensor:
        """What the last layer sees of pictures, ``(B, 32)``."""
        x = self.pool(self.act2(self.conv2(self.act1(self.conv1(x)))))
        found: Tensor = self.act3(self.linear1(x.flatten(1)))
        return found


class PaperNet(DigitsNet):
    """Scores ``(B, K)`` of pictures ``(B, 3, 64, 64)`` in 0…1.

    Grey is turned into ink, ``1 − luma``, and averaged over blocks of 8 × 8: that is how the digits were counted.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Reduce to 8 × 8 cells of ink and read them."""
        red, green, blue = x.split(1, dim=1)  # type: ignore[no-untyped-call]
        ink = 1 - (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)
        return super().forward(F.avg_pool2d(ink, ink.shape[-1] // CELLS))
