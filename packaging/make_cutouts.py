"""Make ``resources/data/cutout-masks.npz``: who stands where in three sample pictures.

    python packaging/make_cutouts.py

GrabCut (Rother et al. 2004) with a frame and a few marks set by hand, seeded. Only masks are kept; the pixels
stay in ``sample_images/``. For each name the archive holds the mask's bits, row by row, and under
``NAME_shape`` its height and width. Its row in ``resources/data/manifest.json`` is made anew.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "resources" / "data" / "cutout-masks.npz"
ROUNDS, LEAST_HOLE = 8, 800
Marks = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Frame x0, y0, x1, y1, and discs x, y, radius that surely belong to the subject or surely do not."""

    picture: str
    frame: tuple[int, int, int, int]
    inside: Marks
    outside: Marks


SUBJECTS = {
    "woman": Subject(
        "astronaut.jpg", (10, 5, 370, 510),
        ((220, 110, 50), (220, 250, 60), (120, 330, 60), (300, 330, 60), (150, 430, 80), (230, 430, 90)),
        ((30, 60, 20), (450, 60, 20)),
    ),
    "man": Subject(
        "cameraman.jpg", (2, 62, 330, 511),
        ((150, 250, 50), (60, 430, 50), (190, 150, 20), (196, 100, 20)),
        ((30, 100, 20), (320, 300, 20), (172, 455, 16), (143, 100, 10), (165, 420, 8), (165, 490, 14)),
    ),
    "dog": Subject(
        "dog.jpg", (2, 20, 505, 510),
        ((250, 260, 110), (150, 250, 50), (250, 120, 60), (200, 420, 80), (120, 330, 40)),
        ((20, 60, 15), (480, 60, 20), (490, 250, 15)),
    ),
}  # fmt: skip


def mask_of(subject: Subject) -> NDArray[np.bool_]:
    """Run GrabCut; keep the largest piece and fill small holes."""
    picture = cv2.imread(str(ROOT / "sample_images" / subject.picture))
    if picture is None:
        raise SystemExit(f"{subject.picture} is not there")
    marks = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    x0, y0, x1, y1 = subject.frame
    marks[y0:y1, x0:x1] = cv2.GC_PR_FGD
    for places, kind in ((subject.inside, cv2.GC_FGD), (subject.outside, cv2.GC_BGD)):
        for x, y, radius in places:
            cv2.circle(marks, (x, y), radius, kind, -1)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, marks, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(found)
    found = (pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - found)
    for k in range(1, count):
        if stats[k, cv2.CC_STAT_AREA] < LEAST_HOLE:
            found[pieces == k] = 1
    return np.asarray(found, bool)


def main() -> None:
    """Write the archive and its row."""
    kept: dict[str, NDArray[np.generic]] = {}
    for name, subject in SUBJECTS.items():
        mask = mask_of(subject)
        kept |= {name: np.packbits(mask), f"{name}_shape": np.array(mask.shape)}
        print(f"{name}: {mask.mean():.1%} of {subject.picture}")
    np.savez_compressed(TARGET, allow_pickle=False, **kept)
    row = {
        "file": TARGET.name,
        "sha256": hashlib.sha256(TARGET.read_bytes()).hexdigest(),
        "source": "made for this project by GrabCut from sample_images: astronaut.jpg, cameraman.jpg, dog.jpg",
        "licence": "Apache-2.0; the pictures keep their own terms (sample_images/CREDITS.md)",
        "command": "python packaging/make_cutouts.py",
    }
    manifest = TARGET.parent / "manifest.json"
    rows = [one for one in json.loads(manifest.read_text("utf-8")) if one["file"] != TARGET.name] + [row]
    rows.sort(key=lambda one: str(one["file"]))
    manifest.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
