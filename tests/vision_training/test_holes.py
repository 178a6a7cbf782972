"""Nets that learn with holes: the holes themselves, one step by hand, and who reads torn digits."""

import numpy as np
import pytest

from explainer.demos.robustness.trained_for_holes import TrainedForHoles
from explainer.testing import run_demo
from explainer.vision.training import fit, holes, small_net
from explainer.vision.training.digits import split
from explainer.vision.training.parts import Adam, accuracy


def run(epochs: int) -> holes.Pair:
    return holes.Pair(*(fit.trained(one) for one in holes.recipes(epochs, 0.6, "zero", 0)))


def test_holes_have_their_share_and_their_own_for_each_digit() -> None:
    rng = np.random.default_rng(0)
    assert holes.holes(400, 0.3, rng).mean() == pytest.approx(0.3, abs=0.02)
    each = holes.holes(3, np.array([0.0, 1.0, 0.5], np.float32), rng).mean(axis=(1, 2))
    assert each[:2].tolist() == [0.0, 1.0]
    assert 0.2 < each[2] < 0.8


def test_what_is_there_stays_and_the_mean_is_that_of_the_pixel() -> None:
    train, _ = split()
    mean = holes.mean_digit(train)
    assert mean == pytest.approx(np.stack(list(train.images)).mean(axis=0), abs=1e-6)
    lost = holes.holes(5, 0.5, np.random.default_rng(1))
    torn = holes.with_holes(train.first(5), lost, mean).images
    assert (torn[~lost] == train.images[:5][~lost]).all()
    assert (torn[lost] == np.broadcast_to(mean, (5, 8, 8))[lost]).all()


def test_the_plain_net_is_the_one_of_the_other_demo() -> None:
    assert fit.trained(small_net.recipe(Adam(0.003), epochs=2)).same_bits(run(2).plain)


def test_holes_are_others_in_each_epoch_and_the_same_again() -> None:
    train, _ = split()
    tear = holes.Holes(0.6)
    first, again, second = (tear.renewed(train, 0, epoch) for epoch in (0, 0, 1))
    assert first == again
    assert first != second


def test_accuracy_counts_what_is_right() -> None:
    pair = run(1)
    _, test = split()
    said = holes.said(pair.plain, test)
    net = pair.plain.module()
    assert accuracy(net, test.relabelled(said)) == 1.0
    assert accuracy(net, test.relabelled((said + 1) % 10)) == 0.0


def test_who_learnt_with_holes_reads_torn_digits() -> None:
    found = holes.tolerance(run(8), split().test, draws=1)
    whole, forty = 0, holes.SHARES.index(0.4)
    assert min(found.plain_zero[whole], found.holed[whole]) > 0.8  # eight epochs; chance is 0.1
    assert found.plain_zero[forty] + 0.05 < found.holed[forty]
    assert found.plain_zero[forty] + 0.05 < found.plain_mean[forty]
    assert found.plain_zero[-1] < found.plain_zero[forty] < found.plain_zero[whole]


@pytest.mark.parametrize("fill", ["zero", "mean"])
def test_both_sheets_show_the_same_digits_and_a_larger_share_only_adds_holes(fill: str) -> None:
    played = [run_demo(TrainedForHoles(), epochs=1, fill=fill, share=share) for share in (0, 40, 80)]
    sheets = [[panel.layers[0] for panel in result.panels] for result in played]
    true = [[label.split("→")[0] for label in sheet.labels] for pair in sheets for sheet in pair]
    assert all(labels == true[0] for labels in true)
    # A digit that is read wrong is dimmed, so that ink is compared where there is any at all.
    ink = [pair[0].values > 0 for pair in sheets]
    assert not (ink[1] & ~ink[0]).any()
    assert not (ink[2] & ~ink[1]).any()
    assert ink[0].sum() > ink[1].sum() > ink[2].sum() > 0
    assert [result.play.at for result in played] == [0, 40, 80]
    for result in played:
        rights = [sum("→" not in label for label in panel.layers[0].labels) for panel in result.panels]
        assert [panel.note for panel in result.panels] == [f"{right} of 24 right" for right in rights]
