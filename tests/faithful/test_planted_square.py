"""A net that can only see what was planted, through everything real: file, zoo's input, Grad-CAM, engine, view.

The weights are set by hand, so that where the map has to peak is known and not a matter of opinion.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPointF
from skimage.data import chelsea, rocket
from torch import Tensor, nn

from explainer.core.context import Fit, Settings
from explainer.core.frame import Frame
from explainer.core.heroes import shown_part
from explainer.core.layers import Panel
from explainer.core.model_card import LayerCard, ModelCard
from explainer.core.params import changed
from explainer.demos.explained.grad_cam import GradCam, Params
from explainer.render import colours
from explainer.render.headless import grabbed
from explainer.render.look import look
from explainer.render.panel_view import PanelView
from explainer.render.view_state import ViewState
from explainer.runtime.engine import Engine, Job
from explainer.runtime.events import Finished
from explainer.runtime.token import JobToken
from explainer.sources.opening import open_source
from explainer.vision.zoo.cancelling import cancel_scope
from explainer.vision.zoo.classifier import Classifier, Nets

Square = tuple[int, int, int]  # left, top, side in frame pixels
Pixels = NDArray[np.uint8]
RED, BLUE = (235, 20, 20), (20, 20, 235)
BRIGHT = ((1 / 3, 1 / 3, 1 / 3),)
COLOURS = ((1.0, -0.5, -0.5), (-0.5, -0.5, 1.0))


# The net ------------------------------------------------------------------------------------------------


class Detector(nn.Module):
    """For each row of `kinds` (weights of R, G, B) a class whose score is how much of that colour there is.

    ``fine`` averages 8 × 8 pixels, ``coarse`` 4 × 4 of those; each cuts off what is weaker than a threshold. The
    last class stands for "nothing" and wins where no other scores.
    """

    def __init__(self, kinds: Sequence[Sequence[float]], threshold: float) -> None:
        super().__init__()
        count = len(kinds)
        self.fine = nn.Sequential(nn.Conv2d(3, count, 8, stride=8), nn.ReLU())
        self.coarse = nn.Sequential(nn.Conv2d(count, count, 4, stride=4, groups=count), nn.ReLU())
        self.classifier = nn.Linear(count, count + 1)
        rows = torch.tensor(kinds)[:, :, None, None] / 64
        self.fine[0].weight.data = rows.expand(-1, -1, 8, 8).contiguous()
        self.fine[0].bias.data.fill_(-threshold)
        self.coarse[0].weight.data.fill_(1 / 16)
        self.coarse[0].bias.data.zero_()
        self.classifier.weight.data = torch.cat([500.0 * torch.eye(count), torch.full((1, count), -1.0)])
        self.classifier.bias.data = torch.tensor([0.0] * count + [0.01])
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(self.coarse(self.fine(x)).mean(dim=(2, 3)))
        return scores


class OneModel:
    """A zoo with one hand-made net, lent by the real classifier."""

    def __init__(self, kinds: Sequence[Sequence[float]], labels: tuple[str, ...], threshold: float) -> None:
        count = len(kinds)
        layers = (LayerCard("fine", "fine", (count, 28, 28)), LayerCard("coarse", "coarse", (count, 7, 7)))
        zero, one = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        self._card = ModelCard(
            "detector", "Detector", "own", "nothing", 256, 224, zero, one, "bilinear", layers, (*labels, "nothing")
        )
        self._nets = Nets(Detector(kinds, threshold))

    def cards(self) -> Sequence[ModelCard]:
        return (self._card,)

    def card(self, name: str) -> ModelCard:
        assert name == "detector"
        return self._card

    def device(self, wanted: str) -> str:
        return "cpu"

    @contextmanager
    def lease(self, name: str, settings: Settings) -> Iterator[Classifier]:
        with self._nets.lent():
            yield Classifier(self._card, self._nets, torch.device("cpu"), settings.fit)


@pytest.fixture(scope="module")
def bright() -> Engine:
    return Engine(OneModel(BRIGHT, ("bright",), 0.7), lambda: cancel_scope)


@pytest.fixture(scope="module")
def coloured() -> Engine:
    return Engine(OneModel(COLOURS, ("red", "blue"), 0.5), lambda: cancel_scope)


def explained(engine: Engine, frame: Frame, fit: Fit = "crop", **params: Any) -> Finished:
    settings = Settings(model="detector", device="cpu", threads=1, fit=fit)
    outcome = engine.run(
        Job(0, GradCam(), changed(Params(), None, **params), frame, settings), JobToken(), lambda _event: None
    )
    assert isinstance(outcome, Finished), outcome
    return outcome


def planted(photo: Pixels, square: Square, colour: tuple[int, int, int] = (245, 245, 245)) -> Pixels:
    left, top, side = square
    pixels = photo.copy()
    pixels[top : top + side, left : left + side] = colour
    return pixels


def inside(values: Any, square: Square) -> bool:
    left, top, side = square
    return left <= values["peak_x_px"] <= left + side and top <= values["peak_y_px"] <= top + side


def wide() -> Pixels:
    """A darkened photo, 451 × 300; the net sees the middle 262 × 262 of it."""
    return np.ascontiguousarray(chelsea() // 2)


def tall() -> Pixels:
    """A darkened photo, 260 × 427."""
    return np.ascontiguousarray(rocket()[:, 200:460] // 3)


# The peak lies in the square ----------------------------------------------------------------------------

FINE = [(120, 40, 30), (300, 40, 30), (200, 130, 24), (110, 230, 40), (290, 220, 50), (180, 90, 120)]
COARSE = [(100, 30, 100), (240, 25, 100), (170, 100, 110), (110, 160, 100), (230, 150, 120)]


@pytest.mark.parametrize(("layer", "square"), [*(("fine", s) for s in FINE), *(("coarse", s) for s in COARSE)])
def test_peak_lies_in_the_square(bright: Engine, layer: str, square: Square) -> None:
    done = explained(bright, Frame(planted(wide(), square)), layer=layer)
    assert done.result.values["class_index"] == 0
    assert done.result.values["class_score"] > 0.5
    assert inside(done.result.values, square), dict(done.result.values)


@pytest.mark.parametrize("square", [(40, 150, 30), (180, 150, 30), (60, 260, 30), (190, 270, 40), (110, 200, 24)])
def test_peak_lies_in_the_square_of_a_tall_picture(bright: Engine, square: Square) -> None:
    assert inside(explained(bright, Frame(planted(tall(), square)), layer="fine").result.values, square)


@pytest.mark.parametrize("square", [(5, 5, 40), (400, 10, 45), (10, 250, 45), (400, 250, 45), (200, 130, 40)])
def test_whole_picture_is_seen_to_its_corners(bright: Engine, square: Square) -> None:
    frame = Frame(planted(wide(), square))
    assert inside(explained(bright, frame, "whole", layer="fine").result.values, square)


@pytest.mark.parametrize("method", ["grad-cam", "grad-cam-pp", "hirescam", "layercam", "xgrad-cam"])
def test_every_method_finds_it(bright: Engine, method: str) -> None:
    square = (290, 60, 50)
    assert inside(explained(bright, Frame(planted(wide(), square)), layer="fine", method=method).result.values, square)


def test_a_moved_square_moves_the_peak_by_as_much(bright: Engine) -> None:
    cell = 300 / 256 * 8  # one cell of the fine map in frame pixels
    peaks = []
    for step in range(4):
        square = (round(110 + 5 * cell * step), 100, 48)
        values = explained(bright, Frame(planted(wide(), square)), layer="fine").result.values
        peaks.append(values["peak_x_px"] - 5 * cell * step)
    assert max(peaks) - min(peaks) <= 2 * cell


def test_what_lies_outside_the_crop_is_not_seen(bright: Engine) -> None:
    frame = Frame(planted(wide(), (5, 100, 60)))
    values = explained(bright, frame, target="0").result.values
    assert "peak_x_px" not in values
    assert values["logit"] == 0
    assert "peak_x_px" in explained(bright, frame, "whole", target="0").result.values


@pytest.mark.parametrize("layer", ["fine", "coarse"])
def test_without_a_square_there_is_no_peak(bright: Engine, layer: str) -> None:
    done = explained(bright, Frame(wide()), layer=layer, target="0")
    assert "peak_x_px" not in done.result.values
    assert "blank" in done.result.reading
    assert explained(bright, Frame(wide()), layer=layer).result.values["class_index"] == 1


# No colour is swapped on the way ------------------------------------------------------------------------


def read_from(path: Path) -> Frame:
    source = open_source(str(path))
    with closing(source):  # type: ignore[type-var]
        frame = source.read()  # type: ignore[union-attr]
    assert isinstance(frame, Frame)
    return frame


def write_png(pixels: Pixels, folder: Path) -> Path:
    Image.fromarray(pixels).save(folder / "planted.png")
    return folder / "planted.png"


def write_jpeg(pixels: Pixels, folder: Path) -> Path:
    Image.fromarray(pixels).save(folder / "planted.jpg", quality=95, subsampling=0)
    return folder / "planted.jpg"


def write_video(pixels: Pixels, folder: Path) -> Path:
    """Lossless, by OpenCV, whose pictures are BGR."""
    path = folder / "planted.avi"
    even = np.ascontiguousarray(pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2, ::-1])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10.0, (even.shape[1], even.shape[0]))
    assert writer.isOpened()
    for _ in range(3):
        writer.write(even)
    writer.release()
    return path


WRITERS = {"png": write_png, "jpeg": write_jpeg, "video": write_video}
LEFT, RIGHT = (110, 100, 60), (280, 120, 60)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("red_is", ["left", "right"])
def test_red_and_blue_are_told_apart_from_the_file_on(coloured: Engine, kind: str, red_is: str, tmp_path: Path) -> None:
    red, blue = (LEFT, RIGHT) if red_is == "left" else (RIGHT, LEFT)
    pixels = planted(planted(wide(), red, RED), blue, BLUE)
    frame = read_from(WRITERS[kind](pixels, tmp_path))
    assert inside(explained(coloured, frame, layer="fine", target="0").result.values, red)
    assert inside(explained(coloured, frame, layer="fine", target="1").result.values, blue)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(("colour", "index"), [(RED, 0), (BLUE, 1)])
def test_a_detector_fires_at_its_own_colour_only(
    coloured: Engine, kind: str, colour: tuple[int, int, int], index: int, tmp_path: Path
) -> None:
    frame = read_from(WRITERS[kind](planted(wide(), LEFT, colour), tmp_path))
    own, other = (explained(coloured, frame, layer="fine", target=str(k)).result for k in (index, 1 - index))
    assert inside(own.values, LEFT)
    assert "peak_x_px" not in other.values
    assert other.values["logit"] == 0
    assert explained(coloured, frame).result.values["class_index"] == index


def test_png_arrives_pixel_for_pixel(tmp_path: Path) -> None:
    pixels = planted(planted(wide(), LEFT, RED), RIGHT, BLUE)
    np.testing.assert_array_equal(read_from(write_png(pixels, tmp_path)).pixels, pixels)


# The mirrored view --------------------------------------------------------------------------------------


def hottest(view: PanelView) -> QPointF:
    """Centre of the pixels that have the hottest colour, in the picture's own coordinates."""
    image = grabbed(view)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
    room = view.picture_rect()
    pixels = pixels[room.top() : room.bottom() + 1, room.left() : room.right() + 1]
    top = colours.table("sequential", ViewState().colours)[-1].astype(int)
    distance = np.abs(pixels - top).sum(axis=2)
    y, x = np.nonzero(distance == distance.min())
    assert distance.min() <= 12
    return QPointF(x.mean() + 0.5, y.mean() + 0.5)


@pytest.mark.parametrize("square", [(120, 60, 36), (300, 180, 36)])
def test_mirrored_view_shows_the_peak_at_the_mirrored_place(bright: Engine, square: Square, qtbot: Any) -> None:
    done = explained(bright, Frame(planted(wide(), square)), layer="fine")
    panel: Panel = done.result.panels[1]
    values = dict(done.result.values)
    view = PanelView(look("light"))
    qtbot.addWidget(view)
    view.resize(503, 322)
    view.show_panel(panel, ViewState(opacity=1.0))
    room = view.picture_rect()
    x0, y0, x1, _ = shown_part(panel)
    scale = (x1 - x0) / room.width()
    plain = hottest(view)
    assert inside({"peak_x_px": x0 + plain.x() * scale, "peak_y_px": y0 + plain.y() * scale}, square)
    view.set_mirrored(True)
    mirrored = hottest(view)
    assert mirrored.x() == pytest.approx(room.width() - plain.x(), abs=1.5)
    assert mirrored.y() == pytest.approx(plain.y(), abs=1.0)
    assert not inside({"peak_x_px": x0 + mirrored.x() * scale, "peak_y_px": y0 + mirrored.y() * scale}, square)
    # Under the cursor there is still the true place, and the numbers stay as they were.
    x, y = view.to_panel(mirrored)
    assert inside({"peak_x_px": x, "peak_y_px": y}, square)
    assert dict(done.result.values) == values
    view.set_mirrored(False)
    assert hottest(view) == plain
