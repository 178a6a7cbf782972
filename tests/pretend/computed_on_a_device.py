"""Attribution methods, training recipes and task models on a device; the functions run in the process that has it."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from on_a_device import NAME
from pretend_device import pretending
from torch import nn

Arrays = dict[str, NDArray[Any]]


# Attribution --------------------------------------------------------------------------------------------


def maps(method: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Map of one method on the CPU and on the device."""
    here = _map(method, "cpu")
    with pretending() as name:
        return here, _map(method, name)


def _map(method: str, device: str) -> NDArray[np.float32]:
    from explainer.commands import bootstrap
    from explainer.contract.runs import photo
    from explainer.core.context import Settings
    from explainer.vision.attribution.methods import Question, answer

    with _zoo(device).lease(Settings().model, Settings(threads=1, device=device)) as net:
        card, x = bootstrap.zoo().card(Settings().model), net.prepare(photo("cat")).tensor
        question = Question(
            net.network(stock=True), x, 281, card.layer("last").name, card.title, card.mean, card.std, effort="quick"
        )
        return answer(method, question)


@cache
def _zoo(device: str) -> Any:
    from on_a_device import PretendZoo

    from explainer.vision.zoo.zoo import Zoo

    return PretendZoo() if device == NAME else Zoo()


# Training -----------------------------------------------------------------------------------------------


def trained(name: str) -> tuple[Arrays, Arrays]:
    """Weights and history of a short run on the CPU and on the device."""
    here = _trained(name, "cpu")
    with pretending() as device:
        return here, _trained(name, device)


def _trained(name: str, device: str) -> Arrays:
    from explainer.vision.training import fit

    snapshot = fit.trained(RECIPES[name](), device=device)
    assert not snapshot.diverged
    return {**snapshot.weights, **snapshot.history, "losses": snapshot.losses}


def _small(kind: str) -> Any:
    from explainer.vision.training import small_net

    step = small_net.optimiser(kind, 0.05 if kind == "sgd" else 0.003, 0.9)
    return small_net.recipe(step, train_size=96)


def _holes(which: int) -> Any:
    from dataclasses import replace

    from explainer.vision.training import holes

    recipe = holes.recipes(1, 0.5, "zero", 0)[which]
    return replace(recipe, steps=3, every=3)


def _augmented() -> Any:
    from dataclasses import replace

    from explainer.vision.augment import retrain

    recipe = retrain.recipe(retrain.Run(("noise", "shift"), 40, 3, 0))
    return replace(recipe, steps=3, every=3)


RECIPES = {
    "small net, SGD": lambda: _small("sgd"), "small net, Adam": lambda: _small("adam"),
    "whole digits": lambda: _holes(0), "digits with holes": lambda: _holes(1), "augmented digits": _augmented,
}  # fmt: skip


# Task models --------------------------------------------------------------------------------------------


def answered(name: str) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """What a task model says of a photo on the CPU and on the device."""
    here = _answered(name, "cpu")
    with pretending() as device:
        return here, _answered(name, device)


def _answered(name: str, device: str) -> list[NDArray[Any]]:
    from explainer.contract.runs import photo

    return [np.asarray(one) for one in TASKS[name](photo("cat").pixels, device)]


def _nanodet(pixels: Any, device: str) -> Any:
    from explainer.vision.detection import nanodet

    found = nanodet.detect(nanodet.load(device), pixels)
    return found.xyxy, found.score


def _batch(pixels: Any, device: str) -> Any:
    from explainer.vision.detection import nanodet

    both = nanodet.look_at_all(nanodet.load(device), [pixels, np.ascontiguousarray(pixels[:, ::-1])])
    return [one.scores for one in both]


def _matte(pixels: Any, device: str) -> Any:
    from explainer.vision.segmentation import matte

    with torch.no_grad():
        return [matte.load(device)(matte.prepare(pixels, device)).cpu().numpy()]


def _vit(pixels: Any, device: str) -> Any:
    from explainer.vision.attention import vit

    trace = vit.look(vit.load(device), pixels, 224)
    return [trace.tokens[-1].cpu().numpy()]


def _looks(pixels: Any, device: str) -> Any:
    from explainer.vision.tracking import appearance

    boxes = np.array([[10.0, 10.0, 120.0, 200.0], [50.0, 40.0, 300.0, 280.0]])
    return [appearance.vectors(pixels, boxes, appearance.load(device))]


TASKS = {"NanoDet": _nanodet, "NanoDet, a batch": _batch, "matte": _matte, "ViT": _vit, "appearance": _looks}


# The device itself --------------------------------------------------------------------------------------


def weights_after_three_steps() -> tuple[NDArray[Any], NDArray[Any]]:
    """Weights of a small net after three steps of Adam on the CPU and on the device."""
    with pretending() as device:
        torch.manual_seed(0)
        here, there, x = nn.Linear(4, 2), nn.Linear(4, 2), torch.randn(8, 4)
        there.load_state_dict(here.state_dict())
        there.to(device)
        for net, data in ((here, x), (there, x.to(device))):
            stepper = torch.optim.Adam(net.parameters(), lr=0.1)
            for _ in range(3):
                stepper.zero_grad()
                net(data).square().sum().backward()
                stepper.step()
        return here.weight.detach().numpy(), there.weight.detach().cpu().numpy()
