"""The small net for digits as a classifier of pictures: dark strokes on light paper, in the middle of the frame."""

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from explainer.core.model_card import ModelCard
from explainer.core.networks import TrainedNetwork
from explainer.vision.training import digits
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.small_net import Activation, DigitsNet, SmallNet

SIDE_PX = 64
LUMA = (0.299, 0.587, 0.114)


class PaperNet(DigitsNet):
    """Scores ``(B, K)`` of pictures ``(B, 3, 64, 64)`` in 0…1.

    Grey is turned into ink, ``1 − luma``, and averaged over blocks of 8 × 8: that is how the digits were counted.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Reduce to 8 × 8 cells of ink and read them."""
        red, green, blue = x.split(1, dim=1)  # type: ignore[no-untyped-call]
        ink = 1 - (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)
        return super().forward(F.avg_pool2d(ink, ink.shape[-1] // digits.SIDE))


def architecture(activation: Activation) -> str:
    """Name by which the zoo builds it."""
    return f"digits-net-{activation}"


def network_of(snapshot: Snapshot) -> TrainedNetwork:
    """Make a trained small net ready to be kept."""
    from explainer.vision.zoo.kept import name_of
    from explainer.vision.zoo.layers import offered

    net = snapshot.recipe.net
    assert isinstance(net, SmallNet)
    made = PaperNet(net.activation)
    right = f"{100 * float(snapshot.history['accuracy_test'][-1]):.1f} %"
    title = f"Digits net, {right}"
    train, test = snapshot.recipe.data
    card = ModelCard(
        name=name_of("trained", title),
        title=title,
        tier="trained",
        trained_on=(
            f"{len(train):,} handwritten digits, {snapshot.step:,} steps; reads {right} of {len(test)} others. "
            "Show it one digit, dark on light paper"
        ),
        resize_px=SIDE_PX,
        input_px=SIDE_PX,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        interpolation="bilinear",
        layers=tuple(one for one in offered(made, SIDE_PX) if one.name != "pool"),  # half as many cells to look at
        labels=digits.NAMES,
        licence="The user's own; the digits are under the BSD 3-Clause License",
        source="Trained in this program by “Train a small net”",
    )
    return TrainedNetwork(card, architecture(net.activation), snapshot.weights)
