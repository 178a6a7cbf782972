"""The demo: its galleries, its query, what it says, and a folder of one's own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from explainer.core.frame import Frame
from explainer.core.layers import Cells
from explainer.core.problem import ExplainerError
from explainer.core.result import Result
from explainer.demos.reuse.search_by_picture import SearchByPicture
from explainer.testing import fake_context, run_demo
from explainer.testing.context import FakeContext
from explainer.vision.metrics.neighbours import normalised
from explainer.vision.retrieval.gallery import cut, of_garments
from explainer.vision.retrieval.ranking import nearest
from explainer.vision.training import frozen, garments


class Folder(Sequence[Frame]):
    """Pictures in two colours, in two folders; some cannot be read."""

    def __init__(self, count: int = 12, broken: tuple[int, ...] = (5,)) -> None:
        self.many, self.broken, self.asked = count, broken, 0

    def __len__(self) -> int:
        return self.many

    def __getitem__(self, index: Any) -> Any:
        self.asked += 1
        if index in self.broken:
            raise ExplainerError("This file cannot be read.", "Choose another.")
        pixels = np.random.default_rng(index).integers(0, 60, (40, 50, 3)).astype(np.uint8)
        pixels[..., index % 2] += 180
        return Frame(pixels, "folder-1", index, name=f"{'red' if index % 2 == 0 else 'green'}/{index}.png")


def ran(frames: Sequence[Frame] = (), context: FakeContext | None = None, **params: Any) -> Result:
    """The last result in a context with a tiny network."""
    return run_demo(SearchByPicture(), None, context or fake_context(frames=frames), **params)


@pytest.fixture(scope="module")
def garments_result() -> Result:
    """With the shipped network and all defaults."""
    return run_demo(SearchByPicture())


def test_the_first_picture_tells_network_and_pixels_apart(garments_result: Result) -> None:
    labels, row = garments.stored("train")[1], int(garments_result.values["query_number"]) - 1
    vectors = normalised(frozen.garment_vectors())
    rows = nearest(vectors[row], vectors, "euclid", 10, row)[0]
    assert garments_result.values["hits"] == (labels[rows] == labels[row]).sum() == 10
    assert garments_result.headline.startswith("All ten nearest are ")
    cells = next(layer for layer in garments_result.panels[0].layers if isinstance(layer, Cells))
    assert [one["query"] for one in cells.sets if one] == [str(n + 1) for n in rows.tolist()]


def test_shipped_vectors_are_those_that_the_network_gives() -> None:
    from explainer.core.context import Settings
    from explainer.vision.zoo.zoo import Zoo

    gallery = of_garments(frozen.SIDE, shipped=False)
    with Zoo().lease(frozen.NETWORK, Settings(threads=1)) as net:
        next(gallery.fill(net, "last"))
    np.testing.assert_allclose(gallery.vectors, frozen.garment_vectors()[:8], atol=0.01)


def test_a_folder_is_searched_its_folders_are_the_classes_and_what_is_broken_is_counted() -> None:
    result = ran(Folder())
    assert result.values["pictures"] == 11
    assert "1 file could not be read" in result.reading
    assert result.values["hits"] >= 5
    assert "pictures of “" in result.headline


def test_a_search_that_was_stopped_goes_on_where_it_was() -> None:
    folder = Folder(40, broken=())
    context = fake_context(frames=folder)

    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        if folder.asked > 20:
            raise Stopped

    context.progress = stop  # type: ignore[method-assign, assignment]
    with pytest.raises(Stopped):
        ran(context=context)
    before = folder.asked
    context.progress = lambda *_: None  # type: ignore[method-assign]
    assert ran(context=context).values == ran(Folder(40, broken=())).values
    assert folder.asked - before < 30


def test_pictures_without_folders_have_no_classes() -> None:
    class Flat(Folder):
        def __getitem__(self, index: Any) -> Any:
            frame = super().__getitem__(index)
            return Frame(frame.pixels, "folder-2", index, name=f"{index}.png")

    result = ran(Flat(12, broken=()))
    assert "hits" not in result.values
    assert "also among the nearest by pixels" in result.headline


def test_copies_are_listed_as_near_duplicates() -> None:
    class Copies(Folder):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(3 if index == 9 else index)

    result = ran(Copies(), alike=1.0)
    assert result.documents["near-duplicates.csv"].splitlines()[1].startswith("green/3.png,green/3.png,1.0")
    assert result.values["near_duplicates"] >= 1


def test_an_index_that_compares_more_than_all_says_so() -> None:
    assert ran(Folder(), beside="pq").headline.startswith("Among so few pictures an index does not pay")


def test_too_few_readable_pictures_are_refused() -> None:
    with pytest.raises(ExplainerError, match="too few"):
        ran(Folder(4, broken=(1, 2)))


def test_with_all_cells_the_index_misses_nothing() -> None:
    result = run_demo(SearchByPicture(), beside="ivf", probes=40)
    assert result.values["shared_count"] == 10
    assert run_demo(SearchByPicture(), beside="ivf", probes=1).values["shared_count"] < 10


def test_at_length_1_another_measure_changes_nothing_and_without_it_does() -> None:
    same, raw = (run_demo(SearchByPicture(), beside="dot", normalise=on) for on in (True, False))
    assert same.headline == "By dot product the same ten nearest come in the same order."
    assert raw.values["hits"] > raw.values["hits_beside"] + 4
    assert raw.values["query_number"] == same.values["query_number"]


def test_a_part_of_the_query_is_another_query(garments_result: Result) -> None:
    result = run_demo(SearchByPicture(), box="0.5,0,1,0.5")
    assert result.values["hits"] != garments_result.values["hits"] or result.values["hits_beside"] > 0
    assert cut(np.zeros((28, 20, 3), np.uint8), (1.0, 0.9, 0.5, 0.5)).shape == (11, 10, 3)
    assert cut(np.zeros((28, 20, 3), np.uint8), (1.0, 1.0, 1.0, 1.0)).shape == (1, 1, 3)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_any_number_of_neighbours_is_shown(k: int) -> None:
    result = ran(Folder(), k=k)
    assert result.values["k_count"] == k
    assert result.headline


def test_a_large_folder_is_taken_evenly_and_judged_by_fewer_queries() -> None:
    from explainer.vision.retrieval.gallery import MOST, SMALLER, of_frames

    gallery = of_frames(Folder(3 * MOST), 32)
    assert (len(gallery.rows), gallery.total, gallery.copy_side) == (MOST, 3 * MOST, SMALLER)
    assert np.diff(gallery.rows).max() <= 4
