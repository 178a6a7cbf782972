"""The demos of this chapter on pictures that nobody would choose, and on what only painting reaches."""

from typing import Any

import numpy as np
import pytest
from discs import discs

from explainer.commands import bootstrap
from explainer.contract.sound import sound
from explainer.core.context import Settings
from explainer.core.frame import Frame
from explainer.core.geometry import PointXY, Stroke
from explainer.core.layers import Lines
from explainer.core.params import changed
from explainer.core.result import Result
from explainer.core.unsuitable import Unsuitable
from explainer.runtime.engine import Job
from explainer.runtime.events import Finished
from explainer.runtime.token import JobToken

DEMOS = ("dense-prediction", "split-touching-objects", "mask-metrics", "person-matte", "classical-segmentation")
ENGINE = bootstrap.engine()


def run(name: str, pixels: np.ndarray, **params: object) -> Result:
    demo, settings = bootstrap.demos().demo(name), Settings(threads=1)
    asked = changed(demo.defaults(), bootstrap.zoo().card(settings.model), **params)
    frame = Frame(np.ascontiguousarray(pixels, np.uint8), f"odd-{id(pixels)}")
    done = ENGINE.run(Job(1, demo, asked, frame, settings), JobToken(), lambda _event: None)
    assert isinstance(done, Finished), done
    assert sound(done.result, demo) == []
    return done.result


@pytest.mark.parametrize("name", DEMOS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (6000, 12), (3, 2)])
def test_odd_shapes_end_in_a_result(name: str, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3))
    assert run(name, pixels).values


@pytest.mark.parametrize("name", DEMOS)
@pytest.mark.parametrize("tone", [0, 255])
def test_a_flat_picture_ends_in_a_result(name: str, tone: int) -> None:
    assert run(name, np.full((60, 90, 3), tone)).values


def test_painted_blobs_that_touch_are_two() -> None:
    dots = tuple(Stroke((PointXY(x, 0.5),), 0.16) for x in (0.42, 0.58))
    found = run("split-touching-objects", np.zeros((200, 300, 3)), foreground="painted", strokes=dots)
    assert (found.values["parts"], found.values["objects"]) == (1, 2)
    one = run("split-touching-objects", np.zeros((200, 300, 3)), foreground="painted", strokes=dots, h=12.0)
    assert one.values["objects"] == 1


def test_what_is_offered_instead_suits_and_a_cat_does_not() -> None:
    from explainer.contract.runs import photo

    def told(name: str, **params: Any) -> Unsuitable | None:
        frame = photo(name)
        assert isinstance(frame, Frame)
        return run("split-touching-objects", frame.pixels, **params).unsuitable

    assert told("cat") is None  # discs are laid over it
    cat = told("cat", foreground="darker")
    assert cat is not None
    offered = [str(offer.value) for offer in cat.offers if offer.kind == "sample"]
    assert offered == ["coins", "galaxies"]
    assert [told(name) for name in offered] == [None, None]


def test_a_picture_without_things_gets_discs_that_touch_and_are_six() -> None:
    from explainer.contract.runs import photo

    frame = photo("cat")
    assert isinstance(frame, Frame)
    found = run("split-touching-objects", frame.pixels)
    assert (found.values["parts"], found.values["objects"]) == (1, 6)
    assert "the discs touch" in found.headline
    apart = run("split-touching-objects", frame.pixels, grow=0)
    assert (apart.values["parts"], apart.values["objects"]) == (6, 6)


@pytest.mark.parametrize("shape", [(300, 200), (200, 300)])
def test_the_discs_that_are_offered_touch_on_any_picture(shape: tuple[int, int]) -> None:
    from explainer.demos.segmentation.split_touching_objects import BLOBS

    found = run("split-touching-objects", np.zeros((*shape, 3)), **BLOBS.value)
    assert (found.values["parts"], found.values["objects"]) == (1, 6)
    assert found.unsuitable is None


def test_where_a_person_fills_the_picture_a_mask_that_has_learnt_people_stands_beside() -> None:
    from explainer.contract.runs import photo

    frame = photo("astronaut")
    assert isinstance(frame, Frame)
    close = frame.pixels[:300, 120:330]
    found = run("classical-segmentation", close)
    assert [panel.title for panel in found.panels][1:3] == ["GrabCut", "Person matte"]
    assert "a network trained on people" in found.headline
    assert found.unsuitable is None
    whole = run("classical-segmentation", frame.pixels)
    assert "Person matte" not in [panel.title for panel in whole.panels]
    painted = run("classical-segmentation", close, inside=(Stroke((PointXY(0.5, 0.5),), 0.1),))
    assert "Person matte" not in [panel.title for panel in painted.panels]


def test_an_empty_foreground_and_a_full_one_are_said() -> None:
    empty = run("split-touching-objects", np.zeros((40, 60, 3)), foreground="painted")
    assert "no foreground" in empty.reading
    everything = (Stroke((PointXY(0.0, 0.5), PointXY(1.0, 0.5)), 1.0),)
    full = run("split-touching-objects", np.zeros((40, 60, 3)), foreground="painted", strokes=everything)
    assert "no edge" in full.reading


def test_a_mask_that_is_the_reference_scores_one_and_moving_it_costs() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (200, 300, 3))
    same = run("mask-metrics", picture, reference="painted", shift_x=0.0)
    assert (same.values["iou"], same.values["dice"], same.values["boundary_f"]) == (1.0, 1.0, 1.0)
    values = [run("mask-metrics", picture, reference="painted", shift_x=by).values["iou"] for by in (2.0, 6.0, 12.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] < 1
    smaller = run("mask-metrics", picture, reference="painted", shift_x=0.0, grow=-8.0)
    assert smaller.values["precision"] == 1.0
    assert smaller.values["recall"] < 0.9


def test_erasing_everything_leaves_scores_undefined() -> None:
    everything = (Stroke((PointXY(0.0, 0.5), PointXY(1.0, 0.5)), 1.0),)
    found = run("mask-metrics", np.full((60, 90, 3), 9), reference="erased", erased=everything)
    assert "iou" not in found.values
    assert "undefined" in found.reading


def test_the_composite_keeps_the_background_where_nobody_is() -> None:
    flat = np.full((120, 160, 3), 90)
    found = run("person-matte", flat, background="grey", edge="hard")
    picture = next(panel for panel in found.panels if panel.title == "Composite").layers[0]
    assert np.abs(picture.pixels.astype(int) - 90).max() <= 1


def test_water_rises() -> None:
    rng = np.random.default_rng(2)
    disc = discs((120, 160), ((80, 62, 34),))
    picture = np.clip(np.where(disc[..., None], 200, 60) + rng.normal(0, 8, (120, 160, 3)), 0, 255)
    dry, wet = (
        run("classical-segmentation", picture, method="watershed", water=level, beside=()) for level in (0, 255)
    )
    assert dry.values["mask_percent"] < wet.values["mask_percent"]
    assert wet.values["mask_percent"] == pytest.approx(100 * disc.mean(), rel=0.15)


@pytest.mark.parametrize("method", ["fixed", "otsu", "adaptive", "watershed", "grabcut", "slic", "graph"])
def test_each_classical_method_finds_a_plain_disc(method: str) -> None:
    rng = np.random.default_rng(3)
    disc = discs((120, 160), ((80, 62, 30),))
    picture = np.clip(np.where(disc[..., None], (210, 90, 60), (60, 80, 120)) + rng.normal(0, 6, (120, 160, 3)), 0, 255)
    wanted = (Stroke((PointXY(80.5 / 160, 62.5 / 120),), 30 / 160),)
    marks = (
        Stroke((PointXY(0.42, 0.52), PointXY(0.58, 0.52)), 0.03),
        Stroke((PointXY(0.5, 0.35), PointXY(0.5, 0.7)), 0.03),
    )
    options: dict[str, object] = {"slic": {"superpixels": 60}, "adaptive": {"window": 101}}.get(method, {})
    found = run(
        "classical-segmentation", picture, method=method, beside=(), brush="reference", reference=wanted,
        inside=marks, **options,
    )  # fmt: skip
    assert found.values["iou"] > (0.6 if method in ("slic", "graph") else 0.85)


def test_a_network_that_is_not_here_is_said_and_counts_for_nothing() -> None:
    picture = np.random.default_rng(5).integers(0, 256, (60, 80, 3))
    found = run("classical-segmentation", picture, method="otsu", beside=("semantic", "fixed"))
    assert "not on this machine" in found.reading
    assert found.charts[0].labels == ("fixed",)
    alone = run("classical-segmentation", picture, method="otsu", beside=("fixed",))
    assert found.values["agreement"] == alone.values["agreement"]
    asked = run("classical-segmentation", picture, method="instance", beside=(), brush="reference")
    assert asked.values["mask_percent"] == 0


def test_the_bar_below_the_areas_is_shared_out_as_the_pixels_are() -> None:
    found = run("mask-metrics", np.zeros((200, 300, 3)), reference="painted", shift_x=5.0)
    area = next(panel for panel in found.panels if panel.title == "By area")
    (bar,) = (layer for layer in area.layers if layer.name == "shares")
    assert isinstance(bar, Lines)
    lengths = np.array([path[1, 0] - path[0, 0] for path in bar.paths])
    counts = [found.values[name] for name in ("true_positives", "false_positives", "false_negatives")]
    np.testing.assert_allclose(lengths / lengths.sum(), np.array(counts) / sum(counts))
    assert lengths[0] / lengths.sum() == pytest.approx(found.values["iou"])


def test_scraps_are_counted_by_hand_without_specks() -> None:
    from explainer.vision.segmentation.instances import pieces

    mask = np.zeros((40, 40), bool)
    mask[2:8, 2:8] = mask[20:30, 5:35] = True
    mask[35:37, 2:4] = True
    assert pieces(mask) == 2
    assert pieces(np.zeros((5, 5), bool)) == 0
