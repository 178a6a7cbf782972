"""Label errors: the regression against scikit-learn, no leak between folds, the ranks by hand, folders good and bad."""

import csv
import io

import cv2
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from explainer.commands import bootstrap
from explainer.core.context import Settings
from explainer.core.problem import Cancelled, ExplainerError
from explainer.demos.robustness.label_errors import LabelErrors
from explainer.runtime.frames import SourceFrames
from explainer.sources.opening import open_source
from explainer.testing import fake_context, photo, run_demo
from explainer.vision.training import frozen, garments, label_errors, label_report, softmax_regression
from explainer.vision.zoo.zoo import Zoo

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 5)) * (1, 2, 0.5, 1, 3)
Y = (X[:, 0] + 0.4 * X[:, 1] + RNG.normal(size=60) > 0).astype(np.int64) + (X[:, 4] > 2)


# The classifier -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", [0.02, 1.0])
def test_it_solves_what_scikit_learn_solves(penalty):
    ours = softmax_regression.fitted(X, Y, 3, penalty).probabilities(X)
    scaled = (X - X.mean(0)) / (X.std(0) + 1e-6)
    theirs = LogisticRegression(C=1 / (penalty * len(X)), tol=1e-8, max_iter=1000).fit(scaled, Y).predict_proba(scaled)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_a_fit_can_be_stopped_on_its_way():
    calls = []

    def stop():
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        softmax_regression.fitted(X, Y, 3, asked=stop)
    assert len(calls) == 3


# Out of fold --------------------------------------------------------------------------------------------


def test_folds_are_even_and_no_class_of_two_is_in_one_fold():
    labels = np.array([0] * 11 + [1] * 2 + [2] * 7)
    fold = label_errors.folds_of(labels, 0)
    assert np.bincount(fold).tolist() == [4, 4, 4, 4, 4]
    for one in range(3):
        assert len(set(fold[labels == one])) == min(5, (labels == one).sum())
    assert not np.array_equal(fold, label_errors.folds_of(labels, 1))


def test_no_label_reaches_its_own_probabilities():
    """Another label changes what is said of pictures in other folds, and nothing of those in its own."""
    p = label_errors.out_of_fold(X, Y, 3, 0)
    row = 7
    other = Y.copy()
    other[row] = (Y[row] + 1) % 3
    fold = label_errors.folds_of(Y, 0)
    again = np.zeros_like(p)  # the same deal, for the deal itself depends on the labels
    for number in range(label_errors.FOLDS):
        held = fold == number
        again[held] = softmax_regression.fitted(X[~held], other[~held], 3).probabilities(X[held])
    same = fold == fold[row]
    assert np.array_equal(p[same], again[same])
    assert (np.abs(p[~same] - again[~same]).max(1) > 1e-6).all()


def test_random_labels_are_not_learnt_by_heart():
    """In-sample a linear map of 200 columns repeats any labels; out of fold it is right no more often than chance."""
    x, y = RNG.normal(size=(100, 200)), RNG.integers(0, 2, 100)
    inside = softmax_regression.fitted(x, y, 2, 0.01).probabilities(x).argmax(1)
    outside = label_errors.out_of_fold(x, y, 2, 0).argmax(1)
    assert (inside == y).mean() > 0.95
    assert 0.3 < (outside == y).mean() < 0.7


# Ranks, by hand -----------------------------------------------------------------------------------------

P = np.array([
    [0.9, 0.1, 0.0],  # labelled 0
    [0.3, 0.7, 0.0],  # labelled 0: suspect, for 0.7 is above class 1's threshold
    [0.2, 0.6, 0.2],  # labelled 1
    [0.4, 0.5, 0.1],  # labelled 1
    [0.1, 0.0, 0.9],  # labelled 2
    [0.7, 0.2, 0.1],  # labelled 2: suspect, for 0.7 is above class 0's threshold
])  # fmt: skip
GIVEN = np.array([0, 0, 1, 1, 2, 2])
JUDGED = label_errors.Judged(P, GIVEN)


def test_confident_learning_by_hand():
    """Northcutt 2021, section 3.1: thresholds, the confident joint, and its off-diagonal."""
    np.testing.assert_allclose(JUDGED.thresholds, [0.6, 0.55, 0.5])
    assert JUDGED.looks.tolist() == [0, 1, 1, -1, 2, 0]
    assert JUDGED.joint.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert JUDGED.suspect.tolist() == [False, True, False, False, False, True]
    classes, joint = JUDGED.errors(2)
    assert classes.tolist() == [0, 1]
    assert joint.tolist() == [[0, 1], [0, 0]]


def test_orders_by_hand():
    np.testing.assert_allclose(JUDGED.own, [0.9, 0.3, 0.6, 0.5, 0.9, 0.1])
    np.testing.assert_allclose(JUDGED.margin, [-0.8, 0.4, -0.4, -0.1, -0.8, 0.6])
    assert JUDGED.order("margin").tolist() == [5, 1, 3, 2, 0, 4]
    assert JUDGED.order("own").tolist() == [5, 1, 3, 2, 0, 4]
    assert JUDGED.order("confident").tolist() == [5, 1, 3, 2, 0, 4]
    assert label_errors.hits(JUDGED.order("margin"), np.array([0, 1, 0, 0, 0, 1], bool)).tolist() == [1, 2, 2, 2, 2, 2]


def test_confident_learning_puts_its_suspects_before_a_larger_margin():
    p = np.array([[0.95, 0.05], [0.45, 0.55], [0.1, 0.9], [0.62, 0.38], [0.0, 1.0], [0.9, 0.1]])
    judged = label_errors.Judged(p, np.array([0, 0, 1, 1, 1, 0]))  # thresholds 0.77 and 0.76: nobody is suspect
    assert not judged.suspect.any()
    assert judged.order("confident").tolist() == judged.order("margin").tolist()
    doubtful = label_errors.Judged(
        np.array([[0.6, 0.4, 0.0], [0.5, 0.5, 0.0], [0.58, 0.42, 0.0], [0.0, 0.3, 0.7], [0.0, 0.1, 0.9]]),
        np.array([0, 0, 1, 1, 2]),
    )
    assert doubtful.suspect.tolist() == [False, True, True, False, False]
    assert doubtful.order("margin").tolist() == [3, 2, 1, 0, 4]
    assert doubtful.order("confident").tolist() == [2, 1, 3, 0, 4]


def test_exactly_that_share_is_made_wrong():
    labels = np.arange(200) % 4
    given = label_errors.swapped(labels, 0.15, 0, None, 4)
    assert (given != labels).sum() == 30
    twin = np.array([1, 0, 3, 2])
    given = label_errors.swapped(labels, 0.15, 0, twin, 4)
    assert (given != labels).sum() == 30
    assert np.array_equal(given[given != labels], twin[labels[given != labels]])


def test_the_nearest_class_by_hand():
    vectors = np.array([[0.0], [2.0], [4.0], [6.0], [20.0], [30.0]])
    assert label_errors.nearest_class(vectors, np.array([0, 0, 1, 1, 2, 2]), 3).tolist() == [1, 0, 1]


# Garments -----------------------------------------------------------------------------------------------


def test_the_shipped_vectors_are_what_the_network_says():
    with Zoo().lease(frozen.NETWORK, Settings(device="cpu")) as net:
        fresh = frozen.vectors_of(net, frozen.garment_squares(12))
    np.testing.assert_allclose(frozen.garment_vectors()[:12], fresh, atol=3e-3)


def test_what_the_lesson_says_of_three_draws():
    found = {}
    for similar in (False, True):
        for seed in range(3):
            looked = frozen.garments_with(0.1, similar, seed)
            judged = label_errors.Judged(
                label_errors.out_of_fold(looked.vectors, looked.labels, 10, seed), looked.labels
            )
            for rank in ("margin", "own"):
                hits = int(label_errors.hits(judged.order(rank), looked.wrong)[49])
                found.setdefault((rank, similar), []).append(hits)
    spans = {key: (min(hits), max(hits)) for key, hits in found.items()}
    said = {("margin", False): (35, 38), ("margin", True): (26, 29), ("own", False): (40, 43), ("own", True): (16, 19)}
    for key, (low, high) in said.items():
        assert abs(spans[key][0] - low) <= 1, (key, spans)  # the last bit of a processor may turn one
        assert abs(spans[key][1] - high) <= 1, (key, spans)


def test_the_list_is_far_better_than_chance_and_says_so():
    result = run_demo(LabelErrors(), photo())
    assert result.values["wrong_count"] == 25
    assert result.values["hits"] >= 8  # by chance about one
    assert result.headline == f"{result.values['hits']:.0f} of the 12 most suspicious labels are indeed wrong."
    rows = list(csv.DictReader(io.StringIO(result.documents["label-errors.csv"])))
    assert len(rows) == 500
    assert sum(row["indeed_wrong"] == "yes" for row in rows[:12]) == result.values["hits"]
    assert [float(row["margin"]) for row in rows] == sorted((float(row["margin"]) for row in rows), reverse=True)


def test_without_a_wrong_label_it_says_that_suspicion_is_no_proof():
    result = run_demo(LabelErrors(), photo(), share=0)
    assert "no proof" in result.headline
    assert result.values["wrong_count"] == 0


def test_further_pages_show_what_comes_next():
    first, second = (run_demo(LabelErrors(), photo(), looked=n) for n in (12, 14))
    assert second.play.first == 13
    assert second.play.last == 24
    assert first.panels[0].layers[0].labels != second.panels[0].layers[0].labels


# Folders ------------------------------------------------------------------------------------------------


def disc(path, colour, seed):
    """A picture of a disc of that colour on noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 60, (80, 80, 3)).astype(np.uint8)
    cv2.circle(pixels, (40, 40), 30, colour, -1)
    cv2.imwrite(str(path), pixels)


def folder(root, *, astray=False, broken=0, lone=False):
    for n in range(8):
        disc(root / "red" / f"{n}.png", (0, 0, 230), n)
        disc(root / "green" / f"{n}.png", (0, 230, 0), 50 + n)
    if astray:
        disc(root / "green" / "astray.png", (0, 0, 230), 99)
    for n in range(broken):
        (root / "red" / f"broken {n}.png").write_bytes(b"\x89PNG broken")
    if lone:
        disc(root / "blue" / "only.png", (230, 0, 0), 98)
    return root


def looked_at(root, **params):
    from explainer.runtime.engine import NO_FRAME, Engine, Job
    from explainer.runtime.token import JobToken

    engine: Engine = bootstrap.engine()
    demo, events = LabelErrors(), []
    from explainer.core.params import changed

    wanted = changed(demo.defaults(), None, **params)
    frames = SourceFrames(lambda: open_source(str(root)))
    ended = engine.run(Job(0, demo, wanted, NO_FRAME, Settings(device="cpu"), frames), JobToken(), events.append)
    return ended, events


def test_a_picture_in_the_wrong_folder_comes_first(tmp_path):
    ended, events = looked_at(folder(tmp_path, astray=True, broken=2, lone=True))
    result = ended.result
    rows = list(csv.DictReader(io.StringIO(result.documents["label-errors.csv"])))
    assert (rows[0]["picture"], rows[0]["label"], rows[0]["looks_like"]) == ("green/astray.png", "green", "red")
    assert len(rows) == 17
    assert "1 of 17 pictures looks more like another class" in result.headline
    assert result.values["unread"] == 2
    assert "2 pictures could not be read and were left out." in result.reading
    assert "“blue” has a single picture" in result.reading
    assert any("reading picture" in getattr(event, "text", "") for event in events)


def test_a_folder_of_one_class_is_answered_in_a_sentence(tmp_path):
    for n in range(3):
        disc(tmp_path / "red" / f"{n}.png", (0, 0, 230), n)
    ended, _ = looked_at(tmp_path)
    assert ended.problem.what == "All pictures are of one class."
    assert "two classes or more" in ended.problem.todo


def test_classes_of_one_picture_each_are_answered_in_a_sentence(tmp_path):
    for name in ("red", "green"):
        disc(tmp_path / name / "1.png", (0, 0, 230), 1)
    ended, _ = looked_at(tmp_path)
    assert ended.problem.what == "No class has two pictures that can be read."


def test_pictures_without_folders_leave_the_garments(tmp_path):
    disc(tmp_path / "1.png", (0, 0, 230), 1)
    disc(tmp_path / "2.png", (0, 0, 230), 2)
    ended, _ = looked_at(tmp_path)
    assert ended.result.values["pictures"] == frozen.GARMENTS


def test_a_folder_is_left_within_a_picture(tmp_path):
    frames, calls = SourceFrames(lambda: open_source(str(folder(tmp_path)))), []

    def stop(done, text):
        calls.append((done, text))
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        frozen.folder_of(frames, fake_context().net, stop)
    assert calls[-1][1] == "reading picture 3 of 16"


def test_of_a_long_folder_a_bounded_number_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(frozen, "MOST", 6)
    with Zoo().lease(frozen.NETWORK, Settings(device="cpu")) as net:
        found = frozen.folder_of(SourceFrames(lambda: open_source(str(folder(tmp_path)))), net)
    assert len(found.labels) == 6
    assert found.total == 16
    assert label_report.left_out(found) == ("Of 16 pictures 6 were taken, evenly.",)


def test_a_damaged_file_of_vectors_is_said(tmp_path, monkeypatch):
    (tmp_path / "bad.npz").write_bytes(b"no archive")
    monkeypatch.setattr(frozen, "resource", lambda *_: tmp_path / "bad.npz")
    with pytest.raises(ExplainerError, match="cannot be read"):
        frozen.garment_vectors()
    assert len(garments.NAMES) == 10
