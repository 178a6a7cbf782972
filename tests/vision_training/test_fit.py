"""The training kit: recipes as values, snapshots that go on to the same bits, runs side by side."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from explainer.core.choices import Choice
from explainer.core.problem import Cancelled
from explainer.vision.augment.retrain import Augmented
from explainer.vision.training import digits, fit, several, small_net
from explainer.vision.training.examples import Examples, Split
from explainer.vision.training.holes import Holes
from explainer.vision.training.parts import (
    Accuracy,
    Adam,
    Cosine,
    CrossEntropy,
    Dropout,
    OneStream,
    Sgd,
    without_compiler,
)
from explainer.vision.training.recipe import Batches, Net, Recipe, described
from explainer.vision.training.small_net import SmallNet

TRAIN, TEST = digits.split()


class WithAll(nn.Module):
    """A net with everything that has a memory or draws: batch norm, dropout."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.drop, self.out = Dropout(0.3), nn.Linear(4 * 64, 10)

    def forward(self, x):
        return self.out(self.drop(self.norm(self.conv(x)).relu().flatten(1)))


@dataclass(frozen=True)
class AllNet(Net):
    def module(self):
        return WithAll()


@dataclass(frozen=True)
class Foreign(Net):
    def module(self):
        return nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(64, 10))


def recipe(steps=12, **given):
    usual = {
        "data": Split(TRAIN.first(100), TEST.first(50)), "net": AllNet(), "loss": CrossEntropy(0.1),
        "optimiser": Adam(0.01, 0.01), "schedule": Cosine(2), "augment": Augmented(("noise", "shift")),
        "batches": Batches(32), "measures": (Accuracy(),), "every": 3,
    }  # fmt: skip
    return Recipe(steps=steps, **(usual | given))


def test_a_run_is_the_same_again_and_another_seed_is_another():
    assert fit.trained(recipe()).same_bits(fit.trained(recipe()))
    assert not fit.trained(recipe()).same_bits(fit.trained(recipe(seed=1)))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"optimiser": Sgd(0.05), "schedule": Cosine(by_epoch=True)},
        {"augment": Holes(0.5, "mean"), "batches": Batches(30, whole=True)},
        {"batches": OneStream(24), "every": 5},
    ],
)
def test_from_each_mark_a_run_goes_on_to_the_same_bits(given):
    marks = list(fit.fit(fit.start(recipe(**given))))
    for mark in marks[:-1]:
        stored = fit.from_plain(mark.recipe, {name: array.copy() for name, array in mark.plain().items()})
        *_, last = fit.fit(stored)
        assert last.same_bits(marks[-1]), mark.step
    assert [mark.step for mark in marks] == list(marks[-1].history["step"][1:])


def test_a_run_that_is_stopped_leaves_its_snapshots_alone():
    class Stop(Exception):
        pass

    def on_step(step):
        if step == 4:
            raise Stop

    begun = fit.start(recipe())
    before = {name: array.copy() for name, array in begun.plain().items()}
    run = fit.fit(begun, on_step)
    third = next(run)
    with pytest.raises(Stop):
        next(run)
    assert all(np.array_equal(before[name], array) for name, array in begun.plain().items())
    assert third.step == 3
    *_, last = fit.fit(third)
    assert last.same_bits(fit.trained(recipe()))


def test_each_epoch_shows_every_example_once_and_goes_on_longer_when_asked():
    short, long = (recipe(steps, schedule=recipe().schedule.__class__.__bases__[0]()) for steps in (4, 8))
    assert short.run == long.run
    assert short.key() == long.key()
    *_, last = fit.fit(replace(fit.trained(short), recipe=long))
    whole = fit.trained(long)
    assert all(np.array_equal(last.weights[name], whole.weights[name]) for name in whole.weights)
    orders = Batches(32).epochs(np.zeros(100), 0, 0)
    first, second = next(orders), next(orders)
    assert sorted(first) == sorted(second) == list(range(100))
    assert not np.array_equal(first, second)
    assert np.array_equal(next(Batches(32).epochs(np.zeros(100), 0, 1)), second)
    assert (Batches(32).per_epoch(np.zeros(100)), Batches(32, whole=True).per_epoch(np.zeros(100))) == (4, 3)
    assert Batches(32, whole=True).per_epoch(np.zeros(5)) == 1


def test_a_recipe_is_a_value_and_its_key_lasts():
    assert recipe() == recipe()
    assert hash(recipe()) == hash(recipe())
    others = [
        recipe(net=SmallNet()), recipe(seed=1), recipe(optimiser=Adam(0.02, 0.01)), recipe(batches=Batches(16)),
        recipe(data=Split(TRAIN.first(99), TEST.first(50))), recipe(loss=CrossEntropy()), recipe(every=4),
    ]  # fmt: skip
    keys = [one.key() for one in (recipe(), recipe(steps=13), *others)]
    assert len(set(keys)) == len(keys)
    assert recipe().key("cuda") != recipe().key()
    code = "from explainer.vision.training import small_net\nprint(small_net.recipe(epochs=2).key())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == small_net.recipe(epochs=2).key()  # Python salts its own hashes in each process
    json.dumps(described(recipe()))
    with pytest.raises(TypeError, match="cannot hold a function"):
        described(lambda: None)


def test_a_choice_names_the_run_that_its_value_names():
    class Filling(Choice):
        MEAN = "mean"

    kept = recipe(augment=Holes(0.5, "mean"))
    assert recipe(augment=Holes(0.5, Filling.MEAN)).key() == kept.key()
    assert recipe(augment=Holes(0.5, "zero")).key() != kept.key()


def test_examples_are_equal_when_all_their_numbers_are():
    one, two = Examples(TRAIN.images.copy(), TRAIN.labels.copy(), TRAIN.names), TRAIN
    assert one == two
    assert hash(one) == hash(two)
    changed = TRAIN.images.copy()
    changed[5, 3, 3] += 0.01
    assert Examples(changed, TRAIN.labels, TRAIN.names) != TRAIN


def test_torchs_own_dropout_is_refused_because_runs_would_share_its_draws():
    with pytest.raises(TypeError, match="Dropout draws from a generator that all runs share"):
        fit.start(recipe(net=Foreign()))


def test_dropout_keeps_its_share_and_the_mean():
    drop = Dropout(0.25)
    drop.rng = torch.Generator().manual_seed(0)
    out = drop.train()(torch.ones(200, 200))
    assert float((out == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.01)
    assert torch.equal(drop.eval()(torch.ones(3)), torch.ones(3))


def test_the_cosine_is_torchs():
    parameter = nn.Parameter(torch.zeros(1))
    torchs = torch.optim.SGD([parameter], 1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(torchs, 20)
    for step in range(20):
        assert Cosine().factor(step, 20, 5) == pytest.approx(schedule.get_last_lr()[0])
        torchs.step()
        schedule.step()
    assert [Cosine(3).factor(step, 20, 5) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert Cosine(by_epoch=True).factor(9, 20, 5) == Cosine().factor(5, 20, 5)


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD])
def test_optimisers_without_the_compilers_marks_step_as_torchs_do(kind):
    start = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    one, two = without_compiler(kind)([ours], lr=0.1, foreach=False), kind([theirs], lr=0.1, foreach=False)
    for step in range(4):
        for optimiser, parameter in ((one, ours), (two, theirs)):
            optimiser.zero_grad()
            ((parameter - step) ** 2).sum().backward()
            optimiser.step()
    assert torch.equal(ours, theirs)


def test_training_does_not_load_torchs_compiler():
    code = (
        "import sys\nfrom explainer.vision.training import fit, small_net\n"
        "fit.trained(small_net.recipe(epochs=1, train_size=64))\nsys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Side by side -------------------------------------------------------------------------------------------


def test_runs_side_by_side_end_on_the_bits_that_each_has_alone():
    recipes = [recipe(seed=seed) for seed in range(3)]
    ends = dict(several.several(recipes, lambda _n, _step: None, workers=3))
    assert sorted(ends) == [0, 1, 2]
    for number, one in enumerate(recipes):
        assert ends[number].same_bits(fit.trained(one))


def test_the_number_of_a_run_is_its_own_whatever_the_order_of_finish():
    """The first run waits until the second has ended."""
    second_ended = threading.Event()
    short, long = recipe(3), recipe(6)

    def on_step(number, step):
        if number == 0:
            assert second_ended.wait(60)

    seen = []
    for number, snapshot in several.several([long, short], on_step, workers=2):
        seen.append((number, snapshot.step))
        if (number, snapshot.step) == (1, 3):
            second_ended.set()
    assert seen[-1] == (0, 6)
    assert [step for number, step in seen if number == 0] == [0, 3, 6]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_one_run_raises_stops_all_and_is_raised(workers):
    before = threading.active_count()

    def on_step(number, step):
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(several.several([recipe(1000), recipe(1000, seed=1)], on_step, workers=workers))
    assert threading.active_count() == before


def test_threads_are_as_before_also_when_the_run_is_stopped():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(KeyboardInterrupt), several.one_thread():
            assert torch.get_num_threads() == 1
            raise KeyboardInterrupt
        assert torch.get_num_threads() == 2
        for _ in several.several([recipe(3), recipe(3, seed=1)], lambda _n, _s: None, workers=2):
            pass
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
