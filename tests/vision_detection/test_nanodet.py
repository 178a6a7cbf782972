"""The detector against the graph it was taken from, its decoding by hand, and pictures of all shapes."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from explainer.core import paths
from explainer.core.geometry import apply, identity, scale_shift
from explainer.core.problem import ExplainerError
from explainer.vision.detection import coco, gfl, nanodet, overlap

GOLDEN = Path(__file__).parent / "golden" / "nanodet.npz"


@pytest.fixture(scope="module")
def net() -> nanodet.NanoDet:
    return nanodet.load()


def sample(name: str) -> NDArray[np.uint8]:
    read = cv2.imread(str(paths.samples() / name))
    assert read is not None
    return np.asarray(read[..., ::-1].copy(), np.uint8)


# Against TensorFlow.js ----------------------------------------------------------------------------------


def test_answers_are_those_of_the_published_graph(net: nanodet.NanoDet) -> None:
    noise = torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, 416, 416), np.float32))
    ours = nanodet.answers(net, noise, identity(), (416, 416))
    with np.load(GOLDEN) as golden:
        assert ours.scores[::29] == pytest.approx(golden["noise_scores"], abs=1e-4)
        assert ours.sides[::29] == pytest.approx(golden["noise_sides"], abs=1e-4)


def test_a_photo_gives_what_the_published_graph_gives(net: nanodet.NanoDet) -> None:
    picture, to_frame = nanodet.letterbox(sample("dog.jpg"), square=True)
    ours = nanodet.answers(net, nanodet.prepare(picture), to_frame, (512, 512))
    with np.load(GOLDEN) as golden:
        rows = golden["photo_rows"]
        assert ours.scores[rows] == pytest.approx(golden["photo_scores"], abs=1e-3)
        assert ours.sides[rows] == pytest.approx(golden["photo_sides"], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "what", "box"),
    [
        ("cat.jpg", "cat", (0, 0, 445, 297)),
        ("cameraman.jpg", "person", (5, 65, 320, 512)),
        ("astronaut.jpg", "person", (15, 10, 365, 510)),
    ],
)
def test_known_objects_are_found(net: nanodet.NanoDet, name: str, what: str, box: tuple[int, ...]) -> None:
    found = nanodet.detect(net, sample(name))
    assert coco.name(int(found.class_id[0])) == what
    assert overlap.iou(found.xyxy[:1], np.array([box], np.float64))[0, 0] > 0.85


def test_channels_in_the_wrong_order_cost_score(net: nanodet.NanoDet) -> None:
    pixels = sample("cat.jpg")
    right, wrong = nanodet.look(net, pixels), nanodet.look(net, pixels[..., ::-1].copy())
    cat = coco.NAMES.index("cat")
    assert right.scores[:, cat].max() > wrong.scores[:, cat].max()


def test_a_mirrored_picture_gives_mirrored_boxes(net: nanodet.NanoDet) -> None:
    pixels = sample("cameraman.jpg")
    here, there = nanodet.detect(net, pixels)[:1], nanodet.detect(net, pixels[:, ::-1].copy())[:1]
    back = np.array([[512, 0, 512, 0]]) + there.xyxy[:, [2, 1, 0, 3]] * np.array([[-1, 1, -1, 1]])
    assert overlap.iou(here.xyxy, back)[0, 0] > 0.9


# Input --------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 900), width=st.integers(1, 900), square=st.booleans())
def test_letterbox_keeps_the_picture_whole(*, height: int, width: int, square: bool) -> None:
    picture, to_frame = nanodet.letterbox(np.full((height, width, 3), 200, np.uint8), square=square)
    assert all(side % 32 == 0 and 32 <= side <= 416 for side in picture.shape[:2])
    y, x = np.nonzero(picture[..., 0])
    corners = apply(to_frame, np.array([[x.min(), y.min()], [x.max() + 1, y.max() + 1]], np.float64))
    assert corners.ravel() == pytest.approx([0, 0, width, height], abs=1e-6)


def test_input_is_blue_green_red_and_normalised() -> None:
    x = nanodet.prepare(np.full((32, 32, 3), (255, 128, 0), np.uint8))
    assert x.shape == (1, 3, 32, 32)
    assert x[0, :, 0, 0].tolist() == pytest.approx([-103.53 / 57.375, (128 - 116.28) / 57.12, (255 - 123.675) / 58.395])


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (12, 6000), (3000, 7), (33, 1000)])
def test_pictures_of_any_shape_pass(net: nanodet.NanoDet, shape: tuple[int, int]) -> None:
    found = nanodet.detect(net, np.full((*shape, 3), 127, np.uint8), score=0.0)
    assert found.xyxy[:, [0, 2]].max() <= shape[1]
    assert found.xyxy[:, [1, 3]].max() <= shape[0]


def test_nothing_is_found_in_grey(net: nanodet.NanoDet) -> None:
    assert len(nanodet.detect(net, np.full((200, 300, 3), 127, np.uint8))) == 0


def test_missing_weights_are_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExplainerError, match="cannot be read"):
        nanodet.load(path=tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x00" * 20)
    with pytest.raises(ExplainerError, match="cannot be read"):
        nanodet.load(path=tmp_path / "cut.safetensors")


# Decoding -----------------------------------------------------------------------------------------------


def logits(grid: tuple[int, int], cell: tuple[int, int], sides: dict[int, dict[int, float]]) -> torch.Tensor:
    """One level that is silent but for one cell; `sides` are logits by side and bin."""
    level = torch.full((80 + 44, *grid), -20.0)
    level[80:] = 0.0
    level[3, cell[0], cell[1]] = 2.0
    for side, bins in sides.items():
        level[80 + 11 * side : 80 + 11 * (side + 1), cell[0], cell[1]] = -50.0
        for n, value in bins.items():
            level[80 + 11 * side + n, cell[0], cell[1]] = value
    return level


def decoded(to_frame: Any = None, frame: tuple[int, int] = (64, 64)) -> Any:
    sides = {0: {1: 0.0}, 1: {2: 0.0, 3: 0.0}, 2: {3: 0.0}, 3: {0: 0.0}}
    fine, coarse = logits((8, 8), (3, 4), sides), torch.full((124, 2, 2), -20.0)
    return gfl.answers([fine, coarse], (8, 32), identity() if to_frame is None else to_frame, frame)


def test_a_box_by_hand() -> None:
    found = gfl.boxes(decoded(), 0.5)
    # centre (36, 28); distances 1, 2.5, 3, 0 cells of 8 px
    assert found.xyxy.tolist() == [[28, 8, 60, 28]]
    assert found.score[0] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)
    assert found.class_id.tolist() == [3]


def test_boxes_come_into_frame_pixels_and_are_cut_there() -> None:
    found = gfl.boxes(decoded(scale_shift(2.0, 2.0, -10.0, 0.0), (100, 50)), 0.5)
    assert found.xyxy.tolist() == [[46, 16, 100, 50]]


def test_rows_belong_to_levels() -> None:
    kept = decoded()
    assert (len(kept.scores), kept.level(0), kept.level(1)) == (68, slice(0, 64), slice(64, 68))
    assert [kept.level_of(row) for row in (0, 63, 64, 67)] == [0, 0, 1, 1]
    assert kept.centres[[0, 9, 64, 67]].tolist() == [[4, 4], [12, 12], [16, 16], [48, 48]]
    assert kept.stride[[0, 67]].tolist() == [8, 32]


def test_mean_and_spread_of_a_distribution() -> None:
    sides = np.zeros((1, 4, 11), np.float32)
    sides[0, 0, 4] = 1
    sides[0, 1, [2, 6]] = 0.5
    sides[0, 2] = 1 / 11
    sides[0, 3, 10] = 1
    assert gfl.distances(sides)[0] == pytest.approx([4, 4, 5, 10], abs=1e-5)
    assert gfl.spreads(sides)[0] == pytest.approx([0, 2, np.sqrt(10), 0], abs=1e-3)


def test_thresholds_need_no_network(net: nanodet.NanoDet) -> None:
    pixels = sample("coins.jpg")
    kept = nanodet.look(net, pixels)
    few, many = gfl.boxes(kept, 0.5), gfl.boxes(kept, 0.2)
    assert 0 < len(few) < len(many)
    assert many.xyxy[: len(few)].tolist() == few.xyxy.tolist()
    assert len(gfl.boxes(kept, 1.0)) == 0
