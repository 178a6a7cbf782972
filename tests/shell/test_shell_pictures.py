"""The same picture by every door: opened, dropped, pasted as bytes and pasted as pixels; and a click that stretches."""

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt
from PySide6.QtGui import QColorSpace, QDropEvent, QGuiApplication, QImage

from explainer.core.problem import Problem
from explainer.shell import pasting

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def clear_png(tmp_path):
    """A picture with transparent and half transparent parts."""
    rgba = np.zeros((12, 16, 4), np.uint8)
    rgba[..., 0], rgba[:, 4:, 3], rgba[:, 9:, 3] = 200, 128, 255
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    return tmp_path / "clear.png"


@pytest.fixture(autouse=True)
def empty_clipboard(qapp):
    """What is left on it lives longer than Python, which it needs to be let go."""
    yield
    QGuiApplication.clipboard().clear()


def as_pixels(path):
    data = QMimeData()
    data.setImageData(QImage(str(path)))
    return data


def as_bytes(path):
    data = QMimeData()
    data.setData("image/png", QByteArray(path.read_bytes()))
    return data


def drop(window, data):
    at, no_key = QPointF(50, 50), Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, data, LEFT, no_key))


def paste(window, data):
    QGuiApplication.clipboard().setMimeData(data)
    window.actions["paste"].trigger()


def test_one_ground_under_transparency_at_every_door(window, qtbot, clear_png):
    c, seen = window.conductor, []
    c.frame_arrived.connect(lambda event: seen.append(event.frame))
    doors = [
        lambda: c.open(str(clear_png)),
        lambda: paste(window, as_pixels(clear_png)),
        lambda: paste(window, as_bytes(clear_png)),
        lambda: drop(window, as_pixels(clear_png)),
    ]
    for number, door in enumerate(doors, 1):
        door()
        qtbot.waitUntil(lambda n=number: sum(f.width == 16 for f in seen) >= n)
    frames = [f for f in seen if f.width == 16]
    for frame in frames:
        np.testing.assert_allclose(frame.pixels, frames[0].pixels, atol=1)
        assert frame.notes == frames[0].notes == ("Transparent parts were laid on white.",)
    assert frames[0].pixels[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "kind", ["Format_RGBA64", "Format_Grayscale16", "Format_RGB32", "Format_Indexed8", "Format_Mono"]
)
def test_qt_s_kinds_of_pictures_come_over_as_they_are(kind):
    levels = np.tile(np.arange(0, 256, 17, dtype=np.uint8), (4, 1))
    plain = QImage(levels.tobytes(), 16, 4, 16, QImage.Format.Format_Grayscale8)
    if kind == "Format_Mono":
        plain = QImage(np.kron([[0, 255]], np.ones((4, 8))).astype(np.uint8).tobytes(), 16, 4, 16, plain.format())
    data = QMimeData()
    data.setImageData(plain.convertToFormat(getattr(QImage.Format, kind)))
    got = pasting.from_clipboard(data)().read().pixels
    wanted = np.kron([[0, 255]], np.ones((4, 8))) if kind == "Format_Mono" else levels
    np.testing.assert_allclose(got[..., 0], wanted, atol=1)
    np.testing.assert_array_equal(got[..., 0], got[..., 2])


def test_a_pasted_picture_in_another_space_is_converted():
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgbLinear))
    data = QMimeData()
    data.setImageData(image)
    frame = pasting.from_clipboard(data)().read()
    assert abs(int(frame.pixels[0, 0, 0]) - 188) <= 1
    assert "sRGB" in frame.notes[0]


def test_bytes_that_cannot_be_read_give_way_to_qt_s_picture(clear_png):
    data = as_pixels(clear_png)
    data.setData("image/tiff", QByteArray(b"II*\0rubbish"))
    assert not isinstance(pasting.from_clipboard(data)(), Problem)


def test_a_click_stretches_a_dark_picture(window, qtbot, tmp_path):
    values = np.linspace(100, 3000, 16 * 12).reshape(12, 16).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "xray.png")
    c, strip = window.conductor, window.strip
    assert strip.stretch.isHidden()
    c.open(str(tmp_path / "xray.png"))
    qtbot.waitUntil(lambda: not strip.stretch.isHidden())
    assert "100 to 3,000 of 65,535" in strip.stretch.toolTip()
    qtbot.mouseClick(strip.stretch, LEFT)
    qtbot.waitUntil(lambda: c.frame is not None and c.frame.width == 16 and c.frame.pixels.max() == 255)
    assert strip.stretch.isHidden()
    assert c.source_spec.endswith("xray.png#stretch")


def test_a_click_stretches_a_pasted_picture_too(window, qtbot):
    out = io.BytesIO()
    Image.fromarray(np.linspace(100, 3000, 16 * 12).reshape(12, 16).astype(np.uint16)).save(out, "PNG")
    data = QMimeData()
    data.setData("image/png", QByteArray(out.getvalue()))
    paste(window, data)
    qtbot.waitUntil(lambda: not window.strip.stretch.isHidden())
    qtbot.mouseClick(window.strip.stretch, LEFT)
    frame = lambda: window.conductor.frame  # noqa: E731
    qtbot.waitUntil(lambda: frame() is not None and frame().width == 16 and frame().pixels.max() == 255)
