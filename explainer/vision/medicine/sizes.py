"""How large the maps of a U-Net are at each level, with padded (same) and unpadded (valid) convolutions.

References
----------
Ronneberger, Fischer, Brox. *U-Net: convolutional networks for biomedical image segmentation.* MICCAI 2015.
"""

from dataclasses import dataclass

LOST = 4  # pixels that two unpadded 3 × 3 convolutions take from a side


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sides in pixels of the square maps of a U-Net, level 0 being the finest.

    Parameters
    ----------
    down
        After the convolutions of each level on the way down, ``depth + 1`` of them; the last is the bottom.
    up
        After those on the way up, from the coarsest level to the finest, `depth` of them.
    cropped
        What a skip loses of each side's length before it is joined, in the order of `up`.
    """

    down: tuple[int, ...]
    up: tuple[int, ...]
    cropped: tuple[int, ...]

    @property
    def answer(self) -> int:
        """Side of the answer."""
        return self.up[-1] if self.up else self.down[-1]


def sizes(side: int, depth: int = 4, *, valid: bool = True) -> Sizes | None:
    """Sides of all maps for a square input, two 3 × 3 convolutions to a level; ``None`` where it does not fit.

    It fits where each 2 × 2 pooling meets an even side and nothing shrinks away: 572 gives 388 with a depth of 4.
    """
    lost, down = LOST * valid, [side - LOST * valid]
    for _ in range(depth):
        if down[-1] < 2 or down[-1] % 2:
            return None
        down.append(down[-1] // 2 - lost)
    up, cropped, now = [], [], down[-1]
    for skip in reversed(down[:-1]):
        cropped.append(skip - 2 * now)
        now = 2 * now - lost
        up.append(now)
    return Sizes(tuple(down), tuple(up), tuple(cropped)) if min(down[-1], now) > 0 else None


def fitting(near: int, depth: int = 4, *, valid: bool = True) -> tuple[int | None, int]:
    """Nearest sides that fit: the largest of at most `near` (``None`` where there is none), and the next above."""
    below = next((side for side in range(near, 0, -1) if sizes(side, depth, valid=valid)), None)
    above = near + 1
    while not sizes(above, depth, valid=valid):
        above += 1
    return below, above
