"""Losses that learn distances, against loops over pairs and triplets; neighbours against scikit-learn."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from explainer.core.scattered import BORDER, SIDE, laid_out, middles, places
from explainer.demos.reuse import metric_learning as demo
from explainer.vision.training import metric
from explainer.vision.training.fit import start, trained

XY = torch.tensor(np.random.default_rng(3).normal(size=(12, 2)))
LABELS = torch.tensor([0, 1, 2] * 4)
RNG = torch.Generator()


class Given(nn.Module):
    """A net whose embedding is its input, with a classifier."""

    def __init__(self):
        super().__init__()
        self.head = nn.Parameter(torch.tensor([[1.0, 0.2], [-0.3, 0.9], [-0.5, -1.0]], dtype=torch.float64))

    def forward(self, x):
        return x


def loss(one, xy=XY, labels=LABELS):
    return float(one(Given(), xy, labels, RNG).detach())


def test_the_triplet_loss_is_torchs_over_all_triplets_that_are_not_right():
    costs = []
    for a, p, n in itertools.permutations(range(12), 3):
        if LABELS[a] == LABELS[p] != LABELS[n]:
            rows = (XY[i : i + 1] for i in (a, p, n))
            costs.append(float(F.triplet_margin_loss(*rows, margin=1.0, eps=0.0)))
    wrong = [one for one in costs if one > 0]
    assert 0 < len(wrong) < len(costs)
    assert loss(metric.Triplet()) == pytest.approx(np.mean(wrong), rel=1e-6)


def test_the_hardest_triplets_are_the_farthest_own_and_the_nearest_other():
    d = torch.cdist(XY, XY).numpy()
    same = LABELS[:, None].numpy() == LABELS[None].numpy()
    costs = [max(0.0, d[i][same[i]].max() - d[i][~same[i]].min() + 1.0) for i in range(12)]
    assert loss(metric.Triplet(hardest=True)) == pytest.approx(np.mean(costs), rel=1e-6)


def test_in_one_point_the_hardest_triplets_cost_the_margin_and_pull_nowhere():
    xy = torch.zeros(12, 2, dtype=torch.float64, requires_grad=True)
    cost = metric.Triplet(margin=0.7, hardest=True)(Given(), xy, LABELS, RNG)
    cost.backward()
    assert float(cost.detach()) == pytest.approx(0.7)
    assert float(xy.grad.abs().max()) == 0.0


def test_the_contrastive_loss_is_that_of_its_pairs():
    own, other = [], []
    for a, b in itertools.combinations(range(12), 2):
        d = math.dist(XY[a], XY[b])
        (own if LABELS[a] == LABELS[b] else other).append(d)
    expected = np.mean(np.square(own)) + np.mean(np.maximum(0, 2 - np.array(other)) ** 2)
    assert loss(metric.Contrastive()) == pytest.approx(expected, rel=1e-6)


def test_arcface_adds_its_margin_to_the_angle_of_the_own_class_alone():
    head = Given().head.detach().numpy()
    costs = []
    for x, label in zip(XY.numpy(), LABELS.tolist(), strict=True):
        angles = np.arccos([x @ w / np.linalg.norm(x) / np.linalg.norm(w) for w in head])
        scores = 16 * np.cos(angles + np.where(np.arange(3) == label, 0.3, 0.0))
        costs.append(np.log(np.exp(scores - scores[label]).sum()))
    assert loss(metric.Classified(angle=0.3)) == pytest.approx(np.mean(costs), rel=1e-6)
    assert loss(metric.Classified(angle=0.3), 5 * XY) == pytest.approx(np.mean(costs), rel=1e-6), "length is nothing"
    assert loss(metric.Classified()) == pytest.approx(float(F.cross_entropy(XY @ torch.tensor(head).T, LABELS)))


def test_every_batch_holds_as_many_of_each_class_and_an_epoch_repeats_none():
    labels = np.random.default_rng(0).integers(0, 10, 700)
    order = metric.OfEach(10 * metric.EACH)
    rows = next(order.epochs(labels, 5, 0))
    assert len(rows) == order.length(labels) == len(set(rows.tolist()))
    for batch in rows.reshape(-1, 10 * metric.EACH):
        assert (np.bincount(labels[batch], minlength=10) == metric.EACH).all()
    assert not np.array_equal(rows, next(order.epochs(labels, 5, 1)))


def test_places_keep_shape_and_stay_on_the_map():
    xy = np.random.default_rng(2).normal(size=(40, 2)) * [5.0, 1.0]
    at = places(xy)
    assert at.min() >= BORDER - 1e-6
    assert at.max() <= SIDE - BORDER + 1e-6
    np.testing.assert_allclose(np.ptp(at[:, 0]) / np.ptp(at[:, 1]), np.ptp(xy[:, 0]) / np.ptp(xy[:, 1]))
    assert (np.argsort(at[:, 1]) == np.argsort(-xy[:, 1])).all(), "up is up"
    assert np.isfinite(places(np.zeros((3, 2)))).all(), "one point is no division by zero"


def test_a_picture_is_drawn_where_it_lies_in_the_colour_of_its_class():
    images = np.ones((2, 8, 8), np.float32)
    at = np.array([[100.0, 200.0], [600.0, 300.0]])
    drawn = laid_out(images, at, np.array([0, 3]), thumb=20)
    ground = drawn[0, 0]
    inside = [drawn[round(y), round(x)] for x, y in at]
    assert not any((one == ground).all() for one in inside)
    assert not (inside[0] == inside[1]).all()
    assert int((drawn != ground).any(2).sum()) == 2 * 20 * 20
    assert middles(at, np.array([0, 3])) == {0: (100.0, 200.0), 3: (600.0, 300.0)}


@pytest.fixture(scope="module")
def run():
    return trained(metric.recipe("digits", "contrastive", 0))


def test_learning_brings_classes_together_on_pictures_that_were_not_learnt_from(run):
    labels = run.recipe.data.test.labels
    first, last = (metric.as_drawn(run.history["xy"][mark], labels).share.mean() for mark in (0, -1))
    assert first < 0.4
    assert last > 0.85


def test_the_map_is_what_the_trained_net_gives(run):
    test = run.recipe.data.test
    with torch.no_grad():
        xy = run.module()(torch.from_numpy(test.images)[:, None]).numpy()
    np.testing.assert_allclose(run.history["xy"][-1], xy, atol=1e-4)


def test_the_query_is_the_picture_nearest_to_the_ring_or_whom_learning_helps_most(run):
    params = demo.Params(data=demo.Data.DIGITS, loss=demo.Loss.CONTRASTIVE)
    pixels = metric.by_pixels(run.recipe.data.test)
    now = demo.laid(run, pixels, params)
    gain = now.learnt.share - pixels.share
    assert gain[now.query] == gain.max() > 0
    other = 17
    x, y = places(now.learnt.xy)[other] / SIDE
    asked = demo.laid(run, pixels, demo.Params(spot=demo.PointXY(float(x), float(y))))
    np.testing.assert_allclose(places(now.learnt.xy)[asked.query], places(now.learnt.xy)[other])


def test_a_collapse_is_said_and_an_untrained_net_too():
    begun = start(metric.recipe("digits", "triplet", 0))
    pixels = metric.by_pixels(begun.recipe.data.test)
    now = demo.laid(begun, pixels, demo.Params(data=demo.Data.DIGITS))
    assert demo.headline(now).startswith("Untrained")
    assert 0 <= demo.values(now)["learnt_percent"] < demo.values(now)["pixels_percent"] <= 100
