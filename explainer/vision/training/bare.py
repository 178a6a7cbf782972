"""The small net trained by a bare loop in plain torch, as a script would: the yardstick of the kit's speed."""

from dataclasses import replace

import torch
from torch.nn import functional as F  # noqa: N812

from explainer.vision.training import digits, fit, small_net
from explainer.vision.training.examples import tensors
from explainer.vision.training.parts import Adam
from explainer.vision.training.several import one_thread

STEPS, BATCH, RATE = 300, 64, 0.003


def loop() -> torch.nn.Module:
    """Train for 300 steps on batches of 64 digits, with nothing but what that needs."""
    images, labels = tensors(digits.split().train)
    net = small_net.SmallNet().begun(0)
    optimiser = torch.optim.Adam(net.parameters(), RATE)
    step = 0
    with one_thread():
        while True:
            for batch in torch.split(torch.randperm(len(images)), BATCH):
                if step == STEPS:
                    return net
                optimiser.zero_grad()
                F.cross_entropy(net(images[batch]), labels[batch]).backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                step += 1


def recipe_alone() -> fit.Snapshot:
    """Train as many steps by a recipe, without measuring anything on the way."""
    made = small_net.recipe(Adam(RATE), batch_size=BATCH)
    with one_thread():
        return fit.trained(replace(made, steps=STEPS, measures=()))
