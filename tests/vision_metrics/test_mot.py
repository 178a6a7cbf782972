"""Tracks against the truth: hand counts, numbers of another implementation, and what must always hold."""

import importlib.util
import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explainer.core.problem import ExplainerError
from explainer.vision.metrics import mot
from explainer.vision.tracking.mot_text import lines, parsed

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden" / "mot.json").read_text())


def maker():
    """The script that made the golden numbers also makes the clips."""
    file = HERE.parent.parent / "packaging" / "check_mot_metrics.py"
    spec = importlib.util.spec_from_file_location("check_mot_metrics", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.made_clip


def seen(truth, found, pairs):
    """A picture in which only `pairs` (truth, found) overlap, wholly."""
    overlap = np.zeros((len(truth), len(found)))
    for one, other in pairs:
        overlap[truth.index(one), found.index(other)] = 1
    return mot.Sight(np.array(truth, int), np.array(found, int), overlap)


SWAP = [seen([1, 2], [7, 8], [(1, 7), (2, 8)])] * 3 + [seen([1, 2], [7, 8], [(1, 8), (2, 7)])] * 2


def test_two_tracks_that_swap_by_hand():
    counts = mot.clear_mot(SWAP)
    assert (counts.truth, counts.matches, counts.misses, counts.false_positives, counts.switches) == (10, 10, 0, 0, 2)
    assert counts.mota == pytest.approx(0.8)
    assert counts.motp == 1
    names = mot.identity(SWAP)  # the best pairing keeps 7 on 1 and 8 on 2: 6 of 10
    assert (names.true_positives, names.false_positives, names.false_negatives) == (6, 4, 4)
    assert names.f1 == pytest.approx(0.6)
    whole = mot.hota(SWAP)  # each match: A = 3 / (5 + 5 - 3) or 2 / (5 + 5 - 2)
    assert whole.detection == 1
    assert whole.association == pytest.approx(0.6 * 3 / 7 + 0.4 * 2 / 8)
    assert whole.hota == pytest.approx(np.sqrt(whole.association))


def test_a_gap_and_a_new_name_are_one_switch_and_misses():
    clip = [seen([1], [5], [(1, 5)])] * 2 + [seen([1], [], [])] * 3 + [seen([1], [6], [(1, 6)])]
    counts = mot.clear_mot(clip)
    assert (counts.misses, counts.switches, counts.matches) == (3, 1, 3)
    assert counts.mota == pytest.approx(1 - 4 / 6)


def test_a_track_keeps_its_object_while_they_overlap_though_another_fits_better():
    first = mot.Sight(np.array([1]), np.array([5]), np.array([[0.9]]))
    then = mot.Sight(np.array([1]), np.array([5, 6]), np.array([[0.55, 0.95]]))
    assert mot.clear_mot([first, then]).switches == 0
    fallen = mot.Sight(np.array([1]), np.array([5, 6]), np.array([[0.45, 0.95]]))
    assert mot.clear_mot([first, fallen]).switches == 1


def test_more_pairs_come_before_a_better_one():
    # The best single pair (0.9) would leave the other object alone.
    overlap = np.array([[0.9, 0.6], [0.55, 0.0]])
    counts = mot.clear_mot([mot.Sight(np.array([1, 2]), np.array([3, 4]), overlap)])
    assert (counts.matches, counts.misses) == (2, 0)
    assert counts.overlap == pytest.approx(0.6 + 0.55)


def test_switches_are_told_as_they_happen():
    counter = mot.ClearCounter()
    told = [counter.add(one) for one in SWAP]
    assert told == [(), (), (), ((1, 7, 8), (2, 8, 7)), ()]


def test_without_truth_or_tracks_nothing_is_claimed():
    nothing = [seen([], [], [])]
    counts = mot.clear_mot(nothing)
    assert counts.mota is counts.motp is counts.recall is counts.precision is None
    assert mot.identity(nothing).f1 is None
    assert mot.hota(nothing) is None
    only_false = [seen([], [3], [])]
    assert mot.clear_mot(only_false).false_positives == 1
    assert mot.hota(only_false).hota == 0
    assert mot.hota([seen([3], [], [])]).hota == 0
    assert mot.identity([]).f1 is None


@pytest.mark.parametrize("seed", [int(key) for key in GOLDEN])
def test_hota_and_idf1_are_those_of_another_implementation(seed):
    clip, theirs = maker()(seed), GOLDEN[str(seed)]
    whole, names = mot.hota(clip), mot.identity(clip)
    ours = (whole.hota, whole.detection, whole.association, names.f1, names.true_positives)
    assert ours == pytest.approx([theirs[key] for key in ("hota", "deta", "assa", "idf1", "idtp")], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_bounds_and_names(seed):
    clip = maker()(seed)
    counts, names, whole = mot.clear_mot(clip), mot.identity(clip), mot.hota(clip)
    truth, found = sum(len(one.truth) for one in clip), sum(len(one.found) for one in clip)
    assert counts.truth == counts.matches + counts.misses == truth
    assert counts.matches + counts.false_positives == found
    assert counts.mota is None or counts.mota <= 1
    assert 0 <= whole.hota <= 1
    renamed = [mot.Sight(one.truth * 3 + 1, one.found + 17, one.iou) for one in clip]
    assert mot.clear_mot(renamed) == counts
    assert mot.identity(renamed) == names
    assert mot.hota(renamed).hota == pytest.approx(whole.hota, abs=1e-12)
    perfect = [mot.Sight(one.truth, one.truth, np.eye(len(one.truth))) for one in clip]
    if truth:
        assert mot.clear_mot(perfect).mota == mot.identity(perfect).f1 == 1
        assert mot.hota(perfect).hota == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(float, (3, 3), elements=st.floats(0, 1)))
def test_the_pairing_is_the_best_of_all(overlap):
    counts = mot.clear_mot([mot.Sight(np.arange(3), np.arange(3), overlap)])
    orders = [[overlap[i, j] for i, j in enumerate(order)] for order in permutations(range(3))]
    best = max((sum(x >= 0.5 for x in row), sum(x for x in row if x >= 0.5)) for row in orders)
    assert counts.matches == best[0]
    assert counts.overlap == pytest.approx(best[1])


def test_iou_by_hand():
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 5, 9]])
    np.testing.assert_allclose(mot.iou(boxes, boxes), [[1, 1 / 7, 0], [1 / 7, 1, 0], [0, 0, 0]])
    assert mot.iou(np.empty((0, 4)), boxes).shape == (0, 3)


def test_mot_lines_come_back():
    text = lines(3, np.array([7, 9]), np.array([[1.5, 2, 11.5, 22], [0, 0, 4, 4]]), np.array([0.5, 1]))
    assert text == "3,7,1.50,2.00,10.00,20.00,0.5,-1,-1,-1\n3,9,0.00,0.00,4.00,4.00,1,-1,-1,-1\n"
    rows = parsed(text)
    np.testing.assert_array_equal(rows.xyxy, [[1.5, 2, 11.5, 22], [0, 0, 4, 4]])
    assert [len(part.identity) for part in rows.by_frame(3)] == [0, 0, 2]
    assert len(parsed("").frame) == 0
    with pytest.raises(ExplainerError, match="MOT Challenge"):
        parsed("1,2,three,4,5,6,7\n")
