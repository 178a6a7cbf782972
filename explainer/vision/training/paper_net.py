"""The small net for digits as a classifier of pictures: dark strokes on light paper, in the middle of the frame."""

from explainer.core.model_card import ModelCard
from explainer.core.networks import TrainedNetwork
from explainer.vision.training import digits
from explainer.vision.training.fit import Snapshot
from explainer.vision.training.small_net import SmallNet
from explainer.vision.zoo.digits_net import Activation, PaperNet
from explainer.vision.zoo.kept import name_of
from explainer.vision.zoo.layers import offered

SIDE_PX = 64


def architecture(activation: Activation) -> str:
    """Name by which the zoo builds it."""
    return f"digits-net-{activation}"


def network_of(snapshot: Snapshot) -> TrainedNetwork:
    """Make a trained small net ready to be kept."""
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
