"""The probe against scikit-learn's regression, refits against refits, and draws that are what they should be."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from explainer.vision.reuse import probe
from explainer.vision.reuse.taught import examined, teach


def clouds(classes=3, each=8, wide=40, seed=0, apart=1.0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    return apart * rng.normal(size=(classes, wide))[labels] + rng.normal(size=(len(labels), wide)), labels


def sklearn_scores(features, labels, others, strength):
    made = LogisticRegression(C=strength, max_iter=2000, tol=1e-10).fit(features, labels)
    return made.predict_proba(others)


def test_it_is_scikit_learns_regression():
    features, labels = clouds()
    others, _ = clouds(seed=1)
    found = probe.fit(features, labels, 3).scores(others)
    np.testing.assert_allclose(found, sklearn_scores(features, labels, others, probe.STRENGTH), atol=2e-4)


def test_with_two_classes_scikit_learn_holds_one_row_and_thus_half_as_much():
    features, labels = clouds(classes=2)
    others, _ = clouds(classes=2, seed=1)
    found = probe.fit(features, labels, 2).scores(others)
    np.testing.assert_allclose(found, sklearn_scores(features, labels, others, 2 * probe.STRENGTH), atol=2e-4)


def test_a_class_without_examples_is_never_said():
    features, labels = clouds(classes=2)
    scores = probe.fit(features, 2 * labels, 4).scores(features)
    assert (scores[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(scores.sum(1), 1)


def test_each_refit_is_the_fit_without_that_example():
    features, labels = clouds(each=4, apart=0.4)
    left = probe.without_each(features, labels, 3)
    assert left.asked.tolist() == list(range(12))
    for n in (0, 5, 11):
        rest = np.delete(np.arange(12), n)
        wanted = sklearn_scores(features[rest], labels[rest], features[[n]], probe.STRENGTH)[0]
        np.testing.assert_allclose(left.scores(features[n])[n], wanted, atol=5e-4)
        assert left.said[n] == wanted.argmax()


def test_the_only_example_of_a_class_is_not_left_out():
    features, labels = clouds(each=3)
    left = probe.without_each(features[:7], labels[:7], 3)
    assert left.asked.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_wrongly_labelled_shot_is_found_and_is_decisive_for_its_own_like():
    features, labels = clouds(classes=2, each=6, apart=2.0)
    labels = labels.copy()
    labels[0] = 1
    taught = examined(teach(("a", "b"), np.zeros((12, 1, 1, 3), np.uint8), labels, features))
    assert taught.taken_for == {0: 0}
    assert taught.confusion.tolist() == [[5, 0], [1, 6]]
    assert taught.decisive(features[0], 1)[0][0] == 0


def test_accuracy_grows_with_shots_and_is_drawn_for_as_many_as_there_are():
    features, labels = clouds(classes=4, each=20, apart=0.35)
    shots, right = probe.learning_curve(features, labels, 4)
    assert shots == (1, 2, 3, 5, 10)
    assert right.shape == (probe.DRAWS, 5)
    assert right.mean(0)[-1] > right.mean(0)[0] + 0.1


def test_a_draw_takes_as_many_of_each_class():
    labels = np.repeat([0, 1, 3], 5)
    rows = probe.drawn(labels, 2, 7)
    assert np.bincount(labels[rows]).tolist() == [2, 2, 0, 2]
    assert rows.tolist() == probe.drawn(labels, 2, 7).tolist()


@pytest.mark.parametrize("same", [0.0, 1.0])
def test_pictures_that_are_all_the_same_are_no_reason_to_fail(same):
    scores = probe.fit(np.full((4, 9), same), np.array([0, 0, 1, 1]), 2).scores(np.full((1, 9), same))
    np.testing.assert_allclose(scores, 0.5, atol=1e-3)


def test_with_one_shot_of_each_class_none_is_left_out():
    features = np.random.default_rng(0).normal(size=(3, 8))
    found = probe.without_each(features, np.arange(3), 3)
    assert len(found.asked) == len(found.said) == 0
    assert found.scores(features[0]).shape == (0, 3)
