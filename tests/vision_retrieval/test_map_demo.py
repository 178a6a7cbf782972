"""The demo: what its map keeps and misplaces, how it is watched, and a folder of one's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from explainer.core.frame import Frame
from explainer.core.layers import Boxes, Image, Lines, Points
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.core.scattered import SIDE, pinned, without_overlap
from explainer.demos.reuse.embedding_map import EmbeddingMap
from explainer.testing import fake_context, run_demo
from explainer.testing.context import FakeContext
from explainer.vision.retrieval import map_views
from explainer.vision.retrieval.mapped import Cloud, Mapped, noise


class Folder(Sequence[Frame]):
    """Pictures in two colours, in two folders; one cannot be read."""

    def __len__(self) -> int:
        return 30

    def __getitem__(self, index: Any) -> Any:
        if index == 5:
            raise ExplainerError("This file cannot be read.", "Choose another.")
        pixels = np.random.default_rng(index).integers(0, 60, (40, 50, 3)).astype(np.uint8)
        pixels[..., index % 2] += 180
        return Frame(pixels, "folder-1", index, name=f"{'red' if index % 2 == 0 else 'green'}/{index}.png")


def ran(context: FakeContext | None = None, **params: Any) -> Result:
    """The last result in a context with a tiny network."""
    return run_demo(EmbeddingMap(), None, context or fake_context(), **params)


def layer(result: Result, kind: type[Any], name: str) -> Any:
    """A layer of the map."""
    return next(one for one in result.panels[0].layers if isinstance(one, kind) and one.name == name)


@pytest.fixture(scope="module")
def digits() -> tuple[Result, FakeContext]:
    """Digits by their pixels, and the context in which they were mapped."""
    context = fake_context()
    return ran(context, pictures="digits", features="pixels"), context


def test_the_map_of_digits_is_seen_to_form(digits: tuple[Result, FakeContext]) -> None:
    result, context = digits
    shown = context.published
    steps = [one.values["step"] for one in shown if "step" in one.values]
    assert steps == sorted(steps)
    assert len(steps) == 25
    cost = [one.values["kl_nats"] for one in shown if "step" in one.values]
    assert cost[-1] < cost[0] / 3
    assert result.values["trust_percent"] > 97
    assert result.values["knn_map_percent"] > 90


def test_a_moment_of_the_way_is_what_was_shown_then(digits: tuple[Result, FakeContext]) -> None:
    _, context = digits
    then = ran(context, pictures="digits", features="pixels", seen=200)
    shown = next(one for one in context.published if one.values.get("step") == 200)
    for name in ("kl_nats", "trust_percent", "knn_map_percent"):
        assert then.values[name] == shown.values[name]


def test_what_the_headline_says_of_a_misplaced_digit_can_be_counted(digits: tuple[Result, FakeContext]) -> None:
    result, _ = digits
    row = int(result.values["picked_number"]) - 1
    paths = layer(result, Lines, "true neighbours").paths
    ring, every = layer(result, Points, "picked").xy[0], layer(result, Points, "pictures").xy
    np.testing.assert_array_equal(every[row], ring)
    assert len(paths) == result.values["k_count"] == 10
    same = layer(result, Lines, "true neighbours").colours.count(map_views.SAME)
    assert f"{same} of its 10 nearest" in result.headline
    assert same >= 3  # most of ten votes
    assert len(layer(result, Boxes, "misplaced").xyxy) <= result.values["misplaced_count"]


def test_a_click_asks_for_another(digits: tuple[Result, FakeContext]) -> None:
    result, context = digits
    sets = layer(result, Points, "pictures").sets
    assert len(sets) == 500
    other = ran(context, pictures="digits", features="pixels", **{k: int(v) for k, v in sets[6].items()})
    assert other.values["picked_number"] == 7
    assert other.values["trust_percent"] == result.values["trust_percent"]


def test_trust_on_the_map_is_scikit_learns() -> None:
    cloud = noise(0)
    one = Mapped(cloud, cloud.flat[0])
    assert one.trust == pytest.approx(trustworthiness(cloud.vectors, one.xy, n_neighbors=10), abs=1e-9)


def test_pca_shows_large_distances_and_less_of_the_neighbours(digits: tuple[Result, FakeContext]) -> None:
    result, context = digits
    flat = ran(context, pictures="digits", features="pixels", method="pca")
    assert flat.play is None
    assert flat.values["knn_map_percent"] < result.values["knn_map_percent"] - 20
    assert flat.values["knn_space_percent"] == result.values["knn_space_percent"]


def test_noise_is_called_noise() -> None:
    result = ran(pictures="noise", method="pca")
    assert "chance" in result.headline
    assert "knn_map_percent" not in result.values


def test_a_misplaced_picture_by_hand() -> None:
    """Two groups on a line; the map puts the last of the first group into the second."""
    x = np.array([0, 1, 2, 3, 4, 5, 20, 21, 22, 23, 24, 25], float)
    y = x.copy()
    y[5] = 22.5
    labels = np.repeat([0, 1], 6)
    pictures = np.zeros((12, 8, 8, 3), np.uint8)
    cloud = Cloud(pictures, np.c_[x, x * 0], labels, ("a", "b"), ("as", "bs"))
    one = Mapped(cloud, np.c_[y, y * 0])
    assert np.flatnonzero(one.misplaced).tolist() == [5]
    assert one.telling() == 5
    assert one.kept[5] == 0
    assert not Mapped(cloud, cloud.vectors).misplaced.any()


def test_a_folder_of_ones_own_is_mapped_with_its_folders_as_classes() -> None:
    result = ran(fake_context(frames=Folder()), features="pixels")
    assert result.values["pictures"] == 29
    assert result.values["knn_map_percent"] == 100
    assert result.values["perplexity"] == pytest.approx(28 / 3)
    colours = layer(result, Image, "map").pixels.reshape(-1, 3)
    assert (colours[:, 0] > 200).any()


def test_thumbs_keep_apart_and_the_first_come_first() -> None:
    at = np.array([[100.0, 100.0], [110.0, 100.0], [150.0, 100.0]])
    assert without_overlap(at, np.array([1, 0, 2]), 30).tolist() == [False, True, True]


def test_a_picture_at_the_edge_stays_on_the_map() -> None:
    white = np.full((2, 8, 8, 3), 255, np.uint8)
    at, shown = np.array([[0.0, 0.0], [SIDE, SIDE]]), np.array([True, False])
    drawn = pinned(white, at, np.array([0, 1]), shown, ink=True, thumb=30)
    assert (drawn[:30, :30] == drawn[0, 0]).all()
    assert drawn[-1, -1].tolist() == [230, 159, 0]
