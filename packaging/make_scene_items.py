"""Make ``resources/data/scene-items.npz``: coins for composed scenes.

    python packaging/make_scene_items.py --skimage SITE-PACKAGES/skimage/data

The archive holds ``coins (6, 64, 64) uint8`` with ``coin_masks``, the lowest row of scikit-image's picture of coins;
the garments of the scenes are test garments of ``packaging/make_garments.py``. ``packaging/train_mask_rcnn.py`` learns
from training garments and from the other rows.
"""

import argparse
from pathlib import Path

import cv2
import make_garments
import numpy as np
from numpy.typing import NDArray
from skimage.filters import sobel
from skimage.segmentation import watershed

from explainer.vision.detection.composed_scenes import FASHION_LABELS, FILE

COIN_SIDE, HELD_OUT_ROW_PX = 64, 230
LEAST_COIN_PX = 500
DATA = Path(__file__).resolve().parent.parent / "resources" / "data"
SOURCE = "scikit-image 0.26.0, coins.png (Brooklyn Museum Collection), cut out by watershed"
LICENCE = "no known copyright restrictions"


def fashion(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures ``(N, 28, 28)`` of the seven classes of one part (``train`` or ``t10k``) and their places."""
    images, labels = make_garments.part(folder, part)
    place = np.full(10, -1)
    place[list(FASHION_LABELS)] = np.arange(len(FASHION_LABELS))
    kept = place[labels] >= 0
    return images[kept], place[labels][kept]


def coins(folder: Path, *, held_out: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Coins ``(M, 64, 64)`` and their masks in 0…255, of the lowest row or of all others."""
    picture = cv2.imread(str(folder / "coins.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    markers = np.zeros(picture.shape, np.int32)
    markers[picture < 30], markers[picture > 150] = 1, 2
    found = (watershed(sobel(picture), markers) == 2).astype(np.uint8)
    contours, _ = cv2.findContours(found, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    greys, masks = [], []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        lies_low = y + h / 2 > HELD_OUT_ROW_PX
        if cv2.contourArea(contour) < LEAST_COIN_PX or max(w, h) > 1.4 * min(w, h) or lies_low != held_out:
            continue
        mask = np.zeros_like(picture)
        cv2.drawContours(mask, [contour], -1, 255, cv2.FILLED)
        side = max(w, h) + 2
        left, top = max(x - (side - w) // 2, 0), max(y - (side - h) // 2, 0)
        part = slice(top, top + side), slice(left, left + side)
        greys.append(cv2.resize(picture[part], (COIN_SIDE, COIN_SIDE), interpolation=cv2.INTER_CUBIC))
        masks.append(cv2.resize(mask[part], (COIN_SIDE, COIN_SIDE), interpolation=cv2.INTER_LINEAR))
    return np.stack(greys), np.stack(masks)


def main() -> None:
    """Write the archive and its row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--skimage", type=Path, required=True)
    greys, masks = coins(parser.parse_args().skimage, held_out=True)
    np.savez_compressed(DATA / FILE, coins=greys, coin_masks=masks)
    command = "python packaging/make_scene_items.py --skimage SITE-PACKAGES/skimage/data"
    make_garments.record(FILE, SOURCE, LICENCE, command)
    print(f"{FILE}: {len(greys)} coins, {(DATA / FILE).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
