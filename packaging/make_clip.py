"""Make ``sample_images/drift.mp4`` from two sample pictures: a cup that drifts over a temple and behind a post.

    python packaging/make_clip.py sample_images

Nothing in it was filmed; the path is known, so that a tracker can be told how well it does. Frame ``i`` of
250 at 25 per second: the cup's centre lies at ``centre(i)``, its size is ``scale(i)`` times the first one's.
"""

import argparse
import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (640, 480)
FRAMES, FPS = 250, 25.0
POST = (430, 462)  # left and right edge of the post in pixels
CUP = (0.475, 0.37, 0.235, 0.37)  # centre and radii of the cut-out, fractions of coffee.jpg
CUP_WIDTH = 170


def centre(i: int) -> tuple[float, float]:
    """Centre of the cup in frame `i`, in pixels."""
    phase = 2 * math.pi * i / FRAMES
    return 320 + 190 * math.sin(phase), 250 + 70 * math.sin(2 * phase)


def scale(i: int) -> float:
    """Size of the cup in frame `i` against the first frame's."""
    return 1 + 0.12 * math.sin(4 * math.pi * i / FRAMES)


def main() -> None:
    """Write the clip beside the pictures it is made of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)


def write(folder: Path) -> None:
    """Write ``drift.mp4`` into the folder of samples."""
    ground, (cup, mask) = _ground(folder / "temple.jpg"), _cup(folder / "coffee.jpg")
    writer = cv2.VideoWriter(str(folder / "drift.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE)
    for i in range(FRAMES):
        writer.write(_frame(i, ground, cup, mask))
    writer.release()


def _ground(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path))
    return np.asarray(cv2.resize(picture, (800, 534), interpolation=cv2.INTER_AREA), np.uint8)


def _cup(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    picture = cv2.imread(str(path))
    height, width = picture.shape[:2]
    cx, cy, rx, ry = CUP[0] * width, CUP[1] * height, CUP[2] * width, CUP[3] * height
    y, x = np.mgrid[:height, :width]
    soft = np.clip((1 - np.hypot((x - cx) / rx, (y - cy) / ry)) * 20, 0, 1).astype(np.float32)
    x0, x1, y0, y1 = (int(v) for v in (cx - rx, cx + rx, max(0, cy - ry), cy + ry))
    return picture[y0:y1, x0:x1], soft[y0:y1, x0:x1]


def _frame(i: int, ground: NDArray[np.uint8], cup: NDArray[np.uint8], mask: NDArray[np.float32]) -> NDArray[np.uint8]:
    phase = 2 * math.pi * i / FRAMES
    left, top = round(80 + 60 * math.cos(phase)), round(27 + 20 * math.sin(phase))
    frame = ground[top : top + SIZE[1], left : left + SIZE[0]].astype(np.float32)
    factor = CUP_WIDTH / cup.shape[1] * scale(i)
    turn = cv2.getRotationMatrix2D((cup.shape[1] / 2, cup.shape[0] / 2), 6 * math.sin(phase), factor)
    x, y = centre(i)
    turn[:, 2] += (x - cup.shape[1] / 2, y - cup.shape[0] / 2)
    placed = cv2.warpAffine(cup.astype(np.float32), turn, SIZE)
    alpha = cv2.warpAffine(mask, turn, SIZE)[..., None]
    frame = frame * (1 - alpha) + placed * alpha
    frame[:, POST[0] : POST[1]] = _post()
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8)


def _post() -> NDArray[np.float32]:
    shade = 90 + 50 * np.sin(np.linspace(0, math.pi, POST[1] - POST[0]))
    return np.repeat(np.repeat(shade[None, :, None], SIZE[1], 0), 3, 2).astype(np.float32)


if __name__ == "__main__":
    main()
