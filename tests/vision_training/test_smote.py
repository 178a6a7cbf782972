"""SMOTE against imbalanced-learn and by hand, and the mistake of resampling before the split."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from explainer.vision.training import digits, fit, imbalance, smote
from explainer.vision.training.examples import Examples
from explainer.vision.training.recipe import Augment
from explainer.vision.training.small_net import SmallNet

HIGH = (5, 6, 7, 8, 9)
K = 3


@pytest.fixture(scope="module")
def few():
    return imbalance.chosen(0, HIGH, 10)


def flat(examples):
    return torch.from_numpy(examples.images.reshape(len(examples), -1)), torch.from_numpy(examples.labels)


def test_neighbours_are_scikit_learns_of_the_same_class(few):
    points, labels = flat(few)
    near = smote.nearest(points, labels, K).numpy()
    for one in HIGH:
        rows = np.flatnonzero(few.labels == one)
        theirs = NearestNeighbors(n_neighbors=K + 1).fit(points[rows]).kneighbors(points[rows], return_distance=False)
        np.testing.assert_array_equal(near[rows], rows[theirs[:, 1:]])


def test_two_have_one_neighbour_and_one_has_none():
    points = torch.tensor([[0.0], [1.0], [5.0], [9.0]])
    assert smote.nearest(points, torch.tensor([0, 0, 1, 0]), 2).tolist() == [[1, 3], [0, 3], [-1, -1], [1, 0]]
    assert smote.nearest(points[:2], torch.tensor([0, 0]), 3).tolist() == [[1, -1, -1], [0, -1, -1]]


def test_new_examples_are_those_of_imbalanced_learn(few):
    """With the same draws; it lays them out as in its ``_make_samples``: of each class all indices, then all steps."""
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    points, labels = flat(few)
    theirs, classes = over_sampling.SMOTE(k_neighbors=K, random_state=3).fit_resample(points.numpy(), few.labels)
    near = smote.nearest(points, labels, K)
    for one in HIGH:
        rows = np.flatnonzero(few.labels == one)
        theirs_of_one = theirs[len(few) :][classes[len(few) :] == one]
        draws, count = np.random.RandomState(3), imbalance.FREQUENT - len(rows)
        index, steps = draws.randint(0, len(rows) * K, count), draws.uniform(size=count)
        first = torch.from_numpy(rows[index // K])
        second = near[first, torch.from_numpy(index % K)]
        ours = smote.between(points, first, second, torch.from_numpy(steps))
        np.testing.assert_allclose(ours.numpy(), theirs_of_one, atol=1e-6)


def test_a_step_by_hand():
    points = torch.tensor([[0.0, 0.0], [4.0, 2.0], [1.0, 1.0]])
    made = smote.between(points, torch.tensor([0, 2]), torch.tensor([1, 1]), torch.tensor([0.25, 1.0]))
    assert made.tolist() == [[1.0, 0.5], [4.0, 2.0]]


def test_what_is_drawn_is_of_the_class_and_keeps_the_share_of_real_examples(few):
    known = torch.from_numpy(few.labels)
    labels = torch.arange(10).repeat(3000)
    at = smote.drawn(labels, known, torch.Generator().manual_seed(0))
    assert (known[at.first] == labels).all()
    assert not at.new[labels < 5].any()
    assert float(at.new[labels >= 5].float().mean()) == pytest.approx(1 - 12 / 120, abs=0.01)
    near = smote.by_pixels(few, K)
    second = at.second(near)
    assert (near[at.first] == second[:, None]).any(1).all()
    of_one = at.first == at.first[5]
    assert len(set(second[of_one].tolist())) == K  # each of its neighbours is met
    assert set(at.first[labels == 5].tolist()) == set(np.flatnonzero(few.labels == 5))


def test_ghosts_lie_between_pictures_of_their_class(few):
    images, labels = torch.from_numpy(few.images)[:, None], torch.from_numpy(few.labels)
    made, same = smote.InPixels(few).batch(images, labels, torch.Generator().manual_seed(1))
    assert same is labels
    changed = (made != images).flatten(1).any(1)
    assert changed[labels >= 5].any()
    assert not changed[labels < 5].any()
    for picture, label in zip(made[changed, 0], labels[changed], strict=True):
        own = images[labels == label, 0]
        assert (picture >= own.amin(0) - 1e-6).all()
        assert (picture <= own.amax(0) + 1e-6).all()


def test_in_features_it_is_cross_entropy_of_the_mixed_hidden_values(few):
    net = SmallNet().begun(0)
    images, labels = torch.from_numpy(few.images)[:, None], torch.from_numpy(few.labels)
    found = smote.InFeatures(few, K)(net, images, labels, torch.Generator().manual_seed(2))
    at = smote.drawn(labels, labels, torch.Generator().manual_seed(2))
    hidden = net.hidden(images)
    mixed = torch.where(
        at.new[:, None],
        smote.between(hidden, at.first, at.second(smote.nearest(hidden, labels, K)), at.steps),
        hidden,
    )
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(net.linear2(mixed), labels))


@pytest.mark.parametrize("ratio", [1, 100])
def test_without_rare_classes_and_with_one_example_each_nothing_is_new(ratio):
    train = imbalance.chosen(0, HIGH, ratio)
    net = SmallNet().begun(0)
    rows = next(imbalance.Levelled(64).epochs(train.labels, 0, 0))[:200]
    images, labels = torch.from_numpy(train.images[rows])[:, None], torch.from_numpy(train.labels[rows])
    made, _ = smote.InPixels(train).batch(images, labels, torch.Generator().manual_seed(0))
    torch.testing.assert_close(made, images)
    torch.testing.assert_close(
        smote.InFeatures(train)(net, images, labels, torch.Generator().manual_seed(0)),
        torch.nn.functional.cross_entropy(net(images), labels),
    )


def test_levelled_keeps_what_is_real_and_gives_every_class_as_many(few):
    made = smote.levelled(few, 0)
    assert np.bincount(made.labels).tolist() == [imbalance.FREQUENT] * 10
    assert made.first(len(few)) == few


@pytest.mark.parametrize("remedy", imbalance.LEAKING)
def test_resampled_before_the_split_the_test_promises_too_much(remedy):
    recipe = imbalance.leaked(remedy, HIGH, 30, 0)
    seen = imbalance.learnt(fit.trained(recipe), HIGH, 300)
    own, _ = seen.own
    assert (len(recipe.data.train), len(own)) == (960, 240)
    assert seen.test == digits.split().test
    if remedy == "over":
        copies = {one.tobytes() for one in recipe.data.train.images}
        assert all(one.tobytes() in copies for one in own.images[np.isin(own.labels, HIGH)])
    assert seen.own_recall > seen.rare_recall + 0.1


def test_pairs_are_a_digit_and_the_last_of_its_neighbours(few):
    points, _ = flat(few)
    rare = np.isin(np.arange(10), HIGH)
    found = smote.pairs(points, few.labels, rare)
    assert few.labels[found].tolist() == [[one, one] for one in HIGH]
    for first, second in found:
        others = np.flatnonzero(few.labels == few.labels[first])
        order = np.argsort(np.linalg.norm(points[others] - points[first], axis=1))
        assert second == others[order[smote.NEIGHBOURS]]
    one = imbalance.chosen(0, HIGH, 100)
    assert smote.pairs(flat(one)[0], one.labels, rare).shape == (0, 2)


def test_smote_trains_the_same_digits_with_other_batches():
    plain, features, pixels = (
        imbalance.recipe(one, HIGH, 30, 0, 2.0, Augment()) for one in ("over", "smote", "ghosts")
    )
    assert plain.data == features.data == pixels.data
    assert len({one.key() for one in (plain, features, pixels)}) == 3
    assert isinstance(plain.data.train, Examples)
