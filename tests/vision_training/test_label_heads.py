"""Binary relevance, classifier chain and label powerset: against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier

from explainer.vision.training import fit, label_heads, overlaps


@pytest.fixture(scope="module")
def pictures():
    """Features and labels where the third label is the first without the second."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((240, 6))
    first, second = x[:, 0] + 0.5 * rng.standard_normal(240) > 0, x[:, 1] + 0.5 * rng.standard_normal(240) > 0
    return x[:160], np.stack([first, second, first & ~second], 1)[:160], x[160:]


def test_the_chain_is_that_of_scikit_learn(pictures):
    x, y, asked = pictures
    theirs = ClassifierChain(label_heads.regression()).fit(x, y.astype(int))
    found = label_heads.chain(x, y, asked)
    np.testing.assert_allclose(found.scores, theirs.predict_proba(asked), atol=1e-6)
    np.testing.assert_array_equal(found.scores > 0.5, theirs.predict(asked) > 0.5)
    assert found.sets is None


def test_the_chain_by_hand(pictures):
    x, y, asked = pictures
    first = label_heads.regression().fit(x, y[:, 0])
    second = label_heads.regression().fit(np.c_[x, y[:, :1]], y[:, 1])
    said = first.predict(asked)
    by_hand = second.predict_proba(np.c_[asked, said])[:, 1]
    np.testing.assert_allclose(label_heads.chain(x, y, asked).scores[:, 1], by_hand, atol=1e-9)
    alone = label_heads.relevance(x, y, asked).scores
    np.testing.assert_allclose(alone[:, 0], label_heads.chain(x, y, asked).scores[:, 0])
    assert np.abs(alone[:, 2] - label_heads.chain(x, y, asked).scores[:, 2]).max() > 0.05


def test_relevance_is_that_of_scikit_learn(pictures):
    x, y, asked = pictures
    theirs = MultiOutputClassifier(label_heads.regression()).fit(x, y.astype(int)).predict_proba(asked)
    np.testing.assert_allclose(
        label_heads.relevance(x, y, asked).scores, np.stack([one[:, 1] for one in theirs], 1), atol=1e-6
    )


def test_the_powerset_names_the_most_probable_set_that_occurred(pictures):
    x, y, asked = pictures
    names = np.array(["".join("01"[one] for one in row) for row in y.astype(int)])
    theirs = label_heads.regression().fit(x, names)
    found = label_heads.powerset(x, y, asked)
    assert ["".join("01"[one] for one in row) for row in found.sets.astype(int)] == list(theirs.predict(asked))
    p = theirs.predict_proba(asked)
    for k in range(3):
        holds = np.array([name[k] == "1" for name in theirs.classes_])
        np.testing.assert_allclose(found.scores[:, k], p[:, holds].sum(1), atol=1e-6)
    assert {tuple(row) for row in found.sets.tolist()} <= {tuple(row) for row in y.tolist()}


def test_a_label_that_always_holds_is_always_said(pictures):
    x, y, asked = pictures
    y = np.c_[np.ones(len(y), bool), y[:, 0], np.zeros(len(y), bool)]
    scores = label_heads.chain(x, y, asked).scores
    assert (scores[:, 0] == 1).all()
    assert (scores[:, 2] == 0).all()


def test_they_are_examined_on_the_features_of_the_net():
    run = fit.start(overlaps.recipes(False, 0)[0])
    test = overlaps.examined(False).test
    x = label_heads.features(run, test)
    net = run.module()
    logits = x.astype(np.float32) @ net[-1].weight.detach().numpy().T + net[-1].bias.detach().numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), overlaps.scores(run, test), atol=1e-5)
    asked = []
    found = label_heads.examine(run, False, lambda: asked.append(1))
    assert len(found) == len(label_heads.WAYS)
    assert len(asked) > 20, "it listens between two labels"
    powerset = found[2]
    assert (powerset.said(0.9) == powerset.said(0.1)).all()
    assert powerset.curve.min() == powerset.curve.max()
    assert (powerset.said(0.5).sum(1) == 2).all(), "pairs are all it ever saw"
