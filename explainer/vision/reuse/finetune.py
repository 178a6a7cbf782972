"""The upper layers of a pretrained network learn on, over lower ones that are frozen and computed once.

What is frozen gives the same answer in each step, so the recipe's examples are what comes out of it: the tail alone is
trained. No layer of the zoo's network is touched; the tail has weights of its own.

References
----------
J. Yosinski and others. How transferable are features in deep neural networks? NIPS 2014.
S. Kornblith, J. Shlens, Q. V. Le. Do better ImageNet models transfer better? CVPR 2019.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.vision.reuse.cka import alike, gram
from explainer.vision.reuse.features import Squares
from explainer.vision.reuse.probe import fit
from explainer.vision.reuse.sets import Shown
from explainer.vision.training.examples import Examples, Split, tensors
from explainer.vision.training.parts import CrossEntropy, LossAndAccuracy, without_compiler
from explainer.vision.training.recipe import Batches, Net, Optimiser, Recipe
from explainer.vision.zoo.architectures import base_card
from explainer.vision.zoo.cards import shipped_weights
from explainer.vision.zoo.lite0 import HEAD_CHANNELS, EfficientNetLite, lite0
from explainer.vision.zoo.prepare import as_input
from explainer.vision.zoo.shipped import read_shipped

MODEL, TITLE = "efficientnet-lite0", "EfficientNet-Lite0"
SIDE = 96  # pixels: so small that everything learns within ten seconds
LAYERS = 18  # stem, sixteen blocks, head
STEPS, BATCH, RATE, MOMENTUM = 16, 25, 0.02, 0.9
CHUNK = 10  # pictures in one pass
Asked = Callable[[float], None]


@cache
def pretrained() -> EfficientNetLite:
    """EfficientNet-Lite0 as published, frozen; not the zoo's own, and for reading alone."""
    path = shipped_weights(MODEL)
    return read_shipped(lite0, path.name, TITLE, path, bare=True)


@dataclass(frozen=True)
class Tail(Net):
    """The layers from number `first` on, pooling, and a new linear layer for `classes`.

    Parameters
    ----------
    first
        Of the layers that learn, 0…18; 18: the new layer alone.
    batch_statistics
        Whether batch norms take mean and variance of each batch while they learn, in place of ImageNet's.
    """

    first: int
    classes: int
    batch_statistics: bool = False

    def module(self) -> nn.Module:
        """Build it, for what layer ``first − 1`` puts out."""
        steps = [module for _, module in lite0(self.classes).steps()[self.first :]]
        return _Tail(steps, nn.Linear(HEAD_CHANNELS, self.classes), frozen=not self.batch_statistics)

    def begun(self, seed: int) -> nn.Module:
        """Layers as ImageNet taught them, and a linear layer of zeros: all classes begin alike."""
        del seed
        made = self.module()
        assert isinstance(made, _Tail)
        for new, (_, old) in zip(made.steps, pretrained().steps()[self.first :], strict=True):
            new.load_state_dict(old.state_dict())
        nn.init.zeros_(made.classifier.weight)
        nn.init.zeros_(made.classifier.bias)
        return made


class _Tail(nn.Module):
    def __init__(self, steps: list[nn.Module], classifier: nn.Linear, *, frozen: bool) -> None:
        super().__init__()
        self.steps, self.classifier, self._frozen = nn.ModuleList(steps), classifier, frozen

    def train(self, mode: bool = True) -> "_Tail":
        """Leave batch norms in eval mode where they are frozen."""
        super().train(mode)
        if self._frozen:
            for one in self.modules():
                if isinstance(one, nn.BatchNorm2d):
                    one.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, h, w)`` to logits ``(B, K)``."""
        for step in self.steps:
            x = step(x)
        out: Tensor = self.classifier(x.mean((2, 3)))
        return out


@dataclass(frozen=True)
class TwoRates(Optimiser):
    """SGD with momentum whose steps are smaller for the layers that were there before.

    Parameters
    ----------
    old
        Their learning rate as a share of the new layer's. With SGD that is the same as smaller gradients.
    """

    rate: float = RATE
    old: float = 0.1

    def over(self, parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        """Torch's SGD; the last two parameters are the new layer's."""
        every = list(parameters)
        for one in every[:-2]:
            one.register_hook(lambda slope: slope * self.old)  # type: ignore[no-untyped-call]
        made = without_compiler(torch.optim.SGD)
        return made(every, lr=self.rate, momentum=MOMENTUM, foreach=False)


def recipe(data: Split, first: int, *, old: float = 0.1, batch_statistics: bool = False, seed: int = 0) -> Recipe:
    """How the layers from number `first` on learn from what those below put out."""
    return Recipe(
        data=data, net=Tail(first, data.train.classes, batch_statistics), loss=CrossEntropy(),
        optimiser=TwoRates(old=old), steps=STEPS, batches=Batches(BATCH), measures=(LossAndAccuracy(),), seed=seed,
        every=STEPS // 4,
    )  # fmt: skip


def put_out(
    squares: Squares, layers: int, asked: Asked = lambda _done: None, *, right: bool = True
) -> NDArray[np.float32]:
    """What the first `layers` layers make of pictures, ``(N, h, w, C)``; with none of them the input itself.

    Parameters
    ----------
    squares
        ``(N, s, s, 3) uint8`` RGB.
    asked
        Called before each pass with the share that is done; may raise to stop.
    right
        Whether pixels are scaled as the weights were trained; otherwise to 0…1 and no further.
    """
    card = base_card(MODEL)
    card = card if right else replace(card, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    found = []
    with torch.no_grad():
        for begin in range(0, len(squares), CHUNK):
            asked(begin / len(squares))
            x = as_input(squares[begin : begin + CHUNK], card, SIDE)
            for _, step in pretrained().steps()[:layers]:
                x = step(x)
            found.append(x.permute(0, 2, 3, 1).contiguous())
    return torch.cat(found).numpy()


def data(shown: Shown, first: int, asked: Asked, *, right: bool = True) -> Split:
    """What the layers before number `first` put out for shots and for pictures kept apart; all of them: pooled."""
    made = []
    for begun, (examples, squares) in enumerate(zip(shown.split, (shown.train, shown.test), strict=True)):
        out = put_out(squares, first, lambda share, begun=begun: asked((begun + share) / 2), right=right)  # type: ignore[misc]
        out = out.mean((1, 2), keepdims=True) if first == LAYERS else out
        made.append(Examples(out, examples.labels, examples.names))
    return Split(*made)


def probed(data: Split, first: int) -> NDArray[np.int64]:
    """What a probe takes the pictures kept apart for, while all layers stay as published; `data` as for `first`."""
    train, test = (_on(examples, first) for examples in data)
    return fit(train, data.train.labels, data.train.classes).answers(test)


def _on(examples: Examples, first: int) -> NDArray[np.float32]:
    """Features ``(N, 1280)`` of what the layers before number `first` put out."""
    x, _ = tensors(examples)
    with torch.no_grad():
        for _, step in pretrained().steps()[first:]:
            x = _in_parts(step, x)
    return x.mean((2, 3)).numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """What training did to each of the 18 layers.

    Parameters
    ----------
    drift
        ``‖after − before‖ / ‖before‖`` of each layer's weights, ``(18,)``; 0 for what is frozen.
    likeness
        Linear CKA of what layer r put out before and layer c puts out after, on the same pictures, ``(18, 18)``.
    """

    drift: NDArray[np.float64]
    likeness: NDArray[np.float64]


def drift(tail: nn.Module, first: int) -> NDArray[np.float64]:
    """How far the weights of each layer went, as a share of their size, ``(18,)``."""
    assert isinstance(tail, _Tail)
    found = np.zeros(LAYERS)
    for number, new in enumerate(tail.steps, first):
        old = pretrained().steps()[number][1]
        pairs = [(a.detach().double(), b.double()) for a, b in zip(new.parameters(), old.parameters(), strict=True)]
        moved = sum(float((a - b).square().sum()) for a, b in pairs)
        found[number] = (moved / sum(float(b.square().sum()) for _, b in pairs)) ** 0.5
    return found


def moved(tail: nn.Module, first: int, squares: Squares, asked: Asked, *, right: bool = True) -> Moved:
    """Compare what all layers put out for pictures before and after; `asked` as in `put_out`."""
    assert isinstance(tail, _Tail)
    was = now = torch.from_numpy(put_out(squares, 0, right=right)).permute(0, 3, 1, 2)
    before, after = [], []
    with torch.no_grad():
        for number, (_, old) in enumerate(pretrained().steps()):
            asked(number / LAYERS)
            now = _in_parts(old if number < first else tail.steps[number - first], now)
            was = now if number < first else _in_parts(old, was)
            before.append(gram(was.numpy()))
            after.append(before[-1] if number < first else gram(now.numpy()))
    return Moved(drift(tail, first), np.array([[alike(one, other) for other in after] for one in before]))


def _in_parts(step: nn.Module, x: Tensor) -> Tensor:
    return torch.cat([step(part) for part in torch.split(x, CHUNK)])
