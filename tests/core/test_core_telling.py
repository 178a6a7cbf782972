"""Few pictures that stand for many: shares by hand."""

import numpy as np

from explainer.core.telling import changes, differing, in_proportion, taken_in_turn


def test_each_kind_has_as_many_as_its_share_says():
    kinds = np.array([3] * 60 + [0] * 25 + [2] * 15)
    chosen = in_proportion(kinds, 9)  # 5.4, 2.25, 1.35: the largest remainder has the ninth
    assert chosen.tolist() == [60, 61, 85, *range(6)]


def test_fewer_things_than_are_asked_for_are_all_there():
    assert sorted(in_proportion(np.array([1, 0, 1]), 9).tolist()) == [0, 1, 2]
    assert in_proportion(np.zeros(0, int), 9).tolist() == []


def test_kinds_of_change():
    before, after = np.array([False, True, False, True]), np.array([True, False, False, True])
    assert changes(before, after).tolist() == [0, 1, 2, 3]


def test_classes_take_turns():
    assert taken_in_turn(np.array([7, 7, 7, 5, 5, 9])).tolist() == [3, 0, 5, 4, 1, 2]


def test_differing_answers_keep_the_proportion_of_repaired_to_broken():
    kinds = np.repeat([0, 1, 2, 3], [20, 10, 70, 100])
    before, after = np.isin(kinds, (1, 3)), np.isin(kinds, (0, 3))
    assert kinds[differing(before, after, 12)].tolist() == [0] * 6 + [1] * 3 + [2] * 3
    some = kinds != 0
    assert kinds[some][differing(before[some], after[some], 60)].tolist() == [1] * 10 + [2] * 50
    rare = kinds != 2
    assert kinds[rare][differing(before[rare], after[rare], 32)].tolist() == [0] * 20 + [1] * 10 + [3] * 2
