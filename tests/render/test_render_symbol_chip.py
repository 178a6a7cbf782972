"""The chip of a symbol."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from explainer.render import formula, symbol_chip
from explainer.render.look import Look, theme
from explainer.render.symbol_chip import Chip


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.8])
def test_a_letter_that_the_lesson_has_set_is_drawn_at_every_size_of_type(scale: float, qapp) -> None:  # type: ignore[no-untyped-def]
    chip, lesson, stage = Chip("x", 0), Look(theme("light"), 1.0), Look(theme("light"), scale)
    formula.svg(*symbol_chip.setting(chip, lesson))  # as the lesson does ahead of time
    side = stage.px(symbol_chip.SIDE)
    image = QImage(side, side, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    symbol_chip.draw(painter, QRectF(0, 0, side, side), chip, stage)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(side, side, 4)[..., :3].astype(int)
    ground = pixels[2, side // 2]
    letter = np.abs(pixels - ground).sum(2)[2:-2, 2:-2] > 90
    high = np.flatnonzero(letter.any(1))
    assert 0.25 * side < high[-1] - high[0] + 1 < 0.7 * side
