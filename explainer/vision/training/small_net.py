"""A small convolutional net for 8 × 8 digits, and the recipe by which the training demos train it.

Two convolutions (8 and 16 filters of 3 × 3), a 2 × 2 maximum, and two linear layers (32 and 10 units): 9,802
weights. Backpropagation gives the gradient of the mean cross-entropy; the optimiser, a separate step, moves
the weights by it.

It computes on the CPU whatever the session's device is: at this size a GPU spends its time on being asked.

References
----------
Rumelhart, Hinton, Williams. *Learning representations by back-propagating errors.* Nature 323, 1986.
He, Zhang, Ren, Sun. *Delving deep into rectifiers.* ICCV 2015 (the starting weights).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits
from explainer.vision.training.examples import Split
from explainer.vision.training.parts import Adam, CrossEntropy, GradientSizes, LossAndAccuracy, Sgd
from explainer.vision.training.recipe import Batches, Measure, Net, Optimiser, Recipe
from explainer.vision.zoo.digits_net import Activation, DigitsNet

LAYERS = ("conv 1", "conv 2", "linear 1", "linear 2")
FIRST = "conv1.weight"
LAST_SCALE = 0.1  # small first scores: the untrained net says about 1/10 for each digit
MEASURES: tuple[Measure, ...] = (LossAndAccuracy(), GradientSizes())


@dataclass(frozen=True)
class SmallNet(Net):
    """A `DigitsNet` and its starting weights.

    Parameters
    ----------
    init_scale
        Factor on the starting weights, whose standard deviation is ``sqrt(2 / fan_in)`` (He 2015).
    """

    activation: Activation = "relu"
    init_scale: float = 1.0

    def module(self) -> nn.Module:
        """Build it."""
        return DigitsNet(self.activation)

    def begun(self, seed: int) -> nn.Module:
        """Draw weights with standard deviation ``init_scale · sqrt(2 / fan_in)``; biases are 0."""
        with torch.device("meta"):
            net = self.module()
        rng, state = np.random.default_rng([seed, 1]), {}
        for name, weight in net.state_dict().items():
            if name.endswith("bias"):
                state[name] = torch.zeros(weight.shape)
                continue
            spread = self.init_scale * np.sqrt(2.0 / np.prod(weight.shape[1:]))
            spread *= LAST_SCALE if name == "linear2.weight" else 1.0
            state[name] = torch.from_numpy((spread * rng.standard_normal(tuple(weight.shape))).astype(np.float32))
        net.load_state_dict(state, assign=True)
        return net


def recipe(
    optimiser: Optimiser = Sgd(0.05),  # noqa: B008 - frozen
    *,
    epochs: int = 1,
    net: SmallNet = SmallNet(),
    batch_size: int = 32,
    train_size: int = digits.TRAIN,
    seed: int = 0,
    data: Split | None = None,
) -> Recipe:
    """Return the recipe of so many epochs over the first `train_size` training digits."""
    train, test = data or digits.split()
    batches = Batches(batch_size)
    few = train if train_size >= len(train) else train.first(train_size)
    steps = epochs * batches.per_epoch(few.labels)
    return Recipe(
        Split(few, test), net, CrossEntropy(), optimiser, steps, batches=batches, measures=MEASURES, seed=seed
    )


def optimiser(kind: str, rate: float, momentum: float) -> Optimiser:
    """Torch's optimiser of that name, ``sgd`` or ``adam``."""
    return Sgd(rate, momentum) if kind == "sgd" else Adam(rate)


def loss_and_gradients(
    net: nn.Module, weights: Mapping[str, Tensor], images: Tensor, labels: Tensor
) -> tuple[float, Sequence[Tensor]]:
    """Mean cross-entropy in nats and its gradient for each weight: backpropagation and nothing else."""
    with torch.enable_grad():
        leaves = {name: weight.detach().requires_grad_() for name, weight in weights.items()}
        loss = F.cross_entropy(functional_call(net, leaves, (images,)), labels)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
    return float(loss.detach()), gradients


def count(net: Net) -> int:
    """Count the numbers that are learned."""
    return sum(weight.numel() for weight in net.module().parameters())
