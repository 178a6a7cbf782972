"""Learning without labels: two views of each picture, and a loss that knows only which views belong together.

A view is the picture turned, moved, made larger or smaller, lighter or darker. An encoder makes features ``h`` of it,
and a projector makes of those the embedding ``z`` that the loss looks at. For unit vectors ``u`` of the 2B views of
a batch, u_i and u_j being two views of one picture, SimCLR asks (NT-Xent):

    L = mean over i of  −log  exp(u_i·u_j / τ) / Σ_{k≠i} exp(u_i·u_k / τ)

Attraction alone has a trivial best answer, the same embedding for everything: collapse. Negatives (the other pictures
of the batch) forbid it; SimSiam has none, and avoids it by not letting the gradient pass through one of its two sides.

References
----------
van den Oord, Li, Vinyals. *Representation learning with contrastive predictive coding.* arXiv:1807.03748, 2018.
Gidaris, Singh, Komodakis. *Unsupervised representation learning by predicting image rotations.* ICLR 2018.
Chen, Kornblith, Norouzi, Hinton. *A simple framework for contrastive learning of visual representations.* ICML 2020.
Chen, He. *Exploring simple siamese representation learning.* CVPR 2021.
He, Chen, Xie, Li, Dollár, Girshick. *Masked autoencoders are scalable vision learners.* CVPR 2022.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits, garments
from explainer.vision.training.contrastive_looks import Looked
from explainer.vision.training.examples import Split
from explainer.vision.training.parts import Adam, Cosine
from explainer.vision.training.recipe import Batches, Loss, Net, Recipe
from explainer.vision.training.views import views

FEATURES, EMBEDDED = 64, 32  # numbers of h and of z
BATCH = 128  # pictures in a step
STEPS, EVERY, RATE = 400, 20, 0.003
TEMPERATURE, STRENGTH = 0.5, 1.0
TURNS = 4  # quarter turns, none among them
PATCHES, HIDDEN = 4, 0.5  # patches of a picture each way, and the share of them that is hidden
PAIRED = ("simclr", "attract", "simsiam", "no-stop")  # methods that look at pairs of views


class Learner(nn.Module):
    """An encoder ``(B, 1, S, S)`` → h ``(B, 64)``, and what its task needs behind it."""

    def __init__(self, side: int, task: str) -> None:
        super().__init__()
        strides = (2, 2, 2) if side > 8 else (1, 2, 2)
        channels = (1, 16, 32, 32)
        left = side
        for stride in strides:
            left = -(-left // stride)
        convs = (nn.Conv2d(channels[i], channels[i + 1], 3, stride, 1) for i, stride in enumerate(strides))
        layers = [layer for conv in convs for layer in (conv, nn.ReLU())]
        self.encoder = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * left * left, FEATURES))
        ends = {"rotation": TURNS, "masked": side * side}
        self.projector = two_layers(FEATURES, EMBEDDED) if task in PAIRED else None
        self.predictor = two_layers(EMBEDDED, EMBEDDED) if task in PAIRED[2:] else None
        self.head = nn.Linear(FEATURES, ends.get(task, 10)) if task not in PAIRED else None

    def forward(self, x: Tensor) -> Tensor:
        """Return the embedding z of each picture ``(B, 32)``; the features h ``(B, 64)`` where nothing projects."""
        h: Tensor = self.encoder(x)
        return h if self.projector is None else self.projector(h.relu())

    def told(self, x: Tensor) -> Tensor:
        """Return what the task's own head says of pictures."""
        assert self.head is not None
        found: Tensor = self.head(self.encoder(x).relu())
        return found


def two_layers(inputs: int, outputs: int) -> nn.Module:
    """A linear layer, batch norm, ReLU, and another linear layer."""
    return nn.Sequential(nn.Linear(inputs, FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU(), nn.Linear(FEATURES, outputs))


@dataclass(frozen=True)
class LearnerNet(Net):
    """A `Learner` with torch's own starting weights."""

    side: int
    task: str

    def module(self) -> nn.Module:
        """Build it."""
        return Learner(self.side, self.task)


# Losses -----------------------------------------------------------------------------------------------------


def nt_xent(z: Tensor, temperature: float) -> Tensor:
    """Normalised cross-entropy over similarities (Chen 2020), in nats: see the head of this file.

    Parameters
    ----------
    z
        Embeddings ``(2B, D)``: of one view of each picture, then of the other in the same order.
    temperature
        τ, above 0: the smaller, the more only the most similar negatives count.
    """
    u = F.normalize(z)
    scores = (u @ u.T / temperature).masked_fill(torch.eye(len(u), device=u.device).bool(), -torch.inf)
    own = torch.arange(len(u), device=u.device).roll(len(u) // 2)
    return F.cross_entropy(scores, own)


@dataclass(frozen=True)
class Paired(Loss):
    """Two views of each picture; `strength` says how far they are changed."""

    strength: float = STRENGTH

    def seen(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """Both views of all pictures, ``(2B, 1, S, S)``."""
        return torch.cat([views(images, self.strength, rng) for _ in range(2)])


@dataclass(frozen=True)
class Contrast(Paired):
    """SimCLR: the other view is to be told from all other pictures of the batch."""

    temperature: float = TEMPERATURE

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once; labels are not looked at."""
        del labels
        return nt_xent(net(self.seen(images, rng)), self.temperature)


@dataclass(frozen=True)
class Attract(Paired):
    """``1 − cos`` of both views and nothing else: what is best is to collapse."""

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once; labels are not looked at."""
        del labels
        one, other = net(self.seen(images, rng)).chunk(2)
        return 1 - F.cosine_similarity(one, other).mean()


@dataclass(frozen=True)
class Siamese(Paired):
    """SimSiam: a predictor says of one view's embedding what the other's is, ``1 − cos``, both ways (Chen, He 2021).

    Parameters
    ----------
    stop
        Whether what is to be predicted counts as given, so that no gradient passes through it. Without this it
        may collapse.
    """

    stop: bool = True

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once; labels are not looked at."""
        del labels
        z = net(self.seen(images, rng))
        said = net.get_submodule("predictor")(z)
        wanted = (z.detach() if self.stop else z).roll(len(images), 0)
        return 1 - F.cosine_similarity(said, wanted).mean()


@dataclass(frozen=True)
class Turned(Loss):
    """Which of four quarter turns a picture was given: cross-entropy in nats (Gidaris 2018)."""

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net for all turns of all pictures."""
        del labels, rng
        turned = torch.cat([images.rot90(k, (2, 3)) for k in range(TURNS)])
        turns = torch.arange(TURNS, device=images.device).repeat_interleave(len(images))
        assert isinstance(net, Learner)
        return F.cross_entropy(net.told(turned), turns)


@dataclass(frozen=True)
class Masked(Loss):
    """Mean square error of hidden pixels, painted from those that are seen (the idea of He 2022, without its ViT)."""

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Hide half of the patches of each picture and ask the net for the rest."""
        del labels
        hidden = hidden_of(images, rng)
        assert isinstance(net, Learner)
        painted = net.told(images * ~hidden).view_as(images)
        return (painted - images)[hidden].square().mean()


def hidden_of(images: Tensor, rng: torch.Generator) -> Tensor:
    """Draw which pixels are hidden: half of 4 × 4 patches of each picture ``(B, 1, S, S)``, a bool for each."""
    order = torch.rand(len(images), PATCHES * PATCHES, generator=rng).argsort(1)
    patches = (order < HIDDEN * PATCHES * PATCHES).view(-1, 1, PATCHES, PATCHES)
    each = images.shape[2] // PATCHES
    return patches.repeat_interleave(each, 2).repeat_interleave(each, 3).to(images.device)


@dataclass(frozen=True)
class Taught(Paired):
    """Cross-entropy in nats of the labels, on one view of each picture: what learning with labels alone can do."""

    def __call__(self, net: nn.Module, images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        """Ask the net once."""
        assert isinstance(net, Learner)
        return F.cross_entropy(net.told(views(images, self.strength, rng)), labels)


# Recipes ----------------------------------------------------------------------------------------------------


def loss_of(method: str, strength: float = STRENGTH, temperature: float = TEMPERATURE) -> Loss:
    """What a method makes small: one of `PAIRED`, ``rotation`` or ``masked``."""
    match method:
        case "simclr":
            return Contrast(strength, temperature)
        case "attract":
            return Attract(strength)
        case "simsiam" | "no-stop":
            return Siamese(strength, stop=method == "simsiam")
        case "rotation":
            return Turned()
    return Masked()


def recipe(data: str, method: str, strength: float, temperature: float, seed: int) -> Recipe:
    """Return the recipe of an encoder that learns from the training pictures without their labels."""
    split = split_of(data)
    return Recipe(
        split, LearnerNet(split.train.side, method), loss_of(method, strength, temperature), Adam(RATE), STEPS,
        Cosine(warm_up=20), batches=Batches(BATCH, whole=True), measures=(Looked(strength),), seed=seed, every=EVERY,
    )  # fmt: skip


def split_of(data: str) -> Split:
    """Pictures of ``"digits"`` or ``"garments"``."""
    return garments.split() if data == "garments" else digits.split()


def features_of(net: nn.Module, images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Features h ``(N, 64)`` of pictures ``(N, S, S)``, by a net in eval mode."""
    encoder = net.get_submodule("encoder")
    parts = torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], 256)
    with torch.no_grad():
        return np.asarray(torch.cat([encoder(part) for part in parts]).double().numpy())


def painted(net: nn.Module, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a net that paints is shown of pictures ``(N, S, S)``, and those with what it paints in the hidden place."""
    assert isinstance(net, Learner)
    given = torch.from_numpy(np.ascontiguousarray(images))[:, None]
    hidden = hidden_of(given, torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = torch.where(hidden, net.told(given * ~hidden).view_as(given).clamp(0, 1), given)
    return (given * ~hidden)[:, 0].numpy(), whole[:, 0].numpy()
