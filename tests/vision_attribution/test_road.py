"""ROAD: the filled-in pixels against SciPy's direct solver and by hand."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from explainer.vision.metrics.curves import removal_ranks
from explainer.vision.metrics.road import impute, road


def by_scipy(picture: Any, hole: Any) -> Any:
    """The same system written out, pixel by pixel, and solved directly."""
    side = hole.shape[0]
    number = {tuple(p): n for n, p in enumerate(np.argwhere(hole))}
    system, right = lil_matrix((len(number), len(number))), np.zeros(len(number))
    for (row, column), n in number.items():
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                y, x = row + dy, column + dx
                if (dy, dx) == (0, 0) or not (0 <= y < side and 0 <= x < side):
                    continue
                weight = 1 / 6 if 0 in (dy, dx) else 1 / 12
                system[n, n] += weight
                if hole[y, x]:
                    system[n, number[y, x]] -= weight
                else:
                    right[n] += weight * picture[y, x]
    filled = picture.copy()
    filled[hole] = np.atleast_1d(spsolve(system.tocsc(), right))
    return filled


def test_one_hole_is_the_weighted_mean_of_its_neighbours() -> None:
    x = torch.arange(9.0).view(1, 1, 3, 3).repeat(1, 3, 1, 1)
    x[0, 1, 0, 1] = 13.0  # was 1
    hole = torch.zeros(1, 3, 3, dtype=torch.bool)
    hole[0, 1, 1] = True
    filled = impute(x, hole, noise=0.0)
    assert float(filled[0, 0, 1, 1]) == pytest.approx(4.0, abs=1e-5)
    assert float(filled[0, 1, 1, 1]) == pytest.approx(4.0 + 12.0 / 6, abs=1e-5)


def test_a_corner_counts_the_neighbours_that_exist() -> None:
    x = torch.tensor([[9.0, 6.0], [3.0, 0.0]]).view(1, 1, 2, 2)
    hole = torch.tensor([[[True, False], [False, False]]])
    # (6/6 + 3/6 + 0/12) / (1/6 + 1/6 + 1/12)
    assert float(impute(x, hole, noise=0.0)[0, 0, 0, 0]) == pytest.approx(1.5 / (5 / 12), abs=1e-5)


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_holes_of_any_shape_are_what_scipy_solves(share: float) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(1, 3, 20, 20, generator=generator)
    scattered = torch.rand(20, 20, generator=generator) < share
    block = torch.zeros(20, 20, dtype=torch.bool)
    block[:14, 3:] = True
    found = impute(x, torch.stack([scattered, block]), noise=0.0)
    for n, hole in enumerate((scattered, block)):
        for channel in range(3):
            expected = by_scipy(x[0, channel].double().numpy(), hole.numpy())
            np.testing.assert_allclose(found[n, channel], expected, atol=1e-5)


def test_known_pixels_stay_and_noise_is_the_same_twice() -> None:
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(1, 16, 16, dtype=torch.bool)
    hole[0, 4:12, 4:12] = True
    one, two, bare = impute(x, hole, seed=3), impute(x, hole, seed=3), impute(x, hole, noise=0.0)
    assert torch.equal(one, two)
    assert torch.equal(torch.where(hole[:, None], x, one), x)
    rest = (one - bare)[0, :, 4:12, 4:12]
    assert 0.005 < float(rest.std()) < 0.02


def test_filled_pixels_stay_between_those_around_them() -> None:
    x = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(1, 24, 24, dtype=torch.bool)
    hole[0, 2:20, 5:24] = True
    filled = impute(x, hole, noise=0.0)
    assert float(filled.min()) >= float(x.min()) - 1e-3
    assert float(filled.max()) <= float(x.max()) + 1e-3


def test_nothing_removed_changes_nothing() -> None:
    x = torch.randn(1, 3, 8, 8)
    assert torch.equal(impute(x, torch.zeros(1, 8, 8, dtype=torch.bool))[0], x[0])


def test_a_map_of_what_counts_beats_its_opposite() -> None:
    x = torch.zeros(1, 3, 16, 16)
    x[:, :, 4:12, 4:12] = 1.0

    def score(batch: torch.Tensor) -> torch.Tensor:
        return batch[:, :, 4:12, 4:12].mean(dim=(1, 2, 3))

    good, bad = (road(score, x, removal_ranks(m), noise=0.0) for m in (x[0, 0], 1 - x[0, 0]))
    assert good.gap > 0.3 > -0.3 > bad.gap
    np.testing.assert_allclose(good.most_first, bad.least_first, atol=0.3)
    assert good.least_first[0] == pytest.approx(1.0, abs=1e-3)
