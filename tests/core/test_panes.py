"""Tests of the pane through which the eye sees what a cover hides."""

import numpy as np

from explainer.core.panes import EDGE, GHOST, inside, pane, rim

BARE = np.zeros((240, 240, 3), np.uint8)
BARE[:, 120:] = 200
COVER = np.full_like(BARE, 128)
REGION = inside(BARE.shape, (60, 60, 180, 180))


def test_outside_the_region_the_picture_is_the_covered_one() -> None:
    seen = np.where(REGION[..., None], COVER, BARE)
    assert (pane(BARE, seen, REGION)[~REGION] == BARE[~REGION]).all()


def test_what_is_hidden_shines_through_by_its_share() -> None:
    shown = pane(BARE, COVER, REGION).astype(float)
    left, right = shown[70:170, 70:110].mean(), shown[70:170, 130:170].mean()
    assert abs((right - left) - 200 * GHOST) < 3


def test_stripes_leave_the_mean_as_it_is() -> None:
    inner = pane(COVER, COVER, REGION)[70:170, 70:170].astype(float)
    assert inner.std() > 5
    assert abs(inner.mean() - 128) < 1.5


def test_the_rim_is_a_closed_line_and_none_runs_along_the_pictures_edge() -> None:
    width = max(1, round(EDGE * 240))
    assert rim(REGION).sum() == 120**2 - (120 - 2 * width) ** 2
    assert not rim(np.ones((240, 240), bool)).any()


def test_a_box_beyond_the_picture_is_cut_off() -> None:
    assert inside((10, 20, 3), (-5, -5, 4, 3)).sum() == 12


def test_nothing_covered_changes_nothing() -> None:
    assert (pane(BARE, BARE, np.zeros_like(REGION)) == BARE).all()
