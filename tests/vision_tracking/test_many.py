"""Kalman filters, association and identities: against filterpy, brute force and hand-made walks."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explainer.core.numbers import iou
from explainer.vision.tracking import appearance, association, crowd, kalman, many, track_history
from explainer.vision.tracking.association import Costs, Rule
from explainer.vision.tracking.mot_text import parsed

sides = st.floats(1, 200)
boxes_ = st.tuples(st.floats(-50, 600), st.floats(-50, 400), sides, sides).map(
    lambda b: np.array([[b[0], b[1], b[0] + b[2], b[1] + b[3]]])
)


# Kalman -------------------------------------------------------------------------------------------------


def theirs(box):
    """SORT's filter built with filterpy, as the paper's own program does."""
    kf = KalmanFilter(dim_x=7, dim_z=4)
    kf.F = np.eye(7)
    kf.F[[0, 1, 2], [4, 5, 6]] = 1
    kf.H = np.eye(4, 7)
    kf.R = np.diag([1.0, 1, 10, 10])
    kf.P = np.diag([10.0] * 4 + [1e4] * 3)
    kf.Q = np.diag([1.0, 1, 1, 1, 0.01, 0.01, 0.0001])
    kf.x[:4] = kalman.measured(box).T
    return kf


def test_twenty_pictures_equal_filterpy():
    rng = np.random.default_rng(0)
    starts = rng.uniform(50, 200, (3, 2))
    boxes = np.concatenate([starts, starts + rng.uniform(20, 80, (3, 2))], axis=1)
    ours, filters = kalman.begin(boxes), [theirs(box[None]) for box in boxes]
    for _ in range(20):
        boxes = boxes + rng.normal(2, 1, (3, 4))
        ours = kalman.predict(ours)
        for row, kf in enumerate(filters):
            kf.predict()
            np.testing.assert_allclose(ours.mean[row], kf.x[:, 0], rtol=1e-9)
            np.testing.assert_allclose(ours.cov[row], kf.P, rtol=1e-7, atol=1e-9)
            kf.update(kalman.measured(boxes[row : row + 1]).T)
        ours = kalman.update(ours, boxes)
        for row, kf in enumerate(filters):
            np.testing.assert_allclose(ours.mean[row], kf.x[:, 0], rtol=1e-9)
            np.testing.assert_allclose(ours.cov[row], kf.P, rtol=1e-7, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(boxes_, st.none()), min_size=1, max_size=30), st.floats(0.1, 1000), st.floats(0.25, 30))
def test_covariances_stay_symmetric_and_positive(seen, process, step):
    now = kalman.begin(np.array([[10, 10, 60, 90]]), np.array([40.0]))
    for box in seen:
        now = kalman.predict(now, step, process)
        if box is not None:
            now = kalman.update(now, box)
        np.testing.assert_allclose(now.cov, now.cov.transpose(0, 2, 1), rtol=1e-9, atol=1e-9)
        values = np.linalg.eigvalsh(now.cov[0])
        assert values.min() >= -1e-9 * values.max()
        assert np.isfinite(now.xyxy).all()


def test_the_scale_of_noise_moves_no_mean_and_scales_every_distance():
    rng = np.random.default_rng(1)
    box = np.array([[10.0, 10, 60, 90]])
    plain, scaled = kalman.begin(box), kalman.begin(box, np.array([9.0]))
    for _ in range(8):
        box = box + rng.normal(1, 2, (1, 4))
        plain, scaled = (kalman.update(kalman.predict(one), box) for one in (plain, scaled))
    np.testing.assert_allclose(plain.mean, scaled.mean, rtol=1e-9)
    assert kalman.distance(plain, box + 30) == pytest.approx(3 * kalman.distance(scaled, box + 30))


def test_without_news_doubt_grows_and_the_way_goes_on():
    now = kalman.begin(np.array([[0.0, 0, 20, 40]]))
    for step in range(1, 11):
        now = kalman.update(kalman.predict(now), np.array([[3.0 * step, 0, 20 + 3 * step, 40]]))
    spread, x = now.cov[0, 0, 0], now.mean[0, 0]
    for step in range(1, 6):
        now = kalman.predict(now)
        assert now.cov[0, 0, 0] > spread
        assert now.mean[0, 0] == pytest.approx(x + 3 * step, abs=1.0)
        spread = now.cov[0, 0, 0]


@given(boxes_)
def test_measured_and_back(box):
    np.testing.assert_allclose(kalman.boxes(kalman.measured(box)), box, rtol=1e-6, atol=1e-6)


def test_the_ellipse_is_the_gate():
    """Every point of the outline has just the distance that was asked for."""
    now = kalman.predict(kalman.update(kalman.begin(np.array([[0.0, 0, 30, 60]])), np.array([[4.0, 9, 34, 69]])), 2)
    (outline,) = kalman.ellipses(now, 3.0, 24)
    boxes = np.concatenate([outline - 5, outline + 5], axis=1)
    np.testing.assert_allclose(kalman.distance(now, boxes)[0], 3, rtol=1e-6)


# Association --------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(float, (4, 4), elements=st.floats(0, 1)), hnp.arrays(bool, (4, 4)))
def test_the_assignment_is_the_best_of_all(cost, allowed):
    pairs = association.assigned(Costs(cost, allowed))
    assert all(allowed[i, j] for i, j in pairs)
    assert len(set(pairs[:, 0])) == len(set(pairs[:, 1])) == len(pairs)

    def worth(order):
        good = [(i, j) for i, j in enumerate(order) if allowed[i, j]]
        return (-len(good), sum(cost[i, j] for i, j in good))

    best = min(worth(order) for order in permutations(range(4)))
    assert (-len(pairs), sum(cost[i, j] for i, j in pairs)) == (best[0], pytest.approx(best[1]))


def test_greed_pays_where_the_hungarian_method_does_not():
    table = Costs(np.array([[0.1, 0.2], [0.15, 0.9]]), np.ones((2, 2), bool))
    assert table.cost[tuple(association.nearest(table).T)].sum() == pytest.approx(1.0)
    assert table.cost[tuple(association.assigned(table).T)].sum() == pytest.approx(0.35)


def test_gate_and_looks_decide_what_is_allowed():
    overlap = np.array([[0.5, 0.1, 0.0]])
    away, alike = np.array([[1.0, 9.0, 2.0]]), np.array([[0.0, 1.0, 0.9]])
    plain = association.costs(overlap, Rule(0.3))
    assert plain.allowed.tolist() == [[True, False, False]]
    assert association.costs(overlap, Rule(0.05, 3.0), away).allowed.tolist() == [[True, False, False]]
    looked = association.costs(overlap, Rule(0.3, 3.0, 0.5), away, alike)
    assert looked.allowed.tolist() == [[True, False, True]]
    np.testing.assert_allclose(looked.cost, [[0.75, 0.45, 0.55]])


# Identities ---------------------------------------------------------------------------------------------


def seen(*boxes, score=0.9, appearance=None):
    n = len(boxes)
    scores = np.full(n, score) if np.isscalar(score) else np.array(score)
    return many.Seen(np.array(boxes, float).reshape(n, 4), scores, np.zeros(n, int), appearance)


def at(x, y=0):
    return (x, y, x + 20, y + 40)


def run(pictures, asked):
    tracks, steps = many.nothing(), []
    for one in pictures:
        tracks, step = many.follow(tracks, one, asked)
        steps.append((tracks, step))
    return steps


def test_two_that_cross_keep_their_names():
    pictures = [seen(at(4 * i), at(160 - 4 * i, 15)) for i in range(40)]
    steps = run(pictures, many.Settings(max_age=3))
    tracks, last = steps[-1]
    assert tracks.identity.tolist() == [1, 2]
    assert last.shown.all()
    by_name = dict(zip(tracks.identity.tolist(), tracks.belief.xyxy[:, 0], strict=True))
    assert by_name[1] == pytest.approx(156, abs=4)
    assert by_name[2] == pytest.approx(4, abs=4)


@pytest.mark.parametrize(("age", "name"), [(2, 2), (12, 1)])
def test_a_gap_is_bridged_only_within_the_age(age, name):
    pictures = [seen(at(3 * i)) if not 10 <= i < 18 else seen() for i in range(25)]
    steps = run(pictures, many.Settings(max_age=age))
    assert steps[-1][0].identity.tolist() == [name]
    died = [one for _, step in steps for one in step.died.tolist()]
    assert died == ([] if age == 12 else [1])


def test_a_track_is_shown_after_its_hits_and_not_while_unseen():
    pictures = [seen()] * 5 + [seen(at(i)) for i in range(5)] + [seen()]
    shown = [int(step.shown.sum()) for _, step in run(pictures, many.Settings(min_hits=3))]
    assert shown == [0] * 5 + [0, 0, 0, 1, 1] + [0]


def test_bytetrack_keeps_what_scores_low_for_a_while_and_sort_does_not():
    scores = [0.9] * 6 + [0.25] * 6 + [0.9] * 3
    pictures = [seen(at(2 * i), score=score) for i, score in enumerate(scores)]
    ends = {}
    for method in ("sort", "bytetrack"):
        asked = many.Settings(method, sure=0.5, max_age=2, loose=False)
        steps = run(pictures, asked)
        ends[method] = steps[-1][0].identity.tolist()
        doubtful = [int(step.doubtful.sum()) for _, step in steps]
        assert sum(doubtful) == (6 if method == "bytetrack" else 0)
    assert ends == {"sort": [2], "bytetrack": [1]}


def test_looks_find_again_what_jumped_and_tell_two_apart():
    red, blue = np.eye(2)
    still = [seen(at(0), at(100), appearance=np.array([red, blue]))] * 6
    swapped = seen(at(95), at(8), appearance=np.array([red, blue]))
    blind = run([*still, swapped], many.Settings(loose=False))[-1][0]
    rule = Rule(0.2, np.inf, 0.8)
    seeing, step = run([*still, swapped], many.Settings(rule=rule, loose=False))[-1]
    assert step.pairs.tolist() == [[0, 0], [1, 1]]
    first = dict(zip(seeing.identity.tolist(), seeing.belief.xyxy[:, 0], strict=True))
    assert first[1] > 50 > first[2]
    first = dict(zip(blind.identity.tolist(), blind.belief.xyxy[:, 0], strict=True))
    assert first[1] < 50 < first[2]


def test_classes_and_time():
    one, other = seen(at(0)), replace(seen(at(1)), class_id=np.array([5]))
    assert len(run([one, other], many.Settings(same_class=True))[-1][0]) == 2
    assert len(run([one, other], many.Settings())[-1][0]) == 1
    tracks = run([one, one], many.Settings(max_age=5))[-1][0]
    late, _ = many.follow(tracks, seen(), many.Settings(max_age=5), step=8.0)
    assert len(late) == 0


def test_the_state_of_the_picture_before_stays_as_it_was():
    tracks = run([seen(at(i)) for i in range(5)], many.Settings())[-1][0]
    before = (tracks.belief.mean.copy(), tracks.unseen.copy(), tracks.streak.copy())
    first, _ = many.follow(tracks, seen(at(9)), many.Settings())
    again, _ = many.follow(tracks, seen(at(9)), many.Settings())
    for then, now in zip(before, (tracks.belief.mean, tracks.unseen, tracks.streak), strict=True):
        np.testing.assert_array_equal(then, now)
    np.testing.assert_array_equal(first.belief.mean, again.belief.mean)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["sort", "bytetrack"]), st.booleans())
def test_names_are_never_given_twice(seed, method, loose):
    rng = np.random.default_rng(seed)
    tracks, given_ = many.nothing(), set()
    for _ in range(15):
        corner = rng.uniform(0, 200, (int(rng.integers(0, 6)), 2))
        found = many.Seen(np.concatenate([corner, corner + 30], 1), rng.random(len(corner)), np.zeros(len(corner), int))
        tracks, step = many.follow(tracks, found, many.Settings(method, 0.4, max_age=2, loose=loose))
        assert not given_ & set(step.born.tolist())
        given_ |= set(step.born.tolist())
        assert len(set(tracks.identity.tolist())) == len(tracks)
        assert step.shown.shape == tracks.identity.shape


# The walk, and what is written down ---------------------------------------------------------------------


GREY = np.full((90, 120, 3), 128, np.uint8)


def test_boxes_of_the_walk_hold_the_figures():
    """What differs from the empty ground lies inside the boxes."""
    made = crowd.walk(GREY, 3, 10, None)
    changed = np.abs(made.pixels.astype(int) - crowd.ground(GREY)).max(2) > 40
    inside = np.zeros(changed.shape, bool)
    for x0, y0, x1, y1 in made.boxes.astype(int):
        inside[y0:y1, x0:x1] = True
    assert changed.sum() > 5000
    assert (changed & ~inside).sum() == 0
    assert made.there.all()


def test_the_ways_ahead_are_those_that_are_walked():
    ways = crowd.ways(3, 4, 6, (640, 480))
    assert ways.shape == (3, 7, 2)
    for n in (0, 6):
        np.testing.assert_array_equal(ways[:, n], [(one.x, one.y) for one in crowd.places(3, 4 + n, (640, 480))])


def test_a_wall_hides_and_is_seen():
    open_, walled = crowd.walk(GREY, 3, 0, None), crowd.walk(GREY, 3, 0, (0.0, 0.0, 1.0, 1.0))
    assert open_.visible.max() == 1
    np.testing.assert_allclose(walled.visible, 0, atol=0.01)
    assert np.ptp(walled.pixels.astype(int)) < 60
    part = crowd.walk(GREY, 3, 0, (0.0, 0.0, 0.5, 1.0))
    assert 0 < part.visible.mean() < open_.visible.mean()


def test_figures_move_a_little_each_picture_and_meet():
    size, met = (640, 480), False
    for i in range(150):
        one, two = crowd.places(4, i, size), crowd.places(4, i + 1, size)
        assert max(abs(a.x - b.x) for a, b in zip(one, two, strict=True)) < 0.05 * size[0]
        order = np.argsort([figure.x for figure in one])
        met = met or order.tolist() != np.argsort([f.x for f in crowd.places(4, 0, size)]).tolist()
    assert met


def test_the_simulated_detector_sees_less_of_what_is_hidden():
    made = crowd.walk(GREY, 4, 5, (0.0, 0.0, 0.5, 1.0))
    found = [crowd.simulated(made, np.random.default_rng(i)) for i in range(60)]
    assert np.mean([len(one) for one in found]) < 4.3
    overlap = iou(made.boxes, found[0].xyxy)
    assert (overlap.max(0) > 0.6).mean() > 0.7
    hidden = replace(made, visible=np.full(4, 0.3))
    low = np.concatenate([crowd.simulated(hidden, np.random.default_rng(i)).score for i in range(30)])
    assert np.median(low) < 0.5


def test_the_diary_writes_what_was_shown_and_counts_like_the_metrics():
    from explainer.vision.metrics import mot

    book, tracks, sights = track_history.TrackHistory(), many.nothing(), []
    for i in range(30):
        truth = np.array([at(3 * i), at(100 - 3 * i, 10)], float)
        found = seen(*truth) if i % 7 else seen()
        tracks, step = many.follow(tracks, found, many.Settings(max_age=3))
        book = track_history.judged(
            track_history.written(book, tracks, step), np.array([1, 2]), truth, tracks, step.shown
        )
        sights.append(mot.sight(np.array([1, 2]), truth, tracks.identity[step.shown], tracks.belief.xyxy[step.shown]))
    assert book.scores.clear == mot.clear_mot(sights)
    assert book.scores.hota == mot.hota(sights)
    back, truth = parsed(str(book.tracks)), parsed(str(book.truth))
    again = [
        mot.sight(a.identity, a.xyxy, b.identity, b.xyxy)
        for a, b in zip(truth.by_frame(30), back.by_frame(30), strict=True)
    ]
    assert mot.clear_mot(again).mota == pytest.approx(book.scores.clear.mota)
    assert mot.identity(again) == mot.identity(sights)
    assert sum(len(one.found) for one in sights) == len(back.frame)


def test_the_diary_stays_small():
    text = track_history.Text()
    for _ in range(3000):
        text = text.plus("x" * 100)
    assert len(str(text)) == text.size == 300_000
    assert len(text.chunks) < 6
    full = track_history.Text(("y",), track_history.MOST)
    assert full.plus("more") is full
    assert full.full
    assert not text.full


# Appearance --------------------------------------------------------------------------------------------------


def test_appearances_are_unit_vectors_and_know_a_thing_again():
    from explainer.vision.detection import cutouts

    scene = cutouts.compose(
        np.full((300, 600, 3), 120, np.uint8),
        [
            cutouts.Placed("woman", 100, 150, 240),
            cutouts.Placed("dog", 300, 150, 240),
            cutouts.Placed("woman", 500, 150, 200),
        ],
    )
    vectors = appearance.vectors(scene.pixels, scene.boxes)
    assert vectors.shape == (3, appearance.WIDTH)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    alike = association.likeness(vectors, vectors)
    assert alike[0, 2] > alike[0, 1] + 0.2
    assert appearance.vectors(scene.pixels, np.empty((0, 4))).shape == (0, appearance.WIDTH)
    outside = appearance.vectors(scene.pixels, np.array([[-50.0, -50, -10, -10], [900, 900, 950, 950]]))
    assert np.isfinite(outside).all()


def test_a_damaged_file_is_said_in_words(tmp_path):
    from explainer.core.problem import ExplainerError

    bad = tmp_path / "weights.safetensors"
    bad.write_bytes(b"nothing")
    with pytest.raises(ExplainerError, match="cannot be read"):
        appearance.load(path=bad)
