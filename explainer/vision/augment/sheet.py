"""Samples of one picture: resized once, then each augmented from a seed of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from explainer.core.geometry import Affine, scale_shift
from explainer.vision.augment.labels import Labels, Left, left
from explainer.vision.augment.labels import labels as placed_labels
from explainer.vision.augment.mixing import fitted, mixed
from explainer.vision.augment.plan import CardError, Plan, applied, seeded, size_of

SHORT_PX = 256  # short side of the picture that the sheet works on
LONGEST = 4  # of a longer picture than 4 : 1 the middle is taken, as the classifier does
Check = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """A picture as the cards get it.

    Parameters
    ----------
    image
        ``(3, H, W) uint8``, short side `SHORT_PX` (or as it is, at full size).
    to_frame
        Map from its pixels to those of the frame.
    cut
        Height and width of the middle that was taken of a very long picture, else ``None``.
    """

    image: Tensor
    to_frame: Affine
    cut: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One augmented picture.

    Parameters
    ----------
    pixels
        ``(h, w, 3) uint8``.
    left
        What is left of the labels; ``None`` where they could not follow.
    share
        Share of the first picture in a mixed label; 1 without a mix.
    """

    pixels: NDArray[np.uint8]
    left: Left | None
    share: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Samples in order, and a sentence for each card that had to be left out."""

    samples: tuple[Sample, ...]
    plan: Plan
    refused: tuple[str, ...]


def tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn ``(H, W, 3) uint8`` into torchvision's image ``(3, H, W)``.

    It lies in memory as torchvision's own ``to_image`` of a Pillow picture does: random numbers for its pixels are
    drawn in the order of memory, and the copied code has to draw the same.
    """
    planes = torch.from_numpy(np.array(pixels, order="C", copy=True)).permute(2, 0, 1)
    image: Tensor = tv_tensors.Image(planes)
    return image


def pixels_of(image: Tensor) -> NDArray[np.uint8]:
    """Turn ``(3, H, W) uint8`` into ``(H, W, 3)``."""
    return np.ascontiguousarray(image.as_subclass(Tensor).permute(1, 2, 0).numpy())


def based(pixels: NDArray[np.uint8], short_px: int | None = SHORT_PX) -> Base:
    """Bring a frame to the size that the cards work on.

    Parameters
    ----------
    short_px
        Short side; ``None`` keeps the frame's own size.
    """
    height, width = pixels.shape[:2]
    keep_h, keep_w = min(height, LONGEST * width), min(width, LONGEST * height)
    top, left_px = round((height - keep_h) / 2), round((width - keep_w) / 2)  # as torchvision's center_crop rounds
    image = tensor(pixels[top : top + keep_h, left_px : left_px + keep_w])
    if short_px is not None:
        image = v2.functional.resize(image, [short_px], antialias=True)
    h, w = size_of(image)
    cut = (keep_h, keep_w) if (keep_h, keep_w) != (height, width) else None
    return Base(image, scale_shift(keep_w / w, keep_h / h, left_px, top), cut)


def sample(
    base: Tensor, partners: Sequence[Tensor], plan: Plan, seed: int, number: int, labels: Labels | None
) -> Sample:
    """Make one sample; torch's generator is left seeded.

    Parameters
    ----------
    partners
        Pictures of the size of `base` to mix with; empty means another sample of `base` itself.

    Raises
    ------
    CardError
        When a card cannot be applied.
    """
    seeded(seed, number)
    image, moved = applied(plan.placed, base, labels if plan.moves_labels else None)
    share = 1.0
    if plan.mixes:
        other = partners[number % len(partners)] if partners else base
        partner, _ = applied(plan.placed, other, None)
        image, share = mixed(image, partner, [one.transform for one in plan.mixes])
    return Sample(pixels_of(image), left(moved) if moved is not None else None, share)


def sheet(
    base: Tensor,
    partners: Sequence[Tensor],
    plan: Plan,
    seed: int,
    count: int,
    labels: Labels | None,
    check: Check,
) -> Sheet:
    """Make a sheet; a card that cannot be applied to all of its samples is left out of it and named.

    Parameters
    ----------
    seed
        The same seed gives the same sheet; a larger `count` adds to it.
    check
        Called before each sample; may raise to stop.
    """
    alike = [fitted(partner, *size_of(base)) for partner in partners] if plan.mixes else []
    refused: list[str] = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        while True:
            made: list[Sample] = []
            try:
                for number in range(count):
                    check()
                    made.append(sample(base, alike, plan, seed, number, labels))
            except CardError as error:
                refused.append(str(error))
                plan = plan.without(error.step)
                continue
            return Sheet(tuple(made), plan, tuple(refused))


def shrunk(image: Tensor, longest_px: int) -> Tensor:
    """A picture ``(3, H, W)`` whose longer side is at most so long."""
    height, width = size_of(image)
    scale = longest_px / max(height, width)
    if scale >= 1.0:
        return image
    small: Tensor = v2.functional.resize(
        image, [max(1, round(height * scale)), max(1, round(width * scale))], antialias=True
    )
    return small


def larger(of: Labels, size: tuple[int, int], image: Tensor) -> Labels:
    """Labels of a picture of this height and width, on the same picture at another size."""
    height, width = size_of(image)
    sx, sy = width / size[1], height / size[0]
    points = of.points.as_subclass(Tensor).numpy() * (sx, sy) if of.points is not None else np.zeros((0, 2))
    x0, y0, x1, y1 = (float(v) for v in of.box.as_subclass(Tensor)[0])
    mask = v2.functional.resize(of.mask, [height, width]).as_subclass(Tensor)[0].numpy() > 0
    return placed_labels((x0 * sx, y0 * sy, x1 * sx, y1 * sy), mask, points, (height, width))
