"""Where ``auto`` stands: checked on drawn pictures whose answer is known, and on the samples."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from explainer.commands import bootstrap
from explainer.core.context import Settings
from explainer.core.controls import AUTO, LAST
from explainer.core.frame import Frame
from explainer.core.geometry import CENTRE, BoxXYXY, PointXY
from explainer.testing import fake_context
from explainer.vision import seating
from explainer.vision.detection.detections import Detections

SAMPLES = Path(__file__).parents[2] / "sample_images"
CARD = bootstrap.zoo().card(Settings().model)


def flat(value: int = 120) -> np.ndarray:
    return np.full((90, 160, 3), value, np.uint8)


def sample(name: str) -> Frame:
    return Frame(cv2.cvtColor(cv2.imread(str(SAMPLES / f"{name}.jpg")), cv2.COLOR_BGR2RGB), name)


def overlap(a: BoxXYXY, b: tuple[float, float, float, float]) -> float:
    x0, y0, x1, y1 = max(a.x0, b[0]), max(a.y0, b[1]), min(a.x1, b[2]), min(a.y1, b[3])
    inner = max(0.0, x1 - x0) * max(0.0, y1 - y0)
    return inner / ((a.x1 - a.x0) * (a.y1 - a.y0) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def test_a_flat_picture_has_nothing_to_stand_on() -> None:
    ctx = fake_context()
    assert seating.edge(AUTO, Frame(flat()), ctx) == CENTRE
    assert seating.salient_box(flat()) == seating.MIDDLE
    assert seating.target(AUTO, Frame(flat()), ctx) == seating.MIDDLE
    assert seating.salient_box(np.zeros((1, 1, 3), np.uint8)) == seating.MIDDLE
    assert seating.strongest_edge(np.zeros((1, 1, 3), np.uint8)) == CENTRE


def test_an_edge_is_found_where_it_was_drawn_and_not_at_the_border() -> None:
    pixels = flat()
    pixels[:, 110:] = 220  # an upright edge between columns 109 and 110
    pixels[70:, :110] = 80  # a lying one does not count
    pixels[:, :3] = 0  # nor one at the border
    assert seating.strongest_edge(pixels).x == pytest.approx(110 / 160, abs=0.01)


def test_of_what_fills_the_picture_it_is_the_middle() -> None:
    small = BoxXYXY(0.1, 0.2, 0.8, 0.9)
    assert seating.inner(small) == small
    assert tuple(seating.inner(BoxXYXY(0.0, 0.0, 1.0, 1.0))) == pytest.approx((0.25, 0.25, 0.75, 0.75))
    assert tuple(seating.inner(BoxXYXY(0.0, 0.3, 0.95, 1.0))) == pytest.approx((0.225, 0.4, 0.725, 0.9))


def test_what_stands_out_by_its_colour_is_in_the_salient_box() -> None:
    pixels = flat()
    pixels[50:75, 20:50] = (230, 40, 30)
    box = seating.salient_box(pixels)
    assert box.x0 <= 20 / 160 and box.x1 >= 50 / 160 and box.y0 <= 50 / 90 and box.y1 >= 75 / 90


def test_of_the_boxes_the_best_that_is_a_place_in_the_picture_counts() -> None:
    boxes = np.array([[0, 0, 100, 100], [10, 20, 50, 60], [60, 60, 90, 90], [1, 1, 4, 4]], np.float32)
    found = seating.best_object(boxes, np.array([0.9, 0.5, 0.6, 0.95], np.float32), 100, 100)
    assert found == BoxXYXY(0.6, 0.6, 0.9, 0.9)
    assert seating.best_object(boxes[:1], np.array([0.9]), 100, 100) is None
    assert seating.best_object(np.zeros((0, 4)), np.zeros(0), 100, 100) is None
    almost = np.array([[0, 0, 90, 100]], np.float32)
    assert seating.best_object(almost, np.array([0.9]), 100, 100) is None
    assert seating.best_object(almost, np.array([0.9]), 100, 100, 0.97) == BoxXYXY(0.0, 0.0, 0.9, 1.0)


def test_on_photos_it_stands_on_the_person_and_on_the_cup() -> None:
    ctx = fake_context()
    assert overlap(seating.box(AUTO, sample("cameraman"), ctx), (0.0, 0.13, 0.62, 1.0)) > 0.6
    assert overlap(seating.box(AUTO, sample("coffee"), fake_context()), (0.25, 0.05, 0.76, 0.82)) > 0.6


def test_what_is_to_be_cut_out_is_a_person_or_not() -> None:
    assert seating.person(sample("astronaut"), fake_context())
    assert not seating.person(sample("dog"), fake_context())
    assert not seating.person(Frame(flat()), fake_context())


def test_what_was_placed_by_hand_stays() -> None:
    frame, ctx, box = Frame(flat()), fake_context(), BoxXYXY(0.1, 0.1, 0.2, 0.2)
    assert seating.box(box, frame, ctx) == box
    assert seating.edge(PointXY(0.1, 0.9), frame, ctx) == PointXY(0.1, 0.9)
    assert seating.point(PointXY(0.1, 0.9), frame, ctx) == PointXY(0.1, 0.9)


def test_it_does_not_jump_from_picture_to_picture_of_a_film() -> None:
    ctx, pixels, other = fake_context(), flat(), flat()
    pixels[:, 50:], other[:, 120:] = 220, 220
    first = seating.edge(AUTO, Frame(pixels, "film", 0, 0.0), ctx)
    assert seating.edge(AUTO, Frame(other, "film", 1, 0.04), ctx) == first


@dataclass(frozen=True)
class Params:
    spot: object = AUTO
    box: object = seating.MIDDLE
    word: str = "auto matic"


def test_only_what_is_auto_is_said() -> None:
    params, seats = seating.seated(Params(), Frame(flat()), fake_context(), spot=seating.edge, box=seating.box)
    assert seats == {"spot": CENTRE}
    assert params == Params(spot=CENTRE)


def test_the_middle_layer_has_as_many_before_it_as_behind() -> None:
    names = [one.name for one in CARD.layers if len(one.shape) == 3]
    ctx = SimpleNamespace(card=CARD)
    at = names.index(seating.layer(AUTO, Frame(flat()), ctx))
    assert abs(at - (len(names) - 1 - at)) <= 1
    assert seating.layer(LAST, Frame(flat()), ctx) == LAST


def test_a_small_seat_gets_room_around_it_and_stays_in_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, small = fake_context(), BoxXYXY(0.9, 0.4, 1.0, 0.9)
    monkeypatch.setattr(seating, "box", lambda wanted, frame, ctx: small if wanted == AUTO else wanted)
    found = seating.roomy(AUTO, Frame(flat()), ctx)
    assert found == pytest.approx((1 - seating.ROOMY, 0.4, 1.0, 0.9))
    assert seating.roomy(small, Frame(flat()), ctx) == small


def test_what_a_person_wears_is_no_object_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The surest box of a portrait is often its tie, and the person fills too much of the picture to be a place."""
    from explainer.vision.detection import coco, gfl

    seen = {"tie": (0.9, (60, 30, 80, 70)), "cup": (0.5, (10, 50, 40, 80))}

    def boxes(_answers: object, _least: float) -> Detections:
        score, xyxy = zip(*seen.values(), strict=True)
        known = {coco.name(k): k for k in range(80)}
        return Detections(
            np.array(xyxy, np.float32), np.array(score, np.float32), np.array([known[name] for name in seen])
        )

    monkeypatch.setattr(gfl, "boxes", boxes)
    found = seating.box(AUTO, Frame(flat(), "portrait"), fake_context())
    assert tuple(found) == pytest.approx((10 / 160, 50 / 90, 40 / 160, 80 / 90))
