"""A similarity matrix with pictures along its edges."""

import numpy as np

from explainer.core.layers import Image, Lines
from explainer.core.likeness import GAP, likeness


def test_each_picture_stands_beside_its_own_block():
    similar = np.eye(12)
    pictures = [np.full((6, 6), 50 * n, np.uint8) for n in (1, 2, 3)]
    panel = likeness("Views", similar, pictures, "")
    assert panel.size == (4 + GAP + 12, 4 + GAP + 12)
    down, across = (layer for layer in panel.layers if isinstance(layer, Image))
    for image, axis in ((down, 1), (across, 0)):
        to_panel = np.asarray(image.to_panel)
        for n in range(3):  # the middle of picture n lies beside the middle of block n
            middle = to_panel @ np.array([4 + 8 * n if axis == 0 else 4, 4 + 8 * n if axis == 1 else 4, 1.0])
            assert middle[axis] == 4 + GAP + 4 * n + 2
    assert down.pixels.shape == (24, 8, 3)
    (lines,) = (layer for layer in panel.layers if isinstance(layer, Lines))
    assert len(lines.paths) == 4  # two edges between three blocks, each way
