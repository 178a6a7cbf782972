"""Object detector, NMS lab and occlusion as demos: kept answers, odd pictures, and what is said of them."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explainer.core.charts import Bars, Curve, Table
from explainer.core.frame import Frame
from explainer.core.geometry import BoxXYXY, PointXY
from explainer.core.layers import Arrows, Boxes, Points
from explainer.core.result import Result
from explainer.demos.detection import nms_lab, object_detector, occlusion_and_detection
from explainer.testing import FakeContext, sample
from explainer.vision.detection import nanodet

DETECTOR, LAB, COVER = (
    object_detector.ObjectDetector(),
    nms_lab.NmsLab(),
    occlusion_and_detection.OcclusionAndDetection(),
)
NET = nanodet.load()


def a_context() -> FakeContext:
    """Without a classifier; the detector is there already."""
    return FakeContext(None, kept={("nanodet", "cpu"): NET})


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of pictures in each pass through the network."""
    seen: list[int] = []
    forward = nanodet.NanoDet.forward

    def counted(net: nanodet.NanoDet, x: Any) -> Any:
        seen.append(len(x))
        return forward(net, x)

    monkeypatch.setattr(nanodet.NanoDet, "forward", counted)
    return seen


def layer(result: Result, panel: int, kind: type) -> Any:
    return next(one for one in result.panels[panel].layers if isinstance(one, kind))


def run(demo: Any, frame: Frame, bench: FakeContext | None = None, **values: Any) -> Result:
    found: Result = demo.run(frame, replace(demo.defaults(), **values), bench or a_context())
    return found


ODD = {
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "grey": np.full((120, 160, 3), 127, np.uint8),
    "a line": np.random.default_rng(0).integers(0, 256, (12, 6000, 3), np.uint8),
    "a column": np.random.default_rng(1).integers(0, 256, (900, 3, 3), np.uint8),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("demo", [DETECTOR, LAB, COVER], ids=lambda demo: demo.info.id)
def test_odd_pictures_are_said_plainly(demo: Any, name: str) -> None:
    more: dict[str, Any] = {"sweep": False} if demo is LAB else {}
    found = run(demo, Frame(ODD[name]), **more)
    assert found.reading.endswith(".")
    if demo is COVER and name == "grey":
        assert "no object to cover" in found.reading
    if demo is DETECTOR and name == "grey":
        assert "**Nothing** reaches 0.35" in found.reading
    if demo is LAB and name == "one pixel":
        assert "so few pixels" in found.reading or "outside" in found.reading


def test_importing_them_loads_no_torch() -> None:
    code = (
        "import sys, explainer.demos.detection.nms_lab as a, explainer.demos.detection.object_detector as b, "
        "explainer.demos.detection.occlusion_and_detection as c; [m.Params() for m in (a, b, c)]; "
        "bad = {'torch', 'torchvision', 'cv2', 'scipy'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Object detector ----------------------------------------------------------------------------------------


def test_thresholds_names_and_places_need_no_pass(passes: list[int]) -> None:
    bench, frame = a_context(), sample("cat")
    for values in ({}, {"score": 0.1}, {"iou": 0.9}, {"names": "every"}, {"spot": PointXY(0, 0)}, {"shown": "class"}):
        run(DETECTOR, frame, bench, **values)
    assert passes == [1]
    run(DETECTOR, frame, bench, side=320)
    assert passes == [1, 1]


def test_a_click_on_a_box_asks_its_cell() -> None:
    bench, frame = a_context(), sample("coins")
    first = run(DETECTOR, frame, bench)
    boxes = layer(first, 0, Boxes)
    assert len(boxes.xyxy) > 5
    for index in (0, len(boxes.xyxy) - 1):
        asked = run(DETECTOR, frame, bench, **boxes.sets[index])
        grid = next(k for k, panel in enumerate(asked.panels) if panel.slug == asked.heroes[1])
        ends = layer(asked, grid, Arrows).end
        reach = [ends[0, 0], ends[1, 1], ends[2, 0], ends[3, 1]]
        assert reach == pytest.approx(boxes.xyxy[index].tolist(), abs=0.01)
        assert boxes.labels[index].endswith(f"{asked.values['cell_score']:.2f}")


def test_one_name_for_each_place_drops_the_cat_that_is_a_dog() -> None:
    bench, frame = a_context(), sample("dog")
    assert run(DETECTOR, frame, bench).values["boxes_after"] == 2
    assert run(DETECTOR, frame, bench, names="place").values["boxes_after"] == 1
    assert run(DETECTOR, frame, bench, names="every").values["boxes_before"] > 9


def test_table_counts_every_level() -> None:
    found = run(DETECTOR, sample("coins"))
    table = next(one for one in found.charts if isinstance(one, Table))
    numbers = np.array([[int(cell.replace(",", "")) for cell in row[1:]] for row in table.rows])
    assert (numbers[:3].sum(0) == numbers[3]).all()
    assert numbers[3].tolist() == [found.values[k] for k in ("cells", "boxes_before", "boxes_after")]


def test_fcos_teaches_a_large_box_on_the_coarse_level_alone() -> None:
    found = run(DETECTOR, sample("cat"), shown="centreness")
    marked = [any(isinstance(one, Points) for one in panel.layers) for panel in found.panels[1:]]
    assert marked == [False, False, True]


def test_curves_are_distributions_with_the_means_that_are_named() -> None:
    found = run(DETECTOR, sample("cat"))
    curve = next(one for one in found.charts if isinstance(one, Curve))
    for series in curve.series:
        assert series.y.sum() == pytest.approx(1, abs=1e-4)
        assert f"{series.x @ series.y:.1f}" == series.name.split()[1]


# NMS lab ------------------------------------------------------------------------------------------------


def test_rules_need_no_pass_and_the_sweep_comes_last(passes: list[int]) -> None:
    bench, frame = a_context(), sample("temple")
    whole = run(LAB, frame, bench)
    assert len(bench.published) == 1
    assert sum(passes) == 17, "the first picture, 15 of the sweep, and the place that it chose"
    assert whole.values["behind_before"] >= 0.35
    assert whole.values["behind_after"] == 0
    assert "dropped by suppression" in whole.reading
    for values in ({"iou": 0.2}, {"method": "gaussian"}, {"score": 0.1}, {"method": "agnostic"}):
        run(LAB, frame, bench, **values)
    assert sum(passes) == 17
    run(LAB, frame, bench, a=PointXY(0.4, 0.6))
    assert sum(passes) == 18  # the sweep does not depend on where the front figure stands


def test_headline_label_and_chart_tell_of_the_same_deleted_figure() -> None:
    found = run(LAB, sample("temple"))
    before, at = found.values["behind_before"], found.values["true_iou"]
    assert f"person behind, found with {before:.2f}: one box over both is left" in found.headline
    labels = {one.name: one.labels for one in found.panels[0].layers if isinstance(one, Boxes)}
    assert labels["deleted"] == (f"deleted {before:.2f}",)
    assert any(label.startswith("over both ") for label in labels["kept"])
    chart = found.charts[0]
    assert chart.note == "the one behind"
    raw, left = (dict(zip(line.x, line.y, strict=True)) for line in chart.series[:2])
    here = min(raw, key=lambda x: abs(x - at))
    assert (here, raw[here], left[here]) == pytest.approx((at, before, 0.0), abs=0.02)


def test_it_opens_on_nobody_in_full_view_being_lost(passes: list[int]) -> None:
    del passes
    frame = Frame(np.full((400, 300, 3), 90, np.uint8))
    found = run(LAB, frame, a_context())
    lost = found.values["behind_before"] >= 0.35 and found.values["behind_after"] == 0
    assert lost or min(found.values["front_after"], found.values["behind_after"]) >= 0.35


def test_a_strict_rule_drops_one_of_two_that_the_network_saw() -> None:
    bench, frame = a_context(), sample("temple")
    strict = run(LAB, frame, bench, a=nms_lab.IN_FRONT, iou=0.05, sweep=False)
    assert "by suppression" in strict.reading
    assert min(strict.values["behind_after"], strict.values["front_after"]) == 0
    assert min(strict.values["behind_before"], strict.values["front_before"]) >= 0.35
    soft = run(LAB, frame, bench, a=nms_lab.IN_FRONT, method="linear", iou=0.05, score=0.1, sweep=False)
    assert min(soft.values["behind_after"], soft.values["front_after"]) > 0.1


def test_a_figure_outside_the_picture_is_said() -> None:
    found = run(LAB, sample("temple"), a=PointXY(0, 0), size=0.1, sweep=False)
    assert found.values["true_iou"] == 0


# Occlusion ----------------------------------------------------------------------------------------------


def test_cover_away_from_the_object_changes_nothing_and_over_it_everything() -> None:
    bench, frame = a_context(), sample("cameraman")
    away = run(COVER, frame, bench, cover=BoxXYXY(0.8, 0.0, 0.95, 0.1), steps=5)
    assert away.values["visible_percent"] == 100
    assert away.values["iou_whole"] > 0.9
    over = run(COVER, frame, bench, cover=BoxXYXY(0, 0, 1, 1), covered=100, steps=5)
    assert over.values["visible_percent"] == 0
    assert over.values["score_covered"] < 0.3
    assert "**lost**" in over.reading


def test_sweep_starts_uncovered_ends_covered_and_is_kept(passes: list[int]) -> None:
    bench, frame = a_context(), sample("cameraman")
    found = run(COVER, frame, bench, steps=5)
    assert sum(passes) == 1 + 1 + 6
    curve = next(one for one in found.charts if isinstance(one, Curve))
    score = curve.series[0]
    assert score.x.tolist() == pytest.approx([0, 20, 40, 60, 80, 100], abs=1)
    assert score.y[0] == pytest.approx(found.values["score_uncovered"], abs=1e-3)
    assert score.y[-1] < 0.3
    run(COVER, frame, bench, steps=5, score=0.5)
    assert sum(passes) == 8
    run(COVER, frame, bench, steps=5, cover=BoxXYXY(0.1, 0.1, 0.2, 0.2))
    assert sum(passes) == 9  # the sweep does not depend on the cover in the picture


def test_cover_seats_itself_on_the_object_and_plays_over_it(passes: list[int]) -> None:
    bench, frame = a_context(), sample("cameraman")
    bare = run(COVER, frame, bench, covered=0, steps=5)
    assert bare.values["score_covered"] == pytest.approx(bare.values["score_uncovered"], abs=1e-3)
    half = run(COVER, frame, bench, covered=50, steps=5)
    assert half.values["visible_percent"] == pytest.approx(50, abs=1)
    assert half.resolved["cover"].x1 == pytest.approx(0.63, abs=0.03)
    assert half.play is not None
    assert half.play.curve is not None
    assert half.play.curve.tolist() == next(one for one in half.charts if isinstance(one, Curve)).series[0].y.tolist()
    assert run(COVER, frame, bench, covered=100, steps=5).values["score_covered"] < 0.3
    assert sum(passes) == 1 + 6 + 3  # a step of the play is one pass


def test_what_is_hardly_found_cannot_be_lost() -> None:
    weak = run(COVER, sample("temple"), steps=5)
    assert weak.values["score_uncovered"] < 0.5
    assert weak.unsuitable is not None
    assert run(COVER, sample("cameraman"), steps=5).unsuitable is None


def test_a_lost_object_is_marked_and_a_found_one_is_not() -> None:
    for covered, lost in ((0, False), (100, True)):
        found = run(COVER, sample("cameraman"), steps=5, covered=covered)
        (dashed,) = [one for panel in found.panels for one in panel.layers if one.name == "uncovered"]
        before, after = found.values["score_uncovered"], found.values["score_covered"]
        assert dashed.labels == ((f"person lost: {before:.2f} → {after:.2f}",) if lost else ())


def test_bars_say_what_the_place_is_called() -> None:
    found = run(COVER, sample("cat"), steps=5)
    bars = next(one for one in found.charts if isinstance(one, Bars))
    assert bars.labels[bars.chosen] == "cat"
    assert bars.values[bars.chosen] == pytest.approx(found.values["score_covered"])
