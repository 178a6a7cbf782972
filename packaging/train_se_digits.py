"""Train ``resources/weights/se-digits.safetensors`` anew and write its manifest row.

    python packaging/train_se_digits.py [SEEDS]

Digits in clutter, made afresh for every epoch from the 1,297 training digits; Adam with a learning rate that falls
along a cosine; about 20 s of computing for one net. With `SEEDS` above 1 the gated net and the same net without
gates are also trained that often from other starts, and the scores are printed side by side: one run alone says
nothing about which is better. What is kept is the gated net of seed 0. Scores are of the 500 held-out digits with
4 pieces of clutter each.
"""

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from explainer.vision.attention.clutter import scenes
from explainer.vision.attention.squeeze import FILE, GatedNet
from explainer.vision.training import digits
from explainer.vision.training.examples import Examples, tensors
from explainer.vision.training.fit import trained
from explainer.vision.training.parts import Adam, Cosine, CrossEntropy, OneStream
from explainer.vision.training.recipe import Augment, Net, Recipe

WEIGHTS = Path(__file__).resolve().parent.parent / "resources" / "weights"
EPOCHS, BATCH, RATE = 40, 64, 3e-3
PIECES, TEST_SEED = 4, 1
RECIPE = f"{EPOCHS} epochs, batches of {BATCH}, Adam from {RATE:g} along a cosine, seed 0"


@dataclass(frozen=True)
class Gated(Net):
    """The net with its gates, or without."""

    gated: bool = True

    def module(self) -> GatedNet:
        """Build it."""
        return GatedNet(gated=self.gated)


@dataclass(frozen=True)
class Clutter(Augment):
    """Each digit in a field of its own, strewn anew in each epoch."""

    def renewed(self, train: Examples, seed: int, epoch: int) -> Examples:
        """Compose the scenes."""
        return Examples(scenes(train, None, 1000 * (seed + 1) + epoch)[:, 0], train.labels, train.names)


def recipe(*, gated: bool, seed: int) -> Recipe:
    """Return how one network is trained."""
    data = digits.split()
    order = OneStream(BATCH, salt=7)
    steps = EPOCHS * order.per_epoch(data.train.labels)
    return Recipe(
        data, Gated(gated), CrossEntropy(), Adam(RATE), steps,
        schedule=Cosine(by_epoch=True), augment=Clutter(), batches=order, seed=seed,
    )  # fmt: skip


def train(*, gated: bool, seed: int) -> GatedNet:
    """Train one network from nothing."""
    made = recipe(gated=gated, seed=seed)
    net = trained(made).module()
    assert isinstance(net, GatedNet)
    if net.gates is not None:
        last, _ = tensors(made.augment.renewed(made.data.train, seed, EPOCHS - 1))
        with torch.no_grad():
            # In train mode, by the batch's own mean and variance: so the shipped file was made.
            net.usual.copy_(net.train().gates(net.maps(last)).mean(0))
    return net.eval()


@torch.no_grad()
def accuracy(net: GatedNet) -> float:
    """Share of the held-out digits that are read rightly."""
    test = digits.split()[1]
    x = torch.from_numpy(scenes(test, PIECES, TEST_SEED))
    return float((net(x).argmax(1) == torch.from_numpy(test.labels)).float().mean())


def write(state: dict[str, Tensor], score: float) -> None:
    """Write the weights and their row in the manifest."""
    file = WEIGHTS / FILE
    save_file(state, file)
    file.chmod(0o644)
    row = {
        "file": FILE,
        "architecture": "explainer.vision.attention.squeeze.GatedNet",
        "licence": "Apache-2.0 (trained for this project; terms of the digits in resources/data/manifest.json)",
        "trained_on": (
            f"scenes made of the 1,297 training digits of resources/data/digits.npz: {RECIPE}; reads "
            f"{100 * score:.1f} % of 500 held-out scenes with {PIECES} pieces of clutter"
        ),
        "source": "trained by packaging/train_se_digits.py",
        "command": "python packaging/train_se_digits.py",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    manifest = WEIGHTS / "manifest.json"
    rows = [one for one in json.loads(manifest.read_text(encoding="utf-8")) if one["file"] != FILE]
    manifest.write_text(json.dumps([*rows, row], indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Train, score, write."""
    torch.set_num_threads(1)
    net = train(gated=True, seed=0)
    write(net.state_dict(), accuracy(net))
    scores = {True: [accuracy(net)], False: [accuracy(train(gated=False, seed=0))]}
    for seed in range(1, int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        for gated, list_ in scores.items():
            list_.append(accuracy(train(gated=gated, seed=seed)))
    for gated, list_ in scores.items():
        name = "with gates" if gated else "without"
        each = ", ".join(f"{100 * score:.1f}" for score in list_)
        print(f"{name:>10}: {each} %; mean {100 * sum(list_) / len(list_):.1f} %")


if __name__ == "__main__":
    main()
