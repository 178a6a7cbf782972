r"""Make ``resources/data/scene-items.npz``: held-out garments and coins for composed scenes.

    apt-get download dataset-fashion-mnist && dpkg-deb -x dataset-fashion-mnist_*.deb FASHION
    python packaging/make_scene_items.py FASHION/usr/share/datasets/fashion-mnist --skimage SITE-PACKAGES/skimage/data

The archive holds ``garments (168, 28, 28) uint8``, the first 24 of each of seven classes in the test part of
Fashion-MNIST, their ``labels``, and ``coins (6, 64, 64) uint8`` with ``coin_masks``, the lowest row of the picture of
coins. ``packaging/train_mask_rcnn.py`` learns from the training part and from the other rows.
"""

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import sobel
from skimage.segmentation import watershed

from explainer.vision.detection.composed_scenes import FASHION_LABELS, FILE

EACH, COIN_SIDE, HELD_OUT_ROW_PX = 24, 64, 230
LEAST_COIN_PX = 500
DATA = Path(__file__).resolve().parent.parent / "resources" / "data"
SOURCE = (
    "garments: Debian dataset-fashion-mnist 0.0~git20200523, test part (Zalando SE, 2017); coins: scikit-image 0.26.0, "
    "coins.png (Brooklyn Museum Collection), cut out by watershed"
)
LICENCE = "garments: MIT; coins: no known copyright restrictions"


def fashion(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures ``(N, 28, 28)`` of the seven classes of one part (``train`` or ``t10k``) and their places."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
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
    parser.add_argument("fashion", type=Path)
    parser.add_argument("--skimage", type=Path, required=True)
    given = parser.parse_args()
    images, labels = fashion(given.fashion, "t10k")
    first = np.concatenate([np.flatnonzero(labels == k)[:EACH] for k in range(len(FASHION_LABELS))])
    greys, masks = coins(given.skimage, held_out=True)
    target = DATA / FILE
    np.savez_compressed(
        target, garments=images[first], labels=labels[first].astype(np.uint8), coins=greys, coin_masks=masks
    )
    rows = json.loads((DATA / "manifest.json").read_text("utf-8"))
    row = {
        "file": FILE,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "source": SOURCE,
        "licence": LICENCE,
        "command": "python packaging/make_scene_items.py FASHION --skimage SITE-PACKAGES/skimage/data",
    }
    rows = sorted([one for one in rows if one["file"] != FILE] + [row], key=lambda one: str(one["file"]))
    (DATA / "manifest.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"{FILE}: {len(first)} garments, {len(greys)} coins, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
